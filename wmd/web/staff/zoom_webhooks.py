"""The staff's look at what Zoom told us by itself: each message, what became of it, and trying it again."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.errors import NotAllowedMoveError
from wmd.services import hook_desk
from wmd.services.hook_work import OUTCOMES
from wmd.web.guards import ROLES, for_staff, visitor
from wmd.web.reading import read_now, viewer

bp = Blueprint("zoom_webhooks", __name__, url_prefix="/zoom/webhooks")

_DONE = {
    "one": N_("It is worked on again within some seconds."),
    "failed": N_("All that failed are worked on again within some seconds."),
}
_WAITS = N_("It waits already, or is not there any more.")


def _show(status: int = 200, fault: str = "") -> ResponseReturnValue:
    dbs, who, args = db.session(), visitor(), request.args
    state, said = args.get("state", ""), args.get("page", "1")
    state = state if state in hook_desk.STATES else ""
    page = int(said) if said.isascii() and said.isdigit() and 0 < int(said[:9]) <= 10_000 else 1
    lines, total = hook_desk.list_hooks(dbs, current_app.extensions["wmd.secretbox"], state=state, page=page)
    return make_response(
        render_template(
            "staff/zoom/webhooks.html", lines=lines, total=total, state=state, page=page,
            pages=-(-total // hook_desk.PAGE), counts=hook_desk.count_hooks(dbs), states=hook_desk.STATES,
            outcomes=OUTCOMES, done=_DONE.get(args.get("done", "")), fault=fault,
            may_replay=ROLES.index(who.actor.role) >= ROLES.index("administrator"),
            own_zone=viewer((who.person.zone if who.person else "") or "UTC").zone,
        ),
        status,
    )  # fmt: skip


@bp.get("")
@for_staff("moderator")
def index() -> ResponseReturnValue:
    """List messages, the newest first."""
    return _show()


@bp.post("")
@for_staff("administrator")
def replay() -> ResponseReturnValue:
    """Have one message worked on again, or all that failed."""
    dbs, actor, now, which = db.session(), visitor().actor.name, read_now(), request.form.get("which", "")
    if which == "failed":
        hook_desk.replay_failed(dbs, actor=actor, now=now)
    elif which.isascii() and which.isdigit() and len(which) <= 18:
        try:
            hook_desk.replay(dbs, int(which), actor=actor, now=now)
        except NotAllowedMoveError:
            dbs.rollback()
            return _show(422, fault=_WAITS)
    else:
        abort(400)
    dbs.commit()
    return redirect(f"/staff/zoom/webhooks?done={'failed' if which == 'failed' else 'one'}", 303)

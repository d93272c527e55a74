"""The staff's mail: what waits, what went out and what did not; holding, releasing, sending again."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.findings import N_
from wmd.domain.mail_kinds import KINDS
from wmd.errors import NotAllowedMoveError
from wmd.services import mail_desk
from wmd.services.delivery import address_digest
from wmd.services.letters import shown
from wmd.services.mail_desk import PAGE, STATE_LABELS, MailFilter, MailLine
from wmd.services.mail_texts import Press
from wmd.web.catalogue import gettext
from wmd.web.guards import ROLES, for_staff, visitor
from wmd.web.reading import read_now

bp = Blueprint("mail", __name__, url_prefix="/mail")

#: The HTML part is somebody's text in a page of ours: it may load and run nothing, and is nobody's page.
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

_SAID = {
    "hold": N_("This mail is held."),
    "release": N_("This mail may go out."),
    "cancel": N_("This mail was taken back."),
    "resend": N_("It goes out once more, as a mail of its own: this is the new one."),
    "lift": N_("This address gets mail again."),
}
_TURNED = {"hold": N_("All mail is held from now on."), "release": N_("Mail goes out again.")}
_TOO_LATE = N_("That was not possible any more: the mail is out already, or over.")


def press() -> Press:
    """Return what makes mails' words ready."""
    found: Press = current_app.extensions["wmd.press"]
    return found


def _digest(address: str) -> str:
    return address_digest(str(current_app.config["SECRET_KEY"]))(address)


def _may_decide() -> bool:
    return ROLES.index(visitor().actor.role) >= ROLES.index("moderator")


def _read_filter() -> MailFilter:
    args = request.args
    state, kind = args.get("state", ""), args.get("kind", "")
    page = args.get("page", "1")
    return MailFilter(
        state=state if state in {*STATE_LABELS, "held", "uncertain"} else "",
        kind=kind if kind in KINDS else "",
        organisation=args.get("organisation", "").strip().upper()[:20],
        about=args.get("about", "").strip()[:200],
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:9]) <= 10_000 else 1,
    )


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """List mails, the newest first."""
    dbs, wanted, actor = db.session(), _read_filter(), visitor().actor
    lines, total = mail_desk.list_mails(dbs, wanted, actor)
    return render_template(
        "staff/mail/list.html", lines=lines, total=total, wanted=wanted, pages=-(-total // PAGE),
        counts=mail_desk.count_mails(dbs, actor), switch=mail_desk.read_switch(dbs), kinds=KINDS, states=STATE_LABELS,
        done=_TURNED.get(request.args.get("done", ""), ""),
    )  # fmt: skip


def _line(message_id: str) -> MailLine:
    found = mail_desk.find_mail(db.session(), message_id, visitor().actor)
    if found is None:
        abort(404)
    return found


def _show(message_id: str, status: int = 200, said: str = "", fault: str = "") -> Response:
    line, dbs = _line(message_id), db.session()
    # A reader sees that there is a mail, and not what it says.
    reading = shown(dbs, line.message, press()) if _may_decide() else None
    return make_response(
        render_template(
            "staff/mail/one.html", line=line, row=line.message, kind=KINDS[line.message.kind], reading=reading,
            may_decide=_may_decide(), may_resend=mail_desk.may_resend(line.message), states=STATE_LABELS, said=said,
            fault=fault, suppression=mail_desk.suppression_of(dbs, line.message, _digest), zone="UTC",
        ),
        status,
    )  # fmt: skip


@bp.get("/<message_id>")
@for_staff("reader")
def one(message_id: str) -> ResponseReturnValue:
    """Show one mail: where it stands, and for moderators what it says."""
    said = _SAID.get(request.args.get("done", ""), "")
    return _show(message_id, said=gettext(said) if said else "")


@bp.get("/<message_id>/html")
@for_staff("moderator")
def html(message_id: str) -> ResponseReturnValue:
    """Show the HTML part by itself, in a sandbox."""
    response = make_response(shown(db.session(), _line(message_id).message, press()).html)
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.post("/<message_id>")
@for_staff("moderator")
def act(message_id: str) -> ResponseReturnValue:
    """Hold, release, take back or resend one mail, or let its reader's address get mail again."""
    line, action = _line(message_id), request.form.get("action", "")
    try:
        shown_next = _do(line, action)
    except NotAllowedMoveError:
        db.session.rollback()
        return _show(message_id, 422, fault=gettext(_TOO_LATE))
    db.session.commit()
    return redirect(f"/staff/mail/{shown_next}?done={action}", 303)


def _do(line: MailLine, action: str) -> str:
    """Do it, and return the id of the mail that is shown next. Raises NotAllowedMoveError."""
    dbs, actor, now, row = db.session(), visitor().actor, read_now(), line.message
    message_id = row.id
    if action == "hold":
        mail_desk.hold(dbs, row, actor=actor, now=now)
    elif action == "release":
        mail_desk.release(dbs, row, actor=actor, now=now)
    elif action == "cancel":
        mail_desk.cancel(dbs, row, actor=actor, now=now)
    elif action == "resend":
        box = current_app.extensions["wmd.secretbox"]
        return mail_desk.resend(dbs, row, actor=actor, box=box, now=now).id
    elif action == "lift" and (found := mail_desk.suppression_of(dbs, row, _digest)):
        mail_desk.lift_suppression(dbs, found, actor=actor, now=now)
    else:
        msg = "there is no such action"
        raise NotAllowedMoveError(msg)
    return message_id


@bp.get("/switch")
@for_staff("administrator", fresh=True)
def switch() -> ResponseReturnValue:
    """Ask whether all mail shall be held or released."""
    return _switch_page()


def _switch_page(status: int = 200, messages: tuple[str, ...] = ()) -> Response:
    dbs = db.session()
    counts = mail_desk.count_mails(dbs, visitor().actor)
    return make_response(
        render_template(
            "staff/mail/switch.html", switch=mail_desk.read_switch(dbs), waiting=counts.get("queued", 0),
            reason=request.form.get("reason", ""), messages=messages,
        ),
        status,
    )  # fmt: skip


@bp.post("/switch")
@for_staff("administrator", fresh=True)
def turn() -> ResponseReturnValue:
    """Hold or release all mail."""
    dbs, actor, now = db.session(), visitor().actor, read_now()
    reason = request.form.get("reason", "").strip()
    if request.form.get("action") == "release":
        mail_desk.release_all(dbs, actor=actor.name, now=now)
    elif not reason or len(reason) > 200:
        return _switch_page(422, (gettext("Say why in a few words: the others read it in the list of mails."),))
    else:
        mail_desk.hold_all(dbs, reason, actor=actor.name, now=now)
    dbs.commit()
    return redirect(f"/staff/mail?done={'release' if request.form.get('action') == 'release' else 'hold'}", 303)

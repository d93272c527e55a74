"""Proposed profiles of organisations, beside what is shown now, and the decision on each."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.content import OrganisationContent
from wmd.domain.pictures import media_path
from wmd.errors import NotAllowedMoveError
from wmd.models import Organisation, Revision
from wmd.secretbox import SecretBox
from wmd.services.known import pictures_of
from wmd.services.profiles import approve_profile, profile_of, read_profile, refuse_profile, waiting_profiles
from wmd.services.publishing import Setting
from wmd.web.catalogue import gettext
from wmd.web.guards import for_staff
from wmd.web.reading import library, read_now
from wmd.web.visitors import visitor

bp = Blueprint("profiles", __name__, url_prefix="/profiles")

_LONGEST_REASON = 2_000


def _rows(shown: OrganisationContent, proposed: OrganisationContent) -> list[dict[str, str]]:
    """Return the fields in which two profiles differ, in words."""
    labels = {
        "names": gettext("Name"), "acronym": gettext("Acronym"), "kind": gettext("Kind"), "city": gettext("City"),
        "country": gettext("Country"), "region": gettext("Region"), "website": gettext("Website"),
        "public_email": gettext("Public mail address"), "social": gettext("Social media"),
        "is_member": gettext("Member of Metropolis"), "image": gettext("Logo"),
    }  # fmt: skip
    return [
        {"label": label, "before": _said(getattr(shown, name)), "after": _said(getattr(proposed, name))}
        for name, label in labels.items()
        if getattr(shown, name) != getattr(proposed, name)
    ]


def _said(value: object) -> str:
    if isinstance(value, dict):
        return " · ".join(f"{text} ({tag})" for tag, text in value.items())
    if isinstance(value, tuple):
        return " · ".join(map(str, value))
    return "; ".join(value.alt.values()) if hasattr(value, "alt") else str(value or "")


def _sees(organisation: Organisation) -> bool:
    return visitor().actor.may_see(organisation.region, "")


def _show(status: int = 200, notice: str = "") -> Response:
    dbs = db.session()
    waiting = [(*pair, read_profile(pair[0])) for pair in waiting_profiles(dbs, actor=visitor().actor)]
    logos = pictures_of(dbs, {proposed.image.id for _, _, proposed in waiting if proposed.image})
    items = [
        {
            "revision": revision,
            "organisation": organisation,
            "name": organisation.names.get(organisation.language, organisation.code),
            "rows": _rows(profile_of(organisation), proposed),
            "logo": media_path(logo.id, logo.media_type, small=True)
            if proposed.image and (logo := logos.get(proposed.image.id))
            else "",
        }
        for revision, organisation, proposed in waiting
    ]
    return make_response(render_template("staff/profiles/list.html", profiles=items, notice=notice), status)


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """List what waits, the oldest first."""
    return _show()


@bp.post("/<revision_id>")
@for_staff("moderator")
def decide(revision_id: str) -> ResponseReturnValue:
    """Approve or refuse a proposed profile."""
    dbs, now, moderator = db.session(), read_now(), visitor().actor.name
    revision = dbs.get(Revision, revision_id)
    if revision is None or revision.kind != "organisation":
        abort(404)
    if not _sees(dbs.get_one(Organisation, revision.organisation_id)):
        abort(404)
    reason = request.form.get("reason", "").strip()[:_LONGEST_REASON]
    verdict = request.form.get("verdict", "")
    if verdict not in {"approve", "refuse"} or (verdict == "refuse" and not reason):
        return _show(422, gettext("To reject a profile, say why: its contacts read it."))
    setting: Setting = current_app.extensions["wmd.publishing"]
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    try:
        if verdict == "approve":
            approve_profile(dbs, revision, setting, moderator=moderator, box=box, now=now)
        else:
            refuse_profile(dbs, revision, moderator=moderator, reason=reason, box=box, now=now)
    except NotAllowedMoveError:
        dbs.rollback()
        return _show(409, gettext("Somebody else decided on this profile meanwhile."))
    dbs.commit()
    library().refresh()
    return redirect("/staff/profiles", 303)

"""The contacts of an organisation: who is one, invite, remove, hand over."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import Organisation
from wmd.secretbox import SecretBox
from wmd.services import contacts
from wmd.services.rate_limits import INVITE_BY_PERSON
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_contact, freshly_signed_in, own_organisation, visitor
from wmd.web.limits import too_many, wait_s
from wmd.web.names import best_text
from wmd.web.reading import read_now

bp = Blueprint("contacts", __name__, url_prefix="/organisations/<code>/contacts")


def show_contacts(
    organisation: Organisation, status: int = 200, messages: dict[str, list[str]] | None = None
) -> Response:
    """Return the page, with what was typed."""
    dbs = db.session()
    return make_response(
        render_template(
            "organiser/contacts/list.html", organisation=organisation,
            name=best_text(organisation.names, "en", organisation.language)[0], messages=messages or {},
            contacts=contacts.contacts_of(dbs, organisation.id), me=visitor().person_id,
            invitations=contacts.open_invitations(dbs, organisation.id, now=read_now()),
            typed=request.form.get("address", ""), here=_address(organisation),
        ),
        status,
    )  # fmt: skip


def _address(organisation: Organisation) -> str:
    return f"/organiser/organisations/{organisation.code}/contacts"


@for_contact
def _stale(code: str) -> ResponseReturnValue:
    words = gettext("This page was open for too long. Please look once more, and send it again.")
    return show_contacts(own_organisation(code), 422, {"address": [words]})


@bp.get("")
@for_contact
def index(code: str) -> ResponseReturnValue:
    """List the contacts."""
    return show_contacts(own_organisation(code))


@bp.post("")
@on_stale_form(_stale)
@freshly_signed_in
def invite(code: str) -> ResponseReturnValue:
    """Invite somebody by mail address."""
    organisation = own_organisation(code)
    if seconds := wait_s((INVITE_BY_PERSON, visitor().person_id or "")):
        words = gettext("You invited many people. Please wait %(minutes)d minutes.", minutes=-(-seconds // 60))
        return too_many(show_contacts(organisation, 429, {"address": [words]}), seconds)
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    try:
        contacts.invite(
            db.session(), organisation, request.form.get("address", ""), actor=visitor().actor, box=box, now=read_now()
        )
    except InvalidContentError as error:
        db.session.rollback()
        return show_contacts(own_organisation(code), 422, messages_of(error.findings))
    db.session.commit()
    return redirect(_address(organisation), 303)


@bp.post("/<person_id>/remove")
@freshly_signed_in
def remove(code: str, person_id: str) -> ResponseReturnValue:
    """Let somebody answer for the organisation no more; also oneself."""
    to = "/organiser/account" if person_id == visitor().person_id else ""
    return _change(code, person_id, contacts.remove_contact, to=to)


@bp.post("/<person_id>/hand-over")
@freshly_signed_in
def hand_over(code: str, person_id: str) -> ResponseReturnValue:
    """Make somebody else the main contact."""
    return _change(code, person_id, contacts.hand_over)


@bp.post("/<person_id>/withdraw")
@for_contact
def withdraw(code: str, person_id: str) -> ResponseReturnValue:
    """Withdraw an invitation."""
    return _change(code, person_id, contacts.withdraw_invitation)


def _change(code: str, person_id: str, change: Callable[..., None], *, to: str = "") -> ResponseReturnValue:
    """Change where a person stands with an organisation, and lead on."""
    organisation = own_organisation(code)
    try:
        change(db.session(), organisation, person_id, actor=visitor().actor, now=read_now())
    except InvalidContentError as error:
        db.session.rollback()
        return show_contacts(own_organisation(code), 422, messages_of(error.findings))
    db.session.commit()
    return redirect(to or _address(organisation), 303)

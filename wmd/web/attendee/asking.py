"""The form that asks to be reminded: what is typed into it, what stands against that, and the one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Response, make_response, redirect, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.domain.zones import canonical
from wmd.errors import InvalidContentError
from wmd.services.attendees import LANGUAGES, attendee_for
from wmd.services.follows import Wish, ask_to_follow, follow
from wmd.services.people import read_address
from wmd.services.personal_links import me_path
from wmd.services.rate_limits import FOLLOW_BY_ADDRESS, FOLLOW_BY_NETWORK
from wmd.web.attendee.answers import private
from wmd.web.attendee.asked import to_asked
from wmd.web.catalogue import gettext
from wmd.web.findings import messages_of
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.means import secret_box
from wmd.web.names import language_name
from wmd.web.reading import read_now
from wmd.web.spam_trap import read_trap, trap_fields
from wmd.web.visitors import visitor
from wmd.web.words import select_locale

Messages = dict[str, list[str]]
#: Shows the form again: a status, and the messages by field.
Show = Callable[[int, Messages], Response]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields: typed before, or taken from what the reader has chosen already."""

    address: str
    zone: str
    language: str


def typed_or_known(zone: str) -> Typed:
    """Return what to show in the fields; ``zone`` is the one the page shows times in."""
    form = request.form
    known = visitor().person
    return Typed(
        address=form.get("address", known.address if known else ""),
        zone=form.get("zone", "") if canonical(form.get("zone", "")) else zone,
        language=form.get("language", "") if form.get("language") in LANGUAGES else select_locale(),
    )


def language_choices() -> list[tuple[str, str]]:
    """Return the languages that mails are written in."""
    return [(code, language_name(code)) for code in LANGUAGES]


def trap() -> str:
    """Return the fields by which machines give themselves away."""
    return trap_fields(read_now(), request.form)


def take_wishes(wishes: Sequence[Wish], zone: str, show: Show) -> ResponseReturnValue:
    """Take a sent form: keep the wishes and mail the button; the answer is the same for every address.

    Who is signed in with the address that was typed needs no mail and comes to their own page.
    """
    typed = typed_or_known(zone)
    try:
        _, key = read_address(typed.address)
    except InvalidContentError as error:
        return show(422, messages_of(error.findings))
    if seconds := wait_s((FOLLOW_BY_ADDRESS, key), (FOLLOW_BY_NETWORK, this_network())):
        minutes = -(-seconds // 60)
        words = gettext(
            "This was asked for very often from where you are. Please wait %(minutes)d minutes.", minutes=minutes
        )
        return too_many(show(429, {"address": [words]}), seconds)
    now = read_now()
    if read_trap(request.form, now).trap_filled:
        return to_asked(typed.address)
    dbs, box, known = db.session(), secret_box(), visitor().person
    try:
        if known is not None and known.address_key == key:
            _, attendee = attendee_for(dbs, typed.address, language=typed.language, zone=typed.zone, now=now)
            follow(dbs, known, attendee, wishes, now=now)
            path = me_path(dbs, box, attendee, now=now)
            dbs.commit()
            return private(make_response(redirect(path, 303)))
        waits_s = ask_to_follow(
            dbs, typed.address, wishes, language=typed.language, zone=typed.zone, box=box, now=now
        )  # fmt: skip
    except InvalidContentError as error:
        dbs.rollback()
        return show(422, messages_of(error.findings))
    dbs.commit()
    return to_asked(typed.address, wait_s=waits_s)

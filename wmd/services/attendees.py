"""People who follow and register: no account, an address that its owner confirmed, and the wishes that go with it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, or_, update
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.reminders import RULES
from wmd.domain.zones import canonical
from wmd.errors import InvalidContentError
from wmd.models import Attendee, Follow, Person, PersonalFeed, Registration, ZoomRegistrant
from wmd.services.people import person_for
from wmd.services.states import audit
from wmd.services.versions import raise_status

#: Languages that mails are written in, as far as their words are there.
LANGUAGES = ("en", "es", "fr")
INVITATIONS = ("request", "publish", "none")

_NO_LANGUAGE = N_("Choose one of the languages.")
_NO_ZONE = N_("This is not a time zone, written like Europe/Madrid.")
_NO_CHOICE = N_("Choose one of these.")


def attendee_for(dbs: Session, address: str, *, language: str, zone: str, now: datetime) -> tuple[Person, Attendee]:
    """Return the person with this address as an attendee, each made if there is none.

    Language and zone are taken only for a person who is new. Raises InvalidContentError when it is no address.
    """
    person = person_for(dbs, address, language=language, zone=canonical(zone) or "", now=now)
    attendee = dbs.get(Attendee, person.id)
    if attendee is None:
        # Not always the first: links from before an erasure must not open the page of who comes back.
        attendee = Attendee(person_id=person.id, generation=secrets.randbelow(2**30) + 1, created_at=now)
        dbs.add(attendee)
        dbs.flush()
    return person, attendee


def confirm(dbs: Session, attendee: Attendee, *, now: datetime) -> None:
    """Note that an address is its owner's, who wants mail: also when they had left, or paused."""
    attendee.confirmed_at = attendee.confirmed_at or now
    attendee.left_at = attendee.paused_at = None
    _trail(dbs, attendee, "confirm-attendee", now)


def change_place(dbs: Session, person: Person, *, language: str, zone: str, now: datetime) -> None:
    """Set language and zone of a person who proved to be it. Raises InvalidContentError beside each field."""
    found = []
    place = canonical(zone.strip())
    if language not in LANGUAGES:
        found.append(Finding("attendee.language", Level.ERROR, "language", _NO_LANGUAGE))
    if place is None:
        found.append(Finding("attendee.zone", Level.ERROR, "zone", _NO_ZONE))
    if found or place is None:
        raise InvalidContentError(found)
    if (person.language, person.zone) == (language, place):
        return
    person.language, person.zone = language, place
    detail = {"language": ["changed", "changed"], "zone": ["changed", "changed"]}
    audit(
        dbs, actor=f"person:{person.id}", action="change-account", kind="person", subject_id=person.id, detail=detail,
        now=now,
    )  # fmt: skip
    dbs.flush()


def change_wishes(
    dbs: Session, attendee: Attendee, *, reminders: Sequence[str] | None, invitations: str, now: datetime
) -> None:
    """Set which reminders a person gets (None: as each event says) and how calendar invitations come.

    Raises InvalidContentError for what is not offered.
    """
    if invitations not in INVITATIONS:
        raise InvalidContentError([Finding("attendee.invitations", Level.ERROR, "invitations", _NO_CHOICE)])
    if reminders is not None and not set(reminders) <= set(RULES):
        raise InvalidContentError([Finding("attendee.reminders", Level.ERROR, "reminders", _NO_CHOICE)])
    chosen: list[str] | None = None if reminders is None else [rule for rule in RULES if rule in set(reminders)]
    if (attendee.reminders, attendee.invitations) == (chosen, invitations):
        return
    attendee.reminders, attendee.invitations = chosen, invitations
    _trail(dbs, attendee, "change-wishes", now)


def pause(dbs: Session, attendee: Attendee, *, now: datetime) -> None:
    """Send nothing until they say so."""
    if attendee.paused_at is None:
        attendee.paused_at = now
        _trail(dbs, attendee, "pause", now)


def resume(dbs: Session, attendee: Attendee, *, now: datetime) -> None:
    """Send again."""
    if attendee.paused_at is not None:
        attendee.paused_at = None
        _trail(dbs, attendee, "resume", now)


def leave(dbs: Session, attendee: Attendee, *, now: datetime) -> None:
    """Send no mail of these any more: what they follow ends, a place they registered for stays theirs."""
    dbs.execute(
        update(Follow).where(Follow.person_id == attendee.person_id, Follow.ended_at.is_(None)).values(ended_at=now)
    )
    if attendee.left_at is None:
        attendee.left_at = now
        _trail(dbs, attendee, "leave", now)


def revoke_links(dbs: Session, attendee: Attendee, *, now: datetime) -> None:
    """Let every personal link that was ever mailed to them work no more; the address of their calendar stays."""
    attendee.generation += 1
    _trail(dbs, attendee, "revoke-links", now)


def forget_attendee(dbs: Session, person_id: str, *, now: datetime) -> None:
    """Delete what is kept of a person as an attendee. The address of their calendar says 410 from now on."""
    dbs.execute(delete(Follow).where(Follow.person_id == person_id))
    _forget_in_rooms(dbs, person_id, now)
    if dbs.execute(delete(Registration).where(Registration.person_id == person_id).returning(Registration.id)).all():
        raise_status(dbs)
    dbs.execute(
        update(PersonalFeed)
        .where(PersonalFeed.person_id == person_id, PersonalFeed.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    dbs.execute(update(PersonalFeed).where(PersonalFeed.person_id == person_id).values(person_id=None, sealed=""))
    dbs.execute(delete(Attendee).where(Attendee.person_id == person_id))


def _forget_in_rooms(dbs: Session, person_id: str, now: datetime) -> None:
    """Let go of somebody's places in rooms on Zoom: those of our making are taken back there, by their number alone.

    The row stays until Zoom was told, without person, registration and ticket. Whom Zoom never had goes at once.
    """
    mine = ZoomRegistrant.person_id == person_id
    theirs = and_(mine, ZoomRegistrant.source == "zoom")
    dbs.execute(update(ZoomRegistrant).where(theirs).values(person_id=None, registration_id=None, join_link=""))
    may_be_there = or_(ZoomRegistrant.zoom_registrant != "", ZoomRegistrant.sent_at.is_not(None))
    dbs.execute(delete(ZoomRegistrant).where(mine, or_(~may_be_there, ZoomRegistrant.state == "cancelled")))
    dbs.execute(
        update(ZoomRegistrant)
        .where(mine)
        .values(
            state="unwanted",
            person_id=None,
            registration_id=None,
            join_link="",
            fault="",
            claim_token=None,
            lease_until=None,
            not_before=now,
        )
    )


def _trail(dbs: Session, attendee: Attendee, action: str, now: datetime) -> None:
    who = attendee.person_id
    audit(dbs, actor=f"person:{who}", action=action, kind="person", subject_id=who, now=now)
    dbs.flush()

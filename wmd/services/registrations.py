"""Places in events that register with us: asked for, confirmed, waited for, offered, given back.

No place is ever given twice: whoever gives one first locks the event's row (on SQLite every writing transaction is
alone anyway), counts what is taken, and decides. An address that nobody confirmed holds no place. Who waits is offered
a place in the order in which they came, for a bounded time.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.invisible import without_marks
from wmd.domain.questions import kept_answer
from wmd.errors import InvalidContentError
from wmd.models import Attendee, Event, EventSession, Person, Registration
from wmd.secretbox import SecretBox
from wmd.services import mail_tokens
from wmd.services.attendees import attendee_for, confirm
from wmd.services.entries_apart import apart_of, dates_of_place, put_entries_of_place
from wmd.services.follows import mail_own_link
from wmd.services.outbox import Sheet, put_message, withdraw_messages
from wmd.services.places_left import TAKES_PLACE, watch_places
from wmd.services.rate_limits import ATTENDEE_MAILS, hit
from wmd.services.registration_wishes import (
    CLOSED,
    NONE_ON,
    Said,
    Wanted,
    asked_of,
    check_wanted,
    coming_sessions,
    is_open,
    said_by,
    seal_said,
    takes_place,
)
from wmd.services.states import move

#: What stands between asking and the button in the mail.
CONFIRM_LIVES: Final = timedelta(days=7)
#: A place is kept so long for who is offered one, and never into the last part of the time that is left.
OFFER: Final = timedelta(hours=24)
SHORTEST_OFFER: Final = timedelta(minutes=30)
_SHARE_OF_THE_REST: Final = 4
_FULL = N_("All places are taken, and there is no waiting list.")


def ask_to_register(
    dbs: Session, event: Event, address: str, wanted: Wanted, *, title: str, language: str, zone: str, box: SecretBox,
    now: datetime,
) -> int:  # fmt: skip
    """Keep what somebody asks for until the owner of the address confirms it, and mail them the button.

    ``title`` names the event in the mail. The caller sees no difference whether the address is known or registered
    already. Returns 0, or the seconds until the next mail when the address was given too often today.
    Raises InvalidContentError for what is wrong with it.
    """
    check_wanted(dbs, event, wanted, now=now)
    person, attendee = attendee_for(dbs, address, language=language, zone=zone, now=now)
    row = standing(dbs, person.id, event.id)
    if row is None or row.state == "unconfirmed":
        row = _write(dbs, row, person.id, event, wanted, box=box, now=now)
    if row.state == "unconfirmed":
        return mail_register_button(dbs, row, event, title=title, box=box, now=now)
    wait_s = hit(dbs, ATTENDEE_MAILS, person.id, secret="", now=now)
    if not wait_s:
        mail_own_link(dbs, attendee, box=box, now=now)
    return wait_s


def mail_register_button(
    dbs: Session, row: Registration, event: Event, *, title: str, box: SecretBox, now: datetime,
    is_counted: bool = True,
) -> int:  # fmt: skip
    """Mail the button of a registration that waits for it, unless the person was mailed too often today.

    Returns 0, or the seconds until the next mail.
    """
    if is_counted and (wait_s := hit(dbs, ATTENDEE_MAILS, row.person_id, secret="", now=now)):
        return wait_s
    # The button in the newest mail works for seven days from now; so long the row must stay.
    row.created_at = now
    token, secret = mail_tokens.issue(
        dbs, "confirm-registration", row.person_id, row.id, CONFIRM_LIVES, now, revoke_older=False
    )
    put_message(
        dbs, kind="registration-confirm", dedupe_key=f"registration-confirm:{token.id}", cause="visitor", now=now,
        person_id=row.person_id, secret=f"/me/registration/{secret}", not_after=token.expires_at,
        subject_id=event.id, edition_id=event.edition_id, box=box,
        facts={"until": token.expires_at.isoformat(), "event": " ".join(title.split())},
    )  # fmt: skip
    return 0


def register(
    dbs: Session, event: Event, person: Person, attendee: Attendee, wanted: Wanted, *, box: SecretBox, now: datetime
) -> Registration:
    """Register somebody whose address is known to be theirs, or put them on the waiting list.

    Who stands there already keeps their place; what they say anew counts. Raises InvalidContentError.
    """
    check_wanted(dbs, event, wanted, now=now)
    row = standing(dbs, person.id, event.id)
    if row is not None and row.state != "unconfirmed":
        rewrite(dbs, row, event, wanted, box=box, now=now)
        return row
    row = _write(dbs, row, person.id, event, wanted, box=box, now=now)
    _admit(dbs, row, person, attendee, box=box, now=now)
    return row


def rewrite(dbs: Session, row: Registration, event: Event, wanted: Wanted, *, box: SecretBox, now: datetime) -> None:
    """Write down what somebody says anew; who has a place and chose other dates gets them for the calendar."""
    before = list(row.sessions)
    _write(dbs, row, row.person_id, event, wanted, box=box, now=now)
    tell_of_dates(dbs, row, event, before, box=box, now=now)


def tell_of_dates(
    dbs: Session, row: Registration, event: Event, before: Collection[str], *, box: SecretBox, now: datetime
) -> None:
    """Mail who has a place what they need for the calendar after they chose other dates than ``before``."""
    if row.state != "registered" or sorted(before) == sorted(row.sessions):
        return
    all_ids = dbs.scalars(select(EventSession.id).where(EventSession.event_id == event.id)).all()
    dropped = set(before or all_ids) - set(row.sessions or all_ids)
    _tell(dbs, row, "registered", event, box=box, now=now, facts={"dropped": sorted(dropped)})


def find_waiting(dbs: Session, secret: str, *, now: datetime) -> Registration | None:
    """Return what a mailed button would confirm; None when it does not work (any more). A GET asks this."""
    token = mail_tokens.find(dbs, "confirm-registration", secret)
    if token is None or mail_tokens.standing(token, now=now) != "good":
        return None
    row = dbs.get(Registration, token.subject_id)
    return row if row is not None and row.state == "unconfirmed" else None


def confirm_registration(
    dbs: Session, secret: str, *, shares_name: bool, read_of_room: bool = False, box: SecretBox, now: datetime
) -> Registration | None:
    """Use the button of a mail: a place if one is free, else one on the waiting list.

    ``shares_name`` is what the page with the button says: whoever typed the address into the form may have been
    anybody. ``read_of_room``: that page said that they are registered on Zoom too.

    None when the link does not work (any more). Raises InvalidContentError when the event meanwhile takes no more.
    """
    token = mail_tokens.consume(dbs, "confirm-registration", secret, now=now)
    row = dbs.get(Registration, token.subject_id) if token is not None else None
    attendee = dbs.get(Attendee, row.person_id) if row is not None else None
    if row is None or attendee is None or row.state != "unconfirmed":
        return None
    person = dbs.get_one(Person, row.person_id)
    row.shares_name, row.read_of_room = shares_name, read_of_room
    dbs.flush()
    if not is_open(dbs, dbs.get_one(Event, row.event_id), now=now):
        raise InvalidContentError([Finding("register.closed", Level.ERROR, "event", CLOSED)])
    if not takes_place(dbs, row, now=now):
        raise InvalidContentError([Finding("register.none-on", Level.ERROR, "sessions", NONE_ON)])
    _admit(dbs, row, person, attendee, box=box, now=now)
    return row


def _write(
    dbs: Session, row: Registration | None, person_id: str, event: Event, wanted: Wanted, *, box: SecretBox,
    now: datetime,
) -> Registration:  # fmt: skip
    if row is None:
        # Another tab may be putting the same row.
        make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
        values = {
            "id": str(uuid.uuid4()), "person_id": person_id, "event_id": event.id, "state": "unconfirmed",
            "created_at": now, "sessions": [], "answers": "", "shares_name": False,
            "read_of_room": False,
        }  # fmt: skip
        dbs.execute(make(Registration).values(**values).on_conflict_do_nothing())
        row = standing(dbs, person_id, event.id)
        if row is None:
            msg = "a registration that conflicts with none"
            raise RuntimeError(msg)
    answers = {asked.slug: kept_answer(asked, (wanted.answers or {}).get(asked.slug, "")) for asked in asked_of(event)}
    said = Said(without_marks(wanted.name), {slug: text for slug, text in answers.items() if text})
    row.answers = seal_said(row.id, said, box)
    row.sessions, row.shares_name = list(wanted.sessions or ()), wanted.shares_name
    row.read_of_room = row.read_of_room or wanted.read_of_room
    if row.state == "unconfirmed":
        # The button in the newest mail works for seven days from now; so long the row must stay.
        row.created_at = now
    dbs.flush()
    return row


def standing(dbs: Session, person_id: str, event_id: str) -> Registration | None:
    """Return a person's registration for an event, unless it has ended."""
    return dbs.scalars(
        select(Registration).where(
            Registration.person_id == person_id, Registration.event_id == event_id, Registration.ended_at.is_(None)
        )
    ).first()


# Places


def _locked(dbs: Session, event_id: str) -> Event:
    """Return the event with its row locked until the transaction ends: whoever gives places waits here.

    Not its key: a new follow or registration, which refers to it, goes on beside (PostgreSQL: FOR NO KEY UPDATE).
    """
    wanted = select(Event).where(Event.id == event_id).with_for_update(key_share=True)
    return dbs.scalars(wanted.execution_options(populate_existing=True)).one()


def free_places(dbs: Session, event: Event) -> int | None:
    """Return how many places are free; None where there is no limit."""
    if event.capacity is None:
        return None
    taken = select(func.count()).where(Registration.event_id == event.id, Registration.state.in_(TAKES_PLACE))
    return max(0, event.capacity - (dbs.scalar(taken) or 0))


def _waits(dbs: Session, event_id: str) -> bool:
    waits = select(Registration.id).where(Registration.event_id == event_id, Registration.state == "waiting").limit(1)
    return dbs.scalar(waits) is not None


def _admit(
    dbs: Session, row: Registration, person: Person, attendee: Attendee, *, box: SecretBox, now: datetime
) -> None:
    """Give a confirmed registration its place, or one on the waiting list. Nobody passes those who wait."""
    event = _locked(dbs, row.event_id)
    # Another button or tab may have been quicker while this one waited.
    dbs.refresh(row)
    if row.state != "unconfirmed":
        return
    confirm(dbs, attendee, now=now)
    row.confirmed_at = now
    actor = f"person:{row.person_id}"
    if not person.name:
        person.name = said_by(row, box).name
    free = free_places(dbs, event)
    if free is None or (free > 0 and not _waits(dbs, event.id)):
        with watch_places(dbs, event):
            move(dbs, row, "registered", actor=actor, now=now)
        _tell(dbs, row, "registered", event, box=box, now=now)
    elif event.registration_waits:
        row.queued_at = now
        move(dbs, row, "waiting", actor=actor, now=now)
        _tell(dbs, row, "waiting", event, box=box, now=now)
    else:
        raise InvalidContentError([Finding("register.full", Level.ERROR, "event", _FULL)])
    dbs.flush()


def cancel(dbs: Session, row: Registration, *, box: SecretBox, now: datetime) -> bool:
    """Give a place back, or the wish for one; offer it to who waits. Tells whether it still stood."""
    event = _locked(dbs, row.event_id)
    dbs.refresh(row)
    if row.ended_at is not None:
        return False
    was = row.state
    with watch_places(dbs, event):
        row.ended_at, row.offered_until = now, None
        move(dbs, row, "cancelled", actor=f"person:{row.person_id}", now=now)
        _end(dbs, row, event, was, box=box, now=now)
        _offer_free(dbs, event, box=box, now=now)
    return True


def _end(dbs: Session, row: Registration, event: Event, was: str, *, box: SecretBox, now: datetime) -> None:
    """Withdraw what was to be mailed about a registration that its owner ended, and tell them."""
    dbs.flush()
    withdraw_messages(dbs, thread=_thread(row), reason="the registration ended", now=now)
    if was != "unconfirmed":
        _tell(
            dbs,
            row,
            "registration-ended",
            event,
            box=box,
            now=now,
            facts={"why": "cancelled", "was_registered": was == "registered"},
        )


def accept_offer(dbs: Session, row: Registration, *, box: SecretBox, now: datetime) -> bool:
    """Take the place that is offered; tells whether it was still kept, and anything of it takes place."""
    event = _locked(dbs, row.event_id)
    dbs.refresh(row)
    if row.state != "offered" or row.offered_until is None or row.offered_until <= now:
        return row.state == "registered"
    if not takes_place(dbs, row, now=now):
        return False
    row.offered_until = None
    move(dbs, row, "registered", actor=f"person:{row.person_id}", now=now)
    dbs.flush()
    _tell(dbs, row, "registered", event, box=box, now=now)
    return True


def _offer_free(dbs: Session, event: Event, *, box: SecretBox, now: datetime) -> int:
    """Offer the free places of a locked event to those who wait longest; return how many are offered."""
    starts = [session.ends_at for session in coming_sessions(dbs, event.id, now=now)]
    free = free_places(dbs, event)
    if not starts or event.hidden_at is not None:
        return 0
    first = dbs.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.state == "waiting", _wants_what_comes(now))
        .order_by(Registration.queued_at, Registration.id)
        .limit(_MOST_OFFERS if free is None else min(free, _MOST_OFFERS))
    ).all()
    until = now + max(SHORTEST_OFFER, min(OFFER, (max(starts) - now) / _SHARE_OF_THE_REST))
    for row in first:
        row.offered_until = until
        move(dbs, row, "offered", actor="job:waiting-lists", now=now)
        dbs.flush()
        _tell(dbs, row, "place-offered", event, box=box, now=now, facts={"until": until.isoformat()}, not_after=until)
    return len(first)


_MOST_OFFERS: Final = 100


def due_events(dbs: Session, *, now: datetime, limit: int) -> list[str]:
    """Return ids of events whose waiting list has something to do: an offer that is over, or a place that is free.

    One query. An event whose last session is over has its wait ended.
    """
    taken = (
        select(func.count())
        .where(Registration.event_id == Event.id, Registration.state.in_(TAKES_PLACE))
        .correlate(Event)
        .scalar_subquery()
    )
    lapsed = and_(Registration.state == "offered", Registration.offered_until <= now)
    is_free = and_(or_(Event.capacity.is_(None), Event.capacity > taken), Event.hidden_at.is_(None))
    waits = and_(Registration.state == "waiting", or_(and_(is_free, _wants_what_comes(now)), _over(now)))
    found: Select[tuple[str]] = (
        select(Event.id)
        .join(Registration, Registration.event_id == Event.id)
        .where(Registration.state.in_(("offered", "waiting")), or_(lapsed, waits))
        .distinct()
        .limit(limit)
    )
    return list(dbs.scalars(found))


def _over(now: datetime) -> ColumnElement[bool]:
    """Whether nothing of an event is to come. What was cancelled may be revived, and has no date while postponed."""
    return ~exists().where(
        EventSession.event_id == Event.id, or_(EventSession.status == "postponed", EventSession.ends_at > now)
    )


def _wants_what_comes(now: datetime) -> ColumnElement[bool]:
    """Whether a registration is for anything that takes place and is not over."""
    chosen = cast(Registration.sessions, String)
    return exists().where(
        EventSession.event_id == Registration.event_id, EventSession.status == "scheduled", EventSession.ends_at > now,
        or_(chosen == "[]", chosen.like(literal('%"') + EventSession.id + literal('"%'))),
    )  # fmt: skip


def turn_waiting_list(dbs: Session, event_id: str, *, box: SecretBox, now: datetime) -> int:
    """End offers that nobody took and offer what is free to the next; return how many rows changed."""
    event = _locked(dbs, event_id)
    with watch_places(dbs, event):
        return _end_offers(dbs, event_id, box=box, now=now) + _offer_free(dbs, event, box=box, now=now)


def _end_offers(dbs: Session, event_id: str, *, box: SecretBox, now: datetime) -> int:
    event, done = dbs.get_one(Event, event_id), 0
    ended = select(Registration).where(
        Registration.event_id == event_id, Registration.state == "offered", Registration.offered_until <= now
    )
    is_over = not _to_come(dbs, event_id, now)
    if is_over:
        ended = select(Registration).where(
            Registration.event_id == event_id, Registration.state.in_(("offered", "waiting"))
        )
    for row in dbs.scalars(ended).all():
        done += 1
        if not is_over and not takes_place(dbs, row, now=now):
            # Called off while the place was kept: they keep theirs in the list, for the day it is revived.
            row.offered_until = None
            move(dbs, row, "waiting", actor="job:waiting-lists", now=now)
            continue
        row.ended_at, row.offered_until = now, None
        move(dbs, row, "lapsed", actor="job:waiting-lists", now=now)
        dbs.flush()
        if not is_over:
            _tell(dbs, row, "registration-ended", event, box=box, now=now, facts={"why": "lapsed"})
    return done


def _to_come(dbs: Session, event_id: str, now: datetime) -> bool:
    found = select(EventSession.id).where(
        EventSession.event_id == event_id, or_(EventSession.status == "postponed", EventSession.ends_at > now)
    )
    return dbs.scalar(found.limit(1)) is not None


def _thread(row: Registration) -> str:
    return f"registration:{row.id}"


def _tell(
    dbs: Session, row: Registration, kind: str, event: Event, *, box: SecretBox, now: datetime,
    facts: Mapping[str, object] | None = None, not_after: datetime | None = None,
) -> None:  # fmt: skip
    """Mail a person how their registration stands; a newer mail of it takes back one that is not out yet.

    Dates for the calendar beside the first follow in mails of their own.
    """
    said: dict[str, object] = {"registration_id": row.id, **(facts or {})}
    has_entries = kind == "registered" or bool(said.get("was_registered"))
    apart = apart_of(dates_of_place(dbs, row, said, now=now)) if has_entries else []
    if apart:
        said["apart"] = apart
    cause = f"person:{row.person_id}"
    put_message(
        dbs, kind=kind, dedupe_key=f"{kind}:{row.id}:{now.isoformat()}", cause=cause, now=now,
        person_id=row.person_id, subject_id=event.id, edition_id=event.edition_id, thread=_thread(row),
        facts=said, not_after=not_after, box=box,
    )  # fmt: skip
    put_entries_of_place(dbs, row, Sheet(kind, event.id, event.edition_id, cause, {}, now), apart)


def registrations_of(dbs: Session, person_id: str, *, limit: int = 500) -> Sequence[Registration]:
    """Return what a person is registered for or waits for, the newest last."""
    return dbs.scalars(
        select(Registration)
        .where(Registration.person_id == person_id, Registration.ended_at.is_(None))
        .order_by(Registration.created_at)
        .limit(limit)
    ).all()

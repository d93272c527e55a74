"""Following: asked for with an address, of effect once its owner pressed the button in a mail, ended at any time."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import Attendee, Change, Edition, Event, Follow, Person, Registration
from wmd.secretbox import SecretBox
from wmd.services.attendees import attendee_for, confirm, leave
from wmd.services.mail_tokens import consume, issue
from wmd.services.outbox import put_message
from wmd.services.personal_links import me_path
from wmd.services.rate_limits import ATTENDEE_MAILS, hit
from wmd.services.states import audit

#: Somebody follows at most so much at a time, …
MOST: Final = 5000
#: … and asks for at most so much at once, or waits with it for the button.
MOST_AT_ONCE: Final = 200
#: What nobody confirms within this time is forgotten.
CONFIRM_LIVES: Final = timedelta(days=7)
#: Titles that the mail with the button names; of more it says how many.
_NAMED = 10
_ROWS_AT_ONCE = 500

_TOO_MANY = N_("That is too much at once: {most} events can be followed with one form.")
_FULL = N_("You follow {most} events already, which is the most. End some of them first.")


@dataclass(frozen=True, slots=True)
class EventWish:
    """An event to follow, by its code; ``label`` names it in the mail."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterWish:
    """A filtered programme to hear of: the edition's slug, the canonical query ("" is all), how often."""

    edition: str
    query: str
    cadence: Literal["daily", "weekly"]
    label: str


Wish = EventWish | FilterWish


def ask_to_follow(
    dbs: Session, address: str, wishes: Sequence[Wish], *, language: str, zone: str, box: SecretBox, now: datetime
) -> int:
    """Keep wishes until the owner of an address confirms them, and mail the button: one mail, however many there are.

    Whoever is known already or follows it already: the caller sees no difference. Returns 0, or the seconds until the
    next mail when the address was given too often today.
    ``zone`` (IANA) and ``language`` are taken for somebody new. Raises InvalidContentError for what is no address, and
    for too much at once.
    """
    if len(wishes) > MOST_AT_ONCE:
        raise InvalidContentError([_finding("follow.many", _TOO_MANY, MOST_AT_ONCE)])
    person, attendee = attendee_for(dbs, address, language=language, zone=zone, now=now)
    room = MOST_AT_ONCE - _count(dbs, person.id, waiting=True)
    _add(dbs, person.id, wishes[: max(0, room)], confirmed_at=None, now=now)
    return mail_confirm_link(dbs, person, attendee, [wish.label for wish in wishes], box=box, now=now)


def mail_confirm_link(
    dbs: Session, person: Person, attendee: Attendee, labels: Sequence[str], *, box: SecretBox, now: datetime,
    is_counted: bool = True,
) -> int:  # fmt: skip
    """Mail the button that confirms what waits for a person; when nothing does, the link of their own page.

    Not more than a few times a day where it ``is_counted``: what waits is then confirmed with the mail that came
    before. Returns 0, or the seconds until the next mail.
    """
    if is_counted and (wait_s := hit(dbs, ATTENDEE_MAILS, person.id, secret="", now=now)):
        return wait_s
    if not waiting_follows(dbs, person.id, most=1):
        if attendee.confirmed_at is not None:
            mail_own_link(dbs, attendee, box=box, now=now)
        return 0
    token, secret = issue(dbs, "confirm-follow", person.id, "", CONFIRM_LIVES, now, revoke_older=False)
    # What waits stays as long as the newest button works.
    dbs.execute(
        update(Follow)
        .where(Follow.person_id == person.id, Follow.confirmed_at.is_(None), Follow.ended_at.is_(None))
        .values(created_at=now)
        .execution_options(synchronize_session="fetch")
    )
    more = len(labels) - _NAMED
    put_message(
        dbs, kind="follow-confirm", dedupe_key=f"follow-confirm:{token.id}", cause="visitor", now=now,
        person_id=person.id, secret=f"/me/confirm/{secret}", not_after=token.expires_at, box=box,
        facts={"wishes": "\n".join(f"- {label}" for label in labels[:_NAMED]), "more": max(0, more),
               "until": token.expires_at.isoformat()},
    )  # fmt: skip
    return 0


def mail_own_link(dbs: Session, attendee: Attendee, *, box: SecretBox, now: datetime) -> None:
    """Mail a person the link of their own page."""
    put_message(
        dbs, kind="my-link", dedupe_key=f"my-link:{uuid.uuid4()}", cause="visitor", now=now,
        person_id=attendee.person_id, secret=me_path(dbs, box, attendee, now=now),
        thread=f"my-link:{attendee.person_id}", box=box,
    )  # fmt: skip


def follow(dbs: Session, person: Person, attendee: Attendee, wishes: Sequence[Wish], *, now: datetime) -> int:
    """Follow at once, for somebody whose address is known to be theirs; return how much was new.

    Raises InvalidContentError for too much.
    """
    if len(wishes) > MOST_AT_ONCE:
        raise InvalidContentError([_finding("follow.many", _TOO_MANY, MOST_AT_ONCE)])
    if _count(dbs, person.id, waiting=False) + len(wishes) > MOST:
        raise InvalidContentError([_finding("follow.full", _FULL, MOST)])
    if attendee.confirmed_at is None or attendee.left_at is not None:
        confirm(dbs, attendee, now=now)
    made = _add(dbs, person.id, wishes, confirmed_at=now, now=now)
    # What had been waiting for a button is wished for now as well, and a filter's new cadence holds.
    changed = _confirm_same(dbs, person.id, wishes, now)
    if made or changed:
        _trail(dbs, person.id, "follow", made + changed, now)
    return made + changed


def waiting_follows(dbs: Session, person_id: str, *, most: int = MOST_AT_ONCE) -> list[Follow]:
    """Return what waits for a person's button, the oldest first."""
    return list(
        dbs.scalars(
            select(Follow)
            .where(Follow.person_id == person_id, Follow.confirmed_at.is_(None), Follow.ended_at.is_(None))
            .order_by(Follow.created_at, Follow.id)
            .limit(most)
        )
    )


def confirm_follows(
    dbs: Session, secret: str, *, shown: Collection[str], kept: Collection[str], now: datetime
) -> Attendee | None:
    """Use the button of a mail: what was shown and kept is followed from now on, what was shown and left out ends.

    Both are ids of follows. None when the link does not work (any more).
    """
    token = consume(dbs, "confirm-follow", secret, now=now)
    attendee = dbs.get(Attendee, token.person_id) if token is not None and token.person_id else None
    if attendee is None:
        return None
    confirm(dbs, attendee, now=now)
    waits = [row for row in waiting_follows(dbs, attendee.person_id) if row.id in set(shown)]
    room = MOST - _count(dbs, attendee.person_id, waiting=False)
    chosen = [row for row in waits if row.id in set(kept)][:room]
    newest = _newest_changes(dbs, {row.edition_id for row in chosen if row.event_id is None})
    for row in waits:
        if row in chosen:
            row.confirmed_at, row.told_change_id = now, newest.get(row.edition_id, 0)
        else:
            row.ended_at = now
    _unmute(dbs, attendee.person_id, [row.event_id for row in chosen if row.event_id])
    _trail(dbs, attendee.person_id, "follow", len(chosen), now)
    return attendee


def end_follow(dbs: Session, person_id: str, follow_id: str, *, now: datetime) -> bool:
    """End one of a person's follows; tell whether it stood."""
    return _end(dbs, person_id, Follow.id == follow_id, now=now)


def end_follow_of_event(dbs: Session, person_id: str, event_id: str, *, now: datetime) -> bool:
    """End a person's follow of an event; tell whether it stood."""
    return _end(dbs, person_id, Follow.event_id == event_id, now=now)


def stop_mails(dbs: Session, attendee: Attendee, subject: str, *, now: datetime) -> bool:
    """Do what a stop link says: ``event:<id>``, ``follow:<id>`` or ``all``; tell whether there was anything to stop.

    A place somebody registered for stays theirs; they only hear no more of it.
    """
    kind, _, identity = subject.partition(":")
    if kind == "all":
        stood = attendee.left_at is None
        leave(dbs, attendee, now=now)
        return stood
    if kind == "follow":
        return end_follow(dbs, attendee.person_id, identity, now=now)
    muted = _mute(dbs, attendee.person_id, identity, now=now)
    return end_follow_of_event(dbs, attendee.person_id, identity, now=now) or muted


def stands(dbs: Session, attendee: Attendee, subject: str) -> bool:
    """Tell whether what a stop link is about still brings mails. One query."""
    kind, _, identity = subject.partition(":")
    if kind == "all":
        return attendee.left_at is None
    mine = (Follow.person_id == attendee.person_id) & Follow.ended_at.is_(None)
    if kind == "follow":
        return dbs.scalar(select(Follow.id).where(mine, Follow.id == identity)) is not None
    place = exists().where(
        Registration.person_id == attendee.person_id,
        Registration.event_id == identity,
        Registration.ended_at.is_(None),
        Registration.muted_at.is_(None),
    )
    follows = exists().where(mine, Follow.event_id == identity)
    return bool(dbs.scalar(select(follows | place)))


def _mute(dbs: Session, person_id: str, event_id: str, *, now: datetime) -> bool:
    mine = (Registration.person_id == person_id) & (Registration.event_id == event_id)
    muted = dbs.execute(
        update(Registration)
        .where(mine, Registration.ended_at.is_(None), Registration.muted_at.is_(None))
        .values(muted_at=now)
        .returning(Registration.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if muted:
        _trail(dbs, person_id, "mute", len(muted), now)
    return bool(muted)


def _unmute(dbs: Session, person_id: str, event_ids: Collection[str]) -> None:
    """Let those hear of an event again who stopped its mails and follow it anew."""
    dbs.execute(
        update(Registration)
        .where(Registration.person_id == person_id, Registration.event_id.in_(event_ids))
        .values(muted_at=None)
        .execution_options(synchronize_session="fetch")
    )


def _end(dbs: Session, person_id: str, which: object, *, now: datetime) -> bool:
    ended = dbs.execute(
        update(Follow)
        .where(Follow.person_id == person_id, Follow.ended_at.is_(None), which)  # type: ignore[arg-type]
        .values(ended_at=now)
        .returning(Follow.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if ended:
        _trail(dbs, person_id, "end-follow", len(ended), now)
    return bool(ended)


def _count(dbs: Session, person_id: str, *, waiting: bool) -> int:
    state = Follow.confirmed_at.is_(None) if waiting else Follow.confirmed_at.is_not(None)
    wanted = select(func.count()).where(Follow.person_id == person_id, Follow.ended_at.is_(None), state)
    return dbs.scalar(wanted) or 0


def _add(dbs: Session, person_id: str, wishes: Iterable[Wish], *, confirmed_at: datetime | None, now: datetime) -> int:
    """Insert what does not stand yet, in whatever state; return how many that were."""
    rows = _rows(dbs, person_id, list(wishes), confirmed_at, now)
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = 0
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        statement = make(Follow).values(rows[first : first + _ROWS_AT_ONCE]).on_conflict_do_nothing()
        made += len(dbs.execute(statement.returning(Follow.id)).all())
    return made


def _rows(
    dbs: Session, person_id: str, wishes: Sequence[Wish], confirmed_at: datetime | None, now: datetime
) -> list[dict[str, object]]:
    events = _events(dbs, wishes)
    editions = _editions(dbs, wishes)
    newest = _newest_changes(dbs, editions.values())
    rows: list[dict[str, object]] = []
    for wish in dict.fromkeys(wishes):
        row: dict[str, object] = {
            "id": str(uuid.uuid4()), "person_id": person_id, "created_at": now, "confirmed_at": confirmed_at,
            "event_id": None, "query": "", "cadence": "", "told_change_id": 0,
        }  # fmt: skip
        if isinstance(wish, EventWish) and wish.code in events:
            event_id, edition_id = events[wish.code]
            rows.append(row | {"event_id": event_id, "edition_id": edition_id})
        elif isinstance(wish, FilterWish) and wish.edition in editions:
            edition_id = editions[wish.edition]
            rows.append(
                row | {"edition_id": edition_id, "query": wish.query, "cadence": wish.cadence,
                       "told_change_id": newest.get(edition_id, 0)}
            )  # fmt: skip
    return rows


def _events(dbs: Session, wishes: Iterable[Wish]) -> dict[str, tuple[str, int]]:
    """Return id and edition of the events that are listed, by code."""
    codes = {wish.code for wish in wishes if isinstance(wish, EventWish)}
    found = select(Event.code, Event.id, Event.edition_id).where(
        Event.code.in_(codes), Event.hidden_at.is_(None), Event.merged_into_id.is_(None)
    )
    return {code: (event_id, edition_id) for code, event_id, edition_id in dbs.execute(found).tuples()}


def _editions(dbs: Session, wishes: Iterable[Wish]) -> dict[str, int]:
    slugs = {wish.edition for wish in wishes if isinstance(wish, FilterWish)}
    return dict(dbs.execute(select(Edition.slug, Edition.id).where(Edition.slug.in_(slugs))).tuples().all())


def _newest_changes(dbs: Session, editions: Iterable[int]) -> dict[int, int]:
    """Return the newest change of each edition: a digest tells of what came after it."""
    wanted = set(editions)
    if not wanted:
        return {}
    found = select(Change.edition_id, func.max(Change.id)).where(Change.edition_id.in_(wanted))
    return dict(dbs.execute(found.group_by(Change.edition_id)).tuples().all())


def _confirm_same(dbs: Session, person_id: str, wishes: Sequence[Wish], now: datetime) -> int:
    event_ids = [event_id for event_id, _ in _events(dbs, wishes).values()]
    mine = (Follow.person_id == person_id) & Follow.ended_at.is_(None)
    changed = dbs.execute(
        update(Follow)
        .where(mine, Follow.event_id.in_(event_ids), Follow.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .returning(Follow.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    count = len(changed)
    _unmute(dbs, person_id, event_ids)
    editions = _editions(dbs, wishes)
    newest = _newest_changes(dbs, editions.values())
    for wish in wishes:
        if isinstance(wish, FilterWish) and wish.edition in editions:
            which = (Follow.edition_id == editions[wish.edition]) & (Follow.query == wish.query)
            for row in dbs.scalars(select(Follow).where(mine, Follow.event_id.is_(None), which)):
                count += row.confirmed_at is None or row.cadence != wish.cadence
                row.cadence = wish.cadence
                if row.confirmed_at is None:
                    row.confirmed_at, row.told_change_id = now, newest.get(row.edition_id, 0)
    dbs.flush()
    return count


def _trail(dbs: Session, person_id: str, action: str, count: int, now: datetime) -> None:
    audit(
        dbs, actor=f"person:{person_id}", action=action, kind="person", subject_id=person_id,
        detail={"follows": ["", str(count)]}, now=now,
    )  # fmt: skip
    dbs.flush()


def _finding(code: str, text: str, most: int) -> Finding:
    return Finding(code, Level.ERROR, "events", text, {"most": most})

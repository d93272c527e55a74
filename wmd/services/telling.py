"""Telling what was noted: the mails of a notice, put into the outbox page by page, and staff alerted of what is late.

Each page is a transaction that holds the notice: two schedulers share the notices, and one that is killed leaves a
page that was put whole or not at all. A mail's key names notice and person, so that nobody gets two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.change_ladder import Net, instant, net
from wmd.models import Change, ChangeNotice, Event, EventLanguage, EventSession, EventTopic, Submission
from wmd.secretbox import SecretBox
from wmd.services.audience import HAS_OR_WAITS, Wish, audience_page, count_audience
from wmd.services.change_notices import changes_in
from wmd.services.entries_apart import apart_of, put_entries
from wmd.services.outbox import Line, Sheet, put_many, put_message
from wmd.services.staff import staff_who_see

ACTOR: Final = "job:tell-changes"
#: People of one page, and so mails of one transaction.
PAGE: Final = 1000
#: So many events are offered in place of one that is off.
ALTERNATIVES: Final = 3
#: A mail about a change is worth sending so long, and at least so long, whenever its sessions end.
_LONGEST, _SHORTEST = timedelta(days=4), timedelta(hours=1)
_MOST_LOOKED_AT: Final = 500
#: A change bears the instant at which publishing began, in whole seconds: until its end people see what was before.
_PUBLISHING: Final = timedelta(minutes=2)


def due_notices(dbs: Session, *, now: datetime, limit: int) -> list[int]:
    """Return the ids of notices that are due, the oldest first."""
    return list(
        dbs.scalars(
            select(ChangeNotice.id)
            .where(ChangeNotice.told_at.is_(None), ChangeNotice.due_at <= now)
            .order_by(ChangeNotice.due_at, ChangeNotice.id)
            .limit(limit)
        )
    )


def tell_page(dbs: Session, notice_id: int, *, now: datetime, size: int = PAGE) -> bool:
    """Put the mails for the next people of a notice; return whether there may be more. The caller commits.

    Does nothing for a notice that somebody else holds, or has told.
    """
    notice = dbs.scalars(
        select(ChangeNotice)
        .where(ChangeNotice.id == notice_id, ChangeNotice.told_at.is_(None), ChangeNotice.due_at <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    if notice is None:
        return False
    notice.began_at = notice.began_at or now
    event = dbs.get_one(Event, notice.event_id, populate_existing=True)
    found = net(changes_in(dbs, [notice]).get(event.id, []))
    is_listed = event.hidden_at is None and event.merged_into_id is None
    page = _page(dbs, notice, size) if (found if is_listed else found.hidden) else []
    if page:
        (_put if is_listed else _put_unlisted)(dbs, notice, event, found, page, now)
        notice.after_person = page[-1].person_id
    if len(page) < size:
        notice.told_at = now
    dbs.flush()
    return notice.told_at is None


def _page(dbs: Session, notice: ChangeNotice, size: int) -> list[Wish]:
    return audience_page(dbs, notice.event_id, after=notice.after_person, limit=size, states=HAS_OR_WAITS)


def _put(dbs: Session, notice: ChangeNotice, event: Event, found: Net, page: Sequence[Wish], now: datetime) -> None:
    noted_at = dbs.get_one(Change, notice.through_id).at
    sessions = {row.id: row for row in dbs.scalars(select(EventSession).where(EventSession.event_id == event.id))}
    off = {id_ for id_, each in found.sessions.items() if each.status and each.status[1] != "scheduled"}
    others = alternatives(dbs, event, [sessions[id_] for id_ in sorted(off) if id_ in sessions], now=now) if off else []
    until = _worth_until(found, sessions, now)
    lines: dict[tuple[str, tuple[str, ...]], list[Line]] = {}
    for wish in page:
        touched = {id_ for id_ in found.sessions if wish.is_for(id_)}
        # Who came well after the change has seen how it is now; hearing of it twice is better than never.
        if wish.wants_since > noted_at + _PUBLISHING or not (touched or found.about_all):
            continue
        kind = "event-called-off" if touched & off else "event-changed"
        apart = _apart(wish, found, sessions, now)
        line = Line(wish.person_id, f"changed:{notice.id}:{wish.person_id}", until)
        lines.setdefault((kind, apart), []).append(line)
    for (kind, apart), several in lines.items():
        facts: dict[str, object] = {"notice": notice.id}
        facts |= {"alternatives": others} if kind == "event-called-off" else {}
        facts |= {"apart": list(apart)} if apart else {}
        sheet = Sheet(kind, event.id, event.edition_id, ACTOR, facts, now)
        notice.people += put_many(dbs, sheet, several, now=now)
        put_entries(dbs, sheet, [each.person_id for each in several], apart, cause=f"changed:{notice.id}", until=until)


def _apart(wish: Wish, found: Net, sessions: Mapping[str, EventSession], now: datetime) -> tuple[str, ...]:
    """Return the dates whose invitations go to a person in mails of their own."""
    if not wish.is_registered or wish.invitations != "request":
        return ()
    # A new place stands in every invitation.
    touched = sessions if found.place else found.sessions
    theirs = [row for id_, row in sessions.items() if id_ in touched and wish.is_for(id_) and row.ends_at > now]
    return tuple(apart_of([row.id for row in sorted(theirs, key=lambda row: (row.starts_at, row.code))]))


def _put_unlisted(
    dbs: Session, notice: ChangeNotice, event: Event, _found: Net, page: Sequence[Wish], now: datetime
) -> None:
    """Tell that an event left the programme; where another took its place its followers follow that one already."""
    noted_at = dbs.get_one(Change, notice.through_id).at
    slots = dbs.scalars(
        select(EventSession).where(
            EventSession.event_id == event.id, EventSession.status == "scheduled", EventSession.ends_at > now
        )
    ).all()
    is_merged = event.merged_into_id is not None
    until = _worth_until(Net(), {slot.id: slot for slot in slots}, now)
    lines = [
        Line(wish.person_id, f"changed:{notice.id}:{wish.person_id}", until)
        for wish in page
        if wish.wants_since <= noted_at + _PUBLISHING
        and any(wish.is_for(slot.id) for slot in slots)
        and (wish.is_registered or not is_merged)
    ]
    facts = {"notice": notice.id, "events": [event.merged_into_id] if is_merged else []}
    sheet = Sheet("event-unlisted", event.id, event.edition_id, ACTOR, facts, now)
    notice.people += put_many(dbs, sheet, lines, now=now)


def _worth_until(found: Net, sessions: dict[str, EventSession], now: datetime) -> datetime:
    """Return until when people should hear of it: the last end, old or new, of what changed."""
    touched = [sessions[id_] for id_ in found.sessions if id_ in sessions] or list(sessions.values())
    ends = [row.ends_at for row in touched]
    ends += [at for each in found.sessions.values() if each.moved and (at := instant(each.moved[0].get("ends_at")))]
    return min(now + _LONGEST, max(now + _SHORTEST, *ends)) if ends else now + _LONGEST


def alternatives(dbs: Session, event: Event, off: Sequence[EventSession], *, now: datetime) -> list[str]:
    """Return the ids of events to offer in place of sessions that are off: in the same week, in the same language.

    Those on the same topics first, then those nearest in time. Two queries.
    """
    if not off:
        return []
    spoken = select(EventLanguage.language).where(EventLanguage.event_id == event.id, EventLanguage.use == "spoken")
    topics = select(EventTopic.topic_id).where(EventTopic.event_id == event.id)
    shared = (
        select(func.count())
        .where(EventTopic.event_id == Event.id, EventTopic.topic_id.in_(topics))
        .correlate(Event)
        .scalar_subquery()
    )
    begins, ends = _week_of(min(off, key=lambda row: row.starts_at))
    rows = dbs.execute(
        select(Event.id, EventSession.starts_at, shared)
        .join(EventSession, EventSession.event_id == Event.id)
        .where(
            Event.edition_id == event.edition_id, Event.id != event.id, Event.hidden_at.is_(None),
            Event.merged_into_id.is_(None), Event.access != "invitation", EventSession.status == "scheduled",
            EventSession.starts_at > now, EventSession.starts_at >= begins, EventSession.starts_at < ends,
            Event.id.in_(
                select(EventLanguage.event_id).where(
                    EventLanguage.use == "spoken", EventLanguage.language.in_(spoken)
                )
            ),
        )
        .order_by(EventSession.starts_at, Event.id)
        .limit(_MOST_LOOKED_AT)
    ).all()  # fmt: skip
    was_at = min(row.starts_at for row in off)
    ranked = sorted(rows, key=lambda row: (-row[2], abs(row[1] - was_at), row[0]))
    return list(dict.fromkeys(row[0] for row in ranked))[:ALTERNATIVES]


def _week_of(session: EventSession) -> tuple[datetime, datetime]:
    """Return the week, from Monday on the event's own clocks, in which a session was to be."""
    local = session.starts_at.astimezone(ZoneInfo(session.zone))
    monday = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=local.weekday())
    return monday, monday + timedelta(days=7)


def alert_staff(dbs: Session, *, box: SecretBox, now: datetime, limit: int = 50) -> int:
    """Put a mail to each of the staff who looks after an event that changed shortly before; return how many.

    At once, and once a notice: what changes in it later is in the mail as long as that is not out. The caller commits.
    """
    late = dbs.scalars(
        select(ChangeNotice)
        .where(ChangeNotice.told_at.is_(None), ChangeNotice.is_late, ChangeNotice.alerted_at.is_(None))
        .order_by(ChangeNotice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not late:
        return 0
    put = 0
    for notice in late:
        notice.alerted_at = now
        event = dbs.get_one(Event, notice.event_id)
        submission = dbs.scalars(select(Submission).where(Submission.event_id == event.id)).first()
        counts = count_audience(dbs, event.id)
        facts = {
            "notice": notice.id, "submission": submission.id if submission else "",
            "registrants": counts.registrants + counts.waiting, "followers": counts.followers,
        }  # fmt: skip
        for person_id in staff_who_see(dbs, event):
            put += put_message(
                dbs, kind="late-change", dedupe_key=f"late-change:{notice.id}:{person_id}", cause=ACTOR,
                person_id=person_id, subject_id=event.id, edition_id=event.edition_id, facts=facts, box=box, now=now,
            ) is not None  # fmt: skip
    dbs.flush()
    return put

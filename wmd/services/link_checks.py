"""Does your link work? Asked of an event's organisers two days before each online session, once more a day before.

An answer is a click on a button of a page. "It is wrong" is said on the event's page and in reminders at once, until
a new link is published; "it works" takes that back.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, literal, select
from sqlalchemy.orm import Session

from wmd.domain.reminders import is_same_start
from wmd.models import Event, EventSession, LinkCheck, Message, Submission
from wmd.secretbox import SecretBox
from wmd.services.decision_mail import recipients
from wmd.services.kept_links import KeptLink, kept_links
from wmd.services.late_problems import alert_of_problem
from wmd.services.link_check_tokens import Asked, open_answer_token
from wmd.services.link_state import mark_link
from wmd.services.outbox import put_message
from wmd.services.reminder_planning import takes_place
from wmd.services.states import audit

ACTOR: Final = "job:link-checks"
FIRST: Final = timedelta(days=2)
SECOND: Final = timedelta(days=1)
#: Shorter before its start nobody is asked any more.
LAST: Final = timedelta(hours=2)
#: Who was asked later than this before the second time is not asked twice in a row.
_APART: Final = timedelta(hours=6)

Answer = Literal["works", "wrong"]


def _is_asked_about(now: datetime) -> ColumnElement[bool]:
    return and_(
        EventSession.starts_at > now + LAST, EventSession.starts_at <= now + FIRST, takes_place(),
        Event.format != "in-person", Event.link_wrong_at.is_(None),
    )  # fmt: skip


def due_checks(dbs: Session, *, now: datetime, limit: int) -> list[str]:
    """Return ids of sessions whose organisers are to be asked now.

    For the first time or the second, or anew: who said "wrong" was given another link, or is contradicted by staff.
    """
    same = and_(LinkCheck.session_id == EventSession.id, LinkCheck.starts_at == EventSession.starts_at)
    found = (
        select(EventSession.id)
        .join(Event, Event.id == EventSession.event_id)
        .where(_is_asked_about(now), ~exists().where(same))
        .order_by(EventSession.starts_at)
        .limit(limit)
    )
    reminded = exists().where(
        Message.subject_id == EventSession.id,
        Message.dedupe_key.like(literal("link-check:") + LinkCheck.id + literal(":%:2")),
    )
    again = (
        select(EventSession.id)
        .join(Event, Event.id == EventSession.event_id)
        .join(LinkCheck, same)
        .where(
            _is_asked_about(now), EventSession.starts_at <= now + SECOND, LinkCheck.answer == "",
            LinkCheck.asked_at <= now - _APART, ~reminded,
        )
        .order_by(EventSession.starts_at)
        .limit(limit)
    )  # fmt: skip
    mended = (
        select(EventSession.id)
        .join(Event, Event.id == EventSession.event_id)
        .join(LinkCheck, same)
        .where(_is_asked_about(now), LinkCheck.answer == "wrong")
        .order_by(EventSession.starts_at)
        .limit(limit)
    )
    return [*dbs.scalars(found), *dbs.scalars(again), *dbs.scalars(mended)]


def ask(dbs: Session, session_id: str, *, box: SecretBox, now: datetime) -> int:
    """Put the question to each organiser into the outbox; return how many mails. The caller commits.

    A session that was moved by less than a quarter of an hour keeps the answer that was given.
    """
    slot = dbs.get_one(EventSession, session_id, with_for_update=True, populate_existing=True)
    event = dbs.get_one(Event, slot.event_id)
    check, is_asked = _check_of(dbs, slot, event, now)
    round_ = "2" if check.asked_at < now else "1"
    if _is_mended(check, event):
        check.answer, check.answered_at, check.answered_by, check.asked_at = "", None, None, now
        round_ = f"anew-{int(now.timestamp())}"
    submission = dbs.scalars(select(Submission).where(Submission.event_id == event.id)).first()
    if not is_asked or check.answer or submission is None:
        return 0
    done, readers = 0, recipients(dbs, submission)
    if not readers:
        # Nobody to ask: looked at again a good while later.
        check.asked_at = now
    for person_id in readers:
        done += put_message(
            dbs, kind="link-check", dedupe_key=f"link-check:{check.id}:{person_id}:{round_}", cause=ACTOR,
            person_id=person_id, subject_id=session_id, edition_id=event.edition_id,
            facts={"event_id": event.id, "check_id": check.id, "start": slot.starts_at.isoformat()},
            thread=f"link-check:{check.id}:{person_id}", not_after=min(now + SECOND, slot.starts_at), box=box, now=now,
        ) is not None  # fmt: skip
    return done


def _is_mended(check: LinkCheck, event: Event) -> bool:
    """Whether the link that an answer called wrong is thought to work again: another one was published since."""
    return check.answer == "wrong" and event.link_wrong_at is None


def _check_of(dbs: Session, slot: EventSession, event: Event, now: datetime) -> tuple[LinkCheck, bool]:
    """Return the question about a session's present start, with an answer given about nearly the same start.

    And whether it is to be asked now: not where a question about nearly the same start is on its way.
    """
    checks = dbs.scalars(select(LinkCheck).where(LinkCheck.session_id == slot.id)).all()
    near = [each for each in checks if is_same_start(each.starts_at, slot.starts_at)]
    check = next((each for each in near if each.starts_at == slot.starts_at), None)
    is_asked = check is not None or not near
    if check is None:
        check = LinkCheck(id=str(uuid.uuid4()), session_id=slot.id, starts_at=slot.starts_at, asked_at=now, answer="")
        dbs.add(check)
    told = next((each for each in near if each.answer and not _is_mended(each, event)), None)
    if told is not None and not check.answer:
        check.answer, check.answered_at, check.answered_by = told.answer, told.answered_at, told.answered_by
    dbs.flush()
    return check, is_asked


class Question(NamedTuple):
    """A question as the page shows it. ``is_open``: the session is still to come, at the start that was asked about.

    ``kept``: the join link that is kept for an event which registers with us.
    """

    asked: Asked
    check: LinkCheck
    session: EventSession
    event: Event
    submission_id: str
    is_open: bool
    title: str
    kept: KeptLink | None


def look_at_question(dbs: Session, secret: str, box: SecretBox, *, now: datetime) -> Question | None:
    """Return the question behind a mailed link; None when the link is none of ours or its event is gone."""
    asked = open_answer_token(box, secret)
    check = dbs.get(LinkCheck, asked.check_id) if asked else None
    if asked is None or check is None:
        return None
    slot = dbs.get_one(EventSession, check.session_id)
    event = dbs.get_one(Event, slot.event_id)
    submission_id = dbs.scalar(select(Submission.id).where(Submission.event_id == event.id)) or ""
    submission = dbs.get(Submission, submission_id)
    if submission is None or asked.person_id not in recipients(dbs, submission):
        # Whoever answers for the event no more says no more about its link.
        return None
    is_listed = event.hidden_at is None and event.merged_into_id is None
    is_open = (
        is_listed and slot.status == "scheduled" and is_same_start(slot.starts_at, check.starts_at)
        and slot.ends_at > now
    )  # fmt: skip
    kept = kept_links(dbs, box, [event.id]).get(event.id)
    return Question(asked, check, slot, event, submission_id, is_open, submission.title, kept)


def answer(dbs: Session, question: Question, said: Answer, *, box: SecretBox, now: datetime) -> None:
    """Take an answer; a newer one takes the place of an older one. The caller commits, and publishes what changed.

    Staff hear at once of a link that is wrong.
    """
    check = dbs.get_one(LinkCheck, question.check.id, with_for_update=True, populate_existing=True)
    actor = f"person:{question.asked.person_id}"
    if check.answer != said:
        audit(
            dbs, actor=actor, action="check-link", kind="event", subject_id=question.event.id, before=check.answer,
            after=said, now=now,
        )  # fmt: skip
        if said == "wrong":
            facts = {"by": "organiser", "problem": "link"}
            alert_of_problem(
                dbs, question.event, facts, key=f"{check.id}:{now.isoformat()}", cause=actor, box=box, now=now
            )
    # After a small move the question stands twice, and the link of the mail is that of the first.
    for each in dbs.scalars(select(LinkCheck).where(LinkCheck.session_id == check.session_id)):
        if is_same_start(each.starts_at, check.starts_at):
            each.answer, each.answered_at, each.answered_by = said, now, question.asked.person_id
    mark_link(dbs, question.event, wrong=said == "wrong", actor=actor, now=now)
    dbs.flush()


def checks_of(dbs: Session, event_id: str) -> list[LinkCheck]:
    """Return what was asked about the present starts of an event's sessions, the newest first.

    What was asked about a start that a session was moved away from, or that is called off, is nobody's question now.
    """
    found = (
        select(LinkCheck, EventSession.starts_at)
        .join(EventSession, EventSession.id == LinkCheck.session_id)
        .where(EventSession.event_id == event_id, EventSession.status == "scheduled")
        .order_by(LinkCheck.asked_at.desc(), LinkCheck.id)
        .limit(50)
    )
    return [check for check, starts_at in dbs.execute(found).tuples() if is_same_start(check.starts_at, starts_at)]


def answered(dbs: Session, check_ids: Collection[str]) -> Mapping[str, str]:
    """Return the answers of those questions among some that have one."""
    rows = dbs.execute(
        select(LinkCheck.id, LinkCheck.answer).where(LinkCheck.id.in_(check_ids), LinkCheck.answer != "")
    )
    return dict(rows.tuples().all())

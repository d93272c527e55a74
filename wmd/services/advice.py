"""Advice on a form as far as it is typed: laid beside the published programme and what waits on the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain import advice
from wmd.domain.advice import Advice
from wmd.domain.content import EventContent
from wmd.domain.forms.reading import ReadForm
from wmd.domain.programme import Programme
from wmd.domain.similar import Known, Likeness, find_similar
from wmd.models import Edition, Event, Organisation, Submission
from wmd.services.actors import Actor
from wmd.services.contacts import organisations_of

#: States of a submission that may still become an event.
OPEN = ("unconfirmed", "submitted", "in review", "changes requested")
#: Waiting submissions that are compared with; a campaign has had a few hundred.
MOST_WAITING = 2_000


@dataclass(frozen=True, slots=True)
class Beside:
    """What a form is laid beside: its edition, the programme, who asks, and the submission it changes."""

    edition: Edition
    programme: Programme
    actor: Actor
    submission: Submission | None = None


def advise(
    dbs: Session, read: ReadForm, typed: Mapping[str, str], beside: Beside, *, with_findings: bool = True
) -> tuple[Advice, ...]:
    """Return the advice on a form, beside the fields in their order. Writes nothing.

    ``with_findings``: also what is wrong with times, which a form that is shown whole says itself.
    """
    content = read.content
    found = advice.on_links(typed)
    if content is None:
        return tuple([*advice.time_findings(read.findings), *found] if with_findings else found)
    own = _own_code(dbs, beside.submission)
    times = advice.time_findings(read.findings) if with_findings else []
    return (
        *times,
        *advice.on_choices(content, read.findings),
        *advice.on_cities(content, own_zone=read.contact.zone),
        *advice.on_slots(content, beside.programme, without=own),
        *advice.on_repeats(content, _codes(dbs, content), _known(dbs, beside, own)),
        *found,
    )


def likely_repeats(dbs: Session, content: EventContent, beside: Beside) -> list[Likeness]:
    """Return which published events and waiting submissions some content may repeat, the most alike first.

    ``ref`` of what is found is an event's code, or of a waiting one the id of its submission.
    """
    titles = [text.title for text in content.texts.values() if text.title.strip()]
    known = _known(dbs, beside, _own_code(dbs, beside.submission))
    return find_similar(titles, _codes(dbs, content), advice.days_of(content), known, most=5)


def _own_code(dbs: Session, submission: Submission | None) -> str:
    if submission is None:
        return ""
    return dbs.scalar(select(Event.code).where(Event.id == submission.event_id)) or ""


def _codes(dbs: Session, content: EventContent) -> frozenset[str]:
    keys = [organiser.key for organiser in content.organisers]
    return frozenset(dbs.scalars(select(Organisation.code).where(Organisation.key.in_(keys))))


def _known(dbs: Session, beside: Beside, own: str) -> Sequence[Known]:
    return [*advice.known_events(beside.programme, without=own), *_waiting(dbs, beside)]


def _waiting(dbs: Session, beside: Beside) -> list[Known]:
    """Return what waits on the desk: all that a member of the staff may see, and of others what is their own."""
    actor, no_days = beside.actor, frozenset[date]()
    if not actor.role and actor.person_id is None:
        return []
    wanted = (
        select(Submission.id, Submission.title, Submission.region, Submission.language, Organisation.code)
        .outerjoin(Organisation, Organisation.id == Submission.organisation_id)
        .where(
            Submission.edition_id == beside.edition.id, Submission.state.in_(OPEN), Submission.suspect_at.is_(None)
        )
        .order_by(Submission.created_at.desc())
        .limit(MOST_WAITING)
    )  # fmt: skip
    if beside.submission is not None:
        wanted = wanted.where(Submission.id != beside.submission.id)
    if not actor.role:
        own = [organisation.id for organisation in organisations_of(dbs, actor.person_id or "")]
        wanted = wanted.where(Submission.organisation_id.in_(own))
    return [
        Known(row.id, (row.title,), frozenset({row.code} if row.code else ()), no_days, is_pending=True)
        for row in dbs.execute(wanted)
        if not actor.role or actor.may_see(row.region, row.language)
    ]

"""What is reported as wrong with an event, by visitors or by our own look at its link: kept, told and closed."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Select, false, func, or_, select
from sqlalchemy.orm import Session

from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Edition, Event, EventText, Message, ProblemReport, Submission
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.actors import Actor, theirs
from wmd.services.contacts import contact_ids
from wmd.services.late_problems import PRESSING, alert_of_problem
from wmd.services.outbox import put_message
from wmd.services.people import read_address
from wmd.services.rate_limits import may_mail_unasked
from wmd.services.states import audit

KINDS: Final = ("time", "link", "text", "other")
CLOSED: Final = ("solved", "not a problem")
LONGEST: Final = 2_000
PAGE_SIZE: Final = 50
#: Stands in reports that nobody wrote; English, as all that staff alone read.
SEEN_GONE: Final = (
    "Nobody wrote this. The service looked at the registration page twice, half an hour apart, and each time was told"
    " that there is no such page."
)

_NO_KIND = N_("Say what is wrong.")
_NO_WORDS = N_("Say in a few words what is wrong.")
_TOO_LONG = N_("This has {have} characters; {most} are the most.")

_Row = TypeVar("_Row", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Problem:
    """A report with the event it is about; ``address`` is the one to answer to, a blank when none was given.

    ``told``: how many of its organisers were written to about it.
    """

    report: ProblemReport
    event: Event
    edition: Edition
    title: str
    address: str
    submission_id: str
    told: int = 0


def report_problem(
    dbs: Session, event: Event, *, what: str, words: str, address: str, is_suspect: bool, box: SecretBox, now: datetime
) -> ProblemReport:
    """Keep a report and write to those who answer for the event; what looks like spam only staff see.

    Staff hear at once of time or link shortly before; of everything else in the morning.

    Raises InvalidContentError beside each field.
    """
    words = words.strip()
    _check(what, words)
    written = read_address(address)[0] if address.strip() else ""
    report = ProblemReport(id=str(uuid.uuid4()), event_id=event.id, what=what, words=words, created_at=now)
    report.sealed = box.seal(written, purpose=_purpose(report.id)) if written else ""
    report.suspect_at = now if is_suspect else None
    dbs.add(report)
    dbs.flush()
    if not is_suspect:
        _tell(dbs, event, report, by="visitor", cause="visitor", box=box, now=now)
    return report


def report_gone_link(dbs: Session, event: Event, *, actor: str, box: SecretBox, now: datetime) -> ProblemReport:
    """Keep that our own look found a link gone, and write to those who answer for the event. The caller commits."""
    report = ProblemReport(id=str(uuid.uuid4()), event_id=event.id, what="link", words=SEEN_GONE, created_at=now)
    dbs.add(report)
    dbs.flush()
    _tell(dbs, event, report, by="watch", cause=actor, box=box, now=now)
    return report


def close_gone_link(dbs: Session, event_id: str, *, actor: str, now: datetime) -> None:
    """Close what our own look reported of a link that works again. The caller commits."""
    mine = select(ProblemReport).where(
        ProblemReport.event_id == event_id, ProblemReport.state == "open", ProblemReport.words == SEEN_GONE
    )
    for report in dbs.scalars(mine):
        report.state, report.closed_at = "solved", now
        audit(
            dbs, actor=actor, action="close-problem", kind="event", subject_id=event_id, before="open",
            after="solved", now=now,
        )  # fmt: skip
    dbs.flush()


def _check(what: str, words: str) -> None:
    found = []
    if what not in KINDS:
        found.append(Finding("problem.what", Level.ERROR, "what", _NO_KIND))
    if what in {"text", "other"} and not words:
        found.append(Finding("problem.words", Level.ERROR, "words", _NO_WORDS))
    if len(words) > LONGEST:
        params = {"have": len(words), "most": LONGEST}
        found.append(Finding("problem.long", Level.ERROR, "words", _TOO_LONG, params))
    if found:
        raise InvalidContentError(found)


def _tell(
    dbs: Session, event: Event, report: ProblemReport, *, by: str, cause: str, box: SecretBox, now: datetime
) -> None:
    """Write to the contacts of who holds the event, a few times a day at most: all of it is on the staff's page.

    To staff too where it is about time or link and little time is left.
    """
    submission = dbs.scalars(select(Submission).where(Submission.event_id == event.id)).first()
    if submission is None:
        return
    contacts = contact_ids(dbs, submission.organisation_id) if submission.organisation_id else []
    for person_id in contacts or ([submission.person_id] if submission.person_id else []):
        if may_mail_unasked(dbs, person_id, now=now):
            put_message(
                dbs, kind="problem-reported", dedupe_key=f"problem:{report.id}:{person_id}", cause=cause, now=now,
                person_id=person_id, subject_id=submission.id, edition_id=event.edition_id,
                facts={"report_id": report.id, "by": by}, box=box,
            )  # fmt: skip
    if report.what in PRESSING:
        facts = {"report_id": report.id, "by": by, "path": "/staff/problems"}
        alert_of_problem(dbs, event, facts, key=report.id, cause=cause, box=box, now=now)


def count_open_problems(dbs: Session, *, actor: Actor) -> int:
    """Return how many open reports a member of the staff may see."""
    return dbs.scalar(_open(select(func.count()).select_from(ProblemReport), actor)) or 0


def open_problems(dbs: Session, *, actor: Actor, box: SecretBox, limit: int = PAGE_SIZE) -> list[Problem]:
    """Return open reports that a member of the staff may see, the oldest first, suspected spam last. Three queries."""
    rows = dbs.execute(
        _open(select(ProblemReport, Event, Edition, Submission.id), actor)
        .join(Edition, Edition.id == Event.edition_id)
        .outerjoin(Submission, Submission.event_id == Event.id)
        .order_by(ProblemReport.suspect_at.is_not(None), ProblemReport.created_at, ProblemReport.id)
        .limit(limit)
    ).all()
    titles = _titles(dbs, {event.id: event.language for _, event, _, _ in rows})
    told = _told(dbs, [report.id for report, _, _, _ in rows])
    return [
        Problem(
            report, event, edition, titles.get(event.id, ""), _address(report, box), submission_id or "",
            told.get(report.id, 0),
        )
        for report, event, edition, submission_id in rows
    ]  # fmt: skip


def _told(dbs: Session, report_ids: Collection[str]) -> Counter[str]:
    """Return how many people were written to about each of some reports."""
    kinds = [Message.dedupe_key.like(f"problem:{each}:%") for each in report_ids]
    found = dbs.scalars(select(Message.dedupe_key).where(Message.kind == "problem-reported", or_(false(), *kinds)))
    return Counter(key.split(":")[1] for key in found)


def _open(wanted: Select[_Row], actor: Actor) -> Select[_Row]:
    return wanted.join(Event, Event.id == ProblemReport.event_id).where(
        ProblemReport.state == "open", theirs(actor, Event.region, Event.language)
    )


def find_problem(dbs: Session, report_id: str, *, actor: Actor) -> tuple[ProblemReport, Event] | None:
    """Return a report and its event, when a member of the staff may see them."""
    report = dbs.get(ProblemReport, report_id)
    event = dbs.get(Event, report.event_id) if report is not None else None
    if report is None or event is None or not actor.may_see(event.region, event.language):
        return None
    return report, event


def close_problem(dbs: Session, report: ProblemReport, state: str, *, actor: Actor, now: datetime) -> None:
    """Close a report as solved, or as no problem. Raises NotAllowedMoveError when somebody else has closed it."""
    dbs.refresh(report, with_for_update=True)
    if report.state != "open" or state not in CLOSED:
        msg = f"a report cannot go from {report.state!r} to {state!r}"
        raise NotAllowedMoveError(msg)
    report.state, report.closed_at, report.closed_by = state, now, actor.person_id
    # Nobody is answered any more.
    report.sealed = ""
    audit(
        dbs, actor=actor.name, action="close-problem", kind="event", subject_id=report.event_id, before="open",
        after=state, now=now,
    )  # fmt: skip
    dbs.flush()


def _titles(dbs: Session, languages: dict[str, str]) -> dict[str, str]:
    rows = dbs.execute(
        select(EventText.owner_id, EventText.language, EventText.body).where(
            EventText.owner_id.in_(languages), EventText.field == "title"
        )
    )
    return _best(rows.tuples(), languages)


def _best(rows: Iterable[tuple[str, str, str]], languages: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for owner, language, title in rows:
        if owner not in found or language == languages[owner]:
            found[owner] = title
    return found


def _address(report: ProblemReport, box: SecretBox) -> str:
    try:
        return box.open(report.sealed, purpose=_purpose(report.id)) if report.sealed else ""
    except SecretBoxError:
        return ""


def _purpose(report_id: str) -> str:
    return f"problem_reports.sealed.{report_id}"

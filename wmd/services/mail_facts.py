"""What the places in a mail's words are filled with, read for a whole batch in a fixed number of queries.

Everything is read when the mail goes out, so that a name, a time or a reason that changed since is right. A message
holds only ids and plain values (``facts``):

===================  ===============================================================================================
``path``             of the page that ``{link}`` leads to, from ``/`` on; without it the kind's usual page
``reason``           what was given as a reason, where no decision of an event holds it (cancelled, profile-refused)
``revision_id``      the revision it is about; without it, and for what says how an event is listed, the approved one
``reasons``          slugs of canned reasons that stand before it, in the language of the mail
``note_id``          the question that was asked; without it the newest one
``organisation_id``  the organisation that is asked (co-organiser) or that it is about (invite, contact-added)
``taken``            what became of each change: ``label``, ``of``, ``path``, ``taken`` (edit-partly-accepted)
``other``            the title of the event that it is listed together with (merged)
``status, partly``   what happened (cancelled), and whether to some of its sessions only
``until, when``      instants in ISO 8601 with their offset (invite, address-changed, contact-added)
``replaced``         whether who reads it is a contact no more (contact-added)
``wishes, more``     what somebody wants to follow, line by line, and how many more (follow-confirm)
``act``              what an attendee asked for: export, erase or address (attendee-proof)
``report_id``        what a visitor says is wrong (problem-reported)
``message, since``   of an alarm;  ``counts`` of a digest;  ``subject, text`` of an announcement
===================  ===============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Filled, Words, fill, fill_text
from wmd.domain.vocabulary import SessionStatus
from wmd.models import (
    Decision,
    Draft,
    Edition,
    Event,
    FieldComment,
    Note,
    Organisation,
    Person,
    ProblemReport,
    Reason,
    Revision,
    Submission,
)
from wmd.services.field_words import change_words, field_words
from wmd.services.intake import read_content
from wmd.services.mail_lines import ACTS, CALLED_OFF, DIGEST_LINES, MORE, PROBLEMS, SHOWS_LATER, SHOWS_NOW
from wmd.services.mail_texts import Contents, Press, Written, read_written
from wmd.services.session_words import moment_text, times_text
from wmd.services.time_words import last_minute

#: What stands in place of a personal link wherever anybody but its reader looks.
MASK = "•••"
SERVICE_ZONE = "UTC"

#: Where ``{link}`` leads when the message does not say it.
_PAGES: Mapping[str, str] = {
    "sign-in-unknown": "/", "approved": "/{edition}/events/{code}-{slug}", "edit-accepted": "/e/{code}",
    "cancelled": "/e/{code}", "merged": "/e/{code}", "edit-partly-accepted": "/e/{code}",
    "draft-reminder": "/organiser/drafts/{subject}", "staff-digest": "/staff/", "staff-added": "/sign-in",
    "alarm": "/staff/",
}  # fmt: skip
#: Changes that a mail does not name: nobody but staff reads what they change.
_NOT_SAID = frozenset({"review"})
_SUBMISSION_PAGE = "/organiser/submissions/{subject}"

#: These say how an event is listed: what stands is read for them, and not what was handed in.
_STANDING = frozenset(
    {"approved", "approved-dated", "edit-accepted", "edit-partly-accepted", "edit-refused", "cancelled", "merged"}
)

_ABOUT_SUBMISSION = frozenset(name for name, kind in KINDS.items() if "receipt" in kind.places)
_ABOUT_ORGANISATION = frozenset(
    name for name, kind in KINDS.items() if "organisation" in kind.places and "receipt" not in kind.places
)


class About(Protocol):
    """What is read of a message: a row of the table, or a claimed one."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def person_id(self) -> str | None: ...  # noqa: D102
    @property
    def edition_id(self) -> int | None: ...  # noqa: D102
    @property
    def subject_id(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def created_at(self) -> datetime: ...  # noqa: D102


class Reading(NamedTuple):
    """What was read for one message: its words filled in, and of what that depends.

    ``calendar`` goes with it; ``unsubscribe`` is the address that stops such mails; ``skip`` says why it shall not go
    out at all. ``event_version`` is that of the published event as it was read.
    """

    words: Filled
    language: str
    address: str
    submission: Submission | None = None
    revision_number: int = 0
    calendar: tuple[CalendarObject, ...] = ()
    unsubscribe: str = ""
    skip: str = ""
    event_id: str = ""
    event_version: int = 0

    @property
    def subject(self) -> str:
        """The subject."""
        return self.words.subject

    @property
    def text(self) -> str:
        """The text part, whole."""
        return "".join(self.words.text)

    @property
    def html(self) -> str:
        """The HTML part, whole."""
        return "".join(self.words.html)


@dataclass(slots=True)
class _Known:
    """The rows that a batch refers to."""

    people: dict[str, Person] = field(default_factory=dict)
    editions: dict[int, Edition] = field(default_factory=dict)
    submissions: dict[str, Submission] = field(default_factory=dict)
    revisions: dict[str, list[Revision]] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    #: Questions by their id; the newest of each submission also by the submission's.
    notes: dict[int | str, Note] = field(default_factory=dict)
    comments: dict[str, list[FieldComment]] = field(default_factory=dict)
    reasons: dict[str, Reason] = field(default_factory=dict)
    reports: dict[str, ProblemReport] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    #: What was put into words already, by all that it depends on: many mails of a batch are about one event.
    times: dict[tuple[str, str, str], str] = field(default_factory=dict)
    written: Written = field(default_factory=dict)

    def content(self, revision: Revision) -> EventContent:
        """Return the content of a revision, read once."""
        found = self.contents.get(revision.id)
        if found is None:
            found = self.contents.put(revision.id, read_content(revision))
        return found


def read_letters(
    dbs: Session,
    rows: Sequence[About],
    press: Press,
    *,
    secret_of: Callable[[About], str | None],
    words: Words | None = None,
) -> dict[str, Reading]:
    """Return what each message says now, by its id. ``secret_of`` gives a personal link's path, or None to mask it.

    ``words`` are tried in place of those that hold.
    """
    known = _read_known(dbs, rows)
    known.contents = press.contents
    return {row.id: _read_one(row, known, press, secret_of(row), words) for row in rows}


def _read_one(row: About, known: _Known, press: Press, secret: str | None, tried: Words | None) -> Reading:
    person = known.people.get(row.person_id or "")
    edition = known.editions.get(row.edition_id or 0)
    words = tried or press.words(
        row.kind, edition.slug if edition else "", (person.language if person else "") or "en", known.written
    )
    one = _One(row, known, press, words.language, person, edition)
    values = one.values(secret)
    if row.kind == "announcement":
        # What staff wrote has places too; they are filled here, and what fills them is not read again below.
        values |= {name: fill_text(str(row.facts.get(name, "")), values) for name in ("subject", "text")}
    newest = one.revisions[-1].number if one.revisions else 0
    filled = fill(press.form(words), values)
    return Reading(filled, words.language, person.address if person else "", one.submission, newest)


class _One:
    """The values for one message."""

    def __init__(
        self, row: About, known: _Known, press: Press, language: str, person: Person | None, edition: Edition | None
    ) -> None:
        self.row, self.known, self.press, self.language, self.person = row, known, press, language, person
        self.submission = known.submissions.get(row.subject_id)
        self.edition = edition or (known.editions.get(self.submission.edition_id) if self.submission else None)
        self.revisions = known.revisions.get(row.subject_id, [])
        self.say = press.translator(language)
        self.zone = (person.zone if person else "") or (self.edition.zone if self.edition else "") or SERVICE_ZONE

    def values(self, secret: str | None) -> dict[str, str]:
        """Return what fills the places of this message's kind."""
        head = self.press.letterhead
        found = {
            "name": (self.person.name if self.person else "") or self.say(N_("there")),
            "edition": self.edition.name if self.edition else head.name,
            "service": head.name,
            "reply_to": head.reply_to,
        }
        for place in KINDS[self.row.kind].places:
            make = getattr(self, f"_{place}", None)
            found[place] = make() if make else str(self.row.facts.get(place, ""))
        if KINDS[self.row.kind].has_secret:
            found["link"] = head.base_url + (f"/{MASK}" if secret is None else secret)
        return found

    def _revision(self) -> Revision | None:
        wanted = self.row.facts.get("revision_id")
        asked = [each for each in self.revisions if each.id == wanted]
        stands = [each for each in self.revisions if each.state == "approved"]
        found = (stands or asked if self.row.kind in _STANDING else asked or stands) or self.revisions
        return found[-1] if found else None

    def _content(self) -> EventContent | None:
        revision = self._revision()
        return self.known.content(revision) if revision else None

    def _title(self) -> str:
        content = self._content()
        if content is not None:
            text = content.texts.get(self.language) or content.texts.get(content.language)
            return text.title if text else ""
        draft = self.known.drafts.get(self.row.subject_id)
        title = draft.title if draft else self.submission.title if self.submission else ""
        return title or self.say(N_("an event without a title yet"))

    def _organisation(self) -> str:
        named = self.row.facts.get("organisation_id") if self.row.kind in _ABOUT_ORGANISATION else None
        identity = named or (self.submission.organisation_id if self.submission else self.row.subject_id)
        return self._name_of(str(identity))

    def _co_organisation(self) -> str:
        return self._name_of(str(self.row.facts.get("organisation_id", "")))

    def _name_of(self, organisation_id: str) -> str:
        found = self.known.organisations.get(organisation_id)
        if found is None:
            return ""
        return found.names.get(self.language) or found.names.get(found.language) or next(iter(found.names.values()), "")

    def _receipt(self) -> str:
        return (self.submission.receipt or "") if self.submission else ""

    def _times(self) -> str:
        revision = self._revision()
        if revision is None:
            return ""
        zone = self.person.zone if self.person else ""
        key = (revision.id, zone, self.language)
        found = self.known.times.get(key)
        if found is None:
            found = times_text(self.known.content(revision), zone, self.language, self.say)
            self.known.times[key] = found
        return found

    def _code(self) -> str:
        event = self.known.events.get(self.submission.event_id) if self.submission else None
        return event.code if event else ""

    def _link(self) -> str:
        page = self.row.facts.get("path") or _PAGES.get(self.row.kind, _SUBMISSION_PAGE)
        if "{code}" in page and not self._code():
            page = _SUBMISSION_PAGE
        event = self.known.events.get(self.submission.event_id) if self.submission else None
        for name, value in (
            ("code", self._code()),
            ("slug", event.slug if event else ""),
            ("edition", self.edition.slug if self.edition else ""),
            ("subject", self.row.subject_id),
        ):
            page = str(page).replace("{" + name + "}", value)
        return self.press.letterhead.base_url + str(page)

    def _public_link(self) -> str:
        return self._link() if self._code() else ""

    def _short_link(self) -> str:
        code = self._code()
        return f"{self.press.letterhead.base_url}/e/{code}" if code else ""

    def _calendar_link(self) -> str:
        short = self._short_link()
        return f"{short}.ics" if short else ""

    def _kit_link(self) -> str:
        path = str(self.row.facts.get("kit_path") or _SUBMISSION_PAGE).replace("{subject}", self.row.subject_id)
        return self.press.letterhead.base_url + path

    def _publish_on(self) -> str:
        at = self.submission.publish_on if self.submission else None
        if at is None or self._code():
            return ""
        return self.say(N_("It will be shown from {moment}.")).format(moment=self._moment(at))

    def _moment(self, at: datetime) -> str:
        return moment_text(at, self.zone, self.language)

    def _fact_moment(self, name: str) -> str:
        said = self.row.facts.get(name)
        return self._moment(datetime.fromisoformat(str(said))) if said else ""

    def _until(self) -> str:
        if self.submission is not None and self.submission.confirm_until is not None:
            return self._moment(self.submission.confirm_until)
        return self._fact_moment("until")

    def _when(self) -> str:
        return self._fact_moment("when") or self._moment(self.row.created_at)

    def _access(self) -> str:
        gone = N_("They take your place: you can no longer act for it here.")
        return self.say(gone if self.row.facts.get("replaced") else N_("You stay a contact as you were."))

    def _message(self) -> str:
        return self.say(str(self.row.facts.get("message", "")))

    def _since(self) -> str:
        return self._fact_moment("since") or self._moment(self.row.created_at)

    def _deadline(self) -> str:
        at = (self.edition.submit_deadline_at or self.edition.submit_closes_at) if self.edition else None
        zone = self.edition.zone if self.edition else SERVICE_ZONE
        until = self._moment(last_minute(at, zone)) if at else ""
        return self.say(N_("You can hand it in until {moment}.")).format(moment=until) if at else ""

    def _decision(self) -> Decision | None:
        found = [self.known.decisions[each.id] for each in self.revisions if each.id in self.known.decisions]
        wanted = [each for each in found if each.revision_id == self.row.facts.get("revision_id")]
        found = wanted or sorted(found, key=lambda each: each.id)
        return found[-1] if found else None

    def _reason(self) -> str:
        said = str(self.row.facts.get("reason", ""))
        slugs = self.row.facts.get("reasons")
        if said or slugs:
            return "\n\n".join(part for part in (*self._canned(slugs or []), said) if part)
        decision = self._decision()
        if decision is None:
            return ""
        if decision.reason:
            return decision.reason
        return "\n\n".join(self._canned(decision.reasons))

    def _canned(self, slugs: Iterable[str]) -> list[str]:
        """Return canned reasons in the language of the mail, so that it is written wholly in one."""
        rows = [self.known.reasons[slug] for slug in slugs if slug in self.known.reasons]
        texts = [row.texts.get(self.language) or row.texts.get("en") or {} for row in sorted(rows, key=_position)]
        return [str(text.get("body", "")) for text in texts]

    def _taken(self) -> str:
        decision = self._decision()
        kept = self.row.facts.get("taken")
        if kept is None:
            return "\n".join(f"- {self._field(path) or path}" for path in (decision.taken if decision else []))
        return "\n".join(
            f"- {change_words(each, self.say, self.language)}" for each in kept if each.get("path") not in _NOT_SAID
        )

    def _field(self, path: str) -> str:
        return field_words(path, self.say, self.language)

    def _comments(self) -> str:
        remarks = self.known.comments.get(self.row.subject_id, [])
        return "\n".join(
            f"- {field}: {each.body}" if (field := self._field(each.path)) else f"- {each.body}" for each in remarks
        )

    def _shows(self) -> str:
        return self.say(SHOWS_NOW if self._code() else SHOWS_LATER)

    def _called_off(self) -> tuple[str, str]:
        """Return the word and the sentence for what happened; a message that does not say it asks the sessions."""
        status, partly = str(self.row.facts.get("status", "")), bool(self.row.facts.get("partly"))
        content = self._content()
        if status not in CALLED_OFF and content is not None:
            known = [session.status for session in content.sessions]
            off = [each for each in known if each is not SessionStatus.SCHEDULED]
            status = off[0].value if off else SessionStatus.SCHEDULED.value
            partly = bool(off) and known != [off[0]] * len(known)
        return CALLED_OFF.get(status, CALLED_OFF["cancelled"])[partly]

    def _state(self) -> str:
        return self.say(self._called_off()[0])

    def _what(self) -> str:
        return self.say(self._called_off()[1])

    def _question(self) -> str:
        note = self.known.notes.get(self.row.facts.get("note_id") or self.row.subject_id)
        return note.body if note else ""

    def _and_more(self) -> str:
        count = self.row.facts.get("more")
        return self.say(MORE).format(count=count) if count else ""

    def _act(self) -> str:
        return self.say(ACTS.get(str(self.row.facts.get("act")), ""))

    def _report(self) -> ProblemReport | None:
        return self.known.reports.get(str(self.row.facts.get("report_id")))

    def _problem(self) -> str:
        report = self._report()
        return self.say(PROBLEMS[report.what]) if report else ""

    def _words(self) -> str:
        report = self._report()
        return report.words if report else ""

    def _waiting(self) -> str:
        counts = self.row.facts.get("counts") or {}
        lines = [(name, text) for name, text in DIGEST_LINES.items() if counts.get(name)]
        return "\n".join(f"- {self.say(text).format(count=counts[name])}" for name, text in lines)


def _read_known(dbs: Session, rows: Sequence[About]) -> _Known:
    """Read what a batch refers to: each table at most once, and only those that a kind in it needs."""
    kinds = {row.kind for row in rows}
    known = _Known(written=read_written(dbs, kinds))
    subjects = {row.subject_id for row in rows if row.kind in _ABOUT_SUBMISSION}
    known.people = _by_id(dbs, Person, (row.person_id for row in rows))
    known.submissions = _by_id(dbs, Submission, subjects)
    known.editions = _by_id(
        dbs, Edition,
        {*(row.edition_id for row in rows), *(each.edition_id for each in known.submissions.values())},
    )  # fmt: skip
    organisations = {each.organisation_id for each in known.submissions.values()}
    organisations |= {row.facts.get("organisation_id") for row in rows}
    organisations |= {row.subject_id for row in rows if row.kind in _ABOUT_ORGANISATION}
    known.organisations = _by_id(dbs, Organisation, organisations)
    if "draft-reminder" in kinds:
        known.drafts = _by_id(dbs, Draft, (row.subject_id for row in rows if row.kind == "draft-reminder"))
    known.reports = _by_id(dbs, ProblemReport, (row.facts.get("report_id") for row in rows))
    if subjects:
        _read_submissions(dbs, known, subjects, kinds, rows)
    return known


def _read_submissions(dbs: Session, known: _Known, subjects: set[str], kinds: set[str], rows: Sequence[About]) -> None:
    known.events = _by_id(dbs, Event, (each.event_id for each in known.submissions.values()))
    for revision in dbs.scalars(
        select(Revision).where(Revision.submission_id.in_(subjects)).order_by(Revision.submission_id, Revision.number)
    ):
        known.revisions.setdefault(revision.submission_id or "", []).append(revision)
    places = {place for kind in kinds for place in KINDS[kind].places}
    if "reason" in places:
        ids = [each.id for several in known.revisions.values() for each in several]
        for decision in dbs.scalars(select(Decision).where(Decision.revision_id.in_(ids)).order_by(Decision.id)):
            known.decisions[decision.revision_id] = decision
        slugs = {slug for each in known.decisions.values() for slug in each.reasons}
        slugs |= {slug for row in rows for slug in row.facts.get("reasons") or []}
        if slugs:
            known.reasons = {each.slug: each for each in dbs.scalars(select(Reason).where(Reason.slug.in_(slugs)))}
    if "comments" in places:
        open_ones = select(FieldComment).where(
            FieldComment.submission_id.in_(subjects), FieldComment.settled_at.is_(None)
        )
        for comment in dbs.scalars(open_ones.order_by(FieldComment.id)):
            known.comments.setdefault(comment.submission_id, []).append(comment)
    if "question" in places:
        _read_questions(dbs, known, rows)


def _position(reason: Reason) -> int:
    return reason.position


def _read_questions(dbs: Session, known: _Known, rows: Sequence[About]) -> None:
    asked = {row.subject_id for row in rows if "question" in KINDS[row.kind].places}
    found = select(Note).where(
        Note.submission_id.in_(asked), Note.by_staff, Note.is_question, ~Note.is_private
    )  # fmt: skip
    for note in dbs.scalars(found.order_by(Note.id)):
        # In the order of their ids: the newest stays.
        known.notes[note.id] = known.notes[note.submission_id] = note


def _by_id(dbs: Session, model: Any, ids: Iterable[Any]) -> dict[Any, Any]:  # noqa: ANN401 -- any model with an id
    wanted = {each for each in ids if each}
    if not wanted:
        return {}
    return {each.id: each for each in dbs.scalars(select(model).where(model.id.in_(wanted)))}

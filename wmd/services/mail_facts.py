"""What the places in a mail's words are filled with, read for a whole batch in a fixed number of queries.

Everything is read when the mail goes out (``mail_rows.py``), so that a name, a time or a reason that changed since is
right. A message holds only ids and plain values (``facts``):

===================  ===============================================================================================
``path``             of the page that ``{link}`` leads to, from ``/`` on; without it the kind's usual page
``revision_id``      the revision it is about; without it, and for what says how an event is listed, the approved one
``decision_id``      the verdict whose reason it says; without it the newest on that revision, else of all
``note_id``          the question that was asked; without it the newest one
``organisation_id``  the organisation that is asked (co-organiser) or that it is about (invite, contact-added)
``taken``            what became of each change: ``label``, ``of``, ``path``, ``taken`` (edit-partly-accepted)
``other``            the title of the event that it is listed together with (merged)
``status, partly``   what happened (cancelled), and whether to some of its sessions only
``until, when``      instants in ISO 8601 with their offset (invite, address-changed, contact-added)
``replaced``         whether who reads it is a contact no more (contact-added)
``wishes, more``     what somebody wants to follow, line by line, and how many more (follow-confirm)
``act``              what an attendee asked for: export, erase or address (attendee-proof)
``report_id``        what is reported as wrong (problem-reported, late-problem)
``problem``, ``by`` what is wrong where there is no report, and who says so: visitor, organiser or watch (the same two)
``drifts``           ids of what differs between programme and room (room-differs)
``loss``             what became of a room: trashed or gone (room-lost)
``message, since``   of an alarm;  ``counts`` of a digest;  ``subject, text`` of an announcement
===================  ===============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.findings import N_
from wmd.domain.ical.invitations import CalendarObject
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Filled, Words, fill, fill_text
from wmd.domain.vocabulary import SessionStatus
from wmd.models import Decision, Edition, Person, ProblemReport, Revision, Submission
from wmd.services.attendee_checks import Depends
from wmd.services.field_words import change_words, field_words
from wmd.services.mail_lines import ACTS, CALLED_OFF, DIGEST_LINES, MORE, PROBLEMS, SAYS, SHOWS_LATER, SHOWS_NOW
from wmd.services.mail_rows import ABOUT_ORGANISATION, About, Known, read_known
from wmd.services.mail_texts import Press
from wmd.services.room_differences import LOSSES, difference_lines
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
    "alarm": "/staff/", "late-problem": "/staff/desk/{subject}",
}  # fmt: skip
#: Changes that a mail does not name: nobody but staff reads what they change.
_NOT_SAID = frozenset({"review"})
_SUBMISSION_PAGE = "/organiser/submissions/{subject}"

#: These say how an event is listed: what stands is read for them, and not what was handed in.
_STANDING = frozenset(
    {"approved", "approved-dated", "edit-accepted", "edit-partly-accepted", "edit-refused", "cancelled", "merged"}
)


class Reading(NamedTuple):
    """What was read for one message: its words filled in, and of what that depends.

    ``calendar`` goes with it; ``unsubscribe`` is the address that stops such mails; ``skip`` says why it shall not go
    out at all, ``hold_until`` when to look again at one that shall not go out yet. ``event_version`` is that of the
    published event as it was read, ``depends`` what must hold besides.
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
    depends: Depends | None = None
    hold_until: datetime | None = None

    @property
    def subject(self) -> str:
        """The subject."""
        return self.words.subject

    @property
    def text(self) -> str:
        """The text part, whole."""
        return str(self.words.text)

    @property
    def html(self) -> str:
        """The HTML part, whole."""
        return str(self.words.html)


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
    known = read_known(dbs, rows)
    known.contents = press.contents
    return {row.id: _read_one(row, known, press, secret_of(row), words) for row in rows}


def _read_one(row: About, known: Known, press: Press, secret: str | None, tried: Words | None) -> Reading:
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
        self, row: About, known: Known, press: Press, language: str, person: Person | None, edition: Edition | None
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
        for place, make in _makers(self.row.kind):
            found[place] = make(self) if make else str(self.row.facts.get(place, ""))
        if KINDS[self.row.kind].has_secret:
            found["link"] = head.base_url + (f"/{MASK}" if secret is None else secret)
        return found

    @cached_property
    def _revision(self) -> Revision | None:
        wanted = self.row.facts.get("revision_id")
        asked = [each for each in self.revisions if each.id == wanted]
        stands = [each for each in self.revisions if each.state == "approved"]
        found = (stands or asked if self.row.kind in _STANDING else asked or stands) or self.revisions
        return found[-1] if found else None

    def _content(self) -> EventContent | None:
        revision = self._revision
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
        named = self.row.facts.get("organisation_id") if self.row.kind in ABOUT_ORGANISATION else None
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
        revision = self._revision
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
        decisions, facts = self.known.decisions, self.row.facts
        wanted = decisions.get(facts.get("decision_id") or 0) or decisions.get(str(facts.get("revision_id")))
        if wanted is not None:
            return wanted
        found = [decisions[each.id] for each in self.revisions if each.id in decisions]
        return max(found, key=lambda each: each.id, default=None)

    def _reason(self) -> str:
        decision = self._decision()
        if decision is None:
            return ""
        # Not the words of the page, whose canned ones are in the language of the event.
        said = [*self._canned(decision.reasons), decision.own]
        return "\n\n".join(part for part in said if part) or decision.reason

    def _canned(self, slugs: Iterable[str]) -> list[str]:
        """Return canned reasons in the language of the mail, so that it is written wholly in one."""
        rows = [self.known.reasons[slug] for slug in slugs if slug in self.known.reasons]
        texts = [
            row.texts.get(self.language) or row.texts.get("en") or {}
            for row in sorted(rows, key=lambda row: row.position)
        ]
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
        what = report.what if report else self.row.facts.get("problem")
        return self.say(PROBLEMS[str(what)]) if what in PROBLEMS else ""

    def _who(self) -> str:
        return self.say(SAYS[str(self.row.facts.get("by", "visitor"))])

    def _differences(self) -> str:
        rows = [self.known.drifts[each] for each in self.row.facts.get("drifts", []) if each in self.known.drifts]
        return "\n\n".join(difference_lines(row, self.zone, self.language, self.say) for row in rows)

    def _loss(self) -> str:
        return self.say(LOSSES.get(str(self.row.facts.get("loss")), LOSSES["gone"]))

    def _words(self) -> str:
        report = self._report()
        return report.words if report else ""

    def _waiting(self) -> str:
        counts = self.row.facts.get("counts") or {}
        lines = [(name, text) for name, text in DIGEST_LINES.items() if counts.get(name)]
        return "\n".join(f"- {self.say(text).format(count=counts[name])}" for name, text in lines)


@lru_cache
def _makers(kind: str) -> list[tuple[str, Callable[[_One], str] | None]]:
    """Return the places of a kind, each with what fills it; None where it is one of the message's facts."""
    return [(place, getattr(_One, f"_{place}", None)) for place in KINDS[kind].places]

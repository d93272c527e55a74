"""The demonstration's people, and its submissions in every state: what organisers and staff try things on.

All of it goes the way that forms and moderators go. Names and addresses are made up (``demo.example``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent, OrganisationContent
from wmd.domain.forms.fields import DECLARATIONS
from wmd.domain.forms.reading import Contact, ReadForm
from wmd.domain.forms.writing import type_event, type_organisation
from wmd.domain.spam import SpamFacts
from wmd.models import (
    Edition,
    Event,
    EventOrganisation,
    Organisation,
    OrganisationContact,
    Person,
    Revision,
    StaffMember,
    Submission,
)
from wmd.secretbox import SecretBox
from wmd.services.actors import VISITOR, Actor, person_actor
from wmd.services.drafts import NewDraft, Owner, create_draft
from wmd.services.intake import read_content, standing_revision
from wmd.services.moderation import Seen, claim
from wmd.services.people import person_for
from wmd.services.second_factor import begin_enrolment, finish_enrolment, present_code
from wmd.services.staff import add_staff
from wmd.services.standing import Means
from wmd.services.submissions import HandIn, Receipt, hand_in_form
from wmd.services.threads import ask_question, write_note
from wmd.services.verdicts import Said, approve, ask_for_changes, refuse

STAFF: tuple[tuple[str, str, str], ...] = (
    ("administrator@demo.example", "Demo Administrator", "administrator"),
    ("moderator@demo.example", "Demo Moderator", "moderator"),
    ("reader@demo.example", "Demo Reader", "reader"),
)
#: Address, name, language, and the key of the organisation that this contact answers for.
CONTACTS: tuple[tuple[str, str, str, str], ...] = (
    ("ana@demo.example", "Ana Demo", "es", "veredas-abiertas"),
    ("ben@demo.example", "Ben Demo", "en", "long-table-kitchen"),
)
#: Who hands in what waits: address and name, made from the name of the file.
_WRITERS = "{name}@demo.example"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One submission of the demonstration: what it says, and the new organisation behind it (None: a known one)."""

    content: EventContent
    organisation: OrganisationContent | None


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every step needs."""

    dbs: Session
    edition: Edition
    means: Means
    moderator: Actor
    now: datetime


def load_desk(dbs: Session, edition: Edition, waiting: Mapping[str, Waiting], means: Means, *, now: datetime) -> None:
    """Put the people, deadlines and submissions of the demonstration in place. ``waiting`` is by file name."""
    _open_for_submissions(edition)
    moderator = _staff(dbs, means.box, now=now)["moderator"]
    people = _contacts(dbs, edition, now=now)
    desk = _Desk(dbs, edition, means, person_actor(moderator.person_id, moderator), now)
    _wait(desk, waiting)
    _decide(desk, waiting)
    _edit(desk, people["ana@demo.example"])
    _draft(desk, people["ben@demo.example"], waiting["pending-surabaya"])


def demo_codes(dbs: Session, box: SecretBox, *, now: datetime) -> list[tuple[str, str]]:
    """Return address and present one-time code of each of the demonstration's staff, for its mailbox page."""
    rows = dbs.execute(
        select(StaffMember, Person)
        .join(Person, Person.id == StaffMember.person_id)
        .where(Person.address.in_([address for address, _, _ in STAFF]), StaffMember.totp_sealed != "")
        .order_by(Person.address)
    ).tuples()
    return [(person.address, present_code(staff, box=box, now=now)) for staff, person in rows]


def _open_for_submissions(edition: Edition) -> None:
    """Give the edition its deadlines: open now, late in its last days, closed when it is over."""

    def end_of(day: date) -> datetime:
        return datetime.combine(day, time(23, 59), ZoneInfo(edition.zone))

    edition.submit_opens_at = end_of(edition.main_day - timedelta(days=120))
    edition.submit_deadline_at = end_of(edition.main_day - timedelta(days=3))
    edition.submit_closes_at = end_of(edition.window_to)


def _staff(dbs: Session, box: SecretBox, *, now: datetime) -> dict[str, StaffMember]:
    members = {}
    for address, name, role in STAFF:
        staff = add_staff(dbs, address, name=name, role=role, actor="command", now=now).staff
        begin_enrolment(dbs, staff, box=box, now=now)
        finish_enrolment(dbs, staff, present_code(staff, box=box, now=now), box=box, now=now)
        members[role] = staff
    return members


def _contacts(dbs: Session, edition: Edition, *, now: datetime) -> dict[str, Person]:
    """Make the contacts, and have the events that their organisations lead belong to these."""
    people = {}
    for address, name, language, key in CONTACTS:
        person = person_for(dbs, address, name=name, now=now)
        person.language = language
        organisation = dbs.scalars(select(Organisation).where(Organisation.key == key)).one()
        dbs.add(
            OrganisationContact(
                organisation_id=organisation.id, person_id=person.id, is_main=True, added_by="command", added_at=now
            )
        )
        for submission in _led_by(dbs, edition, organisation):
            submission.organisation_id, submission.person_id = organisation.id, person.id
        people[address] = person
    dbs.flush()
    return people


def _led_by(dbs: Session, edition: Edition, organisation: Organisation) -> list[Submission]:
    led = select(EventOrganisation.event_id).where(
        EventOrganisation.organisation_id == organisation.id, EventOrganisation.role == "lead"
    )
    wanted = select(Submission).join(Event, Event.id == Submission.event_id)
    return list(dbs.scalars(wanted.where(Event.edition_id == edition.id, Event.id.in_(led)).order_by(Event.code)))


def _hand_in(
    desk: _Desk, name: str, waiting: Waiting, *, days_ago: float, signed_in: bool = True, facts: SpamFacts | None = None
) -> Seen:
    """Hand one in through the form's own way, some days ago."""
    now = desk.now - timedelta(days=days_ago)
    lead = waiting.content.organisers[0].key
    title = " ".join(name.split("-")[1:]).title()
    contact = Contact(name=f"{title} Demo", address=_WRITERS.format(name=name), language=waiting.content.language)
    read = ReadForm(
        content=waiting.content, organisation=waiting.organisation,
        organisation_key="" if waiting.organisation else lead, contact=contact, second=None, people={}, partners=(),
        join_link="", forgets_link=False, declarations=tuple(DECLARATIONS), wants_news=False, late_note="", findings=(),
    )  # fmt: skip
    actor = VISITOR
    if signed_in:
        actor = person_actor(person_for(desk.dbs, contact.address, name=contact.name, now=now).id)
    given = HandIn(read=read, form_token=_form_of(name), facts=facts)
    receipt = hand_in_form(
        desk.dbs, desk.edition, given, actor=actor, box=desk.means.box, mint=desk.means.setting.mint, now=now
    )
    return _seen(receipt)


def _form_of(name: str) -> str:
    return f"demonstration-{name}"


def _seen(receipt: Receipt) -> Seen:
    return Seen(receipt.submission_id, receipt.revision_id, receipt.state)


def _wait(desk: _Desk, waiting: Mapping[str, Waiting]) -> None:
    """What nobody has decided on: unconfirmed, submitted, claimed with a question, set aside."""
    _hand_in(desk, "pending-porto-alegre", waiting["pending-porto-alegre"], days_ago=1, signed_in=False)
    _hand_in(desk, "pending-surabaya", waiting["pending-surabaya"], days_ago=5)
    taken = _hand_in(desk, "pending-rabat", waiting["pending-rabat"], days_ago=2)
    claim(desk.dbs, taken.submission_id, actor=desk.moderator, now=desk.now - timedelta(days=1))
    ask_question(
        desk.dbs, taken.submission_id, "How many people can walk along, and where do they meet?", desk.means,
        actor=desk.moderator, now=desk.now - timedelta(days=1),
    )  # fmt: skip
    write_note(desk.dbs, taken.submission_id, "Seen at last year's walk: reliable.", actor=desk.moderator, now=desk.now)
    trapped = SpamFacts(trap_filled=True, took=timedelta(seconds=1))
    _hand_in(desk, "rejected-spam", waiting["rejected-spam"], days_ago=0.5, signed_in=False, facts=trapped)


def _decide(desk: _Desk, waiting: Mapping[str, Waiting]) -> None:
    """What a moderator has answered: changes asked for, refused, approved for a later day."""
    asked = {
        "changes-requested-harare": (
            Said(reasons=("missing-description",), comments=(("texts.en.description", "What will people take home?"),))
        ),
        "changes-requested-belo-horizonte": Said(reasons=("time-unclear",)),
    }
    for name, said in asked.items():
        seen = _hand_in(desk, name, waiting[name], days_ago=4)
        ask_for_changes(desk.dbs, seen, said, desk.means, actor=desk.moderator, now=desk.now - timedelta(days=3))
    again = _hand_in(desk, "rejected-duplicate", waiting["rejected-duplicate"], days_ago=6)
    said = Said(reasons=("duplicate",))
    refuse(desk.dbs, again, said, desk.means, actor=desk.moderator, now=desk.now - timedelta(days=5))
    later = _hand_in(desk, "pending-tijuana", waiting["pending-tijuana"], days_ago=3)
    day = (desk.now + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    approve(desk.dbs, later, desk.means, actor=desk.moderator, now=desk.now - timedelta(days=2), publish_on=day)


def _edit(desk: _Desk, person: Person) -> None:
    """Let a contact change a published event: the listing stays, and the change waits."""
    dbs = desk.dbs
    submission = dbs.scalars(
        select(Submission).where(Submission.person_id == person.id, Submission.state == "approved").limit(1)
    ).one()
    revision = standing_revision(dbs, submission)
    assert revision is not None  # noqa: S101 -- an approved submission has one
    content = read_content(revision)
    texts = dict(content.texts)
    own = texts[content.language]
    texts[content.language] = replace(own, summary="Con inscripción: hay más plazas que el año pasado.")
    (first, *others) = content.sessions
    ends = first.ends + timedelta(minutes=15) if first.ends else None
    changed = replace(content, texts=texts, sessions=(replace(first, ends=ends), *others), capacity=120)
    _change(desk, submission, revision, changed, person)


def _change(desk: _Desk, submission: Submission, base: Revision, content: EventContent, person: Person) -> None:
    read = ReadForm(
        content=content, organisation=None, organisation_key=content.organisers[0].key,
        contact=Contact(person.name, person.address, language=person.language), second=None, people={}, partners=(),
        join_link="", forgets_link=False, declarations=(), wants_news=False, late_note="", findings=(),
    )  # fmt: skip
    given = HandIn(read=read, form_token=_form_of("edit"), submission=submission, base_revision_id=base.id)
    hand_in_form(
        desk.dbs, desk.edition, given, actor=person_actor(person.id), box=desk.means.box,
        mint=desk.means.setting.mint, now=desk.now - timedelta(hours=5),
    )  # fmt: skip


def _draft(desk: _Desk, person: Person, waiting: Waiting) -> None:
    """Leave a contact in the middle of typing."""
    typed = type_event(waiting.content, people={}, organisations={})
    if waiting.organisation is not None:
        typed |= type_organisation(waiting.organisation)
    title = f"texts.{waiting.content.language}.title"
    typed |= {title: "Who sits at the long table?", "registration.url": ""}
    of = NewDraft(desk.edition, form_token=_form_of("draft"))
    create_draft(
        desk.dbs, desk.means.box, of, Owner(person.id), typed, mint=desk.means.setting.mint,
        now=desk.now - timedelta(hours=2),
    )  # fmt: skip

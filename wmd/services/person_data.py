"""All that is kept about one person, as a JSON document for that person (GDPR, articles 15 and 20)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wmd.models import (
    Attendee,
    AuditEntry,
    CoOrganiser,
    Declaration,
    Draft,
    Edition,
    Event,
    EventSession,
    Follow,
    Image,
    LogoRelease,
    MailToken,
    Message,
    Note,
    Organisation,
    OrganisationContact,
    Person,
    PersonalFeed,
    Registration,
    Revision,
    Speaker,
    StaffMember,
    Submission,
    WebSession,
    ZoomRegistrant,
)
from wmd.services.consents import consents_of

FORMAT = "wmd-person"
VERSION = 1

#: Opens the sealed text of a draft, as the form's own service does.
OpenDraft = Callable[[Draft], object]
#: Opens what somebody said when they registered.
OpenAnswers = Callable[[Registration], object]


def person_document(
    dbs: Session, person: Person, *, open_draft: OpenDraft, open_answers: OpenAnswers, now: datetime
) -> dict[str, object]:
    """Return everything that the tables hold about a person. Secrets (links' tokens, keys) are left out."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": now.isoformat(),
        "person": _row(person, "id name address role_title phone language zone last_active_at created_at"),
        "staff": _staff(dbs, person),
        "organisations": _organisations(dbs, person),
        "consents": [_row(row, "kind version given_at withdrawn_at") for row in consents_of(dbs, person.id)],
        "declarations": _rows(dbs, Declaration, "submission_id kind version declared_at", person),
        "logo_terms": _rows(dbs, LogoRelease, "submission_id pack_id terms_version accepted_at", person),
        "confirmations_as_co_organiser": _rows(
            dbs, CoOrganiser, "submission_id organisation_id state asked_at answered_at", person
        ),
        "submissions": _submissions(dbs, person),
        "named_in": _named_in(dbs, person),
        "drafts": [
            _row(row, "id title version created_at updated_at handed_in_at discarded_at") | {"typed": open_draft(row)}
            for row in dbs.scalars(select(Draft).where(Draft.person_id == person.id).order_by(Draft.created_at))
        ],
        "pictures": _rows(dbs, Image, "id kind media_type width height created_at deleted_at", person),
        "messages_written": [
            _row(row, "submission_id body at is_question")
            for row in dbs.scalars(select(Note).where(Note.author == f"person:{person.id}").order_by(Note.id))
        ],
        "attendee": _attendee(dbs, person, open_answers),
        "mails": _rows(dbs, Message, "kind state subject_id created_at sent_at reason", person),
        "links_sent": _rows(dbs, MailToken, "purpose created_at expires_at used_at revoked_at", person),
        "sessions": _rows(dbs, WebSession, "device created_at last_seen_at ended_at", person),
        "acts": _acts(dbs, person),
    }


def _row(row: Any, names: str) -> dict[str, object]:  # noqa: ANN401 -- a row of any table
    return {name: _plain(getattr(row, name)) for name in names.split()}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _rows(dbs: Session, model: Any, names: str, person: Person) -> list[dict[str, object]]:  # noqa: ANN401 -- any table
    found = dbs.scalars(select(model).where(model.person_id == person.id).order_by(*model.__mapper__.primary_key))
    return [_row(row, names) for row in found]


def _staff(dbs: Session, person: Person) -> dict[str, object] | None:
    row = dbs.get(StaffMember, person.id)
    return None if row is None else _row(row, "role regions languages totp_confirmed_at disabled_at created_at")


def _organisations(dbs: Session, person: Person) -> list[dict[str, object]]:
    found = dbs.execute(
        select(OrganisationContact, Organisation)
        .join(Organisation, Organisation.id == OrganisationContact.organisation_id)
        .where(OrganisationContact.person_id == person.id)
        .order_by(Organisation.code)
    ).tuples()
    return [
        {"code": organisation.code, "name": organisation.names.get(organisation.language, "")}
        | _row(contact, "is_main added_at removed_at")
        for contact, organisation in found
    ]


def _submissions(dbs: Session, person: Person) -> list[dict[str, object]]:
    rows = dbs.scalars(select(Submission).where(Submission.person_id == person.id).order_by(Submission.created_at))
    return [
        _row(row, "id receipt title state created_at late_note") | {"versions": _versions(dbs, row)} for row in rows
    ]


def _versions(dbs: Session, submission: Submission) -> list[dict[str, object]]:
    rows = dbs.scalars(select(Revision).where(Revision.submission_id == submission.id).order_by(Revision.number))
    return [_row(row, "number state created_at content") for row in rows]


def _attendee(dbs: Session, person: Person, open_answers: OpenAnswers) -> dict[str, object] | None:
    """Return what they follow and are registered for, and how they wish to hear of it."""
    row = dbs.get(Attendee, person.id)
    if row is None:
        return None
    follows = (
        select(Follow, Edition.slug, Event.code)
        .join(Edition, Edition.id == Follow.edition_id)
        .outerjoin(Event, Event.id == Follow.event_id)
        .where(Follow.person_id == person.id)
        .order_by(Follow.created_at, Follow.id)
    )
    places = (
        select(Registration, Event.code)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.person_id == person.id)
        .order_by(Registration.created_at, Registration.id)
    )
    on_zoom = {
        each.registration_id: _row(each, "source state zoom_registrant created_at told_at")
        for each in dbs.scalars(select(ZoomRegistrant).where(ZoomRegistrant.person_id == person.id))
    }
    return _row(row, "reminders invitations paused_at left_at confirmed_at created_at") | {
        "follows": [
            {"edition": slug, "event": code} | _row(each, "query cadence created_at confirmed_at ended_at")
            for each, slug, code in dbs.execute(follows).tuples()
        ],
        "registrations": [
            {"event": code, "said": open_answers(each), "on_zoom": on_zoom.get(each.id)}
            | _row(each, "state sessions shares_name read_of_room muted_at created_at confirmed_at ended_at")
            for each, code in dbs.execute(places).tuples()
        ],
        "calendar_addresses": _rows(dbs, PersonalFeed, "created_at revoked_at", person),
    }


def _named_in(dbs: Session, person: Person) -> list[dict[str, object]]:
    """Return the published events that name the person."""
    found = dbs.execute(
        select(Edition.slug, Event.code, Speaker.role, Speaker.organisation)
        .join(EventSession, EventSession.id == Speaker.session_id)
        .join(Event, Event.id == EventSession.event_id)
        .join(Edition, Edition.id == Event.edition_id)
        .where(Speaker.person_id == person.id)
        .order_by(Event.code, Speaker.id)
    ).tuples()
    return [{"edition": edition, "event": code, "role": role, "for": of} for edition, code, role, of in found]


def _acts(dbs: Session, person: Person) -> Iterable[dict[str, object]]:
    """Return what the trail says that they did, and what was done to their account."""
    actor = f"person:{person.id}"
    about = (AuditEntry.subject_kind == "person") & (AuditEntry.subject_id == person.id)
    rows = dbs.scalars(select(AuditEntry).where(or_(AuditEntry.actor == actor, about)).order_by(AuditEntry.id))
    return [_row(row, "at action subject_kind subject_id before after") for row in rows]

"""Clearing out, row by row: one that cannot go is told and stays, and holds up no other of its rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import String, select, text
from sqlalchemy.orm import Session

from tests.cast import make_cast, make_person
from tests.conftest import LEAD_STARTED_AT
from tests.handing_in import make_edition
from wmd.db import Model
from wmd.jobs.retention import MOST_BROKEN, clear_out
from wmd.jobs.tools import Tools, tools_of
from wmd.models import (
    Alarm,
    Attendee,
    Consent,
    Decision,
    Draft,
    Edition,
    Event,
    Follow,
    Image,
    MailToken,
    Message,
    Person,
    ProblemReport,
    PublicCode,
    Registration,
    Revision,
    StaffMember,
    Submission,
    WebinarBinding,
    WebSession,
    ZoomRegistrant,
    ZoomWebhook,
)
from wmd.services.retention import RULES, Rule

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(days=2000)


@pytest.fixture
def tools(app: Flask, dbs: Session) -> Tools:
    """What the job works with, when the time of everything is over."""
    return replace(tools_of(app, dbs), now=LATER)


def _contact(name: str, _edition: Edition) -> list[Model]:
    return [make_person(name, NOW)]


def _spam(name: str, edition: Edition) -> list[Model]:
    return [
        Submission(
            id=name, event_id=name, edition_id=edition.id, source="form", state="rejected", suspect_at=NOW,
            title="Win a prize", created_at=NOW,
        ),
        Revision(
            id=name, submission_id=name, number=1, kind="event", state="refused", schema_version=1, content={},
            source="form", created_at=NOW,
        ),
        Decision(revision_id=name, verdict="refused", moderator="person:mona", reason="Spam.", decided_at=NOW),
    ]  # fmt: skip


def _draft(name: str, edition: Edition, *, is_sent: bool) -> list[Model]:
    draft = Draft(
        id=name, edition_id=edition.id, session_id=name, form_token=name, sealed="x", created_at=NOW, updated_at=NOW,
        handed_in_at=NOW if is_sent else None,
    )  # fmt: skip
    return [*_session(name, edition), draft]


def _picture(name: str, _edition: Edition) -> list[Model]:
    return [
        Image(
            id=name, kind="logo", digest=name, media_type="image/png", width=1, height=1, data=b"x", small=b"x",
            uploaded_by="visitor", rights_confirmed_at=NOW, created_at=NOW,
        )
    ]  # fmt: skip


def _session(name: str, _edition: Edition) -> list[Model]:
    return [WebSession(id=name, digest=name, created_at=NOW, last_seen_at=NOW, ended_at=NOW)]


def _link(name: str, _edition: Edition) -> list[Model]:
    return [MailToken(id=name, digest=name, purpose="invite", created_at=NOW, expires_at=NOW)]


def _mail(name: str, _edition: Edition) -> list[Model]:
    return [
        Message(
            id=name, dedupe_key=name, kind="received", cause="visitor", state="sent", subject_id="s", not_before=NOW,
            message_id=name, created_at=NOW, sent_at=NOW,
        )
    ]  # fmt: skip


def _consent(name: str, edition: Edition) -> list[Model]:
    consent = Consent(id=int(name), person_id=name, kind="news", version="1", given_at=NOW, withdrawn_at=NOW)
    return [*_contact(name, edition), consent]


def _attendee(name: str, _edition: Edition) -> list[Model]:
    person = Person(id=name, name="", address=f"{name}@a.example", address_key=f"{name}@a.example", created_at=NOW)
    return [person, Attendee(person_id=name, created_at=NOW)]


def _wish(name: str, edition: Edition, *, ended: bool) -> list[Model]:
    at = NOW if ended else None
    follow = Follow(
        id=name, person_id=name, edition_id=edition.id, cadence="daily", created_at=NOW, confirmed_at=at, ended_at=at
    )
    return [*_attendee(name, edition), follow]


def _event(name: str, edition: Edition) -> list[Model]:
    """Return an event with what it hangs on; only its keys matter here."""
    empty = {column.name: "" for column in Event.__table__.columns if isinstance(column.type, String)}
    submission = Submission(
        id=name, event_id=name, edition_id=edition.id, source="form", state="approved", title="T", created_at=NOW
    )
    revision = Revision(
        id=name, submission_id=name, number=1, kind="event", state="approved", schema_version=1, content={},
        source="form", created_at=NOW,
    )  # fmt: skip
    return [
        PublicCode(code=name, kind="event", created_at=NOW), submission, revision,
        Event(
            **empty
            | {"id": name, "edition_id": edition.id, "revision_id": name, "code": name, "format": "online",
               "access_facts": {}, "has_venue": False, "audience": [], "hashtags": [], "is_lead": False,
               "is_demo": False, "published_at": NOW, "changed_at": NOW, "version": 1, "private_link_id": None,
               "image_id": None, "merged_into_id": None}
        ),
    ]  # fmt: skip


def _registration(name: str, edition: Edition) -> list[Model]:
    place = Registration(id=name, person_id=name, event_id=name, state="unconfirmed", created_at=NOW)
    return [*_attendee(name, edition), *_event(name, edition), place]


def _report(name: str, edition: Edition) -> list[Model]:
    report = ProblemReport(id=name, event_id=name, what="time", state="solved", created_at=NOW, closed_at=NOW)
    return [*_event(name, edition), report]


def _ticket(name: str, edition: Edition) -> list[Model]:
    binding = WebinarBinding(id=name, event_id=name, kind="link", created_at=NOW)
    counted = ZoomRegistrant(id=name, binding_id=name, address_key=name, source="zoom", not_before=NOW, created_at=NOW)
    return [*_event(name, edition), binding, counted]


def _hook(name: str, body: str) -> list[Model]:
    row = ZoomWebhook(dedupe_key=name, event="webinar.updated", body=body, received_at=NOW)
    row.state, row.done_at = "done", NOW
    return [row]


#: For each rule: what makes one row that is due, and what its work does to which table.
DUE: dict[str, tuple[Callable[[str, Edition], list[Model]], str, str]] = {
    "contacts": (_contact, "UPDATE", "people"),
    "spam": (_spam, "UPDATE", "submissions"),
    "anonymous-drafts": (lambda name, edition: _draft(name, edition, is_sent=False), "DELETE", "drafts"),
    "closed-drafts": (lambda name, edition: _draft(name, edition, is_sent=True), "DELETE", "drafts"),
    "pictures": (_picture, "UPDATE", "images"),
    "sessions": (_session, "DELETE", "web_sessions"),
    "links": (_link, "DELETE", "mail_tokens"),
    "mails": (_mail, "UPDATE", "messages"),
    "consents": (_consent, "DELETE", "consents"),
    "unconfirmed-wishes": (lambda name, edition: _wish(name, edition, ended=False), "DELETE", "follows"),
    "unconfirmed-registrations": (_registration, "DELETE", "registrations"),
    "ended-wishes": (lambda name, edition: _wish(name, edition, ended=True), "DELETE", "follows"),
    "attendees": (_attendee, "UPDATE", "people"),
    "problem-reports": (_report, "DELETE", "problem_reports"),
    "room-tickets": (_ticket, "DELETE", "zoom_registrants"),
    "webhook-bodies": (lambda name, _: _hook(name, "sealed"), "UPDATE", "zoom_webhooks"),
    "webhooks": (lambda name, _: _hook(name, ""), "DELETE", "zoom_webhooks"),
}


def hold(dbs: Session, act: str, table: str, key: str) -> Callable[[], None]:
    """Let the database refuse to change one row; returns what ends that."""
    if dbs.get_bind().dialect.name == "sqlite":
        refusal = f"BEFORE {act} ON {table} WHEN CAST(OLD.id AS TEXT) = '{key}' BEGIN SELECT RAISE(ABORT, 'no'); END"
        dbs.execute(text(f"CREATE TRIGGER hold {refusal}"))
        end = "DROP TRIGGER hold"
    else:
        body = "BEGIN RAISE EXCEPTION 'no'; END"
        dbs.execute(text(f"CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
        row = f"FOR EACH ROW WHEN (OLD.id::text = '{key}') EXECUTE FUNCTION hold()"
        dbs.execute(text(f"CREATE TRIGGER hold BEFORE {act} ON {table} {row}"))
        end = f"DROP TRIGGER hold ON {table}"

    def release() -> None:
        dbs.execute(text(end))
        dbs.commit()

    dbs.commit()
    return release


def left(dbs: Session, rule: Rule) -> list[str]:
    """Return the keys of what is still due."""
    assert rule.due is not None
    return sorted(str(key) for key in dbs.scalars(rule.due(LATER)))


def alarms(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(Alarm.key).where(Alarm.cleared_at.is_(None))))


def test_every_rule_that_clears_out_is_tried_here() -> None:
    assert sorted(DUE) == sorted(rule.name for rule in RULES if rule.work is not None)


@pytest.mark.parametrize("name", DUE)
def test_a_row_that_the_database_holds_is_told_and_the_others_go(
    dbs: Session, tools: Tools, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    make, act, table = DUE[name]
    edition = make_edition(dbs, NOW)
    for key in ("1", "2", "3"):
        for row in make(key, edition):
            dbs.add(row)
            dbs.flush()
    release = hold(dbs, act, table, "2")
    (rule,) = [rule for rule in RULES if rule.name == name]

    assert (clear_out(tools, [rule]), left(dbs, rule)) == (2, ["2"])
    assert alarms(dbs) == [f"retention:{name}"]
    told = [record for record in caplog.records if record.msg == "row_not_cleared"]
    assert [(record.rule, str(record.row)) for record in told] == [(name, "2")]  # type: ignore[attr-defined]

    release()
    assert (clear_out(tools, [rule]), left(dbs, rule), alarms(dbs)) == (1, [], [])


def test_a_person_who_cannot_be_erased_keeps_nobody_else(dbs: Session, tools: Tools) -> None:
    make_cast(dbs, NOW)
    for member in dbs.scalars(select(StaffMember)):
        member.disabled_at = NOW
    dbs.commit()
    (rule,) = [rule for rule in RULES if rule.name == "contacts"]

    # Adam was the last administrator: who lets others in is for a person to say first.
    assert (clear_out(tools, [rule]), left(dbs, rule)) == (6, ["adam"])
    assert dbs.scalars(select(Person.address).where(Person.address != "")).all() == ["adam@people.example"]


def test_many_broken_rows_in_a_row_end_a_rule_for_the_day(dbs: Session, tools: Tools) -> None:
    tried = 0

    def broken(*_: object) -> int:
        nonlocal tried
        tried += 1
        dbs.execute(text("SELECT nothing FROM nowhere"))
        return 0

    dbs.add_all(row for number in range(120) for row in _link(f"{number:03d}", Edition()))
    dbs.commit()
    assert clear_out(tools, [Rule("broken", "", "", lambda _: select(MailToken.id), broken)]) == 0
    # The first batch as a whole, and then row by row.
    assert (tried, alarms(dbs)) == (1 + MOST_BROKEN, ["retention:broken"])


def test_a_job_that_shall_end_begins_no_other_row(dbs: Session, tools: Tools) -> None:
    def stopped(*_: object) -> int:
        tools.stopping.set()
        msg = "broken"
        raise ValueError(msg)

    dbs.add_all(row for number in range(3) for row in _link(str(number), Edition()))
    dbs.commit()
    assert clear_out(tools, [Rule("broken", "", "", lambda _: select(MailToken.id), stopped)]) == 0
    assert len(dbs.scalars(select(MailToken.id)).all()) == 3

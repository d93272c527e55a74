"""Handing in: all in one transaction, once, and nobody's data anywhere but in its table."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.domain.forms.cast import filled
from tests.handing_in import BOX, hand_in, make_edition
from tests.submissions import MONA, seen
from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.forms.reading import read_form
from wmd.domain.spam import SpamFacts
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    Consent,
    CoOrganiser,
    Declaration,
    Edition,
    Message,
    Organisation,
    OrganisationContact,
    Person,
    PrivateLink,
    Revision,
    Submission,
)
from wmd.services.actors import Actor
from wmd.services.co_organisers import ask_waiting
from wmd.services.confirming import confirm_submission, follow_confirmation
from wmd.services.form_reading import new_form, typed_of
from wmd.services.intake import read_content
from wmd.services.moderation import decide
from wmd.services.outbox import hidden_part
from wmd.services.publishing import Setting
from wmd.services.rate_limits import UNASKED_BY_PERSON
from wmd.services.standing import Means
from wmd.services.submissions import HandIn, find_receipt, hand_in_form, phase_of, withdraw
from wmd.services.verdicts import Said, refuse

NOW = LEAD_STARTED_AT
ANA = Actor("person:ana", "ana")


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, NOW)


@pytest.fixture
def edition(dbs: Session) -> Edition:
    """The edition of 2021, open."""
    found = make_edition(dbs, NOW)
    dbs.commit()
    return found


def of_ana(**changes: str) -> dict[str, str]:
    """Return a form of organisation A."""
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation.", "contact."))}
    return typed | {"organisation.key": "organisation-a", "region": "europe"} | changes


def count(dbs: Session, model: type) -> int:
    """Return how many rows a table has."""
    return dbs.scalar(select(func.count()).select_from(model)) or 0


def test_stranger_gets_a_receipt_and_waits_for_the_confirmation(dbs: Session, edition: Edition) -> None:
    receipt = hand_in(dbs, edition, filled(news="yes"), token="t1", now=NOW)
    dbs.commit()
    submission = dbs.scalars(select(Submission)).one()
    assert (submission.state, submission.receipt) == ("unconfirmed", receipt.number)
    assert receipt.number.startswith("WMD-")
    assert submission.confirm_until == NOW + timedelta(days=14)
    assert submission.waiting_since == NOW
    assert (submission.title, submission.language, submission.region) == ("Care in the metropolis", "en", "europe")
    assert submission.topics == ["gender-equality"]
    person = dbs.scalars(select(Person)).one()
    assert (person.name, person.address_key, person.id) == ("Ana Prova", "ana@prova.example", submission.person_id)
    organisation = dbs.scalars(select(Organisation)).one()
    assert (organisation.state, organisation.names) == ("proposed", {"en": "Àrea Metropolitana de Prova"})
    assert dbs.scalars(select(OrganisationContact.person_id)).all() == [person.id]
    kinds = dbs.execute(select(Revision.kind, Revision.state).order_by(Revision.kind)).tuples().all()
    assert kinds == [("event", "pending"), ("organisation", "pending")]
    assert count(dbs, Declaration) == 7
    assert (count(dbs, Consent), submission.wants_news) == (0, True)
    message = dbs.scalars(select(Message)).one()
    assert (message.kind, message.person_id, message.subject_id) == ("confirm", person.id, submission.id)
    assert hidden_part(message, BOX)["secret"].startswith("/organiser/confirm?t=")


def test_contact_who_is_signed_in_needs_no_confirmation(dbs: Session, edition: Edition, cast: Cast) -> None:
    hand_in(dbs, edition, of_ana(), token="t1", now=NOW, actor=ANA)
    dbs.commit()
    submission = dbs.scalars(select(Submission)).one()
    assert (submission.state, submission.confirm_until, submission.organisation_id) == ("submitted", None, cast.a)
    assert dbs.scalars(select(Message.kind)).all() == ["received"]
    assert dbs.scalars(select(Consent)).all() == []
    assert count(dbs, Organisation) == 2


def test_organisation_of_others_cannot_be_named(dbs: Session, edition: Edition, cast: Cast) -> None:
    with pytest.raises(InvalidContentError):
        hand_in(dbs, edition, of_ana(**{"organisation.key": cast.b}), token="t1", now=NOW, actor=ANA)


def test_same_form_again_gives_the_same_receipt(dbs: Session, edition: Edition) -> None:
    first = hand_in(dbs, edition, filled(), token="t1", now=NOW)
    dbs.commit()
    second = hand_in(dbs, edition, filled(texts__en__title="Another"), token="t1", now=NOW)
    dbs.commit()
    assert (second.number, second.submission_id, second.is_new) == (first.number, first.submission_id, False)
    assert (count(dbs, Submission), count(dbs, Message)) == (1, 1)


def test_twenty_at_once_make_one_submission(app: Flask, dbs: Session, edition: Edition) -> None:
    slug = edition.id
    dbs.rollback()
    engine = db.engine
    numbers: list[str] = []
    start = threading.Barrier(20)

    def post() -> None:
        start.wait()
        for _ in range(2):
            with Session(engine) as mine:
                try:
                    receipt = hand_in(mine, mine.get_one(Edition, slug), filled(), token="t1", now=NOW)
                    mine.commit()
                except IntegrityError:
                    mine.rollback()
                    continue
                numbers.append(receipt.number)
                return

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(numbers) == 20
    assert len(set(numbers)) == 1
    assert (count(dbs, Submission), count(dbs, Person), count(dbs, Message)) == (1, 1, 1)


def test_faulty_form_leaves_nothing(dbs: Session, edition: Edition) -> None:
    with pytest.raises(InvalidContentError):
        hand_in(dbs, edition, filled(texts__en__title=""), token="t1", now=NOW)
    assert (count(dbs, Submission), count(dbs, Person), count(dbs, Message)) == (0, 0, 0)


def test_stranger_cannot_change_what_is_known_of_a_person(dbs: Session, edition: Edition, cast: Cast) -> None:
    typed = filled() | {"contact.address": "ANA@people.example", "contact.name": "Mallory", "contact.phone": "1"}
    hand_in(dbs, edition, typed, token="t1", now=NOW)
    dbs.commit()
    ana = dbs.get_one(Person, cast.ana)
    assert (ana.name, ana.phone) == ("Ana", "")
    assert dbs.scalars(select(Submission.state)).one() == "unconfirmed"


def test_names_of_speakers_stand_in_people_alone(dbs: Session, edition: Edition) -> None:
    speaker = {
        "sessions[0].speakers[0].name": "Sira Unica", "sessions[0].speakers[0].title": "Mayor",
        "sessions[0].speakers[0].consent": "yes",
    }  # fmt: skip
    hand_in(dbs, edition, filled() | speaker, token="t1", now=NOW)
    dbs.commit()
    stored = json.dumps(dbs.scalars(select(Revision.content)).all(), ensure_ascii=False)
    trail = json.dumps([[entry.before, entry.after, entry.detail] for entry in dbs.scalars(select(AuditEntry))])
    facts = json.dumps(dbs.scalars(select(Message.facts)).all())
    for text in (stored, trail, facts):
        for personal in ("Sira Unica", "Ana Prova", "ana@prova.example"):
            assert personal not in text
    content = read_content(dbs.scalars(select(Revision).where(Revision.kind == "event")).one())
    person_id = content.sessions[0].speakers[0].person_id
    assert dbs.get_one(Person, person_id).name == "Sira Unica"


def test_join_link_is_sealed_and_nowhere_else(dbs: Session, edition: Edition) -> None:
    raw = "https://example.zoom.us/j/81234567890?pwd=c2VjcmV0"
    hand_in(dbs, edition, filled() | {"registration.url": "", "registration.join_link": raw}, token="t1", now=NOW)
    dbs.commit()
    content = read_content(dbs.scalars(select(Revision).where(Revision.kind == "event")).one())
    link = dbs.scalars(select(PrivateLink)).one()
    assert content.registration.private_link_id == link.id
    assert "81234567890" not in json.dumps(dbs.scalars(select(Revision.content)).all()) + link.sealed


@pytest.mark.parametrize("act", ["forget", "withdraw", "refuse"])
def test_join_link_goes_with_what_it_was_for(
    dbs: Session, edition: Edition, cast: Cast, setting: Setting, act: str
) -> None:
    raw = "https://example.zoom.us/j/81234567890?pwd=c2VjcmV0"
    hand_in(dbs, edition, of_ana() | {"registration.url": "", "registration.join_link": raw}, token="t1", now=NOW,
            actor=ANA)  # fmt: skip
    dbs.commit()
    submission = dbs.scalars(select(Submission)).one()
    assert dbs.scalars(select(PrivateLink.deleted_at)).all() == [None]
    if act == "withdraw":
        withdraw(dbs, submission, actor="person:ana", now=NOW)
    elif act == "refuse":
        refuse(dbs, seen(dbs, submission), Said(own="No."), Means(setting, BOX), actor=MONA, now=NOW)
    else:
        typed = typed_of(dbs, read_content(dbs.scalars(select(Revision)).one()))
        forgotten = typed | {"registration.forget_link": "yes", "registration.url": "https://sign.example/up"}
        hand_in(dbs, edition, forgotten, token="t2", now=NOW, actor=ANA, submission=submission)
    dbs.commit()
    link = dbs.scalars(select(PrivateLink)).one()
    assert (link.sealed, link.deleted_at) == ("", NOW)


def test_others_are_written_to_and_news_promised_only_when_the_sender_is_known(dbs: Session, edition: Edition) -> None:
    typed = filled(news="yes") | {
        "contact2.name": "Second", "contact2.address": "second@prova.example",
        "organisers[1].name": "Red Nova", "organisers[1].address": "red@nova.example",
    }  # fmt: skip
    hand_in(dbs, edition, typed, token="t1", now=NOW)
    dbs.commit()
    submission = dbs.scalars(select(Submission)).one()
    assert dbs.scalars(select(Message.kind)).all() == ["confirm"]
    assert dbs.scalars(select(CoOrganiser.asked_at)).all() == [None]
    assert confirm_submission(dbs, submission, actor=f"person:{submission.person_id}", box=BOX, now=NOW) is True
    dbs.commit()
    sent = dbs.execute(select(Message.kind, Person.address).join(Person, Person.id == Message.person_id))
    assert sorted(sent.tuples()) == [
        ("co-organiser", "red@nova.example"), ("confirm", "ana@prova.example"), ("invite", "second@prova.example"),
    ]  # fmt: skip
    # Invited, not a contact: that is who presses the button behind the invitation.
    assert dbs.scalars(select(OrganisationContact.person_id)).all() == [submission.person_id]
    assert dbs.scalars(select(CoOrganiser.asked_at)).all() == [NOW]
    consent = dbs.scalars(select(Consent)).one()
    assert (consent.person_id, consent.kind, consent.given_at) == (submission.person_id, "news", NOW)
    trail = dbs.scalars(select(AuditEntry.actor).where(AuditEntry.action == "consent")).all()
    assert trail == [f"person:{submission.person_id}"]


def test_what_looks_like_spam_writes_to_nobody_before_staff_clear_it(
    dbs: Session, edition: Edition, cast: Cast
) -> None:
    typed = of_ana() | {"organisers[1].name": "Red Nova", "organisers[1].address": "red@nova.example"}
    form = new_form(dbs, edition, "ana", NOW)
    trapped = SpamFacts(trap_filled=True, took=timedelta(seconds=1))
    given = HandIn(read_form(typed, form), "t1", facts=trapped)
    hand_in_form(dbs, edition, given, actor=ANA, box=BOX, mint=Mint(), now=NOW)
    submission = dbs.scalars(select(Submission)).one()
    assert submission.suspect_at == NOW
    assert dbs.scalars(select(Message.kind)).all() == ["received"]
    submission.suspect_at = None
    follow_confirmation(dbs, submission, actor="person:mona", box=BOX, now=NOW)
    assert sorted(dbs.scalars(select(Message.kind)).all()) == ["co-organiser", "received"]


def test_address_that_others_typed_gets_only_so_many_mails_a_day(dbs: Session, edition: Edition, cast: Cast) -> None:
    typed = of_ana() | {"organisers[1].name": "Red Nova", "organisers[1].address": "red@nova.example"}
    for number in range(UNASKED_BY_PERSON.count + 2):
        hand_in(dbs, edition, typed, token=f"t{number}", now=NOW, actor=ANA)
    dbs.commit()
    sent = select(func.count()).select_from(Message).where(Message.kind == "co-organiser")
    assert dbs.scalar(sent) == UNASKED_BY_PERSON.count
    waiting = dbs.scalars(select(CoOrganiser).where(CoOrganiser.asked_at.is_(None))).all()
    assert [row.state for row in waiting] == ["asked", "asked"]
    tomorrow = NOW + timedelta(days=1)
    ask_waiting(dbs, dbs.get_one(Submission, waiting[0].submission_id), actor="x", box=BOX, now=tomorrow)
    assert (dbs.scalar(sent), waiting[0].asked_at) == (UNASKED_BY_PERSON.count + 1, tomorrow)


def test_confirm_links_to_one_address_are_few_a_day(dbs: Session, edition: Edition) -> None:
    for number in range(UNASKED_BY_PERSON.count + 1):
        hand_in(dbs, edition, filled(), token=f"t{number}", now=NOW)
    assert (count(dbs, Submission), count(dbs, Message)) == (UNASKED_BY_PERSON.count + 1, UNASKED_BY_PERSON.count)


def test_known_organisation_is_asked_at_its_own_contacts(dbs: Session, edition: Edition, cast: Cast) -> None:
    typed = of_ana() | {"organisers[1].name": "organisation b", "organisers[1].address": "mallory@else.example"}
    hand_in(dbs, edition, typed, token="t1", now=NOW, actor=ANA)
    dbs.commit()
    asked = dbs.scalars(select(Message.person_id).where(Message.kind == "co-organiser").order_by(Message.person_id))
    assert asked.all() == ["ben", "cleo"]


def test_partners_are_asked_once(dbs: Session, edition: Edition, cast: Cast) -> None:
    typed = of_ana() | {
        "organisers[1].name": "organisation b", "organisers[1].address": "ben@people.example",
        "organisers[2].name": "Red Nova", "organisers[2].address": "red@nova.example",
    }  # fmt: skip
    hand_in(dbs, edition, typed, token="t1", now=NOW, actor=ANA)
    dbs.commit()
    asked = dbs.execute(
        select(Organisation.names, CoOrganiser.state).join(CoOrganiser, CoOrganiser.organisation_id == Organisation.id)
    )
    assert sorted((row.names["en"], row.state) for row in asked) == [("Organisation B", "asked"), ("Red Nova", "asked")]
    assert sorted(dbs.scalars(select(Message.kind)).all()) == [
        "co-organiser",
        "co-organiser",
        "co-organiser",
        "received",
    ]
    submission = dbs.scalars(select(Submission)).one()
    again = typed_of(dbs, read_content(dbs.scalars(select(Revision).where(Revision.kind == "event")).one()))
    hand_in(dbs, edition, again | {"cost": "5 EUR"}, token="t2", now=NOW, actor=ANA, submission=submission)
    dbs.commit()
    assert (count(dbs, CoOrganiser), count(dbs, Message)) == (2, 4)


def test_edit_makes_the_next_revision_and_answers_the_request(dbs: Session, edition: Edition, cast: Cast) -> None:
    hand_in(dbs, edition, of_ana(), token="t1", now=NOW, actor=ANA)
    submission = dbs.scalars(select(Submission)).one()
    first = dbs.scalars(select(Revision)).one()
    submission.state, submission.waiting_since = "changes requested", None
    dbs.commit()
    again = typed_of(dbs, read_content(first)) | {"texts.en.title": "Care, anew"}
    later = NOW + timedelta(days=1)
    hand_in(dbs, edition, again, token="t2", now=later, actor=ANA, submission=submission)
    dbs.commit()
    dbs.refresh(submission)
    assert [submission.state, submission.waiting_since, submission.title] == ["in review", later, "Care, anew"]
    states = dbs.execute(select(Revision.number, Revision.state).order_by(Revision.number)).tuples().all()
    assert states == [(1, "superseded"), (2, "pending")]
    session_ids = [read_content(row).sessions[0].id for row in dbs.scalars(select(Revision).order_by(Revision.number))]
    assert session_ids[0] == session_ids[1]


def test_edit_after_approval_waits_while_the_listing_stays(dbs: Session, edition: Edition, cast: Cast) -> None:
    two = of_ana() | {f"sessions[1].{part}": of_ana()[f"sessions[0].{part}"] for part in ("date", "ends", "zone")}
    hand_in(dbs, edition, two | {"sessions[1].starts": "16:00"}, token="t1", now=NOW, actor=ANA)
    submission = dbs.scalars(select(Submission)).one()
    first = dbs.scalars(select(Revision)).one()
    decide(dbs, first, "approved", moderator="person:mona", now=NOW)
    dbs.commit()
    one = {
        name: text for name, text in typed_of(dbs, read_content(first)).items() if not name.startswith("sessions[1]")
    }
    hand_in(dbs, edition, one, token="t2", now=NOW, actor=ANA, submission=submission)
    hand_in(dbs, edition, one | {"cost": "5 EUR"}, token="t3", now=NOW, actor=ANA, submission=submission)
    dbs.commit()
    assert submission.state == "approved"
    rows = dbs.scalars(select(Revision).order_by(Revision.number)).all()
    assert [row.state for row in rows] == ["approved", "pending"]
    # What is published is cancelled, not left out.
    assert len(read_content(rows[-1]).sessions) == 2


def test_edit_that_changes_nothing_makes_no_revision_unless_it_was_refused(
    dbs: Session, edition: Edition, cast: Cast
) -> None:
    hand_in(dbs, edition, of_ana(), token="t1", now=NOW, actor=ANA)
    submission = dbs.scalars(select(Submission)).one()
    first = dbs.scalars(select(Revision)).one()
    decide(dbs, first, "approved", moderator="person:mona", now=NOW)
    same = typed_of(dbs, read_content(first))
    assert hand_in(dbs, edition, same, token="t2", now=NOW, actor=ANA, submission=submission).is_new is False
    changed = same | {"cost": "5 EUR"}
    hand_in(dbs, edition, changed, token="t3", now=NOW, actor=ANA, submission=submission)
    second = dbs.scalars(select(Revision).where(Revision.number == 2)).one()
    decide(dbs, second, "refused", moderator="person:mona", reason="Why?", now=NOW)
    assert hand_in(dbs, edition, changed, token="t4", now=NOW, actor=ANA, submission=submission).is_new is True
    states = dbs.scalars(select(Revision.state).order_by(Revision.number)).all()
    assert states == ["approved", "refused", "pending"]


def test_withdrawn_submission_takes_no_changes(dbs: Session, edition: Edition, cast: Cast) -> None:
    hand_in(dbs, edition, filled(), token="t1", now=NOW)
    submission = dbs.scalars(select(Submission)).one()
    withdraw(dbs, submission, actor="visitor", now=NOW)
    dbs.commit()
    assert (submission.state, submission.confirm_until, submission.waiting_since) == ("withdrawn", None, None)
    assert dbs.scalars(select(Message.state)).all() == ["cancelled"]
    with pytest.raises(NotAllowedMoveError):
        hand_in(dbs, edition, filled(), token="t2", now=NOW, submission=submission)


def test_confirming_moves_it_on_once(dbs: Session, edition: Edition) -> None:
    hand_in(dbs, edition, filled(), token="t1", now=NOW)
    submission = dbs.scalars(select(Submission)).one()
    assert confirm_submission(dbs, submission, actor="person:x", box=BOX, now=NOW) is True
    assert confirm_submission(dbs, submission, actor="person:x", box=BOX, now=NOW) is False
    assert (submission.state, submission.confirm_until) == ("submitted", None)
    assert find_receipt(dbs, "t1") is not None


@pytest.mark.parametrize(
    ("hours", "phase"), [(-1, "before"), (0, "open"), (23, "open"), (24, "late"), (47, "late"), (48, "closed")]
)
def test_deadlines_part_the_time(dbs: Session, edition: Edition, hours: int, phase: str) -> None:
    edition.submit_opens_at = NOW
    edition.submit_deadline_at, edition.submit_closes_at = NOW + timedelta(days=1), NOW + timedelta(days=2)
    assert phase_of(edition, NOW + timedelta(hours=hours)) == phase

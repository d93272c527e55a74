"""Changing what stands: by staff, and calling off by anybody who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import ADAM, MONA, RITA, content, edit, propose, seen
from wmd.domain.content import OrganiserContent
from wmd.domain.vocabulary import OrganiserRole, SessionStatus
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import AuditEntry, CoOrganiser, Decision, Event, EventSession, Message, Note, Revision, Submission
from wmd.services.actors import Actor
from wmd.services.intake import read_content
from wmd.services.moderation import DecidedMeanwhileError, NotYoursError
from wmd.services.publishing import Setting, rederive
from wmd.services.staff_edits import approved_revision, call_off, hide_event, show_event, staff_edit
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT - timedelta(days=30)
LATER = NOW + timedelta(hours=1)
ANA = Actor("person:ana", "ana")


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, BOX)


@pytest.fixture
def listed(dbs: Session, cast: Cast, means: Means) -> Submission:
    second = replace(content().sessions[0], title={"en": "Evening"}, starts=content().sessions[0].ends, ends=None)
    assert second.starts is not None
    second = replace(second, ends=second.starts + timedelta(hours=1))
    pair = (OrganiserContent("organisation-a"), OrganiserContent("organisation-b", OrganiserRole.CO))
    submission = propose(dbs, cast, NOW, sessions=(content().sessions[0], second), organisers=pair)
    dbs.add(
        CoOrganiser(
            submission_id=submission.id, organisation_id=cast.b, state="confirmed", asked_at=NOW, answered_at=NOW
        )
    )
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    dbs.commit()
    return submission


def statuses(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(EventSession.status).order_by(EventSession.position)))


def test_staff_edit_is_a_revision_of_staff_and_published_at_once(
    dbs: Session, listed: Submission, means: Means
) -> None:
    base = approved_revision(dbs, listed)
    assert base is not None
    staff_edit(
        dbs, listed.id, replace(read_content(base), host_city="Lima"), base.id, means, actor=MONA, now=LATER
    )  # fmt: skip
    dbs.commit()

    rows = dbs.execute(select(Revision.source, Revision.state, Revision.actor).order_by(Revision.number)).tuples().all()
    assert rows == [("form", "superseded", "person:ana"), ("staff", "approved", "person:mona")]
    assert dbs.scalars(select(Event.host_city)).all() == ["Lima"]
    assert dbs.scalars(select(AuditEntry.actor).where(AuditEntry.action == "edit")).all() == ["person:mona"]


def test_staff_edit_of_what_waits_takes_its_place_and_goes_on_waiting(dbs: Session, cast: Cast, means: Means) -> None:
    submission = propose(dbs, cast, NOW)
    base = dbs.scalars(select(Revision)).one()
    staff_edit(
        dbs, submission.id, replace(read_content(base), host_city="Lima"), base.id, means, actor=MONA, now=LATER
    )  # fmt: skip
    rows = dbs.execute(select(Revision.source, Revision.state).order_by(Revision.number)).tuples().all()
    assert rows == [("form", "superseded"), ("staff", "pending")]


def test_staff_edit_of_an_older_version_is_refused(dbs: Session, listed: Submission, means: Means) -> None:
    base = approved_revision(dbs, listed)
    assert base is not None
    changed = replace(read_content(base), host_city="Lima")
    staff_edit(dbs, listed.id, changed, base.id, means, actor=ADAM, now=LATER)
    with pytest.raises(DecidedMeanwhileError):
        staff_edit(dbs, listed.id, replace(changed, host_city="Quito"), base.id, means, actor=MONA, now=LATER)
    with pytest.raises(NotYoursError):
        staff_edit(dbs, listed.id, changed, base.id, means, actor=RITA, now=LATER)


def test_cancelled_event_stays_listed_with_its_reason_through_every_publication(
    dbs: Session, listed: Submission, means: Means, setting: Setting
) -> None:
    call_off(
        dbs, listed.id, SessionStatus.CANCELLED, {"en": "The hall is closed."}, means, actor=ANA, now=LATER
    )  # fmt: skip
    dbs.commit()
    assert statuses(dbs) == ["cancelled", "cancelled"]
    rederive(dbs, setting, actor="command", now=LATER)
    dbs.expire_all()
    event = dbs.scalars(select(Event)).one()
    assert (event.hidden_at, event.public_reason) == (None, {"en": "The hall is closed."})
    assert listed.later_look_at == LATER
    written = select(Message.person_id).where(Message.kind == "cancelled").order_by(Message.person_id)
    assert dbs.scalars(written).all() == ["ana", "ben", "cleo"]


def test_one_session_is_postponed_and_revived(dbs: Session, listed: Submission, means: Means) -> None:
    second = dbs.scalars(select(EventSession.id).order_by(EventSession.position)).all()[1]
    why = {"en": "The speaker is ill."}
    call_off(dbs, listed.id, SessionStatus.POSTPONED, why, means, sessions=[second], actor=MONA, now=LATER)
    assert statuses(dbs) == ["scheduled", "postponed"]
    assert listed.later_look_at is None

    call_off(dbs, listed.id, SessionStatus.SCHEDULED, {}, means, sessions=[second], actor=MONA, now=LATER)
    dbs.commit()
    assert statuses(dbs) == ["scheduled", "scheduled"]
    assert dbs.scalars(select(Event.public_reason)).all() == [{}]


def test_calling_off_needs_a_reason_and_something_published(
    dbs: Session, listed: Submission, means: Means, cast: Cast
) -> None:
    with pytest.raises(InvalidContentError):
        call_off(dbs, listed.id, SessionStatus.CANCELLED, {"en": "  "}, means, actor=ANA, now=LATER)
    waiting = propose(dbs, cast, NOW, title="Another")
    with pytest.raises(NotAllowedMoveError):
        call_off(dbs, waiting.id, SessionStatus.CANCELLED, {"en": "No."}, means, actor=ANA, now=LATER)


def test_edit_that_waits_does_not_bring_a_cancelled_event_back(dbs: Session, listed: Submission, means: Means) -> None:
    edit(dbs, listed, NOW, host_city="Lima")
    call_off(dbs, listed.id, SessionStatus.CANCELLED, {"en": "Closed."}, means, actor=ANA, now=LATER)
    approve(dbs, seen(dbs, listed), means, actor=MONA, now=LATER)
    dbs.commit()
    assert statuses(dbs) == ["cancelled", "cancelled"]
    assert dbs.execute(select(Event.host_city, Event.public_reason)).one() == ("Lima", {"en": "Closed."})


def test_event_is_hidden_and_shown_with_a_reason_for_staff(dbs: Session, listed: Submission, means: Means) -> None:
    with pytest.raises(InvalidContentError):
        hide_event(dbs, listed.id, " ", means, actor=MONA, now=LATER)
    hide_event(dbs, listed.id, "Complaint", means, actor=MONA, now=LATER)
    assert dbs.scalars(select(Event)).one().hidden_at == LATER
    show_event(dbs, listed.id, "Settled", means, actor=MONA, now=LATER)
    dbs.commit()
    dbs.expire_all()
    assert dbs.scalars(select(Event)).one().hidden_at is None
    notes = dbs.execute(select(Note.body, Note.is_private).order_by(Note.id)).tuples().all()
    assert notes == [("Complaint", True), ("Settled", True)]
    with pytest.raises(NotAllowedMoveError):
        show_event(dbs, listed.id, "Again", means, actor=MONA, now=LATER)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("See https://zoom.us/j/81234567890?pwd=abc", "text.private-link"),
        ("Write to ana@people.example", "text.email"),
        ("x" * 501, "text.too-long"),
    ],
)
def test_reason_is_checked_like_any_public_text(
    dbs: Session, listed: Submission, means: Means, said: str, code: str
) -> None:
    for actor in (ANA, MONA):
        with pytest.raises(InvalidContentError) as caught:
            call_off(dbs, listed.id, SessionStatus.CANCELLED, {"en": said}, means, actor=actor, now=LATER)
        assert [(one.code, one.where) for one in caught.value.findings] == [(code, "reason.en")]
    assert statuses(dbs) == ["scheduled", "scheduled"]


def test_reason_of_two_lines_stands_in_the_way_of_no_later_approval(
    dbs: Session, listed: Submission, means: Means
) -> None:
    call_off(dbs, listed.id, SessionStatus.CANCELLED, {"en": "Closed.\r\nSorry."}, means, actor=ANA, now=LATER)
    edit(dbs, listed, LATER, host_city="Lima")
    approve(dbs, seen(dbs, listed), means, actor=MONA, now=LATER)
    assert dbs.execute(select(Event.host_city, Event.public_reason)).one() == ("Lima", {"en": "Closed.\nSorry."})


def test_what_staff_cancelled_is_revived_by_its_organiser_only_with_their_consent(
    dbs: Session, listed: Submission, means: Means
) -> None:
    call_off(dbs, listed.id, SessionStatus.CANCELLED, {"en": "Complaint."}, means, actor=MONA, now=LATER)
    edit(dbs, listed, LATER, host_city="Lima")
    for status in (SessionStatus.POSTPONED, SessionStatus.SCHEDULED):
        revision = call_off(dbs, listed.id, status, {"en": "We mended it."}, means, actor=ANA, now=LATER)
        assert (revision.state, revision.source) == ("pending", "organiser")
    dbs.commit()
    assert statuses(dbs) == ["cancelled", "cancelled"]
    assert dbs.scalars(select(Event.public_reason)).all() == [{"en": "Complaint."}]
    assert (listed.waiting_since, listed.flags) == (LATER, ["material"])
    notes = dbs.execute(select(Note.by_staff, Note.is_private, Note.body)).tuples().all()
    assert notes == [(False, False, "We mended it.")] * 2

    approve(dbs, seen(dbs, listed), means, actor=MONA, now=LATER)
    assert statuses(dbs) == ["scheduled", "scheduled"]
    assert dbs.execute(select(Event.host_city, Event.public_reason)).one() == ("Lima", {})


def test_organiser_revives_what_they_called_off_and_cancels_what_staff_postponed_at_once(
    dbs: Session, listed: Submission, means: Means
) -> None:
    why = {"en": "The hall is closed."}
    call_off(dbs, listed.id, SessionStatus.POSTPONED, why, means, actor=MONA, now=LATER)
    call_off(dbs, listed.id, SessionStatus.CANCELLED, why, means, actor=ANA, now=LATER)
    assert statuses(dbs) == ["cancelled", "cancelled"]
    call_off(dbs, listed.id, SessionStatus.SCHEDULED, {}, means, actor=MONA, now=LATER)
    call_off(dbs, listed.id, SessionStatus.CANCELLED, why, means, actor=ANA, now=LATER)
    call_off(dbs, listed.id, SessionStatus.SCHEDULED, {}, means, actor=ANA, now=LATER)
    assert statuses(dbs) == ["scheduled", "scheduled"]


def test_reviving_with_the_old_reason_left_in_the_form_tells_no_reason(
    dbs: Session, listed: Submission, means: Means
) -> None:
    why = {"en": "The hall is closed."}
    call_off(dbs, listed.id, SessionStatus.POSTPONED, why, means, actor=MONA, now=LATER)
    call_off(dbs, listed.id, SessionStatus.SCHEDULED, why, means, actor=MONA, now=LATER + timedelta(hours=1))
    told = dbs.scalars(select(Message.facts).where(Message.kind == "cancelled", Message.state == "queued")).all()
    assert {(facts["status"], facts["partly"], reason_of(dbs, facts)) for facts in told} == {("scheduled", False, "")}


def test_reason_of_a_revival_is_told_though_the_listing_shows_none(
    dbs: Session, listed: Submission, means: Means
) -> None:
    call_off(dbs, listed.id, SessionStatus.POSTPONED, {"en": "The hall is closed."}, means, actor=MONA, now=LATER)
    there = {"en": "Another hall was found."}
    call_off(dbs, listed.id, SessionStatus.SCHEDULED, there, means, actor=MONA, now=LATER + timedelta(hours=1))
    told = dbs.scalars(select(Message.facts).where(Message.kind == "cancelled", Message.state == "queued")).first()
    assert told is not None
    assert (reason_of(dbs, told), told.keys()) == ("Another hall was found.", {"revision_id", "status", "partly"})
    assert dbs.scalars(select(Event.public_reason)).one() == {}


def reason_of(dbs: Session, facts: dict[str, Any]) -> str:
    """Return the reason that a mail with these facts says."""
    return dbs.scalars(select(Decision.own).where(Decision.revision_id == facts["revision_id"])).one()


def test_some_sessions_called_off_are_told_as_a_part(dbs: Session, listed: Submission, means: Means) -> None:
    base = approved_revision(dbs, listed)
    assert base is not None
    first = read_content(base).sessions[0].id
    call_off(
        dbs, listed.id, SessionStatus.CANCELLED, {"en": "Too few."}, means, sessions=[first], actor=MONA, now=LATER
    )
    told = dbs.scalars(select(Message.facts).where(Message.kind == "cancelled")).first()
    assert told is not None
    assert (told["status"], told["partly"], reason_of(dbs, told)) == ("cancelled", True, "Too few.")

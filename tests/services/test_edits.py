"""What happens to an edit the moment it comes in: the table of risks, for a trusted organisation and any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import MONA, content, edit, propose, seen
from wmd.domain.content import RegistrationContent, TextContent
from wmd.models import AuditEntry, Decision, EventText, Message, Organisation, Submission
from wmd.services.edits import looked_at, receive_edit
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT - timedelta(days=30)
LATER = NOW + timedelta(hours=1)
BETTER = {"en": TextContent("Care, in better words", "A talk.", "Some words.")}


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, BOX)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def listed(dbs: Session, cast: Cast, means: Means) -> Submission:
    submission = propose(dbs, cast, NOW)
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    dbs.commit()
    return submission


def title(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(EventText.body).where(EventText.field == "title")))


def trust(dbs: Session, cast: Cast) -> None:
    dbs.get_one(Organisation, cast.a).trusted_at = NOW
    dbs.flush()


def test_wording_of_a_trusted_organisation_is_published_and_marked_for_a_later_look(
    dbs: Session, listed: Submission, means: Means, cast: Cast
) -> None:
    trust(dbs, cast)
    edit(dbs, listed, LATER, texts=BETTER)
    assert receive_edit(dbs, listed.id, means, now=LATER) is True
    dbs.commit()

    assert title(dbs) == ["Care, in better words"]
    assert (listed.later_look_at, listed.waiting_since) == (LATER, None)
    assert dbs.scalars(select(Decision.moderator).order_by(Decision.id)).all() == [
        "person:mona", "job:trusted-wording"
    ]  # fmt: skip
    assert dbs.scalars(select(Message.kind).order_by(Message.created_at.desc())).first() == "edit-accepted"

    looked_at(dbs, listed.id, actor=MONA, now=LATER)
    looked_at(dbs, listed.id, actor=MONA, now=LATER)
    assert listed.later_look_at is None
    assert dbs.scalars(select(AuditEntry.actor).where(AuditEntry.action == "looked-at")).all() == ["person:mona"]


@pytest.mark.parametrize(
    "change",
    [
        {"texts": BETTER},
        {"texts": BETTER, "host_city": "Lima"},
        {"texts": {"en": TextContent("Care", "A talk.", "Write to ana@people.example.")}},
    ],
    ids=["not trusted", "facts too", "an address in the text"],
)
def test_anything_else_waits(
    dbs: Session, listed: Submission, means: Means, cast: Cast, change: dict[str, object]
) -> None:
    if change != {"texts": BETTER}:
        trust(dbs, cast)
    edit(dbs, listed, LATER, **change)
    assert receive_edit(dbs, listed.id, means, now=LATER) is False
    assert (title(dbs), listed.waiting_since, listed.flags) == (["Care in the city"], LATER, [])


def test_old_warning_covers_no_new_words(dbs: Session, listed: Submission, means: Means, cast: Cast) -> None:
    trust(dbs, cast)
    doubtful = {"en": TextContent("Care in the city", "A talk.", "Some <b>words</b>.")}
    edit(dbs, listed, NOW, texts=doubtful)
    approve(dbs, seen(dbs, listed), means, actor=MONA, now=NOW)
    edit(dbs, listed, LATER, texts={"en": replace(doubtful["en"], description="Other <i>words</i>.")})
    assert receive_edit(dbs, listed.id, means, now=LATER) is False
    # What stays as it was is no reason to wait.
    edit(dbs, listed, LATER, texts={"en": replace(doubtful["en"], title="Care")})
    assert receive_edit(dbs, listed.id, means, now=LATER) is True


@pytest.mark.parametrize(("hours", "flags"), [(80, ["material"]), (71, ["material", "urgent"])])
def test_material_change_less_than_three_days_before_is_urgent(
    dbs: Session, listed: Submission, means: Means, cast: Cast, hours: int, flags: list[str]
) -> None:
    trust(dbs, cast)
    begins_at = LEAD_STARTED_AT - timedelta(minutes=1)
    registration = content().registration
    edit(dbs, listed, LATER, registration=replace(registration, url=registration.url + "x"))
    assert receive_edit(dbs, listed.id, means, now=begins_at - timedelta(hours=hours)) is False
    assert listed.flags == flags
    assert isinstance(registration, RegistrationContent)


def test_what_was_never_approved_is_left_to_the_desk(dbs: Session, cast: Cast, means: Means) -> None:
    waiting = propose(dbs, cast, NOW)
    assert receive_edit(dbs, waiting.id, means, now=LATER) is False
    assert (waiting.state, waiting.flags) == ("submitted", [])

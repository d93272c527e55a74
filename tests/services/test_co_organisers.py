"""Co-organisers answer by a mailed link, and the listing follows."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import MONA, content, propose, seen
from wmd.db import db
from wmd.domain.content import OrganiserContent
from wmd.domain.vocabulary import OrganiserRole
from wmd.errors import NotAllowedMoveError
from wmd.models import AuditEntry, CoOrganiser, EventOrganisation, Message, OrganisationContact, Submission
from wmd.services.co_organisers import answer, ask_again, believe, look_at_question, partners_of
from wmd.services.outbox import hidden_part
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT - timedelta(days=30)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, BOX)


@pytest.fixture
def listed(dbs: Session, cast: Cast, means: Means) -> Submission:
    pair = (*content().organisers, OrganiserContent("organisation-b", OrganiserRole.CO))
    submission = propose(dbs, cast, NOW, organisers=pair)
    dbs.add(CoOrganiser(submission_id=submission.id, organisation_id=cast.b, state="asked", asked_at=NOW))
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    dbs.commit()
    return submission


def shown(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(EventOrganisation.name).order_by(EventOrganisation.position)))


def links(dbs: Session) -> list[str]:
    rows = dbs.scalars(select(Message).where(Message.kind == "co-organiser").order_by(Message.person_id))
    return [hidden_part(row, BOX)["secret"] for row in rows if row.state == "queued"]


def ask(dbs: Session, listed: Submission, cast: Cast, means: Means) -> list[str]:
    assert ask_again(dbs, listed.id, cast.b, means, actor=MONA, now=NOW) == 2
    found = links(dbs)
    assert [link.partition("=")[0] for link in found] == ["/organiser/co-organiser?t"] * 2
    return [link.partition("=")[2] for link in found]


def test_name_is_shown_from_the_moment_of_agreement(dbs: Session, listed: Submission, cast: Cast, means: Means) -> None:
    assert shown(dbs) == ["Organisation A"]
    secret, other = ask(dbs, listed, cast, means)
    assert look_at_question(dbs, secret, now=NOW) is not None
    assert shown(dbs) == ["Organisation A"]

    asked = answer(dbs, secret, agrees=True, means=means, now=LATER)
    dbs.commit()

    assert asked is not None
    assert (shown(dbs), asked.row.state, asked.row.answered_at) == (
        ["Organisation A", "Organisation B"], "confirmed", LATER
    )  # fmt: skip
    entry = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "co-organiser")).one()
    assert (entry.actor, entry.before, entry.after) == ("person:ben", "asked", "confirmed")
    # The first of an organisation's contacts decided; neither link works again.
    assert answer(dbs, other, agrees=False, means=means, now=LATER) is None
    assert answer(dbs, secret, agrees=False, means=means, now=LATER) is None


def test_declined_part_stays_unnamed(dbs: Session, listed: Submission, cast: Cast, means: Means) -> None:
    secret, _ = ask(dbs, listed, cast, means)
    answer(dbs, secret, agrees=False, means=means, now=LATER)
    dbs.commit()
    assert shown(dbs) == ["Organisation A"]
    assert [(row.state, each.key) for row, each, _ in partners_of(dbs, listed.id)] == [("declined", "organisation-b")]
    with pytest.raises(NotAllowedMoveError):
        ask_again(dbs, listed.id, cast.b, means, actor=MONA, now=LATER)


def test_link_ends_after_fourteen_days_and_when_asked_again(
    dbs: Session, listed: Submission, cast: Cast, means: Means
) -> None:
    old, _ = ask(dbs, listed, cast, means)
    ask_again(dbs, listed.id, cast.b, means, actor=MONA, now=LATER)
    worn = look_at_question(dbs, old, now=LATER)
    assert worn is not None
    assert worn.works is False
    assert answer(dbs, old, agrees=True, means=means, now=LATER) is None
    assert look_at_question(dbs, "nonsense", now=NOW) is None
    newest = links(dbs)[-1].partition("=")[2]
    late = look_at_question(dbs, newest, now=LATER + timedelta(days=14))
    assert late is not None
    assert late.works is False


def test_of_two_answers_at_the_same_moment_the_first_stands(
    dbs: Session, listed: Submission, cast: Cast, means: Means
) -> None:
    first, second = ask(dbs, listed, cast, means)
    dbs.commit()
    engine, told = db.engine, []
    begun = threading.Event()

    def decline() -> None:
        with Session(engine) as own:
            begun.set()
            told.append(answer(own, second, agrees=False, means=means, now=LATER))
            own.commit()

    assert answer(dbs, first, agrees=True, means=means, now=LATER) is not None
    other = threading.Thread(target=decline)
    other.start()
    begun.wait(20)
    # Long enough for the other to come to where it must wait for this transaction.
    other.join(0.5)
    dbs.commit()
    other.join(60)

    assert told == [None]
    assert dbs.scalars(select(CoOrganiser.state)).all() == ["confirmed"]
    assert shown(dbs) == ["Organisation A", "Organisation B"]


def test_yes_of_an_address_nobody_knows_waits_for_staff(dbs: Session, cast: Cast, means: Means) -> None:
    pair = (*content().organisers, OrganiserContent("organisation-b", OrganiserRole.CO))
    submission = propose(dbs, cast, NOW, organisers=pair)
    dbs.execute(update(OrganisationContact).where(OrganisationContact.organisation_id == cast.b).values(removed_at=NOW))
    dbs.add(
        CoOrganiser(
            submission_id=submission.id, organisation_id=cast.b, person_id="stranger", is_known=True, state="asked"
        )
    )
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    assert ask_again(dbs, submission.id, cast.b, means, actor=MONA, now=NOW) == 1
    (secret,) = (link.partition("=")[2] for link in links(dbs))
    asked = answer(dbs, secret, agrees=True, means=means, now=LATER)
    dbs.commit()
    assert asked is not None
    assert (asked.row.state, asked.row.agreed_at, shown(dbs)) == ("asked", LATER, ["Organisation A"])
    ((_, _, address),) = partners_of(dbs, submission.id)
    assert address == "stranger@people.example"
    believe(dbs, submission.id, cast.b, means, actor=MONA, now=LATER)
    dbs.commit()
    assert (asked.row.state, shown(dbs)) == ("confirmed", ["Organisation A", "Organisation B"])
    with pytest.raises(NotAllowedMoveError):
        believe(dbs, submission.id, cast.b, means, actor=MONA, now=LATER)

"""The verdicts of the desk: what each does to submission, revision and listing, and whom it writes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.mails import count_statements
from tests.submissions import ADAM, MONA, RITA, content, edit, propose, seen
from wmd.domain.content import TextContent
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import (
    AuditEntry,
    Decision,
    Event,
    EventText,
    FieldComment,
    Message,
    Organisation,
    Revision,
    Submission,
)
from wmd.services.actors import Actor
from wmd.services.desk_item import read_item
from wmd.services.intake import read_content
from wmd.services.moderation import (
    DecidedMeanwhileError,
    NotYoursError,
    claim,
    hand_over,
    release,
    waiting_revision,
)
from wmd.services.publishing import Setting
from wmd.services.staff_edits import approved_revision, staff_edit
from wmd.services.standing import Means
from wmd.services.verdicts import (
    Said,
    approve,
    ask_for_changes,
    publish_now,
    refuse,
    reopen,
    take_some,
    versions,
)

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def means(setting: Setting) -> Means:
    return Means(setting, BOX)


@pytest.fixture
def submission(dbs: Session, cast: Cast) -> Submission:
    return propose(dbs, cast, NOW)


def mails(dbs: Session) -> list[tuple[str, str | None, str]]:
    rows = dbs.scalars(select(Message).order_by(Message.created_at, Message.kind, Message.person_id))
    return [(row.kind, row.person_id, row.state) for row in rows]


def title(dbs: Session) -> list[str]:
    return list(dbs.scalars(select(EventText.body).where(EventText.field == "title")))


def approved(dbs: Session, submission: Submission, means: Means) -> None:
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    dbs.commit()


def test_approval_publishes_at_once_and_tells_every_contact(dbs: Session, submission: Submission, means: Means) -> None:
    decision = approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)
    dbs.commit()

    assert (submission.state, submission.waiting_since, submission.publish_on) == ("approved", None, None)
    assert (decision.verdict, decision.moderator, decision.decided_at) == ("approved", "person:mona", LATER)
    assert title(dbs) == ["Care in the city"]
    assert mails(dbs) == [("approved", "ana", "queued"), ("approved", "cleo", "queued")]
    trail = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "decide")).one()
    assert (trail.actor, trail.subject_id, trail.after) == ("person:mona", submission.id, "approved")


def test_approval_with_a_date_publishes_on_that_day(dbs: Session, submission: Submission, means: Means) -> None:
    day = NOW + timedelta(days=3)
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER, publish_on=day)
    dbs.commit()
    assert (submission.state, submission.publish_on, title(dbs)) == ("approved", day, [])
    assert mails(dbs) == [("approved-dated", "ana", "queued"), ("approved-dated", "cleo", "queued")]

    assert publish_now(dbs, submission.id, means, actor="job:publish-dates", now=day - timedelta(seconds=1)) is False
    assert publish_now(dbs, submission.id, means, actor="job:publish-dates", now=day) is True
    assert publish_now(dbs, submission.id, means, actor="job:publish-dates", now=day) is False
    assert (submission.publish_on, title(dbs)) == (None, ["Care in the city"])
    # The welcome with its addresses goes out only now, in place of what was not out yet.
    assert mails(dbs)[2:] == [("approved", "ana", "queued"), ("approved", "cleo", "queued")]
    assert {state for _, _, state in mails(dbs)[:2]} == {"cancelled"}


def test_day_that_is_over_is_a_mistake_and_decides_nothing(dbs: Session, submission: Submission, means: Means) -> None:
    with pytest.raises(InvalidContentError) as refused:
        approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER, publish_on=LATER)
    assert [(one.code, one.where) for one in refused.value.findings] == [("publish-on.past", "publish_day")]
    assert (submission.state, title(dbs)) == ("submitted", [])


def test_unconfirmed_submission_is_taken_on_by_deciding(dbs: Session, cast: Cast, means: Means) -> None:
    submission = propose(dbs, cast, NOW, state="unconfirmed")
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)
    dbs.commit()
    moves = select(AuditEntry.before, AuditEntry.after).where(
        AuditEntry.subject_id == submission.id, AuditEntry.action == "move"
    )
    assert dbs.execute(moves.order_by(AuditEntry.id)).tuples().all() == [
        ("unconfirmed", "submitted"),
        ("submitted", "approved"),
    ]
    assert submission.confirm_until is None


def test_what_has_a_mistake_is_not_published(dbs: Session, cast: Cast, means: Means) -> None:
    faulty = propose(dbs, cast, NOW, sessions=(replace(content().sessions[0], ends=None),))
    with pytest.raises(InvalidContentError) as caught:
        approve(dbs, seen(dbs, faulty), means, actor=MONA, now=LATER)
    assert [(one.code, one.where) for one in caught.value.findings] == [("time.missing-end", "sessions[0].ends")]


def test_changes_are_asked_for_with_reasons_words_and_remarks_on_fields(
    dbs: Session, submission: Submission, means: Means
) -> None:
    said = Said(("time-unclear",), "And a nicer title.", (("texts.en.title", "Rather short"),))
    decision = ask_for_changes(dbs, seen(dbs, submission), said, means, actor=MONA, now=LATER)
    dbs.commit()

    assert (submission.state, submission.waiting_since) == ("changes requested", None)
    assert decision.reason.startswith("We are not sure about the time.")
    assert decision.reason.endswith("\n\nAnd a nicer title.")
    assert dbs.scalars(select(Revision.state)).all() == ["pending"]
    comment = dbs.scalars(select(FieldComment)).one()
    assert (comment.path, comment.body, comment.author) == ("texts.en.title", "Rather short", "person:mona")
    (first, _) = dbs.scalars(select(Message)).all()
    assert (first.kind, first.facts["revision_id"]) == ("changes-requested", comment.revision_id)


def test_reason_is_in_the_language_of_the_event(dbs: Session, cast: Cast, means: Means) -> None:
    spanish = propose(dbs, cast, NOW, language="es", texts={"es": TextContent("Cuidados", "Charla.", "Palabras.")})
    decision = refuse(dbs, seen(dbs, spanish), Said(("spam",)), means, actor=MONA, now=LATER)
    assert decision.reason == "No hemos podido reconocer un evento en lo enviado."


def test_rejection_needs_a_reason_and_ends_the_submission(dbs: Session, submission: Submission, means: Means) -> None:
    with pytest.raises(InvalidContentError):
        refuse(dbs, seen(dbs, submission), Said(), means, actor=MONA, now=LATER)
    refuse(dbs, seen(dbs, submission), Said(own="Not about cities."), means, actor=MONA, now=LATER)
    dbs.commit()
    assert (submission.state, submission.waiting_since, title(dbs)) == ("rejected", None, [])
    assert dbs.scalars(select(Revision.state)).all() == ["refused"]
    assert mails(dbs) == [("rejected", "ana", "queued"), ("rejected", "cleo", "queued")]


def test_newer_decision_takes_back_the_mail_of_an_older_one(dbs: Session, submission: Submission, means: Means) -> None:
    ask_for_changes(dbs, seen(dbs, submission), Said(own="Why?"), means, actor=MONA, now=NOW)
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)
    dbs.commit()
    assert mails(dbs) == [
        ("changes-requested", "ana", "cancelled"),
        ("changes-requested", "cleo", "cancelled"),
        ("approved", "ana", "queued"),
        ("approved", "cleo", "queued"),
    ]


def test_edit_waits_beside_the_listing_and_is_published_when_approved(
    dbs: Session, submission: Submission, means: Means
) -> None:
    approved(dbs, submission, means)
    edit(dbs, submission, LATER, texts={"en": TextContent("Care, again", "A talk.", "Some words.")})
    assert (submission.state, title(dbs)) == ("approved", ["Care in the city"])

    approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)
    dbs.commit()

    assert title(dbs) == ["Care, again"]
    states = dbs.scalars(select(Revision.state).order_by(Revision.number)).all()
    assert states == ["superseded", "approved"]
    assert mails(dbs)[-2:] == [("edit-accepted", "ana", "queued"), ("edit-accepted", "cleo", "queued")]


def test_part_of_an_edit_becomes_a_revision_of_the_moderators(
    dbs: Session, submission: Submission, means: Means
) -> None:
    approved(dbs, submission, means)
    wanted = edit(dbs, submission, LATER, cost="90 EUR", host_city="Lima")

    take_some(
        dbs, seen(dbs, submission), {"host"}, Said(own="Events are free."), means, actor=MONA, now=LATER
    )  # fmt: skip
    dbs.commit()

    rows = dbs.scalars(select(Revision).order_by(Revision.number)).all()
    assert [(row.state, row.source) for row in rows] == [
        ("superseded", "form"), ("partly approved", "form"), ("approved", "moderation")
    ]  # fmt: skip
    assert rows[2].base_revision_id == wanted.id
    standing = read_content(rows[2])
    assert (standing.host_city, standing.cost) == ("Lima", "")
    assert dbs.scalars(select(Event.host_city)).all() == ["Lima"]
    mail = dbs.scalars(select(Message).where(Message.kind == "edit-partly-accepted")).first()
    assert mail is not None
    decision = dbs.scalars(select(Decision).where(Decision.verdict == "partly approved")).one()
    assert (decision.reason, decision.own) == ("Events are free.", "Events are free.")
    # Nothing that somebody typed is in it but what they themselves called a part.
    assert mail.facts == {
        "revision_id": wanted.id,
        "decision_id": decision.id,
        "taken": [
            {"label": "Host’s city, country and region", "of": "", "path": "host", "taken": True},
            {"label": "Cost", "of": "", "path": "cost", "taken": False},
        ],
    }
    assert dbs.scalars(select(Decision.taken).order_by(Decision.id)).all() == [[], ["host"], []]


def test_refused_edit_leaves_the_listing_as_it_is(dbs: Session, submission: Submission, means: Means) -> None:
    approved(dbs, submission, means)
    edit(dbs, submission, LATER, host_city="Lima")
    refuse(dbs, seen(dbs, submission), Said(own="No."), means, actor=MONA, now=LATER)
    dbs.commit()
    assert (submission.state, dbs.scalars(select(Event.host_city)).all()) == ("approved", ["Barcelona"])
    assert mails(dbs)[-1][0] == "edit-refused"


def test_edit_is_laid_over_what_stands_by_now(dbs: Session, submission: Submission, means: Means) -> None:
    approved(dbs, submission, means)
    edit(dbs, submission, NOW, cost="5 EUR")
    standing = approved_revision(dbs, submission)
    assert standing is not None
    changed = replace(read_content(standing), host_city="Lima")
    staff_edit(dbs, submission.id, changed, standing.id, means, actor=ADAM, now=NOW)
    dbs.commit()

    approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)
    dbs.commit()

    assert dbs.execute(select(Event.host_city, Event.cost)).one() == ("Lima", "5 EUR")
    rows = dbs.execute(select(Revision.state, Revision.source).order_by(Revision.number)).tuples().all()
    assert rows == [
        ("superseded", "form"), ("superseded", "form"), ("superseded", "staff"), ("approved", "moderation")
    ]  # fmt: skip


def test_second_moderator_is_told_what_the_first_did(dbs: Session, submission: Submission, means: Means) -> None:
    looked_at = seen(dbs, submission)
    refuse(dbs, looked_at, Said(own="No."), means, actor=ADAM, now=NOW)
    dbs.commit()
    with pytest.raises(DecidedMeanwhileError) as caught:
        approve(dbs, looked_at, means, actor=MONA, now=LATER)
    conflict = caught.value.conflict
    assert (conflict.what, conflict.by, conflict.at) == ("refused", "person:adam", NOW)


def test_newer_revision_of_the_organiser_is_not_decided_on_unseen(
    dbs: Session, submission: Submission, means: Means
) -> None:
    looked_at = seen(dbs, submission)
    edit(dbs, submission, NOW, host_city="Lima")
    with pytest.raises(DecidedMeanwhileError) as caught:
        approve(dbs, looked_at, means, actor=MONA, now=LATER)
    assert (caught.value.conflict.what, caught.value.conflict.by) == ("newer revision", "person:ana")


def test_second_request_for_the_same_changes_to_an_edit_is_a_conflict(
    dbs: Session, submission: Submission, means: Means
) -> None:
    approved(dbs, submission, means)
    edit(dbs, submission, LATER, host_city="Lima")
    looked_at = seen(dbs, submission)
    ask_for_changes(dbs, looked_at, Said(own="Why?"), means, actor=ADAM, now=LATER)
    with pytest.raises(DecidedMeanwhileError):
        ask_for_changes(dbs, looked_at, Said(own="Why?"), means, actor=MONA, now=LATER)
    assert seen(dbs, submission).state == "edit changes requested"


def test_claimed_submission_is_its_moderators_until_handed_over_or_released(
    dbs: Session, submission: Submission, means: Means
) -> None:
    claim(dbs, submission.id, actor=ADAM, now=NOW)
    assert (submission.state, submission.claimed_by) == ("in review", "adam")
    with pytest.raises(DecidedMeanwhileError) as caught:
        claim(dbs, submission.id, actor=MONA, now=LATER)
    assert (caught.value.conflict.what, caught.value.conflict.by) == ("claimed", "person:adam")
    with pytest.raises(DecidedMeanwhileError):
        approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)

    hand_over(dbs, submission.id, "mona", actor=ADAM, now=LATER)
    assert submission.claimed_by == "mona"
    claim(dbs, submission.id, actor=ADAM, take_over=True, now=LATER)
    release(dbs, submission.id, actor=ADAM, now=LATER)
    assert (submission.claimed_by, submission.claimed_at) == (None, None)
    trail = select(AuditEntry.before, AuditEntry.after).where(AuditEntry.action == "claim").order_by(AuditEntry.id)
    assert dbs.execute(trail).tuples().all() == [("", "adam"), ("adam", "mona"), ("mona", "adam"), ("adam", "")]


@pytest.mark.parametrize(
    "actor",
    [
        RITA,
        replace(MONA, regions=frozenset({"africa"})),
        replace(MONA, languages=frozenset({"fr"})),
        Actor("person:ana", "ana"),
    ],
    ids=["reader", "other region", "other language", "contact"],
)
def test_whom_a_submission_is_none_of_cannot_decide(
    dbs: Session, submission: Submission, means: Means, actor: Actor
) -> None:
    with pytest.raises(NotYoursError):
        approve(dbs, seen(dbs, submission), means, actor=actor, now=LATER)
    with pytest.raises(NotYoursError):
        claim(dbs, submission.id, actor=actor, now=LATER)


def test_approval_lists_an_organisation_nobody_had_seen(
    dbs: Session, submission: Submission, means: Means, cast: Cast
) -> None:
    organisation = dbs.get_one(Organisation, cast.a)
    organisation.state = "proposed"
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=LATER)
    assert organisation.state == "listed"


def test_rejected_submission_is_taken_up_again(dbs: Session, submission: Submission, means: Means) -> None:
    with pytest.raises(NotAllowedMoveError):
        reopen(dbs, submission.id, means, actor=MONA, now=NOW)
    refuse(dbs, seen(dbs, submission), Said(own="No."), means, actor=MONA, now=NOW)
    reopen(dbs, submission.id, means, actor=ADAM, now=LATER)
    dbs.commit()
    assert (submission.state, submission.waiting_since) == ("in review", LATER)
    assert {state for _, _, state in mails(dbs)} == {"cancelled"}
    approve(dbs, seen(dbs, submission), means, actor=ADAM, now=LATER)
    assert title(dbs) == ["Care in the city"]


def test_asking_for_changes_twice_from_the_same_page_is_noticed(dbs: Session, cast: Cast, means: Means) -> None:
    submission = propose(dbs, cast, NOW)
    ask_for_changes(dbs, seen(dbs, submission), Said(own="A title, please."), means, actor=MONA, now=NOW)
    page = seen(dbs, submission)
    ask_for_changes(dbs, page, Said(own="And a picture."), means, actor=MONA, now=LATER)
    with pytest.raises(DecidedMeanwhileError):
        ask_for_changes(dbs, page, Said(own="And a picture."), means, actor=MONA, now=LATER)
    assert dbs.scalars(select(Decision.reason).order_by(Decision.id)).all() == ["A title, please.", "And a picture."]


@pytest.mark.parametrize("revisions", [2, 6])
def test_versions_take_a_fixed_number_of_queries(dbs: Session, cast: Cast, means: Means, revisions: int) -> None:
    submission = propose(dbs, cast, NOW)
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    for number in range(1, revisions):
        edit(dbs, submission, LATER, host_city=f"City {number}")
    waiting = waiting_revision(dbs, submission.id)
    assert waiting is not None
    assert waiting.number == revisions
    submission_id, revision_id = submission.id, waiting.id
    dbs.commit()
    dbs.expunge_all()
    submission, waiting = dbs.get_one(Submission, submission_id), dbs.get_one(Revision, revision_id)
    with count_statements(dbs) as so_far:
        base, proposed, standing = versions(dbs, submission, waiting)
        assert so_far() == 2
    dbs.expunge_all()
    submission = dbs.get_one(Submission, submission_id)
    with count_statements(dbs) as so_far:
        assert len(read_item(dbs, submission).revisions) == revisions
        assert so_far() == 21
    assert base is not None
    assert (base, proposed.host_city) == (standing, f"City {revisions - 1}")

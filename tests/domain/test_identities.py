"""Identities: kept on edit and re-import, new on copy, and nothing left out is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.domain.documents.cast import make_event, make_session, wall
from wmd.domain.codes import SeededMint
from wmd.domain.content import EventContent, PanelContent, QuestionContent, SessionContent, SpeakerContent
from wmd.domain.identities import adopt, forget_ids, ids_in, without_claims
from wmd.domain.vocabulary import SessionStatus


def asked(*questions: str) -> tuple[QuestionContent, ...]:
    return tuple(QuestionContent("", {"en": question}) for question in questions)


def panel(title: str, *questions: str) -> PanelContent:
    return PanelContent("", {"en": title}, questions=asked(*questions))


def speaker(title: str, **changes: str) -> SpeakerContent:
    return SpeakerContent("", title={"en": title}, **changes)


def event(*sessions: SessionContent) -> EventContent:
    """Return an event with these sessions, or with one that holds two panels and two speakers."""
    one = make_session(
        panels=(panel("First", "Why?", "How?"), panel("Second", "When?")), speakers=(speaker("Mayor"), speaker("Clerk"))
    )
    return make_event(sessions=sessions or (one,))


def first(content: EventContent) -> SessionContent:
    return content.sessions[0]


@pytest.fixture
def mint() -> SeededMint:
    return SeededMint("identities")


@pytest.fixture
def known(mint: SeededMint) -> EventContent:
    """An event that was handed in before: every part has its id."""
    return adopt(event(), None, mint)


def test_new_content_gets_an_id_for_every_part(known: EventContent) -> None:
    # One session, two panels, three questions, two speakers.
    assert len(ids_in(known)) == 8


def test_same_content_again_is_the_same_value(known: EventContent, mint: SeededMint) -> None:
    assert adopt(event(), known, mint) == known


def test_content_with_its_ids_is_the_same_value(known: EventContent, mint: SeededMint) -> None:
    assert adopt(known, known, mint) == known


def test_session_is_found_by_its_key_wherever_it_stands(known: EventContent, mint: SeededMint) -> None:
    other = make_session(key="other", starts=wall("2021-10-06T10:00"), ends=wall("2021-10-06T11:00"))
    moved = replace(first(event()), starts=wall("2021-10-08T10:00"), ends=wall("2021-10-08T11:30"))

    found = adopt(event(other, moved), known, mint)

    assert found.sessions[1].id == first(known).id
    assert found.sessions[0].id not in ids_in(known)


def test_session_with_another_installations_id_is_found_by_its_key(known: EventContent, mint: SeededMint) -> None:
    foreign = adopt(event(), None, SeededMint("another installation"))

    found = adopt(foreign, known, mint)

    assert found == known


def test_session_of_another_key_is_a_new_one_and_the_old_is_carried_along(
    known: EventContent, mint: SeededMint
) -> None:
    other = make_session(key="other")

    found = adopt(event(other), known, mint)

    assert [session.key for session in found.sessions] == ["other", "main"]
    assert found.sessions[1] == first(known)


def test_session_with_its_id_may_change_its_key(known: EventContent, mint: SeededMint) -> None:
    renamed = replace(first(known), key="renamed")

    found = adopt(event(renamed), known, mint)

    assert [(session.id, session.key) for session in found.sessions] == [(first(known).id, "renamed")]


@pytest.mark.parametrize(("then", "now"), [("", ""), ("", "main"), ("main", "")])
def test_only_session_needs_no_key(mint: SeededMint, then: str, now: str) -> None:
    before = adopt(event(make_session(key=then)), None, mint)

    found = adopt(event(make_session(key=now)), before, mint)

    assert [(session.id, session.key) for session in found.sessions] == [(first(before).id, now)]


def test_session_without_a_key_is_a_new_one_where_there_are_several(mint: SeededMint) -> None:
    two = adopt(event(make_session(key="a"), make_session(key="b")), None, mint)

    assert [session.key for session in adopt(event(make_session(key="")), two, mint).sessions] == ["", "a", "b"]


def test_two_sessions_never_share_an_id(known: EventContent, mint: SeededMint) -> None:
    twice = adopt(event(make_session(), make_session()), known, mint)

    assert first(twice).id == first(known).id
    assert twice.sessions[1].id != first(known).id


def test_panels_in_another_order_keep_their_ids_by_their_titles(known: EventContent, mint: SeededMint) -> None:
    session = first(event())
    turned = replace(session, panels=tuple(reversed(session.panels)))

    found = adopt(event(turned), known, mint)

    assert first(found).panels == tuple(reversed(first(known).panels))


def test_panel_with_another_title_keeps_its_id_by_its_place(known: EventContent, mint: SeededMint) -> None:
    session = first(event())
    retitled = replace(session, panels=(panel("First, as it is called now", "Why?", "How?"), session.panels[1]))

    found = first(adopt(event(retitled), known, mint)).panels

    assert [one.id for one in found] == [one.id for one in first(known).panels]
    assert found[0].questions == first(known).panels[0].questions


def test_question_mended_keeps_its_id_and_one_put_before_it_is_new(known: EventContent, mint: SeededMint) -> None:
    before = first(known).panels[0].questions
    mended = replace(first(event()), panels=(panel("First", "Why not?", "How?"), panel("Second", "Who?", "When?")))

    first_panel, second_panel = first(adopt(event(mended), known, mint)).panels

    assert [one.id for one in first_panel.questions] == [one.id for one in before]
    assert second_panel.questions[1].id == first(known).panels[1].questions[0].id
    assert second_panel.questions[0].id not in ids_in(known)


def test_speaker_keeps_an_id_by_words_and_else_by_place(known: EventContent, mint: SeededMint) -> None:
    mayor, clerk = first(known).speakers
    turned = replace(first(event()), speakers=(speaker("Clerk"), speaker("Mayor")))
    retitled = replace(first(event()), speakers=(speaker("Lord Mayor"), speaker("Clerk")))

    assert first(adopt(event(turned), known, mint)).speakers == (clerk, mayor)
    assert [one.id for one in first(adopt(event(retitled), known, mint)).speakers] == [mayor.id, clerk.id]


def test_part_that_is_left_out_is_gone_and_one_added_is_new(known: EventContent, mint: SeededMint) -> None:
    session = first(event())
    fewer = replace(session, panels=session.panels[1:], speakers=(*session.speakers, speaker("Guest")))

    found = first(adopt(event(fewer), known, mint))

    assert found.panels == first(known).panels[1:]
    assert found.speakers[:2] == first(known).speakers
    assert found.speakers[2].id not in ids_in(known)


def test_copy_gets_ids_of_its_own(known: EventContent, mint: SeededMint) -> None:
    copied = adopt(forget_ids(known, ids_in(known)), None, mint)

    assert len(ids_in(copied)) == 8
    assert ids_in(copied) & ids_in(known) == set()


def test_only_foreign_ids_are_forgotten(known: EventContent) -> None:
    foreign = first(known).panels[0].questions[1].id

    assert ids_in(forget_ids(known, {foreign, "not in it"})) == ids_in(known) - {foreign}
    assert forget_ids(known, {"not in it"}) is known


def test_postponed_session_without_times_keeps_its_place_in_time(known: EventContent, mint: SeededMint) -> None:
    postponed = make_session(status=SessionStatus.POSTPONED, starts=None, ends=None, zone="")

    found = first(adopt(event(postponed), known, mint))

    before = first(known)
    assert (found.id, found.zone, found.starts, found.ends) == (before.id, before.zone, before.starts, before.ends)
    assert found.status is SessionStatus.POSTPONED


def test_postponed_session_with_new_times_takes_them(known: EventContent, mint: SeededMint) -> None:
    days = make_session(
        status=SessionStatus.POSTPONED, all_day=True, starts=None, ends=None,
        starts_on=date(2021, 10, 9), ends_on=date(2021, 10, 10),
    )  # fmt: skip

    found = first(adopt(event(days), known, mint))

    assert (found.starts, found.starts_on, found.ends_on) == (None, date(2021, 10, 9), date(2021, 10, 10))


def test_claims_of_an_export_are_dropped_and_nothing_else(known: EventContent) -> None:
    stamped = replace(
        first(known), code="ABC234", uid="a@example.org", sequence=3,
        created_at=datetime(2021, 9, 1, tzinfo=UTC), last_modified_at=datetime(2021, 9, 2, tzinfo=UTC),
    )  # fmt: skip

    assert without_claims(replace(known, code="XYZ789", sessions=(stamped,))) == known

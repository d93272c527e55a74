"""Differences between two versions of an event, and taking a part of them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.documents.cast import full_event
from wmd.domain.changesets import ABSENT, LABELS, changes, take
from wmd.domain.content import (
    EventContent,
    OrganiserContent,
    PanelContent,
    QuestionContent,
    RegistrationContent,
    SessionContent,
    SpeakerContent,
    TextContent,
)
from wmd.domain.vocabulary import SessionStatus

WORDS = st.sampled_from(["", "care", "water", "night", "bread"])
IDS = ["a", "b", "c", "d"]


def parts(make: st.SearchStrategy[object], prefix: str) -> st.SearchStrategy[tuple[object, ...]]:
    """Some of four parts, in any order, each with its own id."""

    def with_ids(pair: tuple[list[str], list[object]]) -> tuple[object, ...]:
        ids, made = pair
        return tuple(replace(part, id=prefix + id_) for id_, part in zip(ids, made, strict=False))  # type: ignore[type-var]

    ids = st.lists(st.sampled_from(IDS), unique=True, max_size=4)
    return st.tuples(ids, st.lists(make, min_size=4, max_size=4)).map(with_ids)


SPEAKERS = st.builds(SpeakerContent, id=st.just(""), organisation=WORDS)
QUESTIONS = st.builds(QuestionContent, id=st.just(""), text=st.fixed_dictionaries({"en": WORDS}))
PANELS = st.builds(
    PanelContent, id=st.just(""), title=st.fixed_dictionaries({"en": WORDS}), questions=parts(QUESTIONS, "q")
)
SESSIONS = st.builds(
    SessionContent,
    id=st.just(""),
    title=st.fixed_dictionaries({"en": WORDS}),
    zone=st.sampled_from(["UTC", "Europe/Madrid"]),
    starts=st.sampled_from([None, datetime(2021, 10, 7, 15), datetime(2021, 10, 8, 9)]),  # noqa: DTZ001 -- wall time
    panels=parts(PANELS, "p"),
    speakers=parts(SPEAKERS, "s"),
)


@st.composite
def events(draw: st.DrawFn) -> EventContent:
    """A small event that may differ from another in every kind of way."""
    tags = draw(st.lists(st.sampled_from(["en", "es", "fr"]), unique=True, min_size=1))
    texts = {tag: TextContent(draw(WORDS), draw(WORDS), draw(WORDS)) for tag in sorted(tags)}
    return EventContent(
        key="k",
        language=draw(st.sampled_from(tags)),
        texts=texts,
        sessions=draw(parts(SESSIONS, "x")),  # type: ignore[arg-type]
        organisers=(OrganiserContent(draw(st.sampled_from(["a", "b"]))),),
        host_city=draw(WORDS),
        registration=RegistrationContent(url=draw(WORDS)),
        cost=draw(WORDS),
    )


@settings(max_examples=40)
@given(events(), events())
def test_taking_all_gives_what_was_proposed(base: EventContent, proposed: EventContent) -> None:
    assert take(base, proposed, base, [change.path for change in changes(base, proposed)]) == proposed


@settings(max_examples=40)
@given(events(), events(), events())
def test_taking_none_leaves_what_stands(base: EventContent, proposed: EventContent, standing: EventContent) -> None:
    assert take(base, proposed, standing, []) == standing
    assert take(base, proposed, standing, ["no.such.path"]) == standing


@settings(max_examples=40)
@given(events(), events(), st.data())
def test_disjoint_takes_commute(base: EventContent, proposed: EventContent, data: st.DataObject) -> None:
    paths = [change.path for change in changes(base, proposed)]
    first = [path for path in paths if data.draw(st.booleans())]
    rest = [path for path in paths if path not in first]

    one = take(base, proposed, take(base, proposed, base, first), rest)
    other = take(base, proposed, take(base, proposed, base, rest), first)

    assert one == other == proposed


@settings(max_examples=40)
@given(events(), events(), st.data())
def test_what_was_not_taken_still_differs_and_what_was_taken_does_not(
    base: EventContent, proposed: EventContent, data: st.DataObject
) -> None:
    paths = [change.path for change in changes(base, proposed)]
    taken = {path for path in paths if data.draw(st.booleans())}

    left = {change.path for change in changes(take(base, proposed, base, taken), proposed)}

    assert left == set(paths) - taken


@settings(max_examples=40)
@given(events(), events())
def test_every_change_has_a_path_of_its_own(base: EventContent, proposed: EventContent) -> None:
    paths = [change.path for change in changes(base, proposed)]
    assert len(paths) == len(set(paths))
    assert changes(base, base) == []


def test_every_field_of_a_content_can_be_told_apart_from_another() -> None:
    full = full_event()
    empty = EventContent(key="", language="en", texts={"en": TextContent("")}, sessions=(), organisers=())
    assert take(empty, full, empty, [change.path for change in changes(empty, full)]) == full
    named = {field.name for kind in (EventContent, SessionContent, PanelContent) for field in fields(kind)}
    assert {label for label in LABELS.values() if not label} == set()
    assert named >= {"texts", "sessions", "panels"}


def plain() -> EventContent:
    session = SessionContent(id="s1", zone="Europe/Madrid", title={"en": "Main"}, starts=datetime(2021, 10, 7, 15))  # noqa: DTZ001
    return EventContent(
        key="one", language="en", texts={"en": TextContent("Care", "Talk")}, sessions=(session,),
        organisers=(OrganiserContent("a"),),
    )  # fmt: skip


def test_time_and_zone_of_a_session_are_one_change() -> None:
    base = plain()
    moved = replace(base.sessions[0], zone="America/Lima", starts=datetime(2021, 10, 8, 9))  # noqa: DTZ001
    (change,) = changes(base, replace(base, sessions=(moved,)))
    assert (change.path, change.label, change.kind, change.of) == (
        "sessions.s1.time", "Date, time and zone", "changed", "Main"
    )  # fmt: skip
    assert (change.before[0], change.after[0]) == ("Europe/Madrid", "America/Lima")


def test_added_and_removed_parts_are_named_by_their_words() -> None:
    base = plain()
    new = SessionContent(id="s2", title={"en": "Workshop"})
    found = changes(
        base, replace(base, sessions=(*base.sessions, new), texts={**base.texts, "es": TextContent("Hola")})
    )
    assert [(one.path, one.kind, one.of, one.before) for one in found] == [
        ("texts.es", "added", "es", ABSENT),
        ("sessions.s2", "added", "Workshop", ABSENT),
    ]


def test_new_original_language_brings_its_texts_along() -> None:
    base = plain()
    proposed = replace(base, language="es", texts={"es": TextContent("Cuidados")})
    (change,) = changes(base, proposed)
    assert change.path == "language"
    assert take(base, proposed, base, ["language"]) == proposed


def test_taking_over_a_version_that_moved_on_keeps_both() -> None:
    base = plain()
    proposed = replace(base, cost="10 EUR", host_city="Lima")
    standing = replace(
        base, cost="5 EUR", capacity=40, sessions=(replace(base.sessions[0], status=SessionStatus.CANCELLED),)
    )
    assert take(base, proposed, standing, ["host"]) == replace(standing, host_city="Lima")
    assert take(base, proposed, standing, ["cost"]).cost == "10 EUR"

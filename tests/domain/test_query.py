from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.domain.random_programme import random_programme
from tests.factories import code, make_edition, make_event, make_programme, make_session
from wmd.domain.agenda import related
from wmd.domain.filters import MAX_PAGE, TRACKING, Kind, canonical_tag
from wmd.domain.index import MAX_ZONES, Index, is_upcoming, local_days, spans_days
from wmd.domain.programme import EventView, Programme, SeriesView, SessionView
from wmd.domain.query import FACETS, BadQuery, FacetCount, Query, Selection, find, parse, select
from wmd.domain.search import haystack, matches, terms
from wmd.domain.vocabulary import EventFormat, SessionStatus

ZONE_NAMES = {"europe/madrid": "Europe/Madrid", "asia/tokyo": "Asia/Tokyo", "asia/calcutta": "Asia/Kolkata"}
NOW = datetime(2021, 10, 12, 9, 30, tzinfo=UTC)


def canonical_zone(name: str) -> str | None:
    return ZONE_NAMES.get(name.lower())


def read(
    *args: tuple[str, str], programme: Programme | None = None, kind: Kind = "page", ignored: Sequence[str] = ()
) -> Query:
    return parse(args, programme or make_programme(), kind=kind, canonical_zone=canonical_zone, ignored=ignored)


def wall(*parts: int) -> datetime:
    year, month, day, *time = parts
    return datetime(year, month, day, *time)  # noqa: DTZ001 -- wall time


def refusal(*args: tuple[str, str], programme: Programme | None = None, kind: Kind = "page") -> tuple[str, str]:
    with pytest.raises(BadQuery) as caught:
        read(*args, programme=programme, kind=kind)
    return caught.value.parameter, caught.value.value


# The address


def test_parse_with_everything_writes_canonical_order() -> None:
    programme = replace(make_programme(), series={"metrotalks": SeriesView("metrotalks", "MetroTalks", "")})
    query = read(
        ("page", "3"), ("upcoming", "1"), ("tz", "europe/madrid"), ("q", "  care   and equity "),
        ("series", "metrotalks"), ("sdg", "11"), ("sdg", "5"), ("organisation", "zrg222"),
        ("organiser", "academia"), ("country", "es"),
        ("region", "europe"), ("sign", "ASE"), ("captions", "en"), ("interpretation", "fr"), ("language", "ES-mx"),
        ("language", "en"), ("language", "en"), ("format", "online"), ("day", "2021-10-08"), ("day", "2021-10-07"),
        ("topic", "gender-equality"),
        programme=programme,
    )  # fmt: skip
    assert query.canonical() == [
        ("topic", "gender-equality"), ("day", "2021-10-07"), ("day", "2021-10-08"), ("format", "online"),
        ("language", "en"), ("language", "es-MX"), ("interpretation", "fr"), ("captions", "en"), ("sign", "ase"),
        ("region", "europe"), ("country", "ES"), ("organiser", "academia"), ("organisation", "ZRG222"), ("sdg", "5"),
        ("sdg", "11"), ("series", "metrotalks"), ("q", "care and equity"), ("tz", "Europe/Madrid"), ("upcoming", "1"),
        ("page", "3"),
    ]  # fmt: skip
    assert read(*query.canonical(), programme=programme) == query


def test_parse_in_any_order_gives_equal_hashable_queries() -> None:
    one = read(("topic", "gender-equality"), ("language", "en"))
    other = read(("language", "en"), ("topic", "gender-equality"), ("utm_source", "x"), ("page", "1"))
    assert one == other
    assert len({one, other}) == 1


@pytest.mark.parametrize("name", [*sorted(TRACKING), "utm_source", "utm_anything"])
def test_tracking_parameter_of_any_kind_is_ignored(name: str) -> None:
    assert read((name, "\0" * 500), kind="feed") == Query()


def test_empty_value_as_a_form_sends_it_asks_nothing() -> None:
    assert read(*[(name, " ") for name in (*FACETS, "q", "tz", "upcoming", "page")]) == Query()


def test_parameter_of_the_caller_is_skipped() -> None:
    assert read(("version", "7"), ignored=("version",)) == Query()
    assert refusal(("version", "7")) == ("version", "7")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("topics", "gender-equality"),
        ("topic", "no-such"),
        ("topic", "Gender-Equality"),
        ("day", "2021-13-01"),
        ("day", "20211007"),
        ("day", "2021-W40-4"),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
        ("day", "2021-08-01"),
        ("day", "2021-12-31"),
        ("format", "offline"),
        ("language", "english"),
        ("language", "qq"),
        ("language", "e"),
        ("language", "en_GB"),
        ("region", "mars"),
        ("country", "ZZ"),
        ("country", "Spain"),
        ("organiser", "church"),
        ("organisation", "QQQQQQ"),
        ("sdg", "0"),
        ("sdg", "18"),
        ("sdg", "011"),
        ("series", "no-such"),
        ("tz", "Mars/Olympus"),
        ("upcoming", "0"),
        ("upcoming", "true"),
        ("page", "0"),
        ("page", "-1"),
        ("page", "1.0"),
        ("page", "٣"),
        ("page", str(MAX_PAGE + 1)),
        ("page", "1" + "0" * 20),
    ],
)
def test_value_that_was_never_valid_is_named(name: str, value: str) -> None:
    assert refusal(("q", "care"), (name, value)) == (name, value)


@pytest.mark.parametrize(
    "raw", ["a\0b", "a\tb", "a\nb", "a\x7fb", "a\u2028b", "a\ud800b"], ids=["nul", "tab", "lf", "del", "ls", "half"]
)
def test_unreadable_characters_are_refused_and_shown_without_them(raw: str) -> None:
    assert refusal(("q", raw)) == ("q", "a\N{REPLACEMENT CHARACTER}b")


def test_joiners_inside_words_are_read() -> None:
    assert read(("q", "می\u200cشود")).q == "می\u200cشود"


def test_overlong_value_is_refused_and_cut_where_it_is_shown() -> None:
    assert read(("q", "a" * 100)).q == "a" * 100
    assert refusal(("q", "a" * 101)) == ("q", "a" * 60 + "…")
    assert refusal(("x" * 60_000, "y" * 60_000)) == ("x" * 60 + "…", "y" * 60 + "…")


def test_five_hundred_values_are_refused() -> None:
    assert refusal(*[("topic", "gender-equality")] * 500) == ("topic", "gender-equality")
    assert read(*[("topic", "gender-equality")] * 40).canonical() == [("topic", "gender-equality")]


def test_scalar_given_twice_is_refused_unless_it_is_the_same() -> None:
    assert refusal(("q", "a"), ("q", "b")) == ("q", "b")
    assert read(("tz", "europe/madrid"), ("tz", "Europe/Madrid")).tz == "Europe/Madrid"


@pytest.mark.parametrize("kind", ["feed", "export"])
@pytest.mark.parametrize("pair", [("upcoming", "1"), ("page", "2"), ("page", "")])
def test_what_only_a_page_has_is_refused_elsewhere(kind: Kind, pair: tuple[str, str]) -> None:
    assert refusal(pair, kind=kind)[0] == pair[0]


def test_refusal_has_a_reason_to_show() -> None:
    with pytest.raises(BadQuery) as caught:
        read(("day", "today"))
    assert caught.value.reason == "This is not a day of this programme, written like 2021-10-07."
    assert str(caught.value) == f"day=today: {caught.value.reason}"


def test_topic_and_organisation_stay_valid_when_retired() -> None:
    programme = make_programme()
    retired = replace(
        programme,
        topics=tuple(topic._replace(retired=True) for topic in programme.topics),
        organisations={key: each._replace(retired=True) for key, each in programme.organisations.items()},
    )
    asked = (("topic", "gender-equality"), ("organisation", "ZRG222"))
    assert read(*asked, programme=retired, kind="feed") == read(*asked, programme=programme, kind="feed")


def test_day_margin_is_sixty_days_around_the_window() -> None:
    assert read(("day", "2021-08-02")).values("day") == ("2021-08-02",)
    assert refusal(("day", "2021-08-01"))[0] == "day"
    assert read(("day", "2021-12-30")).values("day") == ("2021-12-30",)


def test_day_around_a_session_outside_the_window_is_valid() -> None:
    moved = make_event(1, sessions=[make_session(1, starts=wall(2022, 3, 1, 10))])
    assert read(("day", "2022-03-01"), programme=make_programme([moved])).values("day") == ("2022-03-01",)


def test_day_of_an_edition_near_the_ends_of_the_calendar_is_no_error() -> None:
    edition = make_edition(window_from=date(1, 1, 1), window_to=date(9999, 12, 31))
    assert read(("day", "9999-12-31"), programme=make_programme([], edition=edition)).values("day") == ("9999-12-31",)


def test_language_outside_the_lists_is_valid_when_the_programme_has_it() -> None:
    programme = make_programme([make_event(1, signed=("qaa-x",), spoken=("qab-Latn",))])
    assert read(("language", "qab"), programme=programme).values("language") == ("qab",)
    assert refusal(("language", "qaa"), programme=programme) == ("language", "qaa")


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [("EN", "en"), ("ZH-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("ca-VALENCIA", "ca-valencia"), ("sgn", "sgn")],
)
def test_canonical_tag_has_the_usual_letter_case(tag: str, canonical: str) -> None:
    assert canonical_tag(tag) == canonical


def test_to_string_writes_spaces_as_percent_twenty_and_keeps_slashes() -> None:
    query = read(("tz", "Europe/Madrid"), ("q", "care & más"))
    assert query.to_string() == "q=care%20%26%20m%C3%A1s&tz=Europe/Madrid"
    assert query.to_string(page=2, q=None) == "tz=Europe/Madrid&page=2"
    assert query.to_string(topic=["b", "a"], language="en", q="", tz="") == "topic=a&topic=b&language=en"
    assert Query().to_string() == ""


def test_changed_with_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        Query().changed(colour="red")


def test_with_toggled_adds_then_removes_and_goes_to_the_first_page() -> None:
    query = read(("topic", "gender-equality"), ("page", "4"))
    more = query.with_toggled("topic", "equity-in-health-and-care")
    assert more.canonical() == [("topic", "equity-in-health-and-care"), ("topic", "gender-equality")]
    assert more.with_toggled("topic", "equity-in-health-and-care") == read(("topic", "gender-equality"))


def test_without_leaves_all_else() -> None:
    query = read(("topic", "gender-equality"), ("language", "en"), ("q", "x"), ("page", "4"))
    assert query.without("topic").canonical() == [("language", "en"), ("q", "x")]
    assert query.without("q").canonical() == [("topic", "gender-equality"), ("language", "en")]


def test_for_feed_drops_what_moves_and_names_the_zone_of_a_day() -> None:
    page = read(("topic", "gender-equality"), ("upcoming", "1"), ("page", "2"))
    assert page.for_feed("Asia/Tokyo").canonical() == [("topic", "gender-equality")]
    dated = read(("day", "2021-10-07"))
    assert dated.for_feed("Asia/Tokyo").canonical() == [("day", "2021-10-07"), ("tz", "Asia/Tokyo")]
    assert read(("day", "2021-10-07"), ("tz", "Europe/Madrid")).for_feed("Asia/Tokyo").tz == "Europe/Madrid"


@pytest.mark.parametrize(
    ("args", "plain"),
    [((), True), ((("tz", "asia/tokyo"), ("page", "2")), True), ((("q", "a"),), False), ((("upcoming", "1"),), False)],
)
def test_is_plain_when_nothing_narrows(args: tuple[tuple[str, str], ...], plain: bool) -> None:
    assert read(*args).is_plain is plain


# The selection, against a reading of the rules without any index


def naive_days(session: SessionView, zone: str) -> set[str]:
    if session.all_day:
        count = (session.ends_on - session.starts_on).days + 1
        return {(session.starts_on + timedelta(days=each)).isoformat() for each in range(count)}
    starts, ends = session.starts_at.astimezone(ZoneInfo(zone)), session.ends_at.astimezone(ZoneInfo(zone))
    if session.ends_at - session.starts_at < timedelta(hours=24):
        return {starts.date().isoformat()}
    last = ends.date() - timedelta(days=1) if ends.time().isoformat() == "00:00:00" else ends.date()
    return {(starts.date() + timedelta(days=each)).isoformat() for each in range((last - starts.date()).days + 1)}


def naive_values(event: EventView, session: SessionView, facet: str, zone: str) -> set[str]:
    by_language = {
        "language": event.spoken,
        "interpretation": event.interpreted,
        "captions": event.captioned,
        "sign": event.signed,
    }
    if facet in by_language:
        return {found for tag in by_language[facet] for found in (tag, tag.split("-")[0])}
    venue = [event.venue.country] if event.venue else []
    return {
        "topic": set(event.topics),
        "day": naive_days(session, zone) if facet == "day" else set(),
        "format": {str(event.format)},
        "region": {event.region},
        "country": {country for country in [event.host_country, *venue] if country},
        "organiser": {organiser.kind for organiser in event.organisers},
        "organisation": {organiser.code for organiser in event.organisers},
        "sdg": {str(number) for number in event.sdgs},
        "series": {event.series} if event.series else set(),
    }[facet]


class Naive:
    """The rules of filtering, read off word by word: slow and plain."""

    def __init__(self, programme: Programme, zone: str, now: datetime) -> None:
        self.now = now
        self.pairs = list(zip(programme.sessions, programme.owners, strict=True))
        self.values = [
            {facet: naive_values(event, session, facet, zone) for facet in FACETS} for session, event in self.pairs
        ]
        self.hay = {event.code: haystack(event, {topic.slug: topic.name for topic in programme.topics}
            | {each.slug: each.name for each in programme.series.values()}) for _, event in self.pairs}  # fmt: skip
        self.retired = {topic.slug for topic in programme.topics if topic.retired}
        self.retired |= {key for key, each in programme.organisations.items() if each.retired}

    def found(self, query: Query, leave_out: str = "") -> list[int]:
        return [place for place in range(len(self.pairs)) if self.fits(place, query, leave_out)]

    def fits(self, place: int, query: Query, leave_out: str) -> bool:
        session, event = self.pairs[place]
        if query.upcoming:
            ended = session.status == "scheduled" and session.ends_at <= self.now
            if session.status == "cancelled" or ended:
                return False
        if query.q and not (terms(query.q) and matches(terms(query.q), self.hay[event.code])):
            return False
        asked = [(facet, chosen) for facet, chosen in query.facets if facet != leave_out]
        return all(self.values[place][facet].intersection(chosen) for facet, chosen in asked)

    def counts(self, query: Query, facet: str) -> dict[str, FacetCount]:
        events: dict[str, set[str]] = {value: set() for value in query.values(facet)}
        for place in self.found(query, leave_out=facet):
            for value in self.values[place][facet]:
                events.setdefault(value, set()).add(self.pairs[place][1].code)
        chosen = query.values(facet)
        return {
            value: FacetCount(value, len(codes), value in chosen)
            for value, codes in events.items()
            if value in chosen or value not in self.retired
        }


def random_query(dice: random.Random, naive: Naive) -> Query:
    changes: dict[str, object] = {}
    for facet in dice.sample(FACETS, k=dice.choice((0, 1, 1, 2, 3))):
        present = sorted({value for values in naive.values for value in values[facet]})
        changes[facet] = dice.sample(present, k=min(len(present), dice.choice((1, 1, 2, 3))))
    if dice.random() < 0.3:
        changes["q"] = dice.choice(("care", "montreal", "سكن", "城", '"care montreal"', "strasse mobi", "!!"))
    return Query().changed(**changes, upcoming=dice.random() < 0.4)


@pytest.fixture(scope="module")
def large() -> tuple[Programme, Index]:
    programme = random_programme(1000)
    return programme, Index.build(programme)


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Pacific/Kiritimati", "Asia/Kathmandu"])
def test_selection_of_a_thousand_events_agrees_with_the_rules_read_plainly(
    large: tuple[Programme, Index], zone: str
) -> None:
    programme, index = large
    naive = Naive(programme, zone, NOW)
    dice = random.Random(zone)  # noqa: S311 -- test data
    for query in [Query(), Query().changed(upcoming=True), *(random_query(dice, naive) for _ in range(40))]:
        selection = select(programme, index, query, zone=zone, now=NOW)
        expected = naive.found(query)
        assert list(selection.positions) == expected, query
        assert selection.total == len({programme.owners[place].code for place in expected}), query
        for facet in FACETS:
            counted = {choice.value: choice for choice in selection.facet_counts[facet]}
            assert counted == naive.counts(query, facet), (facet, query)


def test_every_choice_offered_is_a_valid_address(large: tuple[Programme, Index]) -> None:
    programme, index = large
    selection = select(programme, index, Query(), zone="Europe/Madrid", now=None)
    for facet, choices in selection.facet_counts.items():
        assert choices
        for choice in choices:
            assert read((facet, choice.value), programme=programme, kind="feed").values(facet) == (choice.value,)


def test_choices_keep_their_order_while_somebody_filters(large: tuple[Programme, Index]) -> None:
    programme, index = large
    plain = select(programme, index, Query(), zone="Europe/Madrid", now=None).facet_counts
    narrow = select(programme, index, Query().changed(topic="gender-equality"), zone="Europe/Madrid", now=None)
    for facet, choices in narrow.facet_counts.items():
        order = [choice.value for choice in plain[facet]]
        found = [choice.value for choice in choices if choice.value in order]
        assert found == sorted(found, key=order.index)


def chosen(selection: Selection, facet: str) -> list[tuple[str, int, bool]]:
    return [tuple(choice) for choice in selection.facet_counts[facet]]


def test_counts_leave_their_own_facet_out() -> None:
    programme = make_programme([make_event(1), make_event(2, format=EventFormat.HYBRID, spoken=("es",))])
    query = Query().changed(format="online", language="en")
    selection = select(programme, Index.build(programme), query, zone="UTC", now=None)
    assert chosen(selection, "format") == [("online", 1, True)]
    assert chosen(selection, "language") == [("en", 1, True)]
    only_format = select(programme, Index.build(programme), query.without("language"), zone="UTC", now=None)
    assert chosen(only_format, "format") == [("online", 1, True), ("hybrid", 1, False)]
    assert chosen(only_format, "language") == [("en", 1, False)]


def test_event_with_several_sessions_counts_once() -> None:
    sessions = [make_session(each, starts=wall(2021, 10, each, 10), event_code=code(1)) for each in (6, 7)]
    programme = make_programme([make_event(1, sessions=sessions)])
    selection = select(programme, Index.build(programme), Query(), zone="Europe/Madrid", now=None)
    assert (selection.positions, selection.total) == ((0, 1), 1)
    assert chosen(selection, "topic") == [("public-space-and-housing", 1, False)]
    assert chosen(selection, "day") == [("2021-10-06", 1, False), ("2021-10-07", 1, False)]


def test_retired_and_empty_choices_show_only_when_chosen() -> None:
    programme = make_programme()
    retired = replace(programme, topics=tuple(topic._replace(retired=True) for topic in programme.topics))
    index = Index.build(retired)
    assert chosen(select(retired, index, Query(), zone="UTC", now=None), "topic") == []
    query = Query().changed(topic=["gender-equality", "public-space-and-housing"], country="AR")
    selection = select(retired, index, query, zone="UTC", now=None)
    assert chosen(selection, "topic") == [("public-space-and-housing", 0, True), ("gender-equality", 0, True)]
    assert chosen(selection, "country") == [("ES", 1, False), ("AR", 0, True)]
    assert (selection.positions, selection.total) == ((), 0)


def test_day_is_read_in_the_querys_zone_before_the_viewers() -> None:
    late = make_event(1, sessions=[make_session(1, starts=wall(2021, 10, 7, 23, 30))])
    programme = make_programme([late])
    index = Index.build(programme)
    query = Query().changed(day="2021-10-08")
    assert select(programme, index, query, zone="Europe/Madrid", now=None).total == 0
    assert select(programme, index, query, zone="Asia/Tokyo", now=None).total == 1
    assert select(programme, index, query.changed(tz="Asia/Tokyo"), zone="Europe/Madrid", now=None).total == 1


def test_local_days_of_a_short_night_is_its_first_and_of_a_long_one_all() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    evening = wall(2021, 10, 7, 22)
    assert local_days(make_session(starts=evening, minutes=180), madrid) == (date(2021, 10, 7), date(2021, 10, 7))
    to_midnight, past = make_session(starts=evening, minutes=26 * 60), make_session(starts=evening, minutes=26 * 60 + 1)
    assert local_days(to_midnight, madrid) == (date(2021, 10, 7), date(2021, 10, 8))
    assert local_days(past, madrid) == (date(2021, 10, 7), date(2021, 10, 9))
    assert [spans_days(each) for each in (to_midnight, make_session(minutes=1439))] == [True, False]


def test_all_day_session_keeps_its_dates_in_every_zone() -> None:
    days = date(2021, 10, 4), date(2021, 10, 8)
    session = make_session(starts=wall(2021, 10, 4), minutes=5 * 1440, all_day=True, starts_on=days[0], ends_on=days[1])
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert local_days(session, ZoneInfo(zone)) == days


def test_upcoming_keeps_postponed_and_drops_cancelled_and_ended() -> None:
    states = [SessionStatus.SCHEDULED, SessionStatus.POSTPONED, SessionStatus.CANCELLED]
    programme = make_programme([make_event(n, sessions=[make_session(n, status=s)]) for n, s in enumerate(states)])
    index = Index.build(programme)
    end = programme.sessions[0].ends_at
    query = Query().changed(upcoming=True)
    before = select(programme, index, query, zone="UTC", now=end - timedelta(microseconds=1))
    assert before.positions == (0, 1)
    assert before.valid_until == end
    after = select(programme, index, query, zone="UTC", now=end)
    assert (after.positions, after.valid_until) == ((1,), None)
    for now in (end - timedelta(microseconds=1), end):
        expected = tuple(at for at, session in enumerate(programme.sessions) if is_upcoming(session, now))
        assert select(programme, index, query, zone="UTC", now=now).positions == expected


def test_valid_until_walks_through_every_change_of_a_state() -> None:
    programme = make_programme()
    session = programme.sessions[0]
    index = Index.build(programme)
    now = session.starts_at - timedelta(days=2)
    seen = []
    while (change := select(programme, index, Query(), zone="UTC", now=now).valid_until) is not None:
        seen.append(change)
        now = change
    assert seen == [session.starts_at - timedelta(hours=1), session.starts_at, session.ends_at]


def test_valid_until_is_the_earliest_over_many_sessions(large: tuple[Programme, Index]) -> None:
    programme, index = large
    for hours in range(0, 31 * 24, 7):
        now = datetime(2021, 10, 1, tzinfo=UTC) + timedelta(hours=hours)
        turns = [
            turn
            for session in programme.sessions
            if session.status is SessionStatus.SCHEDULED
            for turn in (session.starts_at - timedelta(hours=1), session.starts_at, session.ends_at)
            if turn > now
        ]
        assert select(programme, index, Query(), zone="UTC", now=now).valid_until == min(turns)


def test_valid_until_of_upcoming_counts_sessions_outside_the_selection() -> None:
    early = make_event(1, sessions=[make_session(1, starts=wall(2021, 10, 7, 10))])
    programme = make_programme([early, make_event(2, topics=("gender-equality",))])
    query = Query().changed(topic="gender-equality", upcoming=True)
    now = programme.sessions[0].starts_at
    selection = select(programme, Index.build(programme), query, zone="UTC", now=now)
    assert selection.positions == (1,)
    assert selection.valid_until == programme.sessions[0].ends_at


def test_search_for_nothing_but_signs_finds_nothing() -> None:
    programme = make_programme()
    assert select(programme, Index.build(programme), Query(q="!?"), zone="UTC", now=None).total == 0


def test_empty_programme_has_no_choices() -> None:
    programme = make_programme([])
    selection = select(programme, Index.build(programme), Query(), zone="UTC", now=NOW)
    assert (selection.positions, selection.total, selection.valid_until) == ((), 0, None)
    assert all(choices == [] for choices in selection.facet_counts.values())


def test_index_forgets_the_zone_asked_longest_ago() -> None:
    programme = make_programme()
    index = Index.build(programme)
    first, *others = sorted(available_timezones())[: MAX_ZONES + 1]
    remembered = index.days(first)
    assert index.days(first) is remembered
    for zone in others:
        index.days(zone)
    assert index.days(others[0]) is index.days(others[0])
    assert index.days(first) is not remembered


def test_index_takes_over_the_folded_text_of_what_did_not_change() -> None:
    same, old = make_event(1), make_event(2, title="Old words")
    before = Index.build(make_programme([same, old]))
    kept = before.haystacks()[0]
    after = Index.build(make_programme([same, make_event(2, title="New words")]), before)
    assert after.haystacks()[0] is kept
    assert after.search("new") == 0b10
    assert after.search("old") == 0
    third = Index.build(make_programme([same]), Index.build(make_programme([same, old]), after))
    assert third.haystacks()[0] is kept


def test_index_built_on_an_earlier_one_finds_the_same() -> None:
    before = [make_event(number, topics=("gender-equality",), host_country="ES") for number in range(1, 9)]
    earlier = Index.build(make_programme(before))
    earlier.haystacks()
    changed = make_event(3, title="Quite new words", topics=("sustainable-economy",), host_country="FR", spoken=("fr",))
    added = make_event(99, topics=("gender-equality",))
    for events in (
        [*before[:2], changed, *before[3:]],
        [added, *before],
        [*before[:4], *before[5:]],
        [*before[:2], changed, *before[4:], added],
    ):
        programme = make_programme(events)
        fresh, built_on = Index.build(programme), Index.build(programme, earlier)

        for asked in (
            Query(),
            Query().changed(topic="gender-equality"),
            Query().changed(country="FR"),
            Query().changed(q="quite new"),
            Query().changed(language="fr", topic=("gender-equality", "sustainable-economy")),
        ):
            found = [
                select(programme, index, asked, zone="UTC", now=datetime(2021, 10, 1, tzinfo=UTC))
                for index in (fresh, built_on)
            ]
            assert found[0] == found[1]
        assert {e.code for e in related(built_on, events[0], datetime(2021, 10, 1, tzinfo=UTC))} == {
            e.code for e in related(fresh, events[0], datetime(2021, 10, 1, tzinfo=UTC))
        }


def test_new_name_of_an_organisation_is_found_in_events_that_stay_as_they_are() -> None:
    before = make_programme([make_event(1), make_event(2)])
    index = Index.build(before)
    assert index.search("Zhuwan") == 0
    (code, organisation), *_ = before.organisations.items()
    named = organisation._replace(names={"en": "Example City", "zh": "Zhuwan"})
    after = replace(before, organisations={code: named}, version=2)
    assert Index.build(after, index).search("Zhuwan") == 0b11


def test_what_is_coming_is_remembered_only_until_something_ends() -> None:
    events = [make_event(number, sessions=[make_session(number, minutes=30 * number)]) for number in (1, 2, 3)]
    index = Index.build(make_programme(events))
    starts_at = events[0].sessions[0].starts_at

    seen = [
        index.coming(starts_at + timedelta(minutes=minutes)).bit_count() for minutes in (0, 29, 30, 31, 60, 95, 10, 0)
    ]

    assert seen == [3, 3, 2, 2, 1, 0, 3, 3]


@pytest.mark.parametrize("seed", range(6))
def test_feeds_find_the_same_as_pages(seed: int) -> None:
    programme = random_programme(60, seed) if seed else make_programme()
    index = Index.build(programme)
    asked = [
        Query(),
        Query().changed(topic="gender-equality"),
        Query().changed(region=("europe", "africa"), language="es"),
        Query().changed(day="2021-10-07"),
        Query().changed(day=("2021-10-06", "2021-10-08"), format="online", tz="Pacific/Auckland"),
        Query().changed(q="care"),
    ]

    for query in asked:
        counted = select(programme, index, query, zone="Europe/Madrid", now=None)
        assert tuple(find(programme, index, query, zone="Europe/Madrid")) == counted.positions


def test_places_of_few_and_of_many_are_in_order() -> None:
    index = Index.build(make_programme([make_event(number) for number in range(1, 101)]))

    few, many = (1 << 3) | (1 << 97), index.all_events & ~1

    assert (index.places(few), index.places(many), index.places(0)) == ([3, 97], list(range(1, 100)), [])

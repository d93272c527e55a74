"""The feed of an edition over HTTP: headers, conditions, encodings, and exactly the sessions its address names."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from tests.conftest import LEAD_STARTED_AT, Databases
from tests.web.machine import Machine, entries, machine_on
from wmd.domain.filters import FACETS, parse
from wmd.domain.ical import strict
from wmd.domain.query import select
from wmd.domain.zones import canonical

FEED = "/2021/calendar.ics"
PUBLISHED = "Fri, 01 Oct 2021 08:00:00 GMT"
CACHED = "public, max-age=900, stale-if-error=86400"


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The demonstration, only read by the tests of this file; its clock stands a minute into the lead event."""
    folder = tmp_path_factory.mktemp("feeds")
    with machine_on(databases.copy("sqlite", folder, demo=True), folder) as found:
        yield found


# What an answer says about itself.


@pytest.mark.parametrize("warm", [False, True])
def test_feed_has_the_headers_that_calendars_and_shared_caches_need(demo: Machine, warm: bool) -> None:
    path = f"{FEED}?topic=gender-equality&q=care" if warm else FEED
    if warm:
        demo.get(path)
    response = demo.get(path, Cookie="wmd_zone=Asia/Tokyo; session=nobody", Accept_Language="es")

    headers = {name: value for name, value in response.headers.items() if name not in {"X-Request-ID", "ETag"}}
    assert response.status == "200 OK"
    assert headers == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="world-metropolitan-day-2021.ics"',
        "Content-Length": str(len(response.get_data())),
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified",
        "Cache-Control": CACHED,
        "Last-Modified": PUBLISHED,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    assert re.fullmatch(r'"[0-9a-f]{24}"', response.headers["ETag"])


def test_last_modified_is_the_last_publication_of_the_edition(demo: Machine) -> None:
    assert demo.programme().published_at.strftime("%a, %d %b %Y %H:%M:%S GMT") == PUBLISHED
    assert {demo.get(f"{FEED}{query}").headers["Last-Modified"] for query in ("", "?sdg=5", "?q=nothing+has+this")} == {
        PUBLISHED
    }


def test_head_says_what_get_says_without_the_body(demo: Machine) -> None:
    got, headed = demo.get(FEED), demo.get(FEED, method="HEAD")

    assert headed.status == "200 OK"
    assert headed.get_data() == b""
    assert _lasting(headed.headers) == _lasting(got.headers)


def _lasting(headers: object) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "X-Request-ID"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "zipped"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("*", True),
        ("deflate, gzip;q=0.8, br;q=1.0", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0.5, identity", False),
        ("*;q=0", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=many", False),
    ],
)
def test_feed_is_compressed_only_when_asked(demo: Machine, asked: str, zipped: bool) -> None:
    plain = demo.get(FEED)
    headers = {"Accept_Encoding": asked} if asked else {}
    response = demo.get(FEED, **headers)

    assert response.headers.get("Content-Encoding") == ("gzip" if zipped else None)
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Content-Length"] == str(len(response.get_data()))
    body = gzip.decompress(response.get_data()) if zipped else response.get_data()
    assert body == plain.get_data()
    assert (response.headers["ETag"] == plain.headers["ETag"]) is not zipped


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{etag}", "W/{etag}", '"other", W/{etag}', '"a,b" , {etag}', "*", " * "])
def test_what_the_client_holds_is_not_sent_again(demo: Machine, form: str, method: str, encoding: str) -> None:
    full = demo.get(FEED, Accept_Encoding=encoding)
    held = form.format(etag=full.headers["ETag"])
    response = demo.get(FEED, method=method, Accept_Encoding=encoding, If_None_Match=held)

    assert response.status_code == 304
    assert response.get_data() == b""
    assert _lasting(response.headers) == {
        "ETag": full.headers["ETag"],
        "Last-Modified": PUBLISHED,
        "Cache-Control": CACHED,
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified",
    }


def test_etag_of_another_selection_or_encoding_is_not_taken(demo: Machine) -> None:
    etags = {
        demo.get(f"{FEED}?topic=gender-equality").headers["ETag"],
        demo.get(FEED, Accept_Encoding="gzip").headers["ETag"],
        '"nonsense"',
        "nonsense",
        "",
    }
    assert {demo.get(FEED, If_None_Match=etag).status_code for etag in etags} == {200}


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (PUBLISHED, 304),
        ("Fri, 01 Oct 2021 08:00:01 GMT", 304),
        ("Fri, 01 Oct 2021 07:59:59 GMT", 200),
        ("yesterday", 200),
    ],
)
def test_if_modified_since_decides_where_no_etag_is_sent(demo: Machine, since: str, status: int) -> None:
    response = demo.get(FEED, If_Modified_Since=since)
    assert response.status_code == status
    assert (response.get_data() == b"") is (status == 304)


def test_etag_goes_before_the_date(demo: Machine) -> None:
    assert demo.get(FEED, If_None_Match='"other"', If_Modified_Since=PUBLISHED).status_code == 200


def test_feed_is_never_limited(demo: Machine) -> None:
    paths = [FEED, f"{FEED}?language=es", "/2021/feeds/region-europe.ics", "/feeds/series-metrotalks.ics"]
    answers = [demo.get(paths[number % 4]).status_code for number in range(200)]
    assert answers == [200] * 200


def test_feed_address_is_answered_where_it_is(demo: Machine) -> None:
    spellings = ["?language=es&topic=gender-equality", "?topic=gender-equality&language=es", "?topic=gender-equality&"]
    spellings += ["?utm_source=letter&language=es", "?tz=Europe/Madrid"]
    assert [demo.get(FEED + query).status_code for query in spellings] == [200] * 5


# What an address may ask.


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("colour=red", "colour=red\nThere is no filter of this name."),
        ("topic=gardening", "topic=gardening\nThere is no such topic."),
        ("topic=Gender-Equality", "topic=Gender-Equality\nThere is no such topic."),
        ("day=2021-02-30", "day=2021-02-30\nThis is not a day of this programme, written like 2021-10-07."),
        ("day=2031-10-07", "day=2031-10-07\nThis is not a day of this programme, written like 2021-10-07."),
        ("format=hologram", "format=hologram\nThere is no such format."),
        ("language=klingon-speak", "language=klingon-speak\nThis is not the code of a language."),
        ("region=atlantis", "region=atlantis\nThere is no such region."),
        ("country=XX", "country=XX\nThis is not the two-letter code of a country."),
        ("organiser=cat", "organiser=cat\nThere is no such kind of organisation."),
        ("organisation=ZZZZZZ", "organisation=ZZZZZZ\nThere is no such organisation in this programme."),
        ("sdg=18", "sdg=18\nThis is not the number of a Sustainable Development Goal, 1 to 17."),
        ("series=none", "series=none\nThere is no such series."),
        ("tz=Moon/Base", "tz=Moon/Base\nThis is not a time zone, written like Europe/Madrid."),
        ("tz=Europe/Madrid&tz=Asia/Tokyo", "tz=Asia/Tokyo\nThis can be given only once."),
        ("upcoming=1", "upcoming=1\nThis works on pages only, not in feeds and downloads."),
        ("page=2", "page=2\nThis works on pages only, not in feeds and downloads."),
        ("sdg=5&sort=title", "sort=title\nThere is no filter of this name."),
    ],
)
def test_address_that_was_never_valid_is_named(demo: Machine, query: str, words: str) -> None:
    response = demo.get(f"{FEED}?{query}")

    assert response.status_code == 400
    assert response.get_data(as_text=True) == f"This address was never valid: {words}\n"
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_tracking_parameters_are_ignored(demo: Machine) -> None:
    tracked = demo.feed(f"{FEED}?utm_source=letter&fbclid=x&topic=gender-equality&utm_anything=1&ref=home")
    assert tracked == demo.feed(f"{FEED}?topic=gender-equality")
    assert demo.feed(f"{FEED}?gclid=1&mc_eid=2") == demo.feed(FEED)


def test_order_and_repetition_do_not_change_a_byte(demo: Machine) -> None:
    canonical_form = demo.feed(f"{FEED}?topic=gender-equality&language=en&language=es")
    other_form = demo.feed(f"{FEED}?language=es&topic=gender-equality&language=en&language=es&sdg=&q=")
    assert other_form == canonical_form
    source = strict.parse(other_form).raw("SOURCE")
    assert source == f"http://wmd.example{FEED}?topic=gender-equality&language=en&language=es"


def test_selection_that_matches_nothing_is_an_empty_calendar(demo: Machine) -> None:
    data = demo.feed(f"{FEED}?topic=gender-equality&country=VU")

    assert strict.check_calendar(data) == []
    calendar = strict.parse(data)
    assert calendar.children == []
    assert calendar.text("NAME") == "World Metropolitan Day 2021: Gender equality, Vanuatu"


def _every_choice(demo: Machine) -> list[str]:
    """Return a query for each choice of each filter, and some that combine them."""
    index = demo.index()
    single = [f"{facet}={value}" for facet in FACETS if facet != "day" for value in index.values(facet)]
    days = [f"day={day}&tz={zone}" for zone in ("Europe/Madrid", "Asia/Kathmandu") for day in index.days(zone).events]
    combined = [
        "topic=gender-equality&topic=sustainable-economy&language=es",
        "format=hybrid&format=in-person&country=ES&country=FR",
        "day=2021-10-07&day=2021-10-08&language=fr&region=africa",
        "interpretation=en&captions=en",
        "organiser=local-government&sdg=5&sdg=11",
        "q=cuidado",
        "q=المدينة",
        "q=公园",
        "q=quito+el&language=es",
    ]
    return single + days + combined


def test_every_filter_gives_exactly_the_sessions_of_the_page(demo: Machine) -> None:
    programme, index = demo.programme(), demo.index()
    queries = _every_choice(demo)
    assert len(queries) > 150
    assert {query.partition("=")[0] for query in queries} == {*FACETS, "q"}
    empty = 0
    for asked in queries:
        query = parse(parse_qsl(asked), programme, kind="page", canonical_zone=canonical)
        found = select(programme, index, query, zone=programme.edition.zone, now=LEAD_STARTED_AT)
        expected = {programme.sessions[position].uid for position in found.positions}
        assert set(entries(demo.feed(f"{FEED}?{asked}"))) == expected, asked
        empty += not expected
    assert empty < 5


@pytest.mark.parametrize("query", ["language=fr", "region=africa&tz=Africa/Nairobi", "day=2021-10-08&tz=Asia/Tokyo"])
def test_feed_holds_the_events_that_the_page_lists(demo: Machine, query: str) -> None:
    page = demo.get(f"/2021/programme?{query}").get_data(as_text=True)
    listed = set(re.findall(r'href="/2021/events/([0-9A-Z]{6})-', page.partition("<main")[2]))
    fed = {entry.raw("URL")[-6:] for entry in entries(demo.feed(f"{FEED}?{query}")).values()}
    assert listed
    assert fed == listed


def test_day_is_read_in_tz_else_in_the_zone_of_the_edition(demo: Machine) -> None:
    # In Auckland the event of 20:00Z on the 7th begins on the 8th.
    auckland = next(each for each in demo.programme().events.values() if each.host_city == "Auckland").sessions[0].uid

    held = {
        query: auckland in entries(demo.feed(f"{FEED}?{query}"))
        for query in (
            "day=2021-10-07",
            "day=2021-10-08",
            "day=2021-10-07&tz=Pacific/Auckland",
            "day=2021-10-08&tz=Pacific/Auckland",
        )
    }

    assert list(held.values()) == [True, False, False, True]
    named = strict.parse(demo.feed(f"{FEED}?day=2021-10-08&tz=Pacific/Auckland")).text("NAME")
    assert named == "World Metropolitan Day 2021: Friday 8 October, days as in Auckland"


def test_zone_of_the_viewer_does_not_change_a_feed(demo: Machine) -> None:
    path = f"{FEED}?day=2021-10-07"
    assert demo.get(path, Cookie="wmd_zone=Pacific/Auckland").get_data() == demo.feed(path)


@pytest.mark.parametrize(
    "path", ["/1999/calendar.ics", "/2021/feeds/colour-red.ics", "/feeds/series-none.ics", "/e/ZZZZZZ.ics"]
)
def test_calendar_that_never_was_is_not_found(demo: Machine, path: str) -> None:
    response = demo.get(path)
    assert response.status_code == 404
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "name", ["topic-", "topic", "-", "topic-gardening", "language-es%E2%80%83", "language-%20es", "region-atlantis"]
)
def test_ready_made_name_that_never_was_is_not_found(demo: Machine, name: str) -> None:
    assert demo.get(f"/2021/feeds/{name}.ics").status_code == 404


def test_feed_reads_the_same_all_day_and_is_rendered_anew_after_midnight(demo: Machine) -> None:
    path, start = f"{FEED}?sdg=3&sdg=4", demo.clock.now
    rendered: list[bool] = []
    layer = demo.app.extensions["wmd.published"]
    silent, layer.log = layer.log, lambda _facts, _id, _seconds, replayed: rendered.append(not replayed)
    try:
        bodies = []
        for moment in (start, start.replace(hour=23, minute=59), start.replace(hour=0) + timedelta(days=1)):
            demo.clock.now = moment
            bodies.append(demo.feed(path))
    finally:
        demo.clock.now, layer.log = start, silent

    assert rendered == [True, False, True]
    assert len(set(bodies)) == 1

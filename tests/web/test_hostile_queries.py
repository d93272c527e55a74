"""Addresses that nobody means well with: refused or bounded, never a 500, and never at the cost of the plain feed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.conftest import Databases
from tests.web.machine import Machine, machine_on
from wmd.web.published import Published
from wmd.web.reading import LONGEST_KEPT_QUERY

MEMORY_BYTES = 8_000_000
FEED = "/2021/calendar.ics"

PATHS = (FEED, "/2021/programme", "/2021/programme.csv", "/2021/programme.json", "/2021/subscribe", "/2021/changes",
         "/2021/", "/2021/feeds/language-es.ics", "/feeds/series-metrotalks.ics", "/e/YRBN6B.ics", "/e/YRBN6B",
         "/go/YRBN6B", "/zone", "/2021/events/YRBN6B-caring-metropolises-framing-recovery-for-all",
         "/2021/organisations/", "/2021/topics/gender-equality", "/topics/gender-equality", "/series/metrotalks",
         "/sitemap.xml", "/robots.txt", "/2021/schedule.xml", "/2021/changes.atom", "/about", "/")  # fmt: skip

QUERIES = {
    "60 kB of one value": "q=" + "x" * 60_000,
    "60 kB of names": "&".join(f"a{number}=1" for number in range(6_000)),
    "500 repeated keys": "&".join(["topic=gender-equality"] * 500),
    "500 zones": "&".join(["tz=Europe/Madrid"] * 500),
    "page 10^20": "page=100000000000000000000",
    "page minus one": "page=-1",
    "page in other digits": "page=%D9%A3",
    "NUL": "q=%00",
    "NUL in a name": "to%00pic=x",
    "bad UTF-8": "q=%ff%fe%80",
    "bad UTF-8 in a name": "%ff=1",
    "half a surrogate": "q=%ed%a0%80",
    "cut percent": "q=%e4%b8&topic=%",
    "zone outside": "tz=../../etc/passwd",
    "zone of nothing": "tz=%20",
    "zone of a file": "tz=zone.tab",
    "zone in another case": "tz=EUROPE/MADRID",
    "zone with NUL": "tz=Europe%00/Madrid",
    "zone of 50 kB": "tz=" + "Europe/" * 7_000,
    "day before time": "day=0001-01-01",
    "day at the end of time": "day=9999-12-31",
    "no such day": "day=2021-13-45",
    "no name": "=x&=&&",
    "semicolons": "topic=gender-equality;tz=x",
    "header injection": "q=a%0d%0aSet-Cookie:%20a=b",
    "next elsewhere": "tz=Europe/Madrid&next=//evil.example/",
    "markup": "q=%3Cscript%3Ealert(1)%3C/script%3E",
    "right to left": "q=%E2%80%AE%E2%80%AE" + "%E2%80%AE" * 200,
    "combining": "q=" + "%CC%81" * 300,
    "template": "q={{7*7}}&topic={%25x%25}",
}


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("hostile")
    url = databases.copy("sqlite", folder, demo=True)
    with machine_on(url, folder, published_bytes=MEMORY_BYTES) as found:
        yield found


def layer(machine: Machine) -> Published:
    found: Published = machine.app.extensions["wmd.published"]
    return found


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_hostile_query_is_refused_or_bounded(demo: Machine, query: str) -> None:
    for path in PATHS:
        for method in ("GET", "HEAD"):
            answer = demo.get(f"{path}?{query}", method=method)
            assert answer.status_code in {200, 301, 302, 303, 400, 404, 410}, (path, answer.status)
            assert len(answer.get_data()) < 400_000, path
            assert "Set-Cookie" not in answer.headers or path == "/zone"
            assert not answer.headers.get("Location", "").startswith(("//", "http://evil", "https://evil"))
            assert all(len(value) < 70_000 for value in answer.headers.values())


@pytest.mark.parametrize("name", [*QUERIES])
def test_feed_says_what_is_wrong_with_a_hostile_query(demo: Machine, name: str) -> None:
    harmless = {"500 repeated keys", "500 zones"}
    searched = {"bad UTF-8", "half a surrogate", "combining", "zone in another case", "markup", "zone of nothing"}
    answer = demo.get(f"{FEED}?{QUERIES[name]}")
    assert answer.status_code in ({200, 400} if name in searched else {400}), name
    if answer.status_code == 400:
        assert len(answer.get_data()) < 400
        assert b"<script" not in answer.get_data()
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (b"too many filters" in answer.get_data()) is (name in harmless)


PATH_TRICKS = (
    "/%00", "/2021/%00", "/%ff/calendar.ics", "/2021/feeds/topic-%ff.ics", "/2021/feeds/topic-%00.ics", "/e/%ff.ics",
    "/e/" + "A" * 3_000, "/e/" + "A" * 3_000 + ".ics", "/2021/feeds/" + "x" * 3_000 + ".ics", "/feeds/series-.ics",
    "/feeds/series-%0d%0aa.ics", "/2021/feeds/language-%E2%80%83es.ics", "/2021/feeds/organisation-%22%3B.ics",
    "/2021/events/%2e%2e%2f", "/..%2f..%2fetc/passwd", "/static/..%2f..%2fconfig.py", "/2021/organisations/%ff",
    "/2021/topics/%00", "/go/%E2%80%AE", "/\\evil.example", "/2021//calendar.ics", "/{{7*7}}/calendar.ics",
)  # fmt: skip


@pytest.mark.parametrize("path", PATH_TRICKS, ids=[path[:30] for path in PATH_TRICKS])
def test_hostile_path_is_not_found(demo: Machine, path: str) -> None:
    answer = demo.get(path)
    assert answer.status_code in {301, 308, 400, 404}, answer.status
    location = answer.headers.get("Location", "/")
    assert location.startswith(("http://wmd.example/", "/"))
    assert not location.startswith("//")


@pytest.mark.parametrize("host", ["evil.example", "wmd.example.evil.example", "", "wmd.example:x"])
def test_forged_host_is_refused_and_never_repeated(demo: Machine, host: str) -> None:
    answer = demo.get(FEED, Host=host)
    assert (answer.status_code, b"evil" in answer.get_data()) == (400, False)


def test_forwarded_host_and_origin_change_nothing(demo: Machine) -> None:
    plain = demo.get(FEED)
    forged = demo.get(
        FEED, X_Forwarded_Host="evil.example", Forwarded="host=evil.example", Origin="https://evil.example"
    )
    assert (forged.get_data(), forged.headers["Access-Control-Allow-Origin"]) == (plain.get_data(), "*")
    assert "Access-Control-Allow-Credentials" not in forged.headers
    for path in ("/2021/", "/2021/programme", "/go/YRBN6B", "/readyz"):
        assert "Access-Control-Allow-Origin" not in demo.get(path, Origin="https://evil.example").headers, path


def is_replayed(machine: Machine, path: str) -> bool:
    """Ask an address and tell whether it came from what is held."""
    seen: list[bool] = []
    layer(machine).log = lambda _facts, _id, _seconds, replayed: seen.append(replayed)
    assert machine.get(path).status_code == 200
    layer(machine).log = lambda *_: None
    return seen == [True]


def test_flood_of_distinct_addresses_is_bounded_and_leaves_the_plain_feed_alone(demo: Machine) -> None:
    plain = (FEED, "/2021/feeds/topic-gender-equality.ics", "/2021/programme", "/2021/")
    for path in plain:
        demo.get(path, Accept_Encoding="gzip")
    most = layer(demo).held_bytes
    for number in range(2_000):
        # Filters, tracking parameters, tags of languages, zones in the address and in cookies: each is another key.
        demo.get(f"{FEED}?q=word{number}")
        if number % 20 == 0:
            demo.get(f"{FEED}?utm_source={number}")
            demo.get(f"/2021/feeds/language-es-x{number:07d}.ics")
            demo.get("/2021/", Cookie=f"wmd_zone=Zone{number}")
        if number % 100 == 0:
            demo.get(f"/2021/programme?q=word{number}&tz=Europe/Madrid", Accept_Encoding="gzip")
        most = max(most, layer(demo).held_bytes)

    assert MEMORY_BYTES // 4 < most <= MEMORY_BYTES
    assert [path for path in plain if not is_replayed(demo, path)] == []
    assert is_replayed(demo, f"{FEED}?q=word1999")
    assert not is_replayed(demo, f"{FEED}?q=word3")


def test_overlong_address_is_answered_properly_and_not_kept(demo: Machine) -> None:
    query = "&".join(f"day=2021-10-{day:02d}" for day in range(1, 32)) + f"&q={quote('کاری')}"
    path = f"{FEED}?{query}&utm_content={'x' * LONGEST_KEPT_QUERY}"
    first, held = demo.get(path), layer(demo).held_bytes

    assert (first.status_code, first.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    again = demo.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.get_data()) == (304, b"")
    assert demo.get(path, method="HEAD").headers["ETag"] == first.headers["ETag"]
    assert not is_replayed(demo, path)
    assert layer(demo).held_bytes == held

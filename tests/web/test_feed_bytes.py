"""Every feed address there is: strictly right, read alike by parsers that are not ours, and the same bytes anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest
import vobject
from ical.calendar_stream import IcsCalendarStream

from tests.conftest import Databases
from tests.web.machine import BASE_URL, Machine, entries, machine_on
from wmd.domain.ical import strict

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo_url(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the demonstration, only read by the tests of this file."""
    return databases.copy("sqlite", tmp_path_factory.mktemp("bytes"), demo=True)


@pytest.fixture(scope="module")
def demo(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine_on(demo_url, tmp_path_factory.mktemp("var")) as found:
        yield found


def addresses_of(machine: Machine, slug: str) -> list[str]:
    """Return every ready-made feed of an edition, and its whole calendar."""
    programme, index = machine.programme(slug), machine.index(slug)
    names = [f"topic-{topic.slug}" for topic in programme.topics]
    names += [f"{facet}-{value}" for facet in ("region", "language") for value in index.values(facet)]
    names += [f"organisation-{code}" for code in programme.organisations]
    return [f"/{slug}/calendar.ics", *(f"/{slug}/feeds/{name}.ics" for name in names)]


def series_feeds(machine: Machine) -> list[str]:
    return [f"/feeds/series-{slug}.ics" for slug in machine.library.site().series]


def by_ical(data: bytes) -> set[str]:
    return {event.uid for event in IcsCalendarStream.calendar_from_ics(data.decode()).events}


def by_icalendar(data: bytes) -> set[str]:
    calendar = icalendar.Calendar.from_ical(data)
    assert [fault for component in calendar.walk() for fault in component.errors] == []
    return {str(event["UID"]) for event in calendar.events}


def by_vobject(data: bytes) -> set[str]:
    calendar = vobject.readOne(data.decode())
    assert calendar.validate()
    return {event.uid.value for event in calendar.contents.get("vevent", ())}


def test_every_feed_is_strictly_right(demo: Machine) -> None:
    paths = [*addresses_of(demo, "2021"), *addresses_of(demo, "demo"), *series_feeds(demo)]
    assert len(paths) > 150
    assert {path: faults for path in paths if (faults := strict.check_calendar(demo.feed(path)))} == {}


def test_every_feed_says_where_it_is_and_what_it_holds(demo: Machine) -> None:
    paths = [*addresses_of(demo, "2021"), *series_feeds(demo)]
    calendars = {path: strict.parse(demo.feed(path)) for path in paths}

    assert {path: calendar.raw("SOURCE") for path, calendar in calendars.items()} == {
        path: BASE_URL + path for path in paths
    }
    names = {path: calendar.text("NAME") for path, calendar in calendars.items()}
    assert {path: calendar.text("X-WR-CALNAME") for path, calendar in calendars.items()} == names
    assert len(set(names.values())) == len(paths)
    assert {
        path: names[path] for path in names if path.endswith(("topic-gender-equality.ics", "-es.ics", "calendar.ics"))
    } == {
        "/2021/calendar.ics": "World Metropolitan Day 2021",
        "/2021/feeds/topic-gender-equality.ics": "World Metropolitan Day 2021: Gender equality",
        "/2021/feeds/language-es.ics": "World Metropolitan Day 2021: Spoken in Spanish",
    }
    assert names["/feeds/series-metrotalks.ics"] == "MetroTalks"


def test_page_of_a_feed_answers(demo: Machine) -> None:
    paths = [*addresses_of(demo, "2021"), *series_feeds(demo)]
    pages = {strict.parse(demo.feed(path)).raw("URL").removeprefix(BASE_URL) for path in paths}
    assert {page: status for page in pages if (status := demo.get(page).status_code) != 200} == {}


def test_file_name_speaks(demo: Machine) -> None:
    names = [
        demo.get(path).headers["Content-Disposition"]
        for path in (
            "/2021/feeds/topic-public-space-and-housing.ics",
            "/2021/feeds/language-ES.ics",
            "/feeds/series-metrotalks.ics",
            "/e/yrbn6b.ics",
            "/e/VJXHMM.ics",
            "/e/a2rzb3.ics",
        )
    ]
    assert names == [
        'inline; filename="2021-topic-public-space-and-housing.ics"',
        'inline; filename="2021-language-es.ics"',
        'inline; filename="series-metrotalks.ics"',
        'attachment; filename="caring-metropolises-framing-recovery-for-all.ics"',
        'attachment; filename="event-VJXHMM.ics"',
        'attachment; filename="event-VJXHMM-A2RZB3.ics"',
    ]


def test_other_parsers_find_the_same_entries(demo: Machine) -> None:
    for path in [*addresses_of(demo, "2021"), *series_feeds(demo)]:
        data = demo.feed(path)
        uids = set(entries(data))
        assert (by_ical(data), by_icalendar(data), by_vobject(data)) == (uids, uids, uids), path


def test_entry_is_the_same_in_every_feed_and_download(demo: Machine) -> None:
    whole = entries(demo.feed("/2021/calendar.ics"))
    sessions = demo.programme().sessions
    assert set(whole) == {session.uid for session in sessions}
    for path in addresses_of(demo, "2021"):
        assert {
            uid: entry.properties for uid, entry in entries(demo.feed(path)).items() if not same(entry, whole[uid])
        } == {}
    for event in demo.programme().events.values():
        loose = entries(demo.feed(f"/e/{event.code}.ics"))
        assert {uid: stamps(entry) for uid, entry in loose.items()} == {
            session.uid: stamps(whole[session.uid]) for session in event.sessions
        }
    for session in sessions:
        assert list(entries(demo.feed(f"/e/{session.code}.ics"))) == [session.uid]


def same(one: strict.Node, other: strict.Node) -> bool:
    """Tell whether two entries say the same, wherever in their files they stand."""
    return [(p.name, p.params, p.value) for p in one.properties] == [
        (p.name, p.params, p.value) for p in other.properties
    ]


def stamps(entry: strict.Node) -> list[str]:
    return [entry.raw(name) for name in ("SEQUENCE", "LAST-MODIFIED", "DTSTAMP", "STATUS", "DTSTART", "DTEND", "URL")]


def test_downloads_are_strictly_right_and_richer_than_feeds(demo: Machine) -> None:
    programme = demo.programme()
    codes = [*programme.events, *(session.code for session in programme.sessions)]
    faults = {
        code: found for code in codes if (found := strict.check_calendar(demo.feed(f"/e/{code}.ics"), feed=False))
    }
    assert faults == {}
    lead = demo.feed("/e/YRBN6B.ics")
    assert by_ical(lead) == by_icalendar(lead) == by_vobject(lead) == set(entries(lead))
    assert b"X-ALT-DESC" in lead
    assert b"X-ALT-DESC" not in demo.feed("/2021/calendar.ics")


def digests(machine: Machine, paths: list[str]) -> dict[str, str]:
    found = {}
    for path in paths:
        for coding in ("identity", "gzip"):
            answer = machine.get(path, Accept_Encoding=coding)
            found[f"{coding} {path}"] = answer.headers["ETag"] + hashlib.sha256(answer.get_data()).hexdigest()
    return found


_ANOTHER_PROCESS = """
import json, sys
from pathlib import Path
from tests.web.machine import machine_on
from tests.web.test_feed_bytes import digests
with machine_on(sys.argv[1], Path(sys.argv[2])) as machine:
    print(json.dumps(digests(machine, json.load(sys.stdin))))
"""


def test_same_data_has_the_same_bytes_in_every_process(demo: Machine, demo_url: str, tmp_path: Path) -> None:
    paths = [
        *addresses_of(demo, "2021"), *series_feeds(demo), "/e/YRBN6B.ics", "/demo/calendar.ics",
        "/2021/calendar.ics?day=2021-10-07&tz=Asia/Kathmandu&language=en", "/2021/programme.json",
        "/2021/programme.csv", "/2021/schedule.xml", "/2021/schedule.json", "/2021/changes.atom", "/sitemap.xml",
    ]  # fmt: skip
    here = digests(demo, paths)
    others = [
        subprocess.Popen(
            [sys.executable, "-c", _ANOTHER_PROCESS, demo_url, str(tmp_path / seed)],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for seed, zone in (("1", "America/Bogota"), ("2", "Asia/Kathmandu"))
    ]  # fmt: skip
    answers = [other.communicate(json.dumps(paths), timeout=60)[0] for other in others]

    assert [other.returncode for other in others] == [0, 0]
    assert [json.loads(answer) for answer in answers] == [here, here]


def test_same_data_has_the_same_bytes_after_it_is_read_again(demo: Machine, demo_url: str, tmp_path: Path) -> None:
    paths = [*addresses_of(demo, "2021"), *series_feeds(demo)]
    with machine_on(demo_url, tmp_path) as other:
        assert digests(other, paths) == digests(demo, paths)

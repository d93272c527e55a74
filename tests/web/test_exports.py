"""The other ways out over HTTP: what each is, that it is right for the real programme, and that it leads back in."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from lxml import etree

from tests.conftest import Clock, Databases, make_test_app
from tests.domain.exports.programmes import schema
from tests.factories import make_event, make_programme, make_session
from tests.web.machine import BASE_URL, Machine, entries, every_address, machine_on
from tests.web.public.conftest import InMemory
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.documents import read_json
from wmd.domain.programme import EventView
from wmd.secretbox import SecretBox
from wmd.services.importing import apply_file
from wmd.services.library import Library

ROOT = Path(__file__).parents[2]
PUBLISHED = "Fri, 01 Oct 2021 08:00:00 GMT"

#: Content type and file name of each export of an edition.
EXPORTS = {
    "/2021/programme.json": ("application/json; charset=utf-8", 'inline; filename="programme-2021.json"'),
    "/2021/programme.csv": ("text/csv; charset=utf-8", 'attachment; filename="programme-2021.csv"'),
    "/2021/schedule.xml": ("application/xml; charset=utf-8", 'inline; filename="schedule-2021.xml"'),
    "/2021/schedule.json": ("application/json; charset=utf-8", 'inline; filename="schedule-2021.json"'),
    "/2021/changes.atom": ("application/atom+xml; charset=utf-8", 'inline; filename="changes-2021.atom"'),
}
ATOM = {"a": "http://www.w3.org/2005/Atom"}
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The demonstration, only read by the tests of this file."""
    folder = tmp_path_factory.mktemp("exports")
    with machine_on(databases.copy("sqlite", folder, demo=True), folder) as found:
        yield found


def with_programme(folder: Path, *events: EventView) -> Machine:
    """Return a machine before a programme in memory."""
    clock = Clock()
    app = make_test_app(f"sqlite:///{folder / 'unused.sqlite3'}", folder, clock)
    source = InMemory({"2021": make_programme(list(events))}, "2021", {})
    app.extensions["wmd.library"] = Library(source, background=False)
    del app.wsgi_app
    return Machine(app, clock)


# HTTP.


@pytest.mark.parametrize("path", EXPORTS)
def test_export_says_what_it_is_and_may_be_read_from_anywhere(demo: Machine, path: str) -> None:
    answer = demo.get(path, Cookie="wmd_zone=Asia/Tokyo")
    headers = {name: value for name, value in answer.headers.items() if name not in {"X-Request-ID", "ETag"}}
    assert (answer.status_code, headers) == (
        200,
        {
            "Content-Type": EXPORTS[path][0],
            "Content-Disposition": EXPORTS[path][1],
            "Content-Length": str(len(answer.get_data())),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "ETag, Last-Modified",
            "Cache-Control": "public, max-age=300, stale-if-error=86400",
            "Last-Modified": PUBLISHED,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        },
    )


@pytest.mark.parametrize("path", [*EXPORTS, "/sitemap.xml", "/robots.txt", "/2021/programme.csv?language=es"])
def test_export_is_not_sent_again_and_compressed_when_asked(demo: Machine, path: str) -> None:
    full = demo.get(path)
    for held in (full.headers["ETag"], f"W/{full.headers['ETag']}", "*"):
        again = demo.get(path, If_None_Match=held)
        assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", full.headers["ETag"])
    if modified := full.headers.get("Last-Modified"):
        assert demo.get(path, If_Modified_Since=modified).status_code == 304
    headed = demo.get(path, method="HEAD")
    assert (headed.get_data(), headed.headers["Content-Length"]) == (b"", full.headers["Content-Length"])
    if len(full.get_data()) > 400:
        zipped = demo.get(path, Accept_Encoding="gzip")
        assert gzip.decompress(zipped.get_data()) == full.get_data()


@pytest.mark.parametrize("path", EXPORTS)
def test_unknown_parameter_is_named(demo: Machine, path: str) -> None:
    answer = demo.get(f"{path}?colour=red")
    assert (answer.status_code, answer.get_data(as_text=True)) == (
        400, "This address was never valid: colour=red\nThere is no filter of this name.\n"
    )  # fmt: skip
    assert demo.get(f"{path}?utm_source=letter").get_data() == demo.get(path).get_data()


@pytest.mark.parametrize("path", [path for path in EXPORTS if not path.endswith(".csv")])
def test_whole_file_takes_no_filter(demo: Machine, path: str) -> None:
    answer = demo.get(f"{path}?topic=gender-equality")
    assert (answer.status_code, answer.get_data(as_text=True).splitlines()) == (
        400,
        [
            "This address was never valid: topic=gender-equality",
            "This file is always the whole programme; filters are for CSV and calendars.",
        ],
    )


# JSON: what goes out comes in.


def test_programme_json_fits_the_published_schema(demo: Machine) -> None:
    rules = json.loads((ROOT / "docs" / "programme.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(rules, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    for slug in ("2021", "demo"):
        document = json.loads(demo.feed(f"/{slug}/programme.json"))
        assert [error.message for error in validator.iter_errors(document)] == []
        assert len(document["events"]) == len(demo.programme(slug).events)


def test_imported_programme_json_is_the_same_programme(demo: Machine, databases: Databases, tmp_path: Path) -> None:
    with machine_on(databases.copy("sqlite", tmp_path), tmp_path) as other:
        for slug in ("2021", "demo"):
            read = read_json.read(demo.feed(f"/{slug}/programme.json"), "programme.json")
            with other.app.app_context():
                box = SecretBox.derived("a secret for tests only")
                report = apply_file(
                    db.session(), read, box=box, setting=publishing_setting(other.app), now=other.clock.now
                )
                db.session.commit()
                db.session.remove()
            assert (report.added, report.changed) == (len(demo.programme(slug).events), 0)
        other.library.refresh()
        for slug in ("2021", "demo"):
            assert shown(other, slug) == shown(demo, slug)
            assert fed(other, slug) == fed(demo, slug)
            again = json.loads(other.feed(f"/{slug}/programme.json"))
            assert again == json.loads(demo.feed(f"/{slug}/programme.json"))


#: What tells when a row was written here, not what it says.
_OURS = frozenset({"version", "published_at", "changed_at", "sessions"})


def shown(machine: Machine, slug: str) -> dict[str, dict[str, Any]]:
    """Return every event of an edition as plain values, with its sessions."""
    found = {}
    for code, event in machine.programme(slug).events.items():
        facts = {name: getattr(event, name) for name in EventView.__slots__ if name not in _OURS}
        sessions = [
            {name: getattr(session, name) for name in type(session).__slots__ if name != "entries"}
            for session in event.sessions
        ]
        found[code] = facts | {"sessions": sessions}
    return found


def fed(machine: Machine, slug: str) -> dict[str, list[str]]:
    """Return every entry of an edition's feed as its properties."""
    return {
        uid: [f"{line.name};{dict(line.params)}:{line.value}" for line in entry.properties]
        for uid, entry in entries(machine.feed(f"/{slug}/calendar.ics")).items()
    }


# CSV.


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_programme_csv_opens_right_in_a_spreadsheet(demo: Machine) -> None:
    data = demo.feed("/2021/programme.csv")
    assert data.startswith(b"\xef\xbb\xbfevent,session,status,title,")
    assert data.endswith(b"\r\n")
    found = rows(data)
    assert [row["session"] for row in found] == [session.code for session in demo.programme().sessions]
    assert {row["title"] for row in found} == {event.text("en").title for event in demo.programme().events.values()}


def test_programme_csv_holds_the_selection_of_the_feed(demo: Machine) -> None:
    for query in ("topic=gender-equality&language=es", "day=2021-10-08&tz=Asia/Tokyo", "q=agua", "country=VU"):
        wanted = set(entries(demo.feed(f"/2021/calendar.ics?{query}")))
        codes = {session.code for session in demo.programme().sessions if session.uid in wanted}
        assert {row["session"] for row in rows(demo.feed(f"/2021/programme.csv?{query}"))} == codes


HOSTILE = (
    '=HYPERLINK("http://evil.example","Click")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "=cmd|' /C calc'!A0",
    'a "quoted", comma', "two\r\nlines", "＝1+1", "; =1", "\ufeff=1", "\u202e=1", " =1",
)  # fmt: skip


def test_programme_csv_never_calculates(tmp_path: Path) -> None:
    events = [
        make_event(
            number, sessions=[make_session(number)], title=title, host_city=title, web_url="https://example.org/=1"
        )
        for number, title in enumerate(HOSTILE, start=1)
    ]
    machine = with_programme(tmp_path, *events)
    data = machine.feed("/2021/programme.csv")
    found = rows(data)

    assert len(found) == len(HOSTILE)
    cells = [cell for row in found for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []
    assert {row["title"] for row in found} >= {"'+1+1", "'-2+3", "'@SUM(A1)", "'＝1+1", "; =1"}
    quoted = next(row for row in found if "quoted" in row["title"])
    assert quoted["title"] == 'a "quoted", comma'


# Conference apps.


@pytest.mark.parametrize("slug", ["2021", "demo"])
def test_schedule_xml_of_the_demonstration_is_valid(demo: Machine, slug: str) -> None:
    rules = etree.XMLSchema(etree.parse(schema("schedule.xml.xsd")))
    root = etree.fromstring(demo.feed(f"/{slug}/schedule.xml"))
    rules.assertValid(root)
    assert len(root.xpath("//event")) == len(demo.programme(slug).sessions)


@pytest.mark.parametrize("slug", ["2021", "demo"])
def test_schedule_json_of_the_demonstration_is_valid(demo: Machine, slug: str) -> None:
    rules = json.loads(schema("schema.json").read_text("utf-8"))
    document = json.loads(demo.feed(f"/{slug}/schedule.json"))
    jsonschema.Draft6Validator(rules, format_checker=jsonschema.Draft6Validator.FORMAT_CHECKER).validate(document)
    days = document["schedule"]["conference"]["days"]
    slots = [slot for day in days for room in day["rooms"].values() for slot in room]
    assert len(slots) == len(demo.programme(slug).sessions)
    assert {demo.get(slot["url"].removeprefix(BASE_URL)).status_code for slot in slots} == {200}


# What changed, and where everything is.


def test_atom_of_changes_leads_to_pages(demo: Machine) -> None:
    feed = etree.fromstring(demo.feed("/2021/changes.atom"))
    updated = feed.xpath("a:entry/a:updated/text()", namespaces=ATOM)
    ids = feed.xpath("a:entry/a:id/text()", namespaces=ATOM)
    links = feed.xpath("a:entry/a:link/@href | a:link/@href", namespaces=ATOM)

    assert len(ids) == len(set(ids)) == len(demo.programme().changes) > 40
    assert updated == sorted(updated, reverse=True)
    assert feed.xpath("string(a:link[@rel='self']/@href)", namespaces=ATOM) == f"{BASE_URL}/2021/changes.atom"
    assert {demo.get(link.removeprefix(BASE_URL)).status_code for link in links} == {200}


def test_sitemap_lists_every_public_page_and_nothing_else(demo: Machine) -> None:
    root = etree.fromstring(demo.feed("/sitemap.xml"))
    listed = [loc.removeprefix(BASE_URL) for loc in root.xpath("s:url/s:loc/text()", namespaces=SITEMAP)]
    pages = set()
    for path in every_address(demo):
        if path.endswith(".ics") or path.startswith(("/e/", "/go/", "/static/", "/1999/")):
            continue
        answer = demo.get(path)
        is_page = answer.status_code == 200 and answer.mimetype == "text/html"
        if is_page and '<meta name="robots" content="noindex">' not in answer.get_data(as_text=True):
            pages.add(path)

    assert len(listed) == len(set(listed))
    assert {path: status for path in listed if (status := demo.get(path).status_code) != 200} == {}
    assert set(listed) == pages


def test_robots_lets_calendar_services_in_everywhere(demo: Machine, databases: Databases, tmp_path: Path) -> None:
    demonstration = demo.feed("/robots.txt").decode()
    with machine_on(databases.copy("sqlite", tmp_path), tmp_path, **PRODUCTION) as production:
        for_real = production.feed("/robots.txt").decode()

    allowed = "User-agent: Google-Calendar-Importer\nUser-agent: GoogleCalendarImporter\nAllow: /\n\nUser-agent: *\n"
    assert demonstration == f"{allowed}Disallow: /\n"
    assert for_real.startswith(f"{allowed}Disallow: /organiser/\n")
    assert for_real.endswith(f"\nSitemap: {BASE_URL}/sitemap.xml\n")


PRODUCTION = {"mode": "production"}


def test_exports_of_an_empty_edition_are_valid(tmp_path: Path) -> None:
    machine = with_programme(tmp_path)
    assert json.loads(machine.feed("/2021/programme.json"))["events"] == []
    assert rows(machine.feed("/2021/programme.csv")) == []
    etree.XMLSchema(etree.parse(schema("schedule.xml.xsd"))).assertValid(
        etree.fromstring(machine.feed("/2021/schedule.xml"))
    )
    assert etree.fromstring(machine.feed("/2021/changes.atom")).xpath("a:entry", namespaces=ATOM) == []


def test_language_of_a_text_is_kept_in_the_json(tmp_path: Path) -> None:
    event = replace(make_event(1), spoken=("ar",), access_note="Ramp at the back")
    (document,) = json.loads(with_programme(tmp_path, event).feed("/2021/programme.json"))["events"]
    assert (document["spoken"], document["access_note"]) == (["ar"], "Ramp at the back")


def test_template_and_schema_can_be_downloaded(client: FlaskClient) -> None:
    template = client.get("/programme-template.csv", base_url="http://wmd.example")
    schema = client.get("/programme.schema.json", base_url="http://wmd.example")

    assert template.data == (ROOT / "docs" / "templates" / "programme-template.csv").read_bytes()
    assert template.headers["Content-Disposition"] == 'attachment; filename="programme-template.csv"'
    assert schema.data == (ROOT / "docs" / "programme.schema.json").read_bytes()


@pytest.mark.parametrize("path", ["/2021/calendar.ics", "/2021/programme.json"])
def test_scripts_of_other_sites_may_ask_conditionally(client: FlaskClient, path: str) -> None:
    preflight = client.options(path, base_url="http://wmd.example")
    answer = client.get(path, base_url="http://wmd.example")

    assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match, If-Modified-Since"
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag, Last-Modified"

"""The stable way to take part: open doors lead on, every other one says plainly why not, and none leads to a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import documents
from tests.conftest import LEAD_STARTED_AT, Databases
from tests.web.machine import Machine, machine_on
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.models import Event

BEFORE = datetime(2021, 10, 1, 6, 0, tzinfo=UTC)
LINK = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0d29yZA"


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The demonstration; each test sets the clock."""
    folder = tmp_path_factory.mktemp("go")
    with machine_on(databases.copy("sqlite", folder, demo=True), folder) as found:
        yield found


def said(machine: Machine, code: str, now: datetime) -> str:
    """Return the heading of the notice on the page behind a code; it must be a page."""
    machine.clock.now = now
    response = machine.get(f"/go/{code}")
    assert response.status_code == 200, response.headers.get("Location")
    main = response.get_data(as_text=True).partition("<main")[2]
    (heading,) = re.findall(r'role="note"><b>([^<]*)</b>', main)
    return str(heading)


@pytest.mark.parametrize(
    ("key", "now", "target"),
    [
        (
            "side-26-medellin-laderas", LEAD_STARTED_AT,
            "https://laderas-yarumo-example.zoom.us/webinar/register/WN_5OXPd6JeSo-vnV4p3C7nRg",
        ),
        ("side-29-cairo-street-shade", LEAD_STARTED_AT, "https://video.example.org/live/street-shade"),
        ("side-41-amman-jabal-bus", datetime(2021, 10, 11, 6, 0, tzinfo=UTC), "https://meet.example.org/register/jabal-bus"),
    ],
)  # fmt: skip
def test_open_door_leads_to_the_public_page(demo: Machine, key: str, now: datetime, target: str) -> None:
    demo.clock.now = now
    code = code_of(demo, key)
    for spelling in (code, code.lower(), demo.programme().events[code].sessions[0].code):
        for method in ("GET", "HEAD"):
            response = demo.get(f"/go/{spelling}", method=method)
            assert (response.status_code, response.headers["Location"]) == (302, target)
            assert response.headers["Cache-Control"] == "no-store"
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert "Set-Cookie" not in response.headers


def code_of(machine: Machine, key: str) -> str:
    return next(event.code for event in machine.programme().events.values() if event.key == key)


@pytest.mark.parametrize(
    ("key", "now", "heading"),
    [
        ("lead", LEAD_STARTED_AT, "Registration is closed"),
        ("side-02-sydney-two-springs", datetime(2021, 10, 5, 5, 30, tzinfo=UTC), "Registration is closed"),
        ("side-34-melbourne-heat-ledger", BEFORE, "This event is full"),
        ("side-41-amman-jabal-bus", BEFORE, "Not yet open"),
        ("side-10-tunis-budget-lisible", BEFORE, "No registration page yet"),
        ("side-17-athens-second-life-of-stone", BEFORE, "By invitation only"),
        ("side-07-rosario-huertas-de-la-via", BEFORE, "Open to everybody"),
        ("side-26-medellin-laderas", LEAD_STARTED_AT + timedelta(days=1), "It has taken place"),
        ("side-24-san-salvador-plazas-abiertas", BEFORE, "Cancelled"),
        ("side-37-santiago-datos-con-vecinos", BEFORE, "Postponed"),
    ],
)
def test_closed_door_says_why(demo: Machine, key: str, now: datetime, heading: str) -> None:
    code = code_of(demo, key)
    slot = demo.programme().events[code].sessions[-1].code
    assert [said(demo, spelling, now) for spelling in (code, code.lower(), slot)] == [heading] * 3


def test_page_of_a_closed_door_is_for_this_moment_and_leads_to_the_event(demo: Machine) -> None:
    demo.clock.now = LEAD_STARTED_AT
    response = demo.get("/go/YRBN6B", Cookie="wmd_zone=Asia/Tokyo")
    html = response.get_data(as_text=True)

    assert response.headers["Cache-Control"] == "no-store"
    assert 'href="/2021/events/YRBN6B-caring-metropolises-framing-recovery-for-all"' in html
    assert '<meta name="robots" content="noindex">' in html
    assert re.findall(r'<b class="short">(.*?)</b>', html) == ["Only the lead event is real; the others are made up"]
    assert "WN_TG7X" not in html


def test_opening_time_is_said_with_its_zone(demo: Machine) -> None:
    demo.clock.now = BEFORE
    html = demo.get("/go/VJXHMM?tz=Asia/Amman").get_data(as_text=True)
    assert re.findall(r"Registration opens on [^.]*", html) == [
        "Registration opens on Mon 11 Oct, 09:00 (Amman, UTC+3)"
    ]


def test_session_that_is_over_does_not_lead_to_the_next_one(demo: Machine) -> None:
    between = datetime(2021, 10, 3, 12, 0, tzinfo=UTC)
    demo.clock.now = between
    target = "https://harbour-generation-example.zoom.us/webinar/register/WN_SnghVpoRT9GWR-F-uDQmFg"

    assert demo.get("/go/VV2Z9P").headers["Location"] == target
    assert demo.get("/go/JZEYXX").headers["Location"] == target
    assert said(demo, "R56E4J", between) == "It has taken place"
    assert "The event page shows the other dates, and the" in demo.get("/go/R56E4J").get_data(as_text=True)


@pytest.mark.parametrize("code", ["ZZZZZZ", "YRBN6", "YRBN6BX", "......", "%00", "%ff"])
def test_code_that_was_never_given_out_is_not_found(demo: Machine, code: str) -> None:
    assert demo.get(f"/go/{code}").status_code == 404


def test_unknown_zone_is_refused_on_the_page_and_no_obstacle_on_the_way(demo: Machine) -> None:
    demo.clock.now = LEAD_STARTED_AT
    assert demo.get("/go/YRBN6B?tz=Moon/Base").status_code == 400
    assert demo.get("/go/YXRYWW?tz=Moon/Base").status_code == 302


@pytest.fixture
def private(databases: Databases, tmp_path: Path) -> Iterator[Machine]:
    """An event whose sign-up is with us, behind a raw join link."""
    one = documents.event("private", registration={"state": "open", "join_link": LINK})
    with machine_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        with found.app.app_context():
            documents.apply(db.session(), publishing_setting(found.app), documents.document(one), BEFORE)
        yield found


def test_private_link_is_never_led_to(private: Machine) -> None:
    private.clock.now = BEFORE
    (event,) = private.programme().events.values()
    with private.app.app_context():
        assert db.session.scalars(select(Event.private_link_id)).one()
    for code in (event.code, event.sessions[0].code):
        answer = private.get(f"/go/{code}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/e/{event.code}/register")
        form = private.get(f"/e/{event.code}/register")
        whole = answer.get_data(as_text=True) + str(answer.headers) + form.get_data(as_text=True) + str(form.headers)
        assert [word for word in ("81234567890", "c2VjcmV0", "us02web", "pwd=") if word in whole] == []


def written(machine: Machine) -> list[str]:
    """Return the lines that were written of visits, and forget them."""
    machine.app.extensions["wmd.visits"].flush()
    folder = machine.app.extensions["wmd.visit_spool"].folder
    found: list[str] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        found += path.read_text().splitlines()
        path.unlink()
    return found


def test_visit_is_written_as_code_way_and_hour_and_nothing_else(demo: Machine) -> None:
    demo.clock.now = LEAD_STARTED_AT
    written(demo)
    leading, lead = code_of(demo, "side-26-medellin-laderas"), code_of(demo, "lead")
    slot = demo.programme().events[leading].sessions[0].code
    for code in (leading, leading.lower(), slot, lead):
        demo.get(f"/go/{code}", X_Forwarded_For="203.0.113.9", User_Agent="somebody")
    demo.get(f"/go/{leading}", method="HEAD")
    demo.get(f"/go/{leading}", Sec_Purpose="prefetch;prerender")
    demo.get("/go/ZZZZZZ")

    hour = "2021-10-07T13"
    assert written(demo) == [
        f"{leading} registration {hour}", f"{leading} registration {hour}", f"{slot} registration {hour}",
        f"{lead} page {hour}",
    ]  # fmt: skip

"""The control port: the page of buttons, the log, the hands over HTTP; and the fake as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.fakezoom.conftest import NOW
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import PARTNER

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo() -> Iterator[FakeZoom]:
    with FakeZoom(starts_at=NOW, control_port=0, seed="demo") as server:
        yield server


def press(zoom: FakeZoom, path: str, **fields: object) -> int:
    url = f"{zoom.control_url}{path}"
    return requests.post(
        url, data=fields, headers={"Accept": "text/html"}, allow_redirects=False, timeout=5
    ).status_code


def test_page_has_a_button_for_each_hand(demo: FakeZoom) -> None:
    page = requests.get(demo.control_url, timeout=5)
    wanted = (
        "Host moves it an hour later",
        "Host deletes it",
        "Registration closes",
        "Revokes access",
        "Becomes a webinar",
    )
    assert [words for words in wanted if words not in page.text] == []
    assert (page.status_code, "zak=" in page.text, "pwd=" in page.text) == (200, False, False)


def test_buttons_do_what_they_say(demo: FakeZoom) -> None:
    room = demo.control.world.rooms[0]
    starts_at = room.starts_at
    base = f"/_rooms/{room.id}"
    assert press(demo, f"{base}/move", minutes=60) == 303
    assert (room.starts_at != starts_at, press(demo, f"{base}/close"), room.is_closed) == (True, 303, True)
    assert (press(demo, f"{base}/open"), room.is_closed) == (303, False)
    assert (press(demo, f"{base}/delete"), room.state) == (303, "trashed")
    assert "Host takes it back" in requests.get(demo.control_url, timeout=5).text
    assert (press(demo, f"{base}/recover"), room.state) == (303, "active")
    assert (press(demo, f"{base}/start"), room.live is not None, press(demo, f"{base}/end")) == (303, True, 303)
    assert press(demo, f"{base}/recover") == 409
    assert [press(demo, path) for path in ("/_rooms/1/delete", f"{base}/dance", "/_do/dance")] == [409, 404, 404]
    user = demo.control.user(PARTNER)
    assert [press(demo, f"/_users/{name}/revoke") for name in (user.id, "nobody")] == [303, 404]


def test_machines_move_the_clock_script_faults_and_read_the_log(demo: FakeZoom) -> None:
    url = demo.control_url
    answer = requests.post(f"{url}/_clock", json={"minutes": 15}, timeout=5)
    assert answer.json() == {"done": True, "now": "2026-10-01T09:15:00Z"}
    requests.post(f"{url}/_clock", json={"set": "2026-10-07T13:00:00+00:00"}, timeout=5)
    assert demo.control.now.isoformat() == "2026-10-07T13:00:00+00:00"
    requests.post(f"{url}/_fault", json={"kind": "status", "route": "POST /oauth/token", "status": 502}, timeout=5)
    assert requests.post(f"{demo.url}/oauth/token", timeout=5).status_code == 502
    log = requests.get(f"{url}/_log", timeout=5).json()
    assert (log["total"], log["counts"]) == (1, {"POST /oauth/token": 1})
    assert {name: log["calls"][0][name] for name in ("route", "status", "fault")} == {
        "route": "POST /oauth/token",
        "status": 502,
        "fault": "status",
    }
    requests.post(f"{url}/_do/forget-log", timeout=5)
    assert requests.get(f"{url}/_log", timeout=5).json()["total"] == 0
    rooms = requests.get(f"{url}/_rooms", timeout=5).json()
    assert (len(rooms), [room for room in rooms if "url" in repr(room) or "@" in repr(room)]) == (7, [])


def test_control_port_answers_no_other_site(demo: FakeZoom) -> None:
    url = f"{demo.control_url}/_do/kill-tokens"
    foreign = requests.post(url, headers={"Origin": "https://evil.example"}, timeout=5)
    renamed = requests.post(url, headers={"Host": "evil.example"}, timeout=5)
    assert (foreign.status_code, renamed.status_code) == (403, 403)


def test_api_port_has_no_controls(demo: FakeZoom) -> None:
    answers = [requests.get(f"{demo.url}{path}", timeout=5).status_code for path in ("/", "/_log", "/_rooms")]
    assert answers == [404, 404, 404]


def test_registration_page_says_what_a_look_at_the_link_would_see(demo: FakeZoom) -> None:
    room = demo.control.world.rooms[0]
    path = f"/webinar/register/{room.token}"

    def look() -> tuple[int, str]:
        answer = requests.get(f"{demo.url}{path}", timeout=5)
        return answer.status_code, answer.text.split("<p>")[1].split("</p>")[0]

    assert look() == (200, "Webinar Registration")
    demo.control.close_registration(room.id)
    assert look() == (200, "Registration is closed.")
    demo.control.close_registration(room.id, is_closed=False)
    demo.control.change(room.id, settings={"registrants_restrict_number": 3})
    assert look() == (200, "This webinar has reached its maximum number of registrants.")
    demo.control.delete(room.id)
    assert look() == (404, "This webinar link is invalid. (3,001)")


def started(*more: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the fake as a process; return it and the line that it says."""
    command = [sys.executable, "-m", "wmd_fakezoom", "--port", "0", "--control-port", "0", *more]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, process.stdout.readline().decode()


def test_process_serves_until_it_is_told_to_end() -> None:
    process, words = started("--seed", "demo")
    with process:
        url = words.split("its buttons on ")[1].split(",")[0]
        assert requests.get(url, timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_process_ends_with_who_started_it() -> None:
    process, words = started("--with-stdin")
    with process:
        assert (words.startswith("Fake Zoom on http://127.0.0.1:"), process.stdin is not None) == (True, True)
        process.communicate(timeout=20)
        assert process.wait(20) == 0

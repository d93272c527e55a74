"""The fake's faults: each on its route, from the call that was named, for as many calls, and as Zoom would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.fakezoom.client import Caller
from wmd_fakezoom import FakeZoom, Room

GET = "GET /webinars/{id}"


@pytest.fixture
def ask(caller: Caller, webinar: Room) -> Callable[[], requests.Response]:
    return lambda: caller.call("GET", f"/webinars/{webinar.id}")


def test_fault_strikes_from_the_nth_call_for_so_many(zoom: FakeZoom, ask: Callable[[], requests.Response]) -> None:
    zoom.control.fault("unauthorised", GET, nth=2, times=2)
    assert [ask().status_code for _ in range(5)] == [200, 401, 401, 200, 200]
    zoom.control.fault("unauthorised", GET, times=None)
    assert [ask().status_code for _ in range(3)] == [401] * 3
    zoom.control.no_faults()
    assert ask().status_code == 200


def test_fault_strikes_its_route_only(zoom: FakeZoom, caller: Caller, ask: Callable[[], requests.Response]) -> None:
    zoom.control.fault("status", "POST /oauth/token", status=503)
    assert (ask().status_code, caller.token().status_code, caller.token().status_code) == (200, 503, 200)


def test_limit_per_second_and_per_day_say_when_to_come_again(
    zoom: FakeZoom, ask: Callable[[], requests.Response]
) -> None:
    zoom.control.fault("qps", GET)
    answer = ask()
    assert (answer.status_code, answer.headers["X-RateLimit-Type"], "Retry-After" in answer.headers) == (
        429,
        "QPS",
        False,
    )
    zoom.control.fault("qps", GET, retry_after="seconds")
    assert ask().headers["Retry-After"] == "2"
    zoom.control.fault("daily", GET)
    answer = ask()
    assert (answer.headers["X-RateLimit-Type"], answer.headers["Retry-After"]) == (
        "Daily-limit",
        "2026-10-02T00:00:00Z",
    )
    zoom.control.fault("daily", GET, retry_after="date")
    assert parsedate_to_datetime(ask().headers["Retry-After"]) == datetime(2026, 10, 2, tzinfo=UTC)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_fails(zoom: FakeZoom, ask: Callable[[], requests.Response], status: int) -> None:
    zoom.control.fault("status", GET, status=status)
    assert ask().status_code == status


def test_any_error_of_zooms_can_be_put_in_place(zoom: FakeZoom, ask: Callable[[], requests.Response]) -> None:
    zoom.control.fault("code", GET, status=400, code=3000, message="Something that nobody has seen.")
    assert (ask().status_code, zoom.control.log()[-1].code) == (400, 3000)


def test_slow_answer_comes_after_the_caller_has_gone(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    zoom.control.fault("slow", seconds=60)
    url = f"{zoom.api_url}/webinars/{webinar.id}"
    with pytest.raises(requests.ReadTimeout):
        caller.http.get(url, timeout=(5, 0.1))


def test_reset_does_nothing_and_drop_does_it_all(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    path, body = f"/webinars/{webinar.id}/registrants", {"email": "a@example.org", "first_name": "Ada"}
    zoom.control.fault("reset")
    with pytest.raises(requests.ConnectionError):
        caller.call("POST", path, body)
    assert len(webinar.registrants) == 0
    zoom.control.fault("drop")
    with pytest.raises(requests.ConnectionError):
        caller.call("POST", path, body)
    assert len(webinar.registrants) == 1
    assert [(entry.fault, entry.status) for entry in zoom.control.log()[-2:]] == [("reset", 0), ("drop", 201)]


def test_page_in_place_of_json_nothing_and_half_of_it(zoom: FakeZoom, ask: Callable[[], requests.Response]) -> None:
    zoom.control.fault("html", GET)
    page = ask()
    assert (page.status_code, page.headers["Content-Type"], page.text[:15]) == (
        200,
        "text/html;charset=UTF-8",
        "<!DOCTYPE html>",
    )
    zoom.control.fault("empty", GET)
    assert (ask().content, zoom.control.log()[-1].fault) == (b"", "empty")
    zoom.control.fault("truncated", GET)
    with pytest.raises(requests.JSONDecodeError):
        ask().json()


def test_write_whose_answer_is_broken_may_be_done_all_the_same(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    path, body = f"/webinars/{webinar.id}/registrants", {"email": "a@example.org", "first_name": "Ada"}
    zoom.control.fault("html")
    caller.call("POST", path, body)
    assert len(webinar.registrants) == 0
    zoom.control.fault("html", commit=True)
    caller.call("POST", path, body)
    assert len(webinar.registrants) == 1


def test_right_answers_can_be_odd(zoom: FakeZoom, webinar: Room, ask: Callable[[], requests.Response]) -> None:
    plain = ask().json()
    zoom.control.fault("string_ids", GET)
    assert ask().json() == {**plain, "id": str(webinar.id)}
    zoom.control.fault("extra", GET)
    odd = ask().json()
    assert {name: odd[name] for name in plain if name != "settings"} == {
        name: plain[name] for name in plain if name != "settings"
    }
    assert sorted(set(odd) - set(plain)) == ["share_url", "x_new_field"]
    zoom.control.fault("null", GET, fields=["agenda", "start_time"])
    assert ask().json() == {**plain, "agenda": None, "start_time": None}


def test_token_of_the_next_page_can_be_the_same_for_ever(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    for number in range(3):
        zoom.control.register(webinar.id, f"a{number}@example.org")
    path = f"/webinars/{webinar.id}/registrants"
    token = caller.get(path, page_size=1)["next_page_token"]
    zoom.control.fault("repeat_token", times=2)
    again = [caller.get(path, page_size=1, next_page_token=token)["next_page_token"] for _ in range(2)]
    assert again == [token, token]


def test_limits_of_the_plan_are_kept_when_wished(zoom: FakeZoom, caller: Caller, webinar: Room) -> None:
    zoom.control.api.keeps_limits = True
    path = f"/webinars/{webinar.id}/tracking_sources"
    assert [caller.call("GET", path).status_code for _ in range(21)] == [200] * 20 + [429]
    zoom.control.move(seconds=1)
    assert caller.call("GET", path).status_code == 200


def test_log_counts_calls_and_has_no_secret_no_address_and_no_number(
    zoom: FakeZoom, caller: Caller, webinar: Room
) -> None:
    caller.call("POST", f"/webinars/{webinar.id}/registrants", {"email": "a@example.org", "first_name": "Ada"})
    caller.call("GET", f"/webinars/{webinar.id}/registrants", status="approved")
    assert zoom.control.counts() == {
        "POST /oauth/token": 1,
        "POST /webinars/{id}/registrants": 1,
        "GET /webinars/{id}/registrants": 1,
    }
    text = repr(zoom.control.log_document())
    secrets = [*zoom.control.world.tokens.access, "a@example.org", str(webinar.id), webinar.registrants[0].ticket]
    assert [secret for secret in secrets if secret in text] == []
    zoom.control.forget_log()
    assert (zoom.control.log(), zoom.control.counts()) == ([], {})


def test_every_answer_can_take_its_time_and_calls_do_not_wait_for_each_other(
    zoom: FakeZoom, ask: Callable[[], requests.Response]
) -> None:
    zoom.control.api.latency_s = 0.3
    started = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.3 <= time.monotonic() - started < 1.5


def test_end_waits_for_nobody(webinar: Room, zoom: FakeZoom, caller: Caller) -> None:
    zoom.control.fault("slow", seconds=60)
    url = f"{zoom.api_url}/webinars/{webinar.id}"
    failures: list[Exception] = []

    def wait() -> None:
        try:
            caller.http.get(url, timeout=30)
        except requests.RequestException as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not any(entry.fault == "slow" for entry in zoom.control.log()):
        time.sleep(0.01)
    started = time.monotonic()
    zoom.__exit__(None, None, None)
    thread.join()
    assert time.monotonic() - started < 2

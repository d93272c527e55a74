"""What goes wrong on the way, and what the client makes of it: repeated only where nothing can have happened."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.gateways.zoom.conftest import NOW, STARTS_AT, Desk, MemoryTokens, OpenBudget, make_desk
from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.calls import Delay, Label
from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Gone, RetryAt, ZoomFault
from wmd.domain.zoom.wishes import RegistrantWish, RoomWish
from wmd.gateways.zoom.client import ZoomClient
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.faults import FaultKind
from wmd_fakezoom.seed import CLIENT_ID, CLIENT_SECRET, HOST

WEBINAR = RoomKind.WEBINAR
GET, ADD = "GET /webinars/{id}", "POST /webinars/{id}/registrants"
VERA = RegistrantWish("vera@example.org", "Vera")
MIDNIGHT = NOW.replace(hour=0) + timedelta(days=1)
Act = Callable[[ZoomClient, str], Any]


def read(client: ZoomClient, room_id: str) -> object:
    return client.room(WEBINAR, room_id)


def add(client: ZoomClient, room_id: str) -> object:
    return client.add_registrant(WEBINAR, room_id, VERA)


def fault_of(desk: Desk, act: Act, room_id: str) -> ZoomFault:
    with pytest.raises(ZoomFault) as caught:
        act(desk.client, room_id)
    return caught.value


@pytest.mark.parametrize(("act", "route"), [(read, GET), (add, ADD)])
def test_refused_token_is_renewed_once_and_the_call_repeated(
    zoom: FakeZoom, desk: Desk, room_id: str, act: Act, route: str
) -> None:
    zoom.control.fault("unauthorised", route)
    act(desk.client, room_id)
    assert (zoom.control.counts()["POST /oauth/token"], zoom.control.counts()[route], desk.waits) == (2, 2, [])
    assert desk.tokens.noted == []


@pytest.mark.parametrize(("act", "route"), [(read, GET), (add, ADD)])
def test_token_that_is_always_refused_is_the_end(
    zoom: FakeZoom, desk: Desk, room_id: str, act: Act, route: str
) -> None:
    zoom.control.fault("unauthorised", route, times=None)
    fault = fault_of(desk, act, room_id)
    assert (type(fault), fault.reason) == (AuthLost, "token")
    assert (zoom.control.counts()["POST /oauth/token"], zoom.control.counts()[route]) == (2, 2)
    assert desk.tokens.noted == [fault]


def test_token_that_another_site_ended_is_renewed(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.world.tokens.one_at_a_time = True
    other = make_desk(zoom)
    for each in (desk, other, desk, other):
        each.client.room(WEBINAR, room_id)
    assert (zoom.control.counts()["POST /oauth/token"], zoom.control.counts()[GET]) == (4, 6)


@pytest.mark.parametrize(("form", "waited"), [("", 1.05), ("seconds", 2.05), ("iso", 2.05), ("date", 2.05)])
@pytest.mark.parametrize(("act", "route"), [(read, GET), (add, ADD)])
def test_too_many_in_a_second_is_waited_for_as_zoom_says(
    zoom: FakeZoom, desk: Desk, room_id: str, act: Act, route: str, form: str, waited: float
) -> None:
    zoom.control.fault("qps", route, **({"retry_after": form} if form else {}))
    act(desk.client, room_id)
    assert (desk.waits, zoom.control.counts()[route]) == ([waited], 2)
    # Everybody waits that long.
    until = NOW + timedelta(seconds=waited - 0.05)
    assert desk.budget.noted[0] == (Label.LIGHT, 429, until, None)


def test_too_many_for_ever_is_given_up_after_three_tries(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.fault("qps", GET, times=None)
    fault = fault_of(desk, read, room_id)
    assert isinstance(fault, RetryAt)
    assert (fault.reason, fault.surely_not_arrived, len(desk.waits), zoom.control.counts()[GET]) == ("rate", True, 2, 3)


@pytest.mark.parametrize("form", ["iso", "seconds", "date"])
def test_days_limit_is_not_waited_for(zoom: FakeZoom, desk: Desk, room_id: str, form: str) -> None:
    zoom.control.fault("daily", ADD, retry_after=form)
    fault = fault_of(desk, add, room_id)
    assert isinstance(fault, RetryAt)
    assert (fault.reason, fault.at, fault.surely_not_arrived, desk.waits) == ("daily", MIDNIGHT, True, [])
    assert desk.budget.noted == [(Label.LIGHT, 429, MIDNIGHT, None)]


def test_hundred_changes_of_a_host_hold_up_that_host_alone(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.fault("daily", "PATCH /webinars/{id}")
    with pytest.raises(RetryAt) as caught:
        desk.client.update_webinar(room_id, RoomWish(topic="Water"), host="host-1")
    assert (caught.value.reason, caught.value.at) == ("daily", MIDNIGHT)
    assert desk.budget.noted == [(Label.LIGHT, 429, MIDNIGHT, "host-1")]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_failing_server_is_read_once_more(zoom: FakeZoom, desk: Desk, room_id: str, status: int) -> None:
    zoom.control.fault("status", GET, status=status)
    desk.client.room(WEBINAR, room_id)
    assert (desk.waits, zoom.control.counts()[GET]) == ([0.5], 2)
    assert [each.fault for each in desk.notes.calls] == ["RetryAt.server", ""]
    zoom.control.fault("status", GET, status=status, times=None)
    fault = fault_of(desk, read, room_id)
    assert (type(fault), fault.reason, fault.status, zoom.control.counts()[GET]) == (RetryAt, "server", status, 4)


def test_server_that_says_when_is_left_alone_until_then(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.fault("status", GET, status=503, retry_after=120)
    fault = fault_of(desk, read, room_id)
    assert isinstance(fault, RetryAt)
    assert (fault.at, zoom.control.counts()[GET]) == (NOW + timedelta(seconds=120), 1)


@pytest.mark.parametrize(
    ("kind", "options", "reason"),
    [
        ("status", {"status": 500}, "server"),
        ("slow", {"seconds": 0.6}, "network"),
        ("reset", {}, "network"),
        ("drop", {}, "network"),
    ],
)
def test_change_without_an_answer_is_never_sent_twice(
    zoom: FakeZoom, desk: Desk, room_id: str, kind: FaultKind, options: dict[str, Any], reason: str
) -> None:
    zoom.control.fault(kind, ADD, **options)
    fault = fault_of(desk, add, room_id)
    assert isinstance(fault, RetryAt)
    assert (fault.reason, fault.surely_not_arrived) == (reason, False)
    assert (zoom.control.counts()[ADD], desk.waits) == (1, [])
    # What happened is found out by looking: nothing was done twice.
    listed = desk.client.registrants(WEBINAR, room_id)
    assert [each.email for each in listed] == (["vera@example.org"] if kind in {"slow", "drop"} else [])


@pytest.mark.parametrize(("kind", "options"), [("slow", {"seconds": 0.6}), ("reset", {}), ("drop", {})])
def test_reading_without_an_answer_is_done_once_more(
    zoom: FakeZoom, desk: Desk, room_id: str, kind: FaultKind, options: dict[str, Any]
) -> None:
    zoom.control.fault(kind, GET, **options)
    desk.client.room(WEBINAR, room_id)
    assert (zoom.control.counts()[GET], desk.waits) == (2, [0.5])
    assert [(each.status, each.fault) for each in desk.notes.calls] == [(0, "RetryAt.network"), (200, "")]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("html", {}), ("html", {"status": 404}), ("html", {"status": 403}), ("empty", {}), ("truncated", {})],
)
def test_answer_that_is_no_json_is_no_news_of_the_room(
    zoom: FakeZoom, desk: Desk, room_id: str, kind: FaultKind, options: dict[str, Any]
) -> None:
    zoom.control.fault(kind, GET, times=None, **options)
    fault = fault_of(desk, read, room_id)
    assert (type(fault), zoom.control.counts()[GET]) == (Garbled, 2)
    # It counts as a failure of whatever stands before Zoom.
    assert [status for _, status, _, _ in desk.budget.noted] == [0, 0]


@pytest.mark.parametrize("kind", ["html", "empty", "truncated"])
def test_garbled_answer_to_a_change_leaves_its_outcome_unknown(
    zoom: FakeZoom, desk: Desk, room_id: str, kind: FaultKind
) -> None:
    zoom.control.fault(kind, ADD, commit=True)
    assert type(fault_of(desk, add, room_id)) is Garbled
    assert (zoom.control.counts()[ADD], len(desk.client.registrants(WEBINAR, room_id))) == (1, 1)


@pytest.mark.parametrize("kind", ["extra", "string_ids"])
def test_more_fields_and_ids_as_text_change_nothing(zoom: FakeZoom, desk: Desk, room_id: str, kind: FaultKind) -> None:
    before = desk.client.room(WEBINAR, room_id), desk.client.list_webinars(HOST)
    zoom.control.fault(kind, times=None)
    assert (desk.client.room(WEBINAR, room_id), desk.client.list_webinars(HOST)) == before


def test_nulls_where_fields_may_be_missing(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.fault("null", GET, fields=["registration_url", "settings", "start_time", "timezone", "occurrences"])
    room = desk.client.room(WEBINAR, room_id)
    assert (room.registration_url, room.starts_at, room.zone, room.occurrences) == (None, None, "", ())


def test_missing_right_is_named_and_noted(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.set_scopes(CLIENT_ID, ("webinar:read:list_webinars",))
    fault = fault_of(desk, read, room_id)
    assert isinstance(fault, Fix)
    assert fault.scopes == ("webinar:read:webinar:admin",)
    assert (desk.tokens.noted, zoom.control.counts()[GET]) == ([fault], 1)


@pytest.mark.parametrize("status", [401, 403])
def test_missing_right_costs_no_token_whatever_its_status(
    zoom: FakeZoom, desk: Desk, room_id: str, status: int
) -> None:
    zoom.control.api.scope_status = status
    zoom.control.set_scopes(CLIENT_ID, ())
    assert type(fault_of(desk, read, room_id)) is Fix
    assert zoom.control.counts()["POST /oauth/token"] == 1


def test_nobody_there_is_asked_once_more_also_for_a_change(zoom: FakeZoom) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/v2"
        zoom.control.api.oauth.api_url = ""
        desk = make_desk(zoom, api_url=closed)
        fault = fault_of(desk, add, "84123456789")
    assert isinstance(fault, RetryAt)
    assert (fault.reason, fault.surely_not_arrived, desk.waits) == ("network", True, [0.5])


def test_spent_budget_and_open_circuit_make_no_call(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    for reason in ("budget", "circuit"):
        desk.budget.delays = [Delay(MIDNIGHT, reason)]  # type: ignore[arg-type]
        fault = fault_of(desk, read, room_id)
        assert isinstance(fault, RetryAt)
        assert (fault.reason, fault.at, fault.surely_not_arrived) == (reason, MIDNIGHT, True)
    assert (zoom.control.counts(), desk.waits) == ({"POST /oauth/token": 1}, [])


def test_turn_in_this_second_is_waited_for(desk: Desk, room_id: str) -> None:
    desk.budget.delays = [Delay(NOW + timedelta(seconds=0.2), "rate"), Delay(NOW + timedelta(seconds=0.1), "rate")]
    desk.client.room(WEBINAR, room_id)
    assert desk.waits == [0.2, 0.1]


def test_turn_that_does_not_come_is_the_callers(desk: Desk, room_id: str) -> None:
    desk.budget.delays = [Delay(NOW + timedelta(seconds=3), "rate")] * 9
    fault = fault_of(desk, read, room_id)
    assert isinstance(fault, RetryAt)
    assert (fault.reason, fault.surely_not_arrived, desk.waits) == ("rate", True, [3.0])


def test_link_to_another_host_is_not_believed(desk: Desk, zoom: FakeZoom, room_id: str) -> None:
    zoom.control.world.link_base = "https://zoom.us.evil.example"
    assert (type(fault_of(desk, read, room_id)), zoom.control.counts()[GET]) == (Garbled, 1)
    assert desk.client.add_registrant(WEBINAR, room_id, VERA).join_url is None
    assert [each.join_url for each in desk.client.registrants(WEBINAR, room_id)] == [None]


def test_deleted_room_is_asked_for_once(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.delete(room_id)
    assert type(fault_of(desk, read, room_id)) is Gone
    assert (zoom.control.counts()[GET], desk.waits) == (1, [])
    # Zoom answered: nothing is wrong with it.
    assert desk.budget.noted == [(Label.LIGHT, 404, None, None)]


def test_logs_and_faults_hold_nothing_that_names_anybody(
    zoom: FakeZoom, desk: Desk, room_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    faults = []
    for kind in ("reset", "unauthorised", "html", "status", "daily"):
        zoom.control.fault(kind, ADD, times=None)  # type: ignore[arg-type]
        faults.append(fault_of(desk, add, room_id))
        zoom.control.no_faults()
    assert desk.tokens.token is not None
    secrets = [VERA.email, room_id, desk.tokens.token.access, CLIENT_SECRET, HOST]
    said = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    said += [f"{fault!r} {fault} {vars(fault)}" for fault in faults]
    said += [repr(each) for each in (*desk.notes.calls, desk.client.credentials, desk.tokens.token)]
    assert len([record for record in caplog.records if record.msg == "zoom.call_failed"]) >= len(faults)
    assert [secret for secret in secrets if any(secret in line for line in said)] == []


def test_every_fault_that_lasts_ends_in_a_fault_and_a_few_calls(zoom: FakeZoom, desk: Desk) -> None:
    room_id = str(zoom.control.add_webinar(STARTS_AT).id)
    for kind in ("unauthorised", "qps", "daily", "status", "reset", "drop", "html", "empty", "truncated"):
        zoom.control.fault(kind, GET, times=None)  # type: ignore[arg-type]
        zoom.control.forget_log()
        fault_of(desk, read, room_id)
        assert zoom.control.counts()[GET] <= 3
        zoom.control.no_faults()


def test_note_that_cannot_be_written_takes_no_answer_back(zoom: FakeZoom, room_id: str) -> None:
    class Away:
        def note(self, *_args: object, **_more: object) -> None:
            raise OSError("the database is away")

    class AwayTokens(MemoryTokens):
        def note(self, fault: ZoomFault | None) -> None:
            raise OSError("the database is away")

    class AwayBudget(OpenBudget):
        def note(self, *_args: Any, **_more: Any) -> None:
            raise OSError("the database is away")

    desk = make_desk(zoom, calls=Away(), tokens=AwayTokens(), budget=AwayBudget())
    assert desk.client.add_registrant(WEBINAR, room_id, VERA).join_url == zoom.control.ticket(room_id, VERA.email)
    zoom.control.fault("unauthorised", times=None)
    assert type(fault_of(desk, read, room_id)) is AuthLost

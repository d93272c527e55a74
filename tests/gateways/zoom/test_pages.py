"""Lists come whole and always come to an end."""

from __future__ import annotations

import pytest

from tests.gateways.zoom.conftest import STARTS_AT, Desk
from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.calls import Label
from wmd.domain.zoom.faults import Fix, RetryAt, ZoomFault
from wmd.gateways.zoom.asking import Ask
from wmd.gateways.zoom.pages import MOST_PAGES, whole_list
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import HOST

LIST = "GET /webinars/{id}/registrants"
ASK = Ask("GET", "/things", "/things", Label.MEDIUM)


@pytest.fixture
def many(zoom: FakeZoom, room_id: str) -> str:
    for number in range(650):
        zoom.control.register(room_id, f"person{number}@example.org")
    return room_id


def test_list_of_several_pages_comes_whole_and_in_order(zoom: FakeZoom, desk: Desk, many: str) -> None:
    found = desk.client.registrants(RoomKind.WEBINAR, many)
    assert [each.email for each in found] == [f"person{number}@example.org" for number in range(650)]
    assert (found.is_complete, zoom.control.counts()[LIST]) == (True, 3)
    sizes = {sent.query["page_size"][0] for sent in zoom.control.sent() if sent.path.endswith("/registrants")}
    assert sizes == {"300"}


def test_token_that_repeats_stops_the_list_and_says_that_it_is_a_part(zoom: FakeZoom, desk: Desk, many: str) -> None:
    zoom.control.fault("repeat_token", LIST, times=None)
    found = desk.client.registrants(RoomKind.WEBINAR, many)
    assert (len(found), found.is_complete, zoom.control.counts()[LIST]) == (600, False, 2)


def test_page_token_that_is_over_begins_the_list_anew_once(zoom: FakeZoom, desk: Desk, many: str) -> None:
    zoom.control.fault("code", LIST, nth=2, status=400, code=300, message="The next page token is invalid or expired.")
    found = desk.client.registrants(RoomKind.WEBINAR, many)
    assert (len(found), found.is_complete, zoom.control.counts()[LIST]) == (650, True, 5)


def test_page_token_that_is_always_over_is_tried_later(zoom: FakeZoom, desk: Desk, many: str) -> None:
    for nth in (2, 4):
        zoom.control.fault("code", LIST, nth=nth, status=400, code=300, message="The next page token is invalid.")
    with pytest.raises(RetryAt) as caught:
        desk.client.registrants(RoomKind.WEBINAR, many)
    assert (caught.value.reason, zoom.control.counts()[LIST]) == ("server", 4)


def test_bad_input_on_the_first_page_is_nobodys_page_token(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    zoom.control.fault("code", LIST, status=400, code=300, message="Invalid parameter.")
    with pytest.raises(Fix) as caught:
        desk.client.registrants(RoomKind.WEBINAR, room_id)
    assert caught.value.reason == "request"


def test_fault_on_a_later_page_gives_no_part_for_the_whole(zoom: FakeZoom, desk: Desk, many: str) -> None:
    for nth in (2, 3):
        zoom.control.fault("status", LIST, nth=nth, status=500)
    with pytest.raises(ZoomFault):
        desk.client.registrants(RoomKind.WEBINAR, many)


def test_hosts_list_of_several_pages_comes_whole(zoom: FakeZoom, desk: Desk) -> None:
    for _ in range(310):
        zoom.control.add_webinar(STARTS_AT, host=HOST)
    found = desk.client.list_webinars(HOST)
    assert (len({each.id for each in found}), found.is_complete) == (310, True)


class Server:
    """Answers pages that were written down, in turn and then the last one for ever."""

    def __init__(self, *pages: dict[str, object]) -> None:
        self.pages, self.queries = pages, list[dict[str, str]]()

    def __call__(self, ask: Ask) -> object:
        self.queries.append(dict(ask.query))
        return self.pages[min(len(self.queries), len(self.pages)) - 1]


def listed(server: Server, *, with_key: bool = True) -> tuple[tuple[object, ...], bool]:
    found = whole_list(server, ASK, "things", lambda each: each, key=(lambda each: each) if with_key else None)
    return found.items, found.is_complete


def test_list_without_tokens_goes_by_the_count_of_pages() -> None:
    server = Server(
        {"things": [1, 2], "page_count": 2, "total_records": 3}, {"things": [3], "page_count": 2, "total_records": 3}
    )
    assert listed(server) == ((1, 2, 3), True)
    assert [query.get("page_number") for query in server.queries] == [None, "2"]


def test_server_that_ignores_the_number_of_the_page_is_noticed() -> None:
    server = Server({"things": [1, 2], "page_count": 9, "total_records": 18})
    assert (listed(server), len(server.queries)) == (((1, 2), False), 2)


def test_entry_added_while_reading_stands_in_the_list_once() -> None:
    assert listed(Server({"things": [1, 2], "next_page_token": "a"}, {"things": [2, 3], "next_page_token": ""})) == (
        (1, 2, 3), True,
    )  # fmt: skip


def test_rows_without_a_key_may_be_equal() -> None:
    server = Server({"things": [1, 1], "next_page_token": "a"}, {"things": [1]})
    assert listed(server, with_key=False) == ((1, 1, 1), True)


def test_empty_page_with_a_token_ends_it() -> None:
    assert listed(Server({"things": [1], "next_page_token": "a"}, {"things": [], "next_page_token": "b"})) == (
        (1,),
        False,
    )
    whole = {"next_page_token": "b", "total_records": 1}
    assert listed(Server({"things": [1], "next_page_token": "a"}, {"things": [], **whole})) == ((1,), True)


def test_list_without_an_end_ends() -> None:
    class Endless(Server):
        def __call__(self, ask: Ask) -> object:
            number = len(self.queries)
            self.queries.append(dict(ask.query))
            return {"things": [number], "next_page_token": f"t{number}"}

    server = Endless()
    items, is_complete = listed(server)
    assert (len(items), is_complete, len(server.queries)) == (MOST_PAGES, False, MOST_PAGES)

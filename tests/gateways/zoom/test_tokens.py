"""Tokens: of our own account and of partners, renewed in time and once, and never sent elsewhere."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.gateways.zoom.conftest import NOW, OURS, PARTNERS, Desk, make_desk
from wmd.domain.zoom.answers import RoomKind
from wmd.domain.zoom.faults import AuthLost, Garbled, RetryAt, ZoomFault
from wmd.gateways.zoom.gate import zoom_only, zoom_or
from wmd.gateways.zoom.tokens import ServerCredentials
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, PARTNER

WEBINAR = RoomKind.WEBINAR
TOKEN = "POST /oauth/token"
BACK = "http://127.0.0.1/callback"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"


def asked(zoom: FakeZoom) -> int:
    return zoom.control.counts().get(TOKEN, 0)


def test_token_is_fetched_once_and_used_until_it_is_due(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    for _ in range(3):
        desk.client.room(WEBINAR, room_id)
    assert asked(zoom) == 1
    # Half way between 80 and 90 % of its life, as drawn here.
    zoom.control.set_time(NOW + 0.84 * timedelta(hours=1))
    desk.client.room(WEBINAR, room_id)
    assert asked(zoom) == 1
    zoom.control.set_time(NOW + 0.86 * timedelta(hours=1))
    desk.client.room(WEBINAR, room_id)
    desk.client.room(WEBINAR, room_id)
    assert asked(zoom) == 2


@pytest.mark.parametrize("drawn", [0.0, 1.0])
def test_processes_renew_between_80_and_90_percent(zoom: FakeZoom, room_id: str, drawn: float) -> None:
    desk = make_desk(zoom, draw=lambda: drawn)
    desk.client.room(WEBINAR, room_id)
    counts = []
    for part in (0.79, 0.81, 0.89, 0.905):
        zoom.control.set_time(NOW + part * timedelta(hours=1))
        if part > 0.9 or drawn == 0.0 or part < 0.85:
            desk.client.room(WEBINAR, room_id)
        counts.append(asked(zoom))
    assert counts == ([1, 2, 2, 2] if drawn == 0.0 else [1, 1, 1, 2])


def test_token_that_is_due_serves_on_while_zoom_gives_no_other(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    desk.client.room(WEBINAR, room_id)
    zoom.control.set_time(NOW + timedelta(minutes=55))
    zoom.control.fault("status", TOKEN, times=None, status=503)
    assert desk.client.room(WEBINAR, room_id).id == room_id
    zoom.control.set_time(NOW + timedelta(minutes=61))
    with pytest.raises(RetryAt) as caught:
        desk.client.room(WEBINAR, room_id)
    assert caught.value.reason == "server"


def test_token_that_is_over_is_never_sent(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    desk.client.room(WEBINAR, room_id)
    zoom.control.move(hours=3)
    desk.client.room(WEBINAR, room_id)
    assert (asked(zoom), [each.status for each in desk.notes.calls]) == (2, [200, 200])


def test_refusals_at_the_same_time_renew_once(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    desk.client.room(WEBINAR, room_id)
    zoom.control.kill_tokens()
    barrier, found = Barrier(4), list[str]()

    def work() -> None:
        barrier.wait(5)
        found.append(desk.client.room(WEBINAR, room_id).id)

    threads = [Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert (found, asked(zoom)) == ([room_id] * 4, 2)


def test_secrets_go_in_the_body_and_in_no_address(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    desk.client.room(WEBINAR, room_id)
    token, read = zoom.control.sent()
    assert (token.path, token.query) == ("/oauth/token", {})
    assert parse_qs(token.body.decode()) == {"grant_type": ["account_credentials"], "account_id": [ACCOUNT_ID]}
    assert (read.query, read.headers["Authorization"].split()[0]) == ({}, "Bearer")
    assert [name for name in read.headers if name.lower() in {"cookie", "referer"}] == []


@pytest.mark.parametrize(
    "credentials",
    [
        ServerCredentials(ACCOUNT_ID, CLIENT_ID, "another secret"),
        ServerCredentials(ACCOUNT_ID, "another client", CLIENT_SECRET),
        ServerCredentials("another account", CLIENT_ID, CLIENT_SECRET),
    ],
)
def test_credentials_that_zoom_does_not_know_are_the_end(
    zoom: FakeZoom, room_id: str, credentials: ServerCredentials
) -> None:
    desk = make_desk(zoom, credentials)
    with pytest.raises(AuthLost) as caught:
        desk.client.room(WEBINAR, room_id)
    assert (caught.value.reason, asked(zoom)) == ("credentials", 1)


@pytest.mark.parametrize(
    ("kind", "options", "fault", "reason"),
    [
        ("reset", {}, RetryAt, "network"),
        ("slow", {"seconds": 0.6}, RetryAt, "network"),
        ("status", {"status": 500}, RetryAt, "server"),
        ("qps", {}, RetryAt, "rate"),
        ("html", {}, Garbled, "token"),
        ("html", {"status": 403}, Garbled, "token"),
        ("empty", {}, Garbled, "token"),
        ("null", {"fields": ["access_token"]}, Garbled, "access_token is missing"),
        ("null", {"fields": ["expires_in"]}, Garbled, "expires_in is not a time"),
    ],
)
def test_token_that_does_not_come_is_no_lost_account(
    zoom: FakeZoom, desk: Desk, room_id: str, kind: str, options: dict[str, object], fault: type, reason: str
) -> None:
    zoom.control.fault(kind, TOKEN, **options)  # type: ignore[arg-type]
    with pytest.raises(ZoomFault) as caught:
        desk.client.room(WEBINAR, room_id)
    assert (type(caught.value), caught.value.reason, desk.tokens.noted) == (fault, reason, [])
    assert desk.client.room(WEBINAR, room_id).id == room_id


def test_base_address_that_is_zooms_is_used(zoom: FakeZoom, desk: Desk, room_id: str) -> None:
    desk.client.room(WEBINAR, room_id)
    assert desk.tokens.token is not None
    assert desk.tokens.token.api_url == zoom.api_url


@pytest.mark.parametrize(
    "url", ["https://api.zoom.us.evil.example", "http://api.zoom.us", "file:///etc/passwd", "//zoom.us"]
)
def test_base_address_that_is_not_zooms_gets_no_token(zoom: FakeZoom, desk: Desk, room_id: str, url: str) -> None:
    zoom.control.api.oauth.api_url = url
    assert desk.client.room(WEBINAR, room_id).id == room_id
    assert desk.tokens.token is not None
    assert desk.tokens.token.api_url == ""


@pytest.mark.parametrize(
    ("url", "is_zooms"),
    [
        ("https://zoom.us/j/84123456789?pwd=x", True),
        ("https://api-us.zoom.us", True),
        ("https://city.zoom.com:443/webinar/register/WN_x", True),
        ("http://zoom.us/", False),
        ("https://evilzoom.us/", False),
        ("https://zoom.us.evil.example/", False),
        ("https://zoom.us@evil.example/", False),
        ("https://zoom.us:8443/", False),
        ("https://zoom.us\\@evil.example/", False),
        ("https://zoom.us/\nx", False),
        ("https://[zoom.us/", False),
        ("https://zoom.us:port/", False),
        ("https://127.0.0.1/", False),
        ("https://zoom.us/" + "a" * 3000, False),
        ("", False),
    ],
)
def test_gate_lets_through_zooms_own_hosts_alone(url: str, *, is_zooms: bool) -> None:
    assert zoom_only(url) is is_zooms


def test_gate_for_a_fake_opens_for_that_fake_alone() -> None:
    gate = zoom_or("http://127.0.0.1:8090")
    urls = (
        "http://127.0.0.1:8090/v2", "https://api.zoom.us", "http://127.0.0.1:8091/v2", "https://127.0.0.1:8090/v2",
        "http://127.0.0.1:8090@evil.example/", "http://[::1/",
    )  # fmt: skip
    assert [gate(url) for url in urls] == [True, True, False, False, False, False]
    for base in ("http://192.0.2.1:80", "https://127.0.0.1:1", "http://localhost:1", "http://x@127.0.0.1:1"):
        with pytest.raises(ValueError, match="loopback"):
            zoom_or(base)


def consented(zoom: FakeZoom, desk: Desk, state: str = "s-1") -> str:
    """Go the way that a partner's browser goes, and return the code that comes back."""
    url = desk.client.desk.authorise_url(redirect_uri=BACK, state=state, verifier=VERIFIER)
    assert VERIFIER not in url
    answer = requests.post(url, data={"user": PARTNER}, allow_redirects=False, timeout=2)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == [state]
    return query["code"][0]


@pytest.fixture
def partner(zoom: FakeZoom) -> Desk:
    return make_desk(zoom, PARTNERS)


def test_partner_connects_and_reads_their_own_rooms(zoom: FakeZoom, partner: Desk) -> None:
    room = zoom.control.add_webinar(NOW + timedelta(days=1), host=PARTNER)
    token = partner.client.desk.exchange_code(consented(zoom, partner), redirect_uri=BACK, verifier=VERIFIER)
    partner.tokens.token, partner.tokens.refresh = token, token.refresh
    assert [each.id for each in partner.client.list_webinars("me")] == [str(room.id)]
    with pytest.raises(ValueError, match="me"):
        partner.client.list_webinars(PARTNER)
    # Single use: each renewal brings another refresh token.
    zoom.control.kill_tokens()
    partner.client.room(WEBINAR, str(room.id))
    assert partner.tokens.refresh != token.refresh
    zoom.control.kill_tokens()
    partner.client.room(WEBINAR, str(room.id))
    zoom.control.revoke(PARTNER)
    with pytest.raises(AuthLost) as caught:
        partner.client.room(WEBINAR, str(room.id))
    assert caught.value.reason == "grant"


def test_code_is_good_once_and_for_who_began(zoom: FakeZoom, partner: Desk) -> None:
    desk, code = partner.client.desk, consented(zoom, partner)
    with pytest.raises(AuthLost):
        desk.exchange_code(code, redirect_uri=BACK, verifier=VERIFIER + "x")
    code = consented(zoom, partner)
    desk.exchange_code(code, redirect_uri=BACK, verifier=VERIFIER)
    with pytest.raises(AuthLost) as caught:
        desk.exchange_code(code, redirect_uri=BACK, verifier=VERIFIER)
    assert caught.value.reason == "grant"


def test_partner_without_a_refresh_token_asks_nobody(zoom: FakeZoom, partner: Desk, room_id: str) -> None:
    with pytest.raises(AuthLost):
        partner.client.room(WEBINAR, room_id)
    assert asked(zoom) == 0


def test_tokens_that_were_given_back_open_nothing(zoom: FakeZoom, partner: Desk) -> None:
    token = partner.client.desk.exchange_code(consented(zoom, partner), redirect_uri=BACK, verifier=VERIFIER)
    for each in (token.access, token.refresh):
        partner.client.desk.revoke(each)
    partner.tokens.token, partner.tokens.refresh = token, token.refresh
    with pytest.raises(AuthLost):
        partner.client.list_webinars("me")


def test_credentials_do_not_show() -> None:
    assert CLIENT_SECRET not in repr(OURS)
    assert "secret" not in repr(PARTNERS).replace("client_secret", "")

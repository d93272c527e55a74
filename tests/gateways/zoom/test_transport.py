"""One request: limits on time and size, no redirect, no cookie; and whether it can have arrived."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import NamedTuple

import pytest

from wmd.gateways.zoom.transport import Answer, Limits, NoAnswer, TooLong, exchange, pooled_session

LIMITS = Limits(connect_s=1.0, read_s=0.3, longest_s=0.4, most_bytes=10_000)


class Seen(NamedTuple):
    """A request as it came, and the port it came from."""

    path: str
    cookie: str | None
    port: int


class Handler(BaseHTTPRequestHandler):
    """Does what the path says."""

    protocol_version = "HTTP/1.1"
    seen: list[Seen]
    closing: Event

    def do_GET(self) -> None:
        self.seen.append(Seen(self.path, self.headers.get("Cookie"), self.client_address[1]))
        getattr(self, self.path.strip("/"))()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self) -> None:
        self._answer(302, Location="/cookie")

    def cookie(self) -> None:
        self._answer(200, Set_Cookie="a=b; Path=/", x_zm_trackingid="WEB_1")

    def odd_tracking(self) -> None:
        self._answer(200, x_zm_trackingid="<vera at example>")

    def long(self) -> None:
        self._answer(200, b"x" * 10_001)

    def bomb(self) -> None:
        self._answer(200, gzip.compress(b"x" * 3_000_000), Content_Encoding="gzip")

    def deep(self) -> None:
        self._answer(200, b"[" * 9_000)

    def cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{")
        self.close_connection = True

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(20):
                self.wfile.write(b"x" * 20)
                self.closing.wait(0.05)


@pytest.fixture
def server() -> Iterator[tuple[str, list[Seen]]]:
    seen: list[Seen] = []
    closing = Event()
    handler = type("Own", (Handler,), {"seen": seen, "closing": closing})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", seen
        closing.set()
        listening.shutdown()
        thread.join(5)


def ask(url: str) -> Answer:
    with pooled_session() as http:
        return exchange(http, "GET", url, LIMITS)


def test_redirect_is_an_answer_and_not_followed(server: tuple[str, list[Seen]]) -> None:
    url, seen = server
    assert ask(f"{url}/redirect").status == 302
    assert [each.path for each in seen] == ["/redirect"]


def test_cookie_is_not_kept_and_connection_is(server: tuple[str, list[Seen]]) -> None:
    url, seen = server
    with pooled_session() as http:
        answers = [exchange(http, "GET", f"{url}/cookie", LIMITS) for _ in range(2)]
        assert (http.trust_env, len(http.cookies)) == (False, 0)
    assert [answer.tracking_id for answer in answers] == ["WEB_1", "WEB_1"]
    assert [(each.path, each.cookie) for each in seen] == [("/cookie", None)] * 2
    assert len({each.port for each in seen}) == 1


def test_tracking_id_of_another_form_is_left_out(server: tuple[str, list[Seen]]) -> None:
    assert ask(f"{server[0]}/odd_tracking").tracking_id == ""


@pytest.mark.parametrize("path", ["long", "bomb"])
def test_answer_that_is_too_long_is_not_read_to_its_end(server: tuple[str, list[Seen]], path: str) -> None:
    with pytest.raises(TooLong):
        ask(f"{server[0]}/{path}")


@pytest.mark.parametrize(("path", "reason"), [("cut", "connection"), ("drip", "slow")])
def test_answer_that_does_not_end_is_none_and_may_have_been_carried_out(
    server: tuple[str, list[Seen]], path: str, reason: str
) -> None:
    with pytest.raises(NoAnswer) as caught:
        ask(f"{server[0]}/{path}")
    assert (caught.value.reason, caught.value.surely_not_arrived) == (reason, False)


def test_json_that_is_nested_too_deeply_is_none(server: tuple[str, list[Seen]]) -> None:
    answer = ask(f"{server[0]}/deep")
    with pytest.raises(ValueError):
        answer.read()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://no-such-name.invalid/x"])
def test_what_never_left_surely_did_not_arrive(url: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        ask(url)
    assert (caught.value.reason, caught.value.surely_not_arrived) == ("connection", True)
    assert "invalid" not in f"{caught.value!r}{caught.value.__cause__}"

"""The layer of published bytes, in front of a Flask application and on a real server."""

from __future__ import annotations

import gzip
import http.client
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import shake_128
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from flask import Flask, Response, redirect, request, session
from werkzeug import Response as BaseResponse
from werkzeug.test import Client, TestResponse

from wmd.web.alarm_desk import AlarmDesk
from wmd.web.edge import zone_of
from wmd.web.published import Publish, Published

NOW = datetime(2021, 10, 7, 12, 0, tzinfo=UTC)
LAST_MODIFIED = "Thu, 07 Oct 2021 11:00:00 GMT"
HOST = "wmd.example.org"
LINE = b"SUMMARY:Resilience for all\r\n"


class House:
    """A small Flask application behind the layer, with hands on its versions, its clock and what it answers."""

    def __init__(self, max_bytes: int = 2_000_000, wait_s: float = 5.0) -> None:
        self.versions: dict[str, int] = {"site": 1, "edition:2021": 1}
        self.now = NOW
        self.rendered: list[str] = []
        self.logged: list[tuple[str, bool]] = []
        self.alarms: list[tuple[str, str | None]] = []
        self.told = threading.Semaphore(0)
        self.body = LINE * 100
        self.fault: Exception | int | None = None
        self.on_render: Callable[[], object] = lambda: None
        self.layer = Published(
            self._flask().wsgi_app,
            versions=lambda: self.versions,
            clock=lambda: self.now,
            allowed_hosts=frozenset({HOST}),
            max_bytes=max_bytes,
            log=lambda facts, request_id, duration_s, replayed: self.logged.append((facts, replayed)),
            desk=AlarmDesk(self._tell),
            longest_wait_s=wait_s,
        )
        self.client = Client(self.layer, use_cookies=False)

    def _tell(self, key: str, message: str | None) -> None:
        self.alarms.append((key, message))
        self.told.release()

    def get(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        """Ask the layer; header names with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(path, method=method, base_url=f"https://{HOST}", headers=named)

    def _render(self, *, body: bytes | None = None, **permission: Any) -> Response:
        self.rendered.append(request.full_path.rstrip("?"))
        self.on_render()
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault is not None:
            return Response("broken", status=self.fault)
        response = Response(self.body if body is None else body, content_type="text/calendar; charset=utf-8")
        response.headers["Cache-Control"] = "public, max-age=900"
        permission.setdefault("versions", {"edition:2021": self.versions["edition:2021"]})
        request.environ["wmd.publish"] = Publish(**permission)
        return response

    def _flask(self) -> Flask:
        app = Flask("house")
        app.config.update(SECRET_KEY="only for this test", PROPAGATE_EXCEPTIONS=True)
        for name in ("calendar.ics", "programme", "now", "old", "cookie", "session", "missing", "stream"):
            app.add_url_rule(f"/2021/{name}", name.partition(".")[0], getattr(self, f"_{name.partition('.')[0]}"))
        app.add_url_rule("/organiser/drafts", "drafts", self._render)
        app.add_url_rule("/2021/submit", "submit", self._submit, methods=["GET", "POST"])
        return app

    def _calendar(self) -> Response:
        response = self._render(pinned=not request.args)
        response.headers["Last-Modified"] = LAST_MODIFIED
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Content-Disposition"] = "inline"
        return response

    def _programme(self) -> Response:
        zone = zone_of(request.environ)
        response = self._render(body=f"<p>{zone or 'no zone'}</p>".encode() * 100, private=True)
        response.headers["Cache-Control"] = "private, max-age=0"
        return response

    def _now(self) -> Response:
        return self._render(valid_until=NOW + timedelta(minutes=5))

    def _old(self) -> BaseResponse:
        self._render()
        return redirect("/2021/new", 301)

    def _cookie(self) -> Response:
        response = self._render()
        response.set_cookie("seen", "1")
        return response

    def _session(self) -> Response:
        return self._render(body=str(session.get("who")).encode() * 500)

    def _missing(self) -> Response:
        response = self._render()
        response.status_code = 404
        return response

    def _submit(self) -> Response:
        self.rendered.append(request.method)
        return Response("form", headers={"Cache-Control": "no-store"})

    def _stream(self) -> Response:
        return Response((b"x" * 1000 for _ in range(3)), content_type="text/plain")


@pytest.fixture
def house() -> House:
    return House()


def test_second_request_is_replayed_byte_for_byte(house: House) -> None:
    first = house.get("/2021/calendar.ics")
    second = house.get("/2021/calendar.ics")

    assert first.status == second.status == "200 OK"
    assert first.data == second.data == LINE * 100
    assert house.rendered == ["/2021/calendar.ics"]
    without_id = [[pair for pair in one.headers if pair[0] != "X-Request-ID"] for one in (first, second)]
    assert without_id[0] == without_id[1]
    assert dict(without_id[0]) == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Cache-Control": "public, max-age=900",
        "Last-Modified": LAST_MODIFIED,
        "Access-Control-Allow-Origin": "*",
        "Content-Disposition": "inline",
        "Content-Length": "2800",
        "ETag": first.headers["ETag"],
        "Vary": "Accept-Encoding",
    }


def test_request_id_is_fresh_for_every_response(house: House) -> None:
    ids = [house.get("/2021/calendar.ics").headers["X-Request-ID"] for _ in range(3)]
    ids.append(house.get("/2021/submit").headers["X-Request-ID"])
    ids.append(house.get("/nowhere").headers["X-Request-ID"])

    assert [len(one) for one in ids] == [16] * 5
    assert len(set(ids)) == 5


def test_request_id_of_a_client_is_not_taken_over(house: House) -> None:
    assert house.get("/2021/calendar.ics", X_Request_ID="mine").headers["X-Request-ID"] != "mine"


@pytest.mark.parametrize("warm", [False, True])
def test_gzip_is_given_when_asked_for(house: House, warm: bool) -> None:
    plain = house.get("/2021/calendar.ics") if warm else None

    zipped = house.get("/2021/calendar.ics", Accept_Encoding="br, gzip")

    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["Content-Length"] == str(len(zipped.data))
    assert zipped.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(zipped.data) == LINE * 100
    plain = plain or house.get("/2021/calendar.ics")
    assert zipped.headers["ETag"] == plain.headers["ETag"][:-1] + '-gz"'
    assert len(house.rendered) == 1


def test_gzip_bytes_are_the_same_in_two_processes() -> None:
    bodies = [House().get("/2021/calendar.ics", Accept_Encoding="gzip").data for _ in range(2)]

    assert bodies[0] == bodies[1]


def test_small_response_is_not_compressed(house: House) -> None:
    house.body = b"BEGIN:VCALENDAR\r\n"

    response = house.get("/2021/calendar.ics", Accept_Encoding="gzip")

    assert (response.data, response.headers.get("Content-Encoding"), response.headers.get("Vary")) == (
        house.body,
        None,
        None,
    )


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_if_none_match_answers_304(house: House, warm: bool, method: str, form: str) -> None:
    etag = House().get("/2021/calendar.ics").headers["ETag"]
    if warm:
        house.get("/2021/calendar.ics")

    response = house.get("/2021/calendar.ics", method, If_None_Match=form.format(etag))

    headers = dict(response.headers)
    assert len(headers.pop("X-Request-ID")) == 16
    assert (response.status, response.data) == ("304 Not Modified", b"")
    assert headers == {
        "Cache-Control": "public, max-age=900",
        "Last-Modified": LAST_MODIFIED,
        "Access-Control-Allow-Origin": "*",
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }


def test_etag_of_one_encoding_does_not_stand_for_the_other(house: House) -> None:
    plain = house.get("/2021/calendar.ics").headers["ETag"]
    zipped = house.get("/2021/calendar.ics", Accept_Encoding="gzip").headers["ETag"]

    statuses = [
        house.get("/2021/calendar.ics", Accept_Encoding="gzip", If_None_Match=plain).status_code,
        house.get("/2021/calendar.ics", Accept_Encoding="gzip", If_None_Match=zipped).status_code,
        house.get("/2021/calendar.ics", If_None_Match=zipped).status_code,
    ]

    assert statuses == [200, 304, 200]


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(
    ("since", "status"),
    [
        (LAST_MODIFIED, 304),
        ("Thu, 07 Oct 2021 12:00:00 GMT", 304),
        ("Thu, 07 Oct 2021 10:59:59 GMT", 200),
        ("some day", 200),
    ],
)
def test_if_modified_since_decides_alone(house: House, warm: bool, since: str, status: int) -> None:
    if warm:
        house.get("/2021/calendar.ics")

    assert house.get("/2021/calendar.ics", If_Modified_Since=since).status_code == status


def test_if_none_match_goes_before_if_modified_since(house: House) -> None:
    response = house.get("/2021/calendar.ics", If_None_Match='"other"', If_Modified_Since=LAST_MODIFIED)

    assert response.status_code == 200


@pytest.mark.parametrize("warm", [False, True])
def test_head_has_the_headers_of_get(house: House, warm: bool) -> None:
    if warm:
        house.get("/2021/calendar.ics")

    head = house.get("/2021/calendar.ics", "HEAD", Accept_Encoding="gzip")
    get = house.get("/2021/calendar.ics", Accept_Encoding="gzip")

    assert head.data == b""
    assert {**head.headers, "X-Request-ID": ""} == {**get.headers, "X-Request-ID": ""}
    assert house.rendered == ["/2021/calendar.ics"]


def test_head_of_a_page_that_is_not_kept(house: House) -> None:
    response = house.get("/2021/submit", "HEAD")

    assert (response.status_code, response.data, response.headers["Content-Length"]) == (200, b"", "4")


def test_changed_version_renders_again(house: House) -> None:
    old = house.get("/2021/calendar.ics")
    house.body = LINE * 101
    house.versions = {"site": 1, "edition:2021": 2}

    new = house.get("/2021/calendar.ics", If_None_Match=old.headers["ETag"])

    assert (new.status_code, new.data, len(house.rendered)) == (200, LINE * 101, 2)


def test_other_version_leaves_the_response_alone(house: House) -> None:
    house.get("/2021/calendar.ics")
    house.versions = {"site": 2, "edition:2021": 1, "edition:demo": 5}

    house.get("/2021/calendar.ics")

    assert len(house.rendered) == 1


def test_response_newer_than_the_known_version_is_fresh(house: House) -> None:
    house.versions = {"edition:2021": 3}
    house.get("/2021/calendar.ics")
    # The watch of a request after this one may still hold what it heard before.
    house.versions = {"edition:2021": 2}

    house.get("/2021/calendar.ics")

    assert len(house.rendered) == 1


def test_response_expires_at_its_instant(house: House) -> None:
    counts = []
    for minutes in (0, 4, 5, 6):
        house.now = NOW + timedelta(minutes=minutes)
        house.get("/2021/now")
        counts.append(len(house.rendered))

    assert counts == [1, 1, 2, 3]


def test_each_zone_has_its_own_response(house: House) -> None:
    zones = ["", "Asia/Amman", "Asia/Kathmandu", "Asia/Amman", ""]
    bodies = []
    for zone in zones:
        cookies = {"Cookie": f"theme=dark; wmd_zone={zone}"} if zone else {}
        response = house.get("/2021/programme", **cookies)
        bodies.append(response.data.split(b"</p>")[0])
        assert response.headers["Cache-Control"] == "private, max-age=0"
        assert response.headers["Vary"] == "Cookie, Accept-Encoding"

    assert bodies == [b"<p>no zone", b"<p>Asia/Amman", b"<p>Asia/Kathmandu", b"<p>Asia/Amman", b"<p>no zone"]
    assert len(house.rendered) == 3


def test_shared_response_is_one_for_all_zones(house: House) -> None:
    for zone in ("Asia/Amman", "Asia/Kathmandu"):
        house.get("/2021/calendar.ics", Cookie=f"wmd_zone={zone}")

    assert len(house.rendered) == 1


def test_overlong_zone_cookie_is_answered_and_not_kept(house: House) -> None:
    for _ in range(2):
        response = house.get("/2021/programme", Cookie="wmd_zone=" + "x" * 65)

        assert response.data.startswith(b"<p>" + b"x" * 65 + b"</p>")

    assert (len(house.rendered), house.layer.held_bytes) == (2, 0)


@pytest.mark.parametrize("path", ["/2021/cookie", "/2021/missing", "/organiser/drafts"])
def test_response_that_must_not_be_kept_is_made_each_time(house: House, path: str) -> None:
    for _ in range(2):
        assert "ETag" not in house.get(path).headers

    assert (len(house.rendered), house.layer.held_bytes) == (2, 0)


def test_response_that_read_the_session_is_not_kept(house: House) -> None:
    for _ in range(2):
        assert house.get("/2021/session").headers["Vary"] == "Cookie"

    assert (len(house.rendered), house.layer.held_bytes) == (2, 0)


def test_post_is_never_answered_from_what_is_kept(house: House) -> None:
    house.get("/2021/calendar.ics")

    assert house.get("/2021/calendar.ics", "POST").status_code == 405
    assert house.get("/2021/submit", "POST").data == b"form"


def test_permanent_redirect_is_replayed(house: House) -> None:
    places = [house.get("/2021/old").headers["Location"] for _ in range(2)]

    assert (places, len(house.rendered)) == (["/2021/new", "/2021/new"], 1)


def test_response_without_cache_control_gets_a_careful_one() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wmd.publish"] = Publish(versions={}, private=environ["PATH_INFO"] == "/mine")
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<p>"]

    client = Client(plain_layer(app))

    assert client.get("/").headers["Cache-Control"] == "no-cache"
    assert client.get("/mine").headers["Cache-Control"] == "private, no-cache"


def noise(size: int) -> bytes:
    """Return bytes that do not compress, the same each time."""
    return shake_128(b"noise").digest(size)


def plain_layer(app: WSGIApplication, **changes: Any) -> Published:
    """Return the layer around any WSGI application, with nothing that moves."""
    settings: dict[str, Any] = {"versions": dict, "clock": lambda: NOW, "allowed_hosts": None, "max_bytes": 100_000}
    return Published(app, **(settings | changes))


def test_response_over_the_size_limit_is_answered_properly_and_not_kept() -> None:
    house = House(max_bytes=100_000)
    house.body = noise(60_000)

    first = house.get("/2021/calendar.ics")
    second = house.get("/2021/calendar.ics", If_None_Match=first.headers["ETag"])

    assert (first.data, second.status_code) == (house.body, 304)
    assert (len(house.rendered), house.layer.held_bytes) == (2, 0)


def test_flood_of_filters_is_bounded_and_leaves_the_plain_feed_alone() -> None:
    house = House(max_bytes=400_000)
    house.body = noise(20_000)
    house.get("/2021/calendar.ics")

    most_bytes = 0
    for number in range(200):
        house.get(f"/2021/calendar.ics?topic={number}")
        most_bytes = max(most_bytes, house.layer.held_bytes)
    house.rendered.clear()
    house.get("/2021/calendar.ics")
    house.get("/2021/calendar.ics?topic=199")
    house.get("/2021/calendar.ics?topic=0")

    assert most_bytes <= 400_000
    assert house.rendered == ["/2021/calendar.ics?topic=0"]


def test_least_recently_used_filter_goes_first() -> None:
    house = House(max_bytes=400_000)
    house.body = noise(20_000)
    for topic in "abcd":
        house.get(f"/2021/calendar.ics?topic={topic}")

    house.get("/2021/calendar.ics?topic=a")
    house.get("/2021/calendar.ics?topic=e")
    house.rendered.clear()
    house.get("/2021/calendar.ics?topic=a")
    house.get("/2021/calendar.ics?topic=b")

    assert house.rendered == ["/2021/calendar.ics?topic=b"]


@pytest.mark.parametrize("fault", [500, 503, OSError("disk")])
def test_feed_that_cannot_be_rebuilt_is_its_last_good_copy(house: House, fault: Exception | int) -> None:
    good = house.get("/2021/calendar.ics")
    house.versions = {"edition:2021": 2}
    house.fault = fault

    response = house.get("/2021/calendar.ics", Accept_Encoding="gzip")
    unchanged = house.get("/2021/calendar.ics", If_None_Match=good.headers["ETag"])

    assert (response.status_code, gzip.decompress(response.data)) == (200, good.data)
    assert unchanged.status_code == 304
    assert house.told.acquire(timeout=5)
    told = "/2021/calendar.ics is served from its last good copy."
    assert house.alarms == [("serving:last-good:/2021/calendar.ics", told)]


def test_feed_recovers_after_its_last_good_copy(house: House) -> None:
    house.get("/2021/calendar.ics")
    house.versions, house.fault = {"edition:2021": 2}, 500
    house.get("/2021/calendar.ics")
    house.fault, house.body = None, LINE * 7

    assert house.get("/2021/calendar.ics").data == LINE * 7
    assert [house.told.acquire(timeout=5) for _ in range(2)] == [True, True]
    key = "serving:last-good:/2021/calendar.ics"
    assert [(key_, message is None) for key_, message in house.alarms] == [(key, False), (key, True)]


def test_page_that_cannot_be_rebuilt_is_an_error(house: House) -> None:
    house.get("/2021/now")
    house.now, house.fault = NOW + timedelta(hours=1), 500

    assert (house.get("/2021/now").status_code, house.alarms) == (500, [])


def test_exception_without_a_good_copy_is_not_hidden(house: House) -> None:
    house.fault = OSError("disk")

    with pytest.raises(OSError, match="disk"):
        house.get("/2021/calendar.ics")


def test_exception_is_a_plain_answer_when_serving(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.fault = OSError("someone@example.org")
    house.layer.hides_faults = True

    response = house.get("/2021/calendar.ics")

    assert (response.status_code, response.content_type) == (500, "text/plain; charset=utf-8")
    assert b"someone" not in response.data
    assert [(one.message, vars(one)["request_id"]) for one in caplog.records if one.name == "wmd.web.published"] == [
        ("request.failed", response.headers["X-Request-ID"])
    ]
    assert house.logged == [(facts("GET", "/2021/calendar.ics", 500, len(response.data)), False)]


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Host": "wmd.example.org.evil.example"}])
def test_unknown_host_is_refused(house: House, headers: dict[str, str]) -> None:
    house.get("/2021/calendar.ics")

    response = house.client.get("/2021/calendar.ics", headers=headers)

    assert (response.status_code, response.content_type) == (400, "text/plain; charset=utf-8")
    assert b"evil" not in response.data
    assert len(house.rendered) == 1


def test_forwarded_host_is_not_listened_to(house: House) -> None:
    response = house.get("/2021/old", X_Forwarded_Host="evil.example", Forwarded="host=evil.example")

    assert response.headers["Location"] == "/2021/new"


def test_liveness_answers_under_any_host() -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"alive"]

    client = Client(plain_layer(app, allowed_hosts=frozenset({HOST})))

    answers = [client.get(path, headers={"Host": "10.0.0.7"}).status_code for path in ("/healthz", "/readyz", "/")]
    assert answers == [200, 200, 400]


def test_every_request_is_logged_once_without_its_query(house: House) -> None:
    house.get("/2021/calendar.ics?topic=secret")
    house.get("/2021/calendar.ics?topic=secret", "HEAD")
    house.get("/2021/calendar.ics?topic=secret", If_None_Match="*")
    house.get("/2021/submit", "POST")
    house.get("/organiser/kJ8sPq2LmN0vXyZ4Ab1C/edit")
    with house.get("/2021/stream") as stream:
        stream.get_data()

    assert house.logged == [
        (facts("GET", "/2021/calendar.ics", 200, 2800), False),
        (facts("HEAD", "/2021/calendar.ics", 200, 0), True),
        (facts("GET", "/2021/calendar.ics", 304, 0), True),
        (facts("POST", "/2021/submit", 200, 4), False),
        (facts("GET", "/organiser/***/edit", 404, 207), False),
        (facts("GET", "/2021/stream", 200, 3000), False),
    ]


def facts(method: str, path: str, status: int, size_bytes: int) -> str:
    """Return a request's log facts as they are written."""
    return (
        f'"level":"info","event":"request","method":"{method}","path":"{path}","status":{status},"bytes":{size_bytes}'
    )


def test_generator_application_is_passed_on() -> None:
    closed = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        try:
            write = start_response("200 OK", [("Content-Type", "text/plain")])
            write(b"zero ")
            yield b"one "
            yield b"two"
        finally:
            closed.append(True)

    response = Client(plain_layer(app)).get("/")

    assert (response.data, closed) == (b"zero one two", [True])


def test_one_renders_while_others_wait_and_nobody_gets_what_is_no_longer_right(house: House) -> None:
    house.get("/2021/calendar.ics")
    house.versions, house.body = {"edition:2021": 2}, LINE * 3
    rendering, go_on = threading.Event(), threading.Event()
    house.on_render = lambda: (rendering.set(), go_on.wait(10))
    answers: list[bytes] = []

    def ask() -> None:
        answers.append(Client(house.layer).get("/2021/calendar.ics", base_url=f"https://{HOST}").data)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    rendering.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert (answers, len(house.rendered)) == ([LINE * 3] * 4, 2)


@pytest.mark.parametrize("status", [404, 410])
def test_page_that_is_gone_is_let_go(house: House, status: int) -> None:
    house.get("/2021/now")
    held_before = house.layer.held_bytes
    house.versions, house.fault = {"edition:2021": 2}, status

    answer = house.get("/2021/now")

    assert (answer.status_code, held_before > 0, house.layer.held_bytes) == (status, True, 0)


def test_many_first_requests_render_once(house: House) -> None:
    rendering, go_on = threading.Event(), threading.Event()
    house.on_render = lambda: (rendering.set(), go_on.wait(10))
    answers: list[bytes] = []

    def ask() -> None:
        answers.append(Client(house.layer).get("/2021/calendar.ics", base_url=f"https://{HOST}").data)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    rendering.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert (answers, len(house.rendered)) == ([LINE * 100] * 8, 1)


def test_wait_for_a_slow_render_is_bounded() -> None:
    house = House(wait_s=0.01)
    rendering, go_on = threading.Event(), threading.Event()

    def slow_once() -> None:
        house.on_render = lambda: None
        rendering.set()
        go_on.wait(10)

    house.on_render = slow_once
    first = threading.Thread(target=lambda: house.get("/2021/calendar.ics"))
    first.start()
    rendering.wait(10)

    answer = Client(house.layer).get("/2021/calendar.ics", base_url=f"https://{HOST}")
    go_on.set()
    first.join(10)

    assert (answer.data, len(house.rendered)) == (LINE * 100, 2)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the layer logs."""


class _Threaded(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def serving(app: WSGIApplication) -> Iterator[int]:
    """Serve an application on a free port of loopback, in threads."""
    server = make_server("127.0.0.1", 0, app, server_class=_Threaded, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def ask(port: int, method: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Ask a real server for the feed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, "/2021/calendar.ics", headers={"Host": HOST, **headers})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def test_real_server_answers_every_form_of_the_feed(house: House) -> None:
    with serving(house.layer) as port:
        status, headers, body = ask(port, "GET", {"Accept-Encoding": "gzip"})
        head = ask(port, "HEAD", {"Accept-Encoding": "gzip"})
        unchanged = ask(port, "GET", {"Accept-Encoding": "gzip", "If-None-Match": headers["ETag"]})
        plain = ask(port, "GET", {})
        refused = ask(port, "GET", {"Host": "evil.example"})

    assert (status, gzip.decompress(body)) == (200, LINE * 100)
    assert (head[0], head[1]["Content-Length"], head[2]) == (200, str(len(body)), b"")
    assert (unchanged[0], unchanged[1]["ETag"], unchanged[2]) == (304, headers["ETag"], b"")
    assert (plain[0], plain[2]) == (200, LINE * 100)
    assert refused[0] == 400

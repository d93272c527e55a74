"""What is asked about a request before Flask is entered."""

from __future__ import annotations

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from wmd.web.edge import PRIVATE_PATH, Hosts, accepts_gzip, holds, http_second, zone_of


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("wmd.example.org", True),
        ("WMD.Example.org", True),
        ("wmd.example.org.", True),
        ("wmd.example.org:443", True),
        ("localhost:8000", True),
        ("localhost:8001", False),
        ("localhost", False),
        ("evil.example", False),
        ("wmd.example.org.evil.example", False),
        ("wmd.example.org@evil.example", False),
        ("wmd.example.org/", False),
        ("wmd.example.org:443:443", False),
        ("", False),
        ("[::1]:8000", True),
        ("[::1]:8001", False),
    ],
)
def test_host_is_known_by_name_and_port(host: str, known: bool) -> None:
    hosts = Hosts(frozenset({"wmd.example.org", "localhost:8000", "[::1]:8000"}))

    assert hosts.knows(host) is known


def test_host_when_all_are_allowed() -> None:
    assert Hosts(None).knows("anything at all") is True


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("identity;q=1, gzip;q=0.5", False),
        ("identity;q=0.5, gzip;q=1", True),
        ("identity;q=0, gzip;q=0.1", True),
        ("gzip;q=nonsense", False),
        ("br", False),
        ("", False),
    ],
)
def test_gzip_is_wanted(header: str, wanted: bool) -> None:
    assert accepts_gzip(header) is wanted


@pytest.mark.parametrize(
    ("header", "held"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"abc" , "y"', True),
        ("*", True),
        (" * ", True),
        ('"abcd"', False),
        ('"ABC"', False),
        ("abc", False),
        ("", False),
        ('"x,abc"', False),
        ('"a*"', False),
    ],
)
def test_etag_is_held(header: str, held: bool) -> None:
    assert holds(header, '"abc"') is held


@pytest.mark.parametrize(
    ("header", "second"),
    [
        ("Thu, 07 Oct 2021 13:00:00 GMT", 1633611600),
        ("Thursday, 07-Oct-21 13:00:00 GMT", 1633611600),
        ("yesterday", None),
        ("", None),
        ("Thu, 07 Oct 99999 13:00:00 GMT", None),
    ],
)
def test_http_date_is_read(header: str, second: int | None) -> None:
    assert http_second(header) == second


@pytest.mark.parametrize(
    ("cookies", "value"),
    [
        ("wmd_zone=Asia/Kathmandu", "Asia/Kathmandu"),
        ("session=x; wmd_zone=Asia/Kathmandu; theme=dark", "Asia/Kathmandu"),
        ('wmd_zone="Asia/Kathmandu"', "Asia/Kathmandu"),
        ("wmd_zone=Asia/Amman; wmd_zone=Asia/Kathmandu", "Asia/Amman"),
        ("wmd_zone=Asia%2FAmman", "Asia%2FAmman"),
        ("xwmd_zone=Asia/Amman", ""),
        ("wmd_zone", ""),
        ("session=wmd_zone", ""),
        ("wmd_zone=\xe9", "\xe9"),
    ],
)
def test_zone_cookie_is_read_as_flask_reads_it(cookies: str, value: str) -> None:
    environ = EnvironBuilder(headers={"Cookie": cookies}).get_environ()

    assert zone_of(environ) == value
    assert Request(environ).cookies.get("wmd_zone", "") == value


def test_zone_of_a_request_without_cookies_is_empty() -> None:
    assert zone_of({}) == ""


@pytest.mark.parametrize(
    "path",
    [
        "/staff", "/staff/queue", "/es/organiser/drafts", "/me/x", "/hooks/zoom", "/healthz", "/sign-in",
        "/sign-in/confirm", "/sign-out", "/mailbox", "/2026/submit", "/2026/submit/sent", "/es/2026/submit",
    ],
)  # fmt: skip
def test_private_path_is_private(path: str) -> None:
    assert PRIVATE_PATH.match(path)


@pytest.mark.parametrize(
    "path", ["/", "/2021/", "/2021/staff", "/merida/", "/staffing", "/2021/programme", "/es/2021/"]
)
def test_public_path_is_public(path: str) -> None:
    assert PRIVATE_PATH.match(path) is None

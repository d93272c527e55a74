"""From a request to the programme value: what may be kept, for whom, and what is said while there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, make_response, request
from werkzeug.exceptions import HTTPException

from tests.conftest import make_test_app
from tests.factories import make_programme
from tests.web.public.conftest import InMemory
from wmd.services.library import Library
from wmd.web import reading
from wmd.web.published import PUBLISH_KEY, Publish
from wmd.web.reading import LONGEST_KEPT_QUERY, Viewer, keep, not_ready, read_programme, read_programmes, viewer

UNTIL = datetime(2021, 10, 8, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The application over one edition in memory."""
    found = make_test_app(f"sqlite:///{tmp_path / 'unused.sqlite3'}", tmp_path)
    source = InMemory({"2021": make_programme(version=7)}, "2021", {})
    found.extensions["wmd.library"] = Library(source, background=False)
    return found


def permission(app: Flask, path: str, cookie: str = "", **options: object) -> tuple[Publish | None, dict[str, str]]:
    """Return what a view that kept its response at this address permitted, and the headers it set."""
    headers = {"Cookie": cookie} if cookie else {}
    with app.test_request_context(path, headers=headers):
        values = [*read_programmes(reading.read_site()), reading.read_site()]
        response = keep(make_response("x" * 10), values=values, valid_until=UNTIL, **options)  # type: ignore[arg-type]
        found = {name: response.headers[name] for name in ("Cache-Control", "Vary") if name in response.headers}
        return request.environ.get(PUBLISH_KEY), found


def test_kept_response_names_what_it_depends_on(app: Flask) -> None:
    found, headers = permission(app, "/x", by_zone=False, max_age_s=900)
    assert found == Publish({"edition:2021": 7, "site": 1}, UNTIL, pinned=False, private=False)
    assert headers == {"Cache-Control": "public, max-age=900, stale-if-error=86400"}


def test_page_that_follows_the_zone_cookie_is_private(app: Flask) -> None:
    found, headers = permission(app, "/x")
    assert found is not None
    assert found.private
    assert headers == {"Cache-Control": "private, max-age=0, must-revalidate", "Vary": "Cookie"}


def test_page_whose_address_names_the_zone_is_for_shared_caches(app: Flask) -> None:
    found, headers = permission(app, "/x?tz=Asia/Tokyo", cookie="wmd_zone=Europe/Madrid")
    assert found is not None
    assert not found.private
    assert headers == {"Cache-Control": "public, max-age=60, stale-if-error=86400"}


@pytest.mark.parametrize(
    ("path", "cookie", "by_zone", "pinned"),
    [
        ("/x", "", True, True),
        ("/x", "", False, True),
        ("/x", "wmd_zone=Asia/Tokyo", False, True),
        ("/x", "other=1", True, True),
        ("/x", "wmd_zone=Asia/Tokyo", True, False),
        ("/x?tz=Asia/Tokyo", "", True, False),
        ("/x?utm_source=1", "", False, False),
    ],
)
def test_only_an_address_that_is_one_is_pinned(app: Flask, path: str, cookie: str, by_zone: bool, pinned: bool) -> None:
    found, _ = permission(app, path, cookie, by_zone=by_zone, pinned=True)
    assert found is not None
    assert found.pinned is pinned


def test_overlong_address_is_not_kept(app: Flask) -> None:
    kept, _ = permission(app, "/x?q=" + "x" * (LONGEST_KEPT_QUERY - 2), by_zone=False)
    overlong, headers = permission(app, "/x?q=" + "x" * (LONGEST_KEPT_QUERY - 1), by_zone=False)
    assert (kept is None, overlong is None) == (False, True)
    assert headers == {"Cache-Control": "public, max-age=60, stale-if-error=86400"}


@pytest.mark.parametrize(
    ("path", "cookie", "expected"),
    [
        ("/x", "", Viewer("America/Bogota", "default")),
        ("/x", "wmd_zone=Asia/Tokyo", Viewer("Asia/Tokyo", "cookie")),
        ("/x?tz=Asia/Kathmandu", "wmd_zone=Asia/Tokyo", Viewer("Asia/Kathmandu", "url")),
        ("/x?tz=Asia/Katmandu", "", Viewer("Asia/Kathmandu", "url")),
        ("/x?tz=Moon/Base", "wmd_zone=Asia/Tokyo", Viewer("Asia/Tokyo", "cookie")),
        ("/x", "wmd_zone=../../etc/passwd", Viewer("America/Bogota", "default")),
    ],
)
def test_zone_of_the_viewer_is_the_first_that_is_known(app: Flask, path: str, cookie: str, expected: Viewer) -> None:
    with app.test_request_context(path, headers={"Cookie": cookie} if cookie else {}):
        assert viewer("America/Bogota") == expected


def status_of(call: Callable[[], object]) -> int:
    with pytest.raises(HTTPException) as found:
        call()
    return found.value.get_response().status_code


def test_unknown_edition_is_not_found(app: Flask) -> None:
    with app.test_request_context("/1999/"):
        assert read_programme("2021").version == 7
        assert status_of(lambda: read_programme("1999")) == 404


@pytest.fixture
def empty(tmp_path: Path) -> Flask:
    """The application while its database is away and nothing was ever copied."""
    url = "postgresql+psycopg://wmd@127.0.0.1:1/wmd?connect_timeout=2"
    return make_test_app(url, tmp_path)


def test_missing_value_is_not_ready_rather_than_not_there(empty: Flask) -> None:
    with empty.test_request_context("/2021/calendar.ics"):
        assert [status_of(call) for call in (lambda: read_programme("2021"), reading.read_site, not_ready)] == [503] * 3

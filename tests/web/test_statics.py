"""The static texts, the error pages and static files, also while nothing else works."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template, render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import make_test_app
from wmd.services.retention import RULES

Get = Callable[..., TestResponse]

HOST = "http://wmd.example"
FAULTS = ["400", "404", "405", "410", "413", "500", "503", "other"]


@pytest.fixture
def bare_app(tmp_path: Path) -> Flask:
    """The application on a database without any table: as good as away."""
    return make_test_app(f"sqlite:///{tmp_path / 'nothing.sqlite3'}", tmp_path)


@pytest.fixture
def bare(bare_app: Flask) -> FlaskClient:
    """A stranger's browser before it."""
    return bare_app.test_client()


@pytest.mark.parametrize(
    ("path", "heading"),
    [("/about", "About this programme"), ("/privacy", "Privacy"), ("/accessibility", "Accessibility statement")],
)
def test_text_page_without_a_database_is_complete(bare: FlaskClient, path: str, heading: str) -> None:
    response = bare.get(path, base_url=HOST)
    assert response.status_code == 200
    assert re.findall(r"<h1>(.*?)</h1>", response.text) == [heading]
    assert re.findall(r'<link rel="canonical" href="([^"]*)"', response.text) == [f"http://wmd.example{path}"]
    assert "Set-Cookie" not in response.headers


def test_text_page_with_a_zone_cookie_names_its_city(bare: FlaskClient) -> None:
    bare.set_cookie("wmd_zone", "America/Bogota", domain="wmd.example")
    page = bare.get("/about", base_url=HOST).text
    assert re.findall(r'<html lang="en" dir="ltr" data-zone="([^"]*)" data-zone-source="([^"]*)"', page) == [
        ("America/Bogota", "cookie")
    ]
    assert re.findall(r'<option value="([^"]*)" selected>', page) == ["America/Bogota"]
    assert "<b>Bogotá</b>" in page


def test_zone_outside_the_list_stands_first_in_the_chooser(bare: FlaskClient) -> None:
    page = bare.get("/about?tz=Antarctica/Troll", base_url=HOST).text
    assert re.findall(r"<option[^>]* selected[^>]*>", page) == ['<option value="Antarctica/Troll" selected>']
    assert page.index("Antarctica/Troll") < page.index("<optgroup")


@pytest.mark.parametrize("name", FAULTS)
def test_error_page_without_anything_working_leads_on(bare_app: Flask, name: str) -> None:
    with bare_app.test_request_context("/broken", base_url=HOST):
        page = render_template(f"errors/{name}.html", status=418, request_id="0123abc")
    ways = re.search(r'<p class="do">(.*?)</p>', page, re.DOTALL)
    assert ways
    assert re.findall(r'href="([^"]*)"', ways[1]) == ["/", "/programme"]
    assert "<code>0123abc</code>" in page
    assert re.findall(r"<script", page) == []
    assert '<meta name="robots" content="noindex">' in page


def test_page_that_is_not_there_offers_a_search_into_the_current_edition(bare_app: Flask, get: Get) -> None:
    with bare_app.test_request_context("/broken", base_url=HOST):
        page = render_template("errors/404.html", status=404)
    form = re.search(
        r'<form class="search" role="search" action="([^"]*)" method="(\w+)">(.*?)</form>', page, re.DOTALL
    )
    assert form
    assert form.group(1, 2) == ("/programme", "get")
    assert re.findall(r'name="(\w+)"', form[3]) == ["q"]
    assert get("/programme?q=care").location == "/2021/programme?q=care"


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"404"}))
def test_other_error_pages_offer_no_search(bare_app: Flask, name: str) -> None:
    with bare_app.test_request_context("/broken", base_url=HOST):
        assert "<form" not in render_template(f"errors/{name}.html", status=418)


@pytest.mark.parametrize(
    ("named", "edition", "seen"),
    [
        ({}, None, []),
        ({}, SimpleNamespace(slug="demo", is_demo=True), ["Made-up events – nobody is waiting for you"]),
        ({}, SimpleNamespace(slug="2021", is_demo=False), []),
        (
            {"demo": "lead"}, SimpleNamespace(slug="2021", is_demo=False),
            ["Only the lead event is real; the others are made up"],
        ),
        ({"demo": "some"}, None, ["Some of these events are made up"]),
        ({"demo": ""}, SimpleNamespace(slug="2021", is_demo=False), []),
    ],
)  # fmt: skip
def test_page_of_made_up_events_says_so_on_top(
    bare_app: Flask, named: dict[str, str], edition: SimpleNamespace | None, seen: list[str]
) -> None:
    with bare_app.test_request_context("/", base_url=HOST):
        page = render_template("base.html", edition=edition, **named)
    assert re.findall(r'<b class="short">(.*?)</b>', page) == seen
    assert page.count("demo-banner") == len(seen)


@pytest.mark.parametrize(
    ("title", "whole"),
    [
        ("Programme", "Programme · World Metropolitan Day"),
        ("Programme: World Metropolitan Day 2021", "Programme: World Metropolitan Day 2021"),
        ("World Metropolitan Day", "World Metropolitan Day"),
    ],
)
def test_title_names_the_day_once(bare_app: Flask, title: str, whole: str) -> None:
    with bare_app.test_request_context("/", base_url=HOST):
        page = render_template_string(
            '{% extends "base.html" %}{% block title %}{{ words }}{% endblock %}', words=title
        )
    assert re.findall(r"<title>(.*?)</title>", page) == [whole]


def test_privacy_notice_names_every_cookie_and_companies_as_elsewhere(bare: FlaskClient) -> None:
    page = bare.get("/privacy", base_url=HOST).text
    assert set(re.findall(r"wmd_\w+", page)) == {"wmd_zone", "wmd_session", "wmd_forms"}
    assert "Microsoft 365" in page
    assert "Office 365" not in page
    # A table of three columns leaves a word to a line on a phone.
    assert "<table" not in page


def test_privacy_notice_shows_the_very_table_that_the_daily_job_works_from(bare: FlaskClient) -> None:
    page = html.unescape(bare.get("/privacy", base_url=HOST).text)
    shown = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    assert shown == [(rule.what, rule.kept) for rule in RULES]


def test_error_page_of_a_bad_request_says_what_is_wrong_as_text(bare_app: Flask) -> None:
    with bare_app.test_request_context("/2021/programme", base_url=HOST):
        page = render_template("errors/400.html", status=400, problem="<b>No such topic</b>", field="topic=<x>")
    assert '<p class="lede">&lt;b&gt;No such topic&lt;/b&gt;</p>' in page
    assert "<code>topic=&lt;x&gt;</code>" in page


def test_error_page_of_what_is_gone_names_title_and_date(bare_app: Flask) -> None:
    with bare_app.test_request_context("/2021/events/ABCDEF-x", base_url=HOST):
        page = render_template(
            "errors/410.html", status=410, event_title="Care & walk", gone_at=datetime(2021, 10, 5, 9, tzinfo=UTC)
        )
    assert "<h1>“Care &amp; walk” is no longer in the programme</h1>" in page
    assert "It was taken down on 5 October 2021." in page


def test_short_way_without_a_database_answers_not_ready(bare: FlaskClient) -> None:
    response = bare.get("/programme", base_url=HOST)
    assert response.status_code == 503
    assert "We are not ready yet" in response.text


@pytest.mark.parametrize("page", ["programme", "subscribe", "changes"])
def test_short_way_leads_into_the_current_edition_with_its_query(get: Get, page: str) -> None:
    assert get(f"/{page}?q=care&topic=gender-equality").location == f"/2021/{page}?q=care&topic=gender-equality"
    assert get(f"/{page}").location == f"/2021/{page}"


def test_icon_that_clients_guess_leads_to_the_real_one(bare: FlaskClient) -> None:
    assert re.fullmatch(r"/static/favicon\.svg\?v=[0-9a-f]{10}", bare.get("/favicon.ico", base_url=HOST).location)


def test_static_file_named_with_its_digest_is_kept_for_a_year(bare: FlaskClient) -> None:
    page = bare.get("/about", base_url=HOST).text
    address = re.findall(r'<link rel="stylesheet" href="([^"]*)"', page)[0]
    assert re.fullmatch(r"/static/style\.css\?v=[0-9a-f]{10}", address)
    assert bare.get(address, base_url=HOST).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert bare.get("/static/style.css", base_url=HOST).headers["Cache-Control"] == "public, max-age=3600"
    font = bare.get("/static/fonts/display-latin.woff2", base_url=HOST)
    assert font.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_everything_a_page_names_in_its_head_is_there(bare: FlaskClient) -> None:
    page = bare.get("/about", base_url=HOST).text
    named = re.findall(r'(?:src|href)="(/static/[^"]*)"', page)
    assert len(named) == 7
    assert [(path, bare.get(path, base_url=HOST).status_code) for path in named] == [(path, 200) for path in named]


def test_style_sheet_is_compressed_once_and_kept_for_ever(client: FlaskClient) -> None:
    page = client.get("/about", base_url="http://wmd.example").get_data(as_text=True)
    address = re.findall(r'href="(/static/style\.css\?v=[0-9a-f]+)"', page)[0]

    plain = client.get(address, base_url="http://wmd.example")
    packed = client.get(address, base_url="http://wmd.example", headers={"Accept-Encoding": "gzip"})
    again = client.get(
        address, base_url="http://wmd.example",
        headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]},
    )  # fmt: skip

    assert (plain.status_code, packed.headers["Content-Encoding"], again.status_code) == (200, "gzip", 304)
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_made_up_digest_is_neither_kept_nor_for_ever(client: FlaskClient) -> None:
    held_before = client.application.extensions["wmd.published"].held_bytes

    answer = client.get("/static/style.css?v=1", base_url="http://wmd.example")

    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert client.application.extensions["wmd.published"].held_bytes == held_before


@pytest.mark.parametrize("path", ["/about", "/privacy", "/accessibility"])
def test_zone_that_does_not_exist_is_named_on_plain_pages_too(client: FlaskClient, path: str) -> None:
    client.set_cookie("wmd_zone", "Asia/Tokyo", domain="wmd.example")

    answer = client.get(f"{path}?tz=Nonsense", base_url="http://wmd.example")

    assert (answer.status_code, "public" in answer.headers["Cache-Control"]) == (400, False)

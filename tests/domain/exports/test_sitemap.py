from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from tests.domain.exports.programmes import BASE_URL
from tests.factories import PUBLISHED_AT, make_event, make_programme
from wmd.domain.exports import sitemap
from wmd.domain.exports.sitemap import MAX_URLS, SiteUrl

NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def test_sitemap_lists_each_address_once_with_change_and_languages() -> None:
    languages = {"en": "https://wmd.example/a", "es": "https://wmd.example/es/a"}
    page = SiteUrl("https://wmd.example/a?b&c", PUBLISHED_AT, languages)
    root = etree.fromstring(sitemap.build([page, SiteUrl("https://wmd.example/b"), page]))
    assert root.xpath("s:url/s:loc/text()", namespaces=NS) == [page.loc, "https://wmd.example/b"]
    assert root.xpath("s:url/s:lastmod/text()", namespaces=NS) == ["2021-09-01T08:00:00Z"]
    assert root.xpath("s:url/x:link/@hreflang", namespaces=NS) == ["en", "es"]


def test_sitemap_of_too_many_addresses_is_an_error() -> None:
    urls = [SiteUrl(f"{BASE_URL}/{number}") for number in range(MAX_URLS + 1)]
    with pytest.raises(ValueError, match="at most 50000"):
        sitemap.build(urls)


def test_programme_urls_are_the_pages_of_what_is_public_and_not_retired() -> None:
    programme = make_programme([make_event(1), make_event(2)])
    topics = tuple(topic._replace(retired=topic.position != 4) for topic in programme.topics)
    urls = sitemap.programme_urls(replace(programme, topics=topics), BASE_URL)
    assert [url.loc.removeprefix(BASE_URL) for url in urls] == [
        "/2021/", "/2021/programme", "/2021/subscribe", "/2021/changes", "/2021/topics/public-space-and-housing",
        "/2021/organisations/ZRG222-example-city", "/2021/events/E22223-side-event-1",
        "/2021/events/E22224-side-event-2",
    ]  # fmt: skip


def test_robots_lets_calendar_readers_in_and_keeps_private_rooms_out() -> None:
    text = sitemap.robots(BASE_URL)
    assert text.startswith("User-agent: Google-Calendar-Importer\nUser-agent: GoogleCalendarImporter\nAllow: /\n\n")
    assert "Disallow: /me/\n" in text
    assert text.endswith("\nSitemap: https://wmd.example/sitemap.xml\n")


def test_robots_of_a_demonstration_keeps_search_engines_out() -> None:
    assert sitemap.robots(BASE_URL, indexed=False).endswith("\n\nUser-agent: *\nDisallow: /\n")

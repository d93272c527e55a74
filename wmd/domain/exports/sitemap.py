"""``sitemap.xml`` (sitemaps.org protocol 0.9) and ``robots.txt`` (RFC 9309)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from wmd.domain.exports.addresses import event_page, organisation_page
from wmd.domain.programme import Programme

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
#: More addresses than this are no valid sitemap.
MAX_URLS = 50_000

#: What is not for search engines: rooms behind a link or sign-in, machines' doors, and ways off the site.
PRIVATE_PATHS = ("/organiser/", "/staff/", "/me/", "/hooks/", "/go/", "/embed/")
#: Calendar services that read feeds by themselves; a rule meant for search engines must not stop them.
CALENDAR_AGENTS = ("Google-Calendar-Importer", "GoogleCalendarImporter")


@dataclass(frozen=True, slots=True)
class SiteUrl:
    """One page: its address, when it last changed, and the same page by language tag."""

    loc: str
    changed_at: datetime | None = None
    languages: Mapping[str, str] = field(default_factory=dict)


def programme_urls(programme: Programme, base_url: str) -> list[SiteUrl]:
    """Return the pages of an edition: home, programme, subscribe, changes, topics, organisations and events."""
    edition = programme.edition
    home = f"{base_url}/{edition.slug}/"
    at = programme.published_at
    urls = [SiteUrl(home, at), *(SiteUrl(home + page, at) for page in ("programme", "subscribe", "changes"))]
    urls += [SiteUrl(f"{home}topics/{topic.slug}", at) for topic in programme.topics if not topic.retired]
    urls += [
        SiteUrl(organisation_page(base_url, edition, code, organisation.slug), at)
        for code, organisation in sorted(programme.organisations.items())
        if not organisation.retired
    ]
    events = sorted(programme.events.values(), key=lambda event: event.code)
    urls += [SiteUrl(event_page(base_url, edition, event), event.changed_at) for event in events]
    return urls


def build(urls: Iterable[SiteUrl]) -> bytes:
    """Return the pages as a sitemap in UTF-8, in the order given, each address once.

    Raises ``ValueError`` for more than :data:`MAX_URLS`.
    """
    pages = {url.loc: url for url in urls}
    if len(pages) > MAX_URLS:
        raise ValueError(f"a sitemap holds at most {MAX_URLS} addresses, not {len(pages)}")
    root = Element("urlset", {"xmlns": SITEMAP, "xmlns:xhtml": XHTML})
    for page in pages.values():
        element = SubElement(root, "url")
        SubElement(element, "loc").text = page.loc
        if page.changed_at is not None:
            changed = page.changed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            SubElement(element, "lastmod").text = changed
        for language, address in page.languages.items():
            SubElement(element, "xhtml:link", rel="alternate", hreflang=language, href=address)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def robots(base_url: str, *, indexed: bool = True) -> str:
    """Return robots.txt; with ``indexed`` false (a demonstration) search engines are asked to stay out.

    Calendar readers are let in either way: a feed must never stop because of a rule for search engines.
    """
    calendars = "".join(f"User-agent: {agent}\n" for agent in CALENDAR_AGENTS) + "Allow: /\n"
    if not indexed:
        return f"{calendars}\nUser-agent: *\nDisallow: /\n"
    refused = "".join(f"Disallow: {path}\n" for path in PRIVATE_PATHS)
    return f"{calendars}\nUser-agent: *\n{refused}Allow: /\n\nSitemap: {base_url}/sitemap.xml\n"

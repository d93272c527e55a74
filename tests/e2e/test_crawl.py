"""Every link on every page opened, and what is true of every page; by plain HTTP, because a link is a link."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from lxml import html

from tests.e2e.kinds import KINDS, STATUSES, address_of
from tests.e2e.live import Answer, LiveSite
from wmd.domain import paths

pytestmark = pytest.mark.e2e

#: Pages, files and redirects; a site that grows beyond it has links that make ever more links.
MOST_ADDRESSES = 2500
#: Documented redirects: short addresses, the way to take part, short ways into the current edition, signing in first.
REDIRECTS = re.compile(r"/(e|go)/[0-9A-Z]{6}|/(programme|subscribe|changes)|/organiser/account")
#: Documented errors: an event that is no longer public leaves its line in "what changed".
GONE = re.compile(r"/e/[0-9A-Z]{6}")
CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
ZONE = re.compile(r"\bUTC\b|\bin \w+|\btime\b")


@dataclass
class Crawl:
    """What was found on the way: pages that answered 200, other answers, and links to other sites."""

    pages: dict[str, html.HtmlElement] = field(default_factory=dict)
    files: dict[str, Answer] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)


def links_of(page: html.HtmlElement, address: str, origin: str) -> Iterator[str]:
    """Return what a page links to or loads, absolute and without the part after ``#``."""
    for element in page.iter("a", "link", "script", "img"):
        target = element.get("href") or element.get("src")
        if target:
            yield urljoin(origin + address, target).partition("#")[0]


def is_deep(path: str) -> bool:
    """Tell whether an address holds more than one choice: combinations are endless, and each choice is tried alone."""
    return len([name for name, _ in parse_qsl(urlsplit(path).query) if name not in {"page"}]) > 1


@pytest.fixture(scope="module")
def crawl(site: LiveSite) -> Crawl:
    """Everything that can be reached from the start page."""
    found, queue, seen = Crawl(), deque(["/"]), {"/"}
    while queue:
        path = queue.popleft()
        assert len(seen) < MOST_ADDRESSES, "the site grows without end"
        answer = site.get(path)
        if answer.status in {301, 302, 303}:
            found.moved[path] = answer.headers["location"]
            targets = iter([urljoin(site.base_url + path, answer.headers["location"])])
        elif answer.status != 200:
            found.failed[path] = answer.status
            continue
        elif answer.headers["content-type"].startswith("text/html"):
            found.pages[path] = html.document_fromstring(answer.text)
            targets = links_of(found.pages[path], path, site.base_url)
        else:
            found.files[path] = answer
            continue
        for target in targets:
            if not target.startswith(f"{site.base_url}/"):
                found.outside.add(target)
                continue
            inside = target.removeprefix(site.base_url)
            if inside not in seen and not is_deep(inside):
                seen.add(inside)
                queue.append(inside)
    return found


def test_crawl_reaches_every_kind_of_page(crawl: Crawl, site: LiveSite) -> None:
    alone = {kind for kind in KINDS if kind not in STATUSES and not is_deep(address_of(kind, site))}
    known = crawl.pages.keys() | crawl.moved.keys()
    assert {kind for kind in alone if address_of(kind, site) not in known} == {"go closed"}
    assert len(crawl.pages) > 400


def test_every_link_leads_somewhere(crawl: Crawl, site: LiveSite) -> None:
    expected = {f"/e/{code}": 410 for code in site.gone}
    assert crawl.failed == expected


def test_only_documented_addresses_redirect(crawl: Crawl) -> None:
    assert {path: to for path, to in crawl.moved.items() if not REDIRECTS.fullmatch(path.partition("?")[0])} == {}


def test_links_to_other_sites_are_whole_addresses(crawl: Crawl) -> None:
    schemes = {urlsplit(target).scheme for target in crawl.outside}
    assert schemes == {"https", "webcal"}
    assert {target for target in crawl.outside if not urlsplit(target).hostname} == set()


def test_every_event_and_organisation_is_reached(crawl: Crawl, site: LiveSite) -> None:
    for slug in ("2021", "demo"):
        programme = site.programme(slug)
        events = {paths.event(slug, event.code, event.slug) for event in programme.events.values()}
        assert events - crawl.pages.keys() == set()
        reached = {path.split("/")[3][:6] for path in crawl.pages if path.startswith(f"/{slug}/organisations/")}
        holding = {organiser.code for event in programme.events.values() for organiser in event.organisers}
        assert holding - reached == set()


def test_every_page_has_one_heading_a_title_a_language_a_main_part_and_a_way_to_it(crawl: Crawl) -> None:
    faults = {}
    for path, page in crawl.pages.items():
        found = {
            "h1": len([h1 for h1 in page.iter("h1") if h1.text_content().strip()]),
            "title": len((page.findtext("head/title") or "").strip()) > 3,
            "lang": page.get("lang"),
            "main": [main.get("id") for main in page.iter("main")],
            "skip": page.xpath("string(//body/a[1]/@href)"),
        }
        if found != {"h1": 1, "title": True, "lang": "en", "main": ["main"], "skip": "#main"}:
            faults[path] = found
    assert faults == {}


@pytest.mark.parametrize("slug", ["2021", "demo"])
def test_titles_tell_the_pages_of_an_edition_apart(crawl: Crawl, slug: str) -> None:
    by_title: dict[str, list[str]] = {}
    for path, page in crawl.pages.items():
        # Pages of one list differ by their number only.
        if path.startswith(f"/{slug}/") and "page=" not in path:
            by_title.setdefault(page.findtext("head/title") or "", []).append(path)
    assert {title: paths for title, paths in by_title.items() if len(paths) > 1} == {}


def test_headings_do_not_skip_a_level(crawl: Crawl) -> None:
    faults = {}
    for path, page in crawl.pages.items():
        levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
        if any(below > above + 1 for above, below in zip([0, *levels], levels, strict=False)):
            faults[path] = levels
    assert faults == {}


def test_ids_are_unique_and_labels_point_somewhere(crawl: Crawl) -> None:
    faults = {}
    for path, page in crawl.pages.items():
        ids = page.xpath("//@id")
        twice = {each for each in ids if ids.count(each) > 1}
        lost = {
            each
            for value in page.xpath(
                "//@aria-labelledby | //@aria-describedby | //label/@for | //a[starts-with(@href, '#')]/@href"
            )
            for each in value.lstrip("#").split()
            if each not in ids
        }
        if twice or lost:
            faults[path] = (twice, lost)
    assert faults == {}


def test_nothing_unfinished_is_shown(crawl: Crawl) -> None:
    raw = re.compile(
        r">\s*None\s*<|\bundefined\b|\bUndefined\b|\{\{|\}\}|%\(|&lt;bound |datetime\.|&amp;(amp|lt|#\d+);"
    )
    found = {
        path: match[0]
        for path, page in crawl.pages.items()
        if (match := raw.search(html.tostring(page.body, encoding="unicode")))
    }
    assert found == {}


def without_organisers_words(page: html.HtmlElement) -> html.HtmlElement:
    """Return a page without what organisers wrote themselves, what is hidden from readers, and the list of zones."""
    body = html.fromstring(html.tostring(page.body))
    for element in body.xpath(
        "//*[contains(@class, 'prose') or @aria-hidden or @id='original'] | //bdi | //h1 | //h3 | //p[@class='lede']"
        " | //select | //script | //*[local-name()='svg']"
    ):
        element.drop_tree()
    return body


def times_without_zone(page: html.HtmlElement) -> list[str]:
    """Return the lines of a page that say a time of day and not whose."""
    faults = []
    for element in without_organisers_words(page).iter():
        if not isinstance(element.tag, str) or not CLOCK.search(element.text or ""):
            continue
        line = next(element.iterancestors("p", "li", "dd", "td", "div"), element)
        if line.tag == "dd":
            line = line.getparent()
        if not ZONE.search(" ".join(line.itertext())):
            faults.append(" ".join(line.text_content().split()))
    return faults


def test_no_page_shows_a_time_without_its_zone(crawl: Crawl) -> None:
    assert {path: found for path, page in crawl.pages.items() if (found := times_without_zone(page))} == {}


def test_machine_readable_times_are_instants(crawl: Crawl) -> None:
    shape = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")
    faults = {
        path: odd
        for path, page in crawl.pages.items()
        if (odd := [value for value in page.xpath("//time/@datetime") if not shape.fullmatch(value)])
    }
    assert faults == {}


def shown_count(page: html.HtmlElement) -> int:
    """Return the number that the programme page gives for its selection: "7 of 42 events"."""
    said = " ".join(page.xpath("string(//*[@role='status'])").split())
    return int(said.split()[0])


@pytest.mark.parametrize("slug", ["2021", "demo"])
def test_each_filter_finds_as_many_events_as_it_says(crawl: Crawl, slug: str) -> None:
    plain = crawl.pages[f"/{slug}/programme"]
    choices = {
        link.get("href").partition("#")[0]: int(link.xpath("string(.//*[@class='n'])"))
        for link in plain.xpath("//details[contains(@class, 'facet')]//a")
        if "?" in link.get("href")
    }
    facets = {parse_qsl(urlsplit(url).query)[0][0] for url in choices}
    assert facets >= {"topic", "day", "format", "language", "interpretation", "captions", "sign", "region", "country",
                      "organiser", "organisation", "sdg", "series"}  # fmt: skip
    assert {url: shown_count(crawl.pages[url]) for url in choices} == choices


def test_filters_leave_their_own_facet_out_of_the_counts(site: LiveSite) -> None:
    page = html.document_fromstring(site.get("/2021/programme?topic=gender-equality").text)
    total = len([event for event in site.programme().events.values() if "gender-equality" in event.topics])
    assert shown_count(page) == total
    numbers = {
        link.xpath("string(span[1])"): int(link.xpath("string(span[@class='n'])"))
        for link in page.xpath("//details[contains(@class, 'facet')][summary='Topic']//a")
    }
    of_all = site.programme().events.values()
    assert numbers["Public space and housing"] == len([e for e in of_all if "public-space-and-housing" in e.topics])

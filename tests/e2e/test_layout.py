"""Nothing sticks out, is too faint or has no name: every kind of page, narrow and wide, light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.e2e.conftest import Browse, Watch
from tests.e2e.kinds import KINDS, STATUSES, address_of
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

WIDTHS = (320, 360, 1280)
#: WCAG 2.2 up to AA, and what the makers of axe hold for good practice.
ALL_RULES: dict[str, object] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: What alone can differ between the themes.
CONTRAST: dict[str, object] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
#: What is wider than the window; what scrolls by itself in a region of its own may be.
TOO_WIDE = """() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide <= 0) return [];
    return [...document.querySelectorAll('body *')]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest('.scroll'))
        .slice(0, 5).map((each) => `${each.tagName}.${each.className} +${wide}`);
}"""
#: Text that is cut off by its own box.
CUT_OFF = """() => [...document.querySelectorAll('h1, h2, h3, p, dt, dd, li, a, summary, button')]
    .filter((each) => getComputedStyle(each).overflow === 'hidden' && each.checkVisibility()
        && each.scrollWidth > each.clientWidth + 1 && !each.matches('.vh, .pick-word'))
    .slice(0, 5).map((each) => each.innerText.slice(0, 60))"""


def too_wide(page: Page, width: int) -> list[str]:
    """Return what sticks out at a width in CSS pixels."""
    page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def violations(page: Page, rules: dict[str, object] = ALL_RULES) -> list[str]:
    """Return what axe finds, one line for each rule and place."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # What is right is not told one by one: that took longer than finding it out.
    found = page.evaluate("(options) => axe.run(options)", {**rules, "resultTypes": ["violations"]})
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_page_fits_every_width_and_satisfies_axe(browse: Browse, site: LiveSite, watch: Watch, kind: str) -> None:
    watch.expected.update(STATUSES.values())
    # Without motion no colour is measured half-way from one theme to the other.
    page = browse(address_of(kind, site), reduced_motion="reduce")
    assert {width: found for width in WIDTHS if (found := too_wide(page, width))} == {}
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    assert [*found, *violations(page, CONTRAST)] == []


def test_page_satisfies_axe_on_a_phone_with_everything_open(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme", viewport={"width": 360, "height": 740})
    for address in ("/2021/programme", site.path("Cuidar también es obra pública"), "/"):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert too_wide(page, 360) == []
        assert violations(page) == []


@pytest.mark.parametrize(("width", "size"), [(320, 24), (1280, 32)], ids=["half as large again", "twice the size"])
def test_larger_text_fits_on_every_kind_of_page(
    browse: Browse, site: LiveSite, watch: Watch, width: int, size: int
) -> None:
    watch.expected.update(STATUSES.values())
    page = browse("/", viewport={"width": width, "height": 800})
    # The size that a reader has set in the browser, which is also what lengths in media queries count by.
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size}})
    found = {}
    for kind in KINDS:
        page.goto(address_of(kind, site))
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{size}px"
        if wide := too_wide(page, width):
            found[kind] = wide
    assert found == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_off_by_its_box(browse: Browse, site: LiveSite, width: int) -> None:
    page = browse("/", viewport={"width": width, "height": 800})
    found = {}
    for kind in ("home", "programme", "event lead", "event several", "subscribe"):
        page.goto(address_of(kind, site))
        if cut := page.evaluate(CUT_OFF):
            found[kind] = cut
    assert found == {}


def test_targets_on_a_phone_are_large_enough_for_a_finger(browse: Browse, site: LiveSite) -> None:
    page = browse("/", viewport={"width": 360, "height": 740})
    small = """() => [...document.querySelectorAll('main a.button, main summary, main button, .bar a, .bar summary')]
        .filter((each) => each.checkVisibility())
        .map((each) => [each.innerText.trim(), each.getBoundingClientRect()])
        .filter(([, box]) => box.height < 24 || box.width < 24).map(([words]) => words)"""
    found = {}
    for kind in ("home", "programme", "event open", "subscribe"):
        page.goto(address_of(kind, site))
        if tiny := page.evaluate(small):
            found[kind] = tiny
    assert found == {}


def test_reader_who_wants_no_motion_gets_none(browse: Browse) -> None:
    page = browse("/2021/programme", reduced_motion="reduce")
    moving = "() => document.getAnimations().length"
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function("document.getAnimations().length > 0")


def test_paper_shows_the_programme_and_not_the_controls(browse: Browse) -> None:
    page = browse("/2021/programme")
    page.emulate_media(media="print")
    seen = page.locator("main, nav, form, .filters, .row").evaluate_all(
        "all => all.filter((each) => each.checkVisibility()).map((each) => each.className || each.tagName)"
    )
    assert "row" in seen
    assert {"filters", "NAV", "search"}.isdisjoint(seen)

"""Everything once by keyboard: the order of Tab, a focus that is seen, the skip link, menus."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Browse
from tests.e2e.kinds import address_of
from tests.e2e.live import LiveSite

pytestmark = pytest.mark.e2e

#: How the element with the focus looks: where it stands, and whether an outline is drawn on it or on its row.
FOCUSED = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const box = element.getBoundingClientRect();
    const drawn = (each) => {
        const style = getComputedStyle(each);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    };
    const row = element.closest('.row');
    return {
        words: (element.innerText || element.getAttribute('aria-label') || element.name || '').trim().slice(0, 60),
        seen: drawn(element) || (row !== null && drawn(row)),
        visible: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
            && box.bottom > 0 && box.top < innerHeight,
        order: [...document.querySelectorAll('*')].indexOf(element),
    };
}"""


def walk(page: Page, most: int = 150) -> list[dict[str, object]]:
    """Press Tab until the focus leaves the page; return each stop."""
    stops: list[dict[str, object]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return stops
        stops.append(stop)
    return stops


@pytest.mark.parametrize(
    "kind", ["home", "programme filtered", "event open", "event several", "subscribe", "changes", "404"]
)
def test_tab_goes_through_the_page_in_its_order_and_is_always_seen(
    browse: Browse, site: LiveSite, kind: str, watch: object
) -> None:
    getattr(watch, "expected").add(404)  # noqa: B009 -- the fixture is typed where it is made
    page = browse(address_of(kind, site))
    stops = walk(page)
    assert len(stops) > 8
    assert [stop["words"] for stop in stops if not stop["seen"]] == []
    assert [stop["words"] for stop in stops if not stop["visible"]] == []
    order = [stop["order"] for stop in stops]
    assert order == sorted(order)  # type: ignore[type-var]


def test_skip_link_comes_first_and_leads_into_the_page(browse: Browse) -> None:
    page = browse("/2021/programme")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_zone_menu_opens_with_enter_and_closes_with_escape(browse: Browse) -> None:
    page = browse("/")
    menu = page.locator("details.pick")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Show all times in")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_calendar_menu_opens_with_space_and_closes_when_the_focus_leaves(browse: Browse, site: LiveSite) -> None:
    page = browse(address_of("event open", site))
    menu = page.locator("details.calendar")
    menu.locator("summary").focus()
    page.keyboard.press("Space")
    expect(menu).to_have_attribute("open", "")
    expect(menu.get_by_role("link")).to_have_count(5)
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")


def test_list_beside_the_band_opens_with_enter(browse: Browse) -> None:
    page = browse("/")
    page.get_by_text("The same as a list").focus()
    page.keyboard.press("Enter")
    rows = page.locator("details", has_text="The same as a list").locator(".row")
    expect(rows.first).to_be_visible()
    # What lasts all day is in the list and has no place among the hours.
    timed = rows.filter(has_not_text="All day")
    assert timed.count() == page.locator(".band rect.tick").count()


def test_target_of_a_link_within_the_page_is_not_hidden_behind_a_heading(browse: Browse, site: LiveSite) -> None:
    page = browse("/2021/programme")
    rows = page.locator(".row .title a")
    rows.nth(20).focus()
    page.keyboard.press("Tab")
    box = page.evaluate("""() => {
        const link = document.activeElement.getBoundingClientRect();
        const at = document.elementFromPoint(link.left + 4, link.top + 4);
        return document.activeElement.contains(at) || document.activeElement === at || at.closest('.row') !== null;
    }""")
    assert box is True

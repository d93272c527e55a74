"""Following as people do: by keyboard, with scripts and without, on a phone; and stars that stay in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.e2e.conftest import Browse, Watch
from tests.e2e.live import LiveSite
from tests.e2e.test_layout import too_wide, violations
from wmd.db import db
from wmd.domain.following import standing_of
from wmd.models import Message, Person
from wmd.services.outbox import hidden_part

pytestmark = pytest.mark.e2e


def codes_ahead(site: LiveSite, count: int) -> list[str]:
    """Return codes of events that are still to come."""
    now = site.app.extensions["wmd.gateways"].clock()
    events = site.programme("demo").events
    return [code for code in sorted(events) if standing_of(events[code], now) == "ahead"][:count]


def mailed_path(site: LiveSite, address: str, kind: str) -> str:
    """Return the path of the link that was mailed to an address."""
    with site.app.app_context():
        row = db.session.scalars(
            select(Message)
            .join(Person, Person.id == Message.person_id)
            .where(Person.address_key == address, Message.kind == kind)
        ).one()
        return hidden_part(row, site.app.extensions["wmd.secretbox"])["secret"]


def looked_at(page: Page) -> None:
    """Check that nothing sticks out on a phone and on a wide screen, and that axe finds nothing."""
    for width in (1280, 360):
        assert too_wide(page, width) == []
    assert violations(page) == []


@pytest.mark.parametrize(("scripts", "width"), [(True, 360), (False, 1280)])
def test_event_is_followed_by_keyboard(browse: Browse, site: LiveSite, watch: Watch, scripts: bool, width: int) -> None:
    watch.expected |= {422}
    address = f"keys{width}@people.example"
    (code,) = codes_ahead(site, 1)
    page = browse(f"/e/{code}", java_script_enabled=scripts, viewport={"width": width, "height": 800})
    page.get_by_role("link", name="Remind me").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Remind me")
    page.get_by_label("Your mail address").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Write your mail address here.")
    if scripts:
        looked_at(page)
    page.get_by_label("Your mail address").focus()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Look into your mailbox")
    page.goto(mailed_path(site, address, "follow-confirm"))
    if scripts:
        looked_at(page)
    page.get_by_role("button", name="Yes, remind me").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("My programme")
    expect(page.get_by_role("status").first).to_contain_text("It is confirmed")
    if scripts:
        looked_at(page)
    page.get_by_label("At the times I choose here:").check()
    page.get_by_label("Two days before").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Two days before")).to_be_checked()
    page.get_by_role("button", name="Make my calendar").click()
    expect(page.locator(".feed-address code")).to_contain_text("/me/calendar/")
    page.get_by_role("button", name="Stop all mails").click()
    expect(page.get_by_role("status").first).to_contain_text("You get no reminders, changes or news any more.")


@pytest.mark.parametrize("scripts", [True, False])
def test_refused_form_says_so_in_the_title_and_leads_to_its_fields(browse: Browse, watch: Watch, scripts: bool) -> None:
    watch.expected |= {422}
    page = browse("/me", java_script_enabled=scripts)
    page.get_by_label("Your mail address").fill("nobody")
    page.keyboard.press("Enter")
    summary = page.locator("#summary")
    expect(summary).to_be_visible()
    assert page.title().startswith("Error: My page")
    # Without a script the list is the first thing after the heading.
    assert page.evaluate("document.activeElement === document.getElementById('summary')") is scripts
    assert summary.evaluate("each => each.previousElementSibling.previousElementSibling.tagName") == "H1"
    summary.get_by_role("link").click()
    expect(page.get_by_label("Your mail address")).to_be_focused()


def test_star_is_kept_by_the_browser_and_becomes_a_reminder(browse: Browse, site: LiveSite) -> None:
    first, second = codes_ahead(site, 2)
    page = browse(f"/e/{first}")
    star = page.locator(f'.star[data-of="{first}"]').first
    expect(star).to_have_attribute("aria-pressed", "false")
    star.focus()
    page.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    page.goto(f"/e/{second}")
    page.locator(f'.star[data-of="{second}"]').first.click()
    page.goto("/favourites")
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator('.star[aria-pressed="true"]')).to_have_count(2)
    looked_at(page)
    page.get_by_role("link", name="Remind me of these").click()
    expect(page.get_by_role("checkbox")).to_have_count(2)
    looked_at(page)
    page.get_by_label("Your mail address").fill("stars@people.example")
    page.get_by_role("button", name="Remind me of these").click()
    page.goto(mailed_path(site, "stars@people.example", "follow-confirm"))
    expect(page.get_by_role("checkbox")).to_have_count(2)


def test_without_scripts_favourites_say_what_to_do_instead(browse: Browse) -> None:
    page = browse("/favourites", java_script_enabled=False)
    expect(page.locator("main")).to_contain_text("Without it, use “Remind me”")


@pytest.mark.parametrize("path", ["/demo/tell-me?topic=gender-equality", "/me", "/me/asked", "/e/{code}/wrong"])
def test_form_is_without_fault_on_a_phone(browse: Browse, site: LiveSite, path: str) -> None:
    page = browse(path.format(code=codes_ahead(site, 1)[0]), viewport={"width": 360, "height": 800})
    looked_at(page)

"""The day-of desk in a browser: it reads itself anew and keeps the place, fits a phone, and works without scripts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Browse, Watch
from tests.e2e.live import LiveSite
from tests.e2e.test_desk import moderator, sit_down, site
from tests.e2e.test_layout import ALL_RULES, CONTRAST, too_wide, violations
from wmd.db import db
from wmd.models import Event
from wmd.services.actors import Actor
from wmd.services.day_desk import read_day
from wmd.web.reading import gateways

pytestmark = pytest.mark.e2e

__all__ = ["site"]


def on_now(site: LiveSite) -> list[str]:
    """Return the codes of the events that are on."""
    with site.app.app_context():
        day = read_day(db.session(), actor=Actor("command", None, "moderator"), now=gateways().clock())
        return [row.event.code for row in day.on_now]


def test_desk_reads_itself_anew_and_keeps_the_place(browse: Browse, site: LiveSite, watch: Watch) -> None:
    watch.expected.add(503)
    moderator(site)
    code = on_now(site)[0]
    page = sit_down(browse, site, "/about")
    page.clock.install()
    page.goto("/staff/day")
    page.locator("#later > summary").click()
    held = page.locator(f"li:has(#e-{code})").get_by_role("link", name="Write to them").first
    held.focus()
    expect(page.get_by_text("link known to be wrong")).to_have_count(0)
    with site.app.app_context():
        event = db.session.query(Event).filter(Event.code == code).one()
        event.link_wrong_at = event.changed_at
        db.session.commit()

    page.clock.run_for(61_000)
    expect(page.get_by_text("link known to be wrong").first).to_be_visible()
    expect(page.locator("#later")).to_have_attribute("open", "")
    expect(held).to_be_focused()
    # What cannot be read again is said, and what is there stays.
    page.route("**/staff/day", lambda route: route.fulfill(status=503))
    page.clock.run_for(61_000)
    expect(page.locator(".day-read")).to_contain_text("It could not be read again")
    expect(page.get_by_text("link known to be wrong").first).to_be_visible()


def test_desk_works_without_scripts(browse: Browse, site: LiveSite) -> None:
    page = sit_down(browse, site, "/staff/day", java_script_enabled=False)
    assert page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]").count() == 1
    page.get_by_role("button", name="The link is wrong").first.click()
    assert "/staff/day#e-" in page.url
    expect(page.get_by_text("link known to be wrong").first).to_be_visible()


@pytest.mark.parametrize("name", ["banner", "day", "letter", "zoom"])
def test_page_of_the_day_fits_and_is_accessible(browse: Browse, site: LiveSite, name: str) -> None:
    moderator(site)
    paths = {
        "day": "/staff/day", "letter": f"/staff/day/{on_now(site)[0]}/letter", "banner": "/staff/banner",
        "zoom": "/staff/zoom",
    }  # fmt: skip
    page = sit_down(browse, site, paths[name], viewport={"width": 360, "height": 900}, reduced_motion="reduce")
    for width, scheme in ((360, "light"), (360, "dark"), (1280, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert too_wide(page, width) == []
        assert violations(page, ALL_RULES if scheme == "light" else CONTRAST) == []
        if folder := os.environ.get("WMD_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)

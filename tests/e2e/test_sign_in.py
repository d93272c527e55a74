"""Signing in as people do: by keyboard alone, with scripts and without, and past scanners that open links first."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.cast import make_person
from tests.conftest import LEAD_STARTED_AT
from tests.e2e.conftest import Browse, Watch
from tests.e2e.live import LiveSite
from tests.e2e.test_layout import too_wide, violations
from wmd.db import db
from wmd.models import Message, Person
from wmd.services.outbox import hidden_part
from wmd.services.staff import add_staff

pytestmark = pytest.mark.e2e


def known(site: LiveSite, name: str, *, staff: bool = False) -> str:
    """Make sure that a person is there; return their address."""
    with site.app.app_context():
        address = f"{name}@people.example"
        if db.session.get(Person, name) is None:
            db.session.add(make_person(name, LEAD_STARTED_AT))
            db.session.flush()
            if staff:
                add_staff(db.session(), address, name=name, role="moderator", actor="command", now=LEAD_STARTED_AT)
            db.session.commit()
        return address


def mailed_link(site: LiveSite, person_id: str) -> str:
    """Return the link that was mailed last to a person."""
    with site.app.app_context():
        row = db.session.scalars(
            select(Message).where(Message.person_id == person_id, Message.kind == "sign-in", Message.state == "queued")
        ).one()
        return hidden_part(row, site.app.extensions["wmd.secretbox"])["secret"]


def ask(page: Page, address: str) -> None:
    """Ask for a link by keyboard."""
    page.get_by_label("Your mail address").focus()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Look into your mailbox")


@pytest.mark.parametrize("scripts", [True, False])
def test_contact_signs_in_and_out_by_keyboard(browse: Browse, site: LiveSite, scripts: bool) -> None:
    name = f"keys{scripts}".lower()
    address = known(site, name)
    page = browse("/organiser/account", java_script_enabled=scripts)
    ask(page, address)
    page.goto(mailed_link(site, name))
    page.get_by_role("button", name="Sign in").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("My account")
    page.get_by_label("Your name").focus()
    page.keyboard.press("End")
    page.keyboard.type(" Example")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_have_value(f"{name.title()} Example")
    page.get_by_role("button", name="Sign out", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.base_url}/")
    page.goto("/organiser/account")
    expect(page.locator("h1")).to_have_text("Sign in")


def test_browser_that_opens_the_link_with_scripts_on_uses_nothing_up(browse: Browse, site: LiveSite) -> None:
    page = browse("/sign-in")
    ask(page, known(site, "scanned"))
    link = mailed_link(site, "scanned")
    scanner = browse(link)
    scanner.clock.run_for(30_000)
    scanner.wait_for_timeout(500)
    expect(scanner.locator("h1")).to_contain_text("Sign in as s…d@p….example?")
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/organiser/account")
    expect(page.locator("h1")).to_have_text("My account")


def test_pages_around_signing_in_satisfy_axe_and_fit_a_phone(browse: Browse, site: LiveSite, watch: Watch) -> None:
    watch.expected.update({410, 422})
    page = browse("/sign-in", reduced_motion="reduce")
    found = {"sign-in": [*too_wide(page, 360), *violations(page)]}
    ask(page, known(site, "looker", staff=True))
    found["sent"] = [*too_wide(page, 360), *violations(page)]
    link = mailed_link(site, "looker")
    page.goto(link)
    found["confirm"] = [*too_wide(page, 360), *violations(page)]
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Begin").click()
    found["set-up"] = [*too_wide(page, 360), *violations(page)]
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Continue").click()
    found["wrong code"] = [*too_wide(page, 360), *violations(page)]
    page.goto("/organiser/account")
    found["account"] = [*too_wide(page, 360), *violations(page)]
    page.goto(link)
    found["worn"] = [*too_wide(page, 360), *violations(page)]
    assert {name: faults for name, faults in found.items() if faults} == {}

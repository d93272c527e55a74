"""The desk as a moderator works at it: by keyboard, without scripts, on a phone and in the dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.cast import Cast, make_organisation, make_person
from tests.conftest import LEAD_STARTED_AT, Databases
from tests.e2e.conftest import Browse, Watch
from tests.e2e.live import LiveSite, serving
from tests.e2e.test_layout import ALL_RULES, CONTRAST, too_wide, violations
from tests.submissions import MONA, edit, propose, seen
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.content import TextContent
from wmd.models import Organisation, Person, PublicCode, StaffMember, Submission
from wmd.services.standing import Means
from wmd.services.verdicts import approve
from wmd.services.web_sessions import open_session

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """A site of these tests alone: they publish, and others count what is published."""
    folder = tmp_path_factory.mktemp("desk")
    with serving(databases.copy("sqlite", folder, demo=True), folder) as found:
        yield found


def moderator(site: LiveSite) -> str:
    """Make sure of a moderator at this desk, signed in with the second step; return the session's secret."""
    with site.app.app_context():
        dbs = db.session()
        if dbs.get(Person, "mona") is None:
            dbs.add_all([make_person("mona", LEAD_STARTED_AT), make_person("ana", LEAD_STARTED_AT)])
            dbs.add(PublicCode(code="AAAAAA", kind="organisation", created_at=LEAD_STARTED_AT))
            dbs.flush()
            dbs.add(make_organisation("organisation-a", "AAAAAA", "Organisation A", LEAD_STARTED_AT))
            dbs.flush()
        if dbs.get(StaffMember, "mona") is None:
            dbs.add(
                StaffMember(
                    person_id="mona", role="moderator", regions=[], languages=[], totp_confirmed_at=LEAD_STARTED_AT,
                    created_at=LEAD_STARTED_AT,
                )
            )  # fmt: skip
            dbs.flush()
        row, secret = open_session(dbs, person_id="mona", device="Firefox, Linux", now=LEAD_STARTED_AT)
        row.second_factor_at = row.fresh_at = LEAD_STARTED_AT
        dbs.commit()
        return secret


def wait_for(site: LiveSite, *titles: str) -> list[str]:
    """Hand in events of organisation A, the oldest first; return their ids."""
    with site.app.app_context():
        found = []
        for number, title in enumerate(titles):
            came_at = LEAD_STARTED_AT - timedelta(minutes=60 - number)
            texts = {"en": TextContent(title, "A talk.", "Some words.")}
            found.append(propose(db.session(), Cast(), came_at, texts=texts).id)
        return found


def state_of(site: LiveSite, submission_id: str) -> str:
    with site.app.app_context():
        return db.session.scalars(select(Submission.state).where(Submission.id == submission_id)).one()


def sit_down(browse: Browse, site: LiveSite, path: str = "/staff/desk", **options: object) -> Page:
    """Open a page of the staff as the moderator."""
    secret = moderator(site)
    page = browse("/about", **options)
    page.context.add_cookies([{"name": "wmd_session", "value": secret, "url": site.base_url, "httpOnly": True}])
    page.goto(path)
    return page


def test_moderator_works_by_keyboard_alone(browse: Browse, site: LiveSite) -> None:
    moderator(site)
    first, second = wait_for(site, "Keys one", "Keys two")
    page = sit_down(browse, site, f"/staff/desk/{first}?q=keys")
    page.keyboard.press("j")
    expect(page.locator("#item h2").first).to_have_text("Keys two")
    page.keyboard.press("k")
    expect(page.locator("#item h2").first).to_have_text("Keys one")
    page.keyboard.press("c")
    expect(page.get_by_role("status")).to_have_text("It is yours now.")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    # The next of the same selection opens, and says what was done.
    expect(page.locator("#item h2").first).to_have_text("Keys two")
    expect(page.get_by_role("status")).to_contain_text("Approved. Keys one")
    page.keyboard.press("r")
    page.keyboard.press("Space")
    page.get_by_label("In your own words").focus()
    page.keyboard.type("a j k c are letters here")
    page.get_by_role("button", name="Ask for changes").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Changes asked for. Keys two")
    assert [state_of(site, first), state_of(site, second)] == ["approved", "changes requested"]


def test_keys_can_be_switched_off(browse: Browse, site: LiveSite) -> None:
    page = sit_down(browse, site)
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch these keys off").click()
    page.keyboard.press("j")
    assert page.url.endswith("/staff/desk")
    page.get_by_role("button", name="Switch these keys on").click()


def test_help_opens_on_an_item_as_well(browse: Browse, site: LiveSite) -> None:
    moderator(site)
    (only,) = wait_for(site, "Asked for help")
    page = sit_down(browse, site, f"/staff/desk/{only}?q=asked+for")
    keys = page.locator("dl.keys")
    expect(keys).to_be_hidden()
    page.keyboard.press("?")
    expect(keys).to_be_in_viewport()
    assert keys.locator("kbd").all_text_contents() == ["j", "k", "c", "a", "r", "n", "q", "?"]
    # In a field it is a letter like any other.
    page.get_by_label("Private note").focus()
    page.keyboard.type("Why?")
    expect(page.get_by_label("Private note")).to_have_value("Why?")


@pytest.mark.parametrize("width", [360, 1280])
def test_change_is_compared_field_by_field_and_taken_in_part(browse: Browse, site: LiveSite, width: int) -> None:
    moderator(site)
    title = f"Compared at {width}"
    (only,) = wait_for(site, title)
    with site.app.app_context():
        dbs, row = db.session(), db.session.get_one(Submission, only)
        means = Means(publishing_setting(site.app), site.app.extensions["wmd.secretbox"])
        approve(dbs, seen(dbs, row), means, actor=MONA, now=LEAD_STARTED_AT)
        dbs.commit()
        texts = {"en": TextContent(f"{title}, anew", "A talk.", "Some words.")}
        edit(dbs, row, LEAD_STARTED_AT, texts=texts, cost="90 EUR")
    page = sit_down(
        browse, site, f"/staff/desk/{only}?q=compared", viewport={"width": width, "height": 900}, has_touch=width < 500
    )
    table = page.get_by_role("region", name="What this change changes")
    rows = [
        [cell.strip() for cell in row.locator("th, td").all_inner_texts()[1:]] for row in table.get_by_role("row").all()
    ]
    assert [" ".join(row[0].split()) for row in rows[-2:]] == ["Title en", "Cost"]
    assert [row[1:] for row in rows[-2:]] == [[title, f"{title}, anew"], ["–", "90 EUR"]]
    # On a phone the fields stand below each other, and say which is which.
    said = table.locator("td[data-label=Proposed]").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert said == ('"Proposed: "' if width < 500 else "none")
    assert too_wide(page, width) == []
    if folder := os.environ.get("WMD_SHOTS"):
        table.screenshot(path=Path(folder) / f"compared-{width}.png")

    page.get_by_label("Take: Title").check()
    page.get_by_text("Reasons and words to the organiser").click()
    page.get_by_label("In your own words").fill("Events are free.")
    page.get_by_role("button", name="Take what is ticked").click()
    expect(page.get_by_role("status")).to_contain_text(f"Partly taken. {title}, anew")


def test_everything_works_without_scripts(browse: Browse, site: LiveSite, watch: Watch) -> None:
    moderator(site)
    (only,) = wait_for(site, "Scriptless")
    page = sit_down(browse, site, f"/staff/desk/{only}?q=scriptless", java_script_enabled=False)
    watch.expected |= {422}
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why: choose a reason or write one.")
    page.get_by_label("Not related to the campaign").check()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("status")).to_contain_text("Rejected.")
    assert state_of(site, only) == "rejected"


PAGES = {
    "start": "/staff/",
    "desk": "/staff/desk",
    "item": "/staff/desk/{id}?q=looked",
    "edit": "/staff/desk/{id}/edit",
    "bulk": "/staff/bulk",
    "reasons": "/staff/reasons",
    "organisations": "/staff/organisations",
    "organisation": "/staff/organisations/AAAAAA",
    "listed": "/staff/desk?kind=listed",
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_of_the_staff_fits_and_is_accessible(browse: Browse, site: LiveSite, name: str) -> None:
    moderator(site)
    with site.app.app_context():
        known = db.session.scalars(select(Submission.id).where(Submission.title == "Looked at")).first()
        assert db.session.get(Organisation, "organisation-a") is not None
    one = known or wait_for(site, "Looked at")[0]
    page = sit_down(
        browse, site, PAGES[name].format(id=one), viewport={"width": 360, "height": 900}, reduced_motion="reduce"
    )
    for width, scheme in ((360, "light"), (360, "dark"), (1280, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert too_wide(page, width) == []
        # What alone can differ in the dark.
        assert violations(page, ALL_RULES if scheme == "light" else CONTRAST) == []
        # Somebody who looks at the pages themselves names a folder.
        if folder := os.environ.get("WMD_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)

"""A walk through every page behind the sign-in with the content policy on: nothing is blocked, nothing is too wide.

The watch of every page fails on any message in the console; a breach of the policy is one.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from tests.cast import make_person
from tests.conftest import LEAD_STARTED_AT
from tests.e2e.conftest import Browse, Watch
from tests.e2e.live import LiveSite
from tests.e2e.test_layout import too_wide, violations
from tests.web.test_roles import TABLE
from wmd.db import db
from wmd.models import Person, StaffMember, Submission
from wmd.services.web_sessions import open_session

pytestmark = pytest.mark.e2e

#: Pages of this part of the house, looked at closely.
CLOSELY = {
    "walker-of-staff": [
        "/staff/audit", "/staff/persons?q=walker", "/staff/settings", "/staff/settings/editions/2021",
        "/staff/settings/editions/2021/form", "/staff/settings/editions/2021/words",
        "/staff/settings/editions/2021/topics", "/staff/settings/editions/2021/questions",
        "/staff/settings/editions/2021/new-question",
    ],
    "walker": ["/organiser/account/privacy", "/organiser/account/erase", "/organiser/account/erased"],
}  # fmt: skip


def enter(site: LiveSite, page: Page, name: str) -> None:
    """Let a browser be somebody's, an administrator's if the name says so."""
    with site.app.app_context():
        if db.session.get(Person, name) is None:
            db.session.add(make_person(name, LEAD_STARTED_AT))
            db.session.flush()
            if name.endswith("staff"):
                db.session.add(
                    StaffMember(
                        person_id=name, role="administrator", regions=[], languages=[],
                        totp_confirmed_at=LEAD_STARTED_AT, created_at=LEAD_STARTED_AT,
                    )
                )  # fmt: skip
        row, secret = open_session(db.session(), person_id=name, device="Walker", now=LEAD_STARTED_AT)
        row.second_factor_at = row.fresh_at = LEAD_STARTED_AT
        db.session.commit()
    page.context.add_cookies([{"name": "wmd_session", "value": secret, "url": site.base_url}])


def addresses(site: LiveSite) -> list[str]:
    """Return an address for every page behind the sign-in, of things that are there where that is easily said."""
    with site.app.app_context():
        waiting = select(Submission.id).where(Submission.state == "submitted").limit(1)
        submission = db.session.scalars(waiting).first() or "none"
    found = []
    for name, row in TABLE.items():
        if name.startswith("GET ") and re.match(r"/(staff|organiser|sign-in|2021/submit)", row.path):
            path = row.path.replace("{submission}", submission).replace("{adam}", "walker-of-staff")
            path = re.sub(r"\{\w+\}", "none", path)
            if not re.search(r"\.(csv|json)|/data$|/html$", path):
                found.append(path)
    return [*found, f"/staff/desk/{submission}"]


@pytest.mark.parametrize("name", ["walker-of-staff", "walker"])
def test_no_page_behind_the_sign_in_breaks_the_policy(browse: Browse, site: LiveSite, watch: Watch, name: str) -> None:
    watch.expected |= {400, 403, 404, 410}
    page = browse("/sign-in")
    enter(site, page, name)
    paths = addresses(site)
    assert len(paths) > 30
    for path in paths:
        page.goto(path, wait_until="load")


@pytest.mark.parametrize("name", list(CLOSELY))
def test_pages_of_trail_settings_and_own_data_fit_a_phone_and_satisfy_axe(
    browse: Browse, site: LiveSite, name: str
) -> None:
    page = browse("/sign-in")
    enter(site, page, name)
    for path in CLOSELY[name]:
        for width in (360, 1280):
            page.goto(path)
            assert too_wide(page, width) == [], (path, width)
        assert violations(page) == [], path

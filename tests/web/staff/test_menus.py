"""Nothing that staff can open must be known by heart: the menu and the start page lead to every page."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, sign_in
from tests.conftest import Clock

#: What only makes sense from a page that names what it is about.
_FROM_A_PAGE = {"/staff/enter": "/staff/organisations/AAAAAA"}


def test_every_page_of_the_staff_is_two_clicks_away(app: Flask, dbs: Session, clock: Clock) -> None:
    make_cast(dbs, clock.now)
    adam = app.test_client()
    sign_in(adam, app, "adam", staff=True)

    def links(path: str) -> set[str]:
        page = get(adam, path).get_data(as_text=True)
        return {each.partition("?")[0] for each in re.findall(r'href="(/staff[^"#]*)', page)}

    first = links("/staff/")
    found = first | {each for path in first for each in links(path)}
    found |= {path for path, page in _FROM_A_PAGE.items() if path in links(page)}
    pages = {
        rule.rule.rstrip("/")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/staff") and "GET" in (rule.methods or ()) and not rule.arguments
    }
    assert pages - {path.rstrip("/") for path in found} == set()


def test_menu_leads_nobody_to_what_their_role_may_not_open(app: Flask, dbs: Session, clock: Clock) -> None:
    make_cast(dbs, clock.now)
    found = {}
    for person in ("rita", "mona", "adam"):
        client = app.test_client()
        sign_in(client, app, person, staff=True)
        menu = re.findall(
            r'<li><a href="(/staff/[^"]*)"', get(client, "/staff/").text.partition('class="work-menu"')[2]
        )
        found[person] = [path for path in ("/staff/people", "/staff/settings", "/staff/bulk") if path in menu]
        assert "/staff/mail" in menu
        assert [path for path in menu if get(client, path).status_code not in {200, 303}] == []
    assert found == {
        "rita": [],
        "mona": ["/staff/settings", "/staff/bulk"],
        "adam": ["/staff/people", "/staff/settings", "/staff/bulk"],
    }

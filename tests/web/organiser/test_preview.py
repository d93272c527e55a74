"""The preview is the public page: the same main part, links that lead nowhere, for nobody but its owner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import select

from tests.cast import get
from tests.conftest import LEAD_STARTED_AT, Databases, Engine
from tests.content import add_picture, ask
from tests.handing_in import hand_in
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.models import Edition, Event, Revision
from wmd.services.actors import Actor
from wmd.services.moderation import decide
from wmd.services.preview import preview_revision
from wmd.services.publishing import publish
from wmd.web.organiser.preview import inert, render_preview


@pytest.fixture
def desk(databases: Databases, engine_name: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A service on each kind of database."""
    url = databases.copy(engine_name, tmp_path)
    with desk_on(url, tmp_path) as found:
        yield found
    databases.drop(url)


def main_part(body: str) -> list[str]:
    """Return the main part tag by tag, without what only a published event has: its addresses and own changes."""
    page = html.document_fromstring(body)
    (main,) = page.xpath("//main")
    for section in main.xpath(".//section[h2[text()='What changed']] | .//section[.//a[starts-with(@href, '/e/')]]"):
        section.getparent().remove(section)
    for section in main.xpath(".//section[contains(., 'Short address')]"):
        section.getparent().remove(section)
    for each in main.xpath(".//*[contains(@class, 'on-paper')]"):
        each.getparent().remove(each)
    for link in main.xpath(".//a"):
        for name in ("href", "role", "aria-disabled"):
            link.attrib.pop(name, None)
    for each in main.xpath(".//*[starts-with(@id, 'session-')]"):
        each.attrib.pop("id")
    for each in main.xpath(".//*[@data-code]"):
        each.attrib.pop("data-code")
    return re.sub(r"\s+", " ", html.tostring(main, encoding="unicode")).split("<")


FULL = of_a(
    **{
        "image.id": "pic", "image.alt": "A tram", "image.credit": "Ada", "answers.food": "Soup",
        "answers.secret": "leak",
        "sessions[0].speakers[0].name": "Ada Example", "sessions[0].speakers[0].title": "Mayor",
        "sessions[0].speakers[0].consent": "yes", "sessions[0].title": "Opening",
        "sessions[1].date": "2021-10-08", "sessions[1].starts": "10:00", "sessions[1].ends": "11:00",
        "sessions[1].zone": "America/Bogota", "sessions[1].title": "Second", "hashtags": "care city",
        "texts.es.title": "Cuidar la metrópoli", "texts.es.description": "Palabras.", "web_url": "https://example.org/x",
    }
)  # fmt: skip


def test_preview_shows_what_the_public_page_then_shows(desk: Desk) -> None:
    with desk.app.app_context():
        dbs = db.session()
        add_picture(dbs, LEAD_STARTED_AT, person_id="ana")
        edition = dbs.scalars(select(Edition)).one()
        ask(dbs, edition, "food", "text")
        ask(dbs, edition, "secret", "text", is_public=False)
        db.session.remove()
    draft_id = desk.draft(FULL)
    preview = get(desk.client(), f"/organiser/drafts/{draft_id}/preview")
    assert (preview.status_code, preview.headers["Cache-Control"]) == (200, "no-store")

    with desk.app.app_context():
        dbs, setting = db.session(), publishing_setting(desk.app)
        edition = dbs.scalars(select(Edition)).one()
        receipt = hand_in(dbs, edition, FULL, token="t1", now=LEAD_STARTED_AT, actor=Actor("person:ana", "ana"))
        revision = dbs.get_one(Revision, receipt.revision_id)
        decide(dbs, revision, "approved", moderator="person:mona", now=LEAD_STARTED_AT)
        publish(dbs, edition, [revision], setting, actor="person:mona", now=LEAD_STARTED_AT)
        dbs.commit()
        event = dbs.scalars(select(Event).where(Event.revision_id == revision.id)).one()
        path = f"/2021/events/{event.code}-{event.slug}"
        desk.app.extensions["wmd.library"].refresh()
        db.session.remove()
    public = get(desk.client(None), path)

    assert public.status_code == 200
    before, after = main_part(preview.get_data(as_text=True)), main_part(public.get_data(as_text=True))
    assert before == after
    whole = "<".join(before)
    assert [word for word in ("Ada Example", "Soup", "A tram") if word not in whole] == []
    assert "leak" not in whole


def test_links_of_a_preview_lead_nowhere_but_back(desk: Desk) -> None:
    draft_id = desk.draft(of_a(**{"texts.en.description": "See [here](https://example.org/) and <b>that</b>."}))
    page = html.document_fromstring(get(desk.client(), f"/organiser/drafts/{draft_id}/preview").get_data(as_text=True))

    assert page.xpath("//main//a/@href | //main//form") == []
    assert len(page.xpath("//main//div[@class='prose']//a[@aria-disabled]")) == 1
    assert page.xpath("//*[@class='preview-bar']//a/@href") == [f"/organiser/drafts/{draft_id}"]
    assert page.xpath("string(//meta[@name='robots']/@content)") == "noindex"
    assert page.xpath("//script[@type='application/ld+json']") == []


def test_draft_of_another_is_not_found(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    statuses = {
        who: get(desk.client(who), f"/organiser/drafts/{draft_id}/preview").status_code
        for who in (None, "ana", "ben", "stranger", "mona")
    }
    assert statuses == {None: 404, "ana": 200, "ben": 404, "stranger": 404, "mona": 404}


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"language": "en", "texts.en.title": "Only a title"},
        of_a(**{"sessions[0].zone": "CET"}),
        of_a(**{"sessions[0].starts": "half past"}),
        of_a(**{"sessions[0].ends": "14:00"}),
        of_a(**{"sessions[0].to_confirm": "yes"}),
    ],
)
def test_what_has_no_readable_time_says_what_to_do(desk: Desk, typed: dict[str, str]) -> None:
    draft_id = desk.draft(typed)
    answer = get(desk.client(), f"/organiser/drafts/{draft_id}/preview")

    assert answer.status_code == 200
    assert "There is nothing to show yet" in answer.get_data(as_text=True)


def test_session_without_a_time_is_left_out_and_said(desk: Desk) -> None:
    draft_id = desk.draft(of_a(**{"sessions[1].date": "2021-10-08", "sessions[1].zone": "Europe/Madrid"}))
    body = get(desk.client(), f"/organiser/drafts/{draft_id}/preview").get_data(as_text=True)

    assert "A session without a readable time is left out." in body


def test_new_organisation_and_partners_are_shown_as_they_will_be(desk: Desk) -> None:
    from tests.domain.forms.cast import filled

    typed = filled(**{"organisers[1].name": "Partner Unasked", "organisers[1].address": "p@partner.example"})
    draft_id = desk.draft(typed, person_id="stranger")
    body = get(desk.client("stranger"), f"/organiser/drafts/{draft_id}/preview").get_data(as_text=True)

    assert "Àrea Metropolitana de Prova" in body
    assert "Partner Unasked" not in body
    assert "One organisation is shown once it has confirmed its part." in body


def test_revision_is_previewed_for_the_desk(desk: Desk) -> None:
    with desk.app.app_context():
        dbs = db.session()
        edition = dbs.scalars(select(Edition)).one()
        receipt = hand_in(dbs, edition, of_a(), token="t1", now=LEAD_STARTED_AT, actor=Actor("person:ana", "ana"))
        dbs.commit()
        before = {table.name: dbs.execute(select(table)).all() for table in Event.metadata.sorted_tables}
        programme = desk.app.extensions["wmd.library"].programme("2021")
        preview = preview_revision(dbs, dbs.get_one(Revision, receipt.revision_id), programme, now=LEAD_STARTED_AT)
        with desk.app.test_request_context("/staff/preview", base_url="http://wmd.example"):
            body = render_preview(preview, back_url="/staff/", back_label="Back").get_data(as_text=True)
        after = {table.name: dbs.execute(select(table)).all() for table in Event.metadata.sorted_tables}
        db.session.remove()
    assert "Care in the metropolis" in body
    assert (preview.left_out, preview.unconfirmed) == (0, 0)
    assert after == before


def test_inert_takes_the_address_of_links_and_nothing_else() -> None:
    told = inert('<a class="x" href="/a?b=1&amp;c=2" rel="y">A</a><img src="/i"><a>B</a>')
    assert told == '<a class="x" rel="y" role="link" aria-disabled="true">A</a><img src="/i"><a>B</a>'

"""Several at once: seen first, confirmed once, each decided on its own."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session

from tests.cast import Cast, get, make_cast, post
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import ADAM, seen
from tests.web.staff.test_desk import Handed, at_desk, hand_in, look, row, standing_of, text_of
from wmd.models import AuditEntry, Message, StaffMember
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import Said, refuse

NOW = LEAD_STARTED_AT


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def three(dbs: Session, cast: Cast) -> list[Handed]:
    return [hand_in(dbs, cast, NOW, title=title) for title in ("Water", "Bread", "Night")]


def fields_of(page: str) -> dict[str, Any]:
    """Return what the preview's form would send."""
    found: dict[str, Any] = {}
    for field in html.document_fromstring(page).xpath("//form[@action]//input[@type='hidden']"):
        found.setdefault(field.get("name"), []).append(field.get("value"))
    found.pop("csrf_token", None)
    return found


def preview(client: FlaskClient, three: list[Handed], **fields: Any) -> tuple[int, str]:
    answer = post(client, "/staff/bulk", {"ids": [one.id for one in three], **fields})
    return answer.status_code, answer.get_data(as_text=True)


def test_preview_says_what_goes_to_whom_and_sends_nothing(app: Flask, dbs: Session, three: list[Handed]) -> None:
    status, page = preview(at_desk(app, "mona"), three, act="refuse", reasons=["spam"], own="Sorry.")
    said = text_of(page)
    assert status == 200
    assert said.count("We could not recognise an event in what was sent.") == 3
    assert said.count("ana@people.example") == 3
    assert look(dbs, Message.id) == []
    assert [standing_of(dbs, one).state for one in three] == ["submitted"] * 3


def test_each_is_decided_on_its_own_and_conflicts_are_listed(
    app: Flask, dbs: Session, three: list[Handed], setting: Setting
) -> None:
    client = at_desk(app, "mona")
    _, page = preview(client, three, act="approve")
    refuse(dbs, seen(dbs, row(dbs, three[1])), Said(own="No."), Means(setting, BOX), actor=ADAM, now=NOW)
    dbs.commit()
    answer = post(client, "/staff/bulk", fields_of(page))
    said = text_of(answer.get_data(as_text=True))
    assert [standing_of(dbs, one).state for one in three] == ["approved", "rejected", "approved"]
    assert ("Adam rejected it on" in said, said.count("not done")) == (True, 1)
    # The same confirmation once more does nothing again.
    post(client, "/staff/bulk", fields_of(page))
    assert len(look(dbs, Message.id)) == 6


def test_organisers_are_written_to_once_each(app: Flask, dbs: Session, three: list[Handed]) -> None:
    client = at_desk(app, "mona")
    assert preview(client, three, act="write", subject="", text="Hello")[0] == 422
    status, page = preview(client, three, act="write", subject="The day is near", text="Please look at your times.")
    assert (status, "To 2 people, each once:" in text_of(page)) == (200, True)
    answer = post(client, "/staff/bulk", fields_of(page))
    assert "2 mails are on their way." in text_of(answer.get_data(as_text=True))
    mails = look(dbs, Message.kind, Message.person_id, Message.facts)
    assert sorted(mails, key=lambda mail: mail[1]) == [
        ("announcement", person, {"subject": "The day is near", "text": "Please look at your times."})
        for person in ("ana", "cleo")
    ]
    again = post(client, "/staff/bulk", fields_of(page))
    assert "0 mails are on their way." in text_of(again.get_data(as_text=True))
    assert [entry for entry in look(dbs, AuditEntry.action) if entry == "announce"] == ["announce", "announce"]


def test_what_was_not_said_is_asked_for(app: Flask, three: list[Handed]) -> None:
    client = at_desk(app, "mona")
    assert preview(client, [], act="approve")[0] == 422
    assert preview(client, three)[0] == 422
    status, page = preview(client, three, act="refuse")
    assert (status, "Say why: choose a reason or write one." in text_of(page)) == (422, True)
    assert get(client, "/staff/bulk?kind=edits").status_code == 200


def test_member_of_other_regions_reaches_nothing(app: Flask, dbs: Session, three: list[Handed]) -> None:
    dbs.get_one(StaffMember, "mona").regions = ["africa"]
    dbs.commit()
    client = at_desk(app, "mona")
    assert preview(client, three, act="approve")[0] == 422
    fields = {"ids": [one.id for one in three], "act": "write", "subject": "x", "text": "y", "confirmed": "yes"}
    assert post(client, "/staff/bulk", fields).status_code == 422


@pytest.mark.parametrize("person", ["rita", "ana", "stranger"])
def test_only_moderators_come_in(app: Flask, cast: Cast, person: str) -> None:
    client = at_desk(app, person)
    assert [get(client, "/staff/bulk").status_code, post(client, "/staff/bulk", {}).status_code] == [403, 403]

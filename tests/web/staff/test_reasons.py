"""Canned reasons are edited in the interface: in three languages, retired instead of deleted, with a trail."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, post
from tests.conftest import LEAD_STARTED_AT
from tests.web.staff.test_desk import at_desk, text_of
from wmd.models import AuditEntry, Reason


@pytest.fixture(autouse=True)
def _cast(dbs: Session) -> None:
    make_cast(dbs, LEAD_STARTED_AT)


def reason(dbs: Session, slug: str) -> Reason:
    found = dbs.scalars(select(Reason).where(Reason.slug == slug)).one()
    dbs.refresh(found)
    dbs.expunge(found)
    dbs.rollback()
    return found


def test_reasons_come_in_three_languages(app: Flask, dbs: Session) -> None:
    rows = dbs.scalars(select(Reason).order_by(Reason.position)).all()
    assert len(rows) == 11
    assert {tuple(sorted(row.texts)) for row in rows} == {("en", "es", "fr")}
    assert [row.slug for row in rows if row.verdicts == ["refused"]] == ["not-related", "commercial", "spam"]


def test_reason_is_changed_and_added(app: Flask, dbs: Session) -> None:
    known, client = reason(dbs, "spam"), at_desk(app, "mona")
    form = {"en.label": "Junk", "en.body": "This is no event.", "es.body": "No es un evento.", "verdicts": ["refused"]}
    assert post(client, f"/staff/reasons/{known.id}", form).status_code == 303
    assert reason(dbs, "spam").texts == {
        "en": {"label": "Junk", "body": "This is no event."}, "es": {"label": "", "body": "No es un evento."}
    }  # fmt: skip
    assert post(client, "/staff/reasons/new", form).status_code == 303
    assert post(client, "/staff/reasons/new", form).status_code == 303
    assert (reason(dbs, "junk").position, reason(dbs, "junk-2").position) == (11, 12)
    entry = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_id == "spam")).one()
    assert (entry.actor, entry.detail["texts"][1]["en"]["label"]) == ("person:mona", "Junk")


def test_reason_without_english_words_is_shown_again(app: Flask, dbs: Session) -> None:
    answer = post(at_desk(app, "mona"), "/staff/reasons/new", {"en.label": "Half", "es.body": "Solo en español"})
    said = answer.get_data(as_text=True)
    assert (answer.status_code, "This is needed in English." in said, "Solo en español" in said) == (422, True, True)


def test_retired_reason_is_no_longer_offered(app: Flask, dbs: Session) -> None:
    known, client = reason(dbs, "spam"), at_desk(app, "mona")
    assert post(client, f"/staff/reasons/{known.id}", {"act": "retire"}).status_code == 303
    assert reason(dbs, "spam").retired_at == LEAD_STARTED_AT
    assert "no longer offered" in text_of(get(client, "/staff/reasons").get_data(as_text=True))
    assert post(client, f"/staff/reasons/{known.id}", {"act": "bring-back"}).status_code == 303
    assert reason(dbs, "spam").retired_at is None


@pytest.mark.parametrize(("person", "expected"), [("rita", [200, 403, 403]), ("ana", [403, 403, 403])])
def test_reader_reads_them_and_a_contact_does_not(app: Flask, person: str, expected: list[int]) -> None:
    client = at_desk(app, person)
    answers = [
        get(client, "/staff/reasons"), get(client, "/staff/reasons/new"), post(client, "/staff/reasons/new", {})
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == expected


def test_unknown_reason_is_not_found(app: Flask) -> None:
    client = at_desk(app, "mona")
    assert [get(client, f"/staff/reasons/{ref}").status_code for ref in ("999", "x", "9" * 30)] == [404] * 3

"""Organisations in the staff's hands: trust, contacts, merging, and entering an event for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import Cast, get, make_cast, post
from tests.conftest import LEAD_STARTED_AT, Clock
from tests.documents import BOX
from tests.submissions import MONA, make_edition, seen
from tests.web.staff.test_desk import at_desk, hand_in, look, row, text_of
from wmd.models import Message, Organisation, OrganisationContact, Revision, StaffMember, Submission
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


def test_list_finds_by_name_and_code(app: Flask, dbs: Session, cast: Cast) -> None:
    client = at_desk(app, "rita")
    everything = text_of(get(client, "/staff/organisations").get_data(as_text=True))
    assert ("Organisation A" in everything, "Organisation B" in everything, "2 contacts" in everything) == (True,) * 3
    for q in ("ORGANISATION%20b", "bbbbbb"):
        page = text_of(get(client, f"/staff/organisations?q={q}").get_data(as_text=True))
        assert ("Organisation A" in page, "Organisation B" in page) == (False, True)
    assert get(client, "/staff/organisations?page=99").status_code == 200


def test_trust_contact_and_merging(app: Flask, dbs: Session, cast: Cast, setting: Setting) -> None:
    handed = hand_in(dbs, cast, NOW)
    approve(dbs, seen(dbs, row(dbs, handed)), Means(setting, BOX), actor=MONA, now=NOW)
    dbs.commit()
    client, here = at_desk(app, "mona"), f"/staff/organisations/{cast.a_code}"
    assert "Care in the city" in text_of(get(client, here).get_data(as_text=True))
    assert post(client, f"{here}/trust", {"trusted": "yes"}).status_code == 303
    assert sorted(look(dbs, Organisation.id, Organisation.trusted_at)) == [(cast.a, NOW), (cast.b, None)]

    assert post(client, f"{here}/contact", {"address": "no address", "name": "Dora"}).status_code == 422
    answer = post(client, f"{here}/contact", {"address": "dora@people.example", "name": "Dora", "replaces": "ana"})
    assert answer.status_code == 303
    gone = [one for one in look(dbs, OrganisationContact.person_id, OrganisationContact.removed_at) if one[1]]
    assert gone == [("ana", NOW)]
    assert [kind for kind in look(dbs, Message.kind) if kind == "contact-added"] == ["contact-added"] * 2

    assert post(client, f"{here}/merge", {"into": "ZZZZZZ"}).status_code == 422
    assert post(client, f"{here}/merge", {"into": cast.a_code}).status_code == 409
    assert post(client, f"{here}/merge", {"into": cast.b_code.lower()}).status_code == 303
    moved = get(client, f"/2021/organisations/{cast.a_code}-organisation-a")
    assert (moved.status_code, moved.location) == (301, f"/2021/organisations/{cast.b_code}-organisation-b")
    assert "Merged into" in text_of(get(client, here).get_data(as_text=True))


def test_event_is_entered_for_an_organisation(app: Flask, dbs: Session, cast: Cast) -> None:
    edition = make_edition(dbs, NOW)
    edition.submit_closes_at = NOW + timedelta(days=1)
    dbs.commit()
    client, here = at_desk(app, "mona"), f"/staff/enter?organisation={cast.a_code}"
    assert get(client, here).status_code == 200
    assert post(client, here, {"edition": "2021", "title": " ", "language": "qqq"}).status_code == 422
    answer = post(client, here, {"edition": "2021", "title": "By telephone", "language": "es"})
    assert answer.status_code == 303
    assert get(client, answer.location).status_code == 200
    assert look(dbs, Submission.title, Submission.source, Submission.person_id, Submission.state) == [
        ("By telephone", "staff", "ana", "submitted")
    ]
    assert look(dbs, Revision.actor, Revision.source) == [("person:mona", "staff")]


def test_dangerous_acts_ask_for_the_second_step(app: Flask, cast: Cast, clock: Clock) -> None:
    client = at_desk(app, "mona")
    clock.now = NOW + timedelta(minutes=16)
    for act in ("contact", "merge", "trust"):
        answer = post(client, f"/staff/organisations/{cast.a_code}/{act}", {})
        # And from there back to the page with the form.
        assert answer.location == f"/sign-in/second-factor?next=/staff/organisations/{cast.a_code}"


@pytest.mark.parametrize(("person", "expected"), [("rita", [200, 403, 403, 403, 403]), ("ana", [403] * 5)])
def test_reader_looks_and_contacts_stay_out(app: Flask, cast: Cast, person: str, expected: list[int]) -> None:
    client, here = at_desk(app, person), f"/staff/organisations/{cast.a_code}"
    answers = [get(client, here), *(post(client, f"{here}/{act}", {}) for act in ("trust", "contact", "merge"))]
    answers.append(get(client, f"/staff/enter?organisation={cast.a_code}"))
    assert [answer.status_code for answer in answers] == expected


def test_member_of_another_region_finds_none(app: Flask, dbs: Session, cast: Cast) -> None:
    dbs.get_one(StaffMember, "mona").regions = ["africa"]
    dbs.commit()
    client, here = at_desk(app, "mona"), f"/staff/organisations/{cast.a_code}"
    assert "Organisation A" not in get(client, "/staff/organisations").get_data(as_text=True)
    answers = [get(client, here), post(client, f"{here}/trust", {"trusted": "yes"})]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_member_of_another_language_reads_no_titles(app: Flask, dbs: Session, cast: Cast) -> None:
    hand_in(dbs, cast, NOW)
    dbs.get_one(StaffMember, "mona").languages = ["fr"]
    dbs.commit()
    client = at_desk(app, "mona")
    page = get(client, f"/staff/organisations/{cast.a_code}").get_data(as_text=True)
    assert ("Organisation A" in page, "Care in the city" in page) == (True, False)
    assert ('href="/staff/mail"' in page, 'href="/staff/audit"' in page) == (True, False)
    for path in ("/staff/audit", "/staff/audit.csv", "/staff/audit.json"):
        assert get(client, path).status_code == 403

"""Co-organisers on the desk: whoever agreed from an address nobody knows is taken, or asked again, by a button."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.cast import Cast, get, make_cast, post
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import MONA, content, propose, seen
from tests.web.staff.test_desk import at_desk
from wmd.domain.content import OrganiserContent
from wmd.domain.vocabulary import OrganiserRole
from wmd.models import CoOrganiser, EventOrganisation, OrganisationContact
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT


@pytest.fixture
def waiting(dbs: Session, setting: Setting) -> str:
    """A listed event whose partner said yes from an address that the organisation is not known by; its id."""
    cast = make_cast(dbs, NOW)
    partners = (*content().organisers, OrganiserContent("organisation-b", OrganiserRole.CO))
    submission = propose(dbs, cast, NOW, organisers=partners)
    dbs.execute(update(OrganisationContact).where(OrganisationContact.organisation_id == cast.b).values(removed_at=NOW))
    dbs.add(
        CoOrganiser(
            submission_id=submission.id, organisation_id=cast.b, person_id=cast.stranger, is_known=True, state="asked",
            asked_at=NOW - timedelta(days=2), agreed_at=NOW - timedelta(days=1),
        )
    )  # fmt: skip
    approve(dbs, seen(dbs, submission), Means(setting, BOX), actor=MONA, now=NOW)
    submission_id = submission.id
    dbs.commit()
    return submission_id


def partners(page: str) -> list[str]:
    """Return what the page says of each partner."""
    cards = html.document_fromstring(page).xpath("//h3[.='Co-organisers']/following-sibling::ul/li")
    return [" ".join(card.text_content().split()) for card in cards]


def test_yes_of_an_unknown_address_is_taken_by_a_button(app: Flask, dbs: Session, waiting: str) -> None:
    named = select(EventOrganisation.name).order_by(EventOrganisation.position)
    assert dbs.scalars(named).all() == ["Organisation A"]
    dbs.rollback()
    client, path = at_desk(app, "mona"), f"/staff/desk/{waiting}"
    assert partners(get(client, path).get_data(as_text=True)) == [
        "Organisation B agreed by an address nobody knows Wed 6 Oct, 15:01 (Madrid, UTC+2) "
        "The form gave this address: stranger@people.exampleIt speaks for them: take it as agreed Ask again"
    ]

    answer = post(client, path, {"act": "believe-partner", "organisation_id": Cast().b})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?done=believe-partner")
    page = get(client, answer.headers["Location"]).get_data(as_text=True)
    assert "Taken as agreed." in page
    assert partners(page) == ["Organisation B agreed Thu 7 Oct, 15:01 (Madrid, UTC+2)"]
    assert dbs.scalars(named).all() == ["Organisation A", "Organisation B"]
    dbs.rollback()

    again = post(client, path, {"act": "believe-partner", "organisation_id": Cast().b})
    assert (again.status_code, "That is not possible as it stands now" in again.get_data(as_text=True)) == (409, True)


def test_reader_is_offered_no_button_and_cannot_press_it(app: Flask, dbs: Session, waiting: str) -> None:
    client, path = at_desk(app, "rita"), f"/staff/desk/{waiting}"
    assert "believe-partner" not in get(client, path).get_data(as_text=True)
    assert post(client, path, {"act": "believe-partner", "organisation_id": Cast().b}).status_code == 403
    assert dbs.scalars(select(CoOrganiser.state)).all() == ["asked"]

"""The page behind a co-organiser's link: looking answers nothing, one button does, once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, get, make_cast, post
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import MONA, content, propose, seen
from wmd.domain.content import OrganiserContent
from wmd.domain.vocabulary import OrganiserRole
from wmd.models import CoOrganiser, EventOrganisation, Message
from wmd.services.co_organisers import ask_again
from wmd.services.outbox import hidden_part
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import approve

NOW = LEAD_STARTED_AT
HERE = "/organiser/co-organiser"


@pytest.fixture
def link(dbs: Session, setting: Setting) -> str:
    """The path of the link that was mailed to ben."""
    cast: Cast = make_cast(dbs, NOW)
    pair = (*content().organisers, OrganiserContent("organisation-b", OrganiserRole.CO))
    submission = propose(dbs, cast, NOW, organisers=pair)
    dbs.add(CoOrganiser(submission_id=submission.id, organisation_id=cast.b, state="asked", asked_at=NOW))
    means = Means(setting, BOX)
    approve(dbs, seen(dbs, submission), means, actor=MONA, now=NOW)
    ask_again(dbs, submission.id, cast.b, means, actor=MONA, now=NOW)
    mail = dbs.scalars(select(Message).where(Message.kind == "co-organiser", Message.person_id == "ben")).one()
    path = hidden_part(mail, means.box)["secret"]
    dbs.commit()
    return path


def shown(dbs: Session) -> list[str]:
    found = list(dbs.scalars(select(EventOrganisation.name).order_by(EventOrganisation.position)))
    dbs.rollback()
    return found


def test_looking_answers_nothing_and_the_button_does(app: Flask, dbs: Session, link: str) -> None:
    client = app.test_client()
    secret = link.partition("=")[2]
    for _ in range(2):
        page = get(client, link)
        assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
        assert "Organisation B" in page.get_data(as_text=True)
    assert shown(dbs) == ["Organisation A"]

    assert post(client, HERE, {"t": secret, "answer": "perhaps"}).status_code == 422
    answer = post(client, HERE, {"t": secret, "answer": "yes"})
    assert (answer.status_code, answer.location) == (303, f"{HERE}/thanks?answer=yes")
    assert get(client, answer.location).status_code == 200
    assert shown(dbs) == ["Organisation A", "Organisation B"]
    assert post(client, HERE, {"t": secret, "answer": "no"}).status_code == 410
    worn = get(client, link)
    assert (worn.status_code, "has agreed already" in worn.get_data(as_text=True)) == (410, True)


def test_link_that_is_none_of_ours_says_what_to_do(app: Flask, dbs: Session, link: str) -> None:
    client = app.test_client()
    assert link.startswith(f"{HERE}?t=")
    for secret in ("", "nonsense", "x" * 200):
        answer = get(client, f"{HERE}?t={secret}")
        assert (answer.status_code, "This link works no more" in answer.get_data(as_text=True)) == (410, True)
        assert post(client, HERE, {"t": secret, "answer": "yes"}).status_code == 410

"""Handing in as the form does, shortly: for tests of services and pages that need something handed in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.content import EditionContent
from wmd.domain.forms.reading import read_form
from wmd.models import Edition, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import VISITOR, Actor
from wmd.services.form_reading import editing_form, new_form
from wmd.services.references import find_edition, put_edition
from wmd.services.submissions import HandIn, Receipt, hand_in_form

BOX = SecretBox.derived("test-secret-key-that-is-long-enough-0123")
EDITION = EditionContent(
    slug="2021", name="World Metropolitan Day 2021", main_day=date(2021, 10, 7), window_from=date(2021, 10, 1),
    window_to=date(2021, 10, 31), zone="Europe/Madrid",
)  # fmt: skip


def make_edition(dbs: Session, now: datetime) -> Edition:
    """Return the edition of 2021, made if it is not there."""
    return find_edition(dbs, "2021") or put_edition(dbs, EDITION, now=now)[0]


def hand_in(
    dbs: Session,
    edition: Edition,
    typed: dict[str, str],
    *,
    token: str,
    now: datetime,
    actor: Actor = VISITOR,
    submission: Submission | None = None,
) -> Receipt:
    """Hand a form in and flush; the caller commits."""
    form = (
        new_form(dbs, edition, actor.person_id, now)
        if submission is None
        else editing_form(dbs, edition, submission, now)
    )
    given = HandIn(read_form(typed, form), token, submission)
    return hand_in_form(dbs, edition, given, actor=actor, box=BOX, mint=Mint(), now=now)

"""Submissions as they come in, made shortly: for tests of what happens to them on the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast
from wmd.domain.codes import Mint
from wmd.domain.content import (
    EditionContent,
    EventContent,
    OrganiserContent,
    RegistrationContent,
    SessionContent,
    TextContent,
)
from wmd.domain.vocabulary import RegistrationState
from wmd.models import Edition, Revision, Submission
from wmd.services.actors import Actor
from wmd.services.intake import hand_in, next_revision, read_content
from wmd.services.moderation import Seen, seen_now, waiting_revision
from wmd.services.references import find_edition, put_edition

EDITION = EditionContent(
    slug="2021", name="World Metropolitan Day 2021", main_day=date(2021, 10, 7), window_from=date(2021, 10, 1),
    window_to=date(2021, 10, 31), zone="Europe/Madrid",
)  # fmt: skip
PAGE = "https://a-example.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA"

MONA = Actor("person:mona", "mona", "moderator")
ADAM = Actor("person:adam", "adam", "administrator")
RITA = Actor("person:rita", "rita", "reader")


def make_edition(dbs: Session, now: datetime) -> Edition:
    """Return the edition of 2021, made if it is not there."""
    return find_edition(dbs, "2021") or put_edition(dbs, EDITION, now=now)[0]


def content(title: str = "Care in the city", **changes: Any) -> EventContent:
    """Return a complete event of organisation A on 7 October 2021, 15:00 in Madrid, with some fields changed."""
    session = SessionContent(
        id="", zone="Europe/Madrid", starts=datetime(2021, 10, 7, 15), ends=datetime(2021, 10, 7, 16, 30)  # noqa: DTZ001
    )  # fmt: skip
    event = EventContent(
        key="", language="en", texts={"en": TextContent(title, "A talk.", "Some words.")}, sessions=(session,),
        organisers=(OrganiserContent("organisation-a"),), topics=("gender-equality",), sdgs=(5,), region="europe",
        un_region="europe", host_city="Barcelona", host_country="ES", spoken=("en",), platform="zoom-webinar",
        registration=RegistrationContent(RegistrationState.OPEN, PAGE),
    )  # fmt: skip
    return replace(event, **changes)


def propose(
    dbs: Session,
    cast: Cast,
    now: datetime,
    *,
    organisation: str = "",
    person: str = "",
    state: str = "submitted",
    **changes: Any,
) -> Submission:
    """Hand in an event as a form would, for organisation A by ana, and commit. ``changes`` are those of its content."""
    edition = make_edition(dbs, now)
    actor = f"person:{person or cast.ana}"
    revision = hand_in(dbs, edition, content(**changes), source="form", actor=actor, mint=Mint(), now=now)
    assert revision is not None
    submission = dbs.get_one(Submission, revision.submission_id)
    submission.organisation_id = organisation or cast.a
    submission.person_id = person or cast.ana
    submission.state, submission.waiting_since = state, now
    submission.confirm_until = now if state == "unconfirmed" else None
    dbs.commit()
    return submission


def edit(dbs: Session, submission: Submission, now: datetime, *, person: str = "ana", **changes: Any) -> Revision:
    """Hand in an edit of a submission as a form would, and commit."""
    base = dbs.scalars(
        select(Revision).where(Revision.submission_id == submission.id).order_by(Revision.number.desc()).limit(1)
    ).one()
    proposed = replace(read_content(base), **changes)
    revision = next_revision(
        dbs, submission, proposed, base=base, source="form", actor=f"person:{person}", mint=Mint(), now=now
    )
    submission.waiting_since = now
    dbs.commit()
    return revision


def seen(dbs: Session, submission: Submission) -> Seen:
    """Return what a moderator sees of a submission now."""
    revision = waiting_revision(dbs, submission.id)
    assert revision is not None
    return seen_now(dbs, submission, revision)

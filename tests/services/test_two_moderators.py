"""Two moderators press at the same moment: one decides, the other is told; on both databases, with real threads."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.handing_in import hand_in, make_edition
from tests.services.test_submissions import ANA, of_ana
from tests.submissions import ADAM, MONA, propose, seen
from wmd.db import db
from wmd.errors import NotAllowedMoveError
from wmd.models import Decision, Edition, Event, Message, Revision, Submission
from wmd.services.confirming import confirm_submission
from wmd.services.form_reading import typed_of
from wmd.services.intake import read_content
from wmd.services.moderation import DecidedMeanwhileError, Seen
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.submissions import withdraw
from wmd.services.verdicts import Said, approve, refuse

LATER = LEAD_STARTED_AT + timedelta(hours=1)


def test_of_two_verdicts_at_the_same_moment_one_stands(app: Flask, dbs: Session, setting: Setting) -> None:
    cast = make_cast(dbs, LEAD_STARTED_AT)
    looked_at = [seen(dbs, propose(dbs, cast, LEAD_STARTED_AT, title=f"Event {number}")) for number in range(4)]
    dbs.close()
    engine, means = db.engine, Means(setting, BOX)
    start = threading.Barrier(2)
    told: list[tuple[str, str]] = []
    made: list[str] = []

    def sit(name: str) -> None:
        for one in looked_at:
            start.wait(20)
            with Session(engine) as own:
                try:
                    press(own, name, one, means)
                    own.commit()
                    made.append(name)
                except DecidedMeanwhileError as error:
                    own.rollback()
                    told.append((name, error.conflict.by))

    threads = [threading.Thread(target=sit, args=(name,)) for name in ("mona", "adam")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    other = {"mona": "person:adam", "adam": "person:mona"}
    assert (len(made), len(told)) == (4, 4)
    assert [by for _, by in told] == [other[name] for name, _ in told]
    assert dbs.scalar(select(func.count()).select_from(Decision)) == 4
    assert dbs.scalar(select(func.count()).select_from(Message)) == 8
    assert dbs.scalar(select(func.count()).select_from(Event)) == made.count("mona")


def press(dbs: Session, name: str, looked_at: Seen, means: Means) -> None:
    """Mona approves, Adam refuses."""
    if name == "mona":
        approve(dbs, looked_at, means, actor=MONA, now=LATER)
    else:
        refuse(dbs, looked_at, Said(own="No."), means, actor=ADAM, now=LATER)


@pytest.mark.parametrize("act", ["withdraw", "change", "confirm"])
def test_organiser_who_comes_second_does_not_write_over_a_verdict(
    app: Flask, dbs: Session, setting: Setting, act: str
) -> None:
    make_cast(dbs, LEAD_STARTED_AT)
    receipt = hand_in(dbs, make_edition(dbs, LEAD_STARTED_AT), of_ana(), token="t1", now=LEAD_STARTED_AT, actor=ANA)
    submission = dbs.get_one(Submission, receipt.submission_id)
    if act == "confirm":
        submission.confirmed_at = None
        submission.state, submission.confirm_until = "unconfirmed", LEAD_STARTED_AT + timedelta(days=14)
    dbs.commit()
    looked_at, engine = seen(dbs, submission), db.engine
    typed = typed_of(dbs, read_content(dbs.get_one(Revision, looked_at.revision_id)))
    dbs.close()
    begun = threading.Event()
    refused: list[bool] = []

    def organiser() -> None:
        with Session(engine) as own:
            # Read before the verdict is committed on PostgreSQL; SQLite waits at its first statement.
            begun.set()
            mine = own.get_one(Submission, looked_at.submission_id)
            try:
                press_as_organiser(own, mine, act, typed)
                own.commit()
            except NotAllowedMoveError:
                own.rollback()
                refused.append(True)

    with Session(engine) as desk:
        refuse(desk, looked_at, Said(own="No."), Means(setting, BOX), actor=ADAM, now=LATER)
        other = threading.Thread(target=organiser)
        other.start()
        begun.wait(20)
        # Long enough for the other to come to where it must wait for this transaction.
        other.join(0.5)
        desk.commit()
    other.join(60)

    dbs.expire_all()
    found = dbs.get_one(Submission, looked_at.submission_id)
    assert (found.state, found.confirm_until, found.waiting_since) == ("rejected", None, None)
    assert dbs.scalars(select(Revision.state)).all() == ["refused"]
    assert refused == ([] if act == "confirm" else [True])


def press_as_organiser(dbs: Session, submission: Submission, act: str, typed: dict[str, str]) -> None:
    """Do what an organiser may do to what is handed in."""
    if act == "withdraw":
        withdraw(dbs, submission, actor="person:ana", now=LATER)
    elif act == "confirm":
        confirm_submission(dbs, submission, actor="person:ana", box=BOX, now=LATER)
    else:
        edition = dbs.get_one(Edition, submission.edition_id)
        changed = typed | {"cost": "5 EUR"}
        hand_in(dbs, edition, changed, token="t2", now=LATER, actor=ANA, submission=submission)

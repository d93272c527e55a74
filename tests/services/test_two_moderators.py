"""Two moderators press at the same moment: one decides, the other is told; on both databases, with real threads."""

from __future__ import annotations

import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import ADAM, MONA, propose, seen
from wmd.db import db
from wmd.models import Decision, Event, Message
from wmd.services.moderation import DecidedMeanwhileError, Seen
from wmd.services.publishing import Setting
from wmd.services.standing import Means
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

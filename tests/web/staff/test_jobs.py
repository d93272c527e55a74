"""The page of the regular jobs: what stands there is what the tables say, and silence and faults are marked."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from lxml import html
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, sign_in
from tests.conftest import Clock
from tests.test_jobs import add_mails
from wmd.jobs import JOBS
from wmd.models import JobTick
from wmd.services.alarms import raise_alarm
from wmd.services.job_watch import Run, note_beat, note_run


def test_page_says_how_each_job_and_scheduler_stands(app: Flask, dbs: Session, clock: Clock) -> None:
    now = clock.now
    make_cast(dbs, now)
    dbs.add(JobTick(name="outbox", good_at=now - timedelta(hours=1)))
    note_run(dbs, "outbox", "a:1", Run(now, 1_234, 5, ""))
    note_run(dbs, "retention", "a:1", Run(now, 20, 0, "OSError"))
    raise_alarm(dbs, "job:retention", "It fails.", now=now)
    note_beat(dbs, "a:1", started_at=now, running={"retention": now}, now=now)
    note_beat(dbs, "b:2", started_at=now, running={}, now=now - timedelta(minutes=3))
    dbs.commit()
    add_mails(dbs, 3)
    clock.now = now
    client = app.test_client()
    sign_in(client, app, "rita", staff=True)
    page = html.document_fromstring(get(client, "/staff/jobs").text)

    rows = {
        " ".join(row.xpath("./th")[0].text_content().split()): [
            " ".join(cell.text_content().split()) for cell in row.xpath("./td")
        ]
        for row in page.xpath("//table/tbody/tr")
    }
    assert len(rows) == len(JOBS)
    assert rows["Sends the mail that is due outbox late"] == [
        "Thu 7 Oct, 12:01 (UTC)", "Thu 7 Oct, 13:01 (UTC) took 1.2 s", "5 rows", "0 wait",
    ]  # fmt: skip
    assert rows["Deletes what is kept no longer retention fails"] == [
        "never yet", "Thu 7 Oct, 13:01 (UTC) took 0.0 s · OSError", "0 rows 1 fault", "–",
    ]  # fmt: skip
    schedulers = [
        " ".join(each.text_content().split()) for each in page.xpath("//section[@aria-labelledby='schedulers']/ul/li")
    ]
    assert [(said.split()[0], said.split()[1]) for said in schedulers] == [("a:1", "lives"), ("b:2", "silent")]
    assert "It was at retention since" in schedulers[0]


def test_page_without_any_scheduler_says_so(app: Flask, dbs: Session, clock: Clock) -> None:
    make_cast(dbs, clock.now)
    dbs.commit()
    client = app.test_client()
    sign_in(client, app, "adam", staff=True)
    assert "No scheduler has ever said that it lives." in get(client, "/staff/jobs").text

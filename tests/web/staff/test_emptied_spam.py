"""What the daily job emptied is still found and opened by staff, as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.cast import get, make_cast, sign_in
from tests.conftest import Clock, Databases, make_test_app
from tests.domain.forms.cast import filled
from tests.handing_in import hand_in, make_edition
from tests.submissions import MONA, seen
from tests.web.machine import forget_database
from wmd.db import db
from wmd.jobs import run_job
from wmd.models import Submission
from wmd.services.standing import Means
from wmd.services.verdicts import Said, refuse


@pytest.fixture
def app(databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast."""
    url = databases.copy("sqlite", tmp_path)
    found = make_test_app(url, tmp_path, clock)
    yield found
    forget_database(found)
    databases.drop(url)


def test_emptied_spam_opens_and_is_listed(app: Flask, clock: Clock) -> None:
    with app.app_context():
        dbs = db.session()
        make_cast(dbs, clock.now)
        receipt = hand_in(dbs, make_edition(dbs, clock.now), filled(), token="one", now=clock.now)
        submission = dbs.get_one(Submission, receipt.submission_id)
        submission.suspect_at = clock.now
        dbs.flush()
        means = Means(app.extensions["wmd.publishing"], app.extensions["wmd.secretbox"])
        refuse(dbs, seen(dbs, submission), Said(own="Spam."), means, actor=MONA, now=clock.now)
        dbs.commit()
    clock.now += timedelta(days=100)
    assert run_job(app, "retention") > 0

    mona = app.test_client()
    sign_in(mona, app, "mona", staff=True)
    for path in (
        f"/staff/desk/{receipt.submission_id}",
        "/staff/desk",
        "/staff/",
        f"/staff/audit?subject={receipt.number}",
    ):
        answer = get(mona, path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert "Care in the metropolis" not in answer.get_data(as_text=True), path

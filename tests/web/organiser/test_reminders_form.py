"""An organiser chooses when those who attend are reminded: from the form to the published event and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import Databases
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from tests.web.organiser.test_panels import approved, signed_in
from wmd.db import db
from wmd.models import Event, Submission


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A service; what differs between the databases is tested with the services."""
    with desk_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("typed", "stored", "lines"),
    [("start-1d\nend+1d", ["start-1d", "end+1d"], "start-1d\nend+1d"), ("none", [], "none"), ("", None, "")],
)
def test_choice_comes_to_the_event_and_back_into_the_form(
    desk: Desk, typed: str, stored: list[str] | None, lines: str
) -> None:
    draft_id = desk.draft(of_a(reminders=typed))
    ana = signed_in(desk, "ana")
    ana.open(f"/organiser/drafts/{draft_id}")
    ana.press("Hand in")
    with desk.app.app_context():
        submission_id = db.session().scalars(select(Submission.id).where(Submission.source == "form")).one()
        db.session.remove()
    mona = signed_in(desk, "mona", staff=True)
    mona.open(f"/staff/desk/{submission_id}")
    assert ("The day before" in mona.says(), "No reminders at all" in mona.says()) == ("1d" in typed, typed == "none")
    approved(desk, submission_id)
    with desk.app.app_context():
        event_id = db.session().scalars(select(Submission.event_id).where(Submission.id == submission_id)).one()
        assert db.session().get_one(Event, event_id).reminders == stored
        db.session.remove()
    ana.open(f"/organiser/submissions/{submission_id}")
    ana.press("Change it")
    ticked = ana.values("//input[@name='reminders'][@checked]/@value")
    assert ticked == lines.split()


def test_times_and_none_at_once_is_a_mistake_beside_the_field(desk: Desk) -> None:
    ana = signed_in(desk, "ana")
    draft_id = desk.draft(of_a(reminders="none\nstart"))
    ana.open(f"/organiser/drafts/{draft_id}")
    ana.press("Hand in")
    assert "Choose times or no reminders at all, not both." in ana.says()

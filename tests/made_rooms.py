"""An event whose webinar is made on a fake Zoom: publishing, pressing, editing, as staff do it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from tests import documents
from tests.zoom_house import ZoomHouse
from wmd.cli import publishing_setting
from wmd.domain.codes import Mint, SeededMint
from wmd.domain.vocabulary import SessionStatus
from wmd.jobs import run_job
from wmd.models import Alarm, StaffMember, Submission, WebinarBinding
from wmd.services.actors import Actor, person_actor
from wmd.services.intake import read_content
from wmd.services.managed_rooms import make_webinar
from wmd.services.staff_edits import approved_revision, call_off, staff_edit
from wmd.services.standing import Means
from wmd.services.zoom_accounts import own_account
from wmd_fakezoom import Room
from wmd_fakezoom.seed import ACCOUNT_ID

#: Registration that this service takes.
HERE = {"state": "open", "with_us": True}


class Made:
    """A house with one published event without a link."""

    def __init__(self, house: ZoomHouse) -> None:
        self.house = house
        self.actor = Actor("", None)

    def publish(self, **changes: Any) -> None:
        house = self.house
        event = documents.event("one", **({"registration": {"state": "missing"}} | changes))
        setting = publishing_setting(house.app, SeededMint("zoom"))
        documents.apply(house.dbs, setting, documents.document(event), house.clock.now)
        house.dbs.execute(update(Submission).values(organisation_id=house.cast.a))
        member = house.dbs.scalars(select(StaffMember).where(StaffMember.role == "moderator")).first()
        assert member is not None
        self.actor = person_actor(member.person_id, member)
        own_account(house.dbs, ACCOUNT_ID, now=house.clock.now)
        house.dbs.commit()

    def press(self) -> WebinarBinding:
        """Press the button."""
        house = self.house
        found = make_webinar(
            house.dbs, house.event(), actor=self.actor.name, mint=SeededMint("make"), now=house.clock.now
        )
        house.dbs.commit()
        return found

    def run(self, job: str = "zoom-push", **later: float) -> int:
        """Let time go by on both sides, and run a job."""
        house = self.house
        house.clock.now += timedelta(**later)
        house.zoom.control.set_time(house.clock.now)
        house.dbs.rollback()
        done = run_job(house.app, job)
        house.dbs.rollback()
        return done

    @property
    def means(self) -> Means:
        return Means(publishing_setting(self.house.app, Mint()), self.house.app.extensions["wmd.secretbox"])

    def rooms(self) -> list[Room]:
        """Return the webinars that are on Zoom now."""
        return [room for room in self.house.zoom.control.world.rooms if room.state == "active"]

    def submission(self) -> Submission:
        self.house.dbs.rollback()
        return self.house.dbs.scalars(select(Submission)).one()

    def edit(self, **changes: Any) -> None:
        """Change what is published, as staff."""
        house, submission = self.house, self.submission()
        base = approved_revision(house.dbs, submission)
        assert base is not None
        content = read_content(base)
        texts = changes.pop("title", None)
        hours = changes.pop("hours", None)
        if texts is not None:
            content = replace(content, texts={"en": replace(content.texts["en"], title=texts)})
        if hours is not None:
            by = timedelta(hours=hours)
            moved = [
                replace(each, starts=each.starts + by, ends=each.ends + by, time_text="", time_confirmed=False)
                for each in content.sessions
                if each.starts is not None and each.ends is not None
            ]
            content = replace(content, sessions=tuple(moved))
        content = replace(content, **changes)
        now = house.clock.now
        staff_edit(house.dbs, submission.id, content, base.id, self.means, actor=self.actor, now=now)
        house.dbs.commit()

    def off(self, status: SessionStatus) -> None:
        """Call the event off, or revive it."""
        house, submission = self.house, self.submission()
        reason = {} if status is SessionStatus.SCHEDULED else {"en": "The hall is flooded."}
        now = house.clock.now
        call_off(house.dbs, submission.id, status, reason, self.means, actor=self.actor, now=now)
        house.dbs.commit()

    def alarms(self) -> list[str]:
        rows = self.house.dbs.scalars(select(Alarm).where(Alarm.cleared_at.is_(None)))
        return [row.message for row in rows if row.key.startswith("made-room:")]

"""Looking at pasted links: when, at which, what is written down, and who hears of a link that is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.bindings import LINK, bind
from tests.cast import make_cast
from tests.conftest import Clock
from tests.services.test_reminder_planning import DAY, ENDS, HOUR, LONG_AGO, MINUTE, STARTS, publish
from wmd.db import db
from wmd.domain.zoom.pages import Looked, Says
from wmd.jobs import run_job
from wmd.jobs.link_watch import watch_links
from wmd.jobs.tools import tools_of
from wmd.models import AuditEntry, Event, EventSession, Message, ProblemReport, SiteState, Submission, WebinarBinding
from wmd.services.link_watch import LEASE, claim_looks, due_looks, record_look
from wmd.services.problems import SEEN_GONE
from wmd.services.publishing import Setting
from wmd.services.source import DatabaseSource

NOW = STARTS - 10 * DAY
OPEN, GONE = Looked(200, LINK, "<h1>Care in the city</h1><input type='email'>"), Looked(404, LINK)
FULL, BLOCKED = Looked(200, LINK, "<p>Registration is full</p>"), Looked(403, LINK)


@dataclass
class Eye:
    """Looks at nothing and says what it was told to; remembers at what it was to look."""

    sees: Looked = OPEN
    links: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> Looked:
        self.links.append(url)
        return self.sees


@pytest.fixture
def eye() -> Eye:
    """What looks."""
    return Eye()


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event of organisation A, for which ana and cleo answer; its link was published a good while ago."""
    cast = make_cast(dbs, LONG_AGO)
    found = publish(dbs, setting)
    dbs.execute(update(Submission).values(organisation_id=cast.a, person_id=cast.ana))
    dbs.commit()
    return found


@pytest.fixture
def run(app: Flask, dbs: Session, clock: Clock, eye: Eye) -> Callable[..., int]:
    """Run the job at an instant, with what the eye sees then; return how many links were looked at."""

    def at(now: datetime, sees: Looked | None = None) -> int:
        clock.now, eye.sees = now, sees or eye.sees
        done = watch_links(replace(tools_of(app, dbs), look_at_link=eye))
        dbs.expire_all()
        return done

    return at


def binding(dbs: Session) -> WebinarBinding:
    return dbs.scalars(select(WebinarBinding).where(WebinarBinding.ended_at.is_(None))).one()


def trail(dbs: Session) -> list[tuple[str, str]]:
    rows = select(AuditEntry.before, AuditEntry.after).where(
        AuditEntry.actor == "job:link-watch", AuditEntry.action == "move"
    )
    return list(dbs.execute(rows.order_by(AuditEntry.id)).tuples())


def mails(dbs: Session) -> list[tuple[str, str | None]]:
    rows = select(Message.kind, Message.person_id).where(Message.kind.in_(("problem-reported", "late-problem")))
    return sorted(dbs.execute(rows).tuples())


def republish(dbs: Session, setting: Setting, at: datetime, **registration: str) -> None:
    """Publish the event again with another way in."""
    event = documents.event(registration={"state": "open", **registration})
    document = documents.document(event)
    document["edition"] |= {"window_from": "2021-01-01", "window_to": "2021-12-31"}
    documents.apply(dbs, setting, document, now=at)
    dbs.expire_all()


def test_new_link_is_looked_at_at_once_and_then_daily(
    dbs: Session, event: Event, run: Callable[..., int], eye: Eye
) -> None:
    assert run(NOW) == 1
    row = binding(dbs)
    assert eye.links == [event.registration_url]
    assert (row.state, row.registration, row.seen_at, row.last_ok_at) == ("ok", "open", NOW, NOW)
    assert (row.claim_token, row.lease_until) == (None, None)
    assert run(NOW + 22 * HOUR) == 0
    assert run(NOW + DAY) == 1


def test_link_is_looked_at_three_days_a_day_and_two_hours_before(event: Event, run: Callable[..., int]) -> None:
    run(STARTS - 74 * HOUR)
    looks = []
    now = STARTS - 73 * HOUR
    while now < ENDS:
        looks += [STARTS - now] if run(now) else []
        now += HOUR
    assert {72 * HOUR, 24 * HOUR, 2 * HOUR} <= set(looks)
    assert len(looks) <= 6


def test_session_that_was_moved_to_be_soon_is_looked_at_two_hours_before(
    dbs: Session, event: Event, run: Callable[..., int]
) -> None:
    run(NOW)
    # As if nothing had made the link due: what is soon is asked of the sessions.
    dbs.execute(update(EventSession).values(starts_at=NOW + 4 * HOUR, ends_at=NOW + 5 * HOUR))
    dbs.commit()
    assert [run(NOW + hours * HOUR) for hours in (1, 2, 3)] == [0, 1, 0]


def test_changed_link_is_looked_at_at_once(
    dbs: Session, event: Event, setting: Setting, run: Callable[..., int], eye: Eye
) -> None:
    run(NOW)
    other = "https://b-example.zoom.us/webinar/register/WN_5OXPd6JeSo-vnV4p3C7nRg"
    republish(dbs, setting, NOW + HOUR, url=other)
    assert run(NOW + HOUR) == 1
    assert eye.links[1:] == [other]


@pytest.mark.parametrize("url", ["https://video.example.org/register/x", "https://events.teams.microsoft.com/event/x"])
def test_links_of_other_platforms_are_left_alone(
    dbs: Session, event: Event, setting: Setting, run: Callable[..., int], eye: Eye, url: str
) -> None:
    republish(dbs, setting, NOW, url=url)
    run(NOW)
    assert (eye.links, binding(dbs).state, binding(dbs).seen_at) == ([], "checking", None)
    assert list(dbs.scalars(due_looks(NOW + DAY))) == []


def test_looks_end_with_the_event(dbs: Session, event: Event, run: Callable[..., int], eye: Eye) -> None:
    run(ENDS)
    assert (binding(dbs).state, binding(dbs).next_try_at) == ("ended", None)
    assert run(ENDS + DAY) == 0


def test_link_that_is_gone_is_told_to_organiser_and_staff_once(
    dbs: Session, event: Event, run: Callable[..., int]
) -> None:
    run(NOW)
    run(NOW + DAY, GONE)
    assert (binding(dbs).state, mails(dbs)) == ("missing", [])
    assert run(NOW + DAY + 29 * MINUTE) == 0
    run(NOW + DAY + 30 * MINUTE)
    told = [("problem-reported", "ana"), ("problem-reported", "cleo")]
    assert (binding(dbs).state, mails(dbs)) == ("gone", told)
    for hours in range(2, 60, 6):
        run(NOW + DAY + hours * HOUR)
    assert mails(dbs) == told
    report = dbs.scalars(select(ProblemReport)).one()
    assert (report.what, report.words, report.state) == ("link", SEEN_GONE, "open")
    assert trail(dbs) == [("checking", "ok"), ("ok", "missing"), ("missing", "gone")]


def test_staff_hear_at_once_of_a_link_that_goes_shortly_before(
    dbs: Session, event: Event, run: Callable[..., int]
) -> None:
    run(STARTS - 2 * DAY, GONE)
    run(STARTS - 2 * DAY + 30 * MINUTE)
    assert [each for each in mails(dbs) if each[0] == "late-problem"] == [
        ("late-problem", "adam"), ("late-problem", "mona"), ("late-problem", "rita"),
    ]  # fmt: skip


def test_link_that_comes_back_closes_what_was_reported(dbs: Session, event: Event, run: Callable[..., int]) -> None:
    run(NOW, GONE)
    run(NOW + 30 * MINUTE)
    run(NOW + 7 * HOUR, OPEN)
    assert (binding(dbs).state, binding(dbs).told_hash) == ("ok", "")
    assert dbs.scalars(select(ProblemReport.state)).all() == ["solved"]
    assert trail(dbs)[-1] == ("gone", "ok")


def test_page_that_turns_robots_away_is_never_called_broken(
    dbs: Session, event: Event, run: Callable[..., int]
) -> None:
    run(NOW)
    for days in range(1, 9):
        run(NOW + days * DAY, BLOCKED)
    assert (binding(dbs).state, binding(dbs).seen_at, mails(dbs)) == ("ok", NOW, [])


def version(dbs: Session) -> int:
    dbs.expire_all()
    return dbs.scalars(select(SiteState.status_version)).one()


def test_status_rises_only_with_what_pages_say(dbs: Session, event: Event, run: Callable[..., int]) -> None:
    rises = []
    at = NOW
    for later, sees in (
        (timedelta(0), OPEN), (10 * MINUTE, OPEN), (HOUR, OPEN), (MINUTE, FULL), (MINUTE, BLOCKED), (MINUTE, GONE),
        (30 * MINUTE, GONE), (6 * HOUR, GONE), (6 * HOUR, OPEN),
    ):  # fmt: skip
        at += later
        dbs.execute(update(WebinarBinding).values(next_try_at=at))
        dbs.commit()
        before = version(dbs)
        run(at, sees)
        rises.append(version(dbs) - before)
    assert rises == [1, 0, 1, 1, 0, 1, 1, 0, 1]


def test_new_link_takes_the_word_of_a_gone_one_away(
    dbs: Session, event: Event, setting: Setting, run: Callable[..., int]
) -> None:
    run(NOW, GONE)
    run(NOW + 30 * MINUTE)
    source = DatabaseSource(db.engine, shows_looks=True)
    before = source.status()
    republish(dbs, setting, NOW + HOUR, url="https://b-example.zoom.us/webinar/register/WN_5OXPd6JeSo-vnV4p3C7nRg")
    after = source.status()
    assert (before.of(event.code).is_renewing, after.of(event.code).is_renewing) == (True, False)
    assert after.version > before.version


def test_link_is_ours_alone_until_its_lease_is_over(dbs: Session, event: Event) -> None:
    first = claim_looks(dbs, now=NOW, limit=5)
    dbs.commit()
    assert (len(first), claim_looks(dbs, now=NOW + MINUTE, limit=5)) == (1, [])
    late = NOW + LEASE + MINUTE
    second = claim_looks(dbs, now=late, limit=5)
    dbs.commit()
    assert not record_look(dbs, first[0], Says.NOT_FOUND, box=documents.BOX, now=late)
    assert record_look(dbs, second[0], Says.WORKS, box=documents.BOX, now=late)
    dbs.commit()
    assert binding(dbs).state == "ok"


def test_look_that_ended_after_its_link_was_changed_says_nothing(dbs: Session, event: Event, setting: Setting) -> None:
    (claim,) = claim_looks(dbs, now=NOW, limit=5)
    dbs.commit()
    republish(dbs, setting, NOW, url="https://b-example.zoom.us/webinar/register/WN_5OXPd6JeSo-vnV4p3C7nRg")
    assert not record_look(dbs, claim, Says.NOT_FOUND, box=documents.BOX, now=NOW)
    assert binding(dbs).state == "checking"


def test_one_that_cannot_be_written_down_holds_up_no_other(
    app: Flask, dbs: Session, setting: Setting, clock: Clock, event: Event
) -> None:
    documents.apply(dbs, setting, documents.document(documents.event(), documents.event("two")), now=LONG_AGO)
    broken = dbs.scalars(select(WebinarBinding.id).where(WebinarBinding.event_id == event.id)).one()
    dbs.execute(update(WebinarBinding).where(WebinarBinding.id == broken).values(drift=7))
    dbs.commit()
    clock.now = NOW
    with pytest.raises(TypeError):
        watch_links(replace(tools_of(app, dbs), look_at_link=Eye()))
    dbs.expire_all()
    assert sorted(dbs.scalars(select(WebinarBinding.state))) == ["checking", "ok"]
    assert dbs.get_one(WebinarBinding, broken).next_try_at == NOW + HOUR


def test_without_the_setting_nothing_is_looked_at(app: Flask, dbs: Session, event: Event, clock: Clock) -> None:
    clock.now = NOW
    assert tools_of(app, dbs).look_at_link is None
    assert run_job(app, "link-watch") == 0
    assert (binding(dbs).state, binding(dbs).last_try_at) == ("checking", None)


def test_rooms_that_are_read_are_not_looked_at(dbs: Session, event: Event) -> None:
    bind(dbs, event, NOW, state="draft", next_try_at=NOW, is_primary=False)
    dbs.commit()
    assert list(dbs.scalars(due_looks(NOW))) == []


def test_no_link_and_nothing_of_a_page_is_logged_or_noted(
    dbs: Session, event: Event, run: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        run(NOW, Looked(200, LINK, "<p>Registration is full: only for Ada</p>"))
        run(NOW + DAY, GONE)
        run(NOW + DAY + 30 * MINUTE)
    assert "zoom" not in caplog.text
    details = dbs.scalars(select(AuditEntry.detail).where(AuditEntry.actor == "job:link-watch")).all()
    assert [each for each in details if each] == [
        {"registration": ["unknown", "full"]}, {"registration": ["full", "unknown"]},
    ]  # fmt: skip

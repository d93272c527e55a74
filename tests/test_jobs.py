"""Jobs: work is rows, so that running twice, late or after a kill changes nothing except the time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.attendees import attend, follow, register
from tests.bindings import bind
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT, Clock, make_config
from tests.models.dumps import differences, dump
from tests.returned import Returned, report
from tests.services.test_private_links import LINK
from tests.submissions import MONA, make_edition, propose, seen
from wmd.db import make_engine, reading
from wmd.domain.codes import SeededMint
from wmd.domain.mail_handover import MailLine
from wmd.domain.zoom.answers import Instance, Page, Participant
from wmd.domain.zoom.faults import Gone
from wmd.domain.zoom.pages import Looked
from wmd.jobs import BATCH, JOBS, delete_private_links, run_job
from wmd.models import (
    Alarm,
    BindingSession,
    Draft,
    Event,
    EventSession,
    Follow,
    JobRun,
    JobTick,
    MailToken,
    Person,
    PrivateLink,
    RegistrantLetter,
    Registration,
    Submission,
    WebinarBinding,
    ZoomAccount,
    ZoomRegistrant,
    ZoomWebhook,
)
from wmd.secretbox import SecretBox
from wmd.services.alarms import SERVING, raise_alarm
from wmd.services.calendar_entries import english_setting
from wmd.services.outbox import put_message
from wmd.services.publishing import Setting
from wmd.services.rate_limits import Limit, hit
from wmd.services.standing import Means
from wmd.services.states import audit
from wmd.services.verdicts import approve
from wmd.services.visits import VisitSpool, line_of

ROOT = Path(__file__).resolve().parents[1]
OVER = LEAD_STARTED_AT + timedelta(days=30)


def add_links(dbs: Session, count: int, ends_at: datetime = LEAD_STARTED_AT) -> None:
    """Store some private links whose events end at an instant."""
    sealed = documents.BOX.seal(LINK, purpose="private-link")
    dbs.add_all(
        PrivateLink(id=f"{ends_at:%d}-{number:03d}", sealed=sealed, ends_at=ends_at, created_at=LEAD_STARTED_AT)
        for number in range(count)
    )
    dbs.commit()


def kept(database_url: str) -> list[str]:
    """Return the ids of the links that are not deleted, as another process sees them."""
    engine = make_engine(database_url)
    with reading(engine) as connection:
        found = list(connection.scalars(select(PrivateLink.id).where(PrivateLink.sealed != "")))
    engine.dispose()
    return sorted(found)


def add_alarms(dbs: Session, count: int) -> None:
    """Note some alarms of answering, which nobody notes again."""
    for number in range(count):
        raise_alarm(dbs, f"{SERVING}{number}", "A page is old.", now=LEAD_STARTED_AT)
    dbs.commit()


def add_entries(dbs: Session, count: int) -> None:
    """Write some audit entries."""
    for number in range(count):
        audit(dbs, actor="command", action="try", kind="edition", subject_id=str(number), now=LEAD_STARTED_AT)
    dbs.commit()


def add_mails(dbs: Session, count: int) -> None:
    """Put some mails into the outbox, due when the jobs run."""
    box = SecretBox.derived(make_config("", Path()).secret_key)
    for number in range(count):
        put_message(
            dbs, kind="test", dedupe_key=str(number), cause="command", to=f"a{number}@example.org",
            not_before=OVER, now=LEAD_STARTED_AT, box=box,
        )  # fmt: skip
    dbs.commit()


def add_counts(dbs: Session, count: int) -> None:
    """Count something for some limits."""
    limit = Limit("try", 1, timedelta(minutes=1))
    for number in range(count):
        hit(dbs, limit, str(number), secret="key", now=LEAD_STARTED_AT)
    dbs.commit()


def add_worn_links(dbs: Session, count: int) -> None:
    """Store links that were mailed and work no more for some time."""
    at = LEAD_STARTED_AT - timedelta(days=1)
    dbs.add_all(
        MailToken(id=str(number), digest=str(number), purpose="invite", created_at=at, expires_at=at)
        for number in range(count)
    )
    dbs.commit()


def the_cast(dbs: Session) -> Cast:
    """Return the cast, made if it is not there."""
    return Cast() if dbs.get(Person, "ana") else make_cast(dbs, LEAD_STARTED_AT)


def add_dates(dbs: Session, count: int) -> None:
    """Approve events that are to be published later."""
    cast, box = the_cast(dbs), SecretBox.derived(make_config("", Path()).secret_key)
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    for number in range(count):
        row = propose(dbs, cast, LEAD_STARTED_AT, host_city=f"City {number}")
        approve(
            dbs, seen(dbs, row), Means(setting, box), actor=MONA, now=LEAD_STARTED_AT,
            publish_on=LEAD_STARTED_AT + timedelta(days=1),
        )  # fmt: skip
    dbs.commit()


def add_open_alarms(dbs: Session, count: int) -> None:
    """Raise alarms that an administrator should read of."""
    the_cast(dbs)
    for number in range(count):
        raise_alarm(dbs, f"try:{number}", "Something is wrong.", now=LEAD_STARTED_AT)
    dbs.commit()


def add_waiting(dbs: Session, count: int) -> None:
    """Let something wait for the staff, three members in whose zone it is morning when the jobs run."""
    cast = the_cast(dbs)
    mornings = ("rita", "mona", "adam")[:count]
    dbs.execute(update(Person).where(Person.id.in_(mornings)).values(zone="America/Chicago"))
    propose(dbs, cast, LEAD_STARTED_AT)
    dbs.commit()


def add_drafts(dbs: Session, count: int) -> None:
    """Begin drafts that nobody goes on with."""
    cast, edition = the_cast(dbs), make_edition(dbs, LEAD_STARTED_AT)
    # Of an edition whose days are over nobody is reminded.
    edition.is_permanent = True
    dbs.add_all(
        Draft(
            id=str(number), edition_id=edition.id, person_id=cast.ana, form_token=str(number), sealed="x",
            created_at=LEAD_STARTED_AT, updated_at=LEAD_STARTED_AT,
        )
        for number in range(count)
    )  # fmt: skip
    dbs.commit()


def add_returned(dbs: Session, count: int) -> None:
    """Send mails that come back into a mailbox."""
    box = SecretBox.derived(make_config("", Path()).secret_key)
    reports = []
    for number in range(count):
        row = put_message(
            dbs, kind="test", dedupe_key=f"back:{number}", cause="command", to="a@example.org", now=OVER, box=box
        )
        assert row is not None
        row.state, row.sent_at, row.sealed = "sent", OVER, ""
        reports.append(report(row.message_id))
    dbs.commit()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailbox=Returned(reports))


def add_runs(dbs: Session, count: int) -> None:
    """Remember runs of long ago."""
    at = LEAD_STARTED_AT - timedelta(days=30)
    dbs.add_all(JobRun(name="try", scheduler="a", started_at=at, duration_ms=1, rows=1) for _ in range(count))
    dbs.commit()


def add_visits(_dbs: Session, count: int) -> None:
    """Write of some visits, into a file that is finished when the jobs run."""
    spool = VisitSpool(current_app.extensions["wmd.visit_spool"].folder, lambda: LEAD_STARTED_AT)
    spool.write("".join(f"{line_of('ABC234', 'page', LEAD_STARTED_AT)}\n" for _ in range(count)))


def add_changes(dbs: Session, count: int) -> None:
    """Call off sessions that were published before; nobody follows them, and the notices are done all the same."""
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    for status in ("scheduled", "cancelled"):
        session = documents.session(status=status)
        events = [documents.event(f"e{number}", sessions=[session]) for number in range(count)]
        documents.apply(dbs, setting, documents.document(*events), LEAD_STARTED_AT)


def add_followers_of_filters(dbs: Session, count: int) -> None:
    """Let some follow all that is new, in whose zone it is morning when the jobs run; and publish something new."""
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    later = documents.session(starts="2021-11-20T15:00", ends="2021-11-20T16:00", time_text="")
    events = [documents.event("old"), documents.event("new", sessions=[later])]
    documents.apply(dbs, setting, documents.document(events[0]), LEAD_STARTED_AT)
    edition = make_edition(dbs, LEAD_STARTED_AT)
    for number in range(count):
        person = attend(dbs, f"a{number}", LEAD_STARTED_AT, zone="America/Chicago")
        row = Follow(
            id=person, person_id=person, edition_id=edition.id, cadence="daily", created_at=LEAD_STARTED_AT,
            confirmed_at=LEAD_STARTED_AT, told_change_id=1,
        )  # fmt: skip
        dbs.add(row)
    dbs.commit()
    documents.apply(dbs, setting, documents.document(*events), LEAD_STARTED_AT)


def add_followers(dbs: Session, count: int) -> None:
    """Let people follow an event that begins twelve hours later, of which they want to hear once."""
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    session = documents.session(starts="2021-11-07T01:30", ends="2021-11-07T02:30", time_text="")
    document = documents.document(documents.event(sessions=[session]))
    document["edition"] |= {"window_to": "2021-11-30"}
    documents.apply(dbs, setting, document, LEAD_STARTED_AT)
    for number in range(count):
        attend(dbs, f"p{number}", LEAD_STARTED_AT, reminders=["start-12h"])
        follow(dbs, f"p{number}", dbs.scalars(select(Event)).one(), LEAD_STARTED_AT)
    dbs.commit()


def add_offers(dbs: Session, count: int) -> None:
    """Let offers of places lie until they are over, each of an event of its own."""
    for number in range(count):
        row = Registration(
            id=f"offer-{number}", person_id=the_cast(dbs).ben, event_id=published(dbs, f"offer-{number}").id,
            state="offered", offered_until=LEAD_STARTED_AT, confirmed_at=LEAD_STARTED_AT, created_at=LEAD_STARTED_AT,
        )  # fmt: skip
        dbs.add(row)
    dbs.commit()


def add_letters(dbs: Session, count: int) -> None:
    """Let letters to those registered be approved."""
    event = published(dbs, "letters")
    dbs.add_all(
        RegistrantLetter(
            id=f"letter-{number}", event_id=event.id, author=the_cast(dbs).ana, subject="x", body="x",
            state="approved", created_at=LEAD_STARTED_AT, decided_at=LEAD_STARTED_AT,
        )
        for number in range(count)
    )  # fmt: skip
    dbs.commit()


def published(dbs: Session, key: str) -> Event:
    """Publish an event."""
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint(key))
    documents.apply(dbs, setting, documents.document(documents.event(key)))
    return dbs.scalars(select(Event).where(Event.key == key)).one()


def add_unbound(dbs: Session, count: int) -> None:
    """Publish events as they were before there were bindings."""
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    documents.apply(dbs, setting, documents.document(*[documents.event(f"e{number}") for number in range(count)]))
    dbs.execute(delete(BindingSession))
    dbs.execute(delete(WebinarBinding))
    dbs.commit()


def add_rooms_of_ours(dbs: Session, count: int) -> None:
    """Cancel events whose webinars we made."""
    add_unbound(dbs, count)
    now = LEAD_STARTED_AT
    dbs.add(ZoomAccount(id="own", kind="own", created_at=now))
    dbs.flush()
    for number, event in enumerate(dbs.scalars(select(Event))):
        bind(dbs, event, now, kind="managed", account_id="own", zoom_id=f"8412345678{number}", ended_at=now)
    dbs.commit()


def add_people_in_rooms(dbs: Session, count: int) -> None:
    """Let people give back their places in an event whose room they were never sent to."""
    add_unbound(dbs, 1)
    dbs.add(ZoomAccount(id="own", kind="own", created_at=LEAD_STARTED_AT))
    dbs.flush()
    event = dbs.scalars(select(Event)).one()
    room = bind(dbs, event, LEAD_STARTED_AT, kind="lookup", account_id="own", zoom_id="84123456789")
    for number in range(count):
        who = attend(dbs, f"p{number}", LEAD_STARTED_AT)
        place = register(dbs, who, event, LEAD_STARTED_AT, state="cancelled", ended_at=LEAD_STARTED_AT)
        dbs.add(
            ZoomRegistrant(
                id=who, binding_id=room.id, person_id=who, registration_id=place.id, address_key=who,
                not_before=LEAD_STARTED_AT, created_at=LEAD_STARTED_AT,
            )
        )  # fmt: skip
    dbs.commit()


class Counting:
    """Zoom as it counts, after the end: one person came."""

    def at_leisure(self) -> Counting:
        return self

    def instances(self, *_: object) -> list[Instance]:
        return [Instance("u1", OVER - timedelta(hours=26))]

    def past_participants(self, *_: object) -> Page[Participant]:
        return Page((Participant("p@attendees.example", None, None, 60),))

    def user(self, *_: object) -> object:
        raise Gone

    def registrants(self, *_: object) -> object:
        raise Gone

    def absentees(self, *_: object) -> object:
        raise Gone


def add_sessions_that_are_over(dbs: Session, count: int) -> None:
    """Let three events with rooms end a day and an hour before."""
    add_unbound(dbs, count)
    dbs.add(ZoomAccount(id="own", kind="own", created_at=LEAD_STARTED_AT))
    dbs.flush()
    starts = OVER - timedelta(hours=26)
    for number, event in enumerate(dbs.scalars(select(Event))):
        room = bind(dbs, event, LEAD_STARTED_AT, kind="lookup", account_id="own", zoom_id=f"8412345678{number}",
                    host_id="h")  # fmt: skip
        session = dbs.scalars(select(EventSession).where(EventSession.event_id == event.id)).one()
        session.starts_at, session.ends_at = starts, starts + timedelta(hours=1)
        dbs.add(BindingSession(binding_id=room.id, session_id=session.id))
    dbs.commit()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    app.extensions["wmd.zoom"] = lambda _account_id: Counting()


def add_questions(dbs: Session, count: int) -> None:
    """Let three contacts answer for an event that begins a day and a half later."""
    cast = the_cast(dbs)
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    session = documents.session(starts="2021-11-08T03:00", ends="2021-11-08T04:00", time_text="")
    document = documents.document(documents.event(sessions=[session]))
    document["edition"] |= {"window_to": "2021-11-30"}
    documents.apply(dbs, setting, document, LEAD_STARTED_AT)
    dbs.execute(update(Submission).values(organisation_id=cast.a, person_id=cast.stranger))
    assert count == 3
    dbs.commit()


def add_pasted_links(dbs: Session, count: int) -> None:
    """Publish events whose registration pages were never looked at."""
    setting = Setting(english_setting("http://wmd.example"), "wmd.example", SeededMint("jobs"))
    session = documents.session(starts="2021-11-20T15:00", ends="2021-11-20T16:00", time_text="")
    document = documents.document(*(documents.event(f"e{number}", sessions=[session]) for number in range(count)))
    document["edition"] |= {"window_to": "2021-11-30"}
    documents.apply(dbs, setting, document, LEAD_STARTED_AT)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    app.extensions["wmd.gateways"] = replace(
        app.extensions["wmd.gateways"], look_at_link=lambda url: Looked(200, url, "<input type='email'>")
    )


def add_lost_accounts(dbs: Session, count: int) -> None:
    """Have Zoom refuse the accounts that a partner has connected."""
    cast = the_cast(dbs)
    dbs.add_all(
        ZoomAccount(
            id=str(number), kind="partner", organisation_id=cast.a, state="lost", reason="grant", lost_at=OVER,
            created_at=LEAD_STARTED_AT,
        )
        for number in range(count)
    )  # fmt: skip
    dbs.commit()


def add_hooks(dbs: Session, count: int) -> None:
    """Store messages of Zoom's about rooms that nobody knows."""
    dbs.add_all(
        ZoomWebhook(
            dedupe_key=str(number), event="webinar.updated", object_id=str(84_000_000_000 + number),
            received_at=LEAD_STARTED_AT,
        )
        for number in range(count)
    )  # fmt: skip
    dbs.commit()


#: What makes three rows of work for each job.
DUE: dict[str, Callable[[Session, int], None]] = {
    "outbox": add_mails,
    "publish-dates": add_dates,
    "tell-changes": add_changes,
    "send-digests-of-new": add_followers_of_filters,
    "due-reminders": add_followers,
    "link-checks": add_questions,
    "link-watch": add_pasted_links,
    "alarm-mails": add_open_alarms,
    "waiting-lists": add_offers,
    "registrant-letters": add_letters,
    "staff-digest": add_waiting,
    "reminders-to-organisers": add_drafts,
    "delete-private-links": add_links,
    "close-quiet-alarms": add_alarms,
    "seal-audit": add_entries,
    "retention": add_worn_links,
    "bounces": add_returned,
    "zoom-sync": add_unbound,
    "zoom-webhooks": add_hooks,
    "zoom-partners": add_lost_accounts,
    "zoom-push": add_rooms_of_ours,
    "zoom-attendance": add_sessions_that_are_over,
    "zoom-registrants": add_people_in_rooms,
    "count-visits": add_visits,
    "forget-rate-counts": add_counts,
    "forget-runs": add_runs,
}


def test_every_job_is_tried_here() -> None:
    assert sorted(DUE) == sorted(JOBS)


@pytest.mark.parametrize("name", sorted(DUE))
def test_job_run_twice_changes_nothing_the_second_time(
    app: Flask, dbs: Session, clock: Clock, database_url: str, name: str
) -> None:
    DUE[name](dbs, 3)
    clock.now = OVER

    assert run_job(app, name) == 3
    after = dump(database_url)
    clock.now += timedelta(hours=1)

    assert run_job(app, name) == 0
    # But for the note that it ran.
    assert differences(after, dump(database_url)) == {"job_ticks": (1, 1)}


def test_private_links_are_deleted_seven_days_after(app: Flask, dbs: Session, clock: Clock, database_url: str) -> None:
    add_links(dbs, 1, LEAD_STARTED_AT)
    add_links(dbs, 1, LEAD_STARTED_AT + timedelta(days=1))
    clock.now = LEAD_STARTED_AT + timedelta(days=7)
    assert (run_job(app, "delete-private-links"), kept(database_url)) == (0, ["07-000", "08-000"])

    clock.now += timedelta(seconds=1)
    assert (run_job(app, "delete-private-links"), kept(database_url)) == (1, ["08-000"])


def test_job_does_a_batch_and_the_next_run_goes_on(dbs: Session) -> None:
    add_links(dbs, BATCH + 1)

    assert [delete_private_links(dbs, OVER) for _ in range(3)] == [BATCH, 1, 0]


def test_job_that_breaks_keeps_what_it_did_and_finishes_later(
    app: Flask, dbs: Session, clock: Clock, database_url: str
) -> None:
    add_links(dbs, 3)
    clock.now = OVER

    with pytest.raises(KeyboardInterrupt):
        delete_private_links(_Killed(dbs), OVER)  # type: ignore[arg-type]
    dbs.rollback()
    assert len(kept(database_url)) == 2

    assert (run_job(app, "delete-private-links"), kept(database_url)) == (2, [])


class _Killed:
    """A database session that is gone with the process at its second commit."""

    def __init__(self, dbs: Session) -> None:
        self._dbs, self._commits = dbs, 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the session has
        return getattr(self._dbs, name)

    def commit(self) -> None:
        self._commits += 1
        if self._commits == 2:
            raise KeyboardInterrupt
        self._dbs.commit()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_job_that_fails_is_logged_and_raised(app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "test.sqlite3").unlink()

    with pytest.raises(Exception, match="no such table"):
        run_job(app, "delete-private-links")

    assert [(record.msg, record.levelname) for record in caplog.records] == [("job_failed", "ERROR")]


def test_job_that_fails_is_an_alarm_until_it_runs_well(app: Flask, dbs: Session, clock: Clock) -> None:
    add_mails(dbs, 1)
    clock.now = OVER
    mailer = app.extensions["wmd.gateways"].mailer
    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailer=_NoWay())
    with pytest.raises(OSError, match="no way out"):
        run_job(app, "outbox")
    dbs.rollback()
    assert dbs.execute(select(Alarm.key, Alarm.cleared_at)).all() == [("job:outbox", None)]
    assert dbs.execute(select(JobRun.name, JobRun.scheduler, JobRun.rows, JobRun.error)).all() == [
        ("outbox", "command", 0, "OSError")
    ]
    assert dbs.scalars(select(JobTick.name)).all() == []

    app.extensions["wmd.gateways"] = replace(app.extensions["wmd.gateways"], mailer=mailer)
    dbs.commit()
    run_job(app, "outbox")
    dbs.rollback()
    assert dbs.execute(select(Alarm.key, Alarm.cleared_at)).all() == [("job:outbox", OVER)]
    assert dbs.execute(select(JobTick.name, JobTick.good_at)).all() == [("outbox", OVER)]


class _NoWay:
    """A way out that is broken in a way nobody thought of."""

    def line(self) -> AbstractContextManager[MailLine]:
        msg = "no way out"
        raise OSError(msg)

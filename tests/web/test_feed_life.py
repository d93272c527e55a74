"""What becomes of an entry in the feeds that hold it: moved, cancelled, postponed, hidden, merged, and long over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from queue import Queue

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT, Clock, Databases, make_test_app
from tests.domain.ical import cast
from tests.factories import make_edition, make_event, make_programme
from tests.web.machine import Machine, entries, machine_on, titles
from tests.web.public.conftest import InMemory
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.ical import feed as feed_of
from wmd.domain.ical import strict
from wmd.domain.programme import EventView
from wmd.models import CalendarEntry, Edition, EditionTopic, Event, EventSession, Organisation
from wmd.services.hiding import hide, merge, show
from wmd.services.library import Library
from wmd.services.publishing import Setting
from wmd.web.alarm_desk import AlarmDesk

FEED = "/2021/calendar.ics"
LATER = LEAD_STARTED_AT + timedelta(hours=1)
EUROPE, AFRICA = "/2021/feeds/region-europe.ics", "/2021/feeds/region-africa.ics"


@pytest.fixture
def demo(databases: Databases, tmp_path: Path) -> Iterator[Machine]:
    """The demonstration, for tests that change it."""
    with machine_on(databases.copy("sqlite", tmp_path, demo=True), tmp_path) as found:
        yield found


@pytest.fixture
def house(databases: Databases, tmp_path: Path) -> Iterator[Machine]:
    """Two events of one series in an otherwise empty service: "one" in Europe, "two" in Africa."""
    with machine_on(databases.copy("sqlite", tmp_path), tmp_path) as found:
        publish(found, two_events())
        yield found


def two_events() -> dict[str, object]:
    return documents.document(
        documents.event("one", series="talks"),
        documents.event("two", series="talks", region="africa", texts={"en": {"title": "Shade for the street"}}),
        series=[{"slug": "talks", "name": "Talks", "description": "A run of talks."}],
    )


def settings_of(machine: Machine) -> Setting:
    return publishing_setting(machine.app)


def publish(machine: Machine, document: dict[str, object], now: datetime = LEAD_STARTED_AT) -> None:
    """Import a document as staff would, and let the pages see it."""
    with machine.app.app_context():
        dbs = db.session()
        documents.apply(dbs, settings_of(machine), document, now)
        db.session.remove()
    machine.library.refresh()


def event_of(dbs: Session, key: str) -> Event:
    return dbs.scalars(select(Event).where(Event.key == key)).one()


def codes(machine: Machine) -> dict[str, tuple[str, str]]:
    """Return the codes of each event and of its first session, by key, hidden or not."""
    programme = machine.programme()
    events = [*programme.events.values(), *programme.hidden.values()]
    return {event.key: (event.code, event.sessions[0].code) for event in events}


# Over, cancelled, postponed.


def test_cancelled_session_stays_until_thirty_days_after_its_old_end(demo: Machine) -> None:
    # It would have been held on 7 October in San Salvador.
    uid = demo.programme().events["TBFZ3J"].sessions[0].uid
    seen = {}
    for day in (date(2021, 10, 7), date(2021, 11, 6), date(2021, 11, 7)):
        demo.clock.now = datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)
        paths = (FEED, "/2021/feeds/language-es.ics", f"{FEED}?country=SV")
        seen[day.isoformat()] = [uid in entries(demo.feed(path)) for path in paths]

    assert seen == {"2021-10-07": [True] * 3, "2021-11-06": [True] * 3, "2021-11-07": [False] * 3}
    assert strict.check_calendar(demo.feed(f"{FEED}?country=SV")) == []
    assert list(entries(demo.feed("/e/TBFZ3J.ics"))) == [uid]


def test_cancelled_and_postponed_entries_say_so(demo: Machine) -> None:
    found = entries(demo.feed(FEED))
    events = demo.programme().events
    cancelled, postponed = events["TBFZ3J"], events["KA5GBS"]
    shown = [found[event.sessions[0].uid] for event in (cancelled, postponed)]

    assert [entry.raw("STATUS") for entry in shown] == ["CANCELLED", "CANCELLED"]
    assert [entry.text("SUMMARY") for entry in shown] == [
        f"Cancelled: {cancelled.text('en').title}",
        f"Postponed: {postponed.text('en').title}",
    ]
    said = shown[1].text("DESCRIPTION").partition("\n")[0]
    assert said == "This session has been postponed; its new time is not known yet."
    assert {entry.raw("STATUS") for uid, entry in found.items()} == {"CONFIRMED", "CANCELLED"}


def test_moved_session_keeps_its_uid_and_is_newer(house: Machine) -> None:
    before = entries(house.feed(FEED))
    etag = house.get(FEED).headers["ETag"]
    moved = two_events()
    slot = moved["events"][0]["sessions"][0]  # type: ignore[index]
    slot |= {"starts": "2021-10-08T10:00", "ends": "2021-10-08T11:00", "time_text": "8 October, 10:00"}
    publish(house, moved, LATER)
    answer = house.get(FEED, If_None_Match=etag)
    after = entries(answer.get_data())

    assert answer.status_code == 200
    assert answer.headers["Last-Modified"] == LATER.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert set(after) == set(before)
    changed = {
        entry.text("SUMMARY"): [entry.raw(name) for name in ("SEQUENCE", "LAST-MODIFIED", "DTSTART")]
        for uid, entry in after.items()
    }
    assert changed == {
        "Care in the city": ["1", "20211007T140100Z", "20211008T100000"],
        "Shade for the street": ["0", "20211007T130100Z", "20211007T150000"],
    }


def test_event_that_leaves_a_selection_makes_its_feed_newer(house: Machine) -> None:
    first = house.get(EUROPE)
    assert titles(first.get_data()) == ["Care in the city"]
    moved = two_events()
    moved["events"][0]["region"] = "north-america"  # type: ignore[index]
    publish(house, moved, LATER)
    second = house.get(EUROPE, If_Modified_Since=first.headers["Last-Modified"])

    assert (second.status_code, titles(second.get_data())) == (200, [])
    assert second.headers["Last-Modified"] == LATER.strftime("%a, %d %b %Y %H:%M:%S GMT")


# Hidden and merged.


def test_hidden_event_is_told_to_every_feed_that_held_it(house: Machine) -> None:
    known = codes(house)
    feeds = [FEED, EUROPE, "/feeds/series-talks.ics", f"{FEED}?day=2021-10-07", f"/e/{known['one'][0]}.ics"]
    before = {path: set(entries(house.feed(path))) for path in feeds}
    with house.app.app_context():
        hide(db.session(), event_of(db.session(), "one"), settings_of(house), actor="staff", now=LATER)
        db.session.commit()
        uid = db.session.scalars(select(EventSession.uid).where(EventSession.code == known["one"][1])).one()
    house.library.refresh()

    for path in feeds:
        data = house.feed(path)
        found = entries(data)
        assert set(found) == before[path], path
        assert strict.check_calendar(data, feed="/e/" not in path) == []
        assert (found[uid].raw("STATUS"), found[uid].text("SUMMARY")) == ("CANCELLED", "No longer listed")
        said = " ".join(line.value for line in found[uid].properties)
        assert [word for word in ("Care in", "zoom", "Organisation", "words", "Barcelona") if word in said] == [], path
    assert uid not in entries(house.feed(AFRICA))
    assert uid not in entries(house.feed(f"{FEED}?day=2021-10-08"))


def test_hidden_event_is_gone_from_pages_and_never_unknown(house: Machine) -> None:
    event, session = codes(house)["one"]
    page = house.get(f"/e/{event}").headers["Location"]
    with house.app.app_context():
        hide(db.session(), event_of(db.session(), "one"), settings_of(house), actor="staff", now=LATER)
        db.session.commit()
    house.library.refresh()

    addresses = [page, f"/e/{event}", f"/e/{session}", f"/e/{event.lower()}", f"/go/{event}", f"/go/{session}"]
    assert {house.get(address).status_code for address in addresses} == {410}
    shown = "".join(house.get(address).get_data(as_text=True) for address in addresses)
    assert [word for word in ("Care in the city", "Some <strong>words", "zoom.us") if word in shown] == []
    answer = house.get(f"/e/{event}.ics")
    assert (answer.status_code, answer.headers["Content-Disposition"]) == (
        200, f'attachment; filename="event-{event}.ics"'
    )  # fmt: skip


def test_event_shown_again_is_whole_again(house: Machine) -> None:
    with house.app.app_context():
        hide(db.session(), event_of(db.session(), "one"), settings_of(house), actor="staff", now=LATER)
        db.session.commit()
        show(db.session(), event_of(db.session(), "one"), settings_of(house), actor="staff", now=LATER)
        db.session.commit()
    house.library.refresh()

    found = {entry.text("SUMMARY"): entry.raw("SEQUENCE") for entry in entries(house.feed(FEED)).values()}
    assert found == {"Care in the city": "2", "Shade for the street": "0"}


def test_merged_event_leads_to_the_one_that_took_its_place(house: Machine) -> None:
    event, session = codes(house)["one"]
    other, _ = codes(house)["two"]
    page = house.get(f"/e/{event}").headers["Location"]
    held = house.get(f"/e/{event}.ics")
    with house.app.app_context():
        dbs = db.session()
        merge(dbs, event_of(dbs, "one"), event_of(dbs, "two"), settings_of(house), actor="staff", now=LATER)
        dbs.commit()
    house.library.refresh()

    target = house.programme().events[other]
    assert house.get(page).headers["Location"] == f"/2021/events/{other}-{target.slug}"
    assert [house.get(f"/e/{code}").headers["Location"] for code in (event, session)] == [
        f"/2021/events/{other}-{target.slug}"
    ] * 2
    assert house.get(f"/go/{event}").headers["Location"] == target.registration.url
    again = house.get(f"/e/{event}.ics", If_Modified_Since=held.headers["Last-Modified"])
    assert (again.status_code, titles(again.get_data())) == (200, ["Shade for the street"])
    assert titles(house.feed(FEED)) == ["No longer listed", "Shade for the street"]
    assert titles(house.feed(EUROPE)) == ["No longer listed"]
    assert titles(house.feed(AFRICA)) == ["Shade for the street"]


# What was valid stays valid.


def test_retired_topic_and_organisation_keep_their_feeds(demo: Machine) -> None:
    organisation = demo.programme().events["YRBN6B"].organisers[0].code
    paths = [
        "/2021/feeds/topic-gender-equality.ics", "/2021/feeds/topic-digitalisation-and-innovation.ics",
        f"/2021/feeds/organisation-{organisation}.ics", f"{FEED}?topic=gender-equality&organisation={organisation}",
    ]  # fmt: skip
    before = {path: set(entries(demo.feed(path))) for path in paths}
    with demo.app.app_context():
        now = demo.clock.now
        db.session.execute(update(EditionTopic).values(retired_at=now))
        db.session.execute(update(Organisation).values(retired_at=now))
        db.session.execute(update(Edition).values(version=Edition.version + 1))
        db.session.commit()
    demo.library.refresh()

    assert {topic.retired for topic in demo.programme().topics} == {True}
    assert {path: set(entries(demo.feed(path))) for path in paths} == before
    assert [strict.check_calendar(demo.feed(path)) for path in paths] == [[]] * 4


def test_series_feed_spans_editions_and_takes_no_filter(demo: Machine) -> None:
    held = entries(demo.feed("/feeds/series-metrotalks.ics"))
    expected = {
        session.uid
        for slug in ("2021", "demo")
        for event in demo.programme(slug).events.values()
        for session in event.sessions
        if event.series == "metrotalks"
    }
    assert len(expected) == 4
    assert set(held) == expected
    for path in ("/feeds/series-metrotalks.ics", "/2021/feeds/region-europe.ics", "/e/YRBN6B.ics"):
        assert demo.feed(f"{path}?utm_source=x&fbclid=y") == demo.feed(path)
        fault = demo.get(f"{path}?topic=gender-equality")
        assert (fault.status_code, fault.get_data(as_text=True).splitlines()) == (
            400,
            [
                "This address was never valid: topic=gender-equality",
                "This address takes no filters; the calendar of an edition, calendar.ics, takes them all.",
            ],
        )


def test_series_without_events_is_an_empty_calendar(databases: Databases, tmp_path: Path) -> None:
    with machine_on(databases.copy("sqlite", tmp_path), tmp_path) as machine:
        publish(machine, documents.document(documents.event(), series=[{"slug": "quiet", "name": "Quiet talks"}]))
        data = machine.feed("/feeds/series-quiet.ics")
    assert (strict.check_calendar(data), strict.parse(data).text("NAME"), titles(data)) == ([], "Quiet talks", [])


# Too large.


def test_whole_edition_that_no_longer_fits_is_an_alarm_that_staff_see(house: Machine) -> None:
    with house.app.app_context():
        entry = db.session.scalars(select(CalendarEntry).limit(1)).one()
        tail, key = entry.tail, entry.session_id
        entry.tail = tail + b"X" * feed_of.LIMIT_BYTES
        db.session.commit()
        slot = db.session.get_one(EventSession, key).code
    # The event whose entry has grown is not published again: the other one is.
    other = {codes(house)["one"][1]: 1, codes(house)["two"][1]: 0}[slot]
    for title, expected in (("A", ["The whole calendar of 2021 is"]), ("B", [])):
        changed = two_events()
        changed["events"] = [changed["events"][other] | {"texts": {"en": {"title": title}}}]  # type: ignore[index]
        if title == "B":
            with house.app.app_context():
                db.session.execute(update(CalendarEntry).where(CalendarEntry.session_id == key).values(tail=tail))
                db.session.commit()
        publish(house, changed, LATER)
        alarms = house.get("/readyz").get_json()["alarms"]
        assert [alarm[:29] for alarm in alarms] == expected


def grown(event: EventView) -> EventView:
    """Return an event with an entry of 350 kB."""
    padding = b"".join(b"X-PADDING:%s\r\n" % (b"x" * 60) for _ in range(5_000))
    (session,) = event.sessions
    entry = session.entries["en"]
    return replace(event, sessions=(replace(session, entries={"en": entry._replace(tail=padding + entry.tail)}),))


def in_memory(folder: Path, *events: EventView, told: Callable[[str, str | None], object]) -> Machine:
    """Return a machine before a programme in memory, whose alarms go to ``told``."""
    app = make_test_app(f"sqlite:///{folder / 'unused.sqlite3'}", folder, Clock())
    source = InMemory({"2021": make_programme(events, edition=make_edition())}, "2021", {})
    app.extensions["wmd.library"] = Library(source, background=False)
    app.extensions["wmd.alarm_desk"] = AlarmDesk(told)
    del app.wsgi_app
    return Machine(app, Clock())


def test_feed_that_is_too_large_or_lacks_entries_says_so(tmp_path: Path) -> None:
    events = [grown(cast.published(make_event(number))) for number in (1, 2, 3)]
    told: Queue[tuple[str, str | None]] = Queue()
    machine = in_memory(
        tmp_path, *events, make_event(4, region="africa"), told=lambda key, message: told.put((key, message))
    )
    data = machine.feed(FEED)
    alarms = dict(told.get(timeout=5) for _ in range(2))
    narrow = machine.feed(f"{FEED}?q=Side+event+1")

    assert len(data) > feed_of.LIMIT_BYTES
    description = strict.parse(data).text("DESCRIPTION")
    assert description.startswith("This calendar is too large for some calendar services.")
    assert "http://wmd.example/2021/subscribe" in description
    assert "too large" not in strict.parse(narrow).text("DESCRIPTION")
    assert alarms == {
        f"serving:missing:{FEED}": "1 sessions have no entry and are not in /2021/calendar.ics: "
        "run flask programme rederive.",
        f"serving:too-large:{FEED}": "/2021/calendar.ics is too large for some calendar services: point people to "
        "narrower ones.",
    }
    # A narrower feed that is well does not close the alarm of the whole one; the whole one, mended, does.
    assert told.empty()
    mended = InMemory({"2021": make_programme([cast.published(make_event(1))])}, "2021", {})
    machine.app.extensions["wmd.library"] = Library(mended, background=False)
    machine.feed(FEED)
    assert {told.get(timeout=5) for _ in range(2)} == {(key, None) for key in alarms}

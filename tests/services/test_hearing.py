"""Who will hear of a change, before it is made: by what it changes and by who is behind the event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import attendees, documents
from tests.mails import count_statements
from wmd.domain.changesets import changes
from wmd.domain.content import EventContent, RegistrationContent, TextContent, VenueContent
from wmd.domain.vocabulary import EventFormat, RegistrationState, SessionStatus
from wmd.models import Event, Revision
from wmd.services.hearing import Hearers, who_hears, who_hears_of_calling_off
from wmd.services.hiding import hide
from wmd.services.intake import read_content
from wmd.services.publishing import Setting
from wmd.web.hearing_words import hearing_words

NOW = datetime(2021, 10, 1, 9, tzinfo=UTC)


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """A published event with two people registered, one waiting, one following, and one who left."""
    documents.apply(dbs, setting, documents.document(documents.event()), NOW)
    found = dbs.scalars(select(Event)).one()
    for name, state in (("una", "registered"), ("dos", "registered"), ("tres", "waiting")):
        attendees.register(dbs, attendees.attend(dbs, name, NOW), found, NOW, state=state)
    attendees.follow(dbs, attendees.attend(dbs, "rosa", NOW), found, NOW)
    attendees.follow(dbs, attendees.attend(dbs, "zoe", NOW), found, NOW, ended_at=NOW)
    dbs.commit()
    return found


@pytest.fixture
def base(dbs: Session, event: Event) -> EventContent:
    """What stands of it."""
    return read_content(dbs.get_one(Revision, event.revision_id))


def changed(base: EventContent, what: str) -> EventContent:
    session, registration = base.sessions[0], base.registration
    starts = session.starts or NOW
    return {
        "nothing": base,
        "title": replace(base, texts={"en": TextContent("Another", "", "")}),
        "full": replace(base, registration=replace(registration, state=RegistrationState.FULL)),
        "time": replace(base, sessions=(replace(session, starts=starts - timedelta(hours=1)),)),
        "date": replace(base, sessions=(session, replace(session, id="second"))),
        "place": replace(base, format=EventFormat.HYBRID, venue=VenueContent("Hall", "Street 1", "Nairobi", "KE")),
        "link": replace(base, registration=replace(registration, url="https://example.org/new")),
        "state": replace(base, sessions=(replace(session, status=SessionStatus.CANCELLED),)),
        "time, place": replace(
            base, sessions=(replace(session, starts=starts - timedelta(hours=1)),), format=EventFormat.HYBRID
        ),
    }[what]


@pytest.mark.parametrize("what", ["nothing", "title", "full"])
def test_wording_is_mailed_to_nobody_and_asks_nothing(
    dbs: Session, event: Event, base: EventContent, what: str
) -> None:
    found = changes(base, changed(base, what))
    with count_statements(dbs) as so_far:
        assert who_hears(dbs, event, found, now=NOW) == Hearers()
    assert so_far() == 0


@pytest.mark.parametrize("what", ["time", "date", "place", "link", "state", "time, place"])
def test_what_matters_is_mailed_to_those_behind_the_event(
    dbs: Session, event: Event, base: EventContent, what: str
) -> None:
    found = changes(base, changed(base, what))
    with count_statements(dbs) as so_far:
        assert who_hears(dbs, event, found, now=NOW) == Hearers(tuple(what.split(", ")), registrants=3, followers=1)
    assert so_far() == 3


def test_who_keeps_a_place_that_is_given_no_more_is_counted(dbs: Session, event: Event, base: EventContent) -> None:
    event.registration_here = True
    dbs.commit()
    here = replace(base, registration=RegistrationContent(RegistrationState.OPEN, with_us=True))
    away = replace(base, registration=RegistrationContent(RegistrationState.OPEN, "https://example.org/new"))
    full = replace(base, registration=RegistrationContent(RegistrationState.FULL, with_us=True))
    found = who_hears(dbs, event, changes(here, away), now=NOW)

    assert found == Hearers(("link",), registrants=3, followers=1, keeping=2)
    assert who_hears(dbs, event, changes(here, full), now=NOW) == Hearers()
    assert hearing_words(found).startswith("2 people have a place here; they keep it, ")
    assert hearing_words(Hearers(keeping=1)).startswith("1 person has a place here and keeps it, ")


@pytest.mark.parametrize(("state", "about"), [("not-needed", ("link",)), ("open", ())])
def test_stream_is_the_link_of_what_needs_no_registration(
    dbs: Session, setting: Setting, event: Event, base: EventContent, state: str, about: tuple[str, ...]
) -> None:
    url = base.registration.url if state == "open" else ""
    documents.apply(
        dbs, setting,
        documents.document(documents.event(registration={"state": state, "url": url}, stream_url="https://a.example")),
        NOW,
    )  # fmt: skip
    dbs.expire_all()
    found = read_content(dbs.get_one(Revision, event.revision_id))
    proposed = changes(found, replace(found, stream_url="https://b.example"))
    assert who_hears(dbs, event, proposed, now=NOW).about == about


def test_join_link_that_was_typed_is_a_new_link(dbs: Session, event: Event) -> None:
    assert who_hears(dbs, event, [], new_link=True, now=NOW) == Hearers(("link",), 3, 1)


def test_what_is_over_or_not_listed_is_mailed_to_nobody(
    dbs: Session, setting: Setting, event: Event, base: EventContent
) -> None:
    later = NOW + timedelta(days=10)
    assert who_hears_of_calling_off(dbs, event, now=NOW) == Hearers(("state",), 3, 1)
    assert who_hears_of_calling_off(dbs, event, now=later) == Hearers()
    # Moving it puts it ahead again.
    assert who_hears(dbs, event, changes(base, changed(base, "time")), now=later).anybody
    hide(dbs, event, setting, actor="person:m", now=NOW)
    assert who_hears_of_calling_off(dbs, event, now=NOW) == Hearers()
    assert who_hears_of_calling_off(dbs, None, now=NOW) == Hearers()

"""What staff write to those who registered or follow: let by its sender, once to each, and in the trail."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.attendees import attend, follow, register
from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.services.test_registrants import send
from tests.services.test_registrations import publish
from tests.submissions import MONA
from wmd.errors import InvalidContentError
from wmd.models import AuditEntry, Event, Message, RegistrantLetter
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.audience import audience_page
from wmd.services.moderation import NotYoursError
from wmd.services.publishing import Setting
from wmd.services.registrant_letters import AUDIENCES, readers_of
from wmd.services.staff_letters import Wording, count_letter_readers, send_letter

WORDS = Wording("The room changes", "Please use the new link.", "en", ("registered", "waiting", "followers"))


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event with readers of every kind, some of whom want no mail."""
    make_cast(dbs, NOW)
    found = publish(dbs, setting)
    register(dbs, attend(dbs, "has", NOW), found, NOW)
    register(dbs, attend(dbs, "waits", NOW), found, NOW, state="waiting")
    register(dbs, attend(dbs, "offered", NOW), found, NOW, state="offered", offered_until=NOW)
    register(dbs, attend(dbs, "muted", NOW), found, NOW, muted_at=NOW)
    follow(dbs, attend(dbs, "follows", NOW), found, NOW)
    follow(dbs, "has", found, NOW)
    follow(dbs, attend(dbs, "paused", NOW, paused_at=NOW), found, NOW)
    follow(dbs, attend(dbs, "stopped", NOW), found, NOW, ended_at=NOW)
    dbs.commit()
    return found


def readers(dbs: Session) -> list[str]:
    """Return to whom mails of the kind go."""
    found = dbs.scalars(select(Message.person_id).where(Message.kind == "staff-letter").order_by(Message.person_id))
    return [each or "" for each in found]


@pytest.mark.parametrize(
    ("audience", "people"),
    [
        (("registered",), ["has"]),
        (("waiting",), ["offered", "waits"]),
        (("followers",), ["follows", "has"]),
        (("registered", "waiting"), ["has", "offered", "waits"]),
        (tuple(AUDIENCES), ["follows", "has", "offered", "waits"]),
    ],
)
def test_letter_reaches_whom_the_preview_counted(
    dbs: Session, event: Event, box: SecretBox, audience: tuple[str, ...], people: list[str]
) -> None:
    assert count_letter_readers(dbs, event, audience) == len(people)
    wanted = readers_of(audience)
    page = audience_page(dbs, event.id, limit=10, states=wanted.states, followers=wanted.followers)
    assert [wish.person_id for wish in page] == people

    send_letter(dbs, event, replace_audience(audience), actor=MONA, now=NOW)
    dbs.commit()
    send(dbs, box)
    assert readers(dbs) == people


def replace_audience(audience: tuple[str, ...]) -> Wording:
    """Return the letter to others."""
    return WORDS._replace(audience=audience)


def test_sender_lets_the_letter_and_the_trail_says_to_how_many(dbs: Session, event: Event) -> None:
    letter, is_new = send_letter(dbs, event, WORDS, actor=MONA, now=NOW)
    dbs.commit()

    assert (is_new, letter.state, letter.by_staff, letter.decided_by) == (True, "approved", True, "mona")
    entry = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "write-letter")).one()
    assert (entry.actor, entry.after, entry.detail) == (
        "person:mona", "approved", {"audience": [[], list(AUDIENCES)], "readers": [0, 4]}
    )  # fmt: skip
    assert "new link" not in str(entry.detail)


def test_same_letter_goes_out_once_from_however_many_tabs(dbs: Session, event: Event, box: SecretBox) -> None:
    first, _ = send_letter(dbs, event, WORDS, actor=MONA, now=NOW)
    dbs.commit()
    again, is_new = send_letter(
        dbs, event, WORDS._replace(subject=" The room changes "), actor=Actor("person:adam", "adam", "administrator"),
        now=NOW,
    )  # fmt: skip
    dbs.commit()
    send(dbs, box)

    assert (again.id, is_new, len(readers(dbs))) == (first.id, False, 4)
    other, is_new = send_letter(dbs, event, WORDS._replace(body="Another."), actor=MONA, now=NOW)
    assert (other.id != first.id, is_new) == (True, True)
    assert dbs.scalar(select(func.count()).select_from(RegistrantLetter)) == 2


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_letter_that_another_tab_is_just_writing_is_found(dbs: Session, app: Flask, event: Event) -> None:
    # Both have looked and found nothing; the second insert waits for the first one's end.
    with Session(dbs.get_bind()) as other:
        theirs = other.get_one(Event, event.id)
        first, _ = send_letter(other, theirs, WORDS, actor=MONA, now=NOW)
        found: list[tuple[str, bool]] = []

        def press() -> None:
            with app.app_context(), Session(dbs.get_bind()) as mine:
                letter, is_new = send_letter(mine, mine.get_one(Event, event_id), WORDS, actor=MONA, now=NOW)
                found.append((letter.id, is_new))
                mine.rollback()

        event_id = event.id
        tab = Thread(target=press)
        tab.start()
        tab.join(0.3)
        other.commit()
        tab.join(10)
        assert found == [(first.id, False)]


@pytest.mark.parametrize(
    ("wording", "where"),
    [
        (WORDS._replace(subject=" "), "subject"),
        (WORDS._replace(body=""), "body"),
        (WORDS._replace(body="https://zoom.us/j/12345678901?pwd=x"), "body"),
        (WORDS._replace(audience=()), "audience"),
    ],
)
def test_letter_at_fault_is_not_sent(dbs: Session, event: Event, wording: Wording, where: str) -> None:
    with pytest.raises(InvalidContentError) as error:
        send_letter(dbs, event, wording, actor=MONA, now=NOW)
    assert [each.where for each in error.value.findings] == [where]


def test_letter_to_nobody_is_not_sent(dbs: Session, setting: Setting) -> None:
    make_cast(dbs, NOW)
    event = publish(dbs, setting)
    with pytest.raises(InvalidContentError) as error:
        send_letter(dbs, event, WORDS, actor=MONA, now=NOW)
    assert [(each.code, each.where) for each in error.value.findings] == [("letter.nobody", "audience")]


def test_only_moderators_of_the_region_write(dbs: Session, event: Event) -> None:
    event.region = "asia-pacific"
    for actor in (Actor("person:rita", "rita", "reader"), replace(MONA, regions=frozenset({"europe"}))):
        with pytest.raises(NotYoursError):
            send_letter(dbs, event, WORDS, actor=actor, now=NOW)

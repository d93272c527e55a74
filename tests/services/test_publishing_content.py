"""What forms add to a listing: a picture, public answers, why it is off, and who has confirmed their part."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from tests.content import add_picture, ask, edit
from wmd.db import db, reading
from wmd.domain.content import ImageContent, OrganiserContent
from wmd.domain.ical.strict import check_component
from wmd.domain.programme import AnswerView, EventView, ImageView
from wmd.domain.vocabulary import OrganiserRole, SessionStatus
from wmd.models import CalendarEntry, CoOrganiser, Edition, Event, EventSession, Organisation, Submission
from wmd.services.hiding import hide
from wmd.services.intake import latest_revision, read_content
from wmd.services.programme import load_programme
from wmd.services.publishing import Setting, rederive

LATER = LEAD_STARTED_AT + timedelta(hours=1)
PICTURE = ImageContent("pic", {"en": "A tram", "es": "Un tranvía"}, "Ada Example")


@pytest.fixture
def published(dbs: Session, setting: Setting) -> Session:
    """An edition with one published event of organisation A."""
    documents.apply(dbs, setting, documents.document(documents.event()))
    return dbs


def shown() -> EventView:
    """Return the one event as the programme shows it."""
    with reading(db.engine) as connection:
        programme = load_programme(connection, "2021", None)
    (event,) = [*programme.events.values(), *programme.hidden.values()]
    return event


def test_picture_is_shown_with_its_words_and_credit(published: Session, setting: Setting) -> None:
    add_picture(published, LATER)
    edit(published, setting, LATER, image=PICTURE)

    assert shown().image == ImageView("pic", "image/webp", 1600, 1000, PICTURE.alt, "Ada Example")


def test_deleted_picture_is_not_shown(published: Session, setting: Setting) -> None:
    picture = add_picture(published, LATER)
    edit(published, setting, LATER, image=PICTURE)
    picture.deleted_at = LATER
    published.commit()

    assert shown().image is None


def test_picture_alone_leaves_the_calendar_entry_as_it_was(published: Session, setting: Setting) -> None:
    before = [tuple(row) for row in published.execute(select(CalendarEntry.__table__))]
    add_picture(published, LATER)
    edit(published, setting, LATER, image=PICTURE, answers={"food": "Soup"})

    assert [tuple(row) for row in published.execute(select(CalendarEntry.__table__))] == before
    assert published.scalars(select(EventSession.sequence)).one() == 0


def test_public_answers_are_shown_in_order_and_private_ones_never_leave(published: Session, setting: Setting) -> None:
    edition = published.scalars(select(Edition)).one()
    ask(published, edition, "guests", "number", position=3)
    ask(published, edition, "secret", "text", is_public=False, position=1)
    choices = [{"value": "a", "label": {"en": "Apples", "es": "Manzanas"}}]
    ask(published, edition, "fruit", "choice", choices=choices, position=2)
    ask(published, edition, "old", "text", retired_at=LATER, position=0)
    edit(
        published, setting, LATER,
        answers={"secret": "leak", "old": "leak", "guests": "40", "fruit": "a", "unknown": "leak"},
    )  # fmt: skip

    expected = (
        AnswerView("fruit", {"en": "What of fruit?"}, {"en": "Apples", "es": "Manzanas"}),
        AnswerView("guests", {"en": "What of guests?"}, {"": "40"}),
    )
    assert shown().answers == expected
    assert "leak" not in str(published.scalars(select(Event.answers)).one())


def test_reason_is_shown_while_it_is_off_and_no_longer(published: Session, setting: Setting) -> None:
    why = {"en": "The speaker is ill."}
    submission = published.scalars(select(Submission)).one()
    newest = latest_revision(published, submission)
    assert newest is not None
    sessions = read_content(newest).sessions
    off = tuple(replace(session, status=SessionStatus.CANCELLED) for session in sessions)
    edit(published, setting, LATER, sessions=off, public_reason=why)
    assert shown().public_reason == why
    (entry,) = published.scalars(select(CalendarEntry)).all()
    texts = [text.replace(b"\r\n ", b"") for text in (entry.full, entry.short)]
    assert [b"The speaker is ill." in text for text in texts] == [True, True]
    assert check_component(entry.head + entry.full + entry.tail) == []

    edit(published, setting, LATER, sessions=sessions, public_reason=why)
    assert shown().public_reason == {}


def organisers(dbs: Session) -> list[str]:
    dbs.expire_all()
    return [organiser.name for organiser in shown().organisers]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("asked", ["Organisation A"]),
        ("declined", ["Organisation A"]),
        ("confirmed", ["Organisation A", "Organización B"]),
    ],
)
def test_co_organiser_is_named_only_once_it_confirmed(
    published: Session, setting: Setting, state: str, names: list[str]
) -> None:
    submission = published.scalars(select(Submission)).one()
    other = published.scalars(select(Organisation).where(Organisation.key == "b")).one()
    published.add(
        CoOrganiser(
            submission_id=submission.id, organisation_id=other.id, state=state, asked_at=LATER,
            answered_at=None if state == "asked" else LATER,
        )
    )  # fmt: skip
    edit(
        published, setting, LATER,
        organisers=(OrganiserContent("a"), OrganiserContent("b", OrganiserRole.CO)),
    )  # fmt: skip
    assert organisers(published) == names

    before = published.scalars(select(EventSession.sequence)).one()
    rederive(published, setting, actor="command", now=LATER)
    published.commit()
    assert organisers(published) == names
    assert published.scalars(select(EventSession.sequence)).one() == before


def test_hidden_event_keeps_none_of_it(published: Session, setting: Setting) -> None:
    add_picture(published, LATER)
    ask(published, published.scalars(select(Edition)).one(), "food", "text")
    edit(published, setting, LATER, image=PICTURE, answers={"food": "Soup"})
    hide(published, published.scalars(select(Event)).one(), setting, actor="person:m", now=LATER)
    published.commit()

    event = shown()
    assert (event.image, event.answers, event.public_reason) == (None, (), {})


def test_import_that_says_nothing_of_them_keeps_them(published: Session, setting: Setting) -> None:
    add_picture(published, LATER)
    ask(published, published.scalars(select(Edition)).one(), "food", "text")
    edit(published, setting, LATER, image=PICTURE, answers={"food": "Soup"})

    documents.apply(dbs := published, setting, documents.document(documents.event(capacity=40)), now=LATER)

    event = shown()
    assert event.capacity == 40
    assert event.image is not None
    assert [answer.words for answer in event.answers] == [{"en": "Soup"}]
    assert dbs.scalars(select(Submission.state)).one() == "approved"

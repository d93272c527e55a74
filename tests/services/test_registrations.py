"""Places in events that register with us: none is given twice, nobody passes who waits, no stranger takes one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT as NOW
from wmd.db import make_engine
from wmd.errors import InvalidContentError
from wmd.models import Attendee, AuditEntry, Event, EventSession, Message, Person, Registration
from wmd.secretbox import SecretBox
from wmd.services import registrations as places
from wmd.services.attendees import attendee_for
from wmd.services.outbox import hidden_part
from wmd.services.own_links import ask_for_own_link
from wmd.services.publishing import Setting
from wmd.services.registration_wishes import Wanted, is_open, said_by

QUESTIONS = [
    {"label": {"en": "Do you need a lift?"}, "kind": "yes-no", "is_required": True},
    {"label": {"en": "Which table?"}, "kind": "choice", "choices": ["Water", "Air"]},
]
LATER = NOW + timedelta(days=3)


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


def publish(dbs: Session, setting: Setting, *, capacity: int | None = 2, **registration: object) -> Event:
    """Publish an event in three days that registers with us."""
    sessions = [
        documents.session(key="first", starts="2021-10-10T15:00", ends="2021-10-10T16:30", zone="Europe/Madrid"),
        documents.session(key="second", starts="2021-10-11T15:00", ends="2021-10-11T16:30", zone="Europe/Madrid"),
    ]
    places = {} if capacity is None else {"capacity": capacity}
    event = documents.event(
        sessions=sessions, registration={"state": "open", "with_us": True, **registration}, **places
    )
    documents.apply(dbs, setting, documents.document(event))
    dbs.commit()
    return dbs.scalars(select(Event)).one()


@pytest.fixture
def event(dbs: Session, setting: Setting) -> Event:
    """An event with two places."""
    return publish(dbs, setting)


def join(
    dbs: Session, box: SecretBox, event: Event, who: str, *, now: datetime = NOW, **wanted: object
) -> Registration:
    """Register somebody whose address is known."""
    person, attendee = attendee_for(dbs, f"{who}@people.example", language="en", zone="UTC", now=now)
    row = places.register(dbs, event, person, attendee, Wanted(**wanted), box=box, now=now)  # type: ignore[arg-type]
    dbs.commit()
    return row


def states(dbs: Session) -> dict[str, str]:
    """Return how each address stands."""
    dbs.expire_all()
    rows = dbs.execute(select(Person.address, Registration.state).join(Registration).order_by(Registration.created_at))
    return {address.partition("@")[0]: state for address, state in rows.tuples()}


def mails(dbs: Session) -> list[tuple[str, str, str]]:
    """Return whom, what and the state of each mail, but for the dates that follow one (test_registration_mail.py)."""
    rows = dbs.execute(
        select(Person.address, Message.kind, Message.state)
        .join(Person)
        .where(Message.kind != "calendar-entry")
        .order_by(Message.created_at, Message.kind)
    )
    return [(address.partition("@")[0], kind, state) for address, kind, state in rows.tuples()]


def test_places_are_given_in_order_and_then_people_wait(dbs: Session, box: SecretBox, event: Event) -> None:
    for name in ("ana", "ben", "cleo"):
        join(dbs, box, event, name)

    assert states(dbs) == {"ana": "registered", "ben": "registered", "cleo": "waiting"}
    assert sorted(mails(dbs)) == [
        ("ana", "registered", "queued"), ("ben", "registered", "queued"), ("cleo", "waiting", "queued"),
    ]  # fmt: skip


def test_second_form_of_the_same_person_takes_no_second_place(dbs: Session, box: SecretBox, event: Event) -> None:
    first = join(dbs, box, event, "ana")
    second = join(dbs, box, event, "ana", name="Ana", shares_name=True)

    assert (first.id, second.shares_name, said_by(second, box).name) == (second.id, True, "Ana")
    assert (states(dbs), len(mails(dbs))) == ({"ana": "registered"}, 1)


def test_free_place_is_offered_to_who_waits_longest_and_taken_by_their_button(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    rows = {name: join(dbs, box, event, name, now=NOW + timedelta(minutes=index))
            for index, name in enumerate(("ana", "ben", "cleo", "dora"))}  # fmt: skip
    later = NOW + timedelta(hours=1)

    assert places.cancel(dbs, rows["ana"], box=box, now=later) is True
    dbs.commit()
    assert states(dbs) == {"ana": "cancelled", "ben": "registered", "cleo": "offered", "dora": "waiting"}
    # A quarter of what is left until the end of the last session is more than a day here.
    assert rows["cleo"].offered_until == later + timedelta(hours=24)
    assert places.accept_offer(dbs, rows["cleo"], box=box, now=later) is True
    dbs.commit()
    assert states(dbs)["cleo"] == "registered"
    assert places.cancel(dbs, rows["ana"], box=box, now=later) is False


def test_nobody_passes_who_waits(dbs: Session, box: SecretBox, event: Event) -> None:
    for name in ("ana", "ben", "cleo"):
        join(dbs, box, event, name)
    event.capacity = 3
    dbs.commit()
    join(dbs, box, event, "dora", now=NOW + timedelta(minutes=1))
    assert (states(dbs)["cleo"], states(dbs)["dora"]) == ("waiting", "waiting")

    assert places.due_events(dbs, now=NOW, limit=10) == [event.id]
    places.turn_waiting_list(dbs, event.id, box=box, now=NOW + timedelta(minutes=1))
    dbs.commit()
    assert (states(dbs)["cleo"], states(dbs)["dora"]) == ("offered", "waiting")
    assert places.due_events(dbs, now=NOW, limit=10) == []


def test_offer_that_nobody_takes_goes_to_the_next(dbs: Session, box: SecretBox, event: Event) -> None:
    rows = [join(dbs, box, event, name, now=NOW + timedelta(minutes=index))
            for index, name in enumerate(("ana", "ben", "cleo", "dora"))]  # fmt: skip
    places.cancel(dbs, rows[0], box=box, now=NOW)
    dbs.commit()
    over = rows[2].offered_until or NOW

    assert places.accept_offer(dbs, rows[2], box=box, now=over) is False
    assert places.due_events(dbs, now=over - timedelta(seconds=1), limit=10) == []
    assert places.due_events(dbs, now=over, limit=10) == [event.id]
    assert places.turn_waiting_list(dbs, event.id, box=box, now=over) == 2
    dbs.commit()
    assert states(dbs) == {"ana": "cancelled", "ben": "registered", "cleo": "lapsed", "dora": "offered"}
    assert ("cleo", "registration-ended", "queued") in mails(dbs)


def test_waiting_ends_with_the_event_and_nobody_is_bothered(dbs: Session, box: SecretBox, event: Event) -> None:
    for name in ("ana", "ben", "cleo"):
        join(dbs, box, event, name)
    sent = len(mails(dbs))
    over = datetime.fromisoformat("2021-10-11T14:30:00+00:00")

    assert places.due_events(dbs, now=over, limit=10) == [event.id]
    places.turn_waiting_list(dbs, event.id, box=box, now=over)
    dbs.commit()
    assert (states(dbs)["cleo"], len(mails(dbs)), places.due_events(dbs, now=over, limit=10)) == ("lapsed", sent, [])


def test_calling_off_ends_no_wait_and_offers_nothing_until_it_takes_place_again(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    rows = [join(dbs, box, event, name, now=NOW + timedelta(minutes=index))
            for index, name in enumerate(("ana", "ben", "cleo"))]  # fmt: skip
    for status in ("cancelled", "postponed"):
        dbs.execute(update(EventSession).values(status=status))
        dbs.commit()
        assert places.due_events(dbs, now=NOW, limit=10) == []
        places.turn_waiting_list(dbs, event.id, box=box, now=NOW)
        dbs.commit()
        assert states(dbs)["cleo"] == "waiting"
    places.cancel(dbs, rows[0], box=box, now=NOW)
    dbs.commit()
    assert states(dbs)["cleo"] == "waiting"
    dbs.execute(update(EventSession).values(status="scheduled"))
    dbs.commit()
    assert places.due_events(dbs, now=NOW, limit=10) == [event.id]
    places.turn_waiting_list(dbs, event.id, box=box, now=NOW)
    dbs.commit()
    assert states(dbs)["cleo"] == "offered"


def test_place_that_was_offered_is_not_taken_once_it_is_called_off_and_the_wait_goes_on(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    rows = [join(dbs, box, event, name, now=NOW + timedelta(minutes=index))
            for index, name in enumerate(("ana", "ben", "cleo"))]  # fmt: skip
    places.cancel(dbs, rows[0], box=box, now=NOW)
    until = rows[2].offered_until or NOW
    dbs.execute(update(EventSession).values(status="cancelled"))
    dbs.commit()

    assert places.accept_offer(dbs, rows[2], box=box, now=NOW) is False
    sent = len(mails(dbs))
    places.turn_waiting_list(dbs, event.id, box=box, now=until)
    dbs.commit()
    assert (states(dbs)["cleo"], len(mails(dbs)), places.due_events(dbs, now=until, limit=9)) == ("waiting", sent, [])
    dbs.execute(update(EventSession).values(status="scheduled"))
    places.turn_waiting_list(dbs, event.id, box=box, now=until)
    dbs.commit()
    assert states(dbs)["cleo"] == "offered"


def test_nothing_is_offered_or_confirmed_to_who_chose_only_dates_that_are_off(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    first, second = dbs.scalars(select(EventSession.id).order_by(EventSession.starts_at))
    rows = [
        join(dbs, box, event, name, now=NOW + timedelta(minutes=index), sessions=(first if name == "cleo" else second,))
        for index, name in enumerate(("ana", "ben", "cleo", "dora"))
    ]
    ask(dbs, box, event, "eve@people.example", sessions=(first,))
    dbs.execute(update(EventSession).where(EventSession.id == first).values(status="postponed"))
    dbs.commit()
    places.cancel(dbs, rows[0], box=box, now=NOW)
    dbs.commit()

    assert (states(dbs)["cleo"], states(dbs)["dora"]) == ("waiting", "offered")
    with pytest.raises(InvalidContentError) as caught:
        places.confirm_registration(dbs, secret_of(dbs, box), shares_name=False, box=box, now=NOW)
    dbs.rollback()
    assert [finding.code for finding in caught.value.findings] == ["register.none-on"]


def test_two_buttons_of_one_registration_pressed_at_once_give_one_place_and_one_mail(
    dbs: Session, box: SecretBox, setting: Setting, database_url: str
) -> None:
    event = publish(dbs, setting, capacity=1)
    for _ in range(2):
        ask(dbs, box, event)
    rows = dbs.scalars(select(Message).where(Message.kind == "registration-confirm"))
    secrets = [hidden_part(row, box)["secret"].rpartition("/")[2] for row in rows]
    dbs.close()
    engine, gate, faults = make_engine(database_url), threading.Barrier(2), []

    def press(secret: str) -> None:
        try:
            with Session(engine) as own:
                gate.wait(30)
                places.confirm_registration(own, secret, shares_name=False, box=box, now=NOW)
                own.commit()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=press, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    engine.dispose()

    assert (len(secrets), faults) == (2, [])
    assert (states(dbs), [kind for _, kind, _ in mails(dbs)].count("registered")) == ({"ana": "registered"}, 1)


def test_without_a_waiting_list_a_full_event_says_so_and_keeps_nothing(
    dbs: Session, box: SecretBox, setting: Setting
) -> None:
    event = publish(dbs, setting, capacity=1, no_waiting_list=True)
    join(dbs, box, event, "ana")
    with pytest.raises(InvalidContentError) as caught:
        join(dbs, box, event, "ben")
    dbs.rollback()

    assert [finding.code for finding in caught.value.findings] == ["register.full"]
    assert states(dbs) == {"ana": "registered"}


def test_no_limit_means_no_waiting(dbs: Session, box: SecretBox, setting: Setting) -> None:
    event = publish(dbs, setting, capacity=None)
    for number in range(5):
        join(dbs, box, event, f"p{number}")

    assert set(states(dbs).values()) == {"registered"}


def secret_of(dbs: Session, box: SecretBox, kind: str = "registration-confirm") -> str:
    row = dbs.scalars(select(Message).where(Message.kind == kind).order_by(Message.created_at.desc())).first()
    assert row is not None
    return hidden_part(row, box)["secret"].rpartition("/")[2]


def ask(dbs: Session, box: SecretBox, event: Event, address: str = "ana@people.example", **wanted: object) -> None:
    places.ask_to_register(
        dbs, event, address, Wanted(**wanted), title="Care", language="en", zone="UTC", box=box, now=NOW  # type: ignore[arg-type]
    )  # fmt: skip
    dbs.commit()


def test_stranger_holds_no_place_until_the_button_and_the_button_works_once(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    ask(dbs, box, event, name="Ana")
    assert (states(dbs), places.free_places(dbs, event)) == ({"ana": "unconfirmed"}, 2)
    secret = secret_of(dbs, box)

    assert places.find_waiting(dbs, secret, now=NOW) is not None
    assert states(dbs) == {"ana": "unconfirmed"}
    row = places.confirm_registration(dbs, secret, shares_name=False, box=box, now=NOW)
    dbs.commit()
    assert row is not None
    assert (states(dbs), dbs.get_one(Person, row.person_id).name) == ({"ana": "registered"}, "Ana")
    assert places.confirm_registration(dbs, secret, shares_name=False, box=box, now=NOW) is None
    assert places.find_waiting(dbs, secret, now=NOW) is None


def test_button_does_nothing_after_a_week(dbs: Session, box: SecretBox, event: Event) -> None:
    ask(dbs, box, event)

    late = NOW + places.CONFIRM_LIVES
    assert places.find_waiting(dbs, secret_of(dbs, box), now=late) is None
    assert places.confirm_registration(dbs, secret_of(dbs, box), shares_name=False, box=box, now=late) is None
    assert states(dbs) == {"ana": "unconfirmed"}


def test_who_is_registered_and_asks_again_gets_their_own_link_and_loses_nothing(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    row = join(dbs, box, event, "ana", name="Ana", shares_name=True)
    ask(dbs, box, event, name="Somebody else")

    assert sorted(kind for _, kind, _ in mails(dbs)) == ["my-link", "registered"]
    assert (said_by(row, box).name, states(dbs)) == ("Ana", {"ana": "registered"})


def test_address_gets_a_few_mails_a_day_and_the_answer_is_the_same(dbs: Session, box: SecretBox, event: Event) -> None:
    for _ in range(10):
        ask(dbs, box, event)

    assert dbs.scalar(select(func.count()).select_from(Message)) == 6


def test_who_lost_the_button_has_it_sent_again_as_long_as_the_event_is_open(
    dbs: Session, box: SecretBox, event: Event
) -> None:
    ask(dbs, box, event, name="Ana")
    for minutes in (1, 2):
        ask_for_own_link(dbs, "ana@people.example", box=box, now=NOW + timedelta(minutes=minutes))
        event.registration_state = "closed"
        dbs.commit()
    rows = dbs.scalars(select(Message).order_by(Message.created_at)).all()
    assert [(row.kind, row.facts["event"]) for row in rows[1:]] == [("registration-confirm", "Care in the city")]
    event.registration_state = "open"
    confirmed = places.confirm_registration(dbs, secret_of(dbs, box), shares_name=False, box=box, now=NOW)
    assert confirmed is not None
    assert confirmed.state == "registered"


@pytest.mark.parametrize(
    ("wanted", "code", "where"),
    [
        ({"answers": {}}, "answer.missing", "answers"),
        ({"answers": {"0": "perhaps"}}, "answer.yes-no", "answers"),
        ({"answers": {"0": "yes", "1": "Fire"}}, "answer.choice", "answers"),
        ({"answers": {"0": "yes"}, "shares_name": True}, "register.name-missing", "name"),
        ({"answers": {"0": "yes"}, "name": "Ana\nBcc: x"}, "register.name", "name"),
        ({"answers": {"0": "yes"}, "name": "A" * 151}, "register.name", "name"),
        ({"answers": {"0": "yes"}, "sessions": ("other",)}, "register.sessions", "sessions"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_keeps_nothing(
    dbs: Session, box: SecretBox, setting: Setting, wanted: dict[str, object], code: str, where: str
) -> None:
    event = publish(dbs, setting, questions=QUESTIONS)
    ids = [each["id"] for each in event.registration_questions]
    given = {ids[int(place)]: text for place, text in wanted.get("answers", {}).items()}  # type: ignore[attr-defined]
    with pytest.raises(InvalidContentError) as caught:
        ask(dbs, box, event, **{**wanted, "answers": given})
    dbs.rollback()

    assert [(finding.code, finding.where.partition(".")[0]) for finding in caught.value.findings] == [(code, where)]
    assert states(dbs) == {}


def test_invisible_marks_of_a_pasted_name_are_taken_out(dbs: Session, box: SecretBox, event: Event) -> None:
    row = join(dbs, box, event, "ana", name="\u200eAna\u202e María\u200f")
    assert said_by(row, box).name == "Ana María"


def test_answers_are_sealed_and_read_back(dbs: Session, box: SecretBox, setting: Setting) -> None:
    event = publish(dbs, setting, questions=QUESTIONS)
    lift, table = (each["id"] for each in event.registration_questions)
    row = join(dbs, box, event, "ana", answers={lift: "yes", table: "Air", "foreign": "x"}, name="Ana Test")

    assert said_by(row, box).answers == {lift: "yes", table: "Air"}
    assert "Ana" not in row.answers


@pytest.mark.parametrize(
    ("registration", "now", "opens"),
    [
        ({}, NOW, True),
        ({}, datetime.fromisoformat("2021-10-11T14:30:00+00:00"), False),
        ({"state": "closed"}, NOW, False),
        ({"state": "full"}, NOW, False),
        ({"state": "not-yet"}, NOW, False),
        ({"state": "not-yet", "opens_at": "2021-10-08T00:00:00Z"}, NOW, False),
        ({"state": "not-yet", "opens_at": "2021-10-07T00:00:00Z"}, NOW, True),
        ({"closes_at": "2021-10-07T12:00:00Z"}, NOW, False),
        ({"closes_at": "2021-10-09T12:00:00Z"}, NOW, True),
        ({"with_us": False}, NOW, False),
    ],
)
def test_event_takes_registrations_within_its_dates_only(
    dbs: Session, setting: Setting, registration: dict[str, object], now: datetime, opens: bool
) -> None:
    event = publish(dbs, setting, **registration)

    assert is_open(dbs, event, now=now) is opens


def test_called_off_and_hidden_events_take_none(dbs: Session, event: Event) -> None:
    dbs.execute(update(EventSession).values(status="cancelled"))
    assert is_open(dbs, event, now=NOW) is False
    dbs.execute(update(EventSession).values(status="scheduled"))
    event.hidden_at = NOW
    assert is_open(dbs, event, now=NOW) is False


def test_every_move_of_a_registration_is_in_the_trail(dbs: Session, box: SecretBox, event: Event) -> None:
    row = join(dbs, box, event, "ana")
    places.cancel(dbs, row, box=box, now=NOW)
    dbs.commit()

    moves = dbs.execute(
        select(AuditEntry.before, AuditEntry.after, AuditEntry.actor).where(AuditEntry.subject_kind == "registration")
    ).tuples()
    assert list(moves) == [
        ("unconfirmed", "registered", f"person:{row.person_id}"),
        ("registered", "cancelled", f"person:{row.person_id}"),
    ]


def test_last_place_goes_to_one_of_many_who_press_at_once(
    dbs: Session, box: SecretBox, setting: Setting, database_url: str
) -> None:
    event_id = publish(dbs, setting, capacity=3).id
    people = []
    for number in range(8):
        person, _ = attendee_for(dbs, f"p{number}@people.example", language="en", zone="UTC", now=NOW)
        people.append(person.id)
    dbs.commit()
    dbs.close()
    engine, gate, faults = make_engine(database_url), threading.Barrier(8), []

    def press(person_id: str) -> None:
        try:
            with Session(engine) as own:
                gate.wait(30)
                event, person = own.get_one(Event, event_id), own.get_one(Person, person_id)
                places.register(own, event, person, own.get_one(Attendee, person_id), Wanted(), box=box, now=NOW)
                own.commit()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=press, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    engine.dispose()

    assert faults == []
    assert sorted(states(dbs).values()) == ["registered"] * 3 + ["waiting"] * 5

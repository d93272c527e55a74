"""The staff's mail pages: what each role sees, what can be done with a mail, and the words staff write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tests.cast import get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.mails import count_statements
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import AuditEntry, EditableText, MailSwitch, Message, Person, StaffMember, Suppression
from wmd.services.delivery import address_digest
from wmd.services.outbox import put_message

Put = Callable[..., str]


@pytest.fixture
def app(engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """The application with the cast."""
    url = databases.copy(engine_name, tmp_path)
    found = make_test_app(url, tmp_path, clock)
    with found.app_context():
        make_cast(db.session(), clock.now)
    yield found
    forget_database(found)
    databases.drop(url)


@pytest.fixture
def dbs(app: Flask) -> Iterator[Session]:
    """A session beside the application."""
    with app.app_context():
        engine = db.engine
    with Session(engine) as found:
        yield found


def browser(app: Flask, who: str = "adam") -> FlaskClient:
    """Return the browser of a staff member."""
    found = app.test_client()
    sign_in(found, app, who, staff=True)
    return found


@pytest.fixture
def put(app: Flask, dbs: Session) -> Put:
    """Put a mail, commit, and return its id."""

    def put_one(key: str = "a", **changes: object) -> str:
        values: dict[str, object] = {
            "kind": "announcement", "cause": "command", "person_id": "ana", "now": NOW,
            "facts": {"subject": "News", "text": "The words for Ana."}, "box": app.extensions["wmd.secretbox"],
        }  # fmt: skip
        row = put_message(dbs, dedupe_key=key, **(values | changes))  # type: ignore[arg-type]
        assert row is not None
        identity = row.id
        dbs.commit()
        return identity

    return put_one


def page(client: FlaskClient, path: str) -> str:
    """Return a page, which must be there."""
    answer = get(client, path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def states(dbs: Session) -> list[tuple[str, str, bool]]:
    """Return state, reason and whether it is held, the oldest first."""
    rows = dbs.scalars(select(Message).order_by(Message.created_at, Message.dedupe_key)).all()
    found = [(row.state, row.reason, row.held_at is not None) for row in rows]
    dbs.rollback()
    return found


def trail(dbs: Session) -> list[tuple[str, str, str]]:
    """Return who did what to what."""
    rows = dbs.scalars(select(AuditEntry).order_by(AuditEntry.id))
    found = [(row.actor, row.action, row.subject_kind) for row in rows]
    dbs.rollback()
    return found


def test_reader_sees_that_there_is_a_mail_and_not_what_it_says(app: Flask, put: Put) -> None:
    one = put()
    shown = {who: page(browser(app, who), f"/staff/mail/{one}") for who in ("rita", "mona")}
    assert {who: "The words for Ana." in text for who, text in shown.items()} == {"rita": False, "mona": True}
    assert "Send again" not in shown["rita"]
    assert post(browser(app, "rita"), f"/staff/mail/{one}", {"action": "hold"}).status_code == 403


def test_personal_link_and_typed_address_are_on_no_page(app: Flask, put: Put) -> None:
    one = put(
        kind="sign-in", secret="/sign-in/confirm?t=the-secret", facts={}, person_id=None, to="eve@private.example"
    )
    client = browser(app)
    pages = [page(client, path) for path in ("/staff/mail", f"/staff/mail/{one}", f"/staff/mail/{one}/html")]
    assert [word for text in pages for word in ("the-secret", "eve@private.example") if word in text] == []
    assert "•••" in pages[1]


def test_html_part_may_run_and_load_nothing(app: Flask, put: Put) -> None:
    answer = get(browser(app), f"/staff/mail/{put()}/html")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox;")
    assert answer.headers["Cache-Control"] == "no-store"


def test_mail_is_held_released_and_taken_back(app: Flask, dbs: Session, put: Put) -> None:
    one, client, seen = put(), browser(app, "mona"), []
    for action in ("hold", "release", "cancel", "cancel"):
        answer = post(client, f"/staff/mail/{one}", {"action": action})
        seen.append((answer.status_code, *states(dbs)[0]))
    assert seen == [
        (303, "queued", "", True),
        (303, "queued", "", False),
        (303, "cancelled", "taken back by staff", False),
        (422, "cancelled", "taken back by staff", False),
    ]
    assert trail(dbs) == [("person:mona", action, "message") for action in ("hold", "release", "cancel")]


def test_mail_that_is_being_handed_over_cannot_be_taken_back(app: Flask, dbs: Session, put: Put) -> None:
    one = put()
    dbs.execute(update(Message).values(state="sending", claim_token="x", lease_until=NOW, handoff_at=NOW))
    dbs.commit()
    answer = post(browser(app), f"/staff/mail/{one}", {"action": "cancel"})
    assert (answer.status_code, states(dbs)) == (422, [("sending", "", False)])


def test_sending_again_makes_a_mail_of_its_own(app: Flask, dbs: Session, put: Put, clock: Clock) -> None:
    one = put()
    dbs.execute(update(Message).values(state="sent", sent_at=NOW))
    dbs.commit()
    clock.now += timedelta(minutes=1)
    answer = post(browser(app), f"/staff/mail/{one}", {"action": "resend"})
    new = answer.headers["Location"].partition("?")[0].rpartition("/")[2]
    assert (answer.status_code, new != one) == (303, True)
    dbs.expire_all()
    first, second = dbs.get_one(Message, one), dbs.get_one(Message, new)
    assert (second.state, second.kind, second.facts, second.message_id != first.message_id) == (
        "queued", "announcement", first.facts, True,
    )  # fmt: skip
    dbs.rollback()
    assert "a mail of its own" in page(browser(app), answer.headers["Location"])


def test_mail_with_a_personal_link_is_not_sent_again(app: Flask, dbs: Session, put: Put) -> None:
    one = put(kind="sign-in", secret="/sign-in/confirm?t=x", facts={})
    dbs.execute(update(Message).values(state="sent", sent_at=NOW, sealed=""))
    dbs.commit()
    assert post(browser(app), f"/staff/mail/{one}", {"action": "resend"}).status_code == 422
    assert len(states(dbs)) == 1


def test_suppressed_address_is_said_and_lifted(app: Flask, dbs: Session, put: Put) -> None:
    one = put()
    digest = address_digest(str(app.config["SECRET_KEY"]))("ana@people.example")
    dbs.execute(insert(Suppression).values(digest=digest, reason="hard bounces", bounces=3, since_at=NOW))
    dbs.commit()
    client = browser(app, "mona")
    assert "refused several mails" in page(client, f"/staff/mail/{one}")
    assert post(client, f"/staff/mail/{one}", {"action": "lift"}).status_code == 303
    assert dbs.scalars(select(Suppression)).all() == []


def test_all_mail_is_held_with_a_reason_and_released(app: Flask, dbs: Session) -> None:
    client, seen = browser(app), []
    for form in (
        {"action": "hold", "reason": " "},
        {"action": "hold", "reason": "A wrong text"},
        {"action": "release"},
    ):
        status = post(client, "/staff/mail/switch", form).status_code
        switch = dbs.scalars(select(MailSwitch)).one()
        held = (switch.held_at is not None, switch.reason)
        dbs.rollback()
        # The banner stands on every page of the staff.
        banners = ['id="mail-held"' in page(client, path) for path in ("/staff/", "/staff/desk", "/staff/mail")]
        assert banners == [held[0]] * 3
        seen.append((status, *held, "All mail is held" in page(client, "/staff/mail")))
    assert seen == [(422, False, "", False), (303, True, "A wrong text", True), (303, False, "", False)]
    assert trail(dbs) == [("person:adam", "hold", "mail"), ("person:adam", "release", "mail")]


def test_list_is_filtered_and_counted(app: Flask, dbs: Session, put: Put) -> None:
    put("a")
    put("b", person_id="ben", kind="alarm", facts={"message": "x"})
    client = browser(app)

    def found(query: str) -> int:
        text = page(client, f"/staff/mail?{query}")
        said = re.search(r"<h2>(\d+) mails?</h2>", text)
        assert said is not None
        return int(said[1])

    queries = ("", "state=queued", "state=sent", "kind=alarm", "organisation=aaaaaa", "organisation=BBBBBB",
               "about=%25", "state=held", "page=99", "kind=nonsense&state=nonsense&page=x")  # fmt: skip
    assert [found(query) for query in queries] == [2, 2, 0, 1, 1, 1, 0, 0, 2, 2]


def test_member_of_one_region_sees_no_mail_about_others(app: Flask, dbs: Session, put: Put) -> None:
    one = put()
    dbs.execute(update(StaffMember).where(StaffMember.person_id == "mona").values(regions=["africa"]))
    dbs.commit()
    client = browser(app, "mona")
    assert "There is no such mail." in page(client, "/staff/mail")
    assert get(client, f"/staff/mail/{one}").status_code == 404


def test_list_asks_as_often_for_one_mail_as_for_three(app: Flask, dbs: Session, put: Put) -> None:
    client, counts = browser(app), []
    for keys in ("a", "bc"):
        for key in keys:
            put(key)
        with app.app_context(), count_statements(db.session()) as count:
            page(client, "/staff/mail")
            counts.append(count())
    assert counts[0] == counts[1]


# --- words -------------------------------------------------------------------------------------------------------

TEXTS = "/staff/mail/texts/received"


def test_words_are_saved_for_an_edition_and_language_and_taken_back(app: Flask, dbs: Session) -> None:
    client = browser(app)
    form = {"edition": "", "language": "es", "subject": "Recibido: {title}", "body": "Hola {name}\r\n\r\n{times}"}
    assert post(client, TEXTS, form).status_code == 303
    row = dbs.scalars(select(EditableText)).one()
    assert (row.key, row.edition, row.language, row.subject, row.body) == (
        "mail.received", "", "es", "Recibido: {title}", "Hola {name}\n\n{times}\n",
    )  # fmt: skip
    dbs.rollback()
    assert "Recibido: {title}" in page(client, f"{TEXTS}?language=es")
    assert post(client, TEXTS, {**form, "action": "restore"}).status_code == 303
    dbs.expire_all()
    assert dbs.scalars(select(EditableText)).all() == []
    assert trail(dbs) == [("person:adam", "write", "mail-text"), ("person:adam", "restore", "mail-text")]


@pytest.mark.parametrize("words", ["{{7*7}}", "{% raw %}", "{nobody}", "{name.__class__}", "{0}"])
def test_broken_place_is_said_beside_its_field_and_what_was_typed_stays(app: Flask, dbs: Session, words: str) -> None:
    answer = post(browser(app), TEXTS, {"language": "en", "subject": "Hello", "body": f"Kept {words}"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert (f"Kept {words}" in text, 'id="f-body-said"' in text, 'id="f-subject-said"' in text) == (True, True, False)
    assert dbs.scalars(select(EditableText)).all() == []


def test_preview_shows_the_words_with_a_real_mail_and_saves_nothing(app: Flask, dbs: Session, put: Put) -> None:
    put(kind="test", facts={})
    dbs.execute(update(Person).where(Person.id == "ana").values(name="Ana {{7*7}}"))
    dbs.commit()
    form = {"language": "en", "action": "preview", "subject": "For {name}", "body": "At {when}"}
    answer = post(browser(app), "/staff/mail/texts/test", form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<h3>For Ana {{7*7}}</h3>" in text
    assert "At Thursday 7 October 2021, 13:01 (UTC)" in text
    assert dbs.scalars(select(EditableText)).all() == []


@pytest.mark.parametrize("query", ["language=xx", "edition=1999", "language=en&edition=../x"])
def test_unknown_language_or_edition_is_not_found(app: Flask, query: str) -> None:
    assert get(browser(app), f"{TEXTS}?{query}").status_code == 404


def test_new_words_of_all_mails_ask_for_a_fresh_confirmation(app: Flask, clock: Clock) -> None:
    client = app.test_client()
    sign_in(client, app, "adam", staff=True)
    path = "/staff/mail/texts/received"
    assert get(client, path).status_code == 200
    clock.now += timedelta(minutes=16)
    for answer in (get(client, path), post(client, path, {"subject": "x"}), get(client, "/staff/audit.csv")):
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in/second-factor")

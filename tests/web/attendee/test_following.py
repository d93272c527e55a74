"""Asking to be reminded: one button by mail, the same answer for all, kind words where there is nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from tests.cast import get, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock
from tests.web.attendee.attending import NORA, OTIS, TYPED, ask, events, join, led_to, mails, newest, press, text_of
from wmd.db import db
from wmd.domain.vocabulary import SessionStatus
from wmd.models import Attendee, Follow, Person, RateCount
from wmd.services.rate_limits import ATTENDEE_MAILS, FOLLOW_BY_NETWORK, OWN_LINK_HOUR


def follows(app: Flask) -> list[tuple[str, bool]]:
    """Return query and confirmation of every follow that stands."""
    with app.app_context():
        own = Follow.created_at > LEAD_STARTED_AT
        rows = db.session.scalars(select(Follow).where(own, Follow.ended_at.is_(None)).order_by(Follow.created_at))
        return [(row.query, row.confirmed_at is not None) for row in rows]


def test_event_is_followed_once_the_button_was_pressed(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    page = get(client, f"/e/{event.code}/remind")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert event.text("en").title in page.get_data(as_text=True).replace("&#39;", "'").replace("&amp;", "&")
    answer = ask(client, f"/e/{event.code}/remind")
    assert (answer.status_code, led_to(answer)) == (303, "/me/asked")
    assert [(mail.kind, mail.facts["wishes"]) for mail in mails(app)] == [
        ("follow-confirm", f"- {event.text('en').title}")
    ]
    assert follows(app) == [("", False)]
    path = mails(app)[0].path
    assert get(client, path).status_code == client.head(path, base_url="http://wmd.example").status_code == 200
    assert follows(app) == [("", False)]
    answer = press(client, path)
    assert answer.headers["Location"].startswith("/me/v1.")
    assert follows(app) == [("", True)]
    assert press(client, path).status_code == 410
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.address_key == NORA)).one()
        assert (person.zone, person.language, person.name) == ("America/Bogota", "es", "")


def test_page_of_an_event_leads_there(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    page = get(client, f"/demo/events/{event.code}-{event.slug}").get_data(as_text=True)
    assert f'href="/e/{event.code}/remind"' in page
    assert f'href="/e/{event.code}/wrong"' in page


def test_address_in_small_letters_or_of_a_session_leads_to_the_events_form(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    for code in (event.code.lower(), event.sessions[0].code):
        assert get(client, f"/e/{code}/remind").headers["Location"] == f"/e/{event.code}/remind"
    assert get(client, "/e/ZZZZZZ/remind").status_code == 404


@pytest.mark.parametrize("standing", ["over", "cancelled", "postponed"])
def test_what_is_not_ahead_is_refused_kindly(app: Flask, client: FlaskClient, standing: str) -> None:
    edition = "2021" if standing == "over" else "demo"
    event = next(
        each
        for each in events(app, standing, edition) or events(app, standing, "2021")
        if standing != "cancelled" or all(one.status is SessionStatus.CANCELLED for one in each.sessions)
    )
    page = get(client, f"/e/{event.code}/remind")
    text = page.get_data(as_text=True)
    words = {"over": "This event is over", "cancelled": "is cancelled", "postponed": "is postponed"}
    assert page.status_code == 200
    assert words[standing] in text
    assert "What you can do instead" in text
    assert "/tell-me?organisation=" in text
    assert 'name="address"' not in text
    assert ask(client, f"/e/{event.code}/remind").status_code == 409
    assert mails(app) == []


def test_answer_is_the_same_for_whom_we_know_and_whom_not(app: Flask, client: FlaskClient) -> None:
    event, other = events(app, "ahead")[:2]
    join(app, [event.code])
    answers = [
        (
            answer.status_code,
            sorted(
                (name, TYPED.sub(r"\1", value))
                for name, value in answer.headers
                if name.lower() not in {"set-cookie", "x-request-id", "content-length"}
            ),
            TYPED.sub(r"\1", answer.get_data(as_text=True)),
        )
        for answer in (
            ask(client, f"/e/{event.code}/remind", NORA),
            ask(client, f"/e/{event.code}/remind", OTIS),
            ask(client, f"/e/{other.code}/remind", "ana@people.example"),
            post(client, "/me", {"address": NORA}),
            post(client, "/me", {"address": "nobody@people.example"}),
        )
    ]
    assert [answer == answers[0] for answer in answers] == [True] * 5


@pytest.mark.parametrize("address", [NORA, "nobody@people.example"])
def test_own_link_has_a_limit_of_its_own_and_says_when_the_next_can_go_out(
    app: Flask, client: FlaskClient, clock: Clock, address: str
) -> None:
    event = events(app, "ahead")[0]
    join(app, [event.code])
    known = len(mails(app))
    for _ in range(ATTENDEE_MAILS.count + 1):
        answer = ask(client, f"/e/{event.code}/remind", address)
    asked = text_of(client, str(answer.headers["Location"]))
    # Other forms used up theirs; the button of an earlier mail works, and the page says when the next one can go out.
    assert "no mail went out now" in asked
    assert address in asked
    assert [get(client, str(answer.headers["Location"])).headers["Cache-Control"]] == ["no-store"]
    sent = len(mails(app))
    assert sent - known == ATTENDEE_MAILS.count - (address == NORA)
    answers = [post(client, "/me", {"address": address}) for _ in range(OWN_LINK_HOUR.count + 1)]
    assert [each.status_code for each in answers] == [303] * OWN_LINK_HOUR.count + [429]
    assert "The next one can go out at" in answers[-1].get_data(as_text=True)
    first = text_of(client, str(answers[0].headers["Location"]))
    assert ("a page of its own here" in first, "with a button" in first) == (True, False)
    assert [mail.kind for mail in mails(app)[sent:]] == {
        NORA: ["my-link"] * OWN_LINK_HOUR.count, "nobody@people.example": ["follow-confirm"] * OWN_LINK_HOUR.count
    }[address]  # fmt: skip
    clock.now += timedelta(hours=1)
    assert post(client, "/me", {"address": address}).status_code == 303


def test_forged_or_long_note_of_what_was_typed_is_left_out(client: FlaskClient) -> None:
    for to in ("v1.derived.none", "x" * 5000, "<b>"):
        answer = get(client, "/me/asked", query_string={"to": to})
        assert (answer.status_code, "typed-address" in answer.get_data(as_text=True)) == (200, False)


@pytest.mark.parametrize(
    "address",
    ["nora@people.example\nBcc: otis@people.example", "nora@people.example\r\nX: y", "nora", "", "a b@c.example"],
)
@pytest.mark.parametrize("path", ["/e/{code}/remind", "/demo/tell-me", "/me"])
def test_what_is_no_address_gets_a_message_beside_the_field(
    app: Flask, client: FlaskClient, address: str, path: str
) -> None:
    answer = ask(client, path.format(code=events(app, "ahead")[0].code), address, cadence="daily")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-address-said"' in text
    assert 'aria-invalid="true"' in text
    assert ("This is not a mail address." if address else "Write your mail address here.") in text
    assert mails(app) == []


def test_ten_thousand_from_one_network_are_asked_to_wait(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    ask(client, f"/e/{event.code}/remind", "first@people.example")
    with app.app_context():
        # As if all those others had come before.
        db.session.execute(update(RateCount).values(count=FOLLOW_BY_NETWORK.count))
        db.session.commit()
    for address in ("second@people.example", "third@people.example"):
        answer = ask(client, f"/e/{event.code}/remind", address)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert address in answer.get_data(as_text=True)
    with app.app_context():
        # One, and the demonstration's own.
        assert db.session.scalar(select(func.count()).select_from(Attendee)) == 2
    assert len(mails(app)) == 1


def test_machine_that_fills_the_trap_changes_nothing(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    answer = ask(client, f"/e/{event.code}/remind", more_about_you="Buy now")
    assert led_to(answer) == "/me/asked"
    assert mails(app) == []


def test_contact_who_is_signed_in_needs_no_mail(app: Flask, client: FlaskClient) -> None:
    sign_in(client, app, "ana")
    event = events(app, "ahead")[0]
    assert 'value="ana@people.example"' in get(client, f"/e/{event.code}/remind").get_data(as_text=True)
    answer = ask(client, f"/e/{event.code}/remind", "ana@people.example")
    assert answer.headers["Location"].startswith("/me/v1.")
    assert (follows(app), mails(app)) == ([("", True)], [])
    # With another's address they are like everybody else.
    assert led_to(ask(client, f"/e/{event.code}/remind", "ben@people.example")) == "/me/asked"
    assert [mail.kind for mail in mails(app)] == ["follow-confirm"]


def test_filtered_programme_is_followed(app: Flask, client: FlaskClient) -> None:
    listing = get(client, "/demo/programme?topic=gender-equality").get_data(as_text=True)
    assert 'href="/demo/tell-me?topic=gender-equality"' in listing
    path = "/demo/tell-me?topic=gender-equality"
    assert get(client, path).status_code == 200
    assert get(client, "/demo/tell-me?upcoming=1&topic=gender-equality&page=2").headers["Location"] == path
    assert get(client, "/demo/tell-me?topic=nonsense").status_code == 400
    assert ask(client, path, cadence="hourly").status_code == 422
    assert led_to(ask(client, path, cadence="daily")) == "/me/asked"
    assert "what is new in" in str(newest(app, "follow-confirm").facts["wishes"])
    own = press(client, newest(app, "follow-confirm").path).headers["Location"]
    assert follows(app) == [("topic=gender-equality", True)]
    page = get(client, own).get_data(as_text=True)
    assert "Gender equality</a>, every day" in page


def test_button_takes_zone_and_language_that_are_shown_with_it(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    ask(client, f"/e/{event.code}/remind")
    path = newest(app, "follow-confirm").path
    assert '<option value="America/Bogota" selected>' in get(client, path).get_data(as_text=True)
    assert press(client, path, zone="Nowhere/Land", language="fr").status_code == 422
    assert press(client, path, zone="Pacific/Auckland", language="fr").status_code == 303
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.address_key == NORA)).one()
        assert (person.zone, person.language) == ("Pacific/Auckland", "fr")


def test_stranger_cannot_set_the_zone_of_somebody_known(app: Flask, client: FlaskClient) -> None:
    first, second = events(app, "ahead")[:2]
    join(app, [first.code], zone="Pacific/Auckland")
    ask(client, f"/e/{second.code}/remind", NORA, zone="Asia/Tokyo", language="fr")
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.address_key == NORA)).one()
        assert (person.zone, person.language) == ("Pacific/Auckland", "es")


def test_link_is_sent_again_to_whom_it_belongs_and_to_nobody_else(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    ask(client, f"/e/{event.code}/remind", OTIS)
    join(app, [event.code])
    known = len(mails(app))
    for address in (NORA, "stranger@people.example", "nobody@people.example", OTIS):
        post(client, "/me", {"address": address})
    sent = mails(app)[known:]
    assert sorted(mail.kind for mail in sent) == ["follow-confirm", "my-link"]
    assert get(client, next(mail.path for mail in sent if mail.kind == "my-link")).status_code == 200


def test_stale_form_is_shown_again_with_what_was_typed(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    answer = client.post(
        f"/e/{event.code}/remind", data={"address": NORA, "zone": "Asia/Tokyo", "csrf_token": "old"},
        base_url="http://wmd.example",
    )  # fmt: skip
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'value="{NORA}"' in text
    assert '<option value="Asia/Tokyo" selected>' in text
    assert mails(app) == []

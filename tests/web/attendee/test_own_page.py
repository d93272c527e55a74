"""A page of one's own: it shows what is theirs, does what its forms say, and opens for nobody else."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as on_event
from sqlalchemy import select, update

from tests.cast import get, post
from tests.conftest import Clock
from tests.models.dumps import differences, dump
from tests.web.attendee.attending import NORA, OTIS, ask, events, join, mails, newest, text_of
from wmd.db import db
from wmd.domain.vocabulary import SessionStatus
from wmd.logs import AccessLog, request_facts
from wmd.models import Attendee, Event, Follow, Person, PersonalFeed, Registration
from wmd.secretbox import SecretBox
from wmd.services.hiding import find_event, hide
from wmd.services.personal_links import make_token
from wmd.services.rate_limits import END_LINKS
from wmd.services.web_sessions import digest_of

KEYS = {"old": b"o" * 32, "new": b"n" * 32}
SECRET_PATHS = re.compile(r"v1\.[A-Za-z0-9_.-]{40,}|/me/calendar/[A-Za-z0-9_-]{40,}")


def attendee(app: Flask, address: str = NORA) -> Attendee:
    """Return the wishes of somebody."""
    with app.app_context():
        return db.session.scalars(
            select(Attendee).join(Person, Person.id == Attendee.person_id).where(Person.address_key == address)
        ).one()


def titles(page: str) -> list[str]:
    """Return the titles of a page's rows."""
    return [title.strip() for title in re.findall(r'<h3 class="title"><a href="[^"]*">(?:<bdi[^>]*>)?([^<]*)', page)]


def test_programme_is_shown_on_the_readers_clocks_day_by_day(app: Flask, client: FlaskClient) -> None:
    chosen = [event for event in events(app, "ahead") if len(event.sessions) == 1][:3]
    own = join(app, [event.code for event in chosen], zone="Pacific/Auckland")
    page = text_of(client, own)
    assert len(titles(page)) == 3
    assert "All times are those of Auckland." in page
    first = min(chosen, key=lambda event: event.sessions[0].starts_at).sessions[0]
    assert first.starts_at.astimezone(ZoneInfo("Pacific/Auckland")).strftime("%H:%M") in page


def test_what_is_at_the_same_time_is_said(app: Flask, client: FlaskClient) -> None:
    ahead = [
        event for event in events(app, "ahead") if len(event.sessions) == 1 and not event.sessions[0].all_day
    ]  # fmt: skip
    pair = next(
        (one, two)
        for one in ahead
        for two in ahead
        if one.code < two.code
        and one.sessions[0].starts_at < two.sessions[0].ends_at
        and two.sessions[0].starts_at < one.sessions[0].ends_at
    )
    alone = text_of(client, join(app, [pair[0].code]))
    assert "At the same time" not in alone
    both = text_of(client, join(app, [pair[1].code]))
    assert both.count("At the same time:") == 2


def test_page_of_one_is_closed_to_all_others(app: Flask, client: FlaskClient, clock: Clock) -> None:
    first, second = events(app, "ahead")[:2]
    own, others = join(app, [first.code]), join(app, [second.code], OTIS)
    page = text_of(client, own)
    assert first.text("en").title.split("'")[0][:20] in page
    assert (NORA in page, OTIS in page, second.code in page) == (True, False, False)
    token = own.split("/")[2]
    box: SecretBox = app.extensions["wmd.secretbox"]
    person_id = attendee(app).person_id
    until = clock.now + timedelta(days=1)
    stop = make_token(box, person_id, attendee(app).generation, scope="stop", subject="all", until=until)
    foreign = SecretBox(KEYS, "new")
    with app.app_context():
        of_otis = db.session.scalars(select(Follow.id).join(Person).where(Person.address_key == OTIS)).one()
    closed = {
        "cut off": token[:-1],
        "changed": token[:-6] + ("AAAAAA" if not token.endswith("AAAAAA") else "BBBBBB"),
        "another scope": stop,
        "another key": make_token(foreign, person_id, attendee(app).generation, scope="me", until=until),
        "too long": token * 9,
    }
    assert {name: get(client, f"/me/{each}/").status_code for name, each in closed.items()} == dict.fromkeys(
        closed, 404
    )
    expired = make_token(box, person_id, attendee(app).generation, scope="me", until=clock.now)
    later = make_token(box, person_id, attendee(app).generation + 1, scope="me", until=until)
    assert [get(client, f"/me/{each}/").status_code for each in (expired, later)] == [410, 410]
    # One's own link ends nothing of others.
    assert post(client, f"{own}stop", {"what": f"follow:{of_otis}"}).status_code == 303
    assert len(titles(text_of(client, others))) == len(second.sessions)


def test_answers_are_kept_by_nobody_and_tell_nobody(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    for path in (own, f"{own}follow", "/me/none/", newest(app, "follow-confirm").path):
        headers = get(client, path).headers
        found = headers["Cache-Control"], headers["Referrer-Policy"], headers["X-Robots-Tag"]
        assert found == ("no-store", "no-referrer", "noindex, nofollow"), path


def test_looking_changes_nothing(app: Flask, client: FlaskClient) -> None:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    own = join(app, [events(app, "ahead")[0].code])
    post(client, f"{own}feed", {"act": "make"})
    secret = re.search(r"/me/calendar/[\w-]+\.ics", text_of(client, own))
    assert secret
    ask(client, "/demo/tell-me", cadence="daily")
    post(client, f"{own}proof", {"act": "export"})
    box: SecretBox = app.extensions["wmd.secretbox"]
    until = datetime(2022, 1, 1, tzinfo=UTC)
    stop = make_token(box, attendee(app).person_id, attendee(app).generation, scope="stop", subject="all", until=until)
    before = dump(url)
    paths = [
        own, f"{own}?past", f"{own}?page=99", f"{own}follow?code=x", secret[0], f"/me/unsubscribe/{stop}",
        newest(app, "attendee-proof").path, *(mail.path for mail in mails(app) if mail.kind == "follow-confirm"),
    ]  # fmt: skip
    for path in paths:
        assert get(client, path).status_code == client.head(path, base_url="http://wmd.example").status_code
    assert differences(before, dump(url)) == {}


def test_wishes_are_changed(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    form = {"zone": "Asia/Kathmandu", "language": "fr", "mode": "own", "rule": ["start-1h", "start-1d"],
            "invitations": "none"}  # fmt: skip
    assert post(client, f"{own}wishes", form).status_code == 303
    row = attendee(app)
    assert (row.reminders, row.invitations) == (["start-1d", "start-1h"], "none")
    page = text_of(client, own)
    assert re.findall(r'name="rule" value="([^"]+)" checked', page) == ["start-1d", "start-1h"]
    assert "those of Kathmandu" in page
    post(client, f"{own}wishes", form | {"rule": []})
    assert attendee(app).reminders == []
    post(client, f"{own}wishes", form | {"mode": "organiser"})
    assert attendee(app).reminders is None


def wish_form(page: str, **changes: object) -> dict[str, object]:
    """Return the form of wishes as a page shows it, with changes."""
    shown = html.unescape(re.findall(r'name="shown" value="([^"]*)"', page)[0])
    selected = {
        name: re.findall(r'value="([^"]+)" selected', page.partition(f'name="{name}"')[2])[0]
        for name in ("zone", "language")
    }
    ticked = {name: re.findall(rf'name="{name}" value="([^"]+)" checked', page) for name in ("mode", "invitations")}
    rules = re.findall(r'name="rule" value="([^"]+)" checked', page)
    return {"shown": shown, **selected, **{name: found[0] for name, found in ticked.items()}, "rule": rules, **changes}


def test_time_that_is_ticked_counts_whatever_the_button_above_says(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    answer = post(client, f"{own}wishes", wish_form(text_of(client, own), rule=["start-1h"]))
    assert answer.headers["Location"].endswith("?done=saved-own#said")
    assert "you are reminded at the times you chose" in text_of(client, answer.headers["Location"])
    assert attendee(app).reminders == ["start-1h"]
    post(client, f"{own}wishes", wish_form(text_of(client, own), mode="organiser"))
    assert attendee(app).reminders is None


def test_second_tab_undoes_nothing_that_it_did_not_touch(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    stale = text_of(client, own)
    post(client, f"{own}wishes", wish_form(stale, mode="own", rule=["start-3h"]))
    post(client, f"{own}wishes", wish_form(stale, language="fr"))
    assert attendee(app).reminders == ["start-3h"]
    answer = post(client, f"{own}wishes", wish_form(stale, rule=["start-1d"]))
    page = answer.get_data(as_text=True)
    assert (answer.status_code, attendee(app).reminders) == (422, ["start-3h"])
    assert "meanwhile, in another tab or on another device: When to remind you." in page
    assert re.findall(r'name="rule" value="([^"]+)" checked', page) == ["start-1d"]
    assert post(client, f"{own}wishes", wish_form(page, mode="own")).status_code == 303
    assert attendee(app).reminders == ["start-1d"]
    with app.app_context():
        assert db.session.get_one(Person, attendee(app).person_id).language == "fr"


@pytest.mark.parametrize(
    ("act", "section", "words"),
    [
        ("pause", "ending", "Paused"), ("stop-all", "ending", "You get no reminders"),
        ("feed?make", "calendar", "Your calendar has an address now"), ("proof", "data", "a mail with a button"),
        ("end-links", "what", "All older links are ended"),
    ],
)  # fmt: skip
def test_what_was_done_is_said_where_one_is_and_takes_the_focus(
    app: Flask, client: FlaskClient, act: str, section: str, words: str
) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    answer = post(client, f"{own}{act.partition('?')[0]}", {"act": "make" if "?" in act else "export"})
    assert answer.headers["Location"].endswith("#said")
    page = text_of(client, answer.headers["Location"])
    said = re.findall(r'<div id="said" class="said" role="status" tabindex="-1">(.*?)</div>', page, re.DOTALL)
    assert [words in each for each in said] == [True]
    before = page.partition('id="said"')[0]
    parts = ("what", "wishes", "calendar", "ending", "data")
    assert [part for part in parts if f'id="{part}"' in before][-1:] == ([section] if section != "what" else [])


@pytest.mark.parametrize(
    ("change", "field"), [({"zone": "CET+1"}, "f-zone"), ({"language": "xx"}, "f-language"),
                          ({"rule": ["start-99d"]}, "f-rule"), ({"invitations": "fax"}, "f-invitations")],
)  # fmt: skip
def test_wish_that_is_none_is_said_beside_its_field(
    app: Flask, client: FlaskClient, change: dict[str, object], field: str
) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    form = {"zone": "UTC", "language": "en", "mode": "own", "rule": ["start"], "invitations": "request"}
    answer = post(client, f"{own}wishes", form | change)
    assert answer.status_code == 422
    assert f'id="{field}-said"' in answer.get_data(as_text=True)
    assert attendee(app).reminders is None


def test_pause_and_stop(app: Flask, client: FlaskClient) -> None:
    first, second = events(app, "ahead")[:2]
    own = join(app, [first.code, second.code])
    post(client, f"{own}pause")
    assert attendee(app).paused_at is not None
    assert "Reminders, changes and news are paused." in text_of(client, own)
    post(client, f"{own}resume")
    assert attendee(app).paused_at is None
    event_id = re.findall(r'name="what" value="event:([^"]+)"', text_of(client, own))
    post(client, f"{own}stop", {"what": f"event:{event_id[0]}"})
    assert len(set(re.findall(r'name="what" value="event:([^"]+)"', text_of(client, own)))) == 1
    post(client, f"{own}stop-all")
    assert attendee(app).left_at is not None
    page = text_of(client, own)
    assert "You stopped all mails." in page
    assert titles(page) == []


def test_links_are_ended_at_once_and_this_browser_goes_on(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    answer = post(client, f"{own}end-links")
    assert get(client, own).status_code == 410
    assert "a mail with a new link is on its way" in text_of(client, answer.headers["Location"])
    mailed = newest(app, "my-link")
    assert get(client, mailed.path).status_code == 200
    for _ in range(END_LINKS.count):
        answer = post(client, f"{str(answer.headers['Location']).partition('?')[0]}end-links")
    assert "no mail goes out now" in text_of(client, answer.headers["Location"])
    assert len([mail for mail in mails(app) if mail.kind == "my-link"]) == END_LINKS.count
    assert get(client, mailed.path).status_code == 410


def test_links_survive_a_rotation_of_keys(app: Flask, client: FlaskClient) -> None:
    app.extensions["wmd.secretbox"] = SecretBox({"old": KEYS["old"]}, "old")
    own = join(app, [events(app, "ahead")[0].code])
    post(client, f"{own}feed", {"act": "make"})
    calendar = re.findall(r"/me/calendar/[\w-]+\.ics", text_of(client, own))[0]
    app.extensions["wmd.secretbox"] = SecretBox(KEYS, "new")
    assert [get(client, path).status_code for path in (own, calendar)] == [200, 200]
    app.extensions["wmd.secretbox"] = SecretBox({"new": KEYS["new"]}, "new")
    assert [get(client, path).status_code for path in (own, calendar)] == [404, 200]


def test_one_more_event_is_followed_by_its_address(app: Flask, client: FlaskClient) -> None:
    first, second = [event for event in events(app, "ahead") if len(event.sessions) == 1][:2]
    own = join(app, [first.code])
    typed = f"http://wmd.example/demo/events/{second.code}-{second.slug}?tz=UTC"
    assert post(client, f"{own}follow", {"code": typed}).status_code == 303
    assert len(titles(text_of(client, own))) == 2
    assert post(client, f"{own}follow", {"code": "nothing"}).status_code == 422
    over = events(app, "over", "2021")[0]
    answer = post(client, f"{own}follow", {"code": over.code.lower()})
    assert "This event is over" in answer.get_data(as_text=True)


def test_fresh_mail_is_needed_to_download_and_erase(app: Flask, client: FlaskClient) -> None:
    event = events(app, "ahead")[0]
    own = join(app, [event.code])
    join(app, [event.code], OTIS)
    assert "do=" not in post(client, f"{own}proof", {"act": "export"}).headers["Location"]
    mail = newest(app, "attendee-proof")
    assert (mail.facts["act"], mail.path.startswith("/me/proof/")) == ("export", True)
    answer = post(client, mail.path)
    document = json.loads(answer.get_data(as_text=True))
    assert [row["event"] for row in document["attendee"]["follows"]] == [event.code]
    assert OTIS not in answer.get_data(as_text=True)
    assert (post(client, mail.path).status_code, get(client, mail.path).status_code) == (410, 410)
    post(client, f"{own}feed", {"act": "make"})
    calendar = re.findall(r"/me/calendar/[\w-]+\.ics", text_of(client, own))[0]
    post(client, f"{own}proof", {"act": "erase"})
    assert post(client, newest(app, "attendee-proof").path).headers["Location"] == "/me/erased"
    assert [get(client, path).status_code for path in (own, calendar, "/me/erased")] == [410, 410, 200]
    with app.app_context():
        assert db.session.scalars(select(Person).where(Person.address_key == NORA)).all() == []
        # The other one, and the demonstration's own.
        assert len(db.session.scalars(select(Attendee)).all()) == 2


def test_address_moves_when_the_old_and_the_new_one_agree(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    generation = attendee(app).generation
    for typed in (NORA.upper(), "no address", "a@b.example\nBcc: c@d.example"):
        assert post(client, f"{own}proof", {"act": "address", "address": typed}).status_code == 422
    post(client, f"{own}proof", {"act": "address", "address": "new@people.example"})
    asked = newest(app, "attendee-proof")
    assert asked.to == attendee(app).person_id
    assert "new@people.example" in text_of(client, asked.path)
    assert post(client, asked.path).status_code == 303
    moved = newest(app, "change-address")
    page = text_of(client, moved.path)
    answer = post(client, "/sign-in/new-address", {"t": moved.path.partition("t=")[2]})
    assert "new@people.example" in page
    assert "Your mail address is changed" in text_of(client, answer.headers["Location"])
    assert get(client, own).status_code == 410
    assert newest(app, "address-changed").to is None
    assert attendee(app, "new@people.example").generation == generation + 1


def test_mail_is_stopped_by_a_button_or_by_one_click(app: Flask, client: FlaskClient, clock: Clock) -> None:
    first, second = events(app, "ahead")[:2]
    own = join(app, [first.code, second.code])
    person_id, box = attendee(app).person_id, app.extensions["wmd.secretbox"]
    with app.app_context():
        ids = dict(
            db.session.execute(select(Event.code, Event.id).where(Event.code.in_([first.code, second.code])))
            .tuples()
            .all()
        )
    until = clock.now + timedelta(days=400)
    generation = attendee(app).generation
    one, two, every = (
        f"/me/unsubscribe/{make_token(box, person_id, generation, scope='stop', subject=subject, until=until)}"
        for subject in (f"event:{ids[first.code]}", f"event:{ids[second.code]}", "all")
    )
    assert "Yes, stop them" in text_of(client, one)
    # A mail program: no cookie, no token of a form, from another site; it follows no redirect.
    program = app.test_client(use_cookies=False)
    answer = program.post(
        one,
        data={"List-Unsubscribe": "One-Click"},
        base_url="http://wmd.example",
        headers={"Origin": "https://mail.example"},
    )
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert "These mails are stopped" in text_of(client, one)
    assert "Yes, stop them" in text_of(client, two)
    assert client.post(two, base_url="http://wmd.example").headers["Location"] == two
    assert titles(text_of(client, own)) == []
    assert client.post(every, base_url="http://wmd.example").status_code == 303
    assert attendee(app).left_at is not None
    # And nothing of it opens the page of one's own.
    assert own.split("/")[2] not in text_of(client, every)
    assert "/me/v1" not in text_of(client, every).replace(every, "")


def test_stop_of_an_event_leaves_a_place_and_is_taken_back_by_following_again(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    first, second = events(app, "ahead")[:2]
    own = join(app, [second.code])
    person_id = attendee(app).person_id
    with app.app_context():
        event_id = db.session.scalars(select(Event.id).where(Event.code == first.code)).one()
        db.session.add(
            Registration(
                id="r", person_id=person_id, event_id=event_id, state="registered", sessions=[],
                created_at=clock.now, confirmed_at=clock.now,
            )
        )  # fmt: skip
        db.session.commit()
    assert "You have a place." in text_of(client, own)
    post(client, f"{own}stop", {"what": f"event:{event_id}"})
    page = text_of(client, own)
    assert ("You have a place." in page, "No mails about it." in page) == (True, True)
    # Beside it stands the way back.
    assert (
        f'<input type="hidden" name="code" value="{first.code}"><button class="button small quiet">Follow again' in page
    )
    post(client, f"{own}follow", {"code": first.code})
    with app.app_context():
        row = db.session.get_one(Registration, "r")
        assert (row.state, row.muted_at) == ("registered", None)


def test_page_costs_the_same_for_one_event_and_for_many(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    counts = []
    for _ in range(2):
        said: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(_connection: object, _cursor: object, statement: str, *_: object, said: list[str] = said) -> None:
            said.append(statement)

        text_of(client, own)
        on_event.listen(engine, "before_cursor_execute", note)
        text_of(client, own)
        on_event.remove(engine, "before_cursor_execute", note)
        # The look at the versions, once a second, is not of this page.
        own_tables = re.compile(r"FROM (attendees|follows|registrations|personal_feeds|people)")
        counts.append(len([each for each in said if own_tables.search(each)]))
        for event in events(app, "ahead")[1:4]:
            post(client, f"{own}follow", {"code": event.code})
    assert counts[0] == counts[1] > 3


def test_page_holds_a_part_of_five_thousand(app: Flask, client: FlaskClient, clock: Clock) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    person_id = attendee(app).person_id
    with app.app_context():
        known = set(db.session.scalars(select(Follow.event_id).where(Follow.person_id == person_id)))
        rows = db.session.execute(select(Event.id, Event.edition_id)).tuples().all()
        db.session.execute(
            Follow.__table__.insert(),
            [
                {"id": f"f{number}", "person_id": person_id, "edition_id": edition_id, "event_id": event_id,
                 "query": "", "cadence": "", "told_change_id": 0, "created_at": clock.now, "confirmed_at": clock.now}
                for number, (event_id, edition_id) in enumerate(rows)
                if event_id not in known
            ],
        )  # fmt: skip
        db.session.commit()
    page = text_of(client, own)
    assert len(titles(page)) == 50
    assert len(page.encode()) < 200_000
    assert titles(text_of(client, f"{own}?page=2"))[:1] != titles(page)[:1]
    assert len(titles(text_of(client, f"{own}?past"))) > 0


# The calendar behind a secret address.


def calendar_of(client: FlaskClient, own: str, act: str = "make") -> str:
    """Make the calendar, and return its path as the page shows it."""
    assert post(client, f"{own}feed", {"act": act}).status_code == 303
    found = re.search(r"/me/calendar/[\w-]+\.ics", text_of(client, own))
    return found[0] if found else ""


def test_calendar_has_what_is_followed_and_the_sessions_that_were_chosen(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    several = next(event for event in events(app, "ahead") if len(event.sessions) > 1)
    single = next(event for event in events(app, "ahead") if len(event.sessions) == 1)
    own = join(app, [single.code])
    person_id = attendee(app).person_id
    with app.app_context():
        event_id = db.session.scalars(select(Event.id).where(Event.code == several.code)).one()
        db.session.add(
            Registration(
                id="r", person_id=person_id, event_id=event_id, state="registered",
                sessions=[several.sessions[1].id], created_at=clock.now, confirmed_at=clock.now,
            )
        )  # fmt: skip
        db.session.commit()
    path = calendar_of(client, own)
    answer = get(client, path)
    body = answer.get_data(as_text=True)
    uids = set(re.findall(r"^UID:(.+?)\r$", body, re.MULTILINE))
    assert uids == {single.sessions[0].uid, several.sessions[1].uid}
    assert "METHOD" not in body
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    assert path not in body
    again = get(client, path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    post(client, f"{own}follow", {"code": several.code})
    more = get(client, path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (more.status_code, more.get_data(as_text=True).count("BEGIN:VEVENT")) == (200, 1 + len(several.sessions))


def test_calendar_says_that_something_is_cancelled_or_was_taken_off(app: Flask, client: FlaskClient) -> None:
    event, kept = events(app, "ahead")[:2]
    own = join(app, [event.code, kept.code])
    mine = attendee(app).person_id
    path = calendar_of(client, own)
    with app.app_context():
        row = find_event(db.session(), event.code)
        assert row is not None
        hidden_id = row.id
        hide(
            db.session(),
            row,
            app.extensions["wmd.publishing"],
            actor="command",
            now=app.extensions["wmd.gateways"].clock(),
        )
        db.session.commit()
        app.extensions["wmd.library"].refresh()
        app.extensions["wmd.library"].settle()
    body = get(client, path).get_data(as_text=True)
    title = event.text("en").title
    entries = {each for each in body.split("BEGIN:VEVENT") if any(session.uid in each for session in event.sessions)}
    assert len(entries) == len(event.sessions)
    assert all("STATUS:CANCELLED" in each and title not in each for each in entries)
    page = text_of(client, own)
    assert "An event that is no longer listed" in page
    cancelled = next(
        each for each in events(app, "cancelled") if all(one.status is SessionStatus.CANCELLED for one in each.sessions)
    )
    with app.app_context():
        old = db.session.scalars(select(Event).where(Event.code == cancelled.code)).one()
        db.session.execute(
            update(Follow).where(Follow.event_id != hidden_id, Follow.person_id == mine).values(event_id=old.id)
        )
        db.session.commit()
    assert get(client, path).get_data(as_text=True).count("STATUS:CANCELLED") == len(event.sessions) + len(
        cancelled.sessions
    )


def test_calendar_gets_another_address_and_is_taken_away(app: Flask, client: FlaskClient) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    first = calendar_of(client, own)
    second = calendar_of(client, own)
    assert first != second
    assert [get(client, path).status_code for path in (first, second)] == [410, 200]
    assert calendar_of(client, own, "revoke") == ""
    wrong = ["/me/calendar/none.ics", "/me/calendar/" + "x" * 300 + ".ics"]
    assert [get(client, path).status_code for path in (first, second, *wrong)] == [410, 410, 404, 404]
    with app.app_context():
        rows = db.session.scalars(select(PersonalFeed)).all()
        stored = {value for row in rows for value in (row.digest, row.sealed)}
        assert first[len("/me/calendar/") : -4] not in stored
        assert digest_of(first[len("/me/calendar/") : -4]) in stored


def test_log_holds_no_token(app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    own = join(app, [events(app, "ahead")[0].code])
    path = calendar_of(client, own)
    lines: list[str] = []
    log = AccessLog(lines.append)
    for asked in (own, f"{own}follow", path, newest(app, "follow-confirm").path, "/me/unsubscribe/v1.x.yyy.zzz"):
        log(request_facts("GET", asked, 200, 1), "id", 0.1, False)
    assert len(lines) == 5
    assert SECRET_PATHS.findall("\n".join(lines)) == []
    assert SECRET_PATHS.findall(caplog.text) == []
    secrets = [
        own.split("/")[2],
        path.split("/")[3].removesuffix(".ics"),
        newest(app, "follow-confirm").path.split("/")[3],
    ]
    assert [secret in "\n".join(lines) for secret in secrets] == [False] * 3

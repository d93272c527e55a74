"""The form from the empty page to the receipt, and that nothing typed is lost on the way."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import Select, event, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.cast import BASE_URL, Cast, csrf_token, get, make_cast, post, sign_in
from tests.conftest import Clock, Engine
from tests.domain.forms.cast import filled
from tests.handing_in import BOX, make_edition
from wmd.db import db
from wmd.domain.forms.fields import DECLARATIONS
from wmd.models import Alarm, Draft, EditableText, Edition, Message, Organisation, Revision, Submission, WebSession
from wmd.services.confirming import confirm_submission
from wmd.services.drafts import read_typed
from wmd.services.journal import Journal

TOKEN = "form-token-of-a-test"


@pytest.fixture
def engine_name() -> Engine:
    """What differs between the databases is tested with the services."""
    return "sqlite"


@pytest.fixture
def edition(dbs: Session, clock: Clock) -> Edition:
    """The edition of 2021, open."""
    found = make_edition(dbs, clock.now)
    dbs.commit()
    return found


@pytest.fixture
def cast(dbs: Session, clock: Clock) -> Cast:
    """The fixed cast."""
    return make_cast(dbs, clock.now)


@pytest.fixture
def client(app: Flask, edition: Edition, clock: Clock) -> FlaskClient:
    """A stranger's browser."""
    return app.test_client()


def sent(
    client: FlaskClient, typed: dict[str, str], action: str, path: str = "/2021/submit", **more: str
) -> TestResponse:
    """Send the form with one of its buttons."""
    return post(client, path, {**typed, "form_token": TOKEN, "version": "0", "action": action, **more})


def stored(dbs: Session, statement: Select[tuple[Any]]) -> list[Any]:
    """Return rows or values, and let go of the lock that reading takes on SQLite."""
    found = list(dbs.scalars(statement).all())
    dbs.expunge_all()
    dbs.rollback()
    return found


def only(dbs: Session, statement: Select[tuple[Any]]) -> Any:  # noqa: ANN401 -- any row or value
    """Return the one row or value there is."""
    (found,) = stored(dbs, statement)
    return found


def values_in(page: str) -> dict[str, str]:
    """Return the values of a page's inputs and text areas by name."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and value and (not is_box or " checked" in tag):
            found[unescape(name[1])] = unescape(value[1])
    for name, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?([^<]*)</textarea>', page):
        found[unescape(name)] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[unescape(name)] = unescape(chosen[1]) if chosen else ""
    return found


def test_empty_form_is_shown_and_writes_nothing(client: FlaskClient, dbs: Session) -> None:
    answer = get(client, "/2021/submit")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    values = values_in(answer.text)
    assert (values["sessions[0].date"], values["sessions[0].zone"]) == ("2021-10-07", "Madrid")
    assert len(values["form_token"]) >= 20
    assert (stored(dbs, select(Draft)), stored(dbs, select(WebSession))) == ([], [])


def test_unknown_edition_has_no_form(client: FlaskClient) -> None:
    assert get(client, "/1999/submit").status_code == 404


def test_whole_form_gives_a_receipt(client: FlaskClient, dbs: Session) -> None:
    answer = sent(client, filled(), "hand-in")
    assert answer.status_code == 303
    submission = only(dbs, select(Submission))
    assert answer.headers["Location"] == f"/2021/submit/thanks?r={submission.receipt}"
    assert submission.state == "unconfirmed"
    page = get(client, answer.headers["Location"]).text
    assert str(submission.receipt) in page
    assert "within 14 days" in page
    assert ("a…a@" in page, "spam folder" in page) == (True, True)
    # Whoever else knows the number learns nothing of the address.
    assert "…@" not in get(client.application.test_client(), answer.headers["Location"]).text
    content = only(dbs, select(Revision.content).where(Revision.kind == "event"))
    assert content["un_region"] == "europe"


def test_second_click_gives_the_same_receipt(client: FlaskClient, dbs: Session) -> None:
    first = sent(client, filled(), "hand-in")
    second = sent(client, filled(), "hand-in")
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert len(stored(dbs, select(Submission))) == 1
    assert len(stored(dbs, select(Message))) == 1


def test_second_tab_with_other_words_may_become_a_change(
    app: Flask, client: FlaskClient, cast: Cast, dbs: Session
) -> None:
    sign_in(client, app, cast.ana)
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation.", "contact."))}
    typed |= {"organisation.key": "organisation-a", "registration.join_link": "https://zoom.us/j/81234567890?pwd=abc"}
    sent(client, typed, "save")
    path = f"/organiser/drafts/{only(dbs, select(Draft.id))}"
    first = sent(client, typed, "hand-in", path, version="1")
    submission = only(dbs, select(Submission))
    assert sent(client, typed, "hand-in", path, version="1").headers["Location"] == first.headers["Location"]
    other = typed | {"texts.en.title": "Another title", "registration.join_link": "https://zoom.us/j/89999999999?pwd=x"}
    answer = sent(client, other, "hand-in", path, version="1")
    assert answer.status_code == 409
    assert submission.receipt in answer.text
    assert re.findall(r"<dt>([^<]*)</dt>", answer.text) == ["Title (English)", "Join link"]
    assert (typed["texts.en.title"] in unescape(answer.text), "Another title" in answer.text) == (True, True)
    assert len(stored(dbs, select(Revision))) == 1
    change = client.post(path, data=values_in(answer.text) | {"action": "as-change"}, base_url=BASE_URL)
    (draft,) = stored(dbs, select(Draft).where(Draft.handed_in_at.is_(None)))
    assert change.headers["Location"] == f"/organiser/drafts/{draft.id}"
    assert draft.submission_id == submission.id
    values = values_in(get(client, change.headers["Location"]).text)
    assert values["texts.en.title"] == "Another title"
    assert values["registration.join_link"] == "https://zoom.us/j/89999999999?pwd=x"
    again = sent(client, values, "hand-in", change.headers["Location"], version="1", form_token=draft.form_token)
    assert again.headers["Location"] == f"/organiser/submissions/{submission.id}?done=1"
    revisions = stored(dbs, select(Revision).where(Revision.kind == "event").order_by(Revision.number))
    assert [row.content["texts"]["en"]["title"] for row in revisions] == [typed["texts.en.title"], "Another title"]
    assert len({row.content["sessions"][0]["id"] for row in revisions}) == 1


def test_second_tab_of_a_stranger_leads_through_the_sign_in(client: FlaskClient, dbs: Session) -> None:
    sent(client, filled(), "hand-in")
    other = filled() | {"texts.en.title": "Another title"}
    answer = sent(client, other, "hand-in")
    assert (answer.status_code, "Make it a change" in answer.text) == (409, True)
    change = sent(client, other, "as-change")
    (draft,) = stored(dbs, select(Draft).where(Draft.handed_in_at.is_(None)))
    assert change.headers["Location"] == f"/sign-in?next=/organiser/drafts/{draft.id}"
    assert read_typed(draft, BOX)["texts.en.title"] == "Another title"
    # Nobody reaches somebody's event with the token of a form alone.
    assert get(client, f"/organiser/drafts/{draft.id}").status_code == 404


def test_faulty_form_keeps_every_word_and_says_what_is_wrong(client: FlaskClient, dbs: Session) -> None:
    typed = filled() | {"sessions[0].zone": "Mars/Olympus", "texts.en.title": ""}
    answer = sent(client, typed, "hand-in")
    assert answer.status_code == 422
    assert 'href="#f-texts-en-title"' in answer.text
    assert 'href="#f-sessions-0-zone"' in answer.text
    values = values_in(answer.text)
    assert {name: values.get(name) for name in ("contact.address", "sessions[0].zone", "texts.en.summary")} == {
        "contact.address": "ana@prova.example", "sessions[0].zone": "Mars/Olympus",
        "texts.en.summary": typed["texts.en.summary"],
    }  # fmt: skip
    assert stored(dbs, select(Submission)) == []
    # It is a draft by now.
    assert read_typed(only(dbs, select(Draft)), BOX)["contact.name"] == "Ana Prova"


def test_summary_names_each_declaration(client: FlaskClient) -> None:
    typed = {name: text for name, text in filled().items() if not name.startswith("declarations.")}
    answer = sent(client, typed, "hand-in")
    summary = answer.text.split('id="summary"')[1].split("</ul>")[0]
    named = [unescape(words).rstrip(":") for words in re.findall(r"<b>(.*?)</b>", summary)]
    assert named == list(DECLARATIONS.values())


def test_button_adds_a_session_without_a_script(client: FlaskClient, dbs: Session) -> None:
    answer = sent(client, filled(), "add-session")
    draft = only(dbs, select(Draft))
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/organiser/drafts/{draft.id}?saved=1#f-sessions-1-date",
    )
    page = get(client, f"/organiser/drafts/{draft.id}")
    assert values_in(page.text)["sessions[1].zone"] == "Madrid"
    assert draft.session_id is not None


def test_draft_goes_on_until_it_is_handed_in(client: FlaskClient, dbs: Session) -> None:
    sent(client, filled(), "save")
    draft = only(dbs, select(Draft))
    path = f"/organiser/drafts/{draft.id}"
    answer = sent(client, filled(texts__en__title="Second thoughts"), "hand-in", path, version="1")
    assert answer.status_code == 303
    assert only(dbs, select(Submission.title)) == "Second thoughts"
    assert get(client, path).status_code == 303


def test_two_tabs_show_both_versions_to_choose_from(client: FlaskClient, dbs: Session) -> None:
    sent(client, filled(), "save")
    draft = only(dbs, select(Draft))
    path = f"/organiser/drafts/{draft.id}"
    assert sent(client, filled(cost="5 EUR"), "save", path, version="1").status_code == 303
    answer = sent(client, filled(cost="9 EUR"), "save", path, version="1")
    assert answer.status_code == 409
    assert "5 EUR" in answer.text
    assert "9 EUR" in answer.text
    assert read_typed(only(dbs, select(Draft)), BOX)["cost"] == "5 EUR"
    chosen = sent(client, filled(cost="9 EUR"), "resolve", path, version="2", **{"choose:cost": "stored"})
    assert chosen.status_code == 303
    draft = only(dbs, select(Draft))
    assert (read_typed(draft, BOX)["cost"], draft.version) == ("5 EUR", 3)


def test_two_tabs_choose_what_only_the_other_one_changed_and_keep_the_wish(client: FlaskClient, dbs: Session) -> None:
    sent(client, filled(cost="5 EUR"), "save")
    path = f"/organiser/drafts/{only(dbs, select(Draft.id))}"
    began = values_in(get(client, path).text)["began"]
    sent(client, filled(cost="9 EUR", access_note="Ring twice."), "save", path, version="1", began=began)
    here = filled(cost="5 EUR", access_note="Ring once.")
    answer = sent(client, here, "hand-in", path, version="1", began=began)
    assert answer.status_code == 409
    chosen = re.findall(r'name="choose:([^"]*)" value="(\w+)" checked', answer.text)
    assert chosen == [("cost", "stored"), ("access_note", "typed")]
    done = client.post(path, data=values_in(answer.text) | {"action": "resolve"}, base_url=BASE_URL)
    assert done.headers["Location"].startswith("/2021/submit/thanks?r=")
    content = only(dbs, select(Revision.content).where(Revision.kind == "event"))
    assert (content["cost"], content["access_note"]) == ("9 EUR", "Ring once.")


def test_autosave_tells_the_version_and_a_newer_one(client: FlaskClient, dbs: Session) -> None:
    begun = sent(client, filled(), "", "/2021/submit/save")
    assert begun.json["version"] == 1
    saved = sent(client, filled(cost="5"), "", begun.json["save"], version="1")
    assert saved.json == {"version": 2}
    late = sent(client, filled(cost="9"), "", begun.json["save"], version="1")
    assert (late.status_code, late.json) == (409, {"version": 2, "stored": {"cost": "5"}})


def test_stale_form_is_shown_again_with_all_that_was_typed(client: FlaskClient, dbs: Session) -> None:
    answer = client.post("/2021/submit", data=filled() | {"form_token": TOKEN, "action": "hand-in"}, base_url=BASE_URL)
    assert answer.status_code == 422
    assert values_in(answer.text)["contact.name"] == "Ana Prova"
    assert values_in(answer.text)["form_token"] == TOKEN
    assert stored(dbs, select(Draft)) == []


def test_draft_of_an_ended_session_is_kept_on_the_page(client: FlaskClient, dbs: Session) -> None:
    sent(client, filled(), "save")
    draft = only(dbs, select(Draft))
    client.delete_cookie("wmd_session", domain="wmd.example")
    answer = sent(client, filled(cost="7 EUR"), "save", f"/organiser/drafts/{draft.id}", edition="2021")
    assert answer.status_code == 404
    assert values_in(answer.text)["cost"] == "7 EUR"
    assert 'action="/2021/submit"' in answer.text
    # Sent from there it is a draft of its own; the first one stays with the browser it belongs to.
    again = client.post("/2021/submit", data=values_in(answer.text) | {"action": "save"}, base_url=BASE_URL)
    assert again.status_code == 303
    costs = sorted(read_typed(each, BOX).get("cost", "") for each in stored(dbs, select(Draft)))
    assert costs == ["", "7 EUR"]


@pytest.mark.parametrize("method", ["show", "change", "save", "discard"])
@pytest.mark.parametrize("who", ["ben", None, "nobody"])
def test_nobody_else_reaches_a_draft(
    app: Flask, dbs: Session, edition: Edition, cast: Cast, method: str, who: str | None
) -> None:
    ana = app.test_client()
    sign_in(ana, app, cast.ana)
    secret = "Only Ana types this"
    sent(ana, filled(texts__en__title=secret), "save")
    draft = only(dbs, select(Draft))
    path = f"/organiser/drafts/{draft.id}"
    other = app.test_client()
    if who != "nobody":
        sign_in(other, app, who)
    if method == "show":
        answer = get(other, path)
    else:
        answer = sent(other, {}, "save", path if method == "change" else f"{path}/{method}", version="1")
    assert answer.status_code == 404
    assert secret not in answer.text
    draft = only(dbs, select(Draft))
    assert (draft.version, draft.discarded_at) == (1, None)


def test_contact_types_neither_address_nor_profile_again(
    app: Flask, dbs: Session, edition: Edition, cast: Cast
) -> None:
    ana = app.test_client()
    sign_in(ana, app, cast.ana)
    page = get(ana, "/2021/submit").text
    assert "Organisation A" in page
    assert 'name="contact.address"' not in page
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation", "contact"))}
    assert sent(ana, typed | {"organisation.key": cast.a}, "hand-in").status_code == 303
    assert only(dbs, select(Submission.state)) == "submitted"


def test_fields_that_the_form_has_not_change_nothing(client: FlaskClient, dbs: Session) -> None:
    extra = {
        "is_lead": "yes", "state": "approved", "code": "ABC234", "key": "x", "person_id": "mona",
        "receipt": "WMD-111111",
        "sessions[0].status": "cancelled", "sessions[0].uid": "x@y", "organisation.state": "listed", "trusted_at": "1",
        "registration.private_link_id": "somebody", "image.digest": "x",
    }  # fmt: skip
    assert sent(client, filled() | extra, "hand-in").status_code == 303
    submission = only(dbs, select(Submission))
    content = only(dbs, select(Revision.content).where(Revision.kind == "event"))
    assert (submission.state, submission.key, submission.receipt != "WMD-111111") == ("unconfirmed", None, True)
    assert "is_lead" not in content
    assert content["sessions"][0].get("status", "scheduled") == "scheduled"
    assert "private_link_id" not in content["registration"]
    assert only(dbs, select(Organisation.state)) == "proposed"


@pytest.mark.parametrize(
    ("changes", "anchor"),
    [
        ({"texts.en.description": "ä" * 5_000_000}, "f-texts-en-description"),
        ({"texts.en.title": "Care \u202ecinema"}, "f-texts-en-title"),
        ({"texts.en.description": "> " * 5000}, "f-texts-en-description"),
        ({"language": "xx-klingon"}, "f-language"),
        ({"sessions[0].zone": "CEST"}, "f-sessions-0-zone"),
    ],
)
def test_hostile_input_is_answered_beside_its_field(client: FlaskClient, changes: dict[str, str], anchor: str) -> None:
    answer = sent(client, filled() | changes, "hand-in")
    assert answer.status_code == 422
    assert f'href="#{anchor}"' in answer.text
    assert values_in(answer.text)["contact.name"] == "Ana Prova"


def test_script_is_kept_as_the_text_it_is(client: FlaskClient, dbs: Session) -> None:
    assert sent(client, filled(texts__en__summary="<script>alert(1)</script>"), "save").status_code == 303
    page = get(client, f"/organiser/drafts/{only(dbs, select(Draft.id))}").text
    assert "<script>alert" not in page
    assert values_in(page)["texts.en.summary"] == "<script>alert(1)</script>"


def test_five_hundred_sessions_are_refused_and_kept(client: FlaskClient, dbs: Session) -> None:
    typed = filled()
    for index in range(500):
        typed |= {
            f"sessions[{index}].{part}": typed[f"sessions[0].{part}"] for part in ("date", "starts", "ends", "zone")
        }
    answer = sent(client, typed, "hand-in")
    assert answer.status_code == 422
    assert 'href="#f-sessions"' in answer.text
    assert values_in(answer.text)["sessions[499].starts"] == "15:00"
    assert read_typed(only(dbs, select(Draft)), BOX)["sessions[499].zone"] == "Europe/Madrid"


def test_form_larger_than_any_is_refused_before_it_is_read(client: FlaskClient) -> None:
    assert sent(client, filled(texts__en__description="a" * 33_000_000), "save").status_code == 413


@pytest.mark.parametrize(
    ("hours", "status", "said"),
    [(-1, 200, "Come back on"), (1, 200, "Please hand in by"), (25, 200, "say why it is late"), (49, 200, "no longer")],
)
def test_deadlines_have_words_of_their_own(
    client: FlaskClient, dbs: Session, edition: Edition, clock: Clock, hours: int, status: int, said: str
) -> None:
    opens = clock.now
    edition.submit_opens_at, edition.submit_deadline_at = opens, opens + timedelta(hours=24)
    edition.submit_closes_at = opens + timedelta(hours=48)
    dbs.commit()
    clock.now = opens + timedelta(hours=hours)
    answer = get(client, "/2021/submit")
    assert (answer.status_code, said in answer.text) == (status, True)
    assert ('name="texts.en.title"' in answer.text) == (0 <= hours < 48)
    handed = sent(client, filled(), "hand-in")
    assert handed.status_code == (303 if hours == 1 else 422)
    assert values_in(handed.text).get("contact.name", "") == ("" if hours == 1 else "Ana Prova")
    if hours == 25:
        assert sent(client, filled(late_note="A flood."), "hand-in", version="1").status_code == 303
        assert only(dbs, select(Submission.late_note)) == "A flood."


def test_suspected_spam_gets_the_same_receipt_and_is_set_aside(client: FlaskClient, dbs: Session) -> None:
    answer = sent(client, filled(), "hand-in", more_about_you="https://buy.example")
    submission = only(dbs, select(Submission))
    assert answer.headers["Location"] == f"/2021/submit/thanks?r={submission.receipt}"
    assert submission.suspect_at is not None
    assert "spam.honeypot" in submission.flags
    assert [message.kind for message in stored(dbs, select(Message))] == ["confirm"]


def test_look_at_the_preview_makes_nobody_a_machine(client: FlaskClient, dbs: Session, clock: Clock) -> None:
    shown = values_in(get(client, "/2021/submit").text)["shown"]
    clock.now += timedelta(minutes=8)
    assert sent(client, filled(), "preview", shown=shown).status_code == 303
    draft_id = only(dbs, select(Draft.id))
    shown = values_in(get(client, f"/organiser/drafts/{draft_id}").text)["shown"]
    clock.now += timedelta(seconds=1.8)
    path = f"/organiser/drafts/{draft_id}"
    assert sent(client, filled(), "hand-in", path, version="1", shown=shown).status_code == 303
    submission = only(dbs, select(Submission))
    assert (submission.suspect_at, submission.flags) == (None, [])


def test_speed_counts_for_strangers_until_their_address_is_confirmed(
    client: FlaskClient, dbs: Session, clock: Clock
) -> None:
    shown = values_in(get(client, "/2021/submit").text)["shown"]
    assert sent(client, filled(), "hand-in", shown=shown).status_code == 303
    row = dbs.scalars(select(Submission)).one()
    assert (row.suspect_at, row.flags) == (clock.now, ["spam.fast"])
    assert confirm_submission(dbs, row, actor="person:ana", box=BOX, now=clock.now)
    assert (row.suspect_at, row.flags) == (None, [])
    dbs.rollback()


def test_speed_is_nothing_against_somebody_signed_in(app: Flask, client: FlaskClient, cast: Cast, dbs: Session) -> None:
    sign_in(client, app, cast.ana)
    shown = values_in(get(client, "/2021/submit").text)["shown"]
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation.", "contact."))}
    answer = sent(client, typed | {"organisation.key": "organisation-a"}, "hand-in", shown=shown)
    assert answer.status_code == 303
    submission = only(dbs, select(Submission))
    assert (submission.suspect_at, submission.flags) == (None, [])


def test_too_many_at_once_are_answered_with_all_that_was_typed(client: FlaskClient, dbs: Session) -> None:
    token = csrf_token(client)
    statuses = []
    for number in range(21):
        data = filled() | {"form_token": f"form-token-number-{number:02d}", "action": "hand-in", "csrf_token": token}
        answer = client.post("/2021/submit", data=data, base_url=BASE_URL)
        statuses.append(answer.status_code)
    assert statuses == [303] * 20 + [429]
    assert int(answer.headers["Retry-After"]) > 0
    assert values_in(answer.text)["contact.name"] == "Ana Prova"
    assert len(stored(dbs, select(Submission))) == 20


def test_journal_has_the_line_before_the_answer(client: FlaskClient, app: Flask, dbs: Session) -> None:
    sent(client, filled(), "hand-in")
    folder = app.extensions["wmd.config"].var_dir / "journal"
    entries = list(Journal(folder, BOX).entries())
    assert [(entry.kind, entry.text("token"), entry.text("edition")) for entry in entries] == [
        ("submission", TOKEN, "2021")
    ]
    assert entries[0].typed["contact.name"] == "Ana Prova"
    files = list(folder.iterdir())
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600"]
    assert b"Ana" not in files[0].read_bytes()


def test_journal_that_cannot_be_written_raises_an_alarm_and_keeps_the_submission(
    client: FlaskClient, app: Flask, dbs: Session
) -> None:
    (app.extensions["wmd.config"].var_dir / "journal").write_text("in the way")
    assert sent(client, filled(), "hand-in").status_code == 303
    assert len(stored(dbs, select(Submission))) == 1
    assert stored(dbs, select(Alarm.key)) == ["journal"]


def test_words_of_staff_stand_in_the_place_of_ours(client: FlaskClient, dbs: Session, clock: Clock) -> None:
    for edition, key, body in (
        ("2021", "declaration.free.2", "Nobody will pay."), ("2021", "declaration.free.1", "Nobody pays in 2021."),
        ("2021", "deadline.open", "Hurry up."), ("2026", "declaration.open.1", "Not of this edition."),
    ):  # fmt: skip
        dbs.add(
            EditableText(
                edition=edition, key=key, language="en", body=body, changed_by="person:x", changed_at=clock.now
            )
        )
    dbs.commit()
    page = get(client, "/2021/submit").text
    found = [body for body in ("Nobody pays in 2021.", "Nobody will pay.", "Hurry up.", "Not of") if body in page]
    assert found == ["Nobody pays in 2021.", "Hurry up."]


@pytest.mark.parametrize("path", ["/2021/submit", "/organiser/drafts/{draft}"])
@pytest.mark.parametrize("action", ["save", "hand-in"])
def test_locked_database_is_waited_for_and_then_answered_with_all_that_was_typed(
    client: FlaskClient, app: Flask, dbs: Session, path: str, action: str
) -> None:
    if "{draft}" in path:
        sent(client, filled(), "save")
        path = path.format(draft=only(dbs, select(Draft)).id)
    token = csrf_token(client)
    with app.app_context():
        file = db.engine.url.database
    with app.app_context():
        # What waits five seconds outside waits no time here.
        impatient(db.engine)
    other = sqlite3.connect(str(file))
    other.execute("BEGIN IMMEDIATE")
    typed = filled(cost="7 EUR") | {"form_token": TOKEN, "version": "1", "action": action, "csrf_token": token}
    answer = client.post(path, data=typed, base_url=BASE_URL)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    other.rollback()
    other.close()
    values = values_in(answer.text)
    assert (values["cost"], values["form_token"], f'action="{path}"' in answer.text) == ("7 EUR", TOKEN, True)
    assert stored(dbs, select(Submission)) == []
    # The page is a form: sent again, it goes on where it was.
    again = client.post(path, data={**values, "action": action}, base_url=BASE_URL)
    assert again.status_code == 303


def impatient(engine: DatabaseEngine) -> None:
    """Let connections that are opened from now on wait for no lock."""
    engine.dispose()

    @event.listens_for(engine, "connect")
    def set_timeout(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=0")

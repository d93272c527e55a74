"""A submission for its organiser: where it stands, changed, copied, taken back, called off; and nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import Select, event, select
from sqlalchemy.orm import Session

from tests.cast import BASE_URL, Cast, get, make_cast, post, sign_in
from tests.conftest import Clock, Engine
from tests.domain.forms.cast import filled
from tests.handing_in import BOX, hand_in, make_edition
from tests.submissions import MONA, edit, propose, seen
from tests.web.organiser.test_submit import values_in
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.content import EditionContent, TextContent
from wmd.models import (
    Draft,
    Edition,
    EventSession,
    FieldComment,
    Message,
    Note,
    Revision,
    Submission,
    WebSession,
)
from wmd.services.actors import Actor
from wmd.services.decision_mail import recipients
from wmd.services.drafts import read_typed
from wmd.services.moderation import decide
from wmd.services.outbox import hidden_part
from wmd.services.publishing import publish
from wmd.services.references import put_edition
from wmd.services.reminders import due_confirmations
from wmd.services.standing import Means
from wmd.services.verdicts import Said, take_some
from wmd.services.web_sessions import hand_over

ANA = Actor("person:ana", "ana")


@pytest.fixture
def engine_name() -> Engine:
    """What differs between the databases is tested with the services."""
    return "sqlite"


@pytest.fixture
def cast(dbs: Session, clock: Clock) -> Cast:
    """The fixed cast, and the edition of 2021."""
    found = make_cast(dbs, clock.now)
    make_edition(dbs, clock.now)
    dbs.commit()
    return found


@pytest.fixture
def ana(app: Flask, cast: Cast) -> FlaskClient:
    """The browser of A's contact."""
    client = app.test_client()
    sign_in(client, app, cast.ana)
    return client


def of_ana() -> dict[str, str]:
    """Return a form of organisation A."""
    typed = {name: text for name, text in filled().items() if not name.startswith(("organisation.", "contact."))}
    return typed | {"organisation.key": "organisation-a"}


def only(dbs: Session, statement: Select[tuple[Any]]) -> Any:  # noqa: ANN401 -- any row or value
    """Return the one row or value there is, and let go of the lock that reading takes on SQLite."""
    (found,) = dbs.scalars(statement).all()
    dbs.expunge_all()
    dbs.rollback()
    return found


def handed_in(dbs: Session, clock: Clock, *, token: str = "t1") -> str:  # noqa: S107 -- a form's token, no secret
    """Hand in an event of organisation A; return the submission's id."""
    receipt = hand_in(dbs, make_edition(dbs, clock.now), of_ana(), token=token, now=clock.now, actor=ANA)
    dbs.commit()
    return receipt.submission_id


def published(app: Flask, dbs: Session, clock: Clock) -> str:
    """Hand in an event, approve and publish it; return the submission's id."""
    submission_id = handed_in(dbs, clock)
    revision = dbs.scalars(select(Revision).where(Revision.kind == "event")).one()
    decide(dbs, revision, "approved", moderator="person:mona", now=clock.now)
    publish(dbs, make_edition(dbs, clock.now), [revision], publishing_setting(app), actor="person:mona", now=clock.now)
    dbs.commit()
    return submission_id


def test_page_says_where_it_stands_and_what_was_handed_in(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    submission_id = handed_in(dbs, clock)
    page = get(ana, f"/organiser/submissions/{submission_id}").text
    assert "Handed in" in page
    assert only(dbs, select(Submission.receipt)) in page
    assert "Zoom webinar" in page
    assert "<dt>When</dt><dd>Thursday 7 October 2021, 15:00–16:30" in page
    assert "<dt>Starts</dt>" not in page
    home = get(ana, "/organiser/").text
    assert f'href="/organiser/submissions/{submission_id}"' in home


@pytest.mark.parametrize("act", ["", "/edit", "/copy", "/confirm", "/withdraw", "/say", "/call-off"])
@pytest.mark.parametrize("who", ["ben", "stranger"])
def test_nobody_else_reaches_a_submission(
    app: Flask, dbs: Session, clock: Clock, cast: Cast, act: str, who: str
) -> None:
    submission_id = handed_in(dbs, clock)
    client = app.test_client()
    sign_in(client, app, who)
    path = f"/organiser/submissions/{submission_id}{act}"
    answer = post(client, path, {"body": "x", "what": "cancel", "reason": "x"}) if act else get(client, path)
    assert answer.status_code == 404
    assert "Care in the metropolis" not in get(client, "/organiser/").text
    assert only(dbs, select(Submission.state)) == "submitted"


def test_change_goes_through_a_draft_with_the_remarks_beside_the_fields(
    ana: FlaskClient, dbs: Session, clock: Clock
) -> None:
    submission_id = handed_in(dbs, clock)
    revision = only(dbs, select(Revision))
    dbs.add(
        FieldComment(
            submission_id=submission_id, revision_id=revision.id, path="texts.en.title", body="Too short, please.",
            author="person:mona", at=clock.now,
        )
    )  # fmt: skip
    row = dbs.get_one(Submission, submission_id)
    row.state, row.waiting_since = "changes requested", None
    dbs.commit()
    answer = post(ana, f"/organiser/submissions/{submission_id}/edit")
    path = answer.headers["Location"]
    page = get(ana, path).text
    assert re.search(r'id="f-texts-en-title-said">.*?Too short, please\.', page, re.DOTALL)
    # Nothing that is known is asked again.
    assert 'name="contact.address"' not in page
    assert 'name="declarations.free"' not in page
    assert post(ana, f"/organiser/submissions/{submission_id}/edit").headers["Location"] == path
    draft = only(dbs, select(Draft))
    typed = read_typed(draft, BOX) | {"texts.en.title": "Care in and around the metropolis"}
    done = post(ana, path, typed | {"action": "hand-in", "version": "1", "form_token": draft.form_token})
    assert done.headers["Location"] == f"/organiser/submissions/{submission_id}?done=1"
    submission = only(dbs, select(Submission))
    assert (submission.state, submission.title) == ("in review", "Care in and around the metropolis")


def test_change_of_what_was_imported_asks_for_nothing_that_was_lacking_before(
    ana: FlaskClient, cast: Cast, dbs: Session, clock: Clock
) -> None:
    texts = {"en": TextContent("Care in the city", "A talk.", "Some words."), "es": TextContent("Cuidar")}
    submission = propose(dbs, cast, clock.now, texts=texts)
    submission_id, submission.source = submission.id, "import"
    dbs.commit()
    path = post(ana, f"/organiser/submissions/{submission_id}/edit").headers["Location"]
    page = get(ana, path).text
    assert 'name="declarations.free"' not in page
    draft = only(dbs, select(Draft))
    typed = read_typed(draft, BOX) | {"action": "hand-in", "version": "1", "form_token": draft.form_token}
    emptied = post(ana, path, typed | {"texts.en.title": ""})
    assert emptied.status_code == 422
    summary = emptied.text.split('id="summary"')[1].split("</ul>")[0]
    assert re.findall(r'href="#([^"]*)"', summary) == ["f-texts-en-title"]
    assert "This was not given so far" in emptied.text
    done = post(ana, path, typed | {"version": "2", "texts.en.title": "Another title"})
    assert done.headers["Location"] == f"/organiser/submissions/{submission_id}?done=1"
    assert sorted(dbs.scalars(select(Submission.title))) == ["Another title"]


def test_change_typed_while_signed_out_waits_behind_the_sign_in(
    app: Flask, ana: FlaskClient, dbs: Session, clock: Clock
) -> None:
    submission_id = handed_in(dbs, clock)
    path = post(ana, f"/organiser/submissions/{submission_id}/edit").headers["Location"]
    draft = only(dbs, select(Draft).where(Draft.submission_id == submission_id))
    typed = read_typed(draft, BOX) | {"texts.en.title": "Typed while signed out"}
    ana.delete_cookie("__Host-wmd_session", domain="wmd.example")
    ana.delete_cookie("wmd_session", domain="wmd.example")
    answer = post(ana, path, typed | {"action": "hand-in", "version": "1", "form_token": draft.form_token})
    assert ("Error 404" in answer.text, "You were signed out" in answer.text) == (False, True)
    assert f'action="{path}/sign-in"' in answer.text
    assert "/2021/submit" not in answer.text
    led = ana.post(f"{path}/sign-in", data=values_in(answer.text) | {"action": "hand-in"}, base_url=BASE_URL)
    asked, back = (unquote(part) for part in led.headers["Location"].split("?next="))
    assert (asked, back.startswith(f"{path}?kept=")) == ("/sign-in", True)
    kept = only(dbs, select(Draft).where(Draft.id != draft.id, Draft.handed_in_at.is_(None)))
    # Signing in hands what hangs on this browser over to the person; a stranger would not reach the first draft.
    hand_over(dbs, dbs.scalars(select(WebSession).where(WebSession.id == kept.session_id)).one(), "ana", now=clock.now)
    dbs.commit()
    sign_in(ana, app, "ana")
    page = get(ana, back)
    assert "Typed while signed out" in page.text
    sent = post(ana, path, values_in(page.text) | {"action": "hand-in"})
    assert sent.headers["Location"] == f"/organiser/submissions/{submission_id}?done=1"
    assert only(dbs, select(Submission.title)) == "Typed while signed out"
    assert only(dbs, select(Draft.discarded_at).where(Draft.id == kept.id)) == clock.now


def test_published_event_is_changed_copied_and_called_off(
    app: Flask, ana: FlaskClient, dbs: Session, clock: Clock
) -> None:
    submission_id = published(app, dbs, clock)
    path = f"/organiser/submissions/{submission_id}"
    assert "In the programme" in get(ana, path).text
    assert "People opened the way into your event 0 times." in get(ana, path).text
    refused = post(ana, f"{path}/withdraw")
    assert refused.status_code == 422
    without = post(ana, f"{path}/call-off", {"what": "cancel", "reason": " ", "sure": "yes"})
    assert without.status_code == 422
    assert "Say why" in without.text
    linked_reason = "Now at https://zoom.us/j/81234567890?pwd=a"
    linked = post(ana, f"{path}/call-off", {"what": "cancel", "reason": linked_reason, "sure": "yes"})
    assert linked.status_code == 422
    assert re.search(r'id="f-reason-said">.*?private join link', linked.text, re.DOTALL)
    assert "Now at https://zoom.us/j/" in linked.text
    burnt = {"what": "cancel", "reason": "The hall burnt down."}
    unsure = post(ana, f"{path}/call-off", burnt)
    assert (unsure.status_code, "Nothing was announced yet" in unsure.text) == (422, True)
    assert "The hall burnt down." in unsure.text
    assert only(dbs, select(EventSession.status)) == "scheduled"
    assert post(ana, f"{path}/call-off", burnt | {"sure": "yes"}).status_code == 303
    assert only(dbs, select(EventSession.status)) == "cancelled"
    # Its own page says which sessions.
    (said,) = html.document_fromstring(get(ana, path).text).xpath("//section[@aria-labelledby='called-off']")
    words = " ".join(said.text_content().split())
    assert words.startswith("It does not take place as announced")
    assert ": cancelled" in words
    assert "cancelled" in dbs.scalars(select(Message.kind)).all()


def test_what_was_called_off_says_so_with_its_reason_and_the_way_back(
    app: Flask, ana: FlaskClient, dbs: Session, clock: Clock
) -> None:
    submission_id = published(app, dbs, clock)
    path = f"/organiser/submissions/{submission_id}"
    for what, label in (("cancel", "Cancelled"), ("postpone", "Postponed")):
        post(ana, f"{path}/call-off", {"what": what, "reason": f"Reason to {what}.", "sure": "yes"})
        for page in (get(ana, path).text, get(ana, "/organiser/").text):
            assert (f'<span class="badge wants">{label}</span>' in page, f"Reason to {what}." in page) == (True, True)
            assert "at any time" not in page
    assert "takes place after all" in get(ana, path).text
    assert post(ana, f"{path}/call-off", {"what": "revive", "reason": "", "sure": "yes"}).status_code == 303
    home = get(ana, "/organiser/").text
    assert ("Reason to" in home, "In the programme" in home) == (False, True)
    assert "Thursday 7 October 2021, 15:00" in home


def test_page_says_what_was_taken_of_a_change_what_not_and_why(
    app: Flask, ana: FlaskClient, dbs: Session, clock: Clock
) -> None:
    submission_id = published(app, dbs, clock)
    row = dbs.get_one(Submission, submission_id)
    edit(dbs, row, clock.now, cost="5 EUR", access_note="Ring twice.")
    means = Means(publishing_setting(app), BOX)
    take_some(dbs, seen(dbs, row), ["cost"], Said(own="The door has no bell."), means, actor=MONA, now=clock.now)
    dbs.commit()
    page = get(ana, f"/organiser/submissions/{submission_id}").text
    assert "Your last change was taken in part" in page
    said = [unescape(words) for words in re.findall(r"<p><b>(?:Taken|Not taken|Why):</b> (.*?)</p>", page)]
    assert said == ["Cost", "More about access, or whom to ask", '<span dir="auto">The door has no bell.</span>']


def test_both_a_question_and_the_changes_that_are_asked_for_are_said(
    ana: FlaskClient, dbs: Session, clock: Clock
) -> None:
    submission_id = handed_in(dbs, clock)
    row = dbs.get_one(Submission, submission_id)
    row.state, row.waiting_since = "changes requested", None
    dbs.add(
        Note(
            submission_id=submission_id, author="person:mona", by_staff=True, is_private=False, is_question=True,
            body="Which hall?", at=clock.now,
        )
    )  # fmt: skip
    dbs.commit()
    page = get(ana, f"/organiser/submissions/{submission_id}").text
    assert "The team asks for changes, and has a question" in page
    assert "Make the changes" in page


def test_copy_moves_into_the_next_edition_without_links(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    submission_id = handed_in(dbs, clock)
    day = make_edition(dbs, clock.now).main_day
    put_edition(
        dbs,
        EditionContent(
            slug="2026", name="World Metropolitan Day 2026", main_day=day.replace(year=2026), zone="Europe/Madrid",
            window_from=day.replace(year=2026, day=1), window_to=day.replace(year=2026, day=31),
        ),
        now=clock.now,
    )  # fmt: skip
    dbs.commit()
    answer = post(ana, f"/organiser/submissions/{submission_id}/copy", {"edition": "2026"})
    shown = get(ana, answer.headers["Location"]).text
    assert re.search(r"Its dates are now: 2026-10-\d\d\.", shown)
    # Their own organisation is chosen: nothing is asked of another.
    assert ('name="organisation.key"' in shown, 'name="organisation.name"' in shown) == (True, False)
    assert answer.status_code == 303
    draft = only(dbs, select(Draft))
    typed = read_typed(draft, BOX)
    # A Thursday stays a Thursday, at three.
    assert (typed["sessions[0].date"], typed["sessions[0].starts"]) == ("2026-10-08", "15:00")
    assert (typed["registration.url"], typed["sessions[0].id"], draft.submission_id) == ("", "", None)
    assert typed["organisation.key"] == "organisation-a"
    assert only(dbs, select(Edition.slug).where(Edition.id == draft.edition_id)) == "2026"
    page = get(ana, answer.headers["Location"])
    assert page.status_code == 200


def test_copy_into_a_closed_edition_says_so(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    submission_id = handed_in(dbs, clock)
    make_edition(dbs, clock.now).submit_closes_at = clock.now - timedelta(days=1)
    dbs.commit()
    answer = post(ana, f"/organiser/submissions/{submission_id}/copy", {"edition": "2021"})
    assert (answer.status_code, "takes no events now" in answer.text) == (422, True)


def test_words_with_the_team(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    submission_id = handed_in(dbs, clock)
    dbs.add(
        Note(
            submission_id=submission_id, author="person:mona", by_staff=True, is_private=False, is_question=True,
            body="Is the hall step-free?", at=clock.now,
        )
    )  # fmt: skip
    dbs.add(
        Note(
            submission_id=submission_id, author="person:mona", by_staff=True, is_private=True, body="Odd people.",
            at=clock.now,
        )
    )  # fmt: skip
    dbs.commit()
    page = get(ana, f"/organiser/submissions/{submission_id}").text
    assert "Is the hall step-free?" in page
    assert "Odd people" not in page
    assert "The team has a question" in get(ana, "/organiser/").text
    assert post(ana, f"/organiser/submissions/{submission_id}/say", {"body": ""}).status_code == 422
    assert post(ana, f"/organiser/submissions/{submission_id}/say", {"body": "Yes, it is."}).status_code == 303
    assert "The team has a question" not in get(ana, "/organiser/").text


def test_mailed_link_confirms_only_when_its_button_is_pressed(
    app: Flask, dbs: Session, clock: Clock, cast: Cast
) -> None:
    client = app.test_client()
    sent = post(client, "/2021/submit", filled() | {"form_token": "form-token-of-a-test", "action": "hand-in"})
    assert sent.status_code == 303
    secret = hidden_part(only(dbs, select(Message)), BOX)["secret"].rpartition("=")[2]
    for _ in range(2):
        page = get(client, f"/organiser/confirm?t={secret}")
        assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
    assert only(dbs, select(Submission.state)) == "unconfirmed"
    done = post(client, "/organiser/confirm", {"t": secret})
    submission = only(dbs, select(Submission))
    assert (done.status_code, done.headers["Location"]) == (303, f"/organiser/submissions/{submission.id}")
    assert (submission.state, submission.confirm_until) == ("submitted", None)
    assert get(client, done.headers["Location"]).status_code == 200
    assert only(dbs, select(Draft.person_id)) == submission.person_id
    again = post(client, "/organiser/confirm", {"t": secret})
    assert (again.status_code, "confirmed already" in again.text) == (410, True)


def mailed_link(app: Flask, dbs: Session) -> str:
    """Hand a form in as somebody new and return the secret of the link that was mailed."""
    sent = post(
        app.test_client(), "/2021/submit", filled() | {"form_token": "form-token-of-a-test", "action": "hand-in"}
    )
    assert sent.status_code == 303
    return hidden_part(only(dbs, select(Message)), BOX)["secret"].rpartition("=")[2]


def test_confirm_link_older_than_ten_minutes_confirms_and_signs_nobody_in(
    app: Flask, dbs: Session, clock: Clock, cast: Cast
) -> None:
    secret = mailed_link(app, dbs)
    clock.now += timedelta(minutes=10)
    client = app.test_client()
    page = get(client, f"/organiser/confirm?t={secret}").text
    assert ("Yes, confirm</button>" in page, "confirm and sign in" in page) == (True, False)
    done = post(client, "/organiser/confirm", {"t": secret})
    submission = only(dbs, select(Submission))
    assert (done.status_code, submission.state) == (200, "submitted")
    assert ('value="ana@prova.example"' in done.text, "it is confirmed" in done.text) == (True, True)
    assert f'value="/organiser/submissions/{submission.id}"' in done.text
    assert get(client, f"/organiser/submissions/{submission.id}").status_code == 303
    assert dbs.scalars(select(WebSession.person_id).where(WebSession.person_id.is_not(None))).all() == []


def test_confirm_link_works_no_more_after_a_change_of_address_or_the_end_of_other_sessions(
    app: Flask, dbs: Session, clock: Clock, cast: Cast
) -> None:
    secret = mailed_link(app, dbs)
    person_id = only(dbs, select(Submission.person_id))
    client = app.test_client()
    sign_in(client, app, person_id)
    assert post(client, "/organiser/account/sessions/end-others").status_code == 303
    stranger = app.test_client()
    assert post(stranger, "/organiser/confirm", {"t": secret}).status_code == 410
    assert only(dbs, select(Submission.state)) == "unconfirmed"


def test_who_says_that_it_is_not_theirs_gets_no_more_mail_and_staff_see_it(
    app: Flask, dbs: Session, clock: Clock, cast: Cast
) -> None:
    secret = mailed_link(app, dbs)
    client = app.test_client()
    assert "This is not mine" in get(client, f"/organiser/confirm?t={secret}").text
    done = post(client, "/organiser/confirm", {"t": secret, "answer": "no"})
    assert (done.status_code, done.location) == (303, "/organiser/confirm/not-mine")
    assert "not yours" in get(client, done.location).text
    submission = only(dbs, select(Submission))
    assert (submission.state, submission.person_id, "not-theirs" in submission.flags) == ("unconfirmed", None, True)
    assert only(dbs, select(Message.state)) == "cancelled"
    assert recipients(dbs, submission) == []
    assert due_confirmations(dbs, now=clock.now + timedelta(days=8), limit=5) == []
    dbs.rollback()
    assert post(client, "/organiser/confirm", {"t": secret}).status_code == 410
    mona = app.test_client()
    sign_in(mona, app, cast.mona, staff=True)
    assert "whose address it gives says: not mine" in get(mona, f"/staff/desk/{submission.id}").text


def test_person_who_signed_in_confirms_or_takes_back_what_came_in_their_name(
    app: Flask, dbs: Session, clock: Clock, cast: Cast
) -> None:
    typed = filled() | {"contact.address": "ana@people.example"}
    for token in ("t1", "t2"):
        hand_in(dbs, make_edition(dbs, clock.now), typed, token=token, now=clock.now)
    dbs.commit()
    first, second = dbs.scalars(select(Submission.id).order_by(Submission.id)).all()
    dbs.rollback()
    client = app.test_client()
    sign_in(client, app, cast.ana)
    assert "Yes, this is mine" in get(client, f"/organiser/submissions/{first}").text
    post(client, f"/organiser/submissions/{first}/confirm")
    post(client, f"/organiser/submissions/{second}/withdraw")
    states = dbs.scalars(select(Submission.state).order_by(Submission.id)).all()
    assert states == ["submitted", "withdrawn"]


def test_stranger_sees_an_empty_page_that_says_what_to_do(app: Flask, cast: Cast, dbs: Session) -> None:
    client = app.test_client()
    page = get(client, "/organiser/").text
    assert 'href="/sign-in?next=/organiser/"' in page
    assert 'href="/2021/submit"' in page
    assert dbs.scalars(select(WebSession)).all() == []
    dbs.rollback()
    sign_in(client, app, cast.stranger)
    assert "Nothing here yet" in get(client, "/organiser/").text


def test_list_takes_the_same_statements_for_one_and_three(
    ana: FlaskClient, app: Flask, dbs: Session, clock: Clock
) -> None:
    counted: list[int] = []
    for number in range(3):
        handed_in(dbs, clock, token=f"t{number}")
        seen: list[str] = []

        def count(*args: Any, seen: list[str] = seen) -> None:
            seen.append(args[2])

        event.listen(db.engine, "before_cursor_execute", count)
        get(ana, "/organiser/")
        event.remove(db.engine, "before_cursor_execute", count)
        counted.append(len(seen))
    assert counted[0] == counted[2]
    assert counted[0] <= 12


def test_merged_submission_says_so_and_not_that_it_was_taken_back(ana: FlaskClient, dbs: Session, clock: Clock) -> None:
    stays, gone = handed_in(dbs, clock), handed_in(dbs, clock, token="t2")
    row = dbs.get_one(Submission, gone)
    row.state, row.merged_into_id, row.waiting_since = "withdrawn", stays, None
    dbs.commit()
    page = get(ana, f"/organiser/submissions/{gone}").text
    assert ("Merged" in page, "You took it back" in page) == (True, False)

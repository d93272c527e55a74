"""The desk through the browser's eyes: who may what, what a decision does, and what the second moderator reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import Connection, event, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.cast import Cast, get, make_cast, post, sign_in
from tests.conftest import LEAD_STARTED_AT, Clock
from tests.documents import BOX
from tests.submissions import ADAM, MONA, edit, propose, seen
from wmd.db import db
from wmd.domain.content import ReviewContent, TextContent
from wmd.domain.vocabulary import Access, Answer, Origin
from wmd.models import (
    Decision,
    Event,
    EventSession,
    FieldComment,
    GoCount,
    Message,
    Note,
    Person,
    StaffMember,
    Submission,
)
from wmd.services.delivery import address_digest, count_bounce
from wmd.services.moderation import claim
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import Said, approve, refuse

NOW = LEAD_STARTED_AT


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@dataclass(frozen=True)
class Handed:
    """A submission by its id: a row of a test's own session would hold SQLite's lock."""

    id: str


@pytest.fixture
def submission(dbs: Session, cast: Cast) -> Handed:
    return hand_in(dbs, cast, NOW - timedelta(hours=5))


def hand_in(dbs: Session, cast: Cast, now: datetime, **changes: object) -> Handed:
    handed = Handed(propose(dbs, cast, now, **changes).id)  # type: ignore[arg-type]
    dbs.rollback()
    return handed


def row(dbs: Session, handed: Handed) -> Submission:
    return dbs.get_one(Submission, handed.id)


def look(dbs: Session, *wanted: object) -> list[Any]:
    """Return rows or values as they are now, and let the lock go."""
    found = dbs.execute(select(*wanted)).all()  # type: ignore[call-overload]
    dbs.rollback()
    return [tuple(one) if len(one) > 1 else one[0] for one in found]


def standing_of(dbs: Session, handed: Handed) -> Submission:
    """Return a submission's row as it is now, cut off from the database."""
    found = row(dbs, handed)
    dbs.refresh(found)
    dbs.expunge(found)
    dbs.rollback()
    return found


def at_desk(app: Flask, person: str) -> FlaskClient:
    """Return the browser of a member of the staff, or of somebody else."""
    client = app.test_client()
    sign_in(client, app, person, staff=person in {"mona", "adam", "rita"})
    return client


def text_of(page: str) -> str:
    return " ".join(html.document_fromstring(page).text_content().split())


def form_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the verdict's form."""
    fields = html.document_fromstring(page).xpath("//form[@id='verdict']//input[@type='hidden']")
    return {field.get("name"): field.get("value") for field in fields}


def decide(client: FlaskClient, submission_id: str, act: str, **fields: object) -> TestResponse:
    page = get(client, f"/staff/desk/{submission_id}").get_data(as_text=True)
    return post(client, f"/staff/desk/{submission_id}", {**form_of(page), "act": act, **fields})


def test_queue_and_item_stand_side_by_side(app: Flask, submission: Handed) -> None:
    answer = get(at_desk(app, "mona"), f"/staff/desk/{submission.id}")
    said = text_of(answer.get_data(as_text=True))
    assert answer.status_code == 200
    for words in (
        "Care in the city",
        "Organisation A",
        "A talk.",
        "Thu 7 Oct 15:00–16:30",
        "Approve",
        "Reject",
        "ana@people.example",
    ):
        assert words in said
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_value_stands_in_words(app: Flask, dbs: Session, cast: Cast) -> None:
    handed = hand_in(
        dbs, cast, NOW, access=Access.INVITATION, access_facts={"step-free": Answer.UNKNOWN, "phone": Answer.YES},
        review=ReviewContent(theme_fit="Care is metropolitan.", urban_october="please"), answers={"old-one": "yes"},
        texts={
            "en": TextContent("Care in the city", "", "Some words."), "es": TextContent("Cuidados", origin=Origin.HUMAN)
        },
        capacity=40,
    )  # fmt: skip
    page = html.document_fromstring(get(at_desk(app, "mona"), f"/staff/desk/{handed.id}").get_data(as_text=True))
    said = {
        " ".join(row.xpath("dt")[0].text_content().split()): " ".join(row.xpath("dd/text()")).strip()
        for row in page.xpath("//dl[@class='content']/div")
    }
    wanted = {
        "Who may take part": "Only people who are invited (listed without a link)",
        "Organisers": "Organisation A (leads it)",
        "Access": "Can be followed by phone: Yes; Step-free venue: Not known yet", "Region": "Europe",
        "Region of UN-Habitat": "Europe", "Host’s country": "Spain", "Topics": "Gender equality",
        "How does it fit the theme?": "Care is metropolitan.",
        "Is it registered with Urban October?": "No, please do it for us",
        "old one": "yes", "Capacity": "40",
    }  # fmt: skip
    assert {name: said.get(name) for name in wanted} == wanted
    registration = page.xpath("//dt[.='Registration']/../dd[1]")[0].text_content()
    assert registration.split(",")[0].strip() == "People can register now"
    heads = [" ".join(head.text_content().split()) for head in page.xpath("//section[contains(@class, 'block')]/h4")]
    assert heads[:2] == ["English (original)", "Spanish (translated by a person)"]
    # A finding names its field as the form does, and never by its path.
    fields = page.xpath("//ul[contains(@class, 'findings')]/li/span[@class='hint']/text()")
    assert "One line about it (English)" in fields
    assert not [name for name in fields if "." in name or "_" in name or "[" in name]


def test_approval_publishes_and_opens_the_next(app: Flask, dbs: Session, cast: Cast, submission: Handed) -> None:
    following = hand_in(dbs, cast, NOW, title="Another")
    client = at_desk(app, "mona")
    answer = decide(client, submission.id, "approve")
    assert (answer.status_code, answer.location) == (
        303,
        f"/staff/desk/{following.id}?done=approve&about={submission.id}",
    )
    assert standing_of(dbs, submission).state == "approved"
    (code,) = look(dbs, Event.code)
    assert get(client, f"/e/{code}").status_code == 303
    last = decide(client, following.id, "refuse", own="Not a city.")
    assert last.location == f"/staff/desk?done=refuse&about={following.id}"
    # The page that follows is about another one, so that the notice names what was decided.
    (notice,) = html.document_fromstring(get(client, answer.location).text).xpath("//p[@role='status']")
    assert " ".join(notice.text_content().split()) == "Approved. Care in the city"
    assert notice.xpath("a/@href") == [f"/staff/desk/{submission.id}"]


def test_changes_are_asked_for_with_reasons_and_remarks(app: Flask, dbs: Session, submission: Handed) -> None:
    client = at_desk(app, "mona")
    fields = {"reasons": ["time-unclear"], "own": "Please.", "comment.texts.en.title": "Rather short"}
    assert decide(client, submission.id, "changes", **fields).status_code == 303
    assert look(dbs, Decision.reasons) == [["time-unclear"]]
    assert look(dbs, FieldComment.path) == ["texts.en.title"]
    assert "Rather short" in get(client, f"/staff/desk/{submission.id}").get_data(as_text=True)


def test_refusal_without_a_reason_is_shown_again_with_what_was_typed(app: Flask, submission: Handed) -> None:
    client = at_desk(app, "mona")
    answer = decide(client, submission.id, "refuse", **{"comment.texts.en.title": "Kept"})
    assert answer.status_code == 422
    assert "Say why: choose a reason or write one." in text_of(answer.get_data(as_text=True))
    assert "Kept" in answer.get_data(as_text=True)


def test_date_to_publish_is_read_in_the_zone_of_the_edition(app: Flask, dbs: Session, submission: Handed) -> None:
    client = at_desk(app, "mona")
    assert decide(client, submission.id, "approve", publish_day="soon").status_code == 422
    answer = decide(client, submission.id, "approve", publish_day="2021-10-20", publish_time="10:00")
    assert answer.status_code == 303
    publish_on = standing_of(dbs, submission).publish_on
    assert publish_on is not None
    assert publish_on.isoformat() == "2021-10-20T08:00:00+00:00"
    assert look(dbs, Event) == []


def test_day_that_is_over_is_said_beside_its_field(app: Flask, dbs: Session, submission: Handed) -> None:
    answer = decide(at_desk(app, "mona"), submission.id, "approve", publish_day="2021-10-06")
    assert answer.status_code == 422
    page = html.document_fromstring(answer.get_data(as_text=True))
    (field,) = page.xpath("//div[input[@name='publish_day']]")
    assert "This is over already." in field.text_content()
    assert field.xpath("input/@value") == ["2021-10-06"]
    assert standing_of(dbs, submission).state == "submitted"


def test_date_to_be_shown_from_stands_in_the_notice_and_in_the_list(app: Flask, submission: Handed) -> None:
    client = at_desk(app, "mona")
    answer = decide(client, submission.id, "approve", publish_day="2021-10-20", publish_time="10:00")
    assert "Approved. Care in the city to be shown from" in text_of(get(client, answer.location).text)
    (badge,) = html.document_fromstring(get(client, "/staff/desk?kind=dated").text).xpath(
        "//ol[@class='queue']//span[contains(., 'to be shown from')][@class='badge']"
    )
    assert "20 October 2021" in badge.text_content() or "20 Oct" in badge.text_content()


def test_what_looks_like_spam_is_rejected_without_a_mail_unless_ticked(
    app: Flask, dbs: Session, cast: Cast, submission: Handed
) -> None:
    other = hand_in(dbs, cast, NOW, title="Another", state="unconfirmed")
    dbs.execute(update(Submission).values(suspect_at=NOW))
    dbs.commit()
    client = at_desk(app, "mona")
    page = html.document_fromstring(get(client, f"/staff/desk/{other.id}").text)
    assert page.xpath("//input[@name='tell']/@checked") == []
    assert len(page.xpath("//p[@id='unconfirmed']")) == 1
    assert "Nothing waits here." in text_of(get(client, "/staff/desk").text)
    assert "Possible spam (2)" in html.document_fromstring(get(client, "/staff/desk").text).xpath(
        "//ul[@class='elsewhere']/li/a/text()"
    )
    assert decide(client, submission.id, "refuse", own="Spam.").status_code == 303
    assert look(dbs, Message.kind) == []
    assert decide(client, other.id, "refuse", own="Spam.", tell="yes").status_code == 303
    assert set(look(dbs, Message.kind)) == {"rejected"}


def test_second_moderator_reads_what_the_first_did(
    app: Flask, dbs: Session, submission: Handed, setting: Setting
) -> None:
    client = at_desk(app, "mona")
    page = get(client, f"/staff/desk/{submission.id}").get_data(as_text=True)
    refuse(dbs, seen(dbs, row(dbs, submission)), Said(own="No."), Means(setting, BOX), actor=ADAM, now=NOW)
    dbs.commit()
    answer = post(client, f"/staff/desk/{submission.id}", {**form_of(page), "act": "approve"})
    said = text_of(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "Adam rejected it on 2021-10-07 15:01 (Europe/Madrid). Nothing was decided twice." in said


def test_edit_is_shown_field_by_field_and_partly_taken(
    app: Flask, dbs: Session, submission: Handed, setting: Setting
) -> None:
    approve(dbs, seen(dbs, row(dbs, submission)), Means(setting, BOX), actor=MONA, now=NOW)
    dbs.commit()
    edit(
        dbs,
        row(dbs, submission),
        NOW,
        cost="90 EUR",
        texts={"en": TextContent("Care, again", "A talk.", "Some words.")},
    )
    dbs.rollback()
    client = at_desk(app, "mona")
    page = get(client, f"/staff/desk/{submission.id}").get_data(as_text=True)
    rows = html.document_fromstring(page).xpath("//table[contains(@class, 'diff')]/tbody/tr")
    cells = [[" ".join(cell.text_content().split()) for cell in one.xpath("th|td")][1:] for one in rows]
    assert cells == [["Title en", "Care in the city", "Care, again"], ["Cost", "–", "90 EUR"]]
    fields = {**form_of(page), "act": "some", "take": ["texts.en.title"], "own": "Events are free."}
    assert post(client, f"/staff/desk/{submission.id}", fields).status_code == 303
    assert look(dbs, Decision.verdict) == [
        "approved", "partly approved", "approved"
    ]  # fmt: skip


def test_claim_note_and_question(app: Flask, dbs: Session, submission: Handed) -> None:
    client = at_desk(app, "mona")
    for act, fields in (
        ("claim", {}), ("note", {"note": "Careful."}), ("question", {"question": "Which hall?"}),
        ("hand-over", {"to": "adam"}),
    ):  # fmt: skip
        answer = post(client, f"/staff/desk/{submission.id}", {"act": act, **fields})
        assert answer.location == f"/staff/desk/{submission.id}?done={act}"
    claimed = standing_of(dbs, submission)
    assert (claimed.state, claimed.claimed_by) == ("in review", "adam")
    assert look(dbs, Note.body) == ["Careful.", "Which hall?"]
    answer = post(client, f"/staff/desk/{submission.id}", {"act": "claim"})
    assert answer.status_code == 409
    assert "Adam has taken this on since" in text_of(answer.get_data(as_text=True))
    assert post(client, f"/staff/desk/{submission.id}", {"act": "claim", "take_over": "yes"}).status_code == 303
    assert post(client, f"/staff/desk/{submission.id}", {"act": "hand-over", "to": "rita"}).status_code == 422


@pytest.mark.parametrize(
    ("person", "shown", "decided"), [("rita", 200, 403), ("ana", 403, 403), ("stranger", 403, 403)]
)
def test_reader_looks_and_nobody_else_of_no_right_comes_in(
    app: Flask, submission: Handed, person: str, shown: int, decided: int
) -> None:
    client = at_desk(app, person)
    here = f"/staff/desk/{submission.id}"
    assert [get(client, path).status_code for path in ("/staff/", "/staff/desk", here)] == [shown] * 3
    closed = [here, f"{here}/edit", f"{here}/call-off", f"{here}/hide", f"{here}/show"]
    assert [post(client, path, {"act": "claim"}).status_code for path in closed] == [decided] * 5
    if person == "rita":
        assert 'id="verdict"' not in get(client, here).get_data(as_text=True)


def test_member_limited_to_a_region_finds_nothing_else(app: Flask, dbs: Session, submission: Handed) -> None:
    dbs.get_one(StaffMember, "mona").regions = ["africa"]
    dbs.commit()
    client = at_desk(app, "mona")
    here = f"/staff/desk/{submission.id}"
    assert "Care in the city" not in get(client, "/staff/desk").get_data(as_text=True)
    assert get(client, here).status_code == 404
    for path in (here, f"{here}/edit", f"{here}/call-off", f"{here}/hide"):
        assert post(client, path, {"act": "approve"}).status_code == 404


def test_staff_edit_is_saved_and_published(app: Flask, dbs: Session, submission: Handed, setting: Setting) -> None:
    approve(dbs, seen(dbs, row(dbs, submission)), Means(setting, BOX), actor=MONA, now=NOW)
    dbs.commit()
    client = at_desk(app, "mona")
    page = html.document_fromstring(get(client, f"/staff/desk/{submission.id}/edit").get_data(as_text=True))
    base = page.xpath("string(//input[@name='base']/@value)")
    here = f"/staff/desk/{submission.id}/edit"
    wrong = post(client, here, {"base": base, "registration.opens_at": "soon", "is_lead": "yes"})
    said = html.document_fromstring(wrong.get_data(as_text=True))
    assert (wrong.status_code, said.xpath("//*[@id='summary']//b/text()")) == (422, ["Registration opens:"])
    assert said.xpath("//input[@name='registration.opens_at']/@value") == ["soon"]
    assert said.xpath("//input[@name='is_lead']/@checked") == ["checked"]
    assert post(client, here, {"base": base, "is_lead": "yes"}).status_code == 303
    assert look(dbs, Event.is_lead) == [True]
    assert post(client, here, {"base": base, "is_lead": ""}).status_code == 409


def test_event_is_cancelled_hidden_and_shown(app: Flask, dbs: Session, submission: Handed, setting: Setting) -> None:
    approve(dbs, seen(dbs, row(dbs, submission)), Means(setting, BOX), actor=MONA, now=NOW)
    dbs.commit()
    client = at_desk(app, "mona")
    here = f"/staff/desk/{submission.id}"
    revives = 'value="scheduled"'
    page = get(client, f"{here}/call-off")
    assert (page.status_code, revives in page.get_data(as_text=True)) == (200, False)
    assert post(client, f"{here}/call-off", {"status": "cancelled", "reason.en": ""}).status_code == 422
    answer = post(client, f"{here}/call-off", {"status": "cancelled", "reason.en": "The hall is closed."})
    assert answer.location == f"{here}?done=call-off"
    assert revives in get(client, f"{here}/call-off").get_data(as_text=True)
    assert '<span class="badge wants">cancelled</span>' in get(client, here).get_data(as_text=True)
    (code,) = look(dbs, Event.code)
    public = get(client, f"/e/{code}", follow_redirects=True).get_data(as_text=True)
    assert "The hall is closed." in public
    assert post(client, f"{here}/hide", {"why": ""}).status_code == 422
    assert post(client, f"{here}/hide", {"why": "Complaint"}).status_code == 303
    assert get(client, f"/e/{code}", follow_redirects=True).status_code == 410
    assert post(client, f"{here}/hide", {"why": "Twice"}).status_code == 409
    assert post(client, f"{here}/show", {"why": "Settled"}).status_code == 303


def test_hiding_asks_for_a_fresh_confirmation(app: Flask, dbs: Session, submission: Handed, clock: object) -> None:
    client = at_desk(app, "mona")
    clock.now = NOW + timedelta(minutes=16)  # type: ignore[attr-defined]
    answer = post(client, f"/staff/desk/{submission.id}/hide", {"why": "x"})
    assert (answer.status_code, answer.location.partition("?")[0]) == (303, "/sign-in/second-factor")


def test_start_page_leads_to_the_work_and_shows_alarms(app: Flask, dbs: Session, submission: Handed) -> None:
    claim(dbs, submission.id, actor=MONA, now=NOW)
    dbs.commit()
    said = text_of(get(at_desk(app, "mona"), "/staff/").get_data(as_text=True))
    assert "1 Everything that waits for us" in said
    assert "1 Taken on by me" in said


def test_form_that_was_open_too_long_keeps_what_was_typed(app: Flask, submission: Handed) -> None:
    client = at_desk(app, "mona")
    answer = client.post(
        f"/staff/desk/{submission.id}", data={"act": "refuse", "own": "My careful words"},
        base_url="http://wmd.example",
    )  # fmt: skip
    assert (answer.status_code, "My careful words" in answer.get_data(as_text=True)) == (422, True)


def test_likely_repeat_is_named_and_can_be_merged(
    app: Flask, dbs: Session, cast: Cast, submission: Handed, setting: Setting
) -> None:
    approve(dbs, seen(dbs, row(dbs, submission)), Means(setting, BOX), actor=MONA, now=NOW)
    dbs.commit()
    app.extensions["wmd.library"].refresh()
    twin = hand_in(dbs, cast, NOW)
    client = at_desk(app, "mona")
    (code,) = look(dbs, Event.code)
    page = get(client, f"/staff/desk/{twin.id}").get_data(as_text=True)
    assert ("It may be the same as:" in page, f'href="/e/{code}"' in page) == (True, True)
    assert (
        post(client, f"/staff/desk/{twin.id}", {**form_of(page), "act": "merge", "into": "ZZZZZZ"}).status_code == 422
    )
    answer = post(client, f"/staff/desk/{twin.id}", {**form_of(page), "act": "merge", "into": code.lower()})
    assert answer.status_code == 303
    assert standing_of(dbs, twin).merged_into_id == submission.id


def test_preview_shows_the_page_as_the_public_will_see_it(app: Flask, submission: Handed) -> None:
    page = get(at_desk(app, "rita"), f"/staff/desk/{submission.id}/preview")
    said = text_of(page.get_data(as_text=True))
    assert (page.status_code, "Care in the city" in said, "Back to the desk" in said) == (200, True, True)


@pytest.mark.parametrize("rows", [1, 3])
def test_desk_takes_a_fixed_number_of_queries(app: Flask, dbs: Session, cast: Cast, rows: int) -> None:
    handed = [hand_in(dbs, cast, NOW, title=f"Event number {number} of many") for number in range(rows)]
    client = at_desk(app, "mona")
    get(client, f"/staff/desk/{handed[0].id}")
    found: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_c: Connection, _k: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        get(client, "/staff/desk")
        queue = len(found)
        get(client, f"/staff/desk/{handed[0].id}")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert (queue, len(found) - queue) == (6, 32)


def test_signs_of_spam_are_told_in_words_and_taken_back(app: Flask, dbs: Session, submission: Handed) -> None:
    suspect = row(dbs, submission)
    suspect.suspect_at, suspect.flags = NOW, ["spam.fast", "spam.honeypot"]
    dbs.commit()
    client = at_desk(app, "mona")
    said = text_of(get(client, f"/staff/desk/{submission.id}").get_data(as_text=True))
    assert "The form was sent within 3 seconds." in said
    assert "A field that people cannot see was filled in." in said
    assert "Care in the city" not in text_of(get(client, "/staff/desk").get_data(as_text=True))
    assert post(client, f"/staff/desk/{submission.id}", {"act": "not-spam"}).status_code == 303
    assert "Care in the city" in text_of(get(client, "/staff/desk").get_data(as_text=True))
    decide(client, submission.id, "refuse", own="No.")
    assert post(client, f"/staff/desk/{submission.id}", {"act": "reopen"}).status_code == 303
    assert standing_of(dbs, submission).state == "in review"


@pytest.mark.parametrize(("clock_text", "said"), [("02:30", "does not exist"), ("soon", "Write a day")])
def test_time_to_publish_that_never_happens_is_refused(
    app: Flask, submission: Handed, clock_text: str, said: str
) -> None:
    client, path = at_desk(app, "mona"), f"/staff/desk/{submission.id}"
    form = form_of(get(client, path).get_data(as_text=True))
    # The clocks of Madrid went forward over it.
    asked = {**form, "act": "approve", "publish_day": "2022-03-27", "publish_time": clock_text}
    answer = post(client, path, asked)
    assert (answer.status_code, said in text_of(answer.get_data(as_text=True))) == (422, True)


def test_merging_and_calling_off_ask_for_a_fresh_confirmation(app: Flask, submission: Handed, clock: Clock) -> None:
    client, path = at_desk(app, "mona"), f"/staff/desk/{submission.id}"
    clock.now = NOW + timedelta(minutes=16)
    answers = [
        post(client, path, {"act": "merge", "into": "ZZZZZZ"}), get(client, f"{path}/call-off"),
        post(client, f"{path}/call-off", {"status": "cancelled"}), get(client, "/staff/bulk"),
        post(client, "/staff/bulk", {"act": "approve"}),
    ]  # fmt: skip
    assert [(answer.status_code, answer.location.partition("?")[0]) for answer in answers] == [
        (303, "/sign-in/second-factor")
    ] * 5
    # The desk's own verdicts go on without.
    assert post(client, path, {"act": "refuse"}).status_code in {409, 422}


def test_desk_says_how_often_the_way_in_was_opened(
    app: Flask, dbs: Session, submission: Handed, setting: Setting
) -> None:
    approve(dbs, seen(dbs, row(dbs, submission)), Means(setting, BOX), actor=MONA, now=NOW)
    (event_code, session_code) = dbs.execute(
        select(Event.code, EventSession.code).join(EventSession, EventSession.event_id == Event.id)
    ).one()
    for code, count in ((event_code, 3), (session_code, 4), ("ZZZZZZ", 99)):
        dbs.add(GoCount(code=code, way="page", hour_at=NOW, count=count))
    dbs.commit()
    said = text_of(get(at_desk(app, "mona"), f"/staff/desk/{submission.id}").get_data(as_text=True))
    assert "Its way in was opened 7 times." in said


def test_desk_says_whose_mail_comes_back(app: Flask, dbs: Session, submission: Handed) -> None:
    said = "mail to this address comes back"
    client = at_desk(app, "mona")
    assert said not in get(client, f"/staff/desk/{submission.id}").text
    person = dbs.get_one(Person, "ana")
    digest = address_digest(str(app.config["SECRET_KEY"]))(person.address.lower())
    count_bounce(dbs, digest, NOW, is_returned=True, at_once=True)
    dbs.commit()
    assert get(client, f"/staff/desk/{submission.id}").text.count(said) == 1
    adam = app.test_client()
    sign_in(adam, app, "adam", staff=True)
    assert "gets no mail any more" in get(adam, "/staff/persons/ana").text
    assert "gets no mail any more" not in get(adam, "/staff/persons/ben").text

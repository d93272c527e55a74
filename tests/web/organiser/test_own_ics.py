"""A calendar file of one's own into a draft: nothing is overwritten unasked, and no join link becomes public."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import BASE_URL, csrf_token
from tests.conftest import Databases, Engine
from tests.web.organiser.desk_of_drafts import Desk, desk_on, of_a
from wmd.db import db
from wmd.models import Draft
from wmd.web.organiser.handing_in import save_over

SECRET = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0"


def calendar(*entries: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{entry}END:VEVENT\r\n" for entry in entries)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{body}END:VCALENDAR\r\n".encode()


def vevent(uid: str = "1", summary: str = "From the calendar", description: str = "Some words.", **more: str) -> str:
    lines = {
        "UID": uid, "DTSTAMP": "20210901T000000Z", "SUMMARY": summary, "DESCRIPTION": description,
        "DTSTART;TZID=America/Bogota": "20211007T090000", "DTEND;TZID=America/Bogota": "20211007T103000", **more,
    }  # fmt: skip
    return "".join(f"{name}:{value}\r\n" for name, value in lines.items())


@pytest.fixture
def desk(databases: Databases, engine_name: Engine, tmp_path: Path) -> Iterator[Desk]:
    """A service on each kind of database."""
    url = databases.copy(engine_name, tmp_path)
    with desk_on(url, tmp_path) as found:
        yield found
    databases.drop(url)


def send(
    desk: Desk, draft_id: str, data: bytes | str, *take: str, who: str | None = "ana", **form: str
) -> TestResponse:
    client = desk.client(who)
    values: dict[str, object] = {**form, "take": list(take), "csrf_token": csrf_token(client)}
    values |= {"ics": data} if isinstance(data, str) else {"file": FileStorage(io.BytesIO(data), filename="a.ics")}
    boundary, body = encode_multipart(values)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"/organiser/drafts/{draft_id}/ics", data=body, content_type=kind, base_url=BASE_URL)


def offered(answer: TestResponse) -> dict[str, bool]:
    """Return the parts that are offered, and whether each is ticked."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    boxes = html.document_fromstring(answer.get_data(as_text=True)).xpath("//input[@name='take']")
    return {box.get("value"): "checked" in box.attrib for box in boxes}


def test_empty_draft_takes_all_and_a_typed_one_only_what_is_ticked(desk: Desk) -> None:
    empty = desk.draft({"language": "en", "texts.en.title": ""})
    assert offered(send(desk, empty, calendar(vevent()))) == {"title": True, "description": True, "sessions": True}

    typed = desk.draft(of_a(), number=2)
    assert offered(send(desk, typed, calendar(vevent()))) == {"title": False, "description": False, "sessions": False}
    answer = send(desk, typed, calendar(vevent()), "sessions", action="apply", entry="0")
    assert answer.headers["Location"] == f"/organiser/drafts/{typed}?saved=1"
    after = desk.typed(typed)
    changed = {name: text for name, text in after.items() if of_a().get(name, "") != text}
    assert changed == {
        "sessions[0].starts": "09:00", "sessions[0].ends": "10:30", "sessions[0].zone": "America/Bogota",
    }  # fmt: skip
    assert after["texts.en.title"] == "Care in the metropolis"


def test_join_link_goes_to_its_private_field_and_out_of_every_text(desk: Desk) -> None:
    words = f"Come and talk.\\nJoin: {SECRET}\\nWrite to ada@example.org\\nSee you."
    draft_id = desk.draft({"language": "en"})
    file = calendar(vevent(description=words, LOCATION=SECRET))
    answer = send(desk, draft_id, file)
    said = html.document_fromstring(answer.get_data(as_text=True))
    assert offered(answer)["registration.join_link"] is True
    assert "81234567890" not in "".join(each.text_content() for each in said.xpath("//fieldset"))
    assert "2 lines were left out" in answer.get_data(as_text=True)

    parts = ("title", "description", "sessions", "registration.join_link")
    send(desk, draft_id, file, *parts, action="apply", entry="0")
    typed = desk.typed(draft_id)
    assert typed["texts.en.description"] == "Come and talk.\nSee you."
    assert {name for name, text in typed.items() if "81234567890" in text} == {"registration.join_link"}


def test_one_of_several_entries_is_chosen(desk: Desk) -> None:
    draft_id = desk.draft({"language": "en"})
    file = calendar(vevent("1", "First"), vevent("2", "Second"))
    page = html.document_fromstring(send(desk, draft_id, file).get_data(as_text=True))
    assert page.xpath("//input[@name='entry']/@value") == ["0", "1"]

    text = page.xpath("string(//textarea[@name='ics'])")
    chosen = send(desk, draft_id, text, entry="1", action="choose")
    assert offered(chosen) == {"title": True, "description": True, "sessions": True}
    send(desk, draft_id, text, "title", entry="1", action="apply")
    assert desk.typed(draft_id)["texts.en.title"] == "Second"


def test_faults_of_the_file_are_told_with_their_lines(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    for data, words in (
        (b"", "This cannot be read"),
        (b"hello", "This cannot be read"),
        (calendar(vevent(RRULE="FREQ=DAILY")), "Repetitions are not read"),
        (calendar("UID:1\r\nSUMMARY:x\r\n"), "There is no DTSTART"),
    ):
        answer = send(desk, draft_id, data)
        assert (answer.status_code, words in answer.get_data(as_text=True)) == (422, True), data
    assert send(desk, draft_id, b"x" * 500_001).status_code == 422
    assert send(desk, draft_id, b"x" * 2_000_000).status_code == 413
    assert desk.typed(draft_id) == of_a()


def test_speakers_stay_and_an_old_confirmation_goes(desk: Desk) -> None:
    typed = of_a(
        **{
            "sessions[0].speakers[0].name": "Ada", "sessions[0].time_text": "15:00 CET",
            "sessions[0].time_confirmed": "yes", "sessions[1].date": "2021-10-08", "sessions[1].starts": "10:00",
        }
    )  # fmt: skip
    draft_id = desk.draft(typed)
    send(desk, draft_id, calendar(vevent()), "sessions", "nonsense", action="apply", entry="0")

    after = desk.typed(draft_id)
    assert (after["sessions[0].speakers[0].name"], after["sessions[1].date"]) == ("Ada", "2021-10-08")
    assert (after["sessions[0].time_text"], after["sessions[0].time_confirmed"]) == ("", "")


def test_draft_of_another_is_not_found(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    assert {who: send(desk, draft_id, calendar(vevent()), who=who).status_code for who in (None, "ben")} == {
        None: 404, "ben": 404,
    }  # fmt: skip


def test_change_that_others_overtake_each_time_is_shown_as_a_conflict_and_not_dropped(desk: Desk) -> None:
    draft_id = desk.draft(of_a())
    with desk.app.test_request_context(base_url="http://wmd.example"):
        dbs = db.session()
        draft = dbs.get_one(Draft, draft_id)
        versions: list[int] = []

        def change(typed: dict[str, str]) -> dict[str, str]:
            # Another tab saves between the look and the save.
            overtaken = update(Draft).where(Draft.id == draft_id).values(version=Draft.version + 1)
            dbs.execute(overtaken.execution_options(synchronize_session=False))
            versions.append(draft.version)
            return typed | {"cost": "5 EUR"}

        conflict = save_over(draft, change)
        db.session.remove()
    assert conflict is not None
    assert (conflict.typed["cost"], versions) == ("5 EUR", [1, 2, 3])
    with desk.app.test_request_context(base_url="http://wmd.example"):
        draft = db.session().get_one(Draft, draft_id)
        assert save_over(draft, lambda typed: typed | {"cost": "6 EUR"}) is None
        db.session.remove()
    assert desk.typed(draft_id)["cost"] == "6 EUR"

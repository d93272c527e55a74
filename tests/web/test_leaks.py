"""What must never leave the house: every address is fetched while all of it lies in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT, Databases
from tests.content import ask, edit
from tests.web.machine import BASE_URL, Machine, every_address, machine_on
from wmd.cli import publishing_setting
from wmd.db import db
from wmd.domain.content import TextContent
from wmd.domain.vocabulary import Origin
from wmd.models import (
    AuditEntry,
    Decision,
    Edition,
    Event,
    Organisation,
    Person,
    PrivateLink,
    Revision,
    Submission,
)
from wmd.services.drafts import NewDraft, Owner, create_draft
from wmd.services.hiding import hide
from wmd.services.intake import hand_in, read_content
from wmd.services.moderation import decide

LATER = LEAD_STARTED_AT + timedelta(hours=1)
JOIN_LINK = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0d29yZA"

#: What is written into the database on purpose, and where it stands there.
WORDS = {
    "number of the meeting": "81234567890",
    "passcode of the meeting": "c2VjcmV0d29yZA",
    "organiser's words about the time": "Leakton says sharp",
    "name of an erased person": "Erasia Leakworth",
    "title of a hidden event": "Hiddenleak",
    "words of a pending revision": "Pendingleak",
    "words of a refused revision": "Refusedleak",
    "reason of a decision": "Reasonleak",
    "key of an organisation": "orgkeyleak",
    "key of a person": "personkeyleak",
    "moderator": "moderatorleak",
    "answer to a private question": "Answerleak",
    "mail address of an organisation": "orgmailleak",
    "what a draft holds": "Draftleak",
    "secret of the service": "secretleak-that-is-long-enough-0123456789",
}


def with_secrets() -> dict[str, object]:
    """Return a file that puts secrets into every place that has some."""
    organiser = {"organisers": [{"key": WORDS["key of an organisation"]}]}
    slot = documents.session(
        time_text="7 OCT 2021 | 15:00-16:30 CET, Leakton says sharp",
        speakers=[{"person_key": WORDS["key of a person"], "title": {"en": "Professor"}, "organisation": "A"}],
    )
    private = documents.event("private", registration={"state": "open", "join_link": JOIN_LINK}, sessions=[slot])
    hidden = documents.event(
        "hidden",
        sessions=[slot],
        texts={"en": {"title": "Hiddenleak title", "summary": "Hiddenleak", "description": "Hiddenleak"}},
    )
    open_one = documents.event("open", sessions=[slot], series="talks")
    events = [{**event, **organiser} for event in (private, hidden, open_one)]
    return documents.document(
        *events,
        organisations=[{"key": WORDS["key of an organisation"], "names": {"en": "Organisation A"}, "kind": "academia"}],
        people=[{"key": WORDS["key of a person"], "name": WORDS["name of an erased person"]}],
        series=[{"slug": "talks", "name": "Talks"}],
    )


def hand_in_form(dbs: Session, machine: Machine, key: str, word: str) -> Revision:
    """Hand in an edit of a published event with a word in it, as a form would."""
    mint = publishing_setting(machine.app).mint
    submission = dbs.scalars(select(Submission).where(Submission.key == key)).one()
    standing = dbs.scalars(select(Revision).where(Revision.submission_id == submission.id)).first()
    assert standing is not None
    content = read_content(standing)
    texts = {"en": TextContent(f"{word} title", word, word, Origin.ORIGINAL)}
    edition = dbs.get_one(Edition, submission.edition_id)
    revision = hand_in(
        dbs, edition, replace(content, texts=texts), source="form", actor=WORDS["moderator"], mint=mint, now=LATER
    )
    assert revision is not None
    return revision


def fill(machine: Machine) -> dict[str, str]:
    """Put everything secret into the database and return it by what it is."""
    with machine.app.app_context():
        dbs, setting = db.session(), publishing_setting(machine.app)
        documents.apply(dbs, setting, with_secrets())
        dbs.execute(update(Person).values(name="", erased_at=LATER))
        edition = dbs.scalars(select(Edition)).one()
        ask(dbs, edition, "inside", "text", is_public=False)
        ask(dbs, edition, "outside", "text")
        edit(dbs, setting, LATER, "open", answers={"inside": "Answerleak", "outside": "Soup for all"})
        dbs.execute(update(Organisation).values(public_email="orgmailleak@a.example"))
        new = NewDraft(edition, "t")
        person_id = dbs.scalars(select(Person.id)).first()
        create_draft(
            dbs, documents.BOX, new, Owner(person_id), {"texts.en.title": "Draftleak"}, mint=setting.mint, now=LATER
        )
        refused = hand_in_form(dbs, machine, "open", "Refusedleak")
        decide(
            dbs, refused, "refused", moderator=WORDS["moderator"], reason=WORDS["reason of a decision"], now=LATER
        )  # fmt: skip
        hand_in_form(dbs, machine, "private", "Pendingleak")
        hide(
            dbs, dbs.scalars(select(Event).where(Event.key == "hidden")).one(), setting, actor=WORDS["moderator"],
            now=LATER,
        )  # fmt: skip
        dbs.commit()
        ids = {
            **{f"event {id_}": id_ for id_ in dbs.scalars(select(Event.id))},
            **{f"revision {id_}": id_ for id_ in dbs.scalars(select(Revision.id))},
            **{f"submission {id_}": id_ for id_ in dbs.scalars(select(Submission.id))},
            **{f"organisation {id_}": id_ for id_ in dbs.scalars(select(Organisation.id))},
            **{f"person {id_}": id_ for id_ in dbs.scalars(select(Person.id))},
            **{f"private link {id_}": id_ for id_ in dbs.scalars(select(PrivateLink.id))},
            **{f"sealed link of {link.id}": link.sealed for link in dbs.scalars(select(PrivateLink))},
        }
        db.session.remove()
    return WORDS | ids | {"folder": str(machine.app.extensions["wmd.config"].var_dir), "file": "test.sqlite3"}


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("leaks")
    url = databases.copy("sqlite", folder)
    with machine_on(url, folder, secret_key=WORDS["secret of the service"]) as machine:
        yield machine, fill(machine)


def whole(machine: Machine, path: str, **headers: str) -> str:
    """Return everything that an answer says: status, headers and body."""
    answer = machine.get(path, **headers)
    assert answer.status_code < 500, path
    return f"{answer.status}\n{answer.headers}\n{answer.get_data().decode()}"


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    """Return what of the secrets stands in a text, however it is folded, escaped or spelled."""
    plain = re.sub(r"\r\n[ \t]", "", text).casefold()
    return [what for what, secret in secrets.items() if secret.casefold() in plain]


def test_the_secrets_really_lie_in_the_database(house: tuple[Machine, dict[str, str]]) -> None:
    machine, secrets = house
    with machine.app.app_context():
        dbs = db.session()
        documents_held = "".join(str(content) for content in dbs.scalars(select(Revision.content)))
        others = [
            found
            for column in (Organisation.key, Person.key, Decision.reason, AuditEntry.actor)
            for found in dbs.scalars(select(column))
        ]
        ((link_id, sealed),) = dbs.execute(select(PrivateLink.id, PrivateLink.sealed))
        db.session.remove()
    held = documents_held + " ".join(map(str, others))
    expected = {
        "organiser's words about the time", "title of a hidden event", "words of a pending revision",
        "words of a refused revision", "reason of a decision", "key of an organisation", "key of a person", "moderator",
        "answer to a private question",
    }  # fmt: skip
    assert expected <= set(found_in(held, secrets))
    assert documents.BOX.open(sealed, purpose=f"private_links.sealed.{link_id}") == JOIN_LINK


def test_no_address_says_a_secret(house: tuple[Machine, dict[str, str]]) -> None:
    machine, secrets = house
    addresses = every_address(machine)
    sitemap = re.findall(r"<loc>([^<]*)</loc>", machine.feed("/sitemap.xml").decode())
    filters = [
        f"/2021/{page}?{query}"
        for page in ("programme", "calendar.ics", "programme.csv")
        for query in ("q=leak", "q=hiddenleak", "q=Leakton", "q=pendingleak", "language=en", "day=2021-10-07")
    ]
    wrong = ["/2021/calendar.ics?organisation=org", "/nothing", "/2021/nothing", "/e/2222", "/readyz"]
    asked = [*addresses, *(loc.removeprefix(BASE_URL) for loc in sitemap), *filters, *wrong]
    assert len(asked) > 150

    leaks = {}
    for path in asked:
        for headers in ({}, {"If_None_Match": '"x"', "Cookie": "wmd_zone=Asia/Tokyo"}):
            # What somebody asks may stand in the answer's own address; the secrets asked for are cut from it.
            asked_for = set(found_in(path, secrets))
            leaks[path] = sorted(set(found_in(whole(machine, path, **headers), secrets)) - asked_for)
    assert {path: what for path, what in leaks.items() if what} == {}


def test_public_answer_beside_a_private_one_is_shown(house: tuple[Machine, dict[str, str]]) -> None:
    machine, _ = house
    (event,) = [event for event in machine.programme().events.values() if event.key == "open"]
    assert "Soup for all" in whole(machine, f"/2021/events/{event.code}-{event.slug}")


def test_search_does_not_find_what_is_not_shown(house: tuple[Machine, dict[str, str]]) -> None:
    machine, _ = house
    for word in (
        "answerleak",
        "draftleak",
        "hiddenleak",
        "leakton",
        "leakworth",
        "pendingleak",
        "refusedleak",
        "orgkeyleak",
        "81234567890",
    ):
        assert b"BEGIN:VEVENT" not in machine.feed(f"/2021/calendar.ics?q={word}"), word
    assert b"BEGIN:VEVENT" in machine.feed("/2021/calendar.ics?q=care")


def test_name_of_an_erased_person_is_gone_and_their_part_stays(house: tuple[Machine, dict[str, str]]) -> None:
    machine, _ = house
    (event,) = [event for event in machine.programme().events.values() if event.key == "open"]
    assert [(speaker.name, speaker.title) for speaker in event.sessions[0].speakers] == [("", {"en": "Professor"})]


def test_log_of_what_was_asked_holds_no_secret(house: tuple[Machine, dict[str, str]]) -> None:
    machine, secrets = house
    lines: list[str] = []
    layer = machine.app.extensions["wmd.published"]
    silent, layer.log = layer.log, lambda facts, request_id, _seconds, _replayed: lines.append(facts + request_id)
    try:
        for path in ("/2021/calendar.ics?q=Hiddenleak", f"/2021/?next={JOIN_LINK}", "/go/ZZZZZZ?tk=c2VjcmV0d29yZA"):
            machine.get(path)
    finally:
        layer.log = silent
    assert len(lines) == 3
    assert found_in("".join(lines), secrets) == []


def test_good_copy_on_disk_holds_no_secret(house: tuple[Machine, dict[str, str]]) -> None:
    machine, secrets = house
    machine.feed("/2021/calendar.ics")
    machine.library.warm()
    copies = list((Path(machine.app.extensions["wmd.config"].var_dir) / "copies").glob("*.copy"))
    assert len(copies) == 2
    text = "".join(copy.read_bytes().decode("latin-1") for copy in copies)
    assert found_in(text, secrets) == []
    assert "Care in the city" in text
    assert {copy.stat().st_mode & 0o077 for copy in copies} == {0}

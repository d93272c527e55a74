"""The same text again and again, as the tables know it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from wmd.domain.codes import SeededMint
from wmd.domain.content import EventContent, TextContent
from wmd.models import Edition
from wmd.services.intake import hand_in
from wmd.services.publishing import Setting
from wmd.services.references import find_edition
from wmd.services.spam import count_same_text

NOW = LEAD_STARTED_AT
LONG = "A talk about care, given in many cities and by many organisations at once."


def content(title: str, description: str = LONG) -> EventContent:
    (found,) = documents.read(documents.document(documents.event())).file.events
    return replace(found, key="", texts={"en": TextContent(title=title, description=description)})


def edition(dbs: Session, setting: Setting) -> Edition:
    documents.apply(dbs, setting, documents.document())
    found = find_edition(dbs, "2021")
    assert found is not None
    return found


def test_the_same_text_in_other_submissions_of_the_last_day_is_counted(dbs: Session, setting: Setting) -> None:
    where, mint = edition(dbs, setting), SeededMint("spam")

    def send(what: EventContent, hours_ago: int, source: str = "form") -> str:
        at = NOW - timedelta(hours=hours_ago)
        revision = hand_in(dbs, where, what, source=source, actor="visitor", mint=mint, now=at)
        assert revision is not None
        return revision.submission_id or ""

    first = send(content("One"), 1)
    send(content("Two"), 2)
    send(content("Three"), 25)
    send(content("Four"), 1, source="import")
    send(content("Five", "Something else that is long enough to be compared with."), 1)
    assert count_same_text(dbs, content("Six"), now=NOW) == 2
    assert count_same_text(dbs, content("Six"), now=NOW, but=first) == 1
    assert count_same_text(dbs, content("A title so long that no other has it by chance", "short"), now=NOW) == 0
    assert count_same_text(dbs, content("One", "short"), now=NOW) == 0


def test_an_empty_text_is_like_no_other(dbs: Session, setting: Setting) -> None:
    where = edition(dbs, setting)
    hand_in(dbs, where, content("", ""), source="form", actor="visitor", mint=SeededMint("spam"), now=NOW)
    assert count_same_text(dbs, content("", ""), now=NOW) == 0

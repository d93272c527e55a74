"""The queue of the desk: order, age, kinds of work, limits of the staff, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.documents import BOX
from tests.submissions import ADAM, MONA, edit, propose, seen
from wmd.db import db
from wmd.models import Alarm, Submission
from wmd.services.desk import PAGE_ROWS, Filter, next_after, read_overview, read_queue
from wmd.services.health import troubles
from wmd.services.moderation import claim
from wmd.services.publishing import Setting
from wmd.services.standing import Means
from wmd.services.verdicts import Said, approve, ask_for_changes

#: Thursday, like the day of the lead event.
NOW = LEAD_STARTED_AT - timedelta(days=28)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Count the statements that the application's engine is sent."""
    found: list[str] = []

    def note(_c: Connection, _k: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def titles(dbs: Session, wanted: Filter, actor: object = MONA) -> list[str]:
    queue = read_queue(dbs, wanted, actor=actor, now=NOW)  # type: ignore[arg-type]
    return [row.title for row in queue.rows]


def test_urgent_comes_first_and_then_the_oldest(dbs: Session, cast: Cast) -> None:
    propose(dbs, cast, NOW - timedelta(days=1), title="Younger")
    propose(dbs, cast, NOW - timedelta(days=5), title="Older")
    late = propose(dbs, cast, NOW, title="Urgent")
    late.flags = ["urgent"]
    dbs.commit()
    queue = read_queue(dbs, Filter(), actor=MONA, now=NOW)
    assert [(row.title, row.age.days, row.is_overdue) for row in queue.rows] == [
        ("Urgent", 0, False), ("Older", 3, True), ("Younger", 1, False)
    ]  # fmt: skip
    assert {row.organisation for row in queue.rows} == {"Organisation A"}


def test_kinds_of_work_hold_what_their_names_say(dbs: Session, cast: Cast, setting: Setting) -> None:
    means = Means(setting, BOX)
    propose(dbs, cast, NOW, title="New")
    propose(dbs, cast, NOW, title="Unconfirmed", state="unconfirmed")
    asked = propose(dbs, cast, NOW, title="Asked")
    ask_for_changes(dbs, seen(dbs, asked), Said(own="Why?"), means, actor=MONA, now=NOW)
    listed = propose(dbs, cast, NOW, title="Edited")
    approve(dbs, seen(dbs, listed), means, actor=MONA, now=NOW)
    edit(dbs, listed, NOW, host_city="Lima")
    dated = propose(dbs, cast, NOW, title="Dated")
    approve(dbs, seen(dbs, dated), means, actor=MONA, now=NOW, publish_on=NOW + timedelta(days=2))
    spam = propose(dbs, cast, NOW, title="Spam")
    spam.suspect_at = NOW
    later = propose(dbs, cast, NOW, title="Later")
    later.later_look_at = NOW
    dbs.commit()

    found = {kind: sorted(titles(dbs, Filter(kind))) for kind in ("open", "new", "edits", "unconfirmed", "asked")}
    assert found == {
        "open": ["Edited", "Later", "New", "Unconfirmed"],
        "new": ["Later", "New"],
        "edits": ["Edited"],
        "unconfirmed": ["Unconfirmed"],
        "asked": ["Asked"],
    }
    assert [titles(dbs, Filter(kind)) for kind in ("dated", "suspect", "later", "over")] == [
        ["Dated"], ["Spam"], ["Later"], []
    ]  # fmt: skip
    counts = read_queue(dbs, Filter(), actor=MONA, now=NOW).counts
    assert (counts["open"], counts["suspect"], counts["listed"]) == (4, 1, 1)


def test_filters_narrow_and_counts_follow(dbs: Session, cast: Cast) -> None:
    first = propose(dbs, cast, NOW, title="Water in Lima", region="latin-america-caribbean", topics=("sdg",))
    propose(dbs, cast, NOW, title="Bread in Paris")
    first.flags = ["material"]
    first.receipt = "WMD-77"
    dbs.commit()
    claim(dbs, first.id, actor=ADAM, now=NOW)
    for wanted in (
        Filter(region="latin-america-caribbean"), Filter(topic="sdg"), Filter(flag="material"), Filter(q="wAter"),
        Filter(q="wmd-77"), Filter(q=first.id),
    ):  # fmt: skip
        queue = read_queue(dbs, wanted, actor=MONA, now=NOW)
        assert ([row.title for row in queue.rows], queue.counts["new"]) == (["Water in Lima"], 1)
    assert titles(dbs, Filter(mine=True)) == []
    assert titles(dbs, Filter(mine=True), ADAM) == ["Water in Lima"]
    assert titles(dbs, Filter(topic='%"')) == []
    assert titles(dbs, Filter(language="fr")) == []
    assert sorted(titles(dbs, Filter(edition="2021", kind="nonsense"))) == ["Bread in Paris", "Water in Lima"]


def test_staff_see_only_their_regions_and_languages(dbs: Session, cast: Cast) -> None:
    propose(dbs, cast, NOW, title="Lima", region="latin-america-caribbean")
    propose(dbs, cast, NOW, title="Paris")
    limited = replace(MONA, regions=frozenset({"europe"}))
    queue = read_queue(dbs, Filter(), actor=limited, now=NOW)
    assert ([row.title for row in queue.rows], queue.counts["open"]) == (["Paris"], 1)
    assert titles(dbs, Filter(), replace(MONA, languages=frozenset({"fr"}))) == []
    assert titles(dbs, Filter(region="latin-america-caribbean"), limited) == []


def test_imports_wait_for_nobody_until_their_organisers_change_them(dbs: Session, cast: Cast, setting: Setting) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))

    def kinds() -> dict[str, int]:
        queue = read_queue(dbs, Filter("open"), actor=MONA, now=NOW)
        return {name: count for name, count in queue.counts.items() if count}

    assert kinds() == {"listed": 1}
    submission = dbs.scalars(select(Submission)).one()
    submission.waiting_since = NOW
    dbs.flush()
    assert kinds() == {"open": 1, "edits": 1, "listed": 1}


def test_queue_is_paged_and_the_next_one_is_known(dbs: Session, cast: Cast) -> None:
    first = propose(dbs, cast, NOW - timedelta(hours=5), title="First")
    second = propose(dbs, cast, NOW - timedelta(hours=4), title="Second")
    assert next_after(dbs, first.id, Filter(), actor=MONA, now=NOW) == second.id
    assert next_after(dbs, second.id, Filter(), actor=MONA, now=NOW) == first.id
    assert next_after(dbs, first.id, Filter("edits"), actor=MONA, now=NOW) is None
    queue = read_queue(dbs, Filter(), actor=MONA, page=99, now=NOW)
    assert (queue.page, queue.pages, PAGE_ROWS) == (1, 1, 25)


def test_start_page_tells_what_waits_and_what_is_wrong(dbs: Session, cast: Cast) -> None:
    mine = propose(dbs, cast, NOW, title="Mine")
    claim(dbs, mine.id, actor=MONA, now=NOW)
    dbs.add(Alarm(key="mail", message="No mail goes out.", raised_at=NOW, last_seen_at=NOW))
    dbs.add(Alarm(key="old", message="Over.", raised_at=NOW, last_seen_at=NOW, cleared_at=NOW))
    dbs.commit()
    overview = read_overview(dbs, actor=MONA, now=NOW)
    assert (overview.counts["open"], overview.mine, [row.title for row in overview.oldest]) == (1, 1, ["Mine"])
    assert [alarm.key for alarm in troubles(dbs, now=NOW)] == ["mail"]

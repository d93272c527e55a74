"""Private join links: sealed in one table, found nowhere in clear, gone seven days after the event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import documents
from tests.conftest import LEAD_STARTED_AT
from tests.domain.documents.cast import read_stored
from tests.handing_in import make_edition
from tests.models.dumps import dump
from wmd.domain.codes import Mint
from wmd.models import Event, PrivateLink, Revision
from wmd.secretbox import SecretBox
from wmd.services.importing import apply_file
from wmd.services.intake import read_content
from wmd.services.private_links import delete_link, due_for_deletion, keep_link, latest_end
from wmd.services.publishing import Setting

SECRET = "c2VjcmV0d29yZA"
LINK = f"https://us02web.zoom.us/j/81234567890?pwd={SECRET}"
OTHER = "https://us02web.zoom.us/j/81234567899?pwd=b3RoZXJ3b3Jk"
ENDS_AT = datetime(2021, 10, 7, 14, 30, tzinfo=UTC)
LATER = LEAD_STARTED_AT + timedelta(hours=1)


def with_link(link: str | None = LINK, **changes: Any) -> dict[str, Any]:
    """Return a document of one event whose sign-up is with us."""
    registration = {"state": "open"} | ({"join_link": link} if link else {})
    return documents.document(documents.event(**{"registration": registration, **changes}))


def rows(dbs: Session) -> list[PrivateLink]:
    dbs.expire_all()
    return list(dbs.scalars(select(PrivateLink).order_by(PrivateLink.created_at, PrivateLink.id)))


def opened(row: PrivateLink, box: SecretBox = documents.BOX) -> str:
    return box.open(row.sealed, purpose=f"private_links.sealed.{row.id}")


def used_id(dbs: Session) -> str | None:
    """Return the link's id that the event shows and that its newest revision holds; they are the same."""
    (event,) = dbs.scalars(select(Event))
    newest = dbs.scalars(select(Revision).order_by(Revision.number.desc())).first()
    assert newest is not None
    assert read_content(newest).registration.private_link_id == event.private_link_id
    return event.private_link_id


def test_link_is_sealed_and_found_nowhere_in_clear(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, with_link())

    (row,) = rows(dbs)
    assert (opened(row), row.ends_at, row.deleted_at, used_id(dbs)) == (LINK, ENDS_AT, None, row.id)
    dbs.rollback()
    assert [word for word in (SECRET, "81234567890") if word in repr(dump(database_url))] == []


@pytest.mark.parametrize("name", ["join-link.json", "join-link-in-place.ics"])
def test_link_in_a_file_of_any_kind_is_nowhere_in_clear(
    dbs: Session, setting: Setting, database_url: str, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    lab = {"key": "metro-lab", "names": {"en": "Metro Lab"}, "kind": "academia"}
    documents.apply(dbs, setting, documents.document(organisations=[lab]))
    caplog.set_level("DEBUG")
    read = read_stored(name)
    (raw,) = read.join_links.values()

    report = apply_file(dbs, read, box=documents.BOX, setting=setting, now=LEAD_STARTED_AT)
    dbs.commit()

    (row,) = rows(dbs)
    assert (report.added, opened(row), used_id(dbs)) == (1, raw, row.id)
    dbs.rollback()
    kept = repr(dump(database_url)) + caplog.text
    assert [mark for mark in (raw, *raw.split("/")[-1].split("?pwd=")) if mark in kept] == []


def test_same_link_again_keeps_its_row_and_another_gets_its_own(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    (first,) = rows(dbs)

    again = documents.apply(dbs, setting, with_link(), now=LATER)
    assert (again.unchanged, [row.id for row in rows(dbs)]) == (1, [first.id])

    other = documents.apply(dbs, setting, with_link(OTHER), now=LATER)
    assert (other.changed, [opened(row) for row in rows(dbs)]) == (1, [LINK, OTHER])
    assert used_id(dbs) == rows(dbs)[1].id


def test_file_that_leaves_the_link_out_keeps_it(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())

    report = documents.apply(dbs, setting, with_link(None), now=LATER)

    (row,) = rows(dbs)
    assert (report.unchanged, used_id(dbs)) == (1, row.id)


def test_registration_page_takes_the_place_of_the_link(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())

    documents.apply(dbs, setting, documents.document(documents.event()), now=LATER)

    assert used_id(dbs) is None


def test_link_without_a_word_on_sign_up_opens_it(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link(registration={"join_link": LINK}))

    (event,) = dbs.scalars(select(Event))
    assert (event.registration_state, event.private_link_id) == ("open", rows(dbs)[0].id)


def test_link_lasts_as_long_as_the_last_session(dbs: Session, setting: Setting) -> None:
    week_later = documents.session(key="second", starts="2021-10-14T15:00", ends="2021-10-14T16:00", time_text="")
    documents.apply(dbs, setting, with_link(sessions=[documents.session(), week_later]))

    # The second session is left out of the file, and stays.
    documents.apply(dbs, setting, with_link(), now=LATER)

    assert [row.ends_at for row in rows(dbs)] == [datetime(2021, 10, 14, 14, 0, tzinfo=UTC)]


def test_event_that_moves_takes_its_link_along(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    moved = documents.session(starts="2021-10-28T15:00", ends="2021-10-28T16:30", time_text="")

    documents.apply(dbs, setting, with_link(None, sessions=[moved]), now=LATER)

    (row,) = rows(dbs)
    assert (row.ends_at, opened(row)) == (datetime(2021, 10, 28, 14, 30, tzinfo=UTC), LINK)


def test_link_is_due_seven_days_after_the_event(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    (row,) = rows(dbs)

    assert due_for_deletion(dbs, now=ENDS_AT + timedelta(days=7)) == []
    assert due_for_deletion(dbs, now=ENDS_AT + timedelta(days=7, seconds=1)) == [row]


def test_deleted_link_leaves_its_id_and_is_not_due_again(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    now = ENDS_AT + timedelta(days=8)
    (row,) = due_for_deletion(dbs, now=now)

    delete_link(row, now=now)
    dbs.commit()

    assert [(one.sealed, one.deleted_at) for one in rows(dbs)] == [("", now)]
    assert due_for_deletion(dbs, now=now + timedelta(days=1)) == []
    assert used_id(dbs) == row.id


def test_old_file_again_does_not_bring_a_deleted_link_back(dbs: Session, setting: Setting, database_url: str) -> None:
    documents.apply(dbs, setting, with_link())
    now = ENDS_AT + timedelta(days=8)
    for row in due_for_deletion(dbs, now=now):
        delete_link(row, now=now)
    dbs.commit()
    before = dump(database_url)

    report = documents.apply(dbs, setting, with_link(), now=now)
    dbs.rollback()

    assert (report.unchanged, dump(database_url)) == (1, before)


def test_link_of_an_event_long_over_is_never_stored(dbs: Session, setting: Setting) -> None:
    now = ENDS_AT + timedelta(days=400)
    documents.apply(dbs, setting, with_link(), now=now)
    documents.apply(dbs, setting, with_link(), now=now + timedelta(days=1))

    assert [(row.sealed, row.deleted_at) for row in rows(dbs)] == [("", now)]


def test_deleted_link_given_again_for_a_new_date_is_kept(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    now = ENDS_AT + timedelta(days=8)
    for row in due_for_deletion(dbs, now=now):
        delete_link(row, now=now)
    dbs.commit()
    moved = documents.session(starts="2021-10-28T15:00", ends="2021-10-28T16:30", time_text="")

    documents.apply(dbs, setting, with_link(sessions=[moved]), now=now)

    assert [row.sealed != "" for row in rows(dbs)] == [False, True]
    assert used_id(dbs) == rows(dbs)[1].id


def test_link_whose_key_is_gone_is_sealed_anew(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    other_box = SecretBox({"new": bytes(range(32))}, "new")

    apply_file(dbs, documents.read(with_link()), box=other_box, setting=setting, now=LATER)
    dbs.commit()

    newest = dbs.get_one(PrivateLink, used_id(dbs))
    assert (len(rows(dbs)), opened(newest, other_box)) == (2, LINK)


def test_new_link_of_a_session_postponed_without_times_keeps_the_known_end(dbs: Session, setting: Setting) -> None:
    documents.apply(dbs, setting, with_link())
    postponed = documents.session(status="postponed", time_text="")
    del postponed["starts"], postponed["ends"]

    documents.apply(dbs, setting, with_link(OTHER, sessions=[postponed]), now=LATER)

    assert {row.ends_at for row in rows(dbs)} == {ENDS_AT}
    assert len(due_for_deletion(dbs, now=ENDS_AT + timedelta(days=8))) == 2


def test_link_of_an_event_that_says_no_end_goes_with_its_edition(dbs: Session) -> None:
    edition = make_edition(dbs, LEAD_STARTED_AT)
    latest_at = latest_end(edition, LEAD_STARTED_AT)
    # The last day is the 31st in Madrid, where winter has come by then.
    assert latest_at == datetime(2021, 10, 31, 23, 0, tzinfo=UTC)
    keep_link(
        dbs, documents.BOX, LINK, known_id=None, ends_at=None, latest_at=latest_at, mint=Mint(), now=LEAD_STARTED_AT
    )
    assert due_for_deletion(dbs, now=latest_at + timedelta(days=7)) == []
    assert len(due_for_deletion(dbs, now=latest_at + timedelta(days=7, seconds=1))) == 1

"""The outbox: what is put, what is put once, what is taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.submissions import make_edition
from wmd.domain.mail_kinds import KINDS
from wmd.models import Message
from wmd.secretbox import SecretBox
from wmd.services.outbox import Line, Sheet, hidden_part, put_many, put_message, withdraw_messages


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


def test_message_is_put_once_for_one_cause(dbs: Session, box: SecretBox) -> None:
    first = put_message(dbs, kind="test", dedupe_key="a", cause="command", to="ana@example.org", now=NOW, box=box)
    again = put_message(dbs, kind="test", dedupe_key="a", cause="command", to="ben@example.org", now=NOW, box=box)
    assert first is not None
    assert again is None
    assert [hidden_part(row, box) for row in dbs.scalars(select(Message))] == [{"to": "ana@example.org"}]
    assert (first.state, first.not_before, first.not_after) == ("queued", NOW, NOW + timedelta(hours=1))


def test_address_and_secret_are_nowhere_in_the_row(dbs: Session, box: SecretBox) -> None:
    row = put_message(
        dbs, kind="sign-in", dedupe_key="s", cause="visitor", to="ana@example.org", secret="/sign-in/link?t=abcdef",
        now=NOW, box=box,
    )  # fmt: skip
    assert row is not None
    stored = repr([getattr(row, column.key) for column in Message.__table__.c])
    assert [word for word in ("ana@", "abcdef") if word in stored] == []
    assert hidden_part(row, box) == {"to": "ana@example.org", "secret": "/sign-in/link?t=abcdef"}


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "test"},
        {"kind": "test", "to": "ana@example.org", "person_id": "p"},
        {"kind": "test", "to": "ana@example.org", "secret": "/x"},
        {"kind": "sign-in", "to": "ana@example.org"},
        {"kind": "sign-in", "to": "ana@example.org", "secret": "https://evil.example/"},
    ],
)
def test_message_without_one_reader_or_with_a_wrong_secret_is_refused(
    dbs: Session, box: SecretBox, given: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="message"):
        put_message(dbs, dedupe_key="a", cause="command", now=NOW, box=box, **given)  # type: ignore[arg-type]


def put(dbs: Session, box: SecretBox, key: str, **changes: object) -> Message:
    """Put a message and return it."""
    values: dict[str, object] = {"kind": "test", "cause": "command", "to": "ana@example.org", "now": NOW, "box": box}
    row = put_message(dbs, dedupe_key=key, **(values | changes))  # type: ignore[arg-type]
    assert row is not None
    return row


def states(dbs: Session) -> dict[str, tuple[str, str]]:
    """Return state and reason of every message, by its key."""
    dbs.expire_all()
    return {row.dedupe_key: (row.state, row.reason) for row in dbs.scalars(select(Message))}


def test_newer_message_of_a_thread_takes_back_the_older_ones_that_are_not_out(dbs: Session, box: SecretBox) -> None:
    put(dbs, box, "queued", thread="t")
    claimed = put(dbs, box, "claimed")
    claimed.thread, claimed.state, claimed.claim_token = "t", "sending", "mine"
    handed = put(dbs, box, "handed over")
    handed.thread, handed.state, handed.claim_token, handed.handoff_at = "t", "sending", "mine", NOW
    put(dbs, box, "other", thread="u")
    dbs.flush()
    put(dbs, box, "newest", thread="t")
    assert states(dbs) == {
        "queued": ("cancelled", "superseded"),
        "claimed": ("cancelled", "superseded"),
        "handed over": ("sending", ""),
        "other": ("queued", ""),
        "newest": ("queued", ""),
    }
    assert dbs.scalars(select(Message.sealed).where(Message.state == "cancelled")).all() == ["", ""]


def test_repeated_cause_takes_nothing_back(dbs: Session, box: SecretBox) -> None:
    put(dbs, box, "first", thread="t")
    put(dbs, box, "second", thread="t")
    assert put_message(
        dbs, kind="test", dedupe_key="first", cause="command", to="ana@example.org", thread="t", now=NOW, box=box
    ) is None  # fmt: skip
    assert states(dbs) == {"first": ("cancelled", "superseded"), "second": ("queued", "")}


def test_withdraw_by_subject(dbs: Session, box: SecretBox) -> None:
    put(dbs, box, "one", subject_id="s")
    put(dbs, box, "two", subject_id="r")
    assert withdraw_messages(dbs, subject_id="s", reason="withdrawn", now=NOW) == 1
    assert states(dbs) == {"one": ("cancelled", "withdrawn"), "two": ("queued", "")}


def test_withdraw_asks_for_something(dbs: Session) -> None:
    with pytest.raises(ValueError, match="thread"):
        withdraw_messages(dbs, reason="x", now=NOW)


def test_every_kind_of_the_list_has_built_in_words_and_no_words_are_left_over() -> None:
    folder = Path(__file__).parents[2] / "templates/mail"
    assert sorted(KINDS) == sorted(each.name for each in folder.iterdir() if each.is_dir())


def test_many_are_put_as_each_alone_would_be(dbs: Session, box: SecretBox) -> None:
    cast = make_cast(dbs, NOW)
    edition = make_edition(dbs, NOW)
    until = NOW + timedelta(hours=3)
    values = {"kind": "received", "subject_id": "s", "edition_id": edition.id, "cause": "job:x", "facts": {"a": "ä'"}}
    alone = put_message(
        dbs, dedupe_key="one:ana", person_id=cast.ana, not_before=NOW, not_after=until, now=NOW, box=box,
        **values,  # type: ignore[arg-type]
    )  # fmt: skip
    assert alone is not None
    sheet = Sheet(**values, not_before=NOW)  # type: ignore[arg-type]
    lines = [Line(person_id, f"one:{person_id}", until) for person_id in (cast.ana, cast.ben, cast.cleo)]
    assert put_many(dbs, sheet, lines, now=NOW) == 2
    assert put_many(dbs, sheet, lines, now=NOW) == 0
    assert put_many(dbs, sheet, [], now=NOW) == 0
    dbs.commit()
    columns = [name for name in Message.__table__.c.keys() if name not in {"id", "message_id"}]  # noqa: SIM118 -- columns
    rows = {row.person_id: row for row in dbs.scalars(select(Message))}
    assert set(rows) == {cast.ana, cast.ben, cast.cleo}
    as_alone = {name: getattr(rows[cast.ana], name) for name in columns}
    as_many = {name: getattr(rows[cast.ben], name) for name in columns}
    assert as_many == as_alone | {"dedupe_key": "one:ben", "person_id": cast.ben}
    assert rows[cast.ben].message_id == rows[cast.ben].id != rows[cast.ana].id


def test_many_cannot_hold_secrets(dbs: Session) -> None:
    with pytest.raises(ValueError, match="a secret of its own"):
        put_many(dbs, Sheet("sign-in", "", 1, "job:x", {}, NOW), [], now=NOW)

"""A new key takes the place of an old one: everything opens with it alone, nothing is lost, and what was is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

import wmd.services
from tests import documents
from tests.models.rows import fill_empty
from wmd.models import Draft, Message, PrivateLink
from wmd.secretbox import SecretBox, SecretBoxError
from wmd.services.key_rotation import COLUMNS, PAGE, rotate
from wmd.services.private_links import open_link
from wmd.services.publishing import Setting

OLD = {"old": b"o" * 32}
BOTH = SecretBox({"new": b"n" * 32, **OLD}, "new")
BEFORE, AFTER = SecretBox(OLD, "old"), SecretBox({"new": b"n" * 32}, "new")


@pytest.fixture
def filled(dbs: Session, setting: Setting) -> Session:
    """One row in every table, with each sealed column sealed under the old key."""
    documents.apply(dbs, setting, documents.document(documents.event()))
    engine = dbs.get_bind()
    dbs.close()
    assert isinstance(engine, Engine)
    with engine.connect() as connection:
        fill_empty(connection)
    for each in COLUMNS:
        (key,) = dbs.scalars(select(each.key))
        sealed = BEFORE.seal(each.name, purpose=f"{each.bound}.{key}")
        dbs.execute(update(each.model).values({each.column_name: sealed}))
    dbs.commit()
    return dbs


def run(dbs: Session, box: SecretBox = BOTH) -> dict[str, tuple[int, int]]:
    """Rotate; return how many of each column were sealed again and lost."""
    return {done.name: (done.resealed, done.lost) for done in rotate(dbs, box, commit=dbs.commit)}


def test_everything_opens_with_the_new_key_alone_after_it(filled: Session) -> None:
    assert run(filled) == {each.name: (1, 0) for each in COLUMNS}
    for each in COLUMNS:
        key, sealed = filled.execute(select(each.key, each.column)).one()
        assert AFTER.open(sealed, purpose=f"{each.bound}.{key}") == each.name
        with pytest.raises(SecretBoxError):
            AFTER.open(sealed, purpose=f"{each.bound}.another")
    assert run(filled) == {each.name: (0, 0) for each in COLUMNS}


def test_link_that_was_bound_to_no_row_is_bound_to_its_own(filled: Session) -> None:
    former = BEFORE.seal("https://zoom.us/j/81234567890", purpose="private-link")
    filled.execute(update(PrivateLink).values(sealed=former))
    filled.commit()
    row = filled.scalars(select(PrivateLink)).one()
    assert open_link(BOTH, row) == "https://zoom.us/j/81234567890"
    assert run(filled)["private_links.sealed"] == (1, 0)
    filled.expire_all()
    assert AFTER.open(row.sealed, purpose=f"private_links.sealed.{row.id}") == "https://zoom.us/j/81234567890"


def test_what_no_key_opens_is_counted_and_left_as_it_is(filled: Session, app: Flask) -> None:
    stranger = SecretBox({"gone": b"g" * 32}, "gone").seal("x", purpose="drafts.sealed.x")
    filled.execute(update(Draft).values(sealed=stranger))
    filled.commit()
    assert run(filled)["drafts.sealed"] == (0, 1)
    assert filled.scalars(select(Draft.sealed)).all() == [stranger]
    filled.close()
    said = app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert (said.exit_code, "drafts.sealed: 0 sealed again, 1 LOST" in said.output) == (1, True)


def test_more_than_a_page_and_plain_values_are_gone_through(filled: Session) -> None:
    row = dict(filled.execute(select(Message.__table__)).mappings().one())
    several = [
        {**row, "id": f"m{number:04}", "dedupe_key": f"k{number}", "message_id": f"<{number}@x>",
         "sealed": BEFORE.seal("x", purpose=f"messages.sealed.m{number:04}") if number % 2 else ""}
        for number in range(2 * PAGE)
    ]  # fmt: skip
    filled.execute(insert(Message), several)
    filled.commit()
    assert run(filled)["messages.sealed"] == (PAGE + 1, 0)


def test_every_sealed_column_is_known() -> None:
    """A service that seals into a row says so in one line, which names table and column."""
    folder = Path(wmd.services.__file__).parent
    said = {
        found[1]
        for path in folder.glob("*.py")
        for found in re.finditer(r'return f"(\w+\.[\w{}]+)\.\{\w+\}"', path.read_text(encoding="utf-8"))
    }
    assert said == {each.bound.replace("access", "{column}").replace("refresh", "{column}") for each in COLUMNS}

"""The outbox: a mail is a row, written in the transaction that causes it, and sent after it by ``delivery.py``.

A row says who gets which kind of mail about what; its words are made when it is sent, so that a name or time changed
meanwhile is right. The dedupe key makes a repeated cause find the first row.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wmd.domain.mail_kinds import KINDS
from wmd.models import Message
from wmd.secretbox import SecretBox

#: Names made from a dedupe key are the same wherever it is put: a row, and what mail programs know it by.
_NAMESPACE = uuid.UUID("6f4e0f0a-3c0a-5c62-9b6d-0c5a7d1b7c11")

#: May still be taken back: not sent, or claimed by a worker who has not begun to hand it over.
UNSENT: ColumnElement[bool] = and_(Message.state.in_(("queued", "sending")), Message.handoff_at.is_(None))


def put_message(
    dbs: Session,
    *,
    kind: str,
    dedupe_key: str,
    cause: str,
    now: datetime,
    person_id: str | None = None,
    to: str | None = None,
    secret: str | None = None,
    subject_id: str = "",
    edition_id: int | None = None,
    facts: Mapping[str, object] | None = None,
    thread: str = "",
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    box: SecretBox,
) -> Message | None:
    """Put one mail to one person into the outbox; None when the dedupe key is there already.

    Either ``person_id`` or ``to`` (an address that belongs to nobody yet, or to nobody any more) says to whom.
    ``secret`` is the path of the personal link, with its token, from ``/`` on; it and ``to`` are sealed. ``subject_id``
    is the submission, draft or organisation it is about; ``facts`` are ids and plain values that its words need (see
    ``mail_facts.py``), never a person's data. ``cause`` is the actor string. A new message of a ``thread`` takes
    back the ones of that thread that are not out yet.
    """
    known = KINDS[kind]
    if (person_id is None) == (to is None):
        msg = "a message goes to a person or to an address: give exactly one"
        raise ValueError(msg)
    if known.has_secret != (secret is not None) or (secret and not secret.startswith("/")):
        msg = f"a message of kind {kind} needs {'a link path from / on' if known.has_secret else 'no secret'}"
        raise ValueError(msg)
    identity = message_name(dedupe_key)
    hidden = {name: value for name, value in (("to", to), ("secret", secret)) if value is not None}
    values = {
        "id": identity, "dedupe_key": dedupe_key, "kind": kind, "thread": thread, "person_id": person_id,
        "edition_id": edition_id, "subject_id": subject_id, "facts": dict(facts or {}),
        "sealed": box.seal(json.dumps(hidden), purpose=purpose_of(identity)) if hidden else "",
        "cause": cause, "not_before": not_before or now, "not_after": not_after or (not_before or now) + known.lives,
        "message_id": identity, "created_at": now,
    }  # fmt: skip
    if not _insert_once(dbs, values):
        return None
    if thread:
        withdraw_messages(dbs, thread=thread, reason="superseded", now=now, but=identity)
    return dbs.get_one(Message, identity)


def message_name(dedupe_key: str) -> str:
    """Return the id of the message with this key: what mail programs know it by."""
    return str(uuid.uuid5(_NAMESPACE, dedupe_key))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What many messages have in common: their kind, what they are about, who causes them, and from when they go."""

    kind: str
    subject_id: str
    edition_id: int
    cause: str
    facts: Mapping[str, object]
    not_before: datetime


class Line(NamedTuple):
    """What one of many messages has for itself."""

    person_id: str
    dedupe_key: str
    not_after: datetime


def put_many(dbs: Session, sheet: Sheet, lines: Sequence[Line], *, now: datetime) -> int:
    """Put the same mail to some thousand people into the outbox; return how many were not there yet.

    Only kinds without a secret, and in no thread. Raises ValueError for another kind.
    """
    if KINDS[sheet.kind].has_secret:
        msg = f"a message of kind {sheet.kind} has a secret of its own"
        raise ValueError(msg)
    if not lines:
        return 0
    common: dict[str, Any] = {
        "kind": sheet.kind, "thread": "", "edition_id": sheet.edition_id, "subject_id": sheet.subject_id,
        "facts": dict(sheet.facts), "sealed": "", "cause": sheet.cause, "not_before": sheet.not_before,
        "state": "queued", "reason": "", "attempts": 0, "last_error": "", "created_at": now,
    }  # fmt: skip
    own = [
        {"id": message_name(key), "message_id": message_name(key), "dedupe_key": key, "person_id": person_id,
         "not_after": not_after}
        for person_id, key, not_after in lines
    ]  # fmt: skip
    connection = dbs.connection()
    if connection.dialect.name == "postgresql":
        return connection.execute(_from_arrays(common), _arrays(own)).rowcount
    statement = sqlite.insert(Message).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return connection.execute(statement, [common | each for each in own]).rowcount


_OWN: Final = ("id", "message_id", "dedupe_key", "person_id", "not_after")


def _from_arrays(common: Mapping[str, Any]) -> postgresql.Insert:
    """Return an insert that is sent once for all rows: values that differ come as one array for each column."""
    columns = Message.__table__.c
    arrays = [
        func.unnest(bindparam(name, type_=postgresql.ARRAY(columns[name].type))).label(name) for name in _OWN
    ]  # fmt: skip
    rows = select(*arrays).subquery()
    fixed = [literal(value, columns[name].type).label(name) for name, value in common.items()]
    source = select(*(rows.c[name] for name in _OWN), *fixed)
    put = postgresql.insert(Message).from_select([*_OWN, *common], source).on_conflict_do_nothing()
    return put.execution_options(preserve_rowcount=True)


def _arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in _OWN}


def _insert_once(dbs: Session, values: Mapping[str, object]) -> bool:
    """Insert the row unless its key is there, also when another transaction is just putting it."""
    make = postgresql.insert if dbs.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(Message).values(**values).on_conflict_do_nothing().returning(Message.id)
    return dbs.execute(statement).first() is not None


def withdraw_messages(
    dbs: Session, *, thread: str = "", subject_id: str = "", reason: str, now: datetime, but: str = ""
) -> int:
    """Take back what is not out yet of a thread or about a subject; return how many.

    A message that a worker has claimed is taken back too: the worker asks once more before it hands it over, and
    finds its claim gone.
    """
    if not (thread or subject_id):
        msg = "name a thread or a subject"
        raise ValueError(msg)
    which = [UNSENT, Message.id != but]
    if thread:
        which.append(Message.thread == thread)
    if subject_id:
        which.append(Message.subject_id == subject_id)
    return _cancel(dbs, *which, reason=reason)


def _cancel(dbs: Session, *which: ColumnElement[bool], reason: str) -> int:
    found = dbs.execute(
        update(Message)
        .where(*which)
        .values(state="cancelled", reason=reason, sealed="", claim_token=None, lease_until=None)
        .returning(Message.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(found.all())


def purpose_of(message_id: str) -> str:
    """Return what a message's sealed part is bound to: one row's secret does not open in another."""
    return f"messages.sealed.{message_id}"


def hidden_part(message: Message, box: SecretBox) -> dict[str, str]:
    """Return what only the reader may know: ``to`` and ``secret``, as far as they are there.

    Raises SecretBoxError when the key is gone or the row was damaged.
    """
    return open_sealed(message.id, message.sealed, box)


def open_sealed(message_id: str, sealed: str, box: SecretBox) -> dict[str, str]:
    """Return the sealed part of the message with this id, opened; raises SecretBoxError."""
    if not sealed:
        return {}
    found: dict[str, str] = json.loads(box.open(sealed, purpose=purpose_of(message_id)))
    return found

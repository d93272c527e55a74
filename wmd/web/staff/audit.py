"""The trail: who changed what, searched page by page; administrators take it with them as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, render_template, request

from wmd.db import db
from wmd.domain.documents.write_csv import csv_stream
from wmd.services.audit_log import AuditQuery, all_audit, audit_cells, audit_json, known_words, search_audit
from wmd.web.catalogue import gettext
from wmd.web.guards import for_staff, visitor
from wmd.web.staff.trail_words import act_words, field_label, kind_words, moved, value_words

bp = Blueprint("audit", __name__)

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the search form says, and what is wrong with it."""

    query: AuditQuery
    typed: dict[str, str]
    messages: dict[str, list[str]]

    def address(self, path: str, **more: str) -> str:
        """Return the address of the same search elsewhere."""
        pairs = {name: value for name, value in (self.typed | more).items() if value}
        return f"{path}?{urlencode(pairs)}" if pairs else path


def _day(text: str, messages: dict[str, list[str]], name: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        messages[name] = [gettext("Write the day like 2026-10-07.")]
        return None


def _asked() -> Asked:
    # An entry names neither a region nor a language: the trail is for those who may see everything.
    if visitor().actor.is_limited:
        abort(403)
    typed = {name: request.args.get(name, "")[:_LONGEST].replace("\0", "") for name in _FIELDS}
    messages: dict[str, list[str]] = {}
    until = _day(typed["until"], messages, "until")
    before = request.args.get("before", "")
    query = AuditQuery(
        text=typed["subject"],
        kind=typed["kind"],
        actor=typed["actor"],
        action=typed["action"],
        since=_day(typed["since"], messages, "since"),
        until=until + timedelta(days=1) if until and until.year < date.max.year else until,
        before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None,
    )
    return Asked(query, typed, messages)


_FIELDS = ("subject", "kind", "actor", "action", "since", "until")


@bp.get("/audit")
@for_staff("reader")
def index() -> tuple[str, int]:
    """Search the trail, the newest entries first."""
    asked = _asked()
    page = search_audit(db.session(), asked.query)
    actions, kinds = known_words(db.session())
    older = asked.address("/staff/audit", before=str(page.next_before)) if page.next_before else ""
    who = visitor().staff
    shown = render_template(
        "staff/audit/index.html", page=page, typed=asked.typed, messages=asked.messages,
        actions=_options(actions, act_words), kinds=_options(kinds, kind_words), act_words=act_words,
        kind_words=kind_words, field_label=field_label,
        moved=partial(moved, names=page.names, versions=page.versions),
        value_words=partial(value_words, names=page.names, versions=page.versions),
        may_export=who is not None and who.role == "administrator",
        older=older, newest=asked.address("/staff/audit") if asked.query.before_id else "",
        csv=asked.address("/staff/audit.csv"), json=asked.address("/staff/audit.json"), search_at=asked.address,
    )  # fmt: skip
    return shown, 422 if asked.messages else 200


def _options(words: list[str], say: Callable[[str], str]) -> list[tuple[str, str]]:
    return [("", gettext("any")), *((word, say(word)) for word in words)]


def _file(pieces: Iterable[bytes], media_type: str, name: str) -> Response:
    """Return a file, made whole before it is sent: no slow reader keeps the database waiting."""
    response = make_response(b"".join(pieces))
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/audit.csv")
@for_staff("administrator", fresh=True)
def as_csv() -> Response:
    """Send what was searched for as a file for a spreadsheet, the oldest entry first."""
    lines = all_audit(db.session(), _asked().query)
    return _file(csv_stream(audit_cells(lines)), "text/csv; charset=utf-8", "audit.csv")


@bp.get("/audit.json")
@for_staff("administrator", fresh=True)
def as_json() -> Response:
    """Send what was searched for as JSON, the oldest entry first."""
    lines = all_audit(db.session(), _asked().query)
    return _file(audit_json(lines), "application/json; charset=utf-8", "audit.json")

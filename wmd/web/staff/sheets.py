"""One way to show and save a sheet of settings: fields as data, what was typed kept, and two people at once told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.errors import InvalidContentError, NotLoadedError
from wmd.services.settings import Sheet, seen_of
from wmd.web.catalogue import gettext
from wmd.web.guards import visitor
from wmd.web.reading import library

Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One field: as ``field`` of ``_forms.html`` draws it."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    options: Sequence[Option] = ()
    rows: int = 4
    is_required: bool = False
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields under one heading."""

    title: str
    items: Sequence[Item]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet's page: its address, the way back, its fields, and what is stored (empty for something new)."""

    title: str
    path: str
    back: tuple[str, str]
    groups: Sequence[Group]
    stored: Sheet = field(default_factory=dict)
    lead: str = ""
    links: Sequence[tuple[str, str]] = ()

    @property
    def items(self) -> list[Item]:
        """All fields, in order."""
        return [item for group in self.groups for item in group.items]


def may_change() -> bool:
    """Whether who looks may save; moderators only read."""
    staff = visitor().staff
    return staff is not None and staff.role == "administrator"


def show(
    page: Page, status: int = 200, *, values: Mapping[str, str] | None = None,
    messages: Mapping[str, list[str]] | None = None, notice: str = "",
) -> Response:  # fmt: skip
    """Return the page with what is stored, or what was typed."""
    shown = page.stored if values is None else values
    labels = {item.name: item.label for item in page.items}
    summary = [
        {"where": name, "text": text, "label": labels.get(name, "")}
        for name, texts in (messages or {}).items()
        for text in texts
    ]
    body = render_template(
        "staff/settings/sheet.html", page=page, values=shown, messages=messages or {}, summary=summary,
        notice=notice, seen=seen_of(page.stored), may_change=may_change(), is_saved=request.args.get("saved") == "1",
    )  # fmt: skip
    return make_response(body, status)


def typed(page: Page) -> Sheet:
    """Return what was typed into the page's fields; nothing else of a POST is looked at."""
    return {item.name: request.form.get(item.name, "").replace("\r\n", "\n").replace("\0", "") for item in page.items}


def stale(page: Page) -> Response:
    """Return the page again with what was typed, when its form was too old to be taken."""
    return show(page, 422, values=typed(page), notice=gettext("This page was open for too long. Please send it again."))


def save(page: Page, apply: Callable[[Sheet], str]) -> ResponseReturnValue:
    """Save a sheet: ``apply`` stores it and returns where to go on. What was typed is never lost.

    ``page.stored`` was read under the lock of what it describes. When it is not what the form was made from,
    somebody else saved meanwhile: both are shown, and sending again stores what is then in the form.
    """
    values = typed(page)
    if request.form.get("seen", "") != seen_of(page.stored):
        db.session.rollback()
        differing = [item for item in page.items if values[item.name].strip() != page.stored.get(item.name, "").strip()]
        messages = {
            item.name: [gettext("Stored meanwhile: %(text)s", text=_words(item, page.stored.get(item.name, "")))]
            for item in differing
        }
        notice = gettext("Somebody else saved this meanwhile. What you typed is below; send it again to keep yours.")
        return show(page, 422, values=values, messages=messages, notice=notice)
    try:
        target = apply(values)
    except InvalidContentError as fault:
        db.session.rollback()
        found: dict[str, list[str]] = {}
        for finding in fault.findings:
            found.setdefault(_field(page, finding.where), []).append(finding.say(gettext))
        return show(page, 422, values=values, messages=found)
    db.session.commit()
    # Stored it is; the pages follow when the programme can be read.
    with suppress(NotLoadedError):
        library().refresh()
    return redirect(target, 303)


def _field(page: Page, where: str) -> str:
    """Return the field that a finding stands beside."""
    names = {item.name for item in page.items}
    return where if where in names else where.partition("[")[0].partition(".")[0]


def _words(item: Item, text: str) -> str:
    if item.kind == "checkbox":
        return gettext("yes") if text else gettext("no")
    return dict(item.options).get(text, text) or "–"

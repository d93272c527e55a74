"""What changed in an edition, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from flask import Blueprint, Response

from wmd.domain.programme import ChangeView, Programme
from wmd.web import words
from wmd.web.public import addresses
from wmd.web.public.arguments import carried, named_zone, page_number, see_other
from wmd.web.public.changelog import added_together, change_item
from wmd.web.public.page import page
from wmd.web.public.rows import Eyes
from wmd.web.reading import read_now, read_programme, viewer

bp = Blueprint("changes", __name__)

PAGE_SIZE = 50
#: So many events added on one day are told in one line.
MANY_ADDED = 4


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """One page of changes under the days on which they were made, in the viewer's zone."""

    days: list[dict[str, Any]]
    page: int
    pages: int
    newer_url: str
    older_url: str
    valid_until: datetime | None = None


def changes_model(programme: Programme, eyes: Eyes, number: int) -> ChangesPage:
    """Return a page of changes, from 1; a page past the end is empty.

    Many events that were added on the same day are one entry, so that what moved or was cancelled is not lost in them.
    """
    slug = programme.edition.slug
    newest_first = sorted(programme.changes, key=lambda change: (change.at, change.id), reverse=True)
    entries = [
        (day, entry)
        for day, changes in groupby(newest_first, key=lambda change: words.day_of(change.at, eyes.zone))
        for entry in _entries(list(changes))
    ]
    pages = max(1, -(-len(entries) // PAGE_SIZE))
    shown = entries[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return ChangesPage(
        days=[
            {
                "title": words.day(day, eyes.language),
                "items": [_item(entry, programme, eyes) for _, entry in under_day],
            }
            for day, under_day in groupby(shown, key=itemgetter(0))
        ],
        page=number,
        pages=pages,
        newer_url=addresses.changes(slug, number - 1) if number > 1 else "",
        older_url=addresses.changes(slug, number + 1) if number < pages else "",
    )


def _entries(changes: list[ChangeView]) -> list[list[ChangeView]]:
    """Return the changes of one day, each by itself but many additions together, in the place of the newest."""
    added = [change for change in changes if change.kind == "added"]
    if len(added) < MANY_ADDED:
        return [[change] for change in changes]
    return [
        added if change is added[0] else [change] for change in changes if change is added[0] or change.kind != "added"
    ]


def _item(entry: list[ChangeView], programme: Programme, eyes: Eyes) -> dict[str, Any]:
    if len(entry) > 1:
        return added_together(entry, programme, eyes.zone, eyes.language)
    return change_item(entry[0], programme, eyes.zone, eyes.language, under_day=True)


@bp.get("/<edition>/changes")
def show(edition: str) -> Response:
    """Show what changed in an edition."""
    programme = read_programme(edition)
    named_zone(programme)
    number = page_number(programme)
    who, now = viewer(programme.edition.zone), read_now()
    model = changes_model(programme, Eyes(who.zone, who.language, now), number)
    if number > model.pages:
        return see_other(carried(addresses.changes(edition)))
    return page(
        "public/changes.html",
        who=who,
        now=now,
        canonical=addresses.changes(edition, number),
        values=(programme,),
        valid_until=None,
        edition=programme.edition,
        shown=model,
        atom_url=addresses.changes_atom(edition),
        programme_url=addresses.programme(edition),
        noindex=number > 1,
    )

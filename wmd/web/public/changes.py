"""What changed in an edition, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, Response

from wmd.domain.programme import ChangeView, Programme
from wmd.web import words
from wmd.web.public import addresses
from wmd.web.public.arguments import carried, named_zone, page_number, see_other
from wmd.web.public.changelog import change_items
from wmd.web.public.page import page
from wmd.web.public.rows import Eyes
from wmd.web.reading import read_now, read_programme, viewer

bp = Blueprint("changes", __name__)

PAGE_SIZE = 50


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
    """Return a page of changes, from 1; a page past the end is empty."""
    slug = programme.edition.slug
    newest_first = sorted(programme.changes, key=lambda change: (change.at, change.id), reverse=True)
    pages = max(1, -(-len(newest_first) // PAGE_SIZE))
    shown = newest_first[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]

    def day(change: ChangeView) -> str:
        return words.day(words.day_of(change.at, eyes.zone), eyes.language)

    return ChangesPage(
        days=[
            {"title": title, "items": change_items(items, programme, eyes.zone, eyes.language)}
            for title, items in groupby(shown, key=day)
        ],
        page=number,
        pages=pages,
        newer_url=addresses.changes(slug, number - 1) if number > 1 else "",
        older_url=addresses.changes(slug, number + 1) if number < pages else "",
    )


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

"""The programme page: rows by day in the viewer's zone, narrowed by filters whose state is the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from wmd.domain.agenda import DayGroup, first_ahead, group_by_day
from wmd.domain.filters import FACETS, Query
from wmd.domain.index import Index
from wmd.domain.programme import Programme, Site
from wmd.domain.query import FacetCount, Selection, select
from wmd.domain.search import fold
from wmd.web import words
from wmd.web.catalogue import gettext, ngettext
from wmd.web.public import addresses
from wmd.web.public.arguments import asked_query, is_canonical, see_other
from wmd.web.public.page import page
from wmd.web.public.phase import phase_at, phase_turns_at
from wmd.web.public.rows import Eyes, earliest, row_item
from wmd.web.public.selection import FACET_TITLES, parts, selection_name, value_label
from wmd.web.reading import Viewer, library, read_now, read_programme, read_programmes, read_site, viewer

bp = Blueprint("programme", __name__)

PAGE_SIZE = 50
#: Facets that are open on a page on which nothing is chosen yet.
_OPEN_FACETS = frozenset({"topic", "language", "format"})
#: A longer list of choices is cut, the rest is reached in another way; values come with the most frequent first.
_MOST_CHOICES = {"organisation": 12, "country": 40, "language": 40, "day": 62}
_MOST_BY_DEFAULT = 30
#: Facets whose choices are looked up by name; all others keep the order of their vocabulary.
_BY_NAME = frozenset({"language", "interpretation", "captions", "sign", "country", "organisation"})
#: A choice comes back to the filters. The mark stands inside their panel, which a browser opens to show it.
_AT_FILTERS = "#filters"


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """What the programme page shows; ``pages`` is at least 1."""

    title: str
    groups: list[dict[str, Any]]
    facets: list[dict[str, Any]]
    chips: list[dict[str, str]]
    count_words: str
    show_words: str
    clear_url: str
    subscribe_url: str
    tell_url: str
    upcoming: dict[str, Any] | None
    jump_url: str
    hidden: list[tuple[str, str]]
    page: int
    pages: int
    prev_url: str
    next_url: str
    valid_until: datetime | None


def programme_model(programme: Programme, index: Index, query: Query, who: Viewer, now: datetime) -> ProgrammePage:
    """Return the programme page of a canonical query for a viewer at an instant."""
    slug = programme.edition.slug
    selection = select(programme, index, query, zone=who.zone, now=now)
    pages = max(1, -(-len(selection.positions) // PAGE_SIZE))
    days = query.values("day")
    groups = group_by_day(
        programme, selection.positions, who.zone, now=now, days=days, page=query.page, page_size=PAGE_SIZE
    )
    eyes = Eyes(who.zone, who.language, now)
    phase = phase_at(programme.edition, who.zone, now)
    return ProgrammePage(
        title=selection_name(query, programme, who.language),
        groups=[_group(group, programme, eyes) for group in groups],
        facets=_facets(programme, query, selection, who.language),
        chips=_chips(programme, query, who.language),
        count_words=_count_words(selection.total, len(programme.events), query),
        show_words=_show_words(selection.total),
        clear_url=addresses.programme(slug, Query(tz=query.tz)),
        subscribe_url=addresses.subscribe(slug, query, who.zone),
        tell_url=addresses.tell_me(slug, query.changed(page=1, upcoming=False)),
        upcoming=None if phase == "over" and not query.upcoming else _upcoming(slug, query),
        jump_url=_jump_url(programme, query, selection, who, now) if phase == "running" else "",
        hidden=[(name, value) for name, value in query.canonical() if name not in {"q", "page"}],
        page=query.page,
        pages=pages,
        prev_url=addresses.programme(slug, query.changed(page=query.page - 1)) if query.page > 1 else "",
        next_url=addresses.programme(slug, query.changed(page=query.page + 1)) if query.page < pages else "",
        valid_until=earliest(selection.valid_until, phase_turns_at(programme.edition, who.zone, now)),
    )


def _show_words(total: int) -> str:
    """Return what leads from the filters to the list: on a phone the list lies below them, out of sight."""
    if not total:
        return gettext("Nothing matches this selection")
    return ngettext("Show %(num)d event", "Show %(num)d events", total)


def _upcoming(slug: str, query: Query) -> dict[str, Any]:
    return {
        "url": addresses.programme(slug, query.changed(upcoming=not query.upcoming, page=1)) + _AT_FILTERS,
        "chosen": query.upcoming,
        "label": gettext("Only what is still to come"),
    }


def _jump_url(programme: Programme, query: Query, selection: Selection, who: Viewer, now: datetime) -> str:
    """Return where what is on or next stands in the list, or a blank where that is its beginning."""
    days = query.values("day")
    found = first_ahead(programme, selection.positions, who.zone, now=now, days=days)
    if found is None:
        return ""
    line, day = found
    page = line // PAGE_SIZE + 1
    path = "" if page == query.page else addresses.programme(programme.edition.slug, query.changed(page=page))
    return f"{path}#day-{day.isoformat()}"


def _group(group: DayGroup, programme: Programme, eyes: Eyes) -> dict[str, Any]:
    title = gettext("Over several days") if group.several_days else words.day(group.day, eyes.language)
    sessions = ngettext("%(num)d session", "%(num)d sessions", len(group.rows))
    zone = words.place_of(eyes.zone)
    return {
        "title": title,
        "id": "several-days" if group.several_days else f"day-{group.day.isoformat()}",
        "note": sessions if group.several_days else gettext("%(count)s · %(city)s time", count=sessions, city=zone),
        "rows": [row_item(row, programme, eyes) for row in group.rows],
    }


def _count_words(found: int, of_all: int, query: Query) -> str:
    if query.is_plain:
        return words.event_count(of_all)
    return ngettext("%(num)d of %(all)s", "%(num)d of %(all)s", found, all=words.event_count(of_all))


def _facets(programme: Programme, query: Query, selection: Selection, language: str) -> list[dict[str, Any]]:
    found = []
    for facet in FACETS:
        counts = selection.facet_counts[facet]
        choices = [_choice(programme, query, facet, count, language) for count in _shown(facet, counts)]
        if facet in _BY_NAME:
            choices.sort(key=lambda choice: fold(choice["label"]))
        if facet == "organisation" and len(counts) > len(choices):
            everybody = addresses.organisations(programme.edition.slug)
            choices.append({"url": everybody, "label": gettext("All organisations"), "chosen": False})
        is_open = facet in _OPEN_FACETS or any(count.selected for count in counts)
        found.append({"title": gettext(FACET_TITLES[facet]), "choices": choices, "open": is_open})
    return found


def _shown(facet: str, counts: list[FacetCount]) -> list[FacetCount]:
    """Return the choices to offer: as many as are useful, and always what is chosen."""
    most = _MOST_CHOICES.get(facet, _MOST_BY_DEFAULT)
    return counts[:most] + [count for count in counts[most:] if count.selected]


def _choice(programme: Programme, query: Query, facet: str, count: FacetCount, language: str) -> dict[str, Any]:
    return {
        "url": addresses.programme(programme.edition.slug, query.with_toggled(facet, count.value)) + _AT_FILTERS,
        "label": value_label(facet, count.value, programme, language),
        "count": count.count,
        "chosen": count.selected,
    }


def _chips(programme: Programme, query: Query, language: str) -> list[dict[str, str]]:
    slug = programme.edition.slug
    chips = []
    for part in parts(query, programme, language):
        left = query.with_toggled(part.facet, part.value) if part.facet in FACETS else query.without(part.facet)
        chips.append({"label": part.label, "url": addresses.programme(slug, left)})
    return chips


def _found_in(programme: Programme, index: Index, asked: str) -> list[dict[str, str]]:
    """Return a link to what another edition holds for the same words; none when that is nothing."""
    count = index.search(asked).bit_count()
    if not count:
        return []
    label = ngettext(
        "%(num)d event in %(edition)s", "%(num)d events in %(edition)s", count, edition=programme.edition.name
    )
    return [{"label": label, "url": addresses.programme(programme.edition.slug, Query(q=asked))}]


@bp.get("/<edition>/programme")
def show(edition: str) -> Response:
    """Show the programme, or redirect (303) to the canonical address of what is asked."""
    programme = read_programme(edition)
    query = asked_query(programme)
    if not is_canonical(query):
        return see_other(addresses.programme(edition, query))
    who, now = viewer(programme.edition.zone), read_now()
    model = programme_model(programme, library().index(programme), query, who, now)
    if query.page > model.pages:
        return see_other(addresses.programme(edition, query.changed(page=model.pages)))
    values: list[Programme | Site] = [programme]
    others: list[Programme] = []
    if query.q and not model.groups:
        site = read_site()
        others = [each for each in read_programmes(site) if each.edition.slug != edition]
        values += [site, *others]
    return page(
        "public/programme.html",
        who=who,
        now=now,
        canonical=addresses.programme(edition, query.changed(tz="")),
        values=values,
        valid_until=model.valid_until,
        edition=programme.edition,
        elsewhere=[link for each in others for link in _found_in(each, library().index(each), query.q)],
        pinned=query.is_plain and query.page == 1,
        # A search engine needs the plain programme and the events; every combination of filters it does not.
        noindex=not query.is_plain,
        listing=model,
        q=query.q,
    )

"""Pages of organisations: who they are and what they hold in an edition, and the list of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort
from markupsafe import Markup

from wmd.domain.codes import CODE_LENGTH, normalise_code
from wmd.domain.filters import Query
from wmd.domain.index import Index
from wmd.domain.programme import OrganisationView, Programme
from wmd.domain.query import select
from wmd.domain.search import fold
from wmd.web import names, words
from wmd.web.public import addresses
from wmd.web.public.arguments import carried, moved, named_zone
from wmd.web.public.page import base_url, page
from wmd.web.public.pictures import PictureItem, picture_item
from wmd.web.public.rows import Eyes, row_items, tagged
from wmd.web.reading import library, read_now, read_programme, viewer

bp = Blueprint("organisations", __name__)

#: More sessions than this are left to the programme page.
MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """What an organisation's page shows."""

    name: str
    lang: str
    dir: str
    own_name: Markup
    acronym: str
    kind: str
    place: str
    website: str
    rows: list[dict[str, Any]]
    event_count: int
    more: int
    programme_url: str
    subscribe_url: str
    logo: PictureItem | None
    social: list[dict[str, str]]
    valid_until: datetime | None


def organisation_model(
    programme: Programme, index: Index, organisation: OrganisationView, eyes: Eyes
) -> OrganisationPage:
    """Return the page of an organisation in an edition."""
    slug = programme.edition.slug
    query = Query().changed(organisation=[organisation.code])
    found = select(programme, index, query, zone=eyes.zone, now=eyes.now)
    name, tag = names.best_text(organisation.names, eyes.language, organisation.language)
    country = names.country_name(organisation.country, eyes.language) if organisation.country else ""
    return OrganisationPage(
        name=name,
        lang=tag if tag != eyes.language else "",
        dir=names.direction(tag) if tag != eyes.language else "",
        own_name=tagged(organisation.name if organisation.name != name else "", organisation.language, eyes.language),
        acronym=organisation.acronym if organisation.acronym != name else "",
        kind=names.label("organiser", organisation.kind),
        place=", ".join(filter(None, (organisation.city, country))),
        website=organisation.website if organisation.website.startswith(("https://", "http://")) else "",
        rows=row_items(programme, found.positions[:MOST_ROWS], eyes, dated=True),
        event_count=found.total,
        more=max(0, len(found.positions) - MOST_ROWS),
        programme_url=addresses.programme(slug, query),
        subscribe_url=addresses.subscribe(slug, query),
        logo=picture_item(organisation.image, organisation.language, eyes.language) if organisation.image else None,
        social=[
            {"url": url, "label": urlsplit(url).netloc.removeprefix("www.")}
            for url in organisation.social
            if url.startswith("https://")
        ],
        valid_until=found.valid_until,
    )


def list_model(programme: Programme, index: Index, language: str) -> list[dict[str, Any]]:
    """Return all organisations of an edition by name, each with its page and the number of its events."""
    slug = programme.edition.slug
    found = []
    for organisation in programme.organisations.values():
        count = index.bits("organisation", organisation.code).bit_count()
        if not count:
            continue
        name, tag = names.best_text(organisation.names, language, organisation.language)
        found.append(
            {
                "name": name,
                "lang": tag if tag != language else "",
                "dir": names.direction(tag) if tag != language else "",
                "url": addresses.organisation(slug, organisation.code, organisation.slug),
                "kind": names.label("organiser", organisation.kind),
                "count": words.event_count(count),
            }
        )
    return sorted(found, key=lambda item: fold(item["name"]))


@bp.get("/<edition>/organisations/")
def all_of_them(edition: str) -> Response:
    """List the organisations of an edition."""
    programme = read_programme(edition)
    named_zone(programme)
    who = viewer(programme.edition.zone)
    return page(
        "public/organisation_list.html",
        who=who,
        now=read_now(),
        canonical=addresses.organisations(edition),
        values=(programme,),
        valid_until=None,
        edition=programme.edition,
        organisations=list_model(programme, library().index(programme), who.language),
    )


@bp.get("/<edition>/organisations/<ref>")
def show(edition: str, ref: str) -> Response:
    """Show an organisation by its code, whatever readable part follows it in the address."""
    programme = read_programme(edition)
    code = normalise_code(ref[:CODE_LENGTH])
    organisation = programme.organisations.get(code or "")
    successor = programme.organisations.get(programme.moved.get(code or "", ""))
    if organisation is not None and successor is not None:
        return moved(carried(addresses.organisation(edition, successor.code, successor.slug)))
    if organisation is None or ref[CODE_LENGTH : CODE_LENGTH + 1] not in {"", "-"}:
        abort(404)
    path = addresses.organisation(edition, organisation.code, organisation.slug)
    if not path.endswith(f"/{ref}"):
        return moved(carried(path))
    named_zone(programme)
    who, now = viewer(programme.edition.zone), read_now()
    model = organisation_model(
        programme, library().index(programme), organisation, Eyes(who.zone, who.language, now)
    )  # fmt: skip
    return page(
        "public/organisation.html",
        who=who,
        now=now,
        canonical=path,
        values=(programme,),
        valid_until=model.valid_until,
        edition=programme.edition,
        shown=model,
        list_url=addresses.organisations(edition),
        base_url=base_url(),
    )

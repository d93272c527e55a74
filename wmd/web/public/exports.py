"""Other ways out, all from the same programme value: JSON, CSV, c3voc schedules, Atom, sitemap, robots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, current_app, make_response, request

from config import ROOT, Config
from wmd.domain.exports import (
    changes_atom,
    programme_csv,
    programme_json,
    schedule_json,
    schedule_xml,
    sitemap,
)
from wmd.domain.exports.addresses import organisation_page
from wmd.domain.filters import BadQuery, parse
from wmd.domain.findings import N_
from wmd.domain.programme import Programme
from wmd.domain.query import find
from wmd.domain.zones import canonical
from wmd.web.public import addresses
from wmd.web.public.feeds import answer_preflight, machine_fault, open_to_all
from wmd.web.public.page import absolute, base_url
from wmd.web.reading import keep, library, read_programme, read_programmes, read_site

bp = Blueprint("exports", __name__)
bp.after_request(answer_preflight)

MAX_AGE_S = 300
_NO_FILTERS = N_("This file is always the whole programme; filters are for CSV and calendars.")


def _answer(
    programme: Programme, body: bytes, content_type: str, file_name: str, *, disposition: str = "inline"
) -> Response:
    response = make_response(body)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = f'{disposition}; filename="{file_name}"'
    open_to_all(response)
    response.last_modified = programme.published_at
    return keep(response, values=[programme], valid_until=None, by_zone=False, max_age_s=MAX_AGE_S)


def _whole(edition: str, build: Callable[[Programme], bytes], content_type: str, file_name: str) -> Response:
    """Answer with an export that takes no parameters; what is asked beside it is a 400 that names it."""
    programme = read_programme(edition)
    try:
        query = parse(list(request.args.items(multi=True)), programme, kind="export", canonical_zone=canonical)
    except BadQuery as fault:
        return machine_fault(fault)
    if not query.is_plain:
        name, value = query.canonical()[0]
        return machine_fault(BadQuery(name, value, _NO_FILTERS))
    return _answer(programme, build(programme), content_type, file_name)


@bp.get("/<edition>/programme.json")
def as_json(edition: str) -> Response:
    """Serve the programme as JSON, in the format an import reads."""
    return _whole(edition, programme_json.build, "application/json; charset=utf-8", f"programme-{edition}.json")


@bp.get("/<edition>/schedule.xml")
def as_schedule_xml(edition: str) -> Response:
    """Serve the programme as a c3voc schedule in XML."""
    return _whole(
        edition, lambda value: schedule_xml.build(value, base_url()), "application/xml; charset=utf-8",
        f"schedule-{edition}.xml",
    )  # fmt: skip


@bp.get("/<edition>/schedule.json")
def as_schedule_json(edition: str) -> Response:
    """Serve the programme as a c3voc schedule in JSON."""
    return _whole(
        edition, lambda value: schedule_json.build(value, base_url()), "application/json; charset=utf-8",
        f"schedule-{edition}.json",
    )  # fmt: skip


@bp.get("/<edition>/changes.atom")
def changes(edition: str) -> Response:
    """Serve what changed as an Atom feed."""
    return _whole(
        edition, lambda value: changes_atom.build(value, base_url()), "application/atom+xml; charset=utf-8",
        f"changes-{edition}.atom",
    )  # fmt: skip


@bp.get("/<edition>/programme.csv")
def as_csv(edition: str) -> Response:
    """Serve the programme, or a selection of it, as a CSV file that opens right in a spreadsheet."""
    programme = read_programme(edition)
    try:
        query = parse(list(request.args.items(multi=True)), programme, kind="export", canonical_zone=canonical)
    except BadQuery as fault:
        return machine_fault(fault)
    found = find(programme, library().index(programme), query, zone=programme.edition.zone)
    body = programme_csv.build(programme, base_url(), positions=found)
    return _answer(programme, body, "text/csv; charset=utf-8", f"programme-{edition}.csv", disposition="attachment")


@bp.get("/sitemap.xml")
def site_map() -> Response:
    """Serve the addresses of every public page."""
    site = read_site()
    programmes = read_programmes(site)
    urls = [sitemap.SiteUrl(base_url() + path) for path in ("/", "/about", "/privacy", "/accessibility")]
    urls += [sitemap.SiteUrl(f"{base_url()}/topics/{topic.slug}") for topic in site.topics]
    urls += [sitemap.SiteUrl(f"{base_url()}/series/{slug}") for slug in site.series]
    urls += [url for programme in programmes for url in _pages_of(programme)]
    response = make_response(sitemap.build(urls[: sitemap.MAX_URLS]))
    response.headers["Content-Type"] = "application/xml; charset=utf-8"
    response.last_modified = max((p.published_at for p in programmes), default=None)
    return keep(response, values=[site, *programmes], valid_until=None, by_zone=False, max_age_s=MAX_AGE_S)


def _pages_of(programme: Programme) -> list[sitemap.SiteUrl]:
    """Return the pages of an edition, an organisation's under the address that answers instead of leading there."""
    edition = programme.edition
    final = {
        organisation_page(base_url(), edition, code): absolute(addresses.organisation(edition.slug, code, each.slug))
        for code, each in programme.organisations.items()
    }
    pages = sitemap.programme_urls(programme, base_url())
    everybody = sitemap.SiteUrl(absolute(addresses.organisations(edition.slug)), programme.published_at)
    return [everybody, *(replace(page, loc=final.get(page.loc, page.loc)) for page in pages)]


@bp.get("/robots.txt")
def robots() -> Response:
    """Serve the rules for robots; a demonstration asks search engines to stay away, never calendar services."""
    config: Config = current_app.extensions["wmd.config"]
    response = make_response(sitemap.robots(base_url(), indexed=not config.is_demo))
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    return keep(response, values=[], valid_until=None, by_zone=False, max_age_s=MAX_AGE_S)


@bp.get("/programme-template.csv")
def csv_template() -> Response:
    """Serve the template of a CSV import: its columns with two example rows (docs/import.md)."""
    body = (ROOT / "docs" / "templates" / "programme-template.csv").read_bytes()
    return _document(body, "text/csv; charset=utf-8", "programme-template.csv", disposition="attachment")


@bp.get("/programme.schema.json")
def json_schema() -> Response:
    """Serve the JSON Schema of import and export files."""
    body = (ROOT / "docs" / "programme.schema.json").read_bytes()
    return _document(body, "application/schema+json; charset=utf-8", "programme.schema.json", disposition="inline")


def _document(body: bytes, content_type: str, file_name: str, *, disposition: str) -> Response:
    response = open_to_all(make_response(body))
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = f'{disposition}; filename="{file_name}"'
    return keep(response, values=[], valid_until=None, by_zone=False, max_age_s=MAX_AGE_S)

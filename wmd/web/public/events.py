"""Event pages and the permanent short addresses that lead to them; a code once public never answers 404."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

from wmd.domain.codes import CODE_LENGTH, normalise_code
from wmd.domain.programme import EventView, Programme
from wmd.web import words
from wmd.web.public import addresses
from wmd.web.public.arguments import carried, moved, named_zone, see_other
from wmd.web.public.event_page import event_model
from wmd.web.public.page import base_url, page
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import main_session
from wmd.web.reading import library, read_now, read_programme, read_site, read_status, viewer

bp = Blueprint("events", __name__)

#: A chain of merged events longer than this is a fault of the data.
_LONGEST_CHAIN = 5


def taking_its_place(programme: Programme, code: str) -> EventView | None:
    """Return the event that a code stands for now: itself, or the one it was merged into; None when it went."""
    for _ in range(_LONGEST_CHAIN):
        if event := programme.events.get(code):
            return event
        if code not in programme.moved:
            return None
        code = programme.moved[code]
    return None


def _gone(programme: Programme, code: str) -> Response:
    """Say (410) that an event was public and is not any more; neither its title nor its text is shown."""
    slug, went_at = programme.edition.slug, programme.gone.get(code)
    shown = render_template(
        "public/gone.html",
        status=410,
        edition=programme.edition,
        gone_at=words.day_of(went_at, programme.edition.zone) if went_at else None,
        programme_url=addresses.programme(slug),
        changes_url=addresses.changes(slug),
    )
    response = make_response(shown, 410)
    response.headers["Cache-Control"] = "no-store"
    return response


def _elsewhere(code: str, *, permanent: bool) -> Response:
    """Answer for a code that the addressed edition does not show: where it is, that it went, or 404."""
    slug, event_code = read_site().codes.get(code, ("", ""))
    if not slug:
        abort(404)
    programme = read_programme(slug)
    event = taking_its_place(programme, event_code)
    if event is None:
        return _gone(programme, event_code)
    path = carried(addresses.event(slug, event))
    if code != event_code and any(session.code == code for session in event.sessions):
        path += f"#session-{code}"
    return moved(path) if permanent else see_other(path)


@bp.get("/e/<code>")
def short(code: str) -> Response:
    """Lead from the permanent short address of an event or session to its page (303)."""
    normal = normalise_code(code)
    if normal is None:
        abort(404)
    return _elsewhere(normal, permanent=False)


@bp.get("/<edition>/events/<ref>")
def show(edition: str, ref: str) -> Response:
    """Show an event; any other spelling of its address redirects for good (301)."""
    programme = read_programme(edition)
    code = normalise_code(ref[:CODE_LENGTH])
    if code is None or ref[CODE_LENGTH : CODE_LENGTH + 1] not in {"", "-"}:
        abort(404)
    event = programme.events.get(code)
    if event is None:
        return _elsewhere(code, permanent=True)
    path = addresses.event(edition, event)
    if not path.endswith(f"/{ref}"):
        return moved(carried(path))
    named_zone(programme)
    who, now = viewer(main_session(event, read_now()).zone if event.sessions else programme.edition.zone), read_now()
    eyes = Eyes(who.zone, who.language, now, is_own=who.zone_source != "default")
    status = read_status()
    model = event_model(programme, library().index(programme), event, eyes, base_url(), status.of(code))
    return page(
        "public/event.html",
        who=who,
        now=now,
        canonical=path,
        values=(programme, status),
        valid_until=model.valid_until,
        edition=programme.edition,
        event=event,
        series=programme.series.get(event.series or ""),
        shown=model,
        programme_url=addresses.programme(edition),
        way_url=base_url() + addresses.take_part(event.code),
        base_url=base_url(),
        short_url=base_url() + addresses.short(event.code),
    )

"""Pages whose text does not come from the programme, static files, and short ways into the current edition.

None of the texts here asks the database or the programme, so that they can be read when both are away.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from config import Config
from wmd.domain.zones import CHOICES
from wmd.services.retention import RULES
from wmd.web.public.arguments import named_zone
from wmd.web.public.page import present_banners
from wmd.web.published import Publish
from wmd.web.reading import keep, read_banners, read_now, read_site, viewer
from wmd.web.words import select_locale

bp = Blueprint("statics", __name__)

#: A year: the address of a static file carries its digest, so that a changed file is another address.
_FOREVER = "public, max-age=31536000, immutable"
_COMPRESSIBLE = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})


def _text(template: str, **more: object) -> Response:
    config: Config = current_app.extensions["wmd.config"]
    named_zone()
    who, banners, now = viewer("UTC"), read_banners(), read_now()
    page = render_template(
        template,
        viewer=who,
        banners=banners.standing("", now),
        canonical_url=config.base_url + request.path,
        **more,
    )
    return keep(make_response(page), values=[banners], valid_until=banners.turns_at("", now))


@bp.get("/about")
def about() -> Response:
    """Say what this service is and who stands behind it."""
    return _text("public/about.html")


@bp.get("/privacy")
def privacy() -> Response:
    """Say which data about people is handled and how long it is kept: the privacy notice."""
    return _text("public/privacy.html", rules=RULES)


@bp.get("/accessibility")
def accessibility() -> Response:
    """Say how accessible the service is: the accessibility statement."""
    return _text("public/accessibility.html")


@bp.get("/programme", defaults={"page": "programme"})
@bp.get("/subscribe", defaults={"page": "subscribe"})
@bp.get("/changes", defaults={"page": "changes"})
def into_current(page: str) -> AnyResponse:
    """Lead to a page of the current edition, with the same query; 404 while there is no edition."""
    slug = read_site().current_on(read_now().date())
    if slug is None:
        abort(404)
    query = request.query_string.decode("ascii", "replace")
    return redirect(f"/{slug}/{page}" + (f"?{query}" if query else ""), 302)


@bp.get("/favicon.ico")
def favicon() -> AnyResponse:
    """Lead clients that ask without looking to the icon."""
    return redirect(asset("favicon.svg"), 302)


@lru_cache(maxsize=64)
def _digest(path: Path, changed_ns: int) -> str:
    # The time of the last change is part of the question: a file edited while the process runs has a new address.
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """Return the address of a static file with its digest: ``/static/style.css?v=0123456789``."""
    path = Path(str(current_app.static_folder)) / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime_ns))


def zone_options(zone: str, label: str = "") -> Markup:
    """Return the options of the zone chooser in the interface language, with ``zone`` selected.

    A zone of which the list knows nothing stands first under its ``label``, so that sending the form unchanged
    changes nothing.
    """
    listed = _listed_options(select_locale())
    plain = Markup('<option value="{}">').format(zone)
    chosen = Markup('<option value="{}" selected>').format(zone)
    if plain in listed:
        return listed.replace(plain, chosen)
    return chosen + (label or zone) + Markup("</option>") + listed


@lru_cache(maxsize=16)
def _listed_options(_language: str) -> Markup:
    # Made once for each language: over a hundred look-ups would be a tenth of the time that a page may take.
    option = Markup('<option value="{}">{}</option>')
    return Markup("\n").join(
        Markup('<optgroup label="{}">{}</optgroup>').format(
            gettext(group.label),
            Markup("").join(option.format(choice.name, choice.label(gettext)) for choice in group.choices),
        )
        for group in CHOICES
    )


def _keep_static(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in {200, 206, 304}:
        # Fonts are asked for by the style sheet, without digest: their names change when they do.
        is_named_for_good = _names_its_digest() or request.path.endswith(".woff2")
        response.headers["Cache-Control"] = _FOREVER if is_named_for_good else "public, max-age=3600"
        if _names_its_digest() and response.status_code == 200 and response.mimetype in _COMPRESSIBLE:
            # The layer of published bytes compresses it once and replays it; its digest is in its address.
            response.direct_passthrough = False
            response.headers.pop("ETag", None)
            request.environ["wmd.publish"] = Publish(versions={}, pinned=True)
    return response


def _names_its_digest() -> bool:
    """Whether the address says the digest that the file has: made-up ones must not fill what is kept."""
    name = str((request.view_args or {}).get("filename", ""))
    return request.query_string.decode("ascii", "replace") == asset(name).partition("?")[2]


def register(app: Flask) -> None:
    """Add the pages, ``asset`` and ``zone_options`` for templates, and how long browsers keep static files."""
    app.jinja_env.globals.update(asset=asset, zone_options=zone_options, present_banners=present_banners)
    app.after_request(_keep_static)
    app.register_blueprint(bp)

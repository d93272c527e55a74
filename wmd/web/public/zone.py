"""The viewer's zone: the one address that keeps it in a cookie."""

from __future__ import annotations

import re

from flask import Blueprint, Response, current_app, request

from config import Config
from wmd.domain.filters import BadQuery
from wmd.domain.findings import N_
from wmd.domain.zones import canonical
from wmd.web.edge import ZONE_COOKIE
from wmd.web.public.arguments import BadAddress, see_other

bp = Blueprint("zone", __name__)

_A_YEAR_S = 365 * 24 * 60 * 60
_NO_SUCH_ZONE = N_("This is not a time zone, written like Europe/Madrid.")
#: A path of ours: one slash and then no second one (a browser reads ``//`` and ``/\\`` as another host), and only
#: characters that an address may hold as they are.
_LOCAL_PATH = re.compile(r"/(?![/\\])[!#-\[\]-~]*")


def local_path(asked: str) -> str:
    """Return the path when it stays on this site, else "/"."""
    return asked if len(asked) <= 2000 and _LOCAL_PATH.fullmatch(asked) else "/"


@bp.get("/zone")
def choose() -> Response:
    """Keep the chosen zone in a cookie and go back to where it was chosen."""
    asked = request.args.get("tz", "")
    name = canonical(asked)
    if name is None:
        raise BadAddress(BadQuery("tz", asked, _NO_SUCH_ZONE))
    response = see_other(local_path(request.args.get("next", "/")))
    config: Config = current_app.extensions["wmd.config"]
    response.set_cookie(ZONE_COOKIE, name, max_age=_A_YEAR_S, path="/", samesite="Lax", secure=not config.is_demo)
    response.headers["Cache-Control"] = "no-store"
    return response

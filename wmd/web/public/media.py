"""Pictures by their address: public once something listed shows them, before that for their owner and the staff."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, make_response

from wmd.db import db, only_reads
from wmd.domain.pictures import EXTENSIONS
from wmd.models import Image
from wmd.services.images import bytes_of, find_image, owns, sight_of
from wmd.web.visitors import visitor

bp = Blueprint("media", __name__)

_NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(-small)?\.([a-z]{3,4})")
_HOUR_S = 3600


@bp.get("/media/<name>")
def show(name: str) -> Response:
    """Send a picture as we made it. A public one is kept for an hour, not longer: it may be hidden or erased.

    Opened on its own it is sandboxed and may load nothing, whatever a browser takes it for.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        abort(404)
    dbs = db.session()
    # A picture is read without ever waiting for whoever writes.
    only_reads(dbs)
    image = find_image(dbs, found[1])
    if image is None or EXTENSIONS.get(image.media_type) != found[3]:
        abort(404)
    is_public = sight_of(dbs, image) == "public"
    if not is_public and not _may_see(image):
        abort(404)
    small = found[2] is not None
    response = make_response(bytes_of(dbs, image, small=small))
    response.mimetype = image.media_type
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"public, max-age={_HOUR_S}" if is_public else "no-store"
    if is_public:
        response.add_etag()
    return response


def _may_see(image: Image) -> bool:
    who = visitor()
    if who.staff is not None and who.session is not None and who.session.second_factor_at is not None:
        return True
    return owns(image, person_id=who.person_id, session_id=who.session.id if who.session else None)

"""What was posted to the form, and how it is answered when something is in the way: nothing typed is ever lost."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import ParamSpec

from flask import Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wmd.db import db
from wmd.domain.findings import Finding
from wmd.domain.forms.fields import FIELDS, pattern_of
from wmd.domain.forms.refused import without_refused
from wmd.domain.forms.typed import collect, with_original
from wmd.services.drafts import Owner
from wmd.services.rate_limits import Limit
from wmd.web.catalogue import gettext
from wmd.web.csrf import FIELD as CSRF_FIELD
from wmd.web.csrf import csrf_token
from wmd.web.errors import fault
from wmd.web.guards import keep_session, visitor
from wmd.web.organiser.options import code_shown
from wmd.web.organiser.own_drafts import draft_owner
from wmd.web.spam_trap import SHOWN_FIELD, TRAP_FIELD
from wmd.web.visitors import KEY as VISITOR_KEY
from wmd.web.visitors import Visitor

_P = ParamSpec("_P")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")

#: Ten megabytes of any script, three bytes for each as forms are sent; a larger request is answered 413.
LARGEST_FORM_BYTES = 32_000_000
MOST_FORM_PARTS = 12_000
#: Where such a form may be sent.
FORM_ENDPOINTS = frozenset(
    {
        "organiser_submit.hand_in",
        "organiser_submit.begin",
        "organiser.drafts.change",
        "organiser.drafts.save",
        "organiser.drafts.sign_in_first",
    }
)
#: A whole office, or a conference, may sit behind one address.
DRAFTS_BY_NETWORK = Limit("draft-network", 120, timedelta(hours=1))
RETRY_AFTER_S = 10
_LONGEST_SHOWN = 2_000
_MOST_SHOWN = 200


def register(app: Flask) -> None:
    """Let the form be larger than other requests, before anything looks into it; keep it when the database is away."""

    @app.url_value_preprocessor
    def allow(endpoint: str | None, _values: dict[str, object] | None) -> None:
        if endpoint in FORM_ENDPOINTS:
            request.max_content_length = LARGEST_FORM_BYTES
            request.max_form_memory_size = LARGEST_FORM_BYTES
            request.max_form_parts = MOST_FORM_PARTS

    def away(error: OperationalError) -> ResponseReturnValue:
        # Raised before the view, where it is asked who sent the form.
        return kept_page(503, edition=_named_edition(), reason="busy") if _is_form() else fault(error)

    app.register_error_handler(OperationalError, away)


def _is_form() -> bool:
    return request.endpoint in FORM_ENDPOINTS and request.method == "POST"


def _named_edition() -> str:
    return str((request.view_args or {}).get("edition", "") or request.form.get("edition", ""))


def read_posted() -> tuple[dict[str, str], list[Finding]]:
    """Return what was typed, and what did not fit or is kept nowhere; nothing but fields of the form is looked at."""
    typed, findings = posted_fields()
    kept, refused = without_refused(with_original(typed))
    return kept, [*findings, *refused]


def posted_fields() -> tuple[dict[str, str], list[Finding]]:
    """Return the fields that were posted, with codes for the names that the page itself had shown for them."""
    typed, findings = collect(request.form.items(multi=True))
    for name, text in typed.items():
        field = FIELDS[pattern_of(name)]
        if field.control == "named":
            typed[name] = code_shown(field.options, text)
    return typed, findings


def form_token() -> str:
    """Return the posted token of the form, or a fresh one."""
    token = request.form.get("form_token", "")
    return token if _TOKEN.fullmatch(token) else new_form_token()


def new_form_token() -> str:
    """Return a token for a form that is shown for the first time."""
    return secrets.token_urlsafe(18)


def posted_version() -> int:
    """Return the version of the draft that was being typed on; 0 when there is none."""
    text = request.form.get("version", "")
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0


def owner(*, keep: bool = False) -> Owner:
    """Return whose drafts are meant; with ``keep`` a browser that has no session yet gets one."""
    if keep and visitor().session is None:
        return Owner(None, keep_session().id)
    return draft_owner()


def kept_page(status: int, *, edition: str, reason: str, way: str = "") -> Response:
    """Return a page that holds everything typed as a form to send again. It asks for nothing that can be down.

    The token of the form it came from still counts, or the next answer is the form itself. ``way``: where it is sent
    instead of to the form.
    """
    # Who asks cannot be asked now: the page is made for nobody in particular.
    request.environ.setdefault(VISITOR_KEY, Visitor())
    typed, _ = collect(request.form.items(multi=True))
    beside = {
        name: request.form.get(name, "") for name in (CSRF_FIELD, "form_token", "version", SHOWN_FIELD, TRAP_FIELD)
    }
    if reason == "signed-out":
        # The posted token was given to somebody who was signed in.
        beside |= {CSRF_FIELD: csrf_token()}
    if reason == "gone":
        # What it was a form of stays with whom it belongs to: this is another.
        beside |= {"form_token": new_form_token(), "version": "0"}
    # Who was signed out made no error that wants a number.
    numbered: dict[str, int] = {} if reason == "signed-out" else {"status": status}
    page = render_template(
        "organiser/submit/kept.html", **numbered, typed=typed, beside=beside, edition_slug=edition, reason=reason,
        address=way or (request.path if status == 503 else f"/{edition}/submit"),
        action=request.form.get("action", "save"),
        request_id=request.environ.get("wmd.request_id", ""), rows=_readable(typed),
    )  # fmt: skip
    response = make_response(page, status)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _readable(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what was typed under the names of its fields, the longest texts cut: to be read, or copied by hand."""
    named = ((FIELDS[pattern_of(name)].label, text) for name, text in typed.items() if text.strip())
    return [(gettext(label), text[:_LONGEST_SHOWN]) for label, text in named if label][:_MOST_SHOWN]


def is_away(error: Exception) -> bool:
    """Whether the database is locked or away, so that the same request may succeed a little later."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or type(error).__name__ in {"OperationalError", "InterfaceError"}


def keeping_fields(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Answer 503 with everything typed when the database cannot take it now; it has waited before."""

    @wraps(view)
    def kept(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
        try:
            return view(*args, **kwargs)
        except (DBAPIError, PoolTimeoutError) as error:
            if not is_away(error):
                raise
            db.session.rollback()
            current_app.logger.warning("form_kept", extra={"error": type(error).__name__})
            return kept_page(503, edition=_named_edition(), reason="busy")

    return kept


def shown_values(form: Mapping[str, str]) -> dict[str, str]:
    """Return the posted values of the spam trap, so that a form shown again keeps the instant it was first shown."""
    return {name: form.get(name, "") for name in (SHOWN_FIELD, TRAP_FIELD)}

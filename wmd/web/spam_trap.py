"""Two things a form carries so that machines give themselves away: a field nobody sees, and when it was shown.

Neither refuses anything: what they find is handed on as facts, and at most sets the entry aside for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from wmd.domain.spam import SpamFacts
from wmd.web.catalogue import gettext

#: The field nobody sees. No browser fills a field of this name by itself, and its label asks to leave it alone.
TRAP_FIELD = "more_about_you"
SHOWN_FIELD = "shown"

#: Hidden by a rule of the style sheet; not reached by keyboard, not read out.
_FIELDS = Markup(
    '<div class="vh" aria-hidden="true"><label>{label} <input type="text" name="{trap}" value="" tabindex="-1"'
    ' autocomplete="off"></label></div><input type="hidden" name="{shown}" value="{stamp}">'
)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="shown-at")


def trap_fields(now: datetime, typed: Mapping[str, str] | MultiDict[str, str] | None = None) -> Markup:
    """Return the fields for a form shown at ``now``; one shown again with ``typed`` keeps its first time."""
    kept = (typed or {}).get(SHOWN_FIELD, "")
    stamp = kept if _read_stamp(kept, now) is not None else _signer().dumps(int(now.timestamp()))
    return _FIELDS.format(label=gettext("Leave this empty"), trap=TRAP_FIELD, shown=SHOWN_FIELD, stamp=str(stamp))


def read_trap(
    form: Mapping[str, str] | MultiDict[str, str], now: datetime, *, began_at: datetime | None = None, **more: Any
) -> SpamFacts:
    """Return what the two fields say, with other facts (``same_text``, ``more_texts``) beside them.

    A form that was saved, previewed and opened again was shown lately, but begun earlier: ``began_at`` counts then.
    """
    shown_at = _read_stamp(form.get(SHOWN_FIELD, ""), now)
    if began_at is not None and (shown_at is not None or began_at < now):
        shown_at = min(began_at, shown_at or began_at)
    took = None if shown_at is None else now - shown_at
    return SpamFacts(trap_filled=bool(form.get(TRAP_FIELD, "").strip()), took=took, **more)


def read_shown_at(form: Mapping[str, str] | MultiDict[str, str], now: datetime) -> datetime | None:
    """Return when the form was first shown, as far as it says so itself."""
    return _read_stamp(form.get(SHOWN_FIELD, ""), now)


def _read_stamp(stamp: str, now: datetime) -> datetime | None:
    """Return when the form was shown, or None for a stamp that is not ours or from the future."""
    if not stamp or len(stamp) > 200:
        return None
    try:
        seconds = _signer().loads(stamp)
    except BadSignature:
        return None
    if not isinstance(seconds, int) or not 0 <= seconds < 1 << 40:
        return None
    shown_at = datetime.fromtimestamp(seconds, UTC)
    # Clocks of several machines differ a little.
    return None if shown_at > now + timedelta(seconds=5) else min(shown_at, now)

"""What an edit of a published event may change at once, and what a person looks at first: a table of classes.

``wording``: how something is said. ``facts``: what is said about the event. ``material``: what somebody who has it in
the calendar must learn of (when, where, how to take part, whether at all).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum

from wmd.domain.changesets import Change
from wmd.domain.findings import N_


class Risk(IntEnum):
    """How far a change reaches; the highest of an edit's changes is the edit's."""

    WORDING = 1
    FACTS = 2
    MATERIAL = 3


#: What happens to each, in words for staff.
CONSEQUENCES: Mapping[Risk, str] = {
    Risk.WORDING: N_("A trusted organisation's wording is published at once and looked at later; any other waits."),
    Risk.FACTS: N_("Waits for a moderator."),
    Risk.MATERIAL: N_("Waits for a moderator, and is urgent less than 72 hours before a session."),
}

#: The first pattern that fits a change's path decides; what fits none is a fact. ``*`` is one step of the path.
TABLE: tuple[tuple[str, Risk], ...] = (
    ("texts.*.title", Risk.WORDING),
    ("texts.*.summary", Risk.WORDING),
    ("texts.*.description", Risk.WORDING),
    ("access_note", Risk.WORDING),
    ("hashtags", Risk.WORDING),
    ("review", Risk.WORDING),
    ("sessions.*.title", Risk.WORDING),
    ("sessions.*.panels.*.title", Risk.WORDING),
    ("sessions.*.panels.*.description", Risk.WORDING),
    ("sessions.*.panels.*.questions.*.text", Risk.WORDING),
    ("sessions.*.panels.*.questions", Risk.WORDING),
    ("sessions.*.speakers.*.title", Risk.WORDING),
    ("sessions.*.panels.*.speakers.*.title", Risk.WORDING),
    ("sessions", Risk.MATERIAL),
    ("sessions.*", Risk.MATERIAL),
    ("sessions.*.time", Risk.MATERIAL),
    ("sessions.*.status", Risk.MATERIAL),
    ("registration", Risk.MATERIAL),
    ("format", Risk.MATERIAL),
    ("access", Risk.MATERIAL),
    ("stream_url", Risk.MATERIAL),
    ("platform", Risk.MATERIAL),
    ("cost", Risk.MATERIAL),
    ("public_reason", Risk.MATERIAL),
)
URGENT_BEFORE = timedelta(hours=72)

_PATTERNS = tuple((re.compile(re.escape(pattern).replace(r"\*", r"[^.]+")), risk) for pattern, risk in TABLE)


def risk_of(path: str) -> Risk:
    """Return the class of one change, by its path."""
    return next((risk for pattern, risk in _PATTERNS if pattern.fullmatch(path)), Risk.FACTS)


def highest(found: Iterable[Change]) -> Risk:
    """Return the class of a whole edit; one that changes nothing counts as wording."""
    return max((risk_of(change.path) for change in found), default=Risk.WORDING)


def is_urgent(found: Iterable[Change], starts: Iterable[datetime], now: datetime) -> bool:
    """Whether a material change comes less than 72 hours before one of the instants at which a session begins."""
    soon = any(now <= starts_at < now + URGENT_BEFORE for starts_at in starts)
    return soon and highest(found) is Risk.MATERIAL

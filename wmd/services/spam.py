"""Who says the same thing again and again: what the signs of spam need to know from the tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.spam_data import SAME_TEXT_WITHIN, SHORTEST_COMPARED
from wmd.models import Revision, Submission


def count_same_text(dbs: Session, content: EventContent, *, now: datetime, but: str = "") -> int:
    """Return how many submissions of the last day hold a text of this one, word for word.

    ``but`` is the id of the submission itself, once it exists. A short text, which may be alike by chance, does not
    count. One statement; what it looks at is bounded by the day.
    """
    parts: list[ColumnElement[bool]] = []
    for tag, text in content.texts.items():
        there = Revision.content["texts"][tag]
        for field, words in (("title", text.title), ("summary", text.summary), ("description", text.description)):
            if len(words) >= SHORTEST_COMPARED:
                parts.append(there[field].as_string() == words)
    if not parts:
        return 0
    found = dbs.scalar(
        select(func.count(func.distinct(Revision.submission_id)))
        .join(Submission, Submission.id == Revision.submission_id)
        .where(
            Revision.created_at > now - SAME_TEXT_WITHIN,
            Submission.created_at > now - SAME_TEXT_WITHIN,
            Revision.source != "import",
            Revision.submission_id != but,
            or_(*parts),
        )
    )
    return found or 0

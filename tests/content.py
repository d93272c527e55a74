"""What a form hands in and staff approve, shortened for tests: a published event's content changed in some fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.models import Edition, Image, Question, Revision, Submission
from wmd.services.intake import hand_in, latest_revision, read_content
from wmd.services.moderation import decide
from wmd.services.publishing import Setting, publish


def edit(dbs: Session, setting: Setting, now: datetime, key: str = "one", **changes: Any) -> Revision:
    """Hand in an edit of an imported event as a form would, approve and publish it, and commit."""
    submission = dbs.scalars(select(Submission).where(Submission.key == key)).one()
    before = latest_revision(dbs, submission)
    assert before is not None
    edition = dbs.get_one(Edition, submission.edition_id)
    content = replace(read_content(before), **changes)
    revision = hand_in(dbs, edition, content, source="form", actor="person:x", mint=setting.mint, now=now)
    assert revision is not None
    decide(dbs, revision, "approved", moderator="person:m", now=now)
    publish(dbs, edition, [revision], setting, actor="person:m", now=now)
    dbs.commit()
    return revision


def add_picture(dbs: Session, now: datetime, id_: str = "pic", kind: str = "picture", **changes: Any) -> Image:
    """Add the row of a picture of 1600 × 1000 pixels whose bytes are no picture at all."""
    values = {
        "media_type": "image/webp", "width": 1600, "height": 1000, "data": b"large", "small": b"small", "digest": id_,
        "uploaded_by": "person:x", "created_at": now,
    }  # fmt: skip
    image = Image(id=id_, kind=kind, **values | changes)
    dbs.add(image)
    dbs.commit()
    return image


def ask(dbs: Session, edition: Edition, slug: str, kind: str, **changes: Any) -> Question:
    """Add a question to an edition: public and not required."""
    values: dict[str, Any] = {
        "label": {"en": f"What of {slug}?"}, "hint": {}, "choices": [], "is_required": False, "is_public": True,
        "position": 1,
    }  # fmt: skip
    question = Question(edition_id=edition.id, slug=slug, kind=kind, **values | changes)
    dbs.add(question)
    dbs.commit()
    return question

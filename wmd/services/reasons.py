"""Canned reasons for a verdict, as staff edit them: a label for staff, and words for organisers in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.codes import slugify
from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError
from wmd.models import Reason
from wmd.services.decision_mail import REASON_LANGUAGES
from wmd.services.states import audit

VERDICTS = ("changes requested", "refused")
_LONGEST = {"label": 80, "body": 2_000}


def all_reasons(dbs: Session) -> list[Reason]:
    """Return every reason in order, retired ones last."""
    return list(dbs.scalars(select(Reason).order_by(Reason.retired_at.is_not(None), Reason.position, Reason.id)))


def check_texts(texts: Mapping[str, Mapping[str, str]]) -> None:
    """Raise InvalidContentError unless English has a label and words, and nothing is far too long."""
    found = []
    for language in REASON_LANGUAGES:
        for name, longest in _LONGEST.items():
            text = texts.get(language, {}).get(name, "")
            where = f"{language}.{name}"
            if language == "en" and not text.strip():
                found.append(Finding("reason.text-missing", Level.ERROR, where, N_("This is needed in English.")))
            if len(text) > longest:
                too_long = N_("This is too long: at most {longest} characters.")
                found.append(Finding("reason.too-long", Level.ERROR, where, too_long, {"longest": longest}))
    if found:
        raise InvalidContentError(found)


def put_reason(
    dbs: Session,
    reason: Reason | None,
    texts: Mapping[str, Mapping[str, str]],
    verdicts: list[str],
    *,
    actor: str,
    now: datetime,
) -> Reason:
    """Change a reason, or make a new one at the end. Raises InvalidContentError with what is wrong."""
    check_texts(texts)
    wanted = {
        language: {name: texts[language].get(name, "").strip() for name in _LONGEST}
        for language in REASON_LANGUAGES
        if texts.get(language, {}).get("body", "").strip()
    }
    chosen = [verdict for verdict in VERDICTS if verdict in verdicts] or list(VERDICTS)
    if reason is None:
        reason = Reason(
            slug=_free_slug(dbs, wanted["en"]["label"]), verdicts=chosen, texts=wanted,
            position=(dbs.scalar(select(func.max(Reason.position))) or 0) + 1,
        )  # fmt: skip
        dbs.add(reason)
        before: dict[str, object] = {}
    else:
        before = {"texts": dict(reason.texts), "verdicts": list(reason.verdicts)}
        reason.texts, reason.verdicts = wanted, chosen
    dbs.flush()
    audit(
        dbs, actor=actor, action="edit", kind="reason", subject_id=reason.slug,
        detail={"texts": [before.get("texts", {}), wanted], "verdicts": [before.get("verdicts", []), chosen]}, now=now,
    )  # fmt: skip
    return reason


def retire_reason(dbs: Session, reason: Reason, *, retired: bool, actor: str, now: datetime) -> None:
    """Offer a reason no more, or again; decisions that gave it keep it."""
    if (reason.retired_at is not None) == retired:
        return
    reason.retired_at = now if retired else None
    audit(
        dbs, actor=actor, action="retire" if retired else "bring-back", kind="reason", subject_id=reason.slug, now=now
    )  # fmt: skip
    dbs.flush()


def _free_slug(dbs: Session, label: str) -> str:
    base = slugify(label) or "reason"
    taken = set(dbs.scalars(select(Reason.slug).where(Reason.slug.startswith(base, autoescape=True))))
    return next(slug for slug in (base, *(f"{base}-{number}" for number in range(2, 1000))) if slug not in taken)

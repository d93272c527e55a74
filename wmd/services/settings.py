"""What staff sets: editions, their topics, form, words and deadlines; topics and series. Each change leaves a trail.

Every sheet of settings is a flat mapping of field to text, as it is typed. ``seen`` is a digest of it: whoever saves
says what they saw, so that two people at once do not overwrite each other unknowingly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EditionContent, SeriesContent
from wmd.domain.content_check import check_edition, check_series
from wmd.domain.documents.field_rules import error, lint_needed, lint_texts
from wmd.domain.documents.text_rules import PublicText
from wmd.domain.findings import N_, Finding, errors
from wmd.domain.forms.fields import FIELDS, Need
from wmd.domain.reminders import RULES
from wmd.domain.times import local, to_instant
from wmd.domain.zones import canonical
from wmd.errors import InvalidContentError
from wmd.models import Edition, EditionTopic, Series, Topic
from wmd.services.importing import edition_content
from wmd.services.references import find_edition, put_edition, put_series
from wmd.services.states import audit
from wmd.services.versions import lock_edition, raise_version, touch_site

Sheet = dict[str, str]
_DEADLINES = ("submit_opens", "submit_deadline", "submit_closes")
_FACTS = ("name", "theme", "introduction", "main_day", "window_from", "window_to", "zone", "hashtags", "languages")
_DATES = ("main_day", "window_from", "window_to")
_LISTS = ("hashtags", "languages")
_DAY = timedelta(days=1)


def seen_of(sheet: Mapping[str, str]) -> str:
    """Return a digest of a sheet as it is stored."""
    return hashlib.sha256(json.dumps(dict(sheet), sort_keys=True).encode()).hexdigest()[:24]


def note_changes(
    dbs: Session, kind: str, subject_id: str, before: Mapping[str, str], after: Mapping[str, str], *, actor: str,
    now: datetime, action: str = "change",
) -> bool:  # fmt: skip
    """Leave a trail of what differs between two sheets, with old and new values; tell whether anything does."""
    names = dict.fromkeys([*before, *after])
    detail = {n: [before.get(n, ""), after.get(n, "")] for n in names if before.get(n, "") != after.get(n, "")}
    if detail:
        audit(dbs, actor=actor, action=action, kind=kind, subject_id=subject_id, detail=detail, now=now)
    return bool(detail)


# --- editions ----------------------------------------------------------------------------------------------------


def edition_sheet(edition: Edition) -> Sheet:
    """Return an edition's facts and deadlines as text; a deadline is a day, the last one included."""
    sheet = {name: str(getattr(edition, name)) for name in _FACTS if name not in _LISTS}
    sheet |= {name: " ".join(getattr(edition, name)) for name in _LISTS}
    for name in _DEADLINES:
        at: datetime | None = getattr(edition, f"{name}_at")
        # The deadline itself is the midnight that ends the day.
        shift = timedelta(0) if name == "submit_opens" else timedelta(microseconds=1)
        sheet[name] = local(at - shift, edition.zone).date().isoformat() if at else ""
    return sheet


def _read_day(sheet: Mapping[str, str], name: str, findings: list[Finding]) -> date | None:
    text = sheet.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        findings.append(error("day.unreadable", name, N_("Write the day like 2026-10-07.")))
        return None


def _read_edition(slug: str, sheet: Mapping[str, str], base: EditionContent | None) -> EditionContent:
    """Return what a sheet says of an edition. Raises InvalidContentError."""
    findings: list[Finding] = []
    days = {name: _read_day(sheet, name, findings) for name in _DATES}
    for name, day in days.items():
        if day is None and not any(f.where == name for f in findings):
            findings += lint_needed(name, "")
    if findings:
        raise InvalidContentError(findings)
    texts = {name: sheet.get(name, "").strip() for name in ("name", "theme", "introduction")}
    typed_zone = sheet.get("zone", "").strip()
    values = {
        **texts, **days, "zone": canonical(typed_zone) or typed_zone,
        "hashtags": tuple(word.lstrip("#") for word in sheet.get("hashtags", "").split()),
        "languages": tuple(dict.fromkeys(sheet.get("languages", "").replace(",", " ").lower().split())),
    }  # fmt: skip
    content = replace(base, **values) if base else EditionContent(slug=slug, **values)  # type: ignore[arg-type]
    findings = errors(check_edition(content))
    if not content.languages:
        findings.append(error("languages.missing", "languages", N_("Name at least one language.")))
    if findings:
        raise InvalidContentError(findings)
    return content


def _read_deadlines(sheet: Mapping[str, str], zone: str) -> dict[str, datetime | None]:
    findings: list[Finding] = []
    days = {name: _read_day(sheet, name, findings) for name in _DEADLINES}
    named = [(name, day) for name, day in days.items() if day is not None]
    for (_, earlier), (later_name, later) in pairwise(named):
        if later < earlier:
            findings.append(error("deadline.order", later_name, N_("This day lies before the one above it.")))
    if findings:
        raise InvalidContentError(findings)
    instants: dict[str, datetime | None] = {}
    for name, day in days.items():
        ends = day + _DAY if day and name != "submit_opens" else day
        midnight = datetime(ends.year, ends.month, ends.day) if ends else None  # noqa: DTZ001 -- wall time
        instants[f"{name}_at"] = to_instant(midnight, zone).astimezone(UTC) if midnight else None
    return instants


def topics_of(dbs: Session, edition: Edition) -> tuple[str, ...]:
    """Return the slugs of the topics an edition uses, in its order."""
    return tuple(
        dbs.scalars(
            select(Topic.slug)
            .join(EditionTopic, EditionTopic.topic_id == Topic.id)
            .where(EditionTopic.edition_id == edition.id, EditionTopic.retired_at.is_(None))
            .order_by(EditionTopic.position, Topic.id)
        )
    )


def make_edition(dbs: Session, slug: str, sheet: Mapping[str, str], *, actor: str, now: datetime) -> Edition:
    """Make a new edition with all topics. Raises InvalidContentError."""
    slug = slug.strip().lower()
    content = _read_edition(slug, sheet, None)
    if find_edition(dbs, slug) is not None:
        raise InvalidContentError([error("slug.taken", "slug", N_("There is an edition of this address already."))])
    deadlines = _read_deadlines(sheet, content.zone)
    edition, _ = put_edition(dbs, content, now=now)
    for name, at in deadlines.items():
        setattr(edition, name, at)
    dbs.flush()
    note_changes(dbs, "edition", str(edition.id), {}, edition_sheet(edition), action="make", actor=actor, now=now)
    return edition


def save_edition(dbs: Session, edition: Edition, sheet: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Save an edition's facts and deadlines; pages and feeds follow by its version. Raises InvalidContentError."""
    lock_edition(dbs, edition)
    before = edition_sheet(edition)
    base = replace(edition_content(edition), topics=topics_of(dbs, edition))
    content = _read_edition(edition.slug, sheet, base)
    deadlines = _read_deadlines(sheet, content.zone)
    put_edition(dbs, content, now=now)
    for name, at in deadlines.items():
        setattr(edition, name, at)
    dbs.flush()
    note_changes(dbs, "edition", str(edition.id), before, edition_sheet(edition), actor=actor, now=now)


def form_sheet(edition: Edition) -> Sheet:
    """Return each optional field of the form with what the edition makes of it: hidden, shown or required."""
    return {
        pattern: edition.form.get(pattern, "shown")
        for pattern, field in FIELDS.items()
        if field.need is Need.OPTIONAL
        and field.control != "hidden"
        and field.section != "declarations"
        # An act of the organiser's, and no fact about the event: it can be neither hidden nor asked for.
        and pattern != "registration.forget_link"
        # Who adds a panel or a question fills it in; nobody else is asked for one.
        and ".panels[]" not in pattern
        and not pattern.startswith("registration.questions[]")
    }


def may_be_required(pattern: str) -> bool:
    """Return whether an edition may require a field: a tick that everybody must set would say nothing."""
    return FIELDS[pattern].control != "checkbox"


def save_form(dbs: Session, edition: Edition, sheet: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Save which optional fields are hidden or required. Raises InvalidContentError."""
    lock_edition(dbs, edition)
    before = form_sheet(edition)
    states = {name: sheet.get(name, "shown") for name in before}
    words = N_("Choose hidden, shown or required.")
    wrong = [error("form.state", name, words) for name, s in states.items() if s not in {"hidden", "shown", "required"}]
    text = N_("A tick cannot be required.")
    wrong += [error("form.tick", n, text) for n, s in states.items() if s == "required" and not may_be_required(n)]
    if wrong:
        raise InvalidContentError(wrong)
    edition.form = {name: state for name, state in states.items() if state != "shown"}
    if note_changes(dbs, "edition", str(edition.id), before, form_sheet(edition), actor=actor, now=now):
        raise_version(dbs, edition, now=now)


def reminders_sheet(edition: Edition) -> Sheet:
    """Return each reminder that can be chosen, ticked if it holds for who chose nothing."""
    return {rule: "yes" if rule in edition.reminders else "" for rule in RULES}


def save_reminders(dbs: Session, edition: Edition, sheet: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Save which reminders hold for who chose nothing, at events that have none of their own. No page shows them."""
    lock_edition(dbs, edition)
    before = reminders_sheet(edition)
    edition.reminders = [rule for rule in RULES if sheet.get(rule)]
    note_changes(dbs, "edition", str(edition.id), before, reminders_sheet(edition), actor=actor, now=now)


# --- topics and series -------------------------------------------------------------------------------------------


def topics_sheet(dbs: Session, edition: Edition) -> Sheet:
    """Return each topic's place in an edition, from 1 on; empty for one that is not used."""
    used = {slug: str(place) for place, slug in enumerate(topics_of(dbs, edition), 1)}
    return {slug: used.get(slug, "") for slug in dbs.scalars(select(Topic.slug).order_by(Topic.position))}


def save_topics(dbs: Session, edition: Edition, sheet: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Save which topics an edition uses and in which order; one that was used is retired, never deleted."""
    lock_edition(dbs, edition)
    before = topics_sheet(dbs, edition)
    places: dict[str, int] = {}
    findings: list[Finding] = []
    for slug in before:
        text = sheet.get(slug, "").strip()
        if text and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 99):
            findings.append(error("topic.place", slug, N_("Write a number from 1 to 99, or nothing.")))
        elif text:
            places[slug] = int(text)
    if not places and not findings:
        findings.append(error("topic.none", next(iter(before), ""), N_("An edition needs at least one topic.")))
    if findings:
        raise InvalidContentError(findings)
    order = {slug: number for number, slug in enumerate(before)}
    slugs = tuple(sorted(places, key=lambda slug: (places[slug], order[slug])))
    put_edition(dbs, replace(edition_content(edition), topics=slugs), now=now)
    note_changes(dbs, "edition-topics", str(edition.id), before, topics_sheet(dbs, edition), actor=actor, now=now)


def names_sheet(dbs: Session) -> Sheet:
    """Return the names of all topics."""
    return dict(dbs.execute(select(Topic.slug, Topic.name).order_by(Topic.position)).tuples().all())


def save_topic_names(dbs: Session, sheet: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Rename topics in every edition; their addresses stay. Raises InvalidContentError."""
    rows = dbs.scalars(select(Topic).order_by(Topic.position).with_for_update()).all()
    before = names_sheet(dbs)
    names = {row.slug: sheet.get(row.slug, "").strip() for row in rows}
    findings = [f for slug, name in names.items() for f in lint_needed(slug, name)]
    findings += errors(list(lint_texts(PublicText(slug, name, 120) for slug, name in names.items())))
    if findings:
        raise InvalidContentError(findings)
    for row in rows:
        row.name = names[row.slug]
    dbs.flush()
    if note_changes(dbs, "topics", "all", before, names_sheet(dbs), actor=actor, now=now):
        for edition in dbs.scalars(select(Edition).order_by(Edition.id)).all():
            raise_version(dbs, edition, now=now)
        touch_site(dbs)


def series_sheet(series: Series) -> Sheet:
    """Return a series' words."""
    return {"name": series.name, "description": series.description}


def save_series(dbs: Session, slug: str, sheet: Mapping[str, str], *, is_new: bool, actor: str, now: datetime) -> None:
    """Make a series, or change its words; its address stays. Raises InvalidContentError."""
    slug = slug.strip().lower()
    row = dbs.scalars(select(Series).where(Series.slug == slug).with_for_update()).first()
    content = SeriesContent(slug, sheet.get("name", "").strip(), sheet.get("description", "").strip())
    findings = errors(check_series(content))
    if is_new and row is not None:
        findings.append(error("slug.taken", "slug", N_("There is a series of this address already.")))
    if findings:
        raise InvalidContentError(findings)
    before = series_sheet(row) if row else {}
    put_series(dbs, content)
    if note_changes(
        dbs, "series", slug, before, series_sheet(dbs.scalars(select(Series).where(Series.slug == slug)).one()),
        action="change" if row else "make", actor=actor, now=now,
    ):  # fmt: skip
        for edition in dbs.scalars(select(Edition).order_by(Edition.id)).all():
            raise_version(dbs, edition, now=now)
        touch_site(dbs)

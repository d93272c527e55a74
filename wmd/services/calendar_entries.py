"""Calendar entries: built from what is shown, checked by an independent parser, stamped when they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale
from sqlalchemy.orm import Session

from wmd.domain.ical.entries import build_entry, build_hidden, build_minimal, content_digest
from wmd.domain.ical.strict import check_component
from wmd.domain.ical.words import ENGLISH, CalendarWords
from wmd.domain.programme import EditionView, EntryView, EventView, SessionView
from wmd.domain.vocabulary import TOOLKIT_TOPICS
from wmd.errors import NotPublishableError
from wmd.models import CalendarEntry, EventSession
from wmd.services.alarms import clear_alarm, raise_alarm
from wmd.services.projection import Stamp


@dataclass(frozen=True, slots=True)
class CalendarSetting:
    """What entries are built with, per interface language: words, topic names by slug; and the public address."""

    base_url: str
    words: Mapping[str, CalendarWords]
    topic_names: Mapping[str, Mapping[str, str]]


def english_setting(base_url: str) -> CalendarSetting:
    """Return the setting with English entries; language and country names come from Babel's CLDR data."""
    locale = Locale.parse("en")
    words = ENGLISH.translated(
        "en",
        str,
        language_names={**dict(locale.languages), **ENGLISH.language_names},
        country_names={code: name for code, name in locale.territories.items() if len(code) == 2},
    )
    return CalendarSetting(base_url, {"en": words}, {"en": dict(TOOLKIT_TOPICS)})


def digest_of(
    edition: EditionView, event: EventView, session: SessionView, setting: CalendarSetting, *, hidden: bool = False
) -> str:
    """Return the digest of the session's full entry content in every language, without stamps."""
    return content_digest(
        edition, event, session, languages_words=setting.words, topic_names=setting.topic_names,
        base_url=setting.base_url, hidden=hidden,
    )  # fmt: skip


def risen(stamp: Stamp, row: EventSession | None, digest: str, now: datetime) -> Stamp:
    """Raise SEQUENCE and LAST-MODIFIED together, when and only when the entry's content changed."""
    if row is None or row.digest == digest:
        return stamp
    modified = max(now, stamp.last_modified_at + timedelta(seconds=1))
    return Stamp(stamp.code, stamp.uid, stamp.sequence + 1, stamp.created_at, modified)


def faults_of(entry: EntryView) -> list[str]:
    """Return what the strict parser finds in the entry, in each of the three sizes it is served in."""
    sizes = (
        entry.head + entry.full + entry.tail,
        entry.head + entry.short + entry.tail,
        entry.head + entry.tail,
    )
    return [fault for component in dict.fromkeys(sizes) for fault in check_component(component)]


def entry_rows(
    dbs: Session,
    edition: EditionView,
    event: EventView,
    session: SessionView,
    row: EventSession | None,
    setting: CalendarSetting,
    *,
    now: datetime,
) -> list[dict[str, object]]:
    """Return the checked rows of a session's entries, one per language.

    An entry that fails is tried once in minimal form; its previous bytes are kept only when times and status are
    unchanged; either way an alarm opens. Raises NotPublishableError when nothing right can be served.
    """
    rows: list[dict[str, object]] = []
    alarmed = False
    for language, words in setting.words.items():
        entry = build_entry(
            edition, event, session, language=language, words=words,
            topic_names=setting.topic_names.get(language, {}), base_url=setting.base_url,
        )  # fmt: skip
        faults = faults_of(entry)
        if not faults:
            rows.append(_row(session.id, language, entry, is_minimal=False))
            continue
        alarmed = True
        message = f"Calendar entry {session.code} failed its check: {faults[0]}"
        raise_alarm(dbs, f"entry:{session.code}", message, now=now)
        minimal = build_minimal(edition, event, session, language=language, words=words, base_url=setting.base_url)
        if not faults_of(minimal):
            rows.append(_row(session.id, language, minimal, is_minimal=True))
        else:
            rows.append(_previous(dbs, session, row, language))
    if not alarmed:
        clear_alarm(dbs, f"entry:{session.code}", now=now)
    return rows


def _previous(dbs: Session, session: SessionView, row: EventSession | None, language: str) -> dict[str, object]:
    kept = dbs.get(CalendarEntry, (session.id, language)) if row is not None else None
    if row is None or kept is None or (row.starts_at, row.ends_at, row.status) != (
        session.starts_at, session.ends_at, session.status.value
    ):  # fmt: skip
        msg = f"the calendar entry of session {session.code} cannot be made right"
        raise NotPublishableError(msg)
    entry = EntryView(kept.head, kept.full, kept.short, kept.tail, kept.digest)
    return _row(session.id, language, entry, is_minimal=kept.is_minimal)


def _row(session_id: str, language: str, entry: EntryView, *, is_minimal: bool) -> dict[str, object]:
    return {
        "session_id": session_id, "language": language, "head": entry.head, "full": entry.full, "short": entry.short,
        "tail": entry.tail, "digest": entry.digest, "is_minimal": is_minimal,
    }  # fmt: skip


def hidden_rows(session: SessionView, setting: CalendarSetting) -> list[dict[str, object]]:
    """Return the checked rows of a session whose event is no longer listed: cancelled, without any of its texts.

    Raises NotPublishableError when the check finds a fault, which can only lie in a language's words.
    """
    rows = []
    for language, words in setting.words.items():
        entry = build_hidden(session, words=words)
        if faults := faults_of(entry):
            msg = f"the calendar entry of session {session.code} cannot be made right: {faults[0]}"
            raise NotPublishableError(msg)
        rows.append(_row(session.id, language, entry, is_minimal=False))
    return rows

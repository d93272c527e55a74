"""Every stored faulty file, with exactly what is said about it: code, field and line."""

from __future__ import annotations

import pytest

from tests.domain.documents.cast import EDITION, FILES, ORGANISATIONS, read_stored
from wmd.domain.documents.check_file import check_file
from wmd.domain.findings import Finding

Said = tuple[str, str, int | None]

#: What must never be repeated: a passcode and a mail address that stand in some of the files.
SECRETS = ("c2VjcmV0d29yZA", "81234567890", "organiser@example.org")

EXPECTED: dict[str, list[Said]] = {
    "bad-cells.csv": [
        ("csv.value", "capacity", 2),
        ("csv.value", "time_confirmed", 2),
        ("csv.value", "latitude", 2),
        ("text.summary-missing", "events[0].texts.en.summary", 3),
        ("text.description-missing", "events[0].texts.en.description", 3),
        ("organiser.missing", "events[0].organisers", 3),
        ("time.missing-end", "events[0].sessions[0].ends", 3),
        ("topic.missing", "events[0].topics", 3),
        ("capacity.range", "events[0].capacity", 3),
        ("language.spoken-missing", "events[0].spoken", 3),
        ("venue.online", "events[0].venue", 3),
        ("coordinates.one", "events[0].venue.longitude", 3),
    ],
    "conflict.csv": [("csv.conflict", "title", 3)],
    "duplicate-column.csv": [("csv.duplicate-column", "title", 1)],
    "faultless.csv": [],
    "formula.csv": [("csv.formula", "title", 3), ("csv.formula", "summary", 4), ("csv.formula", "description", 4)],
    "header-only.csv": [("file.empty", "", 1)],
    "latin-1.csv": [("file.encoding", "", 3)],
    "missing-column.csv": [("csv.missing-column", "language", 1), ("csv.missing-column", "zone", 1)],
    "no-key.csv": [("csv.missing-cell", "event_key", 2), ("csv.too-many-cells", "", 3)],
    "quoted-newlines.csv": [("time.missing-end", "events[1].sessions[0].ends", 6)],
    "semicolons.csv": [
        ("text.summary-missing", "events[0].texts.en.summary", 2),
        ("text.description-missing", "events[0].texts.en.description", 2),
    ],
    "tabs.csv": [
        ("text.summary-missing", "events[0].texts.en.summary", 2),
        ("text.description-missing", "events[0].texts.en.description", 2),
    ],
    "unclosed-quote.csv": [("csv.syntax", "", 2)],
    "unknown-column.csv": [("csv.unknown-column", "titel", 1)],
    "workbook.csv": [("file.workbook", "", None)],
    "abbreviation-zone.ics": [
        ("text.summary-missing", "events[0].texts.en.summary", 7),
        ("time.abbreviation-only", "events[0].sessions[0].zone", 10),
    ],
    "broken-value.ics": [("ics.value", "VEVENT[0].DTSTART", 10)],
    "categories-and-place.ics": [
        ("text.summary-missing", "events[0].texts.en.summary", 7),
        ("ics.category", "VEVENT[0].CATEGORIES", 13),
        ("ics.place", "VEVENT[0].LOCATION", 14),
        ("ics.tentative", "VEVENT[0].STATUS", 15),
    ],
    "cut-off.ics": [("ics.syntax", "", 3)],
    "duplicate-uid.ics": [
        ("text.summary-missing", "events[0].texts.en.summary", 7),
        ("session.key-duplicate", "events[0].sessions[1].key", 15),
    ],
    "faultless.ics": [("text.summary-missing", "events[0].texts.en.summary", 7)],
    "floating.ics": [
        ("text.summary-missing", "events[0].texts.en.summary", 7),
        ("ics.floating", "VEVENT[1].DTSTART", 20),
        ("ics.floating", "VEVENT[1].DTEND", 21),
    ],
    "host-link.ics": [
        ("link.host-key", "events[0].registration.join_link", 4),
        ("text.summary-missing", "events[0].texts.en.summary", 7),
    ],
    "join-link-in-place.ics": [("text.summary-missing", "events[0].texts.en.summary", 7)],
    "latin-1.ics": [("file.encoding", "", 7)],
    "no-end.ics": [
        ("time.missing-end", "events[0].sessions[0].ends", 4),
        ("text.summary-missing", "events[0].texts.en.summary", 7),
    ],
    "no-events.ics": [("file.empty", "", None)],
    "no-uid.ics": [("ics.no-uid", "VEVENT[0]", 4)],
    "not-a-line.ics": [("ics.syntax", "", 3)],
    "recurring.ics": [("ics.recurrence", "VEVENT[0].RRULE", 13)],
    "two-zones.ics": [("ics.two-zones", "VEVENT[0].DTEND", 11)],
    "umbrella.ics": [("text.summary-missing", "events[0].texts.en.summary", 7)],
    "utc-and-duration.ics": [
        ("text.summary-missing", "events[0].texts.en.summary", 7),
        ("text.description-missing", "events[0].texts.en.description", 7),
    ],
    "windows-zone.ics": [("text.summary-missing", "events[0].texts.en.summary", 7)],
    "abbreviation-confirmed.json": [("time.abbreviation-disagrees", "events[0].sessions[0].time_text", 24)],
    "abbreviation-disagrees.json": [("time.abbreviation-disagrees", "events[0].sessions[0].time_text", 24)],
    "abbreviation-only-zone.json": [("time.abbreviation-only", "events[0].sessions[0].zone", 21)],
    "ambiguous-time.json": [("time.ambiguous", "events[0].sessions[0].starts", 22)],
    "another-format.json": [("json.format", "format", 2)],
    "calendar.json": [("file.extension", "", None)],
    "control-character.json": [
        ("text.control", "events[0].texts.en.title", 13),
        ("text.line-break", "events[0].texts.en.summary", 14),
    ],
    "coordinates-elsewhere.json": [("coordinates.elsewhere", "events[0].venue.latitude", 58)],
    "coordinates-out-of-range.json": [("coordinates.range", "events[0].venue.latitude", 58)],
    "cut-off.json": [("json.syntax", "", 15)],
    "day-that-is-none.json": [("json.wall-time", "events[0].sessions[0].starts", 22)],
    "duplicate-event-key.json": [("key.duplicate", "events[1].key", 56)],
    "duplicate-json-key.json": [("json.duplicate-key", "events[0].activity", 33)],
    "duplicate-session-key.json": [("session.key-duplicate", "events[0].sessions[1].key", 26)],
    "email-in-text.json": [("text.email", "events[0].texts.en.description", 15)],
    "empty-event.json": [
        ("text.summary-missing", "events[0].texts.en.summary", 12),
        ("text.description-missing", "events[0].texts.en.description", 12),
        ("content.missing", "events[0].texts.en.title", 13),
        ("session.missing", "events[0].sessions", 16),
        ("organiser.missing", "events[0].organisers", 17),
        ("topic.missing", "events[0].topics", 21),
        ("language.spoken-missing", "events[0].spoken", 30),
        ("registration.link-missing", "events[0].registration", 32),
    ],
    "empty.json": [("file.empty", "", None)],
    "end-before-start.json": [("time.end-before-start", "events[0].sessions[0].ends", 23)],
    "faultless.json": [],
    "host-link.json": [("link.host-key", "events[0].registration.join_link", 52)],
    "in-person-without-city.json": [("venue.city-missing", "events[0].venue", 8)],
    "invitation-only.json": [],
    "invitation-with-link.json": [("registration.invitation-link", "events[0].registration.url", 52)],
    "join-link-as-registration.json": [("registration.join-link", "events[0].registration.url", 52)],
    "join-link.json": [],
    "latin-1.json": [("file.encoding", "", 13)],
    "list.json": [("json.type", "", 1)],
    "missing-end.json": [("time.missing-end", "events[0].sessions[0].ends", 19)],
    "missing-fields.json": [
        ("json.missing", "events[0].language", 8),
        ("json.missing", "events[0].texts", 8),
        ("json.missing", "events[0].organisers", 8),
    ],
    "misspelt-keys.json": [
        ("json.unknown-key", "events[0].sessions[0].start", 24),
        ("json.unknown-key", "events[0].titel", 55),
        ("json.unknown-key", "people[0].mail", 62),
    ],
    "newer-version.json": [("json.schema-version", "schema_version", 3)],
    "nonexistent-time.json": [("time.nonexistent", "events[0].sessions[0].starts", 22)],
    "not-a-number.json": [("json.not-a-number", "events[0].capacity", 49)],
    "outside-window.json": [("time.outside-window", "events[0].sessions[0].starts", 22)],
    "personal-ticket.json": [("link.personal-ticket", "events[0].registration.url", 52)],
    "private-link-in-text.json": [("text.private-link", "events[0].texts.en.description", 15)],
    "registration-as-join-link.json": [("registration.not-private", "events[0].registration.join_link", 52)],
    "script-in-description.json": [("text.html", "events[0].texts.en.description", 15)],
    "sessions-without-key.json": [
        ("session.key-missing", "events[0].sessions[0].key", 19),
        ("session.key-missing", "events[0].sessions[1].key", 24),
    ],
    "swapped-coordinates.json": [("coordinates.swapped", "events[0].venue.latitude", 58)],
    "title-of-118.json": [],
    "title-of-121.json": [("text.too-long", "events[0].texts.en.title", 13)],
    "too-deep.json": [("json.too-deep", "", 2)],
    "unknown-organiser.json": [("organiser.unknown", "events[0].organisers[0].key", 28)],
    "unknown-person.json": [
        ("person.unknown", "events[0].sessions[0].speakers[1].person_key", 29),
        ("speaker.empty", "events[0].sessions[0].speakers[2]", 31),
    ],
    "unknown-words.json": [("json.choice", "events[0].format", 33)],
    "unstorable-text.json": [
        ("json.character", "events[0].texts.en.title", 13),
        ("json.character", "events[0].host_city", 44),
    ],
    "wall-time-with-offset.json": [("json.wall-time", "events[0].sessions[0].starts", 22)],
    "words-not-in-vocabulary.json": [
        ("vocabulary.unknown", "events[0].activity", 32),
        ("vocabulary.unknown", "events[0].topics[0]", 36),
        ("sdg.unknown", "events[0].sdgs[1]", 40),
        ("vocabulary.unknown", "events[0].region", 42),
        ("country.unknown", "events[0].host_country", 45),
        ("language.tag", "events[0].spoken[0]", 47),
        ("vocabulary.unknown", "events[0].platform", 49),
        ("series.unknown", "events[0].series", 54),
        ("vocabulary.unknown", "events[0].access_facts.wheelchair", 56),
    ],
    "wrong-types.json": [
        ("json.type", "events[0].texts", 11),
        ("json.type", "events[0].topics[0]", 30),
        ("json.type", "events[0].sdgs", 32),
        ("json.type", "events[0].spoken", 37),
        ("json.type", "events[0].capacity", 45),
        ("json.type", "events[0].is_lead", 46),
        ("json.type", "events[0].venue", 47),
    ],
    "wrong-weekday.json": [("time.weekday", "events[0].sessions[0].time_text", 24)],
    "faultless.txt": [("file.extension", "", None)],
}


def check(name: str) -> list[Finding]:
    return check_file(read_stored(name), edition=EDITION, organisations=ORGANISATIONS, series=frozenset())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_stored_file_is_answered_with_exactly_these_findings(name: str) -> None:
    assert [(finding.code, finding.where, finding.line) for finding in check(name)] == EXPECTED[name]


def test_every_stored_file_has_its_expectation() -> None:
    assert sorted(path.name for path in FILES.glob("[!.]*")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_finding_says_a_sentence_and_repeats_no_secret(name: str) -> None:
    for finding in check(name):
        said = finding.say()

        assert said[-1] in ".?"
        assert [secret for secret in SECRETS if secret in said + finding.where + repr(finding)] == []


def test_join_link_travels_beside_the_content_and_never_in_a_repr() -> None:
    read_file = read_stored("join-link.json")

    assert dict(read_file.join_links) == {"care-walk": "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0d29yZA"}
    assert [(event.content.key, event.where, event.line) for event in read_file.imported()] == [
        ("care-walk", "events[0]", 8)
    ]
    assert [secret for secret in SECRETS if secret in repr(read_file) + repr(read_file.imported())] == []

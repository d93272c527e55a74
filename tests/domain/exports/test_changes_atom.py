from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from tests.domain.exports.programmes import BASE_URL, hard_programme
from tests.factories import PUBLISHED_AT, code, make_event, make_programme
from wmd.domain.exports import changes_atom
from wmd.domain.exports.changes_atom import MAX_ENTRIES, WORDS
from wmd.domain.programme import ChangeView, Programme

NS = {"a": "http://www.w3.org/2005/Atom"}
AT = datetime(2021, 10, 1, 8, 0, tzinfo=UTC)


def feed(programme: Programme) -> etree._Element:
    return etree.fromstring(changes_atom.build(programme, BASE_URL))


def moved(number: int = 1) -> ChangeView:
    before = {"starts_at": "2021-10-07T12:00:00+00:00", "ends_at": "2021-10-07T13:30:00+00:00", "zone": "Europe/Lisbon"}
    after = {"starts_at": "2021-10-07T13:00:00+00:00", "ends_at": "2021-10-07T14:30:00+00:00", "zone": "Europe/Madrid"}
    return ChangeView(number, AT, "moved", code(1), code(1, "S"), before, after)


def test_entry_says_what_changed_with_zones_and_a_stable_id() -> None:
    root = feed(make_programme(changes=[moved()]))
    (entry,) = root.findall("a:entry", NS)
    assert {child.tag.rpartition("}")[2]: child.text or child.get("href") for child in entry} == {
        "id": "tag:wmd.example,2021-10-07:2021/change/1",
        "title": "New time: Side event 1",
        "updated": "2021-10-01T08:00:00Z",
        "link": "https://wmd.example/2021/events/E22223-side-event-1",
        "summary": (
            "Before: 2021-10-07 13:00 – 2021-10-07 14:30 (Europe/Lisbon)\n"
            "Now: 2021-10-07 15:00 – 2021-10-07 16:30 (Europe/Madrid)"
        ),
    }
    assert root.findtext("a:id", namespaces=NS) == "tag:wmd.example,2021-10-07:2021/changes"
    assert root.findtext("a:updated", namespaces=NS) == "2021-10-01T08:00:00Z"
    assert root.xpath("a:link/@rel", namespaces=NS) == ["self", "alternate"]
    assert root.findtext("a:author/a:name", namespaces=NS) == "World Metropolitan Day 2021"


def test_feed_without_changes_was_updated_when_it_was_published() -> None:
    root = feed(make_programme())
    assert root.findtext("a:updated", namespaces=NS) == PUBLISHED_AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert root.findall("a:entry", NS) == []


def test_newest_changes_come_first_and_there_is_a_limit() -> None:
    changes = [moved(number)._replace(at=AT + timedelta(minutes=number)) for number in range(1, MAX_ENTRIES + 11)]
    root = feed(make_programme(changes=changes))
    ids = [each.rpartition("/")[2] for each in root.xpath("a:entry/a:id/text()", namespaces=NS)]
    assert ids == [str(number) for number in range(MAX_ENTRIES + 10, 10, -1)]


def test_change_of_a_hidden_event_tells_nothing_about_it() -> None:
    programme = make_programme(
        [make_event(1, title="Secret title")], changes=[moved(1), moved(2)._replace(kind="hidden")]
    )
    data = changes_atom.build(replace(programme, events={}, sessions=(), owners=()), BASE_URL).decode()
    assert "Secret" not in data
    assert "No longer listed: an event" in data
    assert "https://wmd.example/e/E22223" in data
    assert "2021-10-07 13:00" not in data


def test_all_day_session_says_dates() -> None:
    programme = hard_programme()
    session = next(session for session in programme.sessions if session.all_day)
    after = {"starts_at": session.starts_at.isoformat(), "ends_at": session.ends_at.isoformat(), "zone": session.zone}
    change = ChangeView(1, AT, "added", session.event_code, session.code, {}, after)
    root = feed(replace(programme, changes=(change,)))
    assert root.findtext("a:entry/a:summary", namespaces=NS) == "Now: 2021-10-01 – 2021-10-07"


def test_links_and_texts_in_a_change_are_not_repeated() -> None:
    before, after = {"url": "https://zoom.us/j/1?pwd=x"}, {"state": "open", "starts_at": "soon"}
    change = moved()._replace(kind="link", before=before, after=after)
    data = changes_atom.build(make_programme(changes=[change]), BASE_URL).decode()
    assert "zoom" not in data
    assert "<summary>New way to take part: Side event 1</summary>" in data


def test_every_kind_of_change_and_an_unknown_one_has_a_sentence() -> None:
    kinds = ["added", "moved", "place", "cancelled", "postponed", "revived", "link", "text", "hidden", "from-tomorrow"]
    changes = [moved(number)._replace(kind=kind) for number, kind in enumerate(kinds, start=1)]
    titles = feed(make_programme(changes=changes)).xpath("a:entry/a:title/text()", namespaces=NS)
    expected = [WORDS.get(kind, WORDS["other"]).format(title="Side event 1") for kind in reversed(kinds)]
    assert titles == expected


def test_hostile_title_is_escaped_and_cleaned() -> None:
    root = feed(make_programme([make_event(1, title="<b>&\x07]]>")], changes=[moved()]))
    assert root.findtext("a:entry/a:title", namespaces=NS) == "New time: <b>&]]>"


def test_same_programme_gives_the_same_bytes_in_the_readers_words() -> None:
    programme = make_programme(changes=[moved()])
    words = {**WORDS, "moved": "Nueva hora: {title}"}
    data = changes_atom.build(programme, BASE_URL, words, language="es")
    assert data == changes_atom.build(programme, BASE_URL, words, language="es")
    assert b'xml:lang="es"' in data
    assert b"Nueva hora: Side event 1" in data

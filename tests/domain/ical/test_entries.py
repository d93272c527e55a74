"""One VEVENT: what it says, in which language, and when its digest moves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest

from tests.domain.ical import cast
from tests.factories import make_edition, make_event, make_session
from wmd.domain.ical import entries, strict
from wmd.domain.ical.entries import ENGLISH
from wmd.domain.programme import EntryView, EventView, SessionView, VenueView
from wmd.domain.vocabulary import EventFormat, SessionStatus

FSI, PDI = "\u2068", "\u2069"


def node_of(event: EventView, session: SessionView | None = None, **how: object) -> strict.Node:
    """Return an event's entry parsed strictly, after the strict check."""
    entry = cast.entry_of(event, session, **how)  # type: ignore[arg-type]
    assert strict.check_entry(entry) == []
    return strict.parse(cast.vevent(entry))


def wall(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 -- wall time


def test_entry_has_its_properties_in_a_fixed_order() -> None:
    node = node_of(cast.umbrella_event(), cast.umbrella_event().sessions[1])
    assert [found.name for found in node.properties] == [
        "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "STATUS", "DTSTART", "DTEND", "SUMMARY",
        "DESCRIPTION", "LOCATION", "GEO", "URL", "CONFERENCE", "CATEGORIES", "CLASS", "TRANSP",
        "X-MICROSOFT-CDO-BUSYSTATUS", "RELATED-TO",
    ]  # fmt: skip


def test_entry_of_the_lead_event_says_what_the_flyer_says() -> None:
    event = cast.lead_event()
    node = node_of(event)
    assert node.text("SUMMARY") == "Caring metropolises: framing recovery for all"
    assert node.raw("DTSTART") == "20211007T150000"
    assert node.get("DTSTART").param("TZID") == "Europe/Madrid"  # type: ignore[union-attr]
    assert node.when("DTSTART") == datetime(2021, 10, 7, 13, 0, tzinfo=UTC)
    assert node.when("DTEND") == datetime(2021, 10, 7, 14, 30, tzinfo=UTC)
    assert node.raw("DTSTAMP") == node.raw("LAST-MODIFIED") == "20210920T103000Z"
    assert (node.raw("CREATED"), node.raw("SEQUENCE")) == ("20210901T080000Z", "2")
    assert (node.raw("STATUS"), node.raw("TRANSP"), node.raw("CLASS")) == ("CONFIRMED", "TRANSPARENT", "PUBLIC")
    assert node.raw("URL") == f"https://wmd.example/e/{event.code}"
    assert node.text("DESCRIPTION") == (
        "The joint leading event of Metropolis and UN-Habitat.\n\n"
        "An interactive exchange around two panel discussions:\n\n"
        "1. Creating caring metropolises\n2. Framing recovery for all\n\n"
        "Spoken: English, Spanish\n"
        "Interpretation: French\n"
        "Organised by: Metropolis, UN-Habitat\n"
        "Part of World Metropolitan Day 2021\n\n"
        f"Take part: https://wmd.example/go/{event.sessions[0].code}\n"
        f"More information: https://wmd.example/e/{event.code}"
    )


def test_entry_never_names_the_registration_address_itself() -> None:
    entry = cast.entry_of(cast.lead_event())
    assert b"zoom.us" not in b"".join(entry[:4]).replace(b"\r\n ", b"")


def test_entry_of_an_online_session_repeats_the_way_to_take_part() -> None:
    event = make_event(1)
    link = f"https://wmd.example/go/{event.sessions[0].code}"
    node = node_of(event)
    conference = node.get("CONFERENCE")
    assert conference is not None
    assert conference.value == link
    assert dict(conference.params) == {"VALUE": ("URI",), "FEATURE": ("AUDIO", "VIDEO"), "LABEL": ("Take part",)}
    assert node.text("LOCATION") == f"Online: {link}"


def test_entry_of_an_event_in_person_has_a_place_and_no_conference() -> None:
    venue = VenueView("Casa, de la Ciutat", "Plaça\nMajor 1", "Barcelona", "ES", 41.38, -2.1734567)
    words = replace(ENGLISH, country_names={"ES": "Spain"})
    node = node_of(make_event(1, format=EventFormat.IN_PERSON, venue=venue), words=words)
    assert node.get("CONFERENCE") is None
    assert node.text("LOCATION") == "Casa, de la Ciutat, Plaça Major 1, Barcelona, Spain"
    assert node.raw("GEO") == "41.380000;-2.173457"


def test_entry_of_an_event_in_person_without_a_venue_names_its_city() -> None:
    assert node_of(make_event(1, format=EventFormat.IN_PERSON)).text("LOCATION") == "Barcelona"


def test_entry_of_an_event_in_person_without_any_place_has_no_location() -> None:
    assert node_of(make_event(1, format=EventFormat.IN_PERSON, host_city="")).get("LOCATION") is None


@pytest.mark.parametrize("latitude", [None, float("nan"), 91.0])
def test_entry_with_unsound_coordinates_has_no_geo(latitude: float | None) -> None:
    venue = VenueView("Hall", "", "Quito", "EC", latitude, -78.5)
    assert node_of(make_event(1, format=EventFormat.HYBRID, venue=venue)).get("GEO") is None


@pytest.mark.parametrize(
    ("status", "title", "note"),
    [
        (SessionStatus.CANCELLED, "Cancelled: Talk", "This session has been cancelled."),
        (
            SessionStatus.POSTPONED,
            "Postponed: Talk",
            "This session has been postponed; its new time is not known yet.",
        ),
    ],
)
def test_entry_of_a_session_that_does_not_take_place_is_cancelled_in_words_too(
    status: SessionStatus, title: str, note: str
) -> None:
    event = make_event(1, title="Talk", sessions=(make_session(1, status=status),))
    node = node_of(event)
    assert (node.raw("STATUS"), node.text("SUMMARY")) == ("CANCELLED", title)
    assert node.text("DESCRIPTION").split("\n\n")[0] == note
    assert node.get("CONFERENCE") is None
    assert "/go/" not in node.text("DESCRIPTION") + node.text("LOCATION")


def test_entry_of_an_all_day_session_ends_on_the_day_after() -> None:
    node = node_of(cast.umbrella_event())
    assert (node.raw("DTSTART"), node.raw("DTEND")) == ("20211004", "20211009")
    assert node.when("DTEND") == date(2021, 10, 9)
    assert node.get("RELATED-TO") is None


def test_entry_of_a_timed_session_is_related_to_the_umbrella_over_it() -> None:
    event = cast.umbrella_event()
    related = node_of(event, event.sessions[1]).get("RELATED-TO")
    assert related is not None
    assert (related.value, related.param("RELTYPE")) == (event.sessions[0].uid, "PARENT")


def test_entry_of_one_of_several_sessions_adds_the_session_title() -> None:
    event = cast.umbrella_event()
    titles = [node_of(event, session).text("SUMMARY") for session in event.sessions]
    assert titles == [
        "Metropolitan week – The whole week",
        "Metropolitan week – Walk along the river",
        "Metropolitan week – Closing talk",
    ]


def test_entry_of_the_only_session_leaves_its_title_out() -> None:
    event = make_event(1, title="Talk", sessions=(make_session(1, title={"en": "Session"}),))
    assert node_of(event).text("SUMMARY") == "Talk"


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
def test_entry_in_utc_is_written_with_z(zone: str) -> None:
    node = node_of(make_event(1, sessions=(make_session(1, zone=zone),)))
    assert (node.raw("DTSTART"), node.raw("DTEND")) == ("20211007T150000Z", "20211007T163000Z")


def test_entry_that_ends_in_an_hour_that_comes_twice_is_written_in_utc() -> None:
    session = make_session(1, starts=wall(2021, 10, 31, 1, 0), minutes=90)
    node = node_of(make_event(1, sessions=(session,)))
    assert (node.raw("DTSTART"), node.raw("DTEND")) == ("20211030T230000Z", "20211031T003000Z")


def test_entry_across_the_clock_change_keeps_both_wall_times() -> None:
    session = make_session(1, starts=wall(2021, 10, 30, 23, 0), minutes=6 * 60)
    node = node_of(make_event(1, sessions=(session,)))
    assert (node.raw("DTSTART"), node.raw("DTEND")) == ("20211030T230000", "20211031T040000")


def test_entry_in_another_language_tags_each_text_with_what_it_is() -> None:
    texts = cast.texts("en", "Talk", "About cities") | cast.texts("es", "Charla", "Sobre ciudades")
    event = make_event(1, texts=texts)
    node = node_of(event, language="es", words=cast.SPANISH)
    assert node.text("SUMMARY") == "Charla"
    assert {name: node.get(name).param("LANGUAGE") for name in ("SUMMARY", "DESCRIPTION", "LOCATION")} == {  # type: ignore[union-attr]
        "SUMMARY": "es",
        "DESCRIPTION": "es",
        "LOCATION": "es",
    }


def test_entry_without_a_translation_says_in_which_language_it_is() -> None:
    node = node_of(make_event(1), language="es", words=cast.SPANISH)
    summary, location = node.get("SUMMARY"), node.get("LOCATION")
    assert summary is not None
    assert location is not None
    assert (summary.param("LANGUAGE"), location.param("LANGUAGE")) == ("en", "es")


def test_entry_of_an_arabic_event_in_english_fences_only_its_title() -> None:
    arabic = cast.scripts_events()[0]
    title = arabic.original.title
    assert node_of(arabic).text("SUMMARY") == f"Cancelled: {FSI}{title}{PDI}"
    assert node_of(arabic, language="ar", words=cast.ARABIC).text("SUMMARY") == f"أُلغي: {title}"


def test_entry_never_fences_an_address() -> None:
    text = node_of(make_event(1), language="ar", words=cast.ARABIC).text("LOCATION")
    assert text == "عبر الإنترنت: https://wmd.example/go/S22223"


def test_entry_with_a_long_description_cuts_it_at_a_word() -> None:
    event = make_event(1, texts=cast.texts("en", "Talk", "Summary.", "word " * 400))
    prose = node_of(event).text("DESCRIPTION").split("\n\nSpoken")[0]
    assert len(prose) <= 600
    assert prose == "Summary.\n\n" + ("word " * 118).strip() + "…"


def test_entry_with_a_description_that_repeats_the_summary_says_it_once() -> None:
    event = make_event(1, texts=cast.texts("en", "Talk", "About cities.", "About cities. And rivers."))
    assert node_of(event).text("DESCRIPTION").split("\n\n")[0] == "About cities. And rivers."


def test_short_description_holds_at_most_160_characters_and_both_links() -> None:
    event = make_event(1, texts=cast.texts("en", "Talk", "word " * 100, "Long"))
    entry = cast.entry_of(event)
    text = strict.parse(entry.head + entry.short + entry.tail).text("DESCRIPTION")
    summary, links = text.split("\n\n")
    assert summary == ("word " * 32).strip() + "…"
    assert links.split("\n") == [
        "Take part: https://wmd.example/go/S22223",
        "More information: https://wmd.example/e/E22223",
    ]


def test_entry_with_hostile_text_stays_one_component() -> None:
    title = "A\r\nATTENDEE:mailto:a@b.example\r\nEND:VEVENT"
    node = node_of(make_event(1, texts=cast.texts("en", title, "x\r\nBEGIN:VALARM", "\r\n\r\nEND:VCALENDAR")))
    assert node.text("SUMMARY") == "A ATTENDEE:mailto:a@b.example END:VEVENT"
    assert node.get("ATTENDEE") is None
    assert node.children == []


def test_entry_with_an_empty_title_fails_the_check_and_its_minimal_form_passes() -> None:
    event = make_event(1, texts=cast.texts("en", "\x00\u2028"))
    assert strict.check_entry(cast.entry_of(event)) == ["line 10: SUMMARY: an empty title or one with a line break"]
    minimal = entries.build_minimal(
        make_edition(), event, event.sessions[0], language="en", words=ENGLISH, base_url=cast.BASE_URL
    )
    assert strict.check_entry(minimal) == []
    assert strict.parse(cast.vevent(minimal)).text("SUMMARY") == event.code


def test_minimal_entry_has_times_state_plain_title_and_address() -> None:
    event = replace(cast.cancelled_event(), texts=cast.texts("en", 'Night; "buses", [home]\\'))
    entry = cast.entry_of(event, minimal=True)
    node = strict.parse(cast.vevent(entry))
    assert (entry.full, entry.short) == (b"", b"")
    assert [found.name for found in node.properties] == [
        "UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "STATUS", "DTSTART", "DTEND", "SUMMARY", "URL",
        "CLASS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS",
    ]  # fmt: skip
    assert (node.text("SUMMARY"), node.raw("STATUS")) == ("Night buses home", "CANCELLED")


def test_hidden_entry_is_cancelled_and_holds_none_of_the_texts() -> None:
    entry = entries.build_hidden(cast.lead_event().sessions[0], words=ENGLISH)
    node = strict.parse(cast.vevent(entry))
    assert strict.check_entry(entry) == []
    assert (node.text("SUMMARY"), node.raw("STATUS")) == ("No longer listed", "CANCELLED")
    assert node.when("DTSTART") == datetime(2021, 10, 7, 13, 0, tzinfo=UTC)


def digest_of(event: EventView, *, hidden: bool = False) -> str:
    return entries.content_digest(
        make_edition(),
        event,
        event.sessions[0],
        languages_words={"en": ENGLISH, "es": cast.SPANISH},
        topic_names={"en": cast.TOPIC_NAMES},
        base_url=cast.BASE_URL,
        hidden=hidden,
    )


def with_session(event: EventView, **changes: object) -> EventView:
    return replace(event, sessions=(replace(event.sessions[0], **changes), *event.sessions[1:]))  # type: ignore[arg-type]


def test_content_digest_without_a_change_but_the_stamps_stays() -> None:
    event = cast.lead_event()
    later = datetime(2021, 9, 25, tzinfo=UTC)
    stamped = with_session(event, sequence=7, last_modified_at=later, created_at=later)
    assert digest_of(stamped) == digest_of(event)
    assert cast.entry_of(stamped).digest != cast.entry_of(event).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda event: with_session(event, status=SessionStatus.CANCELLED),
        lambda event: with_session(event, status=SessionStatus.POSTPONED),
        lambda event: with_session(event, ends_at=datetime(2021, 10, 7, 14, 45, tzinfo=UTC)),
        lambda event: with_session(event, zone="Europe/Andorra"),
        lambda event: replace(event, texts=cast.texts("en", "Another title")),
        lambda event: replace(event, texts={**event.texts, **cast.texts("es", "Otro título")}),
        lambda event: replace(event, topics=("gender-equality",)),
        lambda event: replace(event, spoken=("ar",)),
        lambda event: replace(event, organisers=()),
        lambda event: replace(event, format=EventFormat.HYBRID, venue=VenueView("Hall", "", "Lima", "PE", None, None)),
    ],
)
def test_content_digest_with_a_visible_change_in_any_language_moves(change: Callable[[EventView], EventView]) -> None:
    event = cast.lead_event()
    assert digest_of(change(event)) != digest_of(event)


def test_content_digest_of_a_hidden_event_differs_and_forgets_the_texts() -> None:
    event = cast.lead_event()
    assert digest_of(event, hidden=True) != digest_of(event)
    assert digest_of(replace(event, texts=cast.texts("en", "Other")), hidden=True) == digest_of(event, hidden=True)


def test_entry_digest_covers_every_piece() -> None:
    entry = cast.entry_of(make_event(1))
    again = cast.entry_of(make_event(1))
    assert again == entry
    other = cast.entry_of(make_event(1, spoken=("ar",)))
    assert (other.head, other.short, other.tail) == (entry.head, entry.short, entry.tail)
    assert other.digest != entry.digest


def test_download_extras_carry_the_html_in_three_spellings() -> None:
    html = '<p>Hi, "you"; <a href="https://a.example/x">come</a></p>\n<p>سلام</p>'
    data = entries.download_extras(cast.entry_of(make_event(1)), html=html)
    assert strict.check_component(data) == []
    node = strict.parse(data)
    plain = strict.parse(cast.vevent(cast.entry_of(make_event(1))))
    assert node.text("STYLED-DESCRIPTION") == node.text("X-ALT-DESC") == html
    assert node.text("DESCRIPTION") == plain.text("DESCRIPTION")
    description = node.get("DESCRIPTION")
    assert description is not None
    assert dict(description.params) == {"ALTREP": ("data:text/html," + quote(html, safe=""),), "LANGUAGE": ("en",)}


@pytest.mark.parametrize("minimal", [True, False])
def test_download_extras_without_html_are_the_entry_itself(minimal: bool) -> None:
    entry: EntryView = cast.entry_of(make_event(1), minimal=minimal)
    assert entries.download_extras(entry, html="") == cast.vevent(entry)


def test_words_translated_pass_every_word_through_gettext() -> None:
    words = ENGLISH.translated("xx", str.upper, language_names={"en": "anglais"})
    assert words.cancelled_title == "CANCELLED: {TITLE}"
    assert (words.language, words.language_names, words.country_names) == ("xx", {"en": "anglais"}, {})

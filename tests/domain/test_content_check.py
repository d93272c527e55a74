from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.domain.documents.cast import EDITION, REGISTRATION_PAGE, full_event, full_file, make_event, make_session
from wmd.domain.content import (
    EventContent,
    OrganiserContent,
    PanelContent,
    QuestionContent,
    RegistrationContent,
    SeriesContent,
    SpeakerContent,
    TextContent,
    VenueContent,
)
from wmd.domain.content_check import check_edition, check_event, check_organisation, check_series
from wmd.domain.findings import Finding
from wmd.domain.vocabulary import Access, EventFormat, OrganiserRole, RegistrationState, SessionStatus

Said = list[tuple[str, str]]


def said(findings: list[Finding]) -> Said:
    return [(f"{finding.level}:{finding.code}", finding.where) for finding in findings]


def check(event: EventContent, join_link: str = "", people: frozenset[str] | None = None) -> Said:
    found = check_event(
        event, edition=EDITION, organisations={"metro-lab"}, series={"metrotalks"}, people=people, join_link=join_link
    )
    return said(found)


def with_text(text: str, name: str = "description") -> EventContent:
    texts = TextContent("A walk", summary="In short.", description="Long.")
    return make_event(texts={"en": replace(texts, **{name: text})})


def with_venue(format_: EventFormat = EventFormat.HYBRID, **changes: object) -> EventContent:
    venue = VenueContent(**{"city": "Tokyo", "country": "JP", **changes})  # type: ignore[arg-type]
    return make_event(format=format_, venue=venue)


def test_event_without_fault_has_no_findings() -> None:
    assert check(make_event()) == []


def test_event_that_fills_every_field_has_no_findings() -> None:
    event = replace(full_event(), organisers=(OrganiserContent("metro-lab"),))

    assert check(event, people=frozenset({"ana"})) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to somebody@example.org.", [("error:text.email", "texts.en.description")]),
        ("https://us02web.zoom.us/j/81234567890?pwd=abc", [("error:text.private-link", "texts.en.description")]),
        ("A bell \x07 rings.", [("error:text.control", "texts.en.description")]),
        ("A next line\x85 of another kind.", [("error:text.control", "texts.en.description")]),
        ("<b>bold</b>", [("warning:text.html", "texts.en.description")]),
        ("<script>alert(1)</script>", [("warning:text.html", "texts.en.description")]),
        ("<img src=x onerror=alert(1)>", [("warning:text.html", "texts.en.description")]),
        ("<!-- hidden -->", [("warning:text.html", "texts.en.description")]),
        ("Two lines,\r\none\ttab; 3 < 5 > 2, <https://example.org> and العربية", []),
        ("word " * 501, [("warning:text.description-long", "texts.en.description")]),
        ("x" * 20_001, [("error:text.too-long", "texts.en.description")]),
    ],
)
def test_description_is_checked_as_public_text(text: str, expected: Said) -> None:
    assert check(with_text(text)) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("title", "x" * 120, []),
        ("title", "x" * 121, [("error:text.too-long", "texts.en.title")]),
        ("title", "two\nlines", [("error:text.line-break", "texts.en.title")]),
        ("title", "  ", [("error:content.missing", "texts.en.title")]),
        ("summary", "x" * 160, []),
        ("summary", "x" * 161, [("warning:text.summary-long", "texts.en.summary")]),
        ("summary", "", [("warning:text.summary-missing", "texts.en.summary")]),
    ],
)
def test_title_and_summary_have_their_lengths(name: str, text: str, expected: Said) -> None:
    assert check(with_text(text, name)) == expected


def test_every_public_text_is_looked_at() -> None:
    mail = "a@example.org"
    speaker = SpeakerContent("", title={"en": mail}, organisation=mail)
    panel = PanelContent("", {"en": mail}, {"en": mail}, (QuestionContent("", {"en": mail}),), (speaker,))
    event = make_event(
        texts={"en": TextContent(mail, mail, mail)},
        sessions=(make_session(title={"en": mail}, panels=(panel,), speakers=(speaker,), time_text=""),),
        format=EventFormat.HYBRID,
        venue=VenueContent(mail, mail, mail),
        host_city=mail,
        access_note=mail,
        cost=mail,
        audience=(mail,),
        hashtags=(mail,),
    )

    assert check(event) == [
        ("error:text.email", where)
        for where in (
            "texts.en.title",
            "texts.en.summary",
            "texts.en.description",
            "sessions[0].title.en",
            "sessions[0].panels[0].title.en",
            "sessions[0].panels[0].description.en",
            "sessions[0].panels[0].questions[0].text.en",
            "sessions[0].panels[0].speakers[0].title.en",
            "sessions[0].panels[0].speakers[0].organisation",
            "sessions[0].speakers[0].title.en",
            "sessions[0].speakers[0].organisation",
            "host_city",
            "access_note",
            "venue.name",
            "venue.address",
            "venue.city",
            "cost",
            "audience[0]",
            "hashtags[0]",
        )
    ]


def test_original_language_must_have_its_text() -> None:
    assert check(make_event(language="es")) == [("error:text.original-missing", "texts")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ends": None}, [("error:time.missing-end", "sessions[0].ends")]),
        ({"starts": None}, [("error:time.missing-start", "sessions[0].starts")]),
        ({"starts": None, "ends": None, "status": SessionStatus.POSTPONED}, []),
        ({"zone": "CET"}, [("error:time.abbreviation-only", "sessions[0].zone")]),
        ({"zone": "Europe/Atlantis"}, [("error:time.zone-unknown", "sessions[0].zone")]),
        ({"time_text": "Monday, 10:00"}, [("error:time.weekday", "sessions[0].time_text")]),
        ({"time_text": "10:00 CET"}, [("error:time.abbreviation-disagrees", "sessions[0].time_text")]),
        (
            {"time_text": "10:00 CET", "time_confirmed": True},
            [("note:time.abbreviation-disagrees", "sessions[0].time_text")],
        ),
        ({"starts_on": date(2021, 10, 5)}, [("error:time.both", "sessions[0].all_day")]),
        (
            {"all_day": True, "starts_on": date(2021, 10, 5), "ends_on": date(2021, 10, 6)},
            [("error:time.both", "sessions[0].all_day")],
        ),
        ({"code": "O0I1LU"}, [("error:code.invalid", "sessions[0].code")]),
        ({"sequence": -1}, [("error:session.sequence", "sessions[0].sequence")]),
        ({"uid": "two words"}, [("error:session.uid", "sessions[0].uid")]),
        ({"key": " main"}, [("error:key.invalid", "sessions[0].key")]),
    ],
)
def test_session_is_checked(changes: dict[str, object], expected: Said) -> None:
    assert check(make_event(sessions=(make_session(**changes),))) == expected


def test_all_day_session_needs_no_times() -> None:
    days = make_session(all_day=True, starts=None, ends=None, starts_on=date(2021, 10, 4), ends_on=date(2021, 10, 8))

    assert check(make_event(sessions=(days,))) == []


def test_sessions_keep_apart_by_key_id_and_uid() -> None:
    again = make_session(uid="a@x", id="1"), make_session(uid="a@x", id="1")
    keyless = make_session(key=""), make_session(key="", id="1")

    assert check(make_event(sessions=again)) == [
        ("error:session.key-duplicate", "sessions[1].key"),
        ("error:session.uid-duplicate", "sessions[1].uid"),
        ("error:id.duplicate", "sessions[1].id"),
    ]
    assert check(make_event(sessions=keyless)) == [("error:session.key-missing", "sessions[0].key")]


def test_speaker_needs_a_known_name_or_a_title() -> None:
    speakers = SpeakerContent("", person_id="ana"), SpeakerContent("", person_id="bob"), SpeakerContent("")
    event = make_event(sessions=(make_session(speakers=speakers),))

    assert check(event, people=frozenset({"ana"})) == [
        ("error:person.unknown", "sessions[0].speakers[1].person_key"),
        ("error:speaker.empty", "sessions[0].speakers[2]"),
    ]
    assert check(event) == [("error:speaker.empty", "sessions[0].speakers[2]")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"key": ""}, [("error:content.missing", "key")]),
        ({"key": "", "code": "E23456"}, []),
        ({"sessions": ()}, [("error:session.missing", "sessions")]),
        ({"organisers": ()}, [("error:organiser.missing", "organisers")]),
        (
            {"organisers": (OrganiserContent("metro-lab", OrganiserRole.CO),)},
            [("error:organiser.missing", "organisers")],
        ),
        ({"organisers": (OrganiserContent("nobody"),)}, [("error:organiser.unknown", "organisers[0].key")]),
        (
            {"organisers": (OrganiserContent("metro-lab"), OrganiserContent("metro-lab"))},
            [("error:list.repeated", "organisers[1]")],
        ),
        ({"activity": "seminar"}, [("error:vocabulary.unknown", "activity")]),
        ({"region": "eurasia"}, [("error:vocabulary.unknown", "region")]),
        ({"un_region": "eurasia"}, [("error:vocabulary.unknown", "un_region")]),
        ({"platform": "skype"}, [("error:vocabulary.unknown", "platform")]),
        ({"platform": ""}, []),
        ({"access_facts": {"lift": "yes"}}, [("error:vocabulary.unknown", "access_facts.lift")]),
        ({"topics": ("housing",)}, [("error:vocabulary.unknown", "topics[0]")]),
        ({"topics": ()}, [("warning:topic.missing", "topics")]),
        ({"topics": ("gender-equality", "gender-equality")}, [("error:list.repeated", "topics[1]")]),
        ({"sdgs": (0, 1, 17, 18)}, [("error:sdg.unknown", "sdgs[0]"), ("error:sdg.unknown", "sdgs[3]")]),
        ({"sdgs": (5, 5)}, [("error:list.repeated", "sdgs[1]")]),
        ({"series": "metrotalks"}, []),
        ({"series": "other"}, [("error:series.unknown", "series")]),
        ({"capacity": 0}, [("error:capacity.range", "capacity")]),
        ({"reminders": ("start-1d", "end+1d")}, []),
        ({"reminders": ("none",)}, []),
        ({"reminders": ("start-9d",)}, [("error:reminders.unknown", "reminders")]),
        ({"reminders": ("none", "start")}, [("error:reminders.both", "reminders")]),
        ({"spoken": ()}, [("error:language.spoken-missing", "spoken")]),
        ({"spoken": ("en", "EN")}, [("error:language.tag", "spoken[1]")]),
        ({"spoken": ("en", "en")}, [("error:list.repeated", "spoken[1]")]),
        ({"interpreted": ("zh-Hant", "qq")}, [("error:language.tag", "interpreted[1]")]),
        ({"signed": ("ils",)}, []),
        ({"signed": ("es",)}, [("warning:language.not-signed", "signed[0]")]),
        ({"host_country": "UK"}, [("error:country.unknown", "host_country")]),
        ({"web_url": "http://example.org"}, [("error:link.not-https", "web_url")]),
        ({"web_url": "https://example.org/"}, []),
        ({"stream_url": "https://us02web.zoom.us/j/81234567890"}, [("error:link.private-shown", "stream_url")]),
        ({"recording_url": "https://us02web.zoom.us/s/81234567890"}, [("error:link.host-key", "recording_url")]),
    ],
)
def test_event_field_is_checked(changes: dict[str, object], expected: Said) -> None:
    assert check(make_event(**changes)) == expected


def test_more_than_three_topics_are_many_and_one_the_edition_does_not_use_is_told() -> None:
    topics = ("gender-equality", "sustainable-economy", "public-space-and-housing", "equity-in-health-and-care")
    edition = replace(EDITION, topics=topics[:3])
    found = check_event(make_event(topics=topics), edition=edition, organisations={"metro-lab"}, series=())

    assert said(found) == [("warning:topic.many", "topics"), ("warning:topic.not-in-edition", "topics[3]")]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (with_venue(latitude=35.68, longitude=139.69), []),
        (with_venue(latitude=139.69, longitude=35.68), [("error:coordinates.swapped", "venue.latitude")]),
        (with_venue(latitude=41.39, longitude=2.17), [("warning:coordinates.elsewhere", "venue.latitude")]),
        (with_venue(latitude=935551234.0, longitude=139.69), [("error:coordinates.range", "venue.latitude")]),
        (with_venue(latitude=35.68), [("error:coordinates.one", "venue.longitude")]),
        (with_venue(longitude=139.69), [("error:coordinates.one", "venue.latitude")]),
        (with_venue(latitude=2.17, longitude=41.39, country="ES"), [("error:coordinates.swapped", "venue.latitude")]),
        (with_venue(latitude=0.0, longitude=0.0, country=""), []),
        (with_venue(latitude=144.96, longitude=-37.81, country=""), [("error:coordinates.swapped", "venue.latitude")]),
        (with_venue(latitude=17.5, longitude=-62.98, country="BL"), []),
        (with_venue(country="JPN"), [("error:country.unknown", "venue.country")]),
        (with_venue(city=""), [("error:venue.city-missing", "venue.city")]),
        (make_event(format=EventFormat.IN_PERSON), [("error:venue.city-missing", "venue")]),
        (with_venue(EventFormat.ONLINE), [("warning:venue.online", "venue")]),
    ],
)
def test_place_is_checked(event: EventContent, expected: Said) -> None:
    assert check(event) == expected


JOIN = "https://us02web.zoom.us/j/81234567890?pwd=c2VjcmV0d29yZA"
OPEN = RegistrationState.OPEN


@pytest.mark.parametrize(
    ("url", "join_link", "expected"),
    [
        (JOIN, "", [("error:registration.join-link", "registration.url")]),
        ("https://us02web.zoom.us/s/81234567890?zak=x", "", [("error:link.host-key", "registration.url")]),
        ("https://us02web.zoom.us/w/81234567890?tk=x", "", [("error:link.personal-ticket", "registration.url")]),
        ("registration@example.org", "", [("error:link.not-https", "registration.url")]),
        ("https://bit.ly/3abc", "", [("warning:link.shortened", "registration.url")]),
        ("https://tickets.example.org/walk", "", []),
        ("", JOIN, []),
        ("", "https://us02web.zoom.us/s/81234567890?zak=x", [("error:link.host-key", "registration.join_link")]),
        ("", "https://us02web.zoom.us/w/8123456789?tk=x", [("error:link.personal-ticket", "registration.join_link")]),
        ("", REGISTRATION_PAGE, [("error:registration.not-private", "registration.join_link")]),
        ("", "", [("warning:registration.link-missing", "registration")]),
    ],
)
def test_links_must_be_in_their_places(url: str, join_link: str, expected: Said) -> None:
    assert check(make_event(registration=RegistrationContent(OPEN, url)), join_link) == expected


def test_private_link_that_is_kept_already_is_a_way_in() -> None:
    assert check(make_event(registration=RegistrationContent(OPEN, private_link_id="link-1"))) == []


@pytest.mark.parametrize("state", [state for state in RegistrationState if state is not OPEN])
def test_registration_without_a_link_is_fine_when_it_is_not_said_to_be_open(state: RegistrationState) -> None:
    assert check(make_event(registration=RegistrationContent(state))) == []


def test_invitation_is_listed_without_a_link() -> None:
    page, none = RegistrationContent(OPEN, REGISTRATION_PAGE), RegistrationContent(RegistrationState.NOT_NEEDED)

    assert check(make_event(access=Access.INVITATION, registration=none)) == []
    assert check(make_event(access=Access.INVITATION, registration=page)) == [
        ("error:registration.invitation-link", "registration.url")
    ]
    assert check(make_event(access=Access.INVITATION, registration=none), JOIN) == [
        ("error:registration.invitation-link", "registration.join_link")
    ]


def test_registration_closes_after_it_opens() -> None:
    registration = full_event().registration
    turned = replace(registration, opens_at=registration.closes_at, closes_at=registration.opens_at)

    assert check(make_event(registration=turned)) == [("error:registration.order", "registration.closes_at")]


def test_edition_organisations_and_series_without_fault_have_no_findings() -> None:
    file = full_file()
    assert file.edition is not None

    assert said(check_edition(file.edition)) == []
    assert [said(check_organisation(organisation)) for organisation in file.organisations] == [[], []]
    assert [said(check_series(series)) for series in file.series] == [[]]


def test_edition_is_checked() -> None:
    turned = replace(EDITION, window_from=EDITION.window_to, window_to=EDITION.window_from)
    faulty = replace(
        EDITION, slug="WMD 2021", name="", main_day=date(2021, 11, 1), zone="CET", languages=("english",), topics=("x",)
    )

    assert said(check_edition(turned)) == [("error:edition.window", "window_to")]
    assert said(check_edition(faulty)) == [
        ("error:slug.invalid", "slug"),
        ("error:content.missing", "name"),
        ("error:edition.main-day", "main_day"),
        ("error:time.zone-unknown", "zone"),
        ("error:language.tag", "languages[0]"),
        ("error:vocabulary.unknown", "topics[0]"),
    ]


def test_organisation_is_checked() -> None:
    faulty = replace(
        full_file().organisations[0],
        key="",
        names={"en": "a@example.org"},
        language="es",
        kind="club",
        region="moon",
        country="UK",
        website="ftp://example.org",
        code="1",
    )

    assert said(check_organisation(faulty)) == [
        ("error:content.missing", "key"),
        ("error:code.invalid", "code"),
        ("error:text.email", "names.en"),
        ("error:text.original-missing", "names"),
        ("error:vocabulary.unknown", "kind"),
        ("error:vocabulary.unknown", "region"),
        ("error:country.unknown", "country"),
        ("error:link.not-https", "website"),
    ]


def test_series_is_checked() -> None:
    assert said(check_series(SeriesContent("Metro Talks", "", "a@example.org"))) == [
        ("error:slug.invalid", "slug"),
        ("error:content.missing", "name"),
        ("error:text.email", "description"),
    ]


def test_finding_about_a_link_never_repeats_it() -> None:
    event = replace(with_text(f"Join: {JOIN}"), registration=RegistrationContent(OPEN, JOIN), stream_url=JOIN)
    found = check_event(event, edition=EDITION, organisations={"metro-lab"}, series=(), join_link=JOIN)

    assert len(found) == 3
    assert [secret for secret in ("c2Vjc", "81234567890") for finding in found if secret in repr(finding)] == []

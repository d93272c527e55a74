"""Addresses that add one event to a web calendar."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.domain.ical import cast
from wmd.domain.ical import deeplinks
from wmd.domain.programme import EventView, SessionView

Link = Callable[..., str]
ALL: list[Link] = [deeplinks.google, deeplinks.outlook, deeplinks.office365, deeplinks.yahoo]


def link(make: Link, event: EventView, session: SessionView | None = None, **texts: str) -> str:
    told = {"title": "Talk & tea", "details": "One\nhttps://wmd.example/e/E22223", "location": "Online"} | texts
    return make(event, session or event.sessions[0], **told)


def read(address: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query, strict_parsing=True))


def test_google_with_a_timed_session_gives_utc() -> None:
    assert read(link(deeplinks.google, cast.lead_event())) == (
        "https://calendar.google.com/calendar/render",
        {
            "action": "TEMPLATE",
            "dates": "20211007T130000Z/20211007T143000Z",
            "crm": "AVAILABLE",
            "text": "Talk & tea",
            "details": "One\nhttps://wmd.example/e/E22223",
            "location": "Online",
        },
    )


def test_google_with_an_all_day_session_excludes_the_end() -> None:
    assert read(link(deeplinks.google, cast.umbrella_event()))[1]["dates"] == "20211004/20211009"


@pytest.mark.parametrize(
    ("make", "host"), [(deeplinks.outlook, "outlook.live.com"), (deeplinks.office365, "outlook.office.com")]
)
def test_outlook_with_a_timed_session_gives_utc_and_html_breaks(make: Link, host: str) -> None:
    assert read(link(make, cast.lead_event())) == (
        f"https://{host}/calendar/0/deeplink/compose",
        {
            "path": "/calendar/action/compose",
            "rru": "addevent",
            "startdt": "2021-10-07T13:00:00Z",
            "enddt": "2021-10-07T14:30:00Z",
            "freebusy": "free",
            "subject": "Talk & tea",
            "body": "One<br>https://wmd.example/e/E22223",
            "location": "Online",
        },
    )


def test_outlook_with_an_all_day_session_excludes_the_end() -> None:
    query = read(link(deeplinks.outlook, cast.umbrella_event()))[1]
    assert (query["startdt"], query["enddt"], query["allday"]) == ("2021-10-04", "2021-10-09", "true")


def test_yahoo_with_a_timed_and_an_all_day_session() -> None:
    base, query = read(link(deeplinks.yahoo, cast.lead_event()))
    assert (base, query) == (
        "https://calendar.yahoo.com/",
        {
            "v": "60",
            "ST": "20211007T130000Z",
            "ET": "20211007T143000Z",
            "TITLE": "Talk & tea",
            "DESC": "One\nhttps://wmd.example/e/E22223",
            "in_loc": "Online",
        },
    )
    query = read(link(deeplinks.yahoo, cast.umbrella_event()))[1]
    assert (query["ST"], query["ET"], query["DUR"]) == ("20211004", "20211008", "allday")


@pytest.mark.parametrize("make", ALL)
def test_link_with_long_texts_gives_up_details_first(make: Link) -> None:
    address = link(make, cast.lead_event(), title="都市" * 30, details="公共空间。" * 400)
    query = read(address)[1]
    assert len(address) <= 2_000
    assert "都市" * 30 in query.values()
    assert "Online" in query.values()
    assert [value[-1] for value in query.values() if value.startswith("公共")] == ["…"]


@pytest.mark.parametrize("make", ALL)
def test_link_with_nothing_but_a_huge_title_is_still_short_enough(make: Link) -> None:
    address = link(make, cast.lead_event(), title="مدن " * 1_000, details="x" * 9_000, location="مكان " * 900)
    assert 1_500 < len(address) <= 2_000


@pytest.mark.parametrize("make", ALL)
def test_link_with_hostile_text_keeps_its_parameters(make: Link) -> None:
    plain = read(link(make, cast.lead_event()))[1]
    hostile = read(link(make, cast.lead_event(), title="a&b=c#d?\x00\r\ne", details="&x=1", location="\u202e"))[1]
    assert set(hostile) | {"location", "in_loc"} == set(plain) | {"location", "in_loc"}
    assert "a&b=c#d? e" in hostile.values()


def test_subscribe_links_encode_the_scheme_that_each_service_takes() -> None:
    assert deeplinks.subscribe_links("https://wmd.example/2021/calendar.ics?topic=a&topic=b", "WMD 2021: a, b") == {
        "webcal": "webcal://wmd.example/2021/calendar.ics?topic=a&topic=b",
        "google": "https://calendar.google.com/calendar/r?cid="
        "webcal%3A%2F%2Fwmd.example%2F2021%2Fcalendar.ics%3Ftopic%3Da%26topic%3Db",
        "outlook": "https://outlook.live.com/calendar/0/addfromweb?url="
        "https%3A%2F%2Fwmd.example%2F2021%2Fcalendar.ics%3Ftopic%3Da%26topic%3Db&name=WMD%202021%3A%20a%2C%20b",
        "office365": "https://outlook.office.com/calendar/0/addfromweb?url="
        "https%3A%2F%2Fwmd.example%2F2021%2Fcalendar.ics%3Ftopic%3Da%26topic%3Db&name=WMD%202021%3A%20a%2C%20b",
    }

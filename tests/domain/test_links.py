"""Pasted links: every form of the platforms, and the ways in which people try to get one past us."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wmd.domain.findings import Level
from wmd.domain.link_rules import LinkKind
from wmd.domain.links import (
    Link,
    classify,
    contains_private_link,
    find_emails,
    find_private_links,
    is_zoom_host,
    lint_public_text,
)

WN = "WN_TG7X-dycRuOObP11RPHuqA"
SHORT = base64.urlsafe_b64encode(uuid.UUID("7f3c1b9a-5f1e-4d7b-9a55-0c2a5e0d1f11").bytes).decode().rstrip("=")
NOT_V4 = base64.urlsafe_b64encode(uuid.UUID("7f3c1b9a-5f1e-1d7b-9a55-0c2a5e0d1f11").bytes).decode().rstrip("=")
OLD = "tJ" + "a1-B_" * 6 + "a1b2"


def codes(link: Link) -> list[str]:
    return [finding.code for finding in link.findings]


def state(link: Link) -> str:
    """Which of the three states holds; exactly one must."""
    states = {"public": link.public, "private": link.private, "refused": link.refused}
    (only,) = [name for name, holds in states.items() if holds]
    return only


ZOOM = [
    # registration of webinars
    (f"https://zoom.us/webinar/register/{WN}", "registration", "public", []),
    (f"https://zoom.us/webinar/register/{WN}#/registration", "registration", "public", []),
    (f"https://us02web.zoom.us/webinar/register/{WN}", "registration", "public", []),
    (f"https://metropolis-org.zoom.us/webinar/register/{WN}", "registration", "public", []),
    (f"https://zoom.us/webinar/register/5516333425533/{WN}", "registration", "public", []),
    (f"https://ZOOM.us:443/webinar/register/{WN}", "registration", "public", []),
    (f"https://www.zoom.com/webinar/register/{WN}", "registration", "public", []),
    (f"https://zoomgov.com/webinar/register/{WN}", "registration", "public", ["link.regional"]),
    (f"https://a.zoom.com.cn/webinar/register/{WN}", "registration", "public", ["link.regional"]),
    (f"https://zoom.us/webinar/register/{WN[:-1]}", "registration", "public", ["link.token"]),
    (f"https://zoom.us/webinar/register/{WN}A", "registration", "public", ["link.token"]),
    (f"https://zoom.us/webinar/register/WN_{NOT_V4}", "registration", "public", ["link.token"]),
    ("https://zoom.us/webinar/register/", "registration", "public", ["link.token"]),
    # registration of meetings
    (f"https://zoom.us/meeting/register/{OLD}", "registration", "public", []),
    (f"https://zoom.us/meeting/register/tZ{OLD[2:]}", "registration", "public", []),
    (f"https://zoom.us/meeting/register/{SHORT}", "registration", "public", []),
    (f"https://zoom.us/meeting/register/{SHORT}#/registration", "registration", "public", []),
    (f"https://zoom.us/meeting/register/{NOT_V4}", "registration", "public", ["link.token"]),
    (f"https://zoom.us/meeting/register/{OLD[:-2]}", "registration", "public", ["link.token"]),
    # join
    ("https://zoom.us/j/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/j/812345678", "join", "private", ["link.private"]),
    ("https://us02web.zoom.us/j/81234567890?pwd=aGVsbG8", "join", "private", ["link.private", "link.passcode"]),
    ("https://zoom.us/j/8123456789", "join", "private", ["link.private", "link.personal-room"]),
    ("https://zoom.us/j/8123", "join", "private", ["link.private", "link.number"]),
    ("https://zoom.us/w/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/w/81234567890?tk=abc&uuid=WN_x", "personal-ticket", "refused", ["link.personal-ticket"]),
    ("https://zoom.us/j/81234567890?tk=abc", "personal-ticket", "refused", ["link.personal-ticket"]),
    ("https://zoom.us/s/81234567890?zak=abc", "host", "refused", ["link.host-key"]),
    ("https://zoom.us/s/81234567890", "host", "refused", ["link.host-key"]),
    ("https://zoom.us/j/81234567890?zak=abc", "host", "refused", ["link.host-key"]),
    ("https://zoom.us/my/example.room", "personal-room", "private", ["link.private", "link.personal-room"]),
    ("https://zoom.us/wc/join/81234567890", "web-client", "private", ["link.private"]),
    ("https://app.zoom.us/wc/81234567890/start", "host", "refused", ["link.host-key"]),
    ("https://zoom.us/rec/share/abcDEF", "recording", "public", []),
    ("https://zoom.us/rec/share/abcDEF?pwd=x", "recording", "private", ["link.private", "link.passcode"]),
    ("https://zoom.us/meeting/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/join?confno=81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/", "other", "public", []),
    # the same in disguise
    ("https://zoom.us/J/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us//j//81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/x/../j/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/%6A/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/%256A/81234567890", "join", "private", ["link.private"]),
    ("https://zoom.us/w/81234567890?%74k=abc", "personal-ticket", "refused", ["link.personal-ticket"]),
    ("https://zoom.us/w/81234567890;tk=abc", "personal-ticket", "refused", ["link.personal-ticket"]),
    ("https://zoom.us/j/81234567890#success?ZAK=abc", "host", "refused", ["link.host-key"]),
    (f"https://zoom.us/webinar/register/{WN}?pwd=x", "registration", "private", ["link.private", "link.passcode"]),
    ("https://ｚｏｏｍ.us/j/81234567890", "join", "private", ["link.private"]),
]


@pytest.mark.parametrize(("raw", "kind", "expected", "found"), ZOOM)
def test_classify_zoom_forms(raw: str, kind: str, expected: str, found: list[str]) -> None:
    link = classify(raw)
    assert (link.platform, link.kind, state(link), codes(link)) == ("zoom", kind, expected, found)


OTHERS = [
    ("https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0?context=y", "teams", "join", "private"),
    ("https://teams.microsoft.com/_#/l/meetup-join/19:meeting", "teams", "join", "private"),
    ("https://teams.live.com/meet/9312345678", "teams", "join", "private"),
    ("https://teams.microsoft.com/meet/31234567?p=abc", "teams", "join", "private"),
    ("https://events.teams.microsoft.com/event/7f3c1b9a", "teams", "registration", "public"),
    ("https://teams.microsoft.com/registration/abc,def", "teams", "registration", "public"),
    ("https://example.webex.com/example/j.php?MTID=m1234", "webex", "join", "private"),
    ("https://example.webex.com/meet/someone", "webex", "personal-room", "private"),
    ("https://example.webex.com/weblink/register/r1234", "webex", "registration", "public"),
    ("https://example.webex.com/", "webex", "other", "public"),
    ("https://meet.google.com/abc-defg-hij", "meet", "join", "private"),
    ("https://meet.google.com/", "meet", "other", "public"),
    ("https://meet.jit.si/OurRoom", "jitsi", "join", "private"),
    ("https://attendee.gotowebinar.com/register/123", "goto", "registration", "public"),
    ("https://global.gotomeeting.com/join/123456789", "goto", "join", "private"),
    ("https://bbb.example.org/b/abc-def-ghi", "bbb", "join", "private"),
    ("https://bbb.example.org/bigbluebutton/api/join?meetingID=x", "bbb", "join", "private"),
    ("https://www.youtube.com/watch?v=abc", "youtube", "other", "public"),
    ("https://youtu.be/abc", "youtube", "other", "public"),
    ("https://vimeo.com/1", "vimeo", "other", "public"),
    ("https://www.facebook.com/events/1", "facebook", "other", "public"),
    ("https://www.example.org/register", "other", "other", "public"),
    ("https://www.example.org/room?pwd=x", "other", "join", "private"),
    ("https://www.example.org/room?tk=x", "other", "join", "private"),
    ("https://www.example.org/room#pwd=x", "other", "join", "private"),
    ("https://www.example.org/room?zak=x", "other", "host", "refused"),
    # not Zoom, whatever they look like
    ("https://evilzoom.us/j/81234567890", "other", "other", "public"),
    ("https://zoom.us.evil.org/j/81234567890", "other", "other", "public"),
    ("https://zооm.us/j/81234567890", "other", "other", "public"),
    ("https://notteams.microsoft.com.example.org/l/x", "other", "other", "public"),
]


@pytest.mark.parametrize(("raw", "platform", "kind", "expected"), OTHERS)
def test_classify_other_platforms(raw: str, platform: str, kind: str, expected: str) -> None:
    link = classify(raw)
    assert (link.platform, link.kind, state(link)) == (platform, kind, expected)
    assert ("link.not-checked" in codes(link)) is not link.refused


@pytest.mark.parametrize(
    ("host", "looks"),
    [
        ("evilzoom.us", True),
        ("zoom.us.evil.example", True),
        ("us02web-zoom.example", True),
        ("mywebex.example", True),
        ("teams.microsoft.com.evil.example", True),
        ("meet.google.com.evil.example", True),
        ("a.zoom.us", False),
        ("a.webex.com", False),
        ("teams.microsoft.com", False),
        ("meet.google.com", False),
        ("greenteams.example.org", False),
    ],
)
def test_host_that_looks_like_a_platforms_own_is_doubted(host: str, looks: bool) -> None:
    assert ("link.lookalike" in codes(classify(f"https://{host}/webinar/register/{WN}"))) is looks


REFUSED = [
    ("", "link.empty"),
    ("   ", "link.empty"),
    ("https://zoom.us/" + "a" * 2048, "link.too-long"),
    (" " * 5000, "link.too-long"),
    ("https://zoom.us/j/812 345", "link.characters"),
    ("https://zoom.us/\nj/1", "link.characters"),
    ("https://zoom.us/\tj/1", "link.characters"),
    ("https://zoom.us/\x00", "link.characters"),
    ("https://zoom.us/\u200bj/1", "link.characters"),
    ("https://zoom.us/\u202ej/1", "link.characters"),
    ("https://zoom.us\\@evil.org/", "link.characters"),
    ("http://zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA", "link.not-https"),
    ("zoom.us/j/1", "link.not-https"),
    ("//zoom.us/j/1", "link.not-https"),
    ("javascript:alert(1)", "link.not-https"),
    ("data:text/html,x", "link.not-https"),
    ("ftp://zoom.us/", "link.not-https"),
    ("https://zoom.us@evil.org/", "link.userinfo"),
    ("https://a:b@zoom.us/", "link.userinfo"),
    ("https://@zoom.us/", "link.userinfo"),
    ("https://zoom.us:8443/", "link.port"),
    ("https://zoom.us:80/", "link.port"),
    ("https://zoom.us:99999/", "link.broken"),
    ("https://zoom.us:x/", "link.broken"),
    ("https://[::1/", "link.broken"),
    ("https://zoom℀us/", "link.broken"),
    ("https://127.0.0.1/", "link.ip"),
    ("https://[::1]/", "link.ip"),
    ("https://[2001:db8::1]/", "link.ip"),
    ("https://2130706433/", "link.ip"),
    ("https://0x7f.1/", "link.ip"),
    ("https://0x7f000001/", "link.ip"),
    ("https://127.1/", "link.ip"),
    ("https://１２７.0.0.1/", "link.ip"),
    ("https://zoom.us./j/1", "link.trailing-dot"),
    ("https://zoom.us。/j/1", "link.trailing-dot"),
    ("https://localhost/", "link.host"),
    ("https:///j/1", "link.host"),
    ("https://", "link.host"),
    ("https://zoom..us/", "link.host"),
    ("https://-zoom.us/", "link.host"),
    ("https://zo_om.us/", "link.host"),
    ("https://straße.example/", "link.host"),
    ("https://" + "a" * 64 + ".org/", "link.host"),
]


@pytest.mark.parametrize(("raw", "code"), REFUSED)
def test_classify_refuses_what_is_no_public_web_address(raw: str, code: str) -> None:
    link = classify(raw)
    assert (state(link), link.url, codes(link)) == ("refused", "", [code])


WRAPPED = [
    "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fzoom.us%2Fj%2F81234567890&data=x",
    "https://www.google.com/url?q=https://zoom.us/j/81234567890",
    "https://l.facebook.com/l.php?u=http%3A%2F%2Fzoom.us%2Fj%2F81234567890",
    "https://web.archive.org/web/2021/https://zoom.us/j/81234567890",
    "https://a.example/?u=https%3A%2F%2Fb.example%2F%3Fu%3Dhttps%253A%252F%252Fzoom.us%252Fj%252F81234567890",
]


@pytest.mark.parametrize("raw", WRAPPED)
def test_classify_sees_a_join_link_inside_another_link(raw: str) -> None:
    link = classify(raw)
    assert (link.platform, link.kind, state(link)) == ("zoom", "join", "private")
    assert "link.wrapped" in codes(link)


def test_classify_refuses_a_wrapped_host_link() -> None:
    link = classify("https://www.google.com/url?q=https%3A%2F%2Fzoom.us%2Fs%2F81234567890")
    assert (link.kind, state(link)) == ("host", "refused")


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("  https://Example.ORG/A?b=c#d \n", "https://example.org/A?b=c#d"),
        ("HTTPS://example.org:443/a", "https://example.org/a"),
        ("https://example.org", "https://example.org"),
        ("https://example.org/ünï?q=ä#ö", "https://example.org/%C3%BCn%C3%AF?q=%C3%A4#%C3%B6"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ("https://büro.example/", "https://xn--bro-hoa.example/"),
    ],
)
def test_classify_normalises_the_address(raw: str, url: str) -> None:
    assert classify(raw).url == url


def test_classify_shows_an_imitated_host_in_ascii_and_warns() -> None:
    link = classify("https://zооm.us/webinar")
    assert link.url == "https://xn--zm-fmca.us/webinar"
    assert "link.idn" in codes(link)


def test_classify_warns_of_a_shortened_link() -> None:
    assert codes(classify("https://bit.ly/abc")) == ["link.shortened", "link.not-checked"]


SECRETS = [row[0] for row in ZOOM] + [row[0] for row in OTHERS] + [row[0] for row in REFUSED if "zoom.us" in row[0]]


@pytest.mark.parametrize("raw", SECRETS)
def test_classify_never_repeats_path_or_query(raw: str) -> None:
    link = classify(raw)
    told = repr(link) + " ".join(finding.say() for finding in link.findings)
    for secret in ("81234567890", "abc", "pwd=", "tk=x", "zak=", "aGVsbG8", "TG7X", "someone", "OurRoom"):
        assert secret not in told.replace(link.platform, "")


def test_levels_say_what_stops() -> None:
    (host,) = classify("https://zoom.us/s/81234567890").findings
    (private,) = classify("https://zoom.us/j/81234567890").findings
    (unchecked,) = classify("https://example.org/").findings
    assert (host.level, private.level, unchecked.level) == (Level.ERROR, Level.WARNING, Level.NOTE)


@pytest.mark.parametrize(
    ("host", "is_zoom"),
    [
        ("zoom.us", True),
        ("a.b.zoom.us", True),
        ("zoomgov.com", True),
        ("evilzoom.us", False),
        ("zoom.us.evil.org", False),
    ],
)
def test_is_zoom_host_by_labels(host: str, is_zoom: bool) -> None:
    assert is_zoom_host(host) is is_zoom


@given(st.text(max_size=200))
def test_classify_any_text_is_in_one_state(text: str) -> None:
    for raw in (text, "https://" + text, "https://zoom.us/" + text, "https://example.org/?u=https://zoom.us/" + text):
        link = classify(raw)
        assert state(link) in {"public", "private", "refused"}
        assert (link.url == "") is link.refused


@given(st.text(max_size=60), st.text(max_size=60))
def test_classify_its_own_address_is_the_same_again(path: str, query: str) -> None:
    first = classify(f"https://example.org/{path}?{query}")
    if not first.refused:
        second = classify(first.url)
        assert (second.url, second.kind, state(second)) == (first.url, first.kind, state(first))


JOIN = "zoom.us/j/81234567890"
TEXTS_WITH_WAYS_IN = [
    f"Join at https://{JOIN}.",
    f"Join at {JOIN}, please",
    f"[join](https://{JOIN}?pwd=x)",
    f"**https://us02web.{JOIN}**",
    f"http://{JOIN}",
    f"https://user@{JOIN}",
    "https://zoom.us:443/j/81234567890",
    "https://zoom.us./j/81234567890",
    "https:&#47;&#47;zoom.us/j/81234567890",
    "https://zoom.us/\u200bj/81234567890",
    "https://ｚｏｏｍ．ｕｓ/j/81234567890",
    "https://zoom。us/j/81234567890",
    "https://zoom.us/w/1?tk=abc",
    "https://zoom.us/s/81234567890",
    "zoommtg://zoom.us/join?confno=1",
    "msteams:/l/meetup-join/x",
    "https://teams.microsoft.com/l/meetup-join/x",
    "meet.google.com/abc-defg-hij",
    "https://example.org/room?pwd=1",
    f"https://www.google.com/url?q=https://{JOIN}",
    f"https://{JOIN}?x=" + "a" * 3000,
]


@pytest.mark.parametrize("text", TEXTS_WITH_WAYS_IN)
def test_text_with_a_way_in_is_found(text: str) -> None:
    assert contains_private_link(text)
    assert [finding.code for finding in lint_public_text(text) if finding.code == "text.private-link"] == [
        "text.private-link"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Caring metropolises: framing recovery for all",
        f"Register at https://zoom.us/webinar/register/{WN} (free).",
        "See www.example.org/programme?day=2021-10-07#top, e.g. the first part.",
        "Follow @metropolis_org, https://www.youtube.com/@channel and @city@example.social",
        "https://www.google.com/maps/@41.38,2.17,15z",
        "3.5 km; 15:00-16:30; a/b; and/or; U.N.; Node.js",
    ],
)
def test_text_that_is_fit_for_the_public(text: str) -> None:
    assert lint_public_text(text, "texts.en.description") == []


def test_private_links_are_counted() -> None:
    text = f"https://{JOIN} or https://meet.jit.si/Room or https://example.org"
    assert [(link.platform, link.kind) for link in find_private_links(text)] == [("zoom", "join"), ("jitsi", "join")]


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("Write to info@example.org.", ["info@example.org"]),
        ("<mailto:a.b+c@mail.example.co.uk>", ["a.b+c@mail.example.co.uk"]),
        ("**info@example.org**", ["info@example.org"]),
        ("info (at) example.org", ["info (at) example.org"]),
        ("info[at]example[dot]org", ["info[at]example[dot]org"]),
        ("info＠example.org", ["info@example.org"]),
        ("info&#64;example.org", ["info@example.org"]),
        ("información@ciudad.example", ["información@ciudad.example"]),
        ("@city and #tag @ noon", []),
        ("a@b", []),
    ],
)
def test_emails_in_text_are_found(text: str, emails: list[str]) -> None:
    assert find_emails(text) == emails


def test_email_finding_holds_no_address() -> None:
    (finding,) = lint_public_text("info@example.org", "texts.en.summary")
    assert (finding.code, finding.level, finding.where) == ("text.email", Level.ERROR, "texts.en.summary")
    assert "example" not in finding.say() + repr(finding.params)


@pytest.mark.parametrize(
    "unit", ["a.", "a-", "a@", "https://", "zoom.us/j/", "%41", "(at)", "https://a@", "é.", "&#64;"]
)
@pytest.mark.timeout(60)
def test_search_in_hostile_text_ends(unit: str) -> None:
    """The worst we could think of takes milliseconds; a search that backtracks would take hours and hit the limit."""
    assert lint_public_text(unit * (200_000 // len(unit)) + " x@example.org")[-1].code == "text.email"


def test_flyer_link_is_a_public_registration_page() -> None:
    flyer = Path(__file__).resolve().parents[3] / "shared" / "seeds" / "002_5d8d93a74fc46174.txt"
    if not flyer.exists():
        pytest.skip("the flyer is not beside the repository")
    words = flyer.read_text(encoding="utf-8").split()
    (raw,) = {word for word in words if "zoom.us" in word}
    link = classify(raw)
    assert (link.kind, state(link), codes(link)) == ("registration", "public", [])


@pytest.mark.parametrize(
    "link",
    [
        "https://us02web.zoom.us/meeting/tZabc/ics?icsToken=abc",
        "https://us02web.zoom.us/meeting/register/tZabc/success?user_id=abc",
        "https://us02web.zoom.us/webinar/register/WN_TG7X-dycRuOObP11RPHuqA/success?registrant_id=abc",
    ],
)
def test_page_after_signing_up_is_one_persons_ticket(link: str) -> None:
    found = classify(link)

    assert (found.kind, found.refused, found.url) == (LinkKind.PERSONAL_TICKET, True, "")

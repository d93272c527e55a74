"""A mail as bytes: what Python's own mail package reads back is what was put in, and one header stays one header."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wmd.domain.ical.invitations import CalendarObject
from wmd.domain.mail_bytes import (
    AddressFault,
    Letter,
    Letterhead,
    Part,
    clean_address,
    one_line,
    plain_text,
    to_bytes,
)

HEAD = Letterhead("https://wmd.example", "events@wmd.example", "team@wmd.example")
HELLO = Part(("<p>Hello</p>\n",))
AT = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)
HEADERS = [
    "From", "Reply-To", "List-Id", "Auto-Submitted", "Content-Language", "X-Mail-Kind", "MIME-Version", "To",
    "Subject", "Date", "Message-ID", "Content-Type",
]  # fmt: skip


def letter(subject: str = "Received", text: Part = HELLO, html: Part = HELLO) -> Letter:
    """Return a mail to Ana."""
    return Letter("received", "4b1d", "ana@example.org", subject, text, html)


def read(data: bytes) -> EmailMessage:
    """Return a mail as Python's own package reads it."""
    found = message_from_bytes(data, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def whole(part: Part) -> str:
    """Return a part as it was meant: its pieces one after the other, and one line feed at the end."""
    *form, last = map(plain_text, part.form)
    return str(Part((*form, last.rstrip("\n")), tuple(map(plain_text, part.values)))) + "\n"


def by_email_message(one: Letter) -> EmailMessage:
    """Return the same mail, made by Python's own package."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["Reply-To"] = f"{HEAD.name} <{HEAD.sender}>", HEAD.reply_to
    made["List-Id"], made["Auto-Submitted"] = f"{HEAD.name} <mail.wmd.example>", "auto-generated"
    made["X-Mail-Kind"] = one.kind
    made["To"], made["Subject"], made["Date"] = one.reader, one_line(one.subject), AT
    made["Message-ID"] = f"<{one.message_id}@{HEAD.domain}>"
    made.set_content(whole(one.text))
    made.add_alternative(whole(one.html), subtype="html")
    made["Content-Language"] = one.language
    return read(made.as_bytes())


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=300) | st.text("a .=\n-\r", max_size=300)
PIECES = TEXTS | st.text("a =\n", max_size=80)
PARTS = st.lists(st.tuples(PIECES, PIECES), min_size=1, max_size=4).map(
    lambda pairs: Part(tuple(form for form, _ in pairs), tuple(value for _, value in pairs[1:]))
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, PARTS, PARTS)
def test_bytes_read_back_as_those_of_the_mail_package(subject: str, text: Part, html: Part) -> None:
    one = letter(subject, text, html)
    data = to_bytes(one, HEAD, at=AT)
    ours, theirs = read(data), by_email_message(one)
    assert (ours.keys(), ours.defects) == (HEADERS, [])
    assert {name: str(ours[name]) for name in HEADERS[:-1]} == {name: str(theirs[name]) for name in HEADERS[:-1]}
    parts = [[part.get_content() for part in mail.iter_parts()] for mail in (ours, theirs)]  # type: ignore[attr-defined]
    assert parts[0] == parts[1]
    assert data.isascii()
    body = data.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    assert max(len(line) for line in data.split(b"\r\n")) <= 200
    assert b"\n" not in data.replace(b"\r\n", b"")


INJECTIONS = [
    "Hello\r\nBcc: eve@evil.example",
    "Hello\nBcc: eve@evil.example",
    "Hello\rBcc: eve@evil.example",
    "Hello%0d%0aBcc: eve@evil.example",
    "Hello\u2028Bcc: eve@evil.example",
    "Hello\u2029Bcc: eve@evil.example",
    "Hello\x00Bcc: eve@evil.example",
    "Hello\x0b\x0c\x85Bcc: eve@evil.example",
    "=?utf-8?q?Hello=0D=0ABcc:_eve@evil.example?=",
    "Hello\r\n\r\n--=_4b1d\r\nContent-Type: text/html\r\n\r\n<script>",
    "x" * 5000,
]


@pytest.mark.parametrize("hostile", INJECTIONS)
def test_hostile_text_stays_in_one_header(hostile: str) -> None:
    found = read(to_bytes(letter(hostile, Part((hostile,)), Part(("Hi ", ""), (hostile,))), HEAD, at=AT))
    assert found.keys() == HEADERS
    assert str(found["Subject"]) == one_line(hostile)
    assert [part.get_content_type() for part in found.walk()] == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org\r\nBcc: eve@evil.example", "ana@example.org, eve@evil.example", "<ana@example.org>",
        "ana@example.org\x00", "ana example.org", "@example.org", "ana@", "ana@-x.org", '"a b"@example.org',
        "ána @example.org", "an\u2028a@example.org", "ana@exa mple.org",
        "ana@[127.0.0.1]", f"{'a' * 250}@example.org", "ana@example.org\n",
    ],
)  # fmt: skip
def test_address_that_is_not_plain_is_refused(address: str) -> None:
    with pytest.raises(AddressFault):
        clean_address(address)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("ana@example.org", "ana@example.org"),
        ("o'neil+wmd@sub.example.org", "o'neil+wmd@sub.example.org"),
        ("ána@example.org", "ána@example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
    ],
)
def test_plain_address_is_kept_and_its_domain_in_ascii(given: str, clean: str) -> None:
    assert clean_address(given) == clean


def test_same_row_has_the_same_message_id_and_the_sender_is_of_our_own_domain() -> None:
    first, second = (read(to_bytes(letter(), HEAD, at=AT)) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == "<4b1d@wmd.example>"
    assert str(first["From"]) == "World Metropolitan Day <events@wmd.example>"
    assert str(first["Reply-To"]) == "team@wmd.example"


INVITE = CalendarObject("REQUEST", "BEGIN:VCALENDAR\r\nSUMMARY:Ciudad\\, 大都市\r\nEND:VCALENDAR\r\n".encode() * 9)
CANCEL = CalendarObject("CANCEL", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
FILE = CalendarObject("PUBLISH", INVITE.data)


@pytest.mark.parametrize(
    ("objects", "offered", "attached"),
    [
        ((INVITE,), "REQUEST", ["invite.ics REQUEST"]),
        ((CANCEL, INVITE), "CANCEL", ["invite.ics CANCEL", "invite-2.ics REQUEST"]),
        ((FILE,), "", ["invite.ics PUBLISH"]),
    ],
)
def test_invitation_is_offered_last_and_attached_with_the_same_bytes(
    objects: tuple[CalendarObject, ...], offered: str, attached: list[str]
) -> None:
    found = read(to_bytes(letter()._replace(calendar=objects), HEAD, at=AT))
    assert (found.keys(), found.defects, found.get_content_type()) == (HEADERS, [], "multipart/mixed")
    body, *files = found.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    texts = list(body.iter_parts())  # type: ignore[attr-defined]
    assert [part.get_content_type() for part in texts[:2]] == ["text/plain", "text/html"]
    assert [(part["Content-Type"].params["method"], part.get_payload(decode=True)) for part in texts[2:]] == [
        (each.method, each.data) for each in objects if each.method == offered
    ]
    assert all(part["Content-Type"].params["charset"] == "utf-8" for part in texts)
    assert [f"{part.get_filename()} {part['Content-Type'].params['method']}" for part in files] == attached
    assert [part.get_payload(decode=True) for part in files] == [each.data for each in objects]
    assert {part["Content-Transfer-Encoding"] for part in (*files, *texts[2:])} == {"base64"}
    assert {part.get_content_disposition() for part in files} == {"attachment"}


def test_mail_with_an_invitation_says_the_same_as_one_without() -> None:
    plain, invited = (read(to_bytes(each, HEAD, at=AT)) for each in (letter(), letter()._replace(calendar=(INVITE,))))
    for kind in ("plain", "html"):
        bodies = [each.get_body((kind,)) for each in (plain, invited)]
        assert bodies[0] is not None
        assert bodies[1] is not None
        assert bodies[0].get_content() == bodies[1].get_content()

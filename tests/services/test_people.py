"""Mail addresses: read as people write them, compared without capitals, shown only to who knows them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from wmd.domain.devices import device_words
from wmd.errors import InvalidContentError
from wmd.services.people import find_person, masked, person_for, read_address

NOW = datetime(2026, 10, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Ana.Example@People.Example ", ("Ana.Example@people.example", "ana.example@people.example")),
        ("josé@people.example", ("josé@people.example", "josé@people.example")),
        ("ana+wmd@people.example", ("ana+wmd@people.example", "ana+wmd@people.example")),
    ],
)
def test_address_is_read(typed: str, read: tuple[str, str]) -> None:
    assert read_address(typed) == read


@pytest.mark.parametrize(
    "typed",
    ["", "ana", "@people.example", "ana@", "ana@localhost", "a b@people.example",
     "ana@people.example,ben@people.example", "Ana <ana@people.example>", "ana@people.example\nBcc: x@y.example",
     "a" * 300 + "@people.example", "ana@[127.0.0.1]"],
)  # fmt: skip
def test_what_is_no_address_is_refused_beside_its_field(typed: str) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_address(typed, "contact.address")
    assert [(finding.code, finding.where) for finding in refused.value.findings] == [
        ("address.invalid" if typed else "address.missing", "contact.address")
    ]


def test_person_is_found_again_by_address_and_not_changed(dbs: Session) -> None:
    first = person_for(dbs, "Ana@People.Example", name="Ana", now=NOW)
    again = person_for(dbs, "ana@people.example", name="Somebody else", language="fr", now=NOW)
    assert (again.id, again.name, again.language) == (first.id, "Ana", "en")
    first.erased_at = NOW
    first.address, first.address_key = "", None
    dbs.flush()
    assert find_person(dbs, "ana@people.example") is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ana@people.example", "a…a@p….example"), ("jo@x.org", "…@x….org"), ("a.long.name@mail.city.gov", "a…e@m….gov")],
)
def test_masked_address_tells_its_owner_and_nobody_else(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("something new", ""),
    ],
)
def test_browser_is_named_in_two_words(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words

"""Spam: what sets an entry aside, and that honest events are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import documents
from tests.demo_documents import ARCHIVE, TEMPLATE, WAITING, document
from wmd.domain.content import EventContent, TextContent
from wmd.domain.spam import SpamFacts, is_suspect, spam_signs
from wmd.domain.spam_data import SALE_PHRASES, WEIGHTS

HONEST = SpamFacts(took=timedelta(minutes=9))


def content(value: dict[str, Any] | None = None, **texts: str) -> EventContent:
    (found,) = documents.read(documents.document(value or documents.event())).file.events
    if texts:
        words = TextContent(**({"title": "Care in the city"} | texts))
        found = replace(found, texts={"en": words})
    return found


def codes(event: EventContent, facts: SpamFacts = HONEST) -> list[str]:
    return [sign.code for sign in spam_signs(event, facts)]


def test_every_event_of_the_demonstration_is_honest() -> None:
    events = [*ARCHIVE["events"], *TEMPLATE["events"]]
    assert [e["key"] for e in events if is_suspect(spam_signs(content(e), HONEST))] == []


def test_the_made_up_advertisement_is_set_aside_with_its_reasons() -> None:
    event = content(document(WAITING / "rejected-spam.json")["events"][0])
    signs = spam_signs(event, HONEST)
    assert [sign.code for sign in signs] == ["spam.many-sale-words", "spam.shouting"]
    assert is_suspect(signs)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(HONEST, trap_filled=True), "spam.honeypot"),
        (SpamFacts(took=timedelta(seconds=1)), "spam.fast"),
        (replace(HONEST, same_text=50), "spam.same-text"),
    ],
)
def test_how_an_entry_came_is_enough_to_set_it_aside(facts: SpamFacts, code: str) -> None:
    signs = spam_signs(content(), facts)
    assert [sign.code for sign in signs] == [code]
    assert is_suspect(signs)


def test_a_form_without_its_time_is_a_sign_but_not_enough() -> None:
    signs = spam_signs(content(), SpamFacts())
    assert [sign.code for sign in signs] == ["spam.no-render-time"]
    assert not is_suspect(signs)
    assert spam_signs(content(), SpamFacts(has_form=False)) == []


@pytest.mark.parametrize(
    ("texts", "expected", "suspect"),
    [
        ({"description": "https://one.example " * 3}, [], False),
        ({"description": "https://one.example " * 4}, ["spam.some-links"], False),
        ({"description": "https://one.example " * 30}, ["spam.many-links"], True),
        ({"description": "See bit.ly and https://bit.ly/x"}, ["spam.hiding-host"], False),
        ({"description": '<a href="x">Buy now</a>'}, ["spam.markup"], False),
        ({"description": "Act now! Buy now."}, ["spam.sale-words"], False),
        ({"description": "ÚLTIMA OPORTUNIDAD! Compre ahora: sin riesgo, dinero fácil"}, ["spam.many-sale-words"], True),
        ({"description": "限时优惠，立即购买，稳赚不赔，加微信"}, ["spam.many-sale-words", "spam.language"], True),
        ({"title": "Саre in the city"}, ["spam.mixed-scripts"], False),
        ({"description": "Последний шанс увидеть выставку о городах"}, ["spam.language"], False),
        ({"title": "CARE FOR THE CITY AND ITS PEOPLE"}, ["spam.shouting"], False),
        ({"title": "WMD 2026 UN-HABITAT"}, [], False),
    ],
)  # fmt: skip
def test_signs_in_the_text(texts: dict[str, str], expected: list[str], *, suspect: bool) -> None:
    signs = spam_signs(content(**texts), HONEST)
    assert [sign.code for sign in signs] == expected
    assert is_suspect(signs) is suspect


def test_what_was_typed_beside_the_event_counts_too() -> None:
    assert codes(content(), replace(HONEST, more_texts=("Buy now and act now",))) == ["spam.sale-words"]


def test_every_sign_has_words_and_a_weight() -> None:
    everything = content(
        title="Саre for THE CITY!!!",
        description="<script https://bit.ly/1 " + "https://one.example " * 20 + " ".join(SALE_PHRASES["en"]),
    )
    few = content(
        title="Care", description="https://a.example " * 5 + "buy now act now " + "ничего общего с городами " * 40
    )
    facts = SpamFacts(trap_filled=True, took=timedelta(0), same_text=9)
    signs = [*spam_signs(everything, facts), *spam_signs(few, SpamFacts())]
    assert {sign.code for sign in signs} == set(WEIGHTS)
    assert all(sign.say() for sign in signs)


def test_a_long_text_is_read_in_no_time() -> None:
    # 200 kB of what makes a careless pattern slow; the test suite's own time limit is what would fail.
    assert "spam.many-links" in codes(
        content(description="www." + "a." * 50_000 + "http://" * 10_000 + "www.x.yz " * 20)
    )

"""The two fields by which machines give themselves away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from tests.conftest import LEAD_STARTED_AT
from wmd.domain.spam import SpamFacts
from wmd.web.spam_trap import SHOWN_FIELD, TRAP_FIELD, read_trap, trap_fields

NOW = LEAD_STARTED_AT
LATER = NOW + timedelta(minutes=4)


def stamp_of(html: str) -> str:
    found = re.search(rf'name="{SHOWN_FIELD}" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def test_a_form_says_when_it_was_shown_and_keeps_saying_it_after_a_fault(demo_app: Flask) -> None:
    with demo_app.test_request_context():
        stamp = stamp_of(trap_fields(NOW))
        assert stamp_of(trap_fields(LATER, {SHOWN_FIELD: stamp})) == stamp
        facts = read_trap({SHOWN_FIELD: stamp, TRAP_FIELD: " "}, LATER, same_text=2)
        assert facts == SpamFacts(took=timedelta(minutes=4), same_text=2)


@pytest.mark.parametrize("stamp", ["", "1633611660", "x" * 300, "NDI.AAAA", "\x00", "ü"])
def test_a_stamp_that_is_not_ours_says_nothing_and_is_replaced(demo_app: Flask, stamp: str) -> None:
    with demo_app.test_request_context():
        assert read_trap({SHOWN_FIELD: stamp}, NOW).took is None
        assert read_trap({SHOWN_FIELD: stamp_of(trap_fields(NOW, {SHOWN_FIELD: stamp}))}, LATER).took is not None


def test_a_stamp_from_the_future_says_nothing(demo_app: Flask) -> None:
    with demo_app.test_request_context():
        assert read_trap({SHOWN_FIELD: stamp_of(trap_fields(LATER))}, NOW).took is None


def test_the_unseen_field_is_told_when_something_stands_in_it(demo_app: Flask) -> None:
    with demo_app.test_request_context():
        assert read_trap({TRAP_FIELD: "https://one.example"}, NOW).trap_filled is True


def test_the_unseen_field_is_out_of_the_way_of_people(demo_app: Flask) -> None:
    with demo_app.test_request_context():
        html = trap_fields(NOW)
    assert 'aria-hidden="true"' in html
    assert 'tabindex="-1"' in html
    assert 'autocomplete="off"' in html

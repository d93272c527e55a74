"""The classes of risk: what may be published at once, what waits, what is urgent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.changesets import Change
from wmd.domain.risk import CONSEQUENCES, Risk, highest, is_urgent, risk_of

NOW = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)


def change(path: str) -> Change:
    return Change(path, "Field", "changed", "a", "b")


@pytest.mark.parametrize(
    ("path", "risk"),
    [
        ("texts.en.title", Risk.WORDING),
        ("texts.pt-BR.description", Risk.WORDING),
        ("texts.fr", Risk.FACTS),
        ("language", Risk.FACTS),
        ("organisers", Risk.FACTS),
        ("sessions.s1.title", Risk.WORDING),
        ("sessions.s1.time", Risk.MATERIAL),
        ("sessions.s1.status", Risk.MATERIAL),
        ("sessions.s2", Risk.MATERIAL),
        ("sessions.s1.panels.p1.questions.q1.text", Risk.WORDING),
        ("sessions.s1.speakers.x", Risk.FACTS),
        ("sessions.s1.speakers.x.person_id", Risk.FACTS),
        ("registration", Risk.MATERIAL),
        ("web_url", Risk.FACTS),
        ("something.new", Risk.FACTS),
    ],
)
def test_class_of_a_change_is_that_of_the_table(path: str, risk: Risk) -> None:
    assert risk_of(path) is risk


def test_edit_is_as_risky_as_its_riskiest_change() -> None:
    assert highest([]) is Risk.WORDING
    assert highest([change("texts.en.title"), change("topics")]) is Risk.FACTS
    assert highest([change("registration"), change("texts.en.title")]) is Risk.MATERIAL
    assert set(CONSEQUENCES) == set(Risk)


def test_only_a_material_change_less_than_three_days_before_is_urgent() -> None:
    soon, later, past = NOW + timedelta(hours=71), NOW + timedelta(hours=72), NOW - timedelta(hours=1)
    assert is_urgent([change("registration")], [soon], NOW) is True
    assert is_urgent([change("registration")], [later, past], NOW) is False
    assert is_urgent([change("topics")], [soon], NOW) is False

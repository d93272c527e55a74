"""What events refer to: put in place by key, changed only where it differs, never taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import LEAD_STARTED_AT
from wmd.domain.codes import SeededMint
from wmd.domain.content import EditionContent, OrganisationContent, PersonContent, SeriesContent
from wmd.models import EditionTopic, Organisation, Person, PublicCode, Series, SiteState, Topic
from wmd.services.importing import edition_content
from wmd.services.references import (
    find_edition,
    put_edition,
    put_organisation,
    put_person,
    put_series,
)

LATER = LEAD_STARTED_AT + timedelta(hours=1)
EDITION = EditionContent(
    slug="2021", name="World Metropolitan Day 2021", main_day=date(2021, 10, 7), window_from=date(2021, 10, 1),
    window_to=date(2021, 10, 31), zone="Europe/Madrid", theme="Resilience", introduction="Words.",
    hashtags=("WMD",), languages=("en", "es"), topics=("gender-equality", "sustainable-economy"),
)  # fmt: skip
ORGANISATION = OrganisationContent(key="a", names={"en": "Organisation A"}, kind="academia", country="ES")


@pytest.fixture
def mint() -> SeededMint:
    return SeededMint("references")


def topics(dbs: Session) -> list[tuple[str, int, datetime | None]]:
    """Return the edition's topics in order, with when they were retired."""
    query = select(Topic.slug, EditionTopic.position, EditionTopic.retired_at).join(
        Topic, Topic.id == EditionTopic.topic_id
    )
    return [tuple(row) for row in dbs.execute(query.order_by(EditionTopic.position, Topic.slug))]


def site_version(dbs: Session) -> int:
    dbs.flush()
    return dbs.get_one(SiteState, 1).version


def test_edition_is_made_once_and_holds_what_it_was_given(dbs: Session) -> None:
    row, changed = put_edition(dbs, EDITION, now=LEAD_STARTED_AT)
    version, site = row.version, site_version(dbs)

    again, changed_again = put_edition(dbs, EDITION, now=LATER)

    assert (changed, changed_again, again.id) == (True, False, row.id)
    assert replace(edition_content(again), topics=EDITION.topics) == EDITION
    assert topics(dbs) == [("gender-equality", 0, None), ("sustainable-economy", 1, None)]
    assert (again.version, again.published_at, site_version(dbs)) == (version, LEAD_STARTED_AT, site)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Another"}, {"theme": ""}, {"introduction": "Other words."}, {"main_day": date(2021, 10, 8)},
        {"window_from": date(2021, 9, 1)}, {"window_to": date(2021, 11, 1)}, {"zone": "UTC"}, {"hashtags": ()},
        {"languages": ("es", "en")}, {"is_permanent": True}, {"is_demo": True}, {"topics": ("gender-equality",)},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_edition_that_differs_in_anything_rises(dbs: Session, changes: dict[str, object]) -> None:
    row, _ = put_edition(dbs, EDITION, now=LEAD_STARTED_AT)
    version, site = row.version, site_version(dbs)

    _, changed = put_edition(dbs, replace(EDITION, **changes), now=LATER)  # type: ignore[arg-type]

    assert changed is True
    assert (row.version, row.published_at, site_version(dbs)) == (version + 1, LATER, site + 1)


def test_topic_left_out_is_retired_and_may_come_back(dbs: Session) -> None:
    put_edition(dbs, EDITION, now=LEAD_STARTED_AT)

    put_edition(dbs, replace(EDITION, topics=("sustainable-economy",)), now=LATER)
    assert topics(dbs) == [("gender-equality", 0, LATER), ("sustainable-economy", 0, None)]

    put_edition(dbs, EDITION, now=LATER + timedelta(hours=1))
    assert topics(dbs) == [("gender-equality", 0, None), ("sustainable-economy", 1, None)]


def test_clock_set_back_never_lowers_the_last_publication(dbs: Session) -> None:
    row, _ = put_edition(dbs, EDITION, now=LATER)

    put_edition(dbs, replace(EDITION, theme="Another"), now=LEAD_STARTED_AT)

    assert (row.theme, row.published_at, row.created_at) == ("Another", LATER, LATER)


def test_edition_that_is_not_there_is_none(dbs: Session) -> None:
    assert find_edition(dbs, "1999") is None


def test_organisation_keeps_its_code_and_key(dbs: Session, mint: SeededMint) -> None:
    row, changed = put_organisation(dbs, ORGANISATION, set(), mint=mint, now=LEAD_STARTED_AT)
    code = row.code
    renamed = replace(ORGANISATION, names={"en": "Á, Renamed", "es": "Organización"}, code="ZZZZZZ")

    same, changed_same = put_organisation(dbs, ORGANISATION, {code}, mint=mint, now=LATER)
    other, changed_other = put_organisation(dbs, renamed, {code}, mint=mint, now=LATER)
    dbs.flush()

    assert (changed, changed_same, changed_other) == (False, False, True)
    assert (same.id, other.id, other.code) == (row.id, row.id, code)
    assert (other.names, other.slug, other.created_at) == (renamed.names, "a-renamed", LEAD_STARTED_AT)
    assert dbs.scalars(select(PublicCode.code)).all() == [code]


def test_organisation_takes_over_a_code_that_is_free(dbs: Session, mint: SeededMint) -> None:
    codes: set[str] = set()
    first, _ = put_organisation(dbs, replace(ORGANISATION, code="ABC234"), codes, mint=mint, now=LATER)
    second, _ = put_organisation(dbs, replace(ORGANISATION, key="b", code="ABC234"), codes, mint=mint, now=LATER)

    assert first.code == "ABC234"
    assert second.code != "ABC234"
    assert codes == {first.code, second.code}
    assert set(dbs.execute(select(PublicCode.code, PublicCode.kind)).tuples()) == {
        (first.code, "organisation"),
        (second.code, "organisation"),
    }


def test_mint_that_repeats_itself_gives_no_code_twice(dbs: Session) -> None:
    taken = SeededMint("repeats").code()

    row, _ = put_organisation(dbs, ORGANISATION, {taken}, mint=SeededMint("repeats"), now=LATER)

    assert row.code != taken


def test_series_says_whether_it_changed(dbs: Session) -> None:
    talks = SeriesContent("talks", "Talks", "Words")

    said = [put_series(dbs, each) for each in (talks, talks, replace(talks, name="Other talks"))]

    dbs.flush()
    assert said == [True, False, True]
    assert dbs.execute(select(Series.slug, Series.name, Series.description)).tuples().all() == [
        ("talks", "Other talks", "Words")
    ]


def test_person_is_found_by_key_or_id_and_an_erased_one_stays_erased(dbs: Session, mint: SeededMint) -> None:
    row, made = put_person(dbs, PersonContent("ada", "Ada Example"), mint=mint, now=LATER)
    _, same = put_person(dbs, PersonContent("ada", "Ada Example"), mint=mint, now=LATER)
    found, renamed = put_person(dbs, PersonContent(row.id, "Ada Renamed"), mint=mint, now=LATER)
    name = found.name
    row.name, row.erased_at = "", LATER
    _, erased = put_person(dbs, PersonContent("ada", "Ada Again"), mint=mint, now=LATER)

    assert (made, same, renamed, erased) == (False, False, True, False)
    assert (found.id, name) == (row.id, "Ada Renamed")
    assert dbs.scalars(select(Person.name)).all() == [""]
    assert dbs.scalars(select(Organisation.id)).all() == []

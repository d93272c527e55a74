"""Banners are put up and ended by staff, each in the trail, and load as a value whose version only rises."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.submissions import ADAM, MONA, make_edition
from wmd.db import db
from wmd.errors import InvalidContentError
from wmd.models import AuditEntry, Edition
from wmd.services.actors import Actor
from wmd.services.banners import (
    MOST,
    MayNotPutError,
    NewBanner,
    end_banner,
    load_banners,
    may_put,
    past_banners,
    put_banner,
    standing_banners,
)
from wmd.services.source import DatabaseSource

HOUR = timedelta(hours=1)


@pytest.fixture
def edition(dbs: Session) -> Edition:
    """An edition, and the cast."""
    make_cast(dbs, NOW)
    found = make_edition(dbs, NOW)
    dbs.commit()
    return found


def new(edition: Edition | None = None, **changes: Any) -> NewBanner:
    """Return a banner of an hour as it was typed."""
    values: dict[str, Any] = {"words": {"en": "The main session begins at 16:00."}, "until_at": NOW + HOUR}
    return NewBanner(**({"id": str(uuid.uuid4()), "edition": edition, "kind": "info"} | values | changes))


def test_version_rises_with_each_banner_and_each_end(dbs: Session, edition: Edition) -> None:
    def version() -> int:
        dbs.commit()
        return DatabaseSource(db.engine).versions()["banners"]

    found = [version()]
    first = put_banner(dbs, new(edition), actor=MONA, now=NOW)
    found.append(version())
    put_banner(dbs, new(kind="warning", from_at=NOW + HOUR, until_at=NOW + 2 * HOUR), actor=ADAM, now=NOW)
    found.append(version())
    assert end_banner(dbs, first.id, actor=ADAM, now=NOW) is True
    found.append(version())
    assert found == [0, 1, 2, 3]

    value = load_banners(dbs.connection())
    assert (value.version, [(each.edition, each.kind) for each in value.rows]) == (3, [("", "warning")])
    assert [each.edition for each in standing_rows(dbs)] == [""]
    assert [banner.id for banner, _ in past_banners(dbs, now=NOW)] == [first.id]


def standing_rows(dbs: Session) -> list[Any]:
    """Return what stands or waits as values."""
    assert len(standing_banners(dbs, now=NOW)) == len(load_banners(dbs.connection()).rows)
    return list(load_banners(dbs.connection()).rows)


def test_same_form_twice_puts_one_banner_up_and_the_trail_has_no_words(dbs: Session, edition: Edition) -> None:
    typed = new(edition)
    one, two = (put_banner(dbs, typed, actor=MONA, now=NOW) for _ in range(2))
    assert one is two
    assert one.from_at == NOW
    for said in (True, False):
        assert end_banner(dbs, one.id, actor=MONA, now=NOW) is said
    entries = dbs.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "banner").order_by(AuditEntry.id)).all()
    assert [(each.action, each.actor) for each in entries] == [
        ("put-banner", "person:mona"), ("end-banner", "person:mona")
    ]  # fmt: skip
    assert entries[0].detail["edition"] == ["", edition.slug]
    assert "16:00" not in str([each.detail for each in entries])


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"words": {}}, "words.en"),
        ({"words": {"es": "x" * 301}}, "words.es"),
        ({"words": {"en": "one\ntwo"}}, "words.en"),
        ({"words": {"en": "Join https://zoom.us/j/12345678901?pwd=x"}}, "words.en"),
        ({"until_at": NOW}, "until_on"),
        ({"from_at": NOW + HOUR}, "until_on"),
    ],
)
def test_banner_at_fault_is_not_put_up(dbs: Session, edition: Edition, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidContentError) as error:
        put_banner(dbs, new(**changes), actor=MONA, now=NOW)
    assert [each.where for each in error.value.findings] == [where]


def test_only_so_many_stand_at_once(dbs: Session, edition: Edition) -> None:
    for _ in range(MOST):
        put_banner(dbs, new(), actor=MONA, now=NOW)
    with pytest.raises(InvalidContentError):
        put_banner(dbs, new(), actor=MONA, now=NOW)


def test_who_reads_only_or_has_some_regions_speaks_to_nobody(dbs: Session, edition: Edition) -> None:
    standing = put_banner(dbs, new(), actor=MONA, now=NOW)
    for actor in (Actor("person:rita", "rita", "reader"), replace(MONA, regions=frozenset({"europe"}))):
        assert may_put(actor) is False
        with pytest.raises(MayNotPutError):
            put_banner(dbs, new(), actor=actor, now=NOW)
        with pytest.raises(MayNotPutError):
            end_banner(dbs, standing.id, actor=actor, now=NOW)

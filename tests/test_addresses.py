"""Addresses are promises: no edition may take one that the service uses itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from wmd.domain.content import EditionContent
from wmd.domain.content_check import check_edition
from wmd.domain.vocabulary import RESERVED_SLUGS

EDITION = EditionContent(
    slug="2026", name="World Metropolitan Day 2026", main_day=date(2026, 10, 7), window_from=date(2026, 10, 1),
    window_to=date(2026, 10, 31), zone="Europe/Madrid",
)  # fmt: skip


def test_every_address_of_the_service_is_reserved(demo_app: Flask) -> None:
    first_parts = {rule.rule.split("/")[1] for rule in demo_app.url_map.iter_rules()}

    fixed = {part for part in first_parts if part and "<" not in part}
    assert fixed - RESERVED_SLUGS == set()


@pytest.mark.parametrize("slug", [*sorted(RESERVED_SLUGS - {"favicon.ico", "robots.txt"}), "es", "fr", "ar", "fil"])
def test_edition_cannot_take_a_reserved_address(slug: str) -> None:
    codes = [finding.code for finding in check_edition(replace(EDITION, slug=slug))]

    assert "slug.reserved" in codes


@pytest.mark.parametrize("slug", ["2021", "2026", "demo", "all-year"])
def test_edition_may_have_a_plain_slug(slug: str) -> None:
    assert check_edition(replace(EDITION, slug=slug)) == []

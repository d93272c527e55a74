"""From a model to a response: the variables every page needs, the canonical address, and leave to keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, make_response, render_template, request

from config import Config
from wmd.domain.banners import BannerView
from wmd.domain.change_notes import notes_turn_at
from wmd.domain.programme import EditionView, Programme, Site
from wmd.domain.status import Status
from wmd.web.reading import Viewer, keep, read_banners, read_now


def base_url() -> str:
    """Return the public address of the service, without a final slash."""
    config: Config = current_app.extensions["wmd.config"]
    return config.base_url


def is_local() -> bool:
    """Whether this is a demonstration: its addresses answer on this machine only, and no provider can fetch them."""
    config: Config = current_app.extensions["wmd.config"]
    return config.is_demo


def absolute(path: str) -> str:
    """Return the public address of a path."""
    return base_url() + path


def here_without_zone() -> str:
    """Return this page's path and query without ``tz``: where the zone chooser comes back to.

    A zone in the address would win over the one just chosen.
    """
    left = [(name, value) for name, value in request.args.items(multi=True) if name != "tz"]
    return f"{request.path}?{urlencode(left)}" if left else request.path


def demo_kind(edition: EditionView | None, programmes: Iterable[Programme]) -> str:
    """Return which note on made-up events a page of these programmes needs: "all", "lead", "some" or a blank.

    "lead" says that only the lead event of the edition is real.
    """
    if edition is not None and edition.is_demo:
        return "all"
    shown = [each for each in programmes if edition is None or each.edition.slug == edition.slug]
    made_up = [event.is_demo for programme in shown for event in programme.events.values()]
    if not any(made_up):
        return ""
    if all(made_up):
        return "all"
    leads = {programme.lead.code for programme in shown if programme.lead and not programme.lead.is_demo}
    return "lead" if edition is not None and len(leads) == 1 and made_up.count(False) == 1 else "some"


def present_banners(edition: object = None) -> list[BannerView]:
    """Return the banners of a page that is made anew each time, for templates."""
    slug = edition.slug if isinstance(edition, EditionView) else ""
    return read_banners().standing(slug, read_now())


def page(
    template: str,
    *,
    who: Viewer,
    now: datetime,
    canonical: str,
    values: Sequence[Programme | Site | Status],
    valid_until: datetime | None,
    edition: EditionView | None = None,
    pinned: bool = False,
    **model: Any,
) -> Response:
    """Render a public page and mark it as one that may be kept.

    ``canonical`` is a path; ``values`` are those the model was made from, ``valid_until`` when it reads differently,
    beside the notes of changes, of which any page may show some.
    """
    banners, slug = read_banners(), edition.slug if edition is not None else ""
    response = make_response(
        render_template(
            template,
            viewer=who,
            now=now,
            edition=edition,
            banners=banners.standing(slug, now),
            demo=demo_kind(edition, (value for value in values if isinstance(value, Programme))),
            next_path=here_without_zone(),
            canonical_url=absolute(canonical),
            **model,
        )
    )
    turns = (notes_turn_at(value, now) for value in values if isinstance(value, Programme))
    until = min((at for at in (valid_until, banners.turns_at(slug, now), *turns) if at is not None), default=None)
    return keep(response, values=[*values, banners], valid_until=until, pinned=pinned)

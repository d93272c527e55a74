"""Where the library reads: versions, the site, and editions, through one engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from wmd.db import reading
from wmd.domain.banners import Banners
from wmd.domain.programme import Programme, Site, TopicView
from wmd.domain.status import Status
from wmd.models import Edition, Event, EventSession, SiteState, Topic
from wmd.services.banners import banners_version, load_banners
from wmd.services.programme import edition_view, load_programme, load_series
from wmd.services.status import load_status


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """The library's source: reads versions and values through one engine.

    ``current`` names the edition that ``/`` leads to; None leaves it to the day. ``shows_looks``: whether pasted links
    are looked at, and pages may say when one last worked.
    """

    engine: Engine
    current: str | None = None
    shows_looks: bool = False

    def versions(self) -> Mapping[str, int]:
        """Return the versions of the site, the status value, the banners and every edition: one statement."""
        with reading(self.engine) as connection:
            state = select(SiteState.version, SiteState.status_version).where(SiteState.id == 1).subquery()
            rows = connection.execute(
                select(
                    Edition.slug, Edition.version, state.c.version, state.c.status_version, banners_version()
                ).select_from(state.outerjoin(Edition, Edition.id > 0))
            ).all()  # fmt: skip
        found = {f"edition:{slug}": version for slug, version, *_ in rows if slug is not None}
        if rows:
            found |= {"site": rows[0][2], "status": rows[0][3], "banners": rows[0][4]}
        return found

    def site(self) -> Site:
        """Load what spans editions."""
        with reading(self.engine) as connection:
            return _load_site(connection, self.current)

    def programme(self, slug: str, previous: Programme | None) -> Programme:
        """Load one edition; events whose version is not newer than ``previous`` are kept from it."""
        with reading(self.engine) as connection:
            return load_programme(connection, slug, previous)

    def status(self) -> Status:
        """Load what is known of the ways into events."""
        with reading(self.engine) as connection:
            return load_status(connection, shows_looks=self.shows_looks)

    def banners(self) -> Banners:
        """Load the banners."""
        with reading(self.engine) as connection:
            return load_banners(connection)


def _load_site(connection: Connection, current: str | None) -> Site:
    version = connection.scalar(select(SiteState.version).where(SiteState.id == 1)) or 0
    editions = {
        row.slug: edition_view(row) for row in connection.execute(select(Edition.__table__).order_by(Edition.main_day))
    }
    codes: dict[str, tuple[str, str]] = {}
    owned = select(Edition.slug, Event.code).join(Event, Event.edition_id == Edition.id)
    for slug, code in connection.execute(owned):
        codes[code] = (slug, code)
    slots = (
        select(EventSession.code, Edition.slug, Event.code)
        .join(Event, Event.id == EventSession.event_id)
        .join(Edition, Edition.id == Event.edition_id)
    )
    for session_code, slug, event_code in connection.execute(slots):
        codes[session_code] = (slug, event_code)
    return Site(
        version=version,
        editions=editions,
        current=current if current in editions else None,
        codes=codes,
        topics=tuple(
            TopicView(row.slug, row.name, row.position, False)
            for row in connection.execute(select(Topic.__table__).order_by(Topic.position))
        ),
        series=load_series(connection),
    )

"""What events refer to: editions, organisations, series and people, put in place by key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint, readable_slug
from wmd.domain.content import EditionContent, OrganisationContent, PersonContent, SeriesContent
from wmd.domain.vocabulary import TOOLKIT_TOPICS
from wmd.models import Edition, EditionTopic, Organisation, Person, PublicCode, Series, Topic
from wmd.services.people import erased_key
from wmd.services.versions import raise_version, touch_site


def _assign(row: Any, values: dict[str, Any]) -> bool:  # noqa: ANN401 -- any row
    """Set what differs; return whether anything did."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def find_edition(dbs: Session, slug: str) -> Edition | None:
    """Return the edition of this slug."""
    return dbs.scalars(select(Edition).where(Edition.slug == slug)).first()


def put_edition(dbs: Session, content: EditionContent, *, now: datetime) -> tuple[Edition, bool]:
    """Make the edition, or bring it up to date; the flag says that something changed, and versions then rise."""
    values = {
        "name": content.name, "theme": content.theme, "introduction": content.introduction,
        "main_day": content.main_day, "window_from": content.window_from, "window_to": content.window_to,
        "zone": content.zone, "hashtags": list(content.hashtags), "languages": list(content.languages),
        "is_permanent": content.is_permanent, "is_demo": content.is_demo,
    }  # fmt: skip
    edition = find_edition(dbs, content.slug)
    if edition is None:
        edition = Edition(slug=content.slug, version=1, published_at=now, created_at=now, **values)
        dbs.add(edition)
        changed = True
    else:
        changed = _assign(edition, values)
    dbs.flush()
    topics_changed = _put_topics(dbs, edition, content.topics, now=now)
    if changed or topics_changed:
        raise_version(dbs, edition, now=now)
        touch_site(dbs)
    dbs.flush()
    return edition, changed or topics_changed


def _put_topics(dbs: Session, edition: Edition, slugs: tuple[str, ...], *, now: datetime) -> bool:
    """Set the edition's topics in order; one that was used and is left out is retired, never deleted."""
    ids = dict(dbs.execute(select(Topic.slug, Topic.id)).tuples().all())
    used = {row.topic_id: row for row in dbs.scalars(select(EditionTopic).where(EditionTopic.edition_id == edition.id))}
    # None given means all, in the toolkit's order.
    wanted = {ids[slug]: position for position, slug in enumerate(slugs or [slug for slug, _ in TOOLKIT_TOPICS])}
    changed = False
    for topic_id, position in wanted.items():
        if topic_id not in used:
            dbs.add(EditionTopic(edition_id=edition.id, topic_id=topic_id, position=position))
            changed = True
        else:
            changed |= _assign(used[topic_id], {"position": position, "retired_at": None})
    for topic_id, row in used.items():
        if topic_id not in wanted and row.retired_at is None:
            row.retired_at = now
            changed = True
    dbs.flush()
    return changed


def put_organisation(
    dbs: Session, content: OrganisationContent, codes: set[str], *, mint: Mint, now: datetime
) -> tuple[Organisation, bool]:
    """Make the organisation, or bring it up to date; the flag says that an existing one changed.

    ``codes`` are all public codes given out so far; the organisation's own is added.
    """
    values = {
        "slug": readable_slug(content.names, content.language), "names": dict(content.names),
        "language": content.language, "acronym": content.acronym, "kind": content.kind,
        "city": content.city, "country": content.country,
        "region": content.region, "website": content.website, "is_demo": content.is_demo,
    }  # fmt: skip
    row = dbs.scalars(select(Organisation).where(Organisation.key == content.key)).first()
    if row is not None:
        return row, _assign(row, values)
    code = content.code if content.code and content.code not in codes else mint.code()
    while code in codes:
        code = mint.code()
    codes.add(code)
    dbs.add(PublicCode(code=code, kind="organisation", created_at=now))
    dbs.flush()
    row = Organisation(id=mint.uuid(), key=content.key, code=code, created_at=now, **values)
    dbs.add(row)
    dbs.flush()
    return row, False


def put_series(dbs: Session, content: SeriesContent) -> bool:
    """Make the series, or bring it up to date; returns whether anything changed."""
    values = {"name": content.name, "description": content.description}
    row = dbs.scalars(select(Series).where(Series.slug == content.slug)).first()
    if row is not None:
        return _assign(row, values)
    dbs.add(Series(slug=content.slug, **values))
    dbs.flush()
    return True


def put_person(dbs: Session, content: PersonContent, *, mint: Mint, now: datetime) -> tuple[Person, bool]:
    """Make the person, or bring the name up to date; the flag says that it changed. An erased one stays erased.

    Somebody without an external key is exported by id and found by it again.
    """
    by_key = select(Person).where(Person.key.in_([content.key, erased_key(content.key)]))
    row = dbs.scalars(by_key).first() or dbs.get(Person, content.key)
    if row is None:
        row = Person(id=mint.uuid(), key=content.key, name=content.name, created_at=now)
        dbs.add(row)
        dbs.flush()
        return row, False
    if row.erased_at is not None:
        return row, False
    return row, _assign(row, {"name": content.name})

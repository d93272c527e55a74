"""What a publication refers to besides its revisions, read once for the whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.pictures import Picture
from wmd.domain.programme import EditionView, OrganiserView
from wmd.errors import NotPublishableError
from wmd.models import (
    Edition,
    Event,
    EventSession,
    Image,
    Organisation,
    Person,
    PublicCode,
    Question,
    Revision,
    Series,
    Submission,
    Topic,
)
from wmd.services.programme import edition_view
from wmd.services.questions import questions_of

if TYPE_CHECKING:
    from wmd.services.publishing import Setting

#: A database takes only so many values in one statement.
_AT_ONCE = 500


@dataclass(slots=True)
class Known:
    """What the batch refers to, read once. ``codes`` and ``uids`` grow with what it takes.

    ``questions`` are those of the edition.
    """

    setting: Setting
    edition: Edition
    view: EditionView
    topics: dict[str, int]
    series: dict[str, int]
    organisations: dict[str, Organisation]
    events: dict[str, Event]
    sessions: dict[str, EventSession]
    names: dict[str, str]
    pictures: dict[str, Picture]
    questions: Sequence[Question]
    codes: set[str]
    uids: set[str]


def rows_by_id(dbs: Session, model: Any, ids: set[str]) -> dict[str, Any]:  # noqa: ANN401 -- any model with an id
    """Return the rows of these ids, by id."""
    found: dict[str, Any] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = dbs.scalars(select(model).where(model.id.in_(wanted[start : start + _AT_ONCE])))
        found |= {row.id: row for row in rows}
    return found


def read_known(
    dbs: Session, edition: Edition, contents: Sequence[tuple[Revision, Submission, EventContent]], setting: Setting
) -> Known:
    """Read what these revisions of an edition refer to, in a number of statements that does not grow with them."""
    keys = sorted({organiser.key for _, _, content in contents for organiser in content.organisers})
    organisations: dict[str, Organisation] = {}
    for start in range(0, len(keys), _AT_ONCE):
        rows = dbs.scalars(select(Organisation).where(Organisation.key.in_(keys[start : start + _AT_ONCE])))
        organisations |= {row.key: row for row in rows}
    people = rows_by_id(dbs, Person, set(people_in(content for _, _, content in contents)))
    return Known(
        setting=setting,
        edition=edition,
        view=edition_view(edition),
        topics=dict(dbs.execute(select(Topic.slug, Topic.id)).tuples().all()),
        series=dict(dbs.execute(select(Series.slug, Series.id)).tuples().all()),
        organisations=organisations,
        events=rows_by_id(dbs, Event, {submission.event_id for _, submission, _ in contents}),
        sessions=rows_by_id(dbs, EventSession, {s.id for _, _, content in contents for s in content.sessions}),
        names={person.id: person.name for person in people.values()},
        pictures=pictures_of(dbs, {content.image.id for _, _, content in contents if content.image}),
        questions=questions_of(dbs, edition, retired=True),
        codes=set(dbs.scalars(select(PublicCode.code))),
        uids=set(dbs.scalars(select(EventSession.uid))),
    )


def pictures_of(dbs: Session, ids: set[str]) -> dict[str, Picture]:
    """Return the facts of these pictures as far as they are there; their bytes are not read."""
    found: dict[str, Picture] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = dbs.execute(
            select(Image.id, Image.media_type, Image.width, Image.height).where(
                Image.id.in_(wanted[start : start + _AT_ONCE]), Image.deleted_at.is_(None)
            )
        )
        found |= {row.id: Picture(*row) for row in rows}
    return found


def people_in(contents: Iterable[EventContent]) -> Iterator[str]:
    """Yield the ids of the people that these contents name."""
    for content in contents:
        for session in content.sessions:
            for speaker in (*session.speakers, *(s for panel in session.panels for s in panel.speakers)):
                if speaker.person_id:
                    yield speaker.person_id


def new_code(known: Known, wanted: str = "") -> str:
    """Return a public code never given out before: the wanted one if it is free, else a fresh random one."""
    code = wanted if wanted and wanted not in known.codes else known.setting.mint.code()
    while code in known.codes:
        code = known.setting.mint.code()
    known.codes.add(code)
    return code


def organisers_of(content: EventContent, organisations: Mapping[str, Organisation]) -> tuple[OrganiserView, ...]:
    """Return the organisations' part in an event, from their rows by key. Raises NotPublishableError for an unknown."""
    views = []
    for organiser in content.organisers:
        row = organisations.get(organiser.key)
        if row is None:
            msg = f"organisation {organiser.key!r} is not known"
            raise NotPublishableError(msg)
        views.append(OrganiserView(row.code, row.slug, row.names[row.language], row.language, organiser.role, row.kind))
    return tuple(views)

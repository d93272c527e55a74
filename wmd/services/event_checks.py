"""Checking an event's content against what the database knows: the edition, its organisations, series and people."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.content import EventContent
from wmd.domain.content_check import check_event
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.identities import ids_in
from wmd.models import Edition, Organisation, Person, Series
from wmd.services.importing import edition_content


def check_content(dbs: Session, edition: Edition, content: EventContent) -> list[Finding]:
    """Return all that is wrong or doubtful about an event of an edition, as the form and the importer would say it.

    What came through a form has no external key, so that nothing is said of one.
    """
    keys = [organiser.key for organiser in content.organisers]
    people = {speaker.person_id for session in content.sessions for speaker in session.speakers if speaker.person_id}
    people |= {
        speaker.person_id
        for session in content.sessions
        for panel in session.panels
        for speaker in panel.speakers
        if speaker.person_id
    }
    found = check_event(
        content,
        edition=edition_content(edition),
        organisations=set(dbs.scalars(select(Organisation.key).where(Organisation.key.in_(keys)))),
        series=set(dbs.scalars(select(Series.slug).where(Series.slug == content.series))),
        people=set(dbs.scalars(select(Person.id).where(Person.id.in_(sorted(people))))) if people else None,
    )
    return [*(one for one in found if one.where not in {"key", "code"}), *_twins(content)]


def _twins(content: EventContent) -> list[Finding]:
    """Find a part that stands in two places, which taking half of a move would make."""
    parts = [session.id for session in content.sessions] + [one.id for one in content.registration.questions]
    for session in content.sessions:
        parts += [speaker.id for speaker in session.speakers]
        for panel in session.panels:
            parts += [panel.id, *(one.id for one in panel.questions), *(one.id for one in panel.speakers)]
    if len([part for part in parts if part]) == len(ids_in(content)):
        return []
    text = N_("Something was moved from one place to another: take or leave both changes together.")
    return [Finding("content.twins", Level.ERROR, "sessions", text)]

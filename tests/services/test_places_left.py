"""Whether places are left: known to the status value, whose version rises when it turns and not with every place."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.services.test_registrations import NOW, join, publish
from wmd.db import db
from wmd.models import Event, SiteState
from wmd.secretbox import SecretBox
from wmd.services import registrations as places
from wmd.services.attendees import forget_attendee
from wmd.services.publishing import Setting
from wmd.services.source import DatabaseSource


def look(dbs: Session, event: Event) -> tuple[bool, int]:
    """Commit; return whether all places are taken, as a process reads it, and the status's version."""
    dbs.commit()
    dbs.expire_all()
    is_taken = DatabaseSource(db.engine, shows_looks=True).status().of(event.code).is_taken
    version = dbs.scalars(select(SiteState.status_version)).one()
    dbs.rollback()
    return is_taken, version


def test_version_rises_when_the_last_place_goes_and_when_one_is_free_again(
    app: Flask, dbs: Session, setting: Setting
) -> None:
    box: SecretBox = app.extensions["wmd.secretbox"]
    event = publish(dbs, setting, capacity=2)
    _, first = look(dbs, event)
    rows = []
    seen = []
    for name in ("ana", "ben", "cleo"):
        rows.append(join(dbs, box, event, name))
        seen.append(look(dbs, event))
    # Ana's place leaves one; Ben's is the last; Cleo waits, which changes nothing.
    assert seen == [(False, first), (True, first + 1), (True, first + 1)]
    places.cancel(dbs, rows[0], box=box, now=NOW)
    assert look(dbs, event) == (True, first + 1)
    places.cancel(dbs, rows[2], box=box, now=NOW)
    assert look(dbs, event) == (False, first + 2)
    forget_attendee(dbs, rows[1].person_id, now=NOW)
    assert look(dbs, event) == (False, first + 3)


def test_more_places_are_seen_at_once(app: Flask, dbs: Session, setting: Setting) -> None:
    event = publish(dbs, setting, capacity=1)
    join(dbs, app.extensions["wmd.secretbox"], event, "ana")
    before = look(dbs, event)
    publish(dbs, setting, capacity=5)
    assert (before[0], look(dbs, event)) == (True, (False, before[1] + 1))

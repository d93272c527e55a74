"""Who may act for a submission: contacts of its organisation, and who handed it in until they are removed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from tests.cast import Cast, make_cast
from tests.web.account.test_sign_in import make_edition
from wmd.models import OrganisationContact, Submission
from wmd.services.contacts import find_own_submission, organisations_of

NOW = datetime(2026, 10, 7, 12, tzinfo=UTC)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    """The cast, with one submission of A, handed in by the stranger, and one of nobody's organisation."""
    cast = make_cast(dbs, NOW)
    edition = make_edition(NOW)
    dbs.add(edition)
    dbs.flush()
    for name, organisation in (("of-a", cast.a), ("new", None)):
        dbs.add(
            Submission(
                id=name, edition_id=edition.id, key=None, source="form", state="submitted", event_id=f"event-{name}",
                organisation_id=organisation, person_id=cast.stranger, created_at=NOW,
            )
        )  # fmt: skip
    dbs.commit()
    return cast


def may(dbs: Session, submission: str) -> list[str]:
    """Return who of the cast may act for a submission."""
    people = ("ana", "ben", "cleo", "adam", "stranger")
    return [person for person in people if find_own_submission(dbs, person, submission) is not None]


def test_contacts_and_who_handed_it_in_may_act(dbs: Session, cast: Cast) -> None:
    assert (may(dbs, "of-a"), may(dbs, "new"), may(dbs, "none")) == (["ana", "cleo", "stranger"], ["stranger"], [])


def test_removed_contact_may_not_act_even_for_what_they_handed_in(dbs: Session, cast: Cast) -> None:
    dbs.add(
        OrganisationContact(
            organisation_id=cast.a, person_id=cast.stranger, added_by="command", added_at=NOW, removed_at=NOW
        )
    )
    dbs.get_one(OrganisationContact, (cast.a, cast.cleo)).removed_at = NOW
    dbs.flush()
    assert may(dbs, "of-a") == ["ana"]
    assert [[row.id for row in organisations_of(dbs, person)] for person in ("ana", "cleo", "stranger")] == [
        [cast.a], [cast.b], [],
    ]  # fmt: skip

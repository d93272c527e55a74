"""Drafts: sealed, numbered, and their owner's alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT
from tests.handing_in import BOX, make_edition
from wmd.domain.codes import Mint
from wmd.models import Draft, Edition
from wmd.services.drafts import (
    MOST_DRAFTS,
    NewDraft,
    Owner,
    close_draft,
    create_draft,
    discard_draft,
    drafts_of,
    find_draft,
    merged,
    read_typed,
    save_draft,
)
from wmd.services.web_sessions import hand_over, open_session

NOW = LEAD_STARTED_AT
TYPED = {"language": "es", "texts.es.title": "Cuidar", "contact.address": "ana@people.example"}
ANA, BEN = Owner(person_id="ana"), Owner(person_id="ben")


@pytest.fixture
def edition(dbs: Session) -> Edition:
    """The edition of 2021, and the cast."""
    make_cast(dbs, NOW)
    return make_edition(dbs, NOW)


def begin(dbs: Session, edition: Edition, owner: Owner = ANA, form: str = "t1") -> Draft:
    """Begin a draft."""
    return create_draft(dbs, BOX, NewDraft(edition, form), owner, TYPED, mint=Mint(), now=NOW)


def test_draft_holds_what_was_typed_sealed(dbs: Session, edition: Edition) -> None:
    draft = begin(dbs, edition)
    assert read_typed(draft, BOX) == TYPED
    assert "ana@people.example" not in draft.sealed
    assert (draft.title, draft.version) == ("Cuidar", 1)


def test_second_post_of_a_form_finds_the_first_draft(dbs: Session, edition: Edition) -> None:
    assert begin(dbs, edition).id == begin(dbs, edition).id
    with pytest.raises(ValueError, match="another draft"):
        begin(dbs, edition, BEN)


def test_nobody_else_finds_a_draft(dbs: Session, edition: Edition) -> None:
    row, _ = open_session(dbs, person_id=None, device="", now=NOW)
    other, _ = open_session(dbs, person_id=None, device="", now=NOW)
    mine = begin(dbs, edition, Owner(session_id=row.id))
    hers = begin(dbs, edition, ANA, "t2")
    for owner in (BEN, Owner(session_id=other.id), Owner()):
        assert find_draft(dbs, mine.id, owner) is None
        assert find_draft(dbs, hers.id, owner) is None
        assert drafts_of(dbs, owner) == []
    assert find_draft(dbs, mine.id, Owner(session_id=row.id)) is mine


def test_draft_of_a_browser_passes_to_who_signs_in(dbs: Session, edition: Edition) -> None:
    row, _ = open_session(dbs, person_id=None, device="", now=NOW)
    draft = begin(dbs, edition, Owner(session_id=row.id))
    hand_over(dbs, row, "ana", now=NOW)
    dbs.expire_all()
    assert [each.id for each in drafts_of(dbs, ANA)] == [draft.id]
    # The browser's old session opens it no more.
    assert find_draft(dbs, draft.id, Owner(session_id=row.id)) is None


def test_older_version_never_overwrites_and_both_are_shown(dbs: Session, edition: Edition) -> None:
    draft = begin(dbs, edition)
    assert save_draft(dbs, BOX, draft, TYPED | {"cost": "5"}, version=1, now=NOW) is None
    conflict = save_draft(dbs, BOX, draft, TYPED | {"cost": "9", "platform": "meet"}, version=1, now=NOW)
    assert conflict is not None
    assert (conflict.version, conflict.differing) == (2, ("cost", "platform"))
    assert (conflict.stored["cost"], conflict.typed["cost"]) == ("5", "9")
    assert read_typed(draft, BOX)["cost"] == "5"
    chosen = merged(conflict, {"cost": "stored", "platform": "typed"})
    assert (chosen["cost"], chosen["platform"]) == ("5", "meet")
    assert save_draft(dbs, BOX, draft, chosen, version=2, now=NOW) is None


def test_same_text_from_an_older_tab_is_no_conflict(dbs: Session, edition: Edition) -> None:
    draft = begin(dbs, edition)
    save_draft(dbs, BOX, draft, TYPED | {"cost": "5"}, version=1, now=NOW)
    assert save_draft(dbs, BOX, draft, TYPED | {"cost": "5"}, version=1, now=NOW) is None
    assert draft.version == 2


def test_draft_that_was_handed_in_holds_nothing_and_takes_nothing(dbs: Session, edition: Edition) -> None:
    draft = begin(dbs, edition)
    close_draft(draft, now=NOW)
    dbs.flush()
    assert save_draft(dbs, BOX, draft, TYPED | {"cost": "5"}, version=1, now=NOW) is None
    assert (draft.sealed, draft.version, drafts_of(dbs, ANA)) == ("", 1, [])


def test_thrown_away_draft_holds_nothing(dbs: Session, edition: Edition) -> None:
    draft = begin(dbs, edition)
    discard_draft(dbs, draft, now=NOW)
    assert (draft.sealed, draft.title, find_draft(dbs, draft.id, ANA)) == ("", "", None)


def test_drafts_are_bounded_and_the_last_changed_comes_first(dbs: Session, edition: Edition) -> None:
    for number in range(MOST_DRAFTS):
        row = begin(dbs, edition, form=f"t{number}")
        row.updated_at = NOW + timedelta(minutes=number)
    dbs.flush()
    assert drafts_of(dbs, ANA)[0].form_token == f"t{MOST_DRAFTS - 1}"
    with pytest.raises(ValueError, match="too many"):
        begin(dbs, edition, form="one more")

"""Clearing out: what must go goes when its time has come, what must be kept is kept, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT, Clock
from tests.domain.forms.cast import filled
from tests.handing_in import hand_in, make_edition
from tests.models.dumps import differences, dump
from tests.submissions import MONA, seen
from wmd.domain.content import EventContent, OrganisationContent
from wmd.jobs import run_job
from wmd.jobs.retention import clear_out
from wmd.jobs.tools import tools_of
from wmd.models import (
    Alarm,
    AuditEntry,
    Consent,
    Decision,
    Draft,
    Edition,
    Image,
    MailToken,
    Message,
    Organisation,
    OrganisationContact,
    Person,
    Revision,
    Speaker,
    Submission,
    WebSession,
)
from wmd.services.emptying import people_in
from wmd.services.intake import read_content
from wmd.services.journal import Entry
from wmd.services.profiles import read_profile, refuse_profile
from wmd.services.publishing import Setting
from wmd.services.retention import RULES, Keys, Rule
from wmd.services.standing import Means
from wmd.services.verdicts import Said, refuse

NOW = LEAD_STARTED_AT
DAY = timedelta(days=1)


@pytest.fixture
def edition(dbs: Session) -> Edition:
    """The edition of 2021, whose window ends on 31 October."""
    return make_edition(dbs, NOW)


@pytest.fixture
def cast(dbs: Session) -> Cast:
    return make_cast(dbs, NOW)


@pytest.fixture
def after(app: Flask, dbs: Session, clock: Clock) -> Callable[[int], int]:
    """Run the job so many days later: ``after(400)``; returns how many rows it did."""

    def run(days: int) -> int:
        dbs.commit()
        clock.now = NOW + days * DAY
        done = run_job(app, "retention")
        dbs.expire_all()
        return done

    return run


def a_draft(name: str, edition: Edition, **changes: object) -> Draft:
    owner = {} if {"person_id", "session_id"} & set(changes) else {"session_id": "session"}
    values = {"edition_id": edition.id, "form_token": name, "sealed": "x", "created_at": NOW, "updated_at": NOW}
    return Draft(id=name, **{**values, **owner, **changes})


def a_session(name: str, **changes: object) -> WebSession:
    return WebSession(digest=name, id=name, **{"created_at": NOW, "last_seen_at": NOW, **changes})


def ids(dbs: Session, column: object) -> list[str]:
    return sorted(dbs.scalars(select(column)))  # type: ignore[call-overload]


def test_after_400_days_what_must_go_is_gone_and_what_must_stay_is_there(
    app: Flask, dbs: Session, cast: Cast, edition: Edition, setting: Setting, after: Callable[[int], int]
) -> None:
    """S60: a whole installation, and nobody comes for more than a year."""
    documents.apply(dbs, setting, documents.document(documents.event()))
    kept = hand_in(dbs, edition, filled(), token="kept", now=NOW)
    spam = hand_in(dbs, edition, filled(contact__address="spam@spam.example"), token="spam", now=NOW)
    dbs.get_one(Submission, spam.submission_id).suspect_at = NOW
    dbs.flush()
    refuse(
        dbs, seen(dbs, dbs.get_one(Submission, spam.submission_id)), Said(own="This is spam."),
        Means(setting, documents.BOX), actor=MONA, now=NOW,
    )  # fmt: skip
    dbs.add_all([a_session("session"), a_session("anas", person_id="ana", ended_at=NOW)])
    dbs.flush()
    dbs.add_all([a_draft("anonymous", edition), a_draft("anas", edition, person_id="ana")])
    app.extensions["wmd.journal"].append(Entry("submission", NOW, {}))
    dbs.commit()
    of_events = select(Revision.id).where(Revision.kind == "event")
    revisions = set(dbs.scalars(of_events))
    spam_revision = dbs.scalars(select(Revision.id).where(Revision.submission_id == spam.submission_id)).one()

    assert after(400) > 0

    # Every submission still has its row and its revisions, and every one that was not spam its text.
    assert {row.id: row.title for row in dbs.scalars(select(Submission)) if row.source == "form"} == {
        kept.submission_id: "Care in the metropolis",
        spam.submission_id: "",
    }
    assert set(dbs.scalars(of_events)) == revisions
    rows = dbs.scalars(select(Revision).where(Revision.kind == "event"))
    assert {row.id for row in rows if not row.content.get("texts")} == {spam_revision}
    assert [row.name for row in dbs.scalars(select(Person).where(Person.address_key.is_not(None)))].count("") == 0
    assert {"ana@people.example", "ana@prova.example"} <= set(ids(dbs, Person.address))
    assert "spam@spam.example" not in ids(dbs, Person.address)
    assert ids(dbs, Draft.id) == ["anas"]
    assert ids(dbs, WebSession.id) == []
    assert list(app.extensions["wmd.journal"].entries()) == []
    assert len(dbs.scalars(select(Speaker.id)).all()) == 1
    # What waits to be sent is the outbox's own matter.
    assert {row.person_id for row in dbs.scalars(select(Message).where(Message.state != "queued"))} == {None}
    assert after(400) == 0


def test_the_trail_is_never_shortened(dbs: Session, cast: Cast, edition: Edition, after: Callable[[int], int]) -> None:
    hand_in(dbs, edition, filled(), token="one", now=NOW)
    dbs.commit()
    before = [(row.id, row.action) for row in dbs.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    after(3000)
    rows = dbs.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(row.id, row.action) for row in rows][: len(before)] == before


# --- contacts ----------------------------------------------------------------------------------------------------


def test_a_contact_is_erased_24_months_after_the_last_edition_they_took_part_in(
    dbs: Session, edition: Edition, after: Callable[[int], int]
) -> None:
    hand_in(dbs, edition, filled(), token="one", now=NOW)
    ends = (edition.window_to - NOW.date()).days
    after(ends + 730)
    assert ids(dbs, Person.address) == ["ana@prova.example"]
    after(ends + 731)
    assert ids(dbs, Person.address) == [""]
    assert dbs.scalars(select(Submission.title)).all() == ["Care in the metropolis"]


@pytest.mark.parametrize(
    "reason", ["another edition", "signed in", "staff", "an organisation's submission", "a permanent edition"]
)
def test_who_is_still_with_us_stays(
    dbs: Session, cast: Cast, edition: Edition, after: Callable[[int], int], reason: str
) -> None:
    day = NOW + 700 * DAY
    if reason in {"another edition", "a permanent edition", "an organisation's submission"}:
        edition.window_to = NOW.date() if reason == "a permanent edition" else day.date()
        edition.is_permanent = reason == "a permanent edition"
        of = {"organisation_id": cast.a} if reason.startswith("an org") else {"person_id": "ana"}
        at = day if reason == "a permanent edition" else NOW
        values = {"edition_id": edition.id, "source": "form", "state": "submitted", "created_at": at}
        dbs.add(Submission(id="s", event_id="e", **values, **of))
    elif reason == "signed in":
        dbs.get_one(Person, "ana").last_active_at = day
    expected = {"staff": "adam"}.get(reason, "ana")
    after(800)
    assert f"{expected}@people.example" in ids(dbs, Person.address)
    assert "stranger@people.example" not in ids(dbs, Person.address)


def test_the_name_of_a_speaker_stays_in_the_archive_and_the_rest_goes(
    dbs: Session, setting: Setting, after: Callable[[int], int]
) -> None:
    documents.apply(dbs, setting, documents.document(documents.event()))
    ada = dbs.scalars(select(Person)).one()
    ada.address = ada.address_key = "ada@people.example"
    ada.phone = "+34 600"
    after(800)
    assert (ada.name, ada.address, ada.address_key, ada.phone, ada.erased_at) == ("Ada Example", "", None, "", None)
    assert after(801) == 0


# --- spam --------------------------------------------------------------------------------------------------------


def reject(dbs: Session, setting: Setting, edition: Edition, *, suspect: bool, **changes: str) -> Submission:
    receipt = hand_in(dbs, edition, filled(contact__address="spam@spam.example", **changes), token="spam", now=NOW)
    submission = dbs.get_one(Submission, receipt.submission_id)
    submission.suspect_at = NOW if suspect else None
    dbs.flush()
    refuse(dbs, seen(dbs, submission), Said(own="No."), Means(setting, documents.BOX), actor=MONA, now=NOW + DAY)
    dbs.commit()
    return submission


def test_spam_is_emptied_90_days_after_a_person_rejected_it(
    dbs: Session, cast: Cast, edition: Edition, setting: Setting, after: Callable[[int], int]
) -> None:
    submission = reject(dbs, setting, edition, suspect=True)
    receipt = submission.receipt
    after(91)
    # That of the event, and that of the organisation it proposed.
    assert len(ids(dbs, Revision.id)) == 2
    after(92)
    (revision,) = dbs.scalars(select(Revision)).all()
    assert read_content(revision) == EventContent(key="", language="en", texts={}, sessions=(), organisers=())
    assert dbs.scalars(select(Decision.verdict)).all() == ["refused"]
    assert after(93) == 0
    assert (submission.state, submission.title, submission.receipt) == ("rejected", "", receipt)
    person = dbs.get_one(Person, submission.person_id)
    assert (person.name, person.address, person.erased_at) == ("", "", NOW + 92 * DAY)
    organisation = dbs.get_one(Organisation, submission.organisation_id)
    assert (organisation.names, organisation.retired_at) == ({"en": ""}, NOW + 92 * DAY)


def test_a_verdict_on_the_profile_of_spam_stays_and_its_words_go(
    dbs: Session, cast: Cast, edition: Edition, setting: Setting, after: Callable[[int], int]
) -> None:
    submission = reject(dbs, setting, edition, suspect=True)
    organisation = dbs.get_one(Organisation, submission.organisation_id)
    profile = dbs.scalars(select(Revision).where(Revision.organisation_id == organisation.id)).one()
    refuse_profile(dbs, profile, moderator="person:mona", reason="Spam as well.", box=documents.BOX, now=NOW + DAY)
    after(92)
    assert organisation.retired_at == NOW + 92 * DAY
    assert (profile.state, read_profile(profile)) == ("refused", OrganisationContent(key="", names={"en": ""}))
    assert dbs.scalars(select(Alarm.key)).all() == []


def test_what_was_rejected_for_another_reason_stays(
    dbs: Session, cast: Cast, edition: Edition, setting: Setting, after: Callable[[int], int]
) -> None:
    reject(dbs, setting, edition, suspect=False)
    after(400)
    assert dbs.scalars(select(Submission.title)).all() == ["Care in the metropolis"]


def test_spam_in_the_name_of_somebody_else_leaves_that_person_and_organisation_alone(
    dbs: Session, cast: Cast, edition: Edition, setting: Setting, after: Callable[[int], int]
) -> None:
    submission = reject(dbs, setting, edition, suspect=True)
    organisation = dbs.get_one(Organisation, submission.organisation_id)
    organisation.state = "listed"
    dbs.add(OrganisationContact(organisation_id=cast.a, person_id=submission.person_id, added_by="x", added_at=NOW))
    after(92)
    assert dbs.get_one(Person, submission.person_id).erased_at is None
    assert organisation.retired_at is None
    assert submission.title == ""


def test_people_are_found_at_any_depth_of_a_document() -> None:
    content = {"sessions": [{"speakers": [{"person_id": "a"}], "panels": [{"speakers": [{"person_id": "b"}, {}]}]}]}
    assert people_in({**content, "person_id": None, "x": "person_id"}) == {"a", "b"}


# --- what is small -----------------------------------------------------------------------------------------------


def test_drafts_go_by_whose_they_are_and_how_they_ended(
    dbs: Session, cast: Cast, edition: Edition, after: Callable[[int], int]
) -> None:
    dbs.add(a_session("session"))
    dbs.flush()
    dbs.add_all(
        [
            a_draft("left", edition),
            a_draft("of ana", edition, person_id="ana"),
            a_draft("sent", edition, handed_in_at=NOW),
            a_draft("thrown away", edition, person_id="ana", discarded_at=NOW),
        ]
    )
    after(30)
    assert ids(dbs, Draft.id) == ["left", "of ana", "sent", "thrown away"]
    after(31)
    assert ids(dbs, Draft.id) == ["left", "of ana"]
    after(90)
    assert ids(dbs, Draft.id) == ["left", "of ana"]
    after(91)
    assert ids(dbs, Draft.id) == ["of ana"]


def test_sessions_go_30_days_after_they_could_be_used_for_the_last_time(
    dbs: Session, cast: Cast, edition: Edition, after: Callable[[int], int]
) -> None:
    dbs.add_all([a_session("ended", ended_at=NOW), a_session("idle"), a_session("with a draft", ended_at=NOW)])
    dbs.flush()
    dbs.add(a_draft("open", edition, session_id="with a draft"))
    after(31)
    assert ids(dbs, WebSession.id) == ["idle", "with a draft"]
    after(61)
    assert ids(dbs, WebSession.id) == ["with a draft"]


def test_links_and_mails_and_consents_go_in_their_time(dbs: Session, cast: Cast, after: Callable[[int], int]) -> None:
    until = NOW + 14 * DAY
    for name, changes in (("used", {"used_at": NOW}), ("revoked", {"revoked_at": NOW}), ("good", {})):
        dbs.add(MailToken(id=name, digest=name, purpose="invite", created_at=NOW, expires_at=until, **changes))
    for name in ("sent", "queued"):
        dbs.add(
            Message(
                id=name, dedupe_key=name, kind="received", person_id="ana", cause="visitor", state=name,
                subject_id="s", thread="t", sealed="x", facts={"a": 1}, not_before=NOW, message_id=name,
                created_at=NOW, sent_at=NOW if name == "sent" else None,
            )
        )  # fmt: skip
    for name, withdrawn in (("old", NOW), ("standing", None)):
        dbs.add(Consent(person_id="ana", kind=name, version="1", given_at=NOW - DAY, withdrawn_at=withdrawn))
    after(31)
    assert ids(dbs, MailToken.id) == ["good"]
    after(45)
    assert ids(dbs, MailToken.id) == []
    after(181)
    mails = {
        row.id: (row.dedupe_key, row.person_id, row.subject_id, row.sealed) for row in dbs.scalars(select(Message))
    }
    assert mails == {"sent": ("sent", None, "", ""), "queued": ("queued", "ana", "s", "x")}
    dbs.get_one(Person, "ana").last_active_at = NOW + 1000 * DAY
    after(3 * 365 + 1)
    assert ids(dbs, Consent.kind) == ["standing"]


def test_pictures_that_nothing_shows_go(
    dbs: Session, cast: Cast, edition: Edition, after: Callable[[int], int]
) -> None:
    for name, owner in (("shown", "ana"), ("unused", "ana"), ("typed", "ben")):
        dbs.add(
            Image(
                id=name, kind="logo", digest=name, media_type="image/png", width=1, height=1, data=b"x", small=b"x",
                uploaded_by=f"person:{owner}", person_id=owner, rights_confirmed_at=NOW, created_at=NOW,
            )
        )  # fmt: skip
    dbs.get_one(Organisation, cast.a).image_id = "shown"
    dbs.add(a_draft("open", edition, person_id="ben"))
    after(90)
    assert [row.id for row in dbs.scalars(select(Image)) if row.deleted_at] == []
    after(91)
    assert [row.id for row in dbs.scalars(select(Image)) if row.deleted_at] == ["unused"]


def test_a_large_backlog_is_done_in_batches(dbs: Session, after: Callable[[int], int], database_url: str) -> None:
    for number in range(120):
        dbs.add(
            MailToken(id=str(number), digest=str(number), purpose="invite", created_at=NOW, expires_at=NOW, used_at=NOW)
        )
    assert after(40) == 120
    before = dump(database_url)
    assert after(41) == 0
    # But for the note that it ran.
    assert differences(before, dump(database_url)) == {"job_ticks": (1, 1)}


def test_a_rule_that_fails_is_an_alarm_and_holds_up_no_other(app: Flask, dbs: Session, clock: Clock) -> None:
    def broken(*_: object) -> Keys:
        return select(text("nothing")).select_from(text("nowhere"))

    def nothing(*_: object) -> int:
        return 0

    dbs.add(a_session("old", person_id=None, ended_at=NOW))
    app.extensions["wmd.journal"].append(Entry("submission", NOW, {}))
    dbs.commit()
    clock.now = NOW + 400 * DAY
    rules = [Rule("broken", "", "", broken, nothing), *RULES]
    assert clear_out(tools_of(app, dbs), rules) == 2
    assert ids(dbs, WebSession.id) == []
    alarms = select(Alarm.key).where(Alarm.cleared_at.is_(None))
    assert dbs.scalars(alarms).all() == ["retention:broken"]
    clear_out(tools_of(app, dbs), [Rule("broken", "", "")])
    assert dbs.scalars(alarms).all() == []


def test_every_rule_says_what_and_how_long() -> None:
    assert [rule.name for rule in RULES if not (rule.what and rule.kept)] == []
    assert len({rule.name for rule in RULES}) == len(RULES)

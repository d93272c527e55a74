"""What people receive: every kind of mail as a golden file with both parts; and the words that staff may write."""

from __future__ import annotations

import os
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tests import documents
from tests.cast import Cast, make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.mails import count_statements, html_of, read_mail, text_of
from wmd.domain.mail_bytes import Letter, to_bytes
from wmd.domain.mail_kinds import KINDS
from wmd.domain.mail_words import Words, check_words
from wmd.models import (
    Decision,
    Draft,
    EditableText,
    FieldComment,
    Message,
    Note,
    Person,
    ProblemReport,
    Reason,
    Revision,
    Submission,
    WebinarBinding,
    ZoomDrift,
)
from wmd.secretbox import SecretBox
from wmd.services.attendee_letters import ATTENDEE_KINDS
from wmd.services.erasure import TAKEN_OUT, erase_person
from wmd.services.letters import shown
from wmd.services.mail_facts import MASK, read_letters
from wmd.services.mail_texts import Press
from wmd.services.outbox import hidden_part, put_message
from wmd.services.publishing import Setting

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mail"
LINK = "/sign-in/link?t=the-secret-of-the-link"
SECRET = {name: LINK for name, kind in KINDS.items() if kind.has_secret}
FACTS: dict[str, dict[str, Any]] = {
    "sign-in": {"minutes": 10},
    "sign-in-unknown": {"path": "/2021/submit"},
    "confirm": {"until": "2021-10-21T13:01:00+00:00"},
    "confirm-reminder": {"until": "2021-10-21T13:01:00+00:00"},
    "invite": {"until": "2021-10-14T13:01:00+00:00"},
    "profile-accepted": {"path": "/organiser/organisations/AAAAAA"},
    "profile-refused": {"path": "/organiser/organisations/AAAAAA", "decision_id": 51},
    "co-organiser": {"organisation_id": "organisation-b"},
    "merged": {"other": "Care, twice"},
    "edit-partly-accepted": {
        "taken": [
            {"label": "Title", "of": "en", "path": "texts.en.title", "taken": True},
            {"label": "Date, time and zone", "of": "Opening", "path": "sessions.1.time", "taken": True},
            {"label": "Cost", "of": "", "path": "cost", "taken": False},
            {"label": "For the moderators only", "of": "", "path": "review", "taken": False},
        ]
    },
    "cancelled": {
        "status": "postponed",
        "partly": True,
        "decision_id": 49,
    },
    "staff-digest": {
        "counts": {
            "submitted": 3,
            "overdue": 1,
            "failed": 2,
            "reports": 4,
            "letters": 1,
            "links_wrong": 1,
            "links_unanswered": 5,
        }
    },
    "late-problem": {"report_id": "report", "by": "visitor", "path": "/staff/problems"},
    "alarm": {"message": "Mails have been waiting.", "since": "2021-10-07T12:00:00+00:00"},
    "announcement": {
        "subject": "News about {title}",
        "text": "Dear partners of {organisation},\n\nplease read {link}.",
    },
    "address-changed": {"when": "2021-10-07T12:00:00+00:00"},
    "contact-added": {"organisation_id": "organisation-a", "when": "2021-10-07T12:00:00+00:00", "replaced": True},
    "change-address": {"until": "2021-10-07T14:01:00+00:00"},
    "follow-confirm": {"wishes": "- Care in the city\n- Water", "more": 3, "until": "2021-10-14T13:01:00+00:00"},
    "registration-confirm": {"event": "Care in the city", "until": "2021-10-14T13:01:00+00:00"},
    "attendee-proof": {"act": "erase", "until": "2021-10-07T14:01:00+00:00"},
    "problem-reported": {"report_id": "report", "by": "watch"},
    "room-differs": {"drifts": ["moved", "closed"], "path": "/organiser/submissions/{subject}/room"},
    "room-lost": {"loss": "trashed", "path": "/organiser/submissions/{subject}/room"},
    "room-refused": {"path": "/organiser/submissions/{subject}/room"},
    "zoom-lost": {"path": "/organiser/"},
}
TO = {"sign-in-unknown", "test", "address-changed", "change-address"}


@pytest.fixture
def press(app: Flask) -> Press:
    """What makes mails' words ready."""
    found: Press = app.extensions["wmd.press"]
    return found


@pytest.fixture
def box(app: Flask) -> SecretBox:
    """The box of the application."""
    found: SecretBox = app.extensions["wmd.secretbox"]
    return found


@pytest.fixture
def submission(dbs: Session, setting: Setting) -> Submission:
    """An approved event of two sessions, by organisation A, with remarks, questions and a decision."""
    cast = make_cast(dbs, NOW)
    later = documents.session(
        key="later", starts="2021-10-08T22:00", ends="2021-10-09T00:30", status="postponed", time_text=""
    )
    event = documents.event(sessions=[documents.session(), later])
    documents.apply(dbs, setting, documents.document(event))
    row = dbs.scalars(select(Submission)).one()
    row.receipt, row.person_id, row.organisation_id = "WMD-4F7K2", cast.ana, cast.a
    revision = dbs.scalars(select(Revision)).one()
    dbs.execute(
        update(Decision).values(id=50, reason="Please say the language.", taken=["title", "summary"], reasons=[])
    )  # fmt: skip
    ill = "The speaker is ill.\nWe hope to hold it next year."
    profile = Revision(
        id="profile", organisation_id=cast.a, number=1, kind="organisation", state="refused", schema_version=1,
        content={}, source="form", created_at=NOW,
    )  # fmt: skip
    dbs.add(profile)
    dbs.flush()
    dbs.execute(update(Person).where(Person.id == cast.ana).values(zone="Asia/Kathmandu"))
    dbs.add_all(
        [
            Decision(id=49, revision_id=revision.id, verdict="changes requested", moderator="person:mona", reason=ill,
                     own=ill, decided_at=NOW),
            Decision(id=51, revision_id="profile", verdict="refused", moderator="person:mona",
                     reason="That is not your city.", own="That is not your city.", decided_at=NOW),
            FieldComment(submission_id=row.id, revision_id=revision.id, path="texts.en.title", author="person:mona",
                         body="Is this in English?", at=NOW),
            FieldComment(submission_id=row.id, revision_id=revision.id, path="sessions[1].starts", author="person:mona",
                         body="Evening or morning?", at=NOW),
            Note(submission_id=row.id, author="person:mona", by_staff=True, is_private=False, is_question=True,
                 body="Who speaks?\nAnd when?", at=NOW),
            Draft(id="draft", edition_id=row.edition_id, person_id=cast.ana, form_token="t", title="Care for <all>",
                  sealed="x", created_at=NOW, updated_at=NOW),
            ProblemReport(id="report", event_id=row.event_id, what="time", words="The page says\nan hour <later>.",
                          created_at=NOW),
            *_differences(dbs.scalars(select(WebinarBinding.id)).one()),
        ]
    )  # fmt: skip
    dbs.commit()
    return row


def _differences(binding_id: str) -> list[ZoomDrift]:
    """Return what differs between programme and room."""
    ours = {"starts_at": "2021-10-07T13:00:00Z", "ends_at": "2021-10-07T14:30:00Z"}
    theirs = {"starts_at": "2021-10-07T14:00:00Z", "ends_at": "2021-10-07T15:30:00Z"}
    common = {"binding_id": binding_id, "found_at": NOW}
    return [
        ZoomDrift(id="moved", field="time", ours=ours, theirs=theirs, digest="1", session_id="s", **common),
        ZoomDrift(id="closed", field="registration", ours={"registration": "open"}, theirs={"registration": "closed"},
                  digest="2", **common),
    ]  # fmt: skip


@pytest.fixture
def dated(dbs: Session, submission: Submission) -> Submission:
    """The same event, approved without being listed yet: nothing has a code of its own."""
    dbs.execute(update(Submission).values(publish_on=NOW + timedelta(days=3), event_id="not-listed"))
    dbs.commit()
    dbs.refresh(submission)
    return submission


def put(dbs: Session, box: SecretBox, kind: str, submission: Submission, **changes: Any) -> Message:
    """Put a mail of a kind about the submission."""
    subject = {
        "draft-reminder": "draft",
        "invite": Cast().a,
        "profile-accepted": Cast().a,
        "profile-refused": Cast().a,
        "zoom-lost": Cast().a,
    }.get(kind, submission.id)
    reader = {"to": "new@people.example"} if kind in TO else {"person_id": Cast().ana}
    values: dict[str, Any] = {
        "dedupe_key": kind, "cause": "command", "subject_id": subject, "edition_id": submission.edition_id,
        "facts": FACTS.get(kind, {}), "secret": SECRET.get(kind), "now": NOW, "box": box, **reader,
    }  # fmt: skip
    row = put_message(dbs, kind=kind, **(values | changes))
    assert row is not None
    return row


def written(dbs: Session, row: Message, press: Press, box: SecretBox) -> str:
    """Return a mail as its golden file has it: headers, text, HTML."""
    secret = hidden_part(row, box).get("secret", "")
    reading = read_letters(dbs, [row], press, secret_of=lambda _: secret)[row.id]
    letter = Letter(row.kind, "id", "reader@people.example", *reading.words)
    mail = read_mail(to_bytes(letter, press.letterhead, at=NOW))
    headers = "".join(f"{name}: {value}\n" for name, value in mail.items() if name != "Content-Type")
    return f"{headers}\n{text_of(mail)}\n==== HTML\n{html_of(mail)}"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(ATTENDEE_KINDS)))
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_mail_is_the_golden_one(
    dbs: Session, submission: Submission, press: Press, box: SecretBox, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "approved-dated":
        request.getfixturevalue("dated")
    found = written(dbs, put(dbs, box, kind, submission), press, box)
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("WMD_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["approved", "edit-accepted", "edit-partly-accepted", "edit-refused", "cancelled"])
def test_mail_shows_the_times_that_stand_and_not_those_handed_in(
    dbs: Session, submission: Submission, press: Press, box: SecretBox, kind: str
) -> None:
    stands = dbs.scalars(select(Revision).where(Revision.kind == "event")).one()
    content = deepcopy(stands.content)
    content["sessions"][0]["ends"] = content["sessions"][0]["ends"].replace("16:30", "16:00")
    columns = {one.name: getattr(stands, one.name) for one in Revision.__table__.columns}
    dbs.execute(
        insert(Revision).values(
            columns | {"id": "wished", "number": 2, "state": "partly approved", "content": content}
        )
    )  # fmt: skip
    dbs.commit()
    row = put(dbs, box, kind, submission, facts={**FACTS.get(kind, {}), "revision_id": "wished"})
    text = shown(dbs, row, press).text
    if kind != "edit-refused":
        assert "18:45–20:15, Kathmandu" in text
    assert "19:45" not in text


def test_message_that_does_not_say_what_happened_asks_the_sessions(
    dbs: Session, submission: Submission, press: Press, box: SecretBox
) -> None:
    reading = shown(dbs, put(dbs, box, "cancelled", submission, facts={}), press)
    assert reading.subject == "Partly postponed: Care in the city"
    assert "a part of this event is postponed" in reading.text


def test_event_without_a_number_has_no_empty_brackets(
    dbs: Session, submission: Submission, press: Press, box: SecretBox
) -> None:
    submission.receipt = None
    dbs.commit()
    reading = shown(dbs, put(dbs, box, "edit-accepted", submission), press)
    assert "your change of Care in the city was accepted. This is what" in reading.text
    assert "()" not in reading.text + reading.html


def test_change_of_what_is_not_listed_yet_says_so(
    dbs: Session, dated: Submission, press: Press, box: SecretBox
) -> None:
    assert "This is what the programme will show:" in shown(dbs, put(dbs, box, "edit-accepted", dated), press).text


def test_statements_for_a_batch_are_the_same_for_one_row_and_three(
    dbs: Session, submission: Submission, press: Press, box: SecretBox
) -> None:
    counts = []
    for kinds in (["changes-requested"], ["changes-requested", "question", "approved"]):
        batch = [put(dbs, box, kind, submission, dedupe_key=f"{kind} {len(kinds)}") for kind in kinds]
        dbs.commit()
        dbs.expire_all()
        for row in batch:
            dbs.refresh(row)
        with count_statements(dbs) as count:
            read_letters(dbs, batch, press, secret_of=lambda _: None)
        counts.append(count())
    # A question needs its notes, which a request for changes does not.
    assert counts[1] - counts[0] == 1


def test_staff_never_sees_a_personal_link(dbs: Session, submission: Submission, press: Press, box: SecretBox) -> None:
    for kind in SECRET:
        reading = shown(dbs, put(dbs, box, kind, submission), press)
        said = reading.subject + reading.text + reading.html
        assert ("the-secret" in said, MASK in said) == (False, True)


S30 = [
    "{{7*7}}",
    "{% raw %}",
    "{link}",
    "{name.__class__}",
    "{0}",
    "%s %(name)s",
    "${name}",
    "{name!r:>10}",
    "<%= 7*7 %>",
]


@pytest.mark.parametrize("hostile", S30)
def test_what_looks_like_code_stays_as_it_was_typed(
    dbs: Session, submission: Submission, press: Press, box: SecretBox, hostile: str
) -> None:
    dbs.execute(update(Person).where(Person.id == "ana").values(name=hostile))
    dbs.execute(update(Draft).values(title=hostile))
    dbs.expire_all()
    reading = shown(dbs, put(dbs, box, "draft-reminder", submission), press)
    assert reading.subject == f"Your draft is waiting: {hostile}"
    assert reading.text.startswith(f"Hello {hostile},\n")


def test_markup_in_values_is_text_in_the_html_part(
    dbs: Session, submission: Submission, press: Press, box: SecretBox
) -> None:
    reading = shown(dbs, put(dbs, box, "draft-reminder", submission), press)
    assert "Care for &lt;all&gt;" in reading.html
    assert "<all>" not in reading.html


@pytest.mark.parametrize(
    "words", [*S30[1:2], "{{7*7}}", "{nobody}", "{name", "name}", "{name.x}", "{}", "{NAME}", "{ name }"]
)
def test_broken_or_unknown_place_is_refused_beside_its_field(words: str) -> None:
    findings = check_words(KINDS["received"], f"Hello {words}", "Hello {name}")
    assert {each.where for each in findings} == {"subject"}
    assert check_words(KINDS["received"], "Hello", f"Hello {words}") != []


def test_faults_of_staffs_words_are_named() -> None:
    def codes(kind: str, subject: str, body: str) -> list[tuple[str, str]]:
        return [(each.where, each.code) for each in check_words(KINDS[kind], subject, body)]

    assert codes("received", "Hello {title}", "Hello {name}: {times}, 100 %, $x") == []
    assert codes("received", " ", "") == [("subject", "mail.empty"), ("body", "mail.empty")]
    assert codes("received", "x" * 201, "y" * 10_001) == [("subject", "mail.too-long"), ("body", "mail.too-long")]
    assert codes("received", "a\nb", "c") == [("subject", "mail.subject-lines")]
    assert codes("received", "a", "[press]({link})") == [("body", "mail.place-as-target")]
    assert codes("sign-in", "a", "b") == [("body", "mail.no-link")]
    assert codes("sign-in", "a {link}", "{link}") == [("subject", "mail.link-in-subject")]
    assert [each.say() for each in check_words(KINDS["received"], "{x}", "y")] == [
        "{x} is not known here. The list below has all."
    ]


def write(dbs: Session, edition: str, language: str, subject: str) -> None:
    """Store words of staff for the receipt."""
    dbs.execute(
        insert(EditableText).values(
            edition=edition, key="mail.received", language=language, subject=subject, body="Hello {name}",
            changed_by="person:adam", changed_at=NOW,
        )
    )  # fmt: skip


def test_words_of_staff_are_taken_by_edition_and_language(
    dbs: Session, submission: Submission, press: Press, box: SecretBox
) -> None:
    row = put(dbs, box, "received", submission)

    def subject(language: str = "en") -> str:
        dbs.execute(update(Person).where(Person.id == "ana").values(language=language))
        dbs.commit()
        return shown(dbs, row, press).subject

    assert subject() == "We have it: Care in the city (WMD-4F7K2)"
    write(dbs, "", "en", "Everywhere")
    assert (subject(), subject("es")) == ("Everywhere", "Everywhere")
    write(dbs, "2021", "en", "In 2021")
    write(dbs, "2031", "en", "In 2031")
    assert (subject(), subject("es")) == ("In 2021", "In 2021")
    write(dbs, "", "es", "En español {title}")
    assert (subject(), subject("es")) == ("In 2021", "En español Care in the city")


def test_chosen_reasons_are_in_the_language_of_the_mail_and_not_of_the_event(
    dbs: Session, submission: Submission, press: Press, box: SecretBox
) -> None:
    dbs.execute(update(Person).where(Person.id == "ana").values(language="es"))
    # The page has it in the language of the event, as one text.
    dbs.execute(
        update(Decision).where(Decision.id == 50).values(reason="Lo siento.", reasons=["spam"], own="Sorry.")
    )  # fmt: skip
    row = put(dbs, box, "rejected", submission, facts={"decision_id": 50})
    dbs.commit()
    reading = shown(dbs, row, press)
    english = dbs.scalars(select(Reason.texts).where(Reason.slug == "spam")).one()["en"]["body"]
    assert reading.language == "en"
    assert f"{english}\n\nSorry." in reading.text
    dbs.execute(
        insert(EditableText).values(
            edition="", key="mail.rejected", language="es", subject="No", body="{reason}", changed_by="person:adam",
            changed_at=NOW,
        )
    )  # fmt: skip
    dbs.commit()
    reading = shown(dbs, row, press)
    assert reading.language == "es"
    assert reading.text.startswith("No hemos podido reconocer un evento en lo enviado.\n\nSorry.")


def test_what_an_erasure_took_out_of_a_reason_is_in_no_mail_that_says_it(
    dbs: Session, submission: Submission, press: Press, box: SecretBox, setting: Setting
) -> None:
    wrote = "Please ask stranger@people.example."
    dbs.execute(update(Decision).where(Decision.id == 50).values(reason=wrote, own=wrote))
    row = put(dbs, box, "rejected", submission, facts={"decision_id": 50})
    dbs.commit()
    assert wrote in shown(dbs, row, press).text
    erase_person(dbs, dbs.get_one(Person, Cast().stranger), setting, actor="person:adam", now=NOW)
    dbs.commit()
    assert "stranger@people.example" not in shown(dbs, row, press).text
    assert f"Please ask {TAKEN_OUT}." in shown(dbs, row, press).text


def test_built_in_words_use_only_places_of_their_kind(press: Press) -> None:
    for name, kind in KINDS.items():
        words = press.built_in(name, "en")
        assert check_words(kind, words.subject, words.body) == [], name


def test_catalogue_of_another_language_is_used_paragraph_by_paragraph(app: Flask, press: Press, tmp_path: Path) -> None:
    catalogue = Catalog(locale="es")
    catalogue.add("Your link to sign in", "Su enlace para entrar")
    catalogue.add("Hello,", "Hola:")
    (tmp_path / "es" / "LC_MESSAGES").mkdir(parents=True)
    with (tmp_path / "es" / "LC_MESSAGES" / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    spanish = Press(
        press.letterhead, folder=Path(str(app.template_folder)) / "mail", translations=tmp_path, to_html=str,
        direction=lambda _: "ltr",
    )  # fmt: skip
    words = spanish.words("sign-in", "", "es", {})
    assert (words.language, words.subject, words.body.split("\n\n")[0]) == ("es", "Su enlace para entrar", "Hola:")
    assert "{link}" in words.body
    assert spanish.words("sign-in", "", "fr", {}) == press.words("sign-in", "", "fr", {})
    assert Words("a", "b").language == "en"

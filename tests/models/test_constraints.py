"""What no code may write: the constraints of the tables, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import documents
from tests.models.rows import fill_empty
from wmd.db import Model, make_engine
from wmd.models import (
    Attendee,
    Banner,
    CalendarEntry,
    ChangeNotice,
    CoOrganiser,
    Decision,
    Edition,
    EditionTopic,
    Event,
    EventLanguage,
    EventSdg,
    EventSession,
    EventText,
    Follow,
    LinkCheck,
    Note,
    Organisation,
    Panel,
    Person,
    PersonalFeed,
    ProblemReport,
    PublicCode,
    Region,
    RegistrantLetter,
    Registration,
    ReminderRun,
    Revision,
    SiteState,
    Submission,
    Topic,
    WebinarBinding,
    ZoomAccount,
    ZoomDrift,
    ZoomPush,
    ZoomRegistrant,
    ZoomWebhook,
)
from wmd.services.publishing import Setting

NOW = datetime(2021, 10, 7, 13, 1, tzinfo=UTC)
EDITION = {
    "slug": "2030", "name": "2030", "theme": "", "introduction": "", "main_day": date(2030, 10, 7),
    "window_from": date(2030, 10, 1), "window_to": date(2030, 10, 31), "zone": "UTC", "hashtags": [], "languages": [],
    "published_at": NOW, "created_at": NOW,
}  # fmt: skip


@pytest.fixture
def connection(dbs: Session, setting: Setting, database_url: str) -> Iterator[Connection]:
    """A connection to a database with one published event."""
    panel = {"title": {"en": "Panel"}, "questions": [{"text": {"en": "Why?"}}], "speakers": [{"person_key": "ada"}]}
    event = documents.event(sessions=[documents.session(panels=[panel])], series="talks")
    series = [{"slug": "talks", "name": "Talks"}]
    documents.apply(dbs, setting, documents.document(event, series=series))
    dbs.close()
    engine = make_engine(database_url)
    with engine.connect() as found:
        fill_empty(found)
        yield found
    engine.dispose()


def refused(connection: Connection, statement: Any) -> bool:  # noqa: ANN401 -- any kind of statement
    """Try a statement and undo it; say whether the database refused it for a constraint."""
    with connection.begin() as transaction:
        try:
            connection.execute(statement)
        except IntegrityError:
            return True
        finally:
            transaction.rollback()
    return False


def copied(connection: Connection, model: type[Model], **changes: object) -> Any:  # noqa: ANN401 -- an INSERT
    """Return the statement that inserts a copy of the first row of a table, with some values changed."""
    with connection.begin():
        row = connection.execute(select(model.__table__).limit(1)).one()._asdict()
    return insert(model).values(**{**row, **changes})


def event_code(connection: Connection) -> str:
    """Return a public code that no organisation and no session has."""
    with connection.begin():
        return connection.execute(select(Event.code)).scalars().one()


def test_row_that_fits_is_taken(connection: Connection) -> None:
    statements = [
        insert(Edition).values(**EDITION),
        copied(connection, PublicCode, code="NEWNEW"),
        copied(connection, Person, id="new", key=None),
        copied(connection, EventSdg, sdg=17),
        update(EventSession).values(status="postponed"),
        update(Event).values(latitude=41.4, longitude=2.2),
        copied(connection, Follow, id="new", ended_at=NOW),
        copied(connection, Follow, id="new", event_id=None, cadence="weekly"),
        copied(connection, Registration, id="new", state="lapsed", confirmed_at=NOW, ended_at=NOW),
        copied(connection, PersonalFeed, digest="new", revoked_at=NOW),
        copied(connection, ChangeNotice, id=999, told_at=NOW),
        copied(connection, WebinarBinding, id="new", ended_at=NOW),
        copied(connection, WebinarBinding, id="new", is_primary=False, kind="link", account_id=None),
        copied(connection, ZoomDrift, id="new", state="theirs", closed_at=NOW),
        copied(connection, ZoomPush, id="new", state="done"),
        copied(connection, ZoomRegistrant, id="new", occurrence_id="2", source="zoom", registration_id=None),
    ]
    assert [refused(connection, statement) for statement in statements] == [False] * len(statements)


def test_row_that_breaks_a_rule_is_refused(connection: Connection) -> None:
    statements = {
        "window ends before it begins": insert(Edition).values(**{**EDITION, "window_to": date(2030, 9, 1)}),
        "version below zero": update(Edition).values(version=-1),
        "second row of the site's state": insert(SiteState).values(id=2),
        "submission in no known state": update(Submission).values(state="lost"),
        "revision in no known state": update(Revision).values(state="draft"),
        "session in no known state": update(EventSession).values(status="moved"),
        "session that ends when it starts": update(EventSession).values(ends_at=EventSession.starts_at),
        "sequence below zero": update(EventSession).values(sequence=-1),
        "event of no known format": update(Event).values(format="virtual"),
        "latitude alone": update(Event).values(latitude=41.4, longitude=None),
        "goal 0": update(EventSdg).values(sdg=0),
        "goal 18": update(EventSdg).values(sdg=18),
        "language in no known use": update(EventLanguage).values(use="sung"),
        "text of no known origin": update(EventText).values(origin="found"),
        "unconfirmed submission without a term": update(Submission).values(state="unconfirmed"),
        "term of a confirmed one": update(Submission).values(confirm_until=NOW),
        "claimed by nobody": update(Submission).values(claimed_at=NOW),
        "day to publish of what is not approved": update(Submission).values(state="in review", publish_on=NOW),
        "rejected one that waits": update(Submission).values(state="rejected", waiting_since=NOW),
        "withdrawn one that waits": update(Submission).values(state="withdrawn", waiting_since=NOW),
        "refusal without a reason": update(Decision).values(verdict="refused", reason=""),
        "verdict of no known kind": update(Decision).values(verdict="perhaps", reason="x"),
        "answer without its time": update(CoOrganiser).values(state="confirmed"),
        "time without an answer": update(CoOrganiser).values(answered_at=NOW),
        "organiser's note that is private": update(Note).values(is_private=True, by_staff=False),
        "organiser's question": update(Note).values(is_question=True, by_staff=False),
        "private question": update(Note).values(is_question=True, by_staff=True, is_private=True),
        "answer to no question": update(Note).values(answered_at=NOW),
        "merged organisation that leads nowhere": update(Organisation).values(state="merged", merged_into_id=None),
        "revision of nothing": update(Revision).values(submission_id=None),
        "generation zero": update(Attendee).values(generation=0),
        "unknown wish for invitations": update(Attendee).values(invitations="always"),
        "digest of one event": update(Follow).values(cadence="daily"),
        "follow of nothing": update(Follow).values(event_id=None),
        "filter beside an event": update(Follow).values(query="topic=x"),
        "registration in no known state": update(Registration).values(state="invited", confirmed_at=NOW),
        "offer without an end": update(Registration).values(state="offered", confirmed_at=NOW),
        "end of an offer that is none": update(Registration).values(offered_until=NOW),
        "cancelled without an end": update(Registration).values(state="cancelled"),
        "end of what stands": update(Registration).values(ended_at=NOW),
        "place of who never confirmed": update(Registration).values(state="registered"),
        "planned without an end": update(ReminderRun).values(state="done"),
        "notice that ends before it begins": update(ChangeNotice).values(first_id=2, through_id=1),
        "answer without its hour": update(LinkCheck).values(answer="works"),
        "problem of no known kind": update(ProblemReport).values(what="taste"),
        "solved problem without its hour": update(ProblemReport).values(state="solved"),
        "decided letter without its hour": update(RegistrantLetter).values(state="approved"),
        "banner that ends before it begins": update(Banner).values(until_at=NOW),
        "account that is lost for no reason": update(ZoomAccount).values(state="lost"),
        "partner of no organisation": update(ZoomAccount).values(kind="partner", organisation_id=None),
        "token of an account that ended": update(ZoomAccount).values(state="ended", reason="x", access="sealed"),
        "pasted link in an account": update(WebinarBinding).values(kind="link", account_id="x"),
        "room in no account": update(WebinarBinding).values(kind="lookup", account_id=None),
        "push since never": update(WebinarBinding).values(push=True),
        "binding in no known state": update(WebinarBinding).values(state="fine"),
        "registration that is perhaps open": update(WebinarBinding).values(registration="perhaps"),
        "difference that ended without its hour": update(ZoomDrift).values(state="over"),
        "difference in nothing known": update(ZoomDrift).values(field="colour"),
        "unknown act": update(ZoomPush).values(act="rename"),
        "person from here without a registration": update(ZoomRegistrant).values(registration_id=None),
        "message done without its hour": update(ZoomWebhook).values(state="done"),
        "refused letter without a reason": update(RegistrantLetter).values(state="refused", decided_at=NOW, reason=""),
    }
    assert {name: refused(connection, statement) for name, statement in statements.items()} == dict.fromkeys(
        statements, True
    )


def test_second_of_what_there_is_once_is_refused(connection: Connection) -> None:
    statements = {
        "slug of an edition": insert(Edition).values(**{**EDITION, "slug": "2021"}),
        "slug of a topic": insert(Topic).values(slug="gender-equality", name="x", position=9),
        "region of a scheme": insert(Region).values(scheme="metropolis", slug="africa", name="x", position=9),
        "topic of an edition": copied(connection, EditionTopic),
        "public code": copied(connection, PublicCode),
        "key of an organisation": copied(connection, Organisation, id="new", code=event_code(connection)),
        "code of an organisation": copied(connection, Organisation, id="new", key="new"),
        "key of a person": copied(connection, Person, id="new"),
        "key of a submission": copied(connection, Submission, id="new", event_id="new"),
        "event of a submission": copied(connection, Submission, id="new", key="new"),
        "number of a revision": copied(connection, Revision, id="new"),
        "code of an event": copied(connection, Event, id="new"),
        "code of a session": copied(connection, EventSession, id="new", uid="new"),
        "uid of a session": copied(connection, EventSession, id="new", code=event_code(connection)),
        "approved revision": copied(connection, Revision, id="new", number=2, form_token=None),
        "final verdict": copied(connection, Decision, id=999),
        "text in a language": copied(connection, EventText, id=999),
        "entry in a language": copied(connection, CalendarEntry),
        "follow of an event": copied(connection, Follow, id="new"),
        "standing registration": copied(connection, Registration, id="new"),
        "standing personal feed": copied(connection, PersonalFeed, digest="new"),
        "run of a rule for a start": copied(connection, ReminderRun),
        "notice that waits for an event": copied(connection, ChangeNotice, id=999),
        "question about the link of a start": copied(connection, LinkCheck, id="new"),
        "own account": copied(connection, ZoomAccount, id="new"),
        "primary binding of an event": copied(connection, WebinarBinding, id="new"),
        "open difference in one thing": copied(connection, ZoomDrift, id="new"),
        "push that waits": copied(connection, ZoomPush, id="new"),
        "person in a room": copied(connection, ZoomRegistrant, id="new"),
        "message of Zoom's": copied(connection, ZoomWebhook, id=999),
    }
    assert {name: refused(connection, statement) for name, statement in statements.items()} == dict.fromkeys(
        statements, True
    )


def test_reference_to_nothing_is_refused(connection: Connection) -> None:
    references = [
        (table, constraint.column_keys[0])
        for table in Model.metadata.sorted_tables
        for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.name))
    ]
    taken = [
        f"{table.name}.{column}"
        for table, column in references
        if not refused(connection, update(table).values({column: "0" if _is_text(table, column) else 0}))
    ]
    assert taken == []


def _is_text(table: Table, column: str) -> bool:
    return table.c[column].type.python_type is str


def test_parent_with_children_is_not_deleted(connection: Connection) -> None:
    parents = (Edition, Topic, Organisation, Person, PublicCode, Submission, Revision, Event, EventSession, Panel)
    assert [model for model in parents if not refused(connection, delete(model))] == []


def test_every_constraint_and_index_has_a_name() -> None:
    unnamed = [
        (table.name, type(item).__name__)
        for table in Model.metadata.sorted_tables
        for item in (*table.constraints, *table.indexes)
        if item.name is None
    ]
    assert unnamed == []

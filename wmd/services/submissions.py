"""Handing in through the form: one transaction holds the submission, its trail and the receipt's mail.

The form's token makes a second POST, a double click or twenty at once answer with the same receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.content import EventContent, SessionContent
from wmd.domain.forms.fields import DECLARATIONS, FieldSettings
from wmd.domain.forms.reading import Form, ReadForm
from wmd.domain.identities import adopt, without_claims
from wmd.domain.spam import SpamFacts, is_suspect, spam_signs
from wmd.domain.times import zone
from wmd.errors import InvalidContentError, NotAllowedMoveError
from wmd.models import Declaration, Edition, Organisation, Person, Revision, Series, Submission
from wmd.secretbox import SecretBox
from wmd.services.actors import Actor
from wmd.services.confirming import follow_confirmation, send_confirm_link
from wmd.services.edition_words import declaration_words
from wmd.services.form_parties import (
    Parties,
    Tools,
    name_partners,
    put_contact,
    put_partners,
    put_proposed,
    put_speakers,
    settled,
)
from wmd.services.importing import edition_content
from wmd.services.intake import latest_revision, next_revision, read_content
from wmd.services.moderation import lock_submission
from wmd.services.outbox import put_message, withdraw_messages
from wmd.services.people import person_for
from wmd.services.private_links import forget_link, forget_links_of, keep_link, latest_end, move_end
from wmd.services.projection import slot_of
from wmd.services.questions import asked_in
from wmd.services.states import audit, move

CONFIRM_WITHIN = timedelta(days=14)
RECEIPT = "WMD-"
#: States in which an organiser may still change what was handed in.
EDITABLE = frozenset({"unconfirmed", "submitted", "in review", "changes requested", "approved"})
Phase = Literal["before", "open", "late", "closed"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the person gets: the number they quote. ``is_new`` is false when this form had been taken already.

    ``people`` are the ids given to speakers who are new, by the stand-in the form had for them.
    """

    submission_id: str
    revision_id: str
    number: str
    state: str
    is_new: bool = True
    people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandIn:
    """One form as it was handed in.

    ``submission`` is set when it changes one; ``base_revision_id`` what the person saw when beginning. ``facts`` are
    what is known of how it came (spam signs); None: they are not looked for. ``known`` fixes ids and number when a
    submission is put back from the journal, which is ``silent``: only a confirm link is mailed again.
    """

    read: ReadForm
    form_token: str
    submission: Submission | None = None
    base_revision_id: str | None = None
    facts: SpamFacts | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False


def phase_of(edition: Edition, now: datetime) -> Phase:
    """Return where an edition stands with its deadlines; each may be empty: no such limit, until its days are over."""
    if edition.submit_opens_at is not None and now < edition.submit_opens_at:
        return "before"
    if edition.submit_closes_at is not None and now >= edition.submit_closes_at:
        return "closed"
    if not edition.is_permanent and now.astimezone(zone(edition.zone)).date() > edition.window_to:
        return "closed"
    if edition.submit_deadline_at is not None and now >= edition.submit_deadline_at:
        return "late"
    return "open"


def read_edition_form(dbs: Session, edition: Edition, now: datetime) -> Form:
    """Return what a form of this edition is read against: its fields, declarations and series."""
    return Form(
        edition=edition_content(edition),
        settings=FieldSettings(dict(edition.form)),
        declarations=declarations_of(edition),
        series=frozenset(dbs.scalars(select(Series.slug))),
        questions=asked_in(dbs, edition),
        declared=declaration_words(dbs, edition, "en"),
        is_late=phase_of(edition, now) == "late",
    )


def declarations_of(edition: Edition) -> dict[str, str]:
    """Return the declarations an edition asks for, with the version of their words; an empty version leaves one out."""
    said = {kind: edition.declarations.get(kind, "1") for kind in DECLARATIONS}
    return {kind: version for kind, version in said.items() if version}


def find_receipt(dbs: Session, form_token: str) -> Receipt | None:
    """Return the receipt of a form that was taken already."""
    found = dbs.execute(
        select(Revision, Submission)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(Revision.form_token == form_token)
    ).first()
    if found is None:
        return None
    revision, submission = found
    return Receipt(submission.id, revision.id, submission.receipt or "", submission.state, is_new=False)


def one_at_a_time(dbs: Session, form_token: str) -> None:
    """Have the same form handed in twice at once wait for each other. SQLite lets only one write anyway."""
    if dbs.get_bind().dialect.name == "postgresql":
        dbs.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(form_token, 0))))


def hand_in_form(
    dbs: Session, edition: Edition, given: HandIn, *, actor: Actor, box: SecretBox, mint: Mint, now: datetime
) -> Receipt:
    """Take a form: all of it in the caller's transaction, or nothing.

    Raises InvalidContentError with what must be mended, NotAllowedMoveError for a submission that is over.
    """
    one_at_a_time(dbs, given.form_token)
    if (earlier := find_receipt(dbs, given.form_token)) is not None:
        return earlier
    if given.read.content is None or given.read.errors:
        raise InvalidContentError(given.read.findings)
    tools = Tools(box, mint, actor.name, now)
    if given.submission is not None:
        return _change(dbs, edition, given, given.submission, given.read.content, tools)
    return _begin(dbs, edition, given, given.read.content, actor, tools)


def _begin(dbs: Session, edition: Edition, given: HandIn, content: EventContent, actor: Actor, tools: Tools) -> Receipt:
    read = given.read
    person = put_contact(dbs, read.contact, person_id=actor.person_id, tools=tools)
    is_confirmed = actor.person_id is not None
    if read.organisation is not None:
        key = given.known.get("organisation_key", "")
        organisation = put_proposed(dbs, read.organisation, person=person, tools=tools, key=key)
    else:
        organisation = dbs.scalars(select(Organisation).where(Organisation.key == read.organisation_key)).one()
    parties = Parties(person, organisation)
    second = person_for(dbs, read.second.address, name=read.second.name, now=tools.now) if read.second else None
    full = form_content(dbs, edition, given, content, parties, None, tools)
    submission = Submission(
        id=given.known.get("submission_id") or tools.mint.uuid(), edition_id=edition.id, source="form",
        state="submitted" if is_confirmed else "unconfirmed", event_id=tools.mint.uuid(),
        organisation_id=organisation.id, person_id=person.id, second_person_id=second.id if second else None,
        wants_news=read.wants_news, form_token=given.form_token, confirmed_at=tools.now if is_confirmed else None,
        receipt=_receipt_number(dbs, given, tools), late_note=read.late_note,
        confirm_until=None if is_confirmed else tools.now + CONFIRM_WITHIN, waiting_since=tools.now,
        created_at=tools.now,
    )  # fmt: skip
    dbs.add(submission)
    dbs.flush()
    audit(
        dbs, actor=tools.actor, action="submit", kind="submission", subject_id=submission.id,
        after=submission.state, now=tools.now,
    )  # fmt: skip
    revision = next_revision(
        dbs, submission, full, base=None, source="form", actor=tools.actor, mint=tools.mint, now=tools.now,
        form_token=given.form_token,
    )  # fmt: skip
    _look_for_spam(submission, full, given, now=tools.now)
    _declare(dbs, edition, submission, read.declarations, tools)
    name_partners(dbs, submission, parties, tools)
    follow_confirmation(dbs, submission, actor=tools.actor, box=tools.box, now=tools.now)
    _answer(dbs, edition, submission, given, tools)
    dbs.flush()
    return Receipt(submission.id, revision.id, submission.receipt or "", submission.state, people=dict(parties.people))


def _change(
    dbs: Session, edition: Edition, given: HandIn, submission: Submission, content: EventContent, tools: Tools
) -> Receipt:
    """Make the next revision of a submission; what is published stays as it is until somebody decided.

    Its row is held from here on, so that a decision made meanwhile is seen, and none is written over.
    """
    submission = lock_submission(dbs, submission.id)
    if submission.state not in EDITABLE:
        msg = f"a submission that is {submission.state} takes no changes"
        raise NotAllowedMoveError(msg)
    previous = latest_revision(dbs, submission)
    before = read_content(previous) if previous else None
    organisation = dbs.get_one(Organisation, submission.organisation_id)
    parties = Parties(person_for_submission(dbs, submission), organisation)
    full = form_content(
        dbs, edition, given, content, parties, before, tools, is_published=_was_approved(dbs, submission)
    )
    base = dbs.get(Revision, given.base_revision_id) if given.base_revision_id else None
    stands = previous is not None and previous.state in {"pending", "approved"}
    if previous is not None and stands and full == before and submission.state != "changes requested":
        return Receipt(submission.id, previous.id, submission.receipt or "", submission.state, is_new=False)
    revision = next_revision(
        dbs, submission, full, base=base if base and base.submission_id == submission.id else previous,
        source="form", actor=tools.actor, mint=tools.mint, now=tools.now, form_token=given.form_token,
    )  # fmt: skip
    if submission.state == "changes requested":
        move(dbs, submission, "in review", actor=tools.actor, now=tools.now)
    submission.waiting_since = submission.waiting_since or tools.now
    _look_for_spam(submission, full, given, now=tools.now)
    _declare(dbs, edition, submission, given.read.declarations, tools)
    name_partners(dbs, submission, parties, tools)
    follow_confirmation(dbs, submission, actor=tools.actor, box=tools.box, now=tools.now)
    dbs.flush()
    return Receipt(submission.id, revision.id, submission.receipt or "", submission.state, people=dict(parties.people))


def person_for_submission(dbs: Session, submission: Submission) -> Person:
    """Return who handed a submission in."""
    return dbs.get_one(Person, submission.person_id)


def _was_approved(dbs: Session, submission: Submission) -> bool:
    found = select(Revision.id).where(Revision.submission_id == submission.id, Revision.state == "approved")
    return dbs.scalars(found).first() is not None


def form_content(
    dbs: Session,
    edition: Edition,
    given: HandIn,
    content: EventContent,
    parties: Parties,
    before: EventContent | None,
    tools: Tools,
    *,
    is_published: bool = False,
) -> EventContent:
    """Return the content as it is kept: keys and ids for stand-ins, the join link sealed, every part with its id.

    What is published is not cancelled by leaving a session out; before that, leaving out is taking out.
    """
    put_partners(dbs, given.read.partners, content, parties, tools)
    put_speakers(dbs, dict(given.read.people), content.language, parties, tools, given.known)
    full = without_claims(adopt(settled(content, parties), before if is_published else None, tools.mint))
    known = before.registration.private_link_id if before else None
    ends = [slot_of(session).ends_at for session in full.sessions if _has_times(session)]
    ends_at = max(ends, default=None)
    registration = full.registration
    if given.read.join_link:
        link_id = keep_link(
            dbs, tools.box, given.read.join_link, known_id=known, ends_at=ends_at,
            latest_at=latest_end(edition, tools.now), mint=tools.mint, now=tools.now,
        )  # fmt: skip
        registration = replace(registration, private_link_id=link_id)
    elif registration.private_link_id:
        # Only the link there was: nobody can name somebody else's.
        registration = replace(registration, private_link_id=known)
        if known:
            move_end(dbs, known, ends_at)
    elif given.read.forgets_link:
        forget_link(dbs, [known], now=tools.now)
    return replace(full, registration=registration)


def _has_times(session: SessionContent) -> bool:
    return bool((session.starts and session.ends) or (session.starts_on and session.ends_on))


def _receipt_number(dbs: Session, given: HandIn, tools: Tools) -> str:
    """Return a number that nobody has yet; one from the journal is kept."""
    number = given.known.get("receipt") or RECEIPT + tools.mint.code()
    while dbs.scalars(select(Submission.id).where(Submission.receipt == number)).first() is not None:
        number = RECEIPT + tools.mint.code()
    return number


def _look_for_spam(submission: Submission, content: EventContent, given: HandIn, *, now: datetime) -> None:
    """Set an entry aside when it shows enough signs of spam. It is stored and receipted like every other."""
    if given.facts is None:
        return
    signs = spam_signs(content, given.facts)
    submission.flags = sorted({*submission.flags, *(sign.code for sign in signs)})
    if is_suspect(signs) and submission.suspect_at is None:
        submission.suspect_at = now


def _declare(dbs: Session, edition: Edition, submission: Submission, kinds: Sequence[str], tools: Tools) -> None:
    """Store each declaration once per version of its words: what, in which version, who, when."""
    versions = declarations_of(edition)
    there = {
        (row.kind, row.version)
        for row in dbs.scalars(select(Declaration).where(Declaration.submission_id == submission.id))
    }
    for kind in kinds:
        if (kind, versions[kind]) not in there:
            dbs.add(
                Declaration(
                    submission_id=submission.id, person_id=submission.person_id, actor=tools.actor, kind=kind,
                    version=versions[kind], declared_at=tools.now,
                )
            )  # fmt: skip


def _answer(dbs: Session, edition: Edition, submission: Submission, given: HandIn, tools: Tools) -> None:
    """Put the receipt into the outbox; somebody whose address is not confirmed yet gets the link for that in it."""
    if submission.state == "unconfirmed":
        send_confirm_link(dbs, edition, submission, kind="confirm", tools=tools)
    elif not given.silent:
        put_message(
            dbs, kind="received", dedupe_key=f"received:{submission.id}", cause=tools.actor, now=tools.now,
            person_id=submission.person_id, subject_id=submission.id, edition_id=edition.id,
            facts={"receipt": submission.receipt}, box=tools.box,
        )  # fmt: skip


def withdraw(dbs: Session, submission: Submission, *, actor: str, now: datetime) -> None:
    """Take a submission back, as its organiser; a published event is cancelled instead, so that people learn of it.

    Raises NotAllowedMoveError when it is approved or over.
    """
    submission = lock_submission(dbs, submission.id)
    if submission.state == "approved":
        msg = "what is published is cancelled, not withdrawn"
        raise NotAllowedMoveError(msg)
    before = submission.state
    submission.confirm_until = None
    submission.waiting_since = submission.claimed_by = submission.claimed_at = None
    move(dbs, submission, "withdrawn", actor=actor, now=now)
    pending = select(Revision).where(Revision.submission_id == submission.id, Revision.state == "pending")
    for revision in dbs.scalars(pending):
        move(dbs, revision, "superseded", actor=actor, now=now)
    forget_links_of(dbs, submission.id, now=now)
    withdraw_messages(dbs, subject_id=submission.id, reason=f"withdrawn from {before}", now=now)
    dbs.flush()

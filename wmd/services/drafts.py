"""Drafts: what is being typed, sealed and numbered. A newer version is never overwritten silently."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from wmd.domain.codes import Mint
from wmd.domain.forms.refused import without_refused
from wmd.domain.forms.typed import Typed, original_of
from wmd.models import Draft, Edition, Person, Submission
from wmd.secretbox import SecretBox
from wmd.services.people import masked

#: More drafts than anybody works on at once.
MOST_DRAFTS = 50
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose drafts: a person's, or those of a browser in which nobody signed in."""

    person_id: str | None = None
    session_id: str | None = None

    def owns(self) -> ColumnElement[bool]:
        """Return the condition that a draft is this owner's."""
        whose = []
        if self.person_id is not None:
            whose.append(Draft.person_id == self.person_id)
        if self.session_id is not None:
            whose.append(and_(Draft.session_id == self.session_id, Draft.person_id.is_(None)))
        return or_(*whose) if whose else Draft.id.is_(None)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A draft that was saved from elsewhere meanwhile: what is stored, and what was just typed. Both are whole."""

    version: int
    stored: Typed
    typed: Typed

    @property
    def differing(self) -> tuple[str, ...]:
        """The names of the fields in which the two differ, in the order of what was typed."""
        names = dict.fromkeys([*self.typed, *self.stored])
        return tuple(name for name in names if self.typed.get(name, "") != self.stored.get(name, ""))


@dataclass(frozen=True, slots=True)
class NewDraft:
    """What a draft is of, besides what is typed. ``began_at``: when its form was first shown, where that is known."""

    edition: Edition
    form_token: str
    kind: str = "event"
    organisation_id: str | None = None
    submission_id: str | None = None
    base_revision_id: str | None = None
    began_at: datetime | None = None


def _purpose(draft_id: str) -> str:
    return f"drafts.sealed.{draft_id}"


def _seal(box: SecretBox, draft_id: str, typed: Typed) -> str:
    return box.seal(json.dumps(dict(typed), ensure_ascii=False), purpose=_purpose(draft_id))


def title_of(typed: Typed) -> str:
    """Return the title by which a draft is listed, as far as one is typed."""
    language = original_of(typed)
    titles = [value for name, value in typed.items() if name.startswith("texts.") and name.endswith(".title")]
    return next((text.strip() for text in (typed.get(f"texts.{language}.title", ""), *titles) if text.strip()), "")[
        :_LONGEST_TITLE
    ]


def create_draft(
    dbs: Session, box: SecretBox, new: NewDraft, owner: Owner, typed: Typed, *, mint: Mint, now: datetime
) -> Draft:
    """Begin a draft, or return the owner's one of the same form: a second POST of it finds the first.

    Links that only one person may have are not kept. Raises ValueError when the owner has more drafts than anybody
    works on, or the form's token is somebody else's.
    """
    typed, _ = without_refused(typed)
    found = dbs.scalars(select(Draft).where(Draft.form_token == new.form_token)).first()
    if found is not None:
        if find_draft(dbs, found.id, owner) is None:
            msg = "this form belongs to another draft"
            raise ValueError(msg)
        return found
    count = dbs.scalar(
        select(func.count()).where(owner.owns(), Draft.handed_in_at.is_(None), Draft.discarded_at.is_(None))
    )
    if (count or 0) >= MOST_DRAFTS:
        msg = "there are too many drafts"
        raise ValueError(msg)
    identity = mint.uuid()
    draft = Draft(
        id=identity, kind=new.kind, edition_id=new.edition.id, person_id=owner.person_id,
        session_id=None if owner.person_id else owner.session_id, organisation_id=new.organisation_id,
        submission_id=new.submission_id, base_revision_id=new.base_revision_id, form_token=new.form_token,
        title=title_of(typed), sealed=_seal(box, identity, typed), created_at=new.began_at or now,
        updated_at=now,
    )  # fmt: skip
    dbs.add(draft)
    dbs.flush()
    return draft


def find_draft(dbs: Session, draft_id: str, owner: Owner) -> Draft | None:
    """Return a draft of this owner that was not thrown away; None for anybody else's."""
    return dbs.scalars(select(Draft).where(Draft.id == draft_id, owner.owns(), Draft.discarded_at.is_(None))).first()


def drafts_of(dbs: Session, owner: Owner) -> list[Draft]:
    """Return the owner's drafts that are still open, the last changed first."""
    return list(
        dbs.scalars(
            select(Draft)
            .where(owner.owns(), Draft.handed_in_at.is_(None), Draft.discarded_at.is_(None))
            .order_by(Draft.updated_at.desc(), Draft.id)
            .limit(MOST_DRAFTS)
        )
    )


def mailed_to(dbs: Session, receipt: str, owner: Owner) -> str:
    """Return the masked address that the mail about a receipt went to, for the browser that handed it in; else a blank.

    A number alone tells nobody anything: whoever asks must have typed the form.
    """
    address = dbs.scalars(
        select(Person.address)
        .join(Submission, Submission.person_id == Person.id)
        .join(Draft, Draft.form_token == Submission.form_token)
        .where(Submission.receipt == receipt, owner.owns())
    ).first()
    return masked(address) if receipt and address else ""


def open_edit(dbs: Session, submission_id: str, owner: Owner) -> Draft | None:
    """Return the owner's open draft that edits a submission."""
    return dbs.scalars(
        select(Draft)
        .where(
            Draft.submission_id == submission_id,
            owner.owns(),
            Draft.handed_in_at.is_(None),
            Draft.discarded_at.is_(None),
        )
        .order_by(Draft.updated_at.desc())
    ).first()


def read_typed(draft: Draft, box: SecretBox) -> dict[str, str]:
    """Return what was typed. Raises SecretBoxError when its key is gone or the row was damaged."""
    found = json.loads(box.open(draft.sealed, purpose=_purpose(draft.id)))
    return {str(name): str(value) for name, value in found.items()}


def save_draft(
    dbs: Session, box: SecretBox, draft: Draft, typed: Typed, *, version: int, now: datetime
) -> Conflict | None:
    """Save what was typed over ``version``; a Conflict holding both when another version is stored.

    One statement decides, so that of two at once one is told. Typing the same again conflicts with nothing; what was
    handed in stays as it was. Links that only one person may have are not kept.
    """
    typed, _ = without_refused(typed)
    done = dbs.execute(
        update(Draft)
        .where(Draft.id == draft.id, Draft.version == version, Draft.handed_in_at.is_(None))
        .values(
            version=version + 1, sealed=_seal(box, draft.id, typed), title=title_of(typed), updated_at=now,
        )
        .returning(Draft.id)
        .execution_options(synchronize_session=False)
    ).first()  # fmt: skip
    dbs.refresh(draft)
    if done is not None or draft.handed_in_at is not None:
        return None
    stored = read_typed(draft, box)
    if stored == dict(typed):
        return None
    return Conflict(draft.version, stored, typed)


def marks_of(typed: Typed) -> str:
    """Return short marks of what stands in a form, by which a later look tells what was changed in it."""
    return " ".join(f"{name}={_mark(text)}" for name, text in typed.items() if text)


def untouched(typed: Typed, marks: str) -> frozenset[str]:
    """Return the fields whose text is the one that was marked: nobody changed them in this form. No marks: none."""
    known = dict(pair.rpartition("=")[::2] for pair in marks.split(" ") if "=" in pair)
    if not known:
        return frozenset()
    names = {*typed, *known}
    return frozenset(name for name in names if known.get(name, "") == (_mark(typed[name]) if typed.get(name) else ""))


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def close_draft(draft: Draft, *, now: datetime) -> None:
    """Mark a draft as handed in: it takes no more changes, and what was typed is not kept twice."""
    draft.handed_in_at, draft.sealed = now, ""


def discard_draft(dbs: Session, draft: Draft, *, now: datetime) -> None:
    """Throw a draft away; its text goes at once."""
    draft.discarded_at, draft.sealed, draft.title = now, "", ""
    dbs.flush()


def merged(conflict: Conflict, choices: Mapping[str, str]) -> dict[str, str]:
    """Return one version of both: where they differ, ``choices`` says ``stored`` or ``typed`` (else: typed)."""
    result = dict(conflict.typed)
    for name in conflict.differing:
        if choices.get(name) == "stored":
            if name in conflict.stored:
                result[name] = conflict.stored[name]
            else:
                result.pop(name, None)
    return result

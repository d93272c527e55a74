"""A form that was handed in and comes again from another tab: what differs, and how it becomes a change."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wmd.domain.forms.fields import FIELDS, pattern_of
from wmd.domain.forms.reading import Form, read_form
from wmd.domain.forms.typed import Typed, counts_of
from wmd.domain.forms.writing import type_event
from wmd.models import Draft, PrivateLink, Revision, Submission
from wmd.secretbox import SecretBox
from wmd.services.drafts import untouched
from wmd.services.form_reading import typed_of
from wmd.services.intake import read_content
from wmd.services.private_links import is_link
from wmd.services.submissions import Receipt, find_receipt

_LINK = "registration.join_link"
#: What is said of people and parties when a form begins; an event's change does not ask it.
_ONCE = frozenset({"organisation", "contact", "declarations"})
#: What nobody types, or what is not kept as it was typed.
_NOT_TYPED = frozenset({"id", "key", "origin", "consent", "panels_asked", "sign_up_asked"})
_IDS = frozenset({"sessions[].id", "sessions[].speakers[].id", "sessions[].panels[].id"})
_IDS |= {"sessions[].panels[].speakers[].id", "registration.questions[].id"}


@dataclass(frozen=True, slots=True)
class Again:
    """What was handed in and what came now, each as it would be typed, and the names of fields that differ.

    ``theirs`` differ as well, but nobody touched them in this tab: they are newer in what was handed in.
    """

    handed: Typed
    now: Typed
    differing: tuple[str, ...]
    theirs: frozenset[str] = frozenset()


def compare(dbs: Session, box: SecretBox, revision: Revision, typed: Typed, form: Form, *, marks: str = "") -> Again:
    """Compare what was handed in with what came now. Both are read and written alike, so that spelling is no matter.

    ``marks`` are those of what the form held when this tab opened it (see ``drafts.marks_of``).
    """
    content = read_content(revision)
    handed = typed_of(dbs, content)
    read = read_form(typed, form)
    now = dict(typed)
    if read.content is not None:
        organisations = {partner.key: partner.name for partner in read.partners}
        now = type_event(read.content, people={**form.people, **read.people}, organisations=organisations)
        # What cannot be read is in no content; it was typed nevertheless.
        now |= {one.where: typed[one.where] for one in read.errors if typed.get(one.where, "").strip()}
    if read.join_link and not _is_kept(dbs, box, content.registration.private_link_id, read.join_link):
        now[_LINK] = read.join_link
    names = dict.fromkeys([*now, *handed])
    found = [name for name in names if _counts(name) and now.get(name, "") != handed.get(name, "")]
    # The numbers of parts mean the same in both only when there are as many.
    is_alike = counts_of(typed) == counts_of(handed)
    old = untouched(typed, marks)
    theirs = frozenset(name for name in found if name in old and (is_alike or "[" not in name))
    return Again(handed, now, tuple(name for name in found if name not in theirs), theirs)


def find_taken(dbs: Session, form_token: str, draft: Draft | None) -> Receipt | None:
    """Return the receipt of a form that was handed in already; also of a change that changed nothing.

    Such a change made no version with the form's token: its draft says that it was handed in, and the version that
    stood then has its words.
    """
    receipt = find_receipt(dbs, form_token)
    if receipt is not None or draft is None or draft.handed_in_at is None or draft.submission_id is None:
        return receipt
    submission = dbs.get_one(Submission, draft.submission_id)
    revision = dbs.scalars(
        select(Revision)
        .where(Revision.submission_id == submission.id, Revision.created_at <= draft.handed_in_at)
        .order_by(Revision.number.desc())
    ).first()
    if revision is None:
        return None
    return Receipt(submission.id, revision.id, submission.receipt or "", submission.state, is_new=False)


def _counts(name: str) -> bool:
    pattern = pattern_of(name)
    if pattern.rpartition(".")[2] in _NOT_TYPED and pattern != "image.id":
        return False
    field = FIELDS.get(pattern)
    return field is not None and field.section not in _ONCE and pattern != "organisers[].address"


def _is_kept(dbs: Session, box: SecretBox, link_id: str | None, raw: str) -> bool:
    row = dbs.get(PrivateLink, link_id) if link_id else None
    return row is not None and is_link(box, row, raw)


def as_change(again: Again, typed: Typed) -> dict[str, str]:
    """Return what came now as a change of what was handed in: its parts are those that are there already."""
    changed = {
        name: text
        for name, text in typed.items()
        if pattern_of(name) in FIELDS and FIELDS[pattern_of(name)].section not in _ONCE
    }
    for name, text in again.handed.items():
        pattern = pattern_of(name)
        path = name.rpartition(".")[0]
        if pattern in _IDS and any(one.startswith(path) for one in changed):
            changed.setdefault(name, text)
        if pattern == "organisers[].key" and changed.get(f"{path}.name") == again.handed.get(f"{path}.name"):
            changed.setdefault(name, text)
    return changed | {name: again.handed.get(name, "") for name in again.theirs}

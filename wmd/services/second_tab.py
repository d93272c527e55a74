"""A form that was handed in and comes again from another tab: what differs, and how it becomes a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wmd.domain.forms.fields import FIELDS, pattern_of
from wmd.domain.forms.reading import Form, read_form
from wmd.domain.forms.typed import Typed
from wmd.domain.forms.writing import type_event
from wmd.models import PrivateLink, Revision
from wmd.secretbox import SecretBox
from wmd.services.form_reading import typed_of
from wmd.services.intake import read_content
from wmd.services.private_links import is_link

_LINK = "registration.join_link"
#: What is said of people and parties when a form begins; an event's change does not ask it.
_ONCE = frozenset({"organisation", "contact", "declarations"})
#: What nobody types, or what is not kept as it was typed.
_NOT_TYPED = frozenset({"id", "key", "origin", "consent", "panels_asked"})
_IDS = frozenset({"sessions[].id", "sessions[].speakers[].id", "sessions[].panels[].id"})
_IDS |= {"sessions[].panels[].speakers[].id"}


@dataclass(frozen=True, slots=True)
class Again:
    """What was handed in and what came now, each as it would be typed, and the names of fields that differ."""

    handed: Typed
    now: Typed
    differing: tuple[str, ...]


def compare(dbs: Session, box: SecretBox, revision: Revision, typed: Typed, form: Form) -> Again:
    """Compare what was handed in with what came now. Both are read and written alike, so that spelling is no matter."""
    content = read_content(revision)
    handed = typed_of(dbs, content)
    read = read_form(typed, form)
    now: Mapping[str, str] = typed
    if read.content is not None:
        organisations = {partner.key: partner.name for partner in read.partners}
        now = type_event(read.content, people={**form.people, **read.people}, organisations=organisations)
    if read.join_link and not _is_kept(dbs, box, content.registration.private_link_id, read.join_link):
        now = {**now, _LINK: read.join_link}
    names = dict.fromkeys([*now, *handed])
    found = (name for name in names if _counts(name) and now.get(name, "") != handed.get(name, ""))
    return Again(handed, now, tuple(found))


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
    return changed

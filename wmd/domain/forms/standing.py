"""A change of what stands: nobody is kept from it by something that was lacking before and that they did not touch."""

from __future__ import annotations

from dataclasses import replace

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.forms.reading import Form, ReadForm, read_form
from wmd.domain.forms.typed import Typed
from wmd.domain.forms.writing import type_event


def excused(read: ReadForm, typed: Typed, form: Form) -> ReadForm:
    """Return a read change in which faults that the version it began from has too, in the same words, are notes.

    A new event, and what was changed to be faulty, stay as they are read.
    """
    if form.base is None or not read.errors:
        return read
    before = type_event(form.base, people=form.people, organisations={})
    known = {(one.code, one.where) for one in read_form(before, form).errors}
    return replace(read, findings=tuple(_noted(one, known, before, typed) for one in read.findings))


def _noted(one: Finding, known: set[tuple[str, str]], before: Typed, typed: Typed) -> Finding:
    is_old = (one.code, one.where) in known and typed.get(one.where, "").strip() == before.get(one.where, "").strip()
    if one.level is not Level.ERROR or not is_old or one.code == "form.declare":
        return one
    text = N_("This was not given so far. You can add it now, or leave it.") if one.code == "form.needed" else one.text
    return replace(one, level=Level.NOTE, text=text)

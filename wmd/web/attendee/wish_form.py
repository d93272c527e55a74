"""The form of a person's wishes: what was chosen in it, and what another tab or device saved since it was opened."""

from __future__ import annotations

from typing import Final, NamedTuple

from werkzeug.datastructures import MultiDict

from wmd.domain.findings import N_
from wmd.models import Attendee, Person
from wmd.services.drafts import marks_of, untouched
from wmd.web.catalogue import gettext
from wmd.web.reading import viewer

_LABELS: Final = {
    "language": N_("Language of the mails"),
    "zone": N_("Your time zone"),
    "reminders": N_("When to remind you"),
    "invitations": N_("Calendar"),
}
_ORGANISER: Final = "organiser"


class Chosen(NamedTuple):
    """Wishes as they are saved: ``reminders`` None as each organiser says. ``differing``: labels changed twice."""

    language: str
    zone: str
    reminders: list[str] | None
    invitations: str
    differing: tuple[str, ...] = ()


def shown_marks(person: Person, attendee: Attendee) -> str:
    """Return the marks of the wishes that a page shows, for its form (see ``drafts.marks_of``)."""
    return marks_of(_stored(person, attendee))


def chosen(person: Person, attendee: Attendee, form: MultiDict[str, str]) -> Chosen:
    """Return the wishes of a form that was sent. What nobody touched in it stays as it was saved meanwhile.

    Whoever ticks times of their own wants them, also when the button above still says otherwise.
    """
    marks, stored = form.get("shown", "")[:1000], _stored(person, attendee)
    typed = {name: form.get(name, "") for name in ("language", "zone", "invitations")}
    own = "own:" + " ".join(form.getlist("rule"))
    showed_organiser = "reminders" in untouched({"reminders": _ORGANISER}, marks)
    is_own = form.get("mode") == "own" or (showed_organiser and bool(form.getlist("rule")))
    typed["reminders"] = own if is_own else _ORGANISER
    kept = untouched(typed, marks)
    newer = set(_LABELS) - untouched(stored, marks) if marks else set()
    differing = tuple(
        gettext(label) for name, label in _LABELS.items()
        if name in newer and name not in kept and typed[name] != stored[name]
    )  # fmt: skip
    found = {name: stored[name] if name in kept else typed[name] for name in _LABELS}
    reminders = None if found["reminders"] == _ORGANISER else found["reminders"].removeprefix("own:").split()
    return Chosen(found["language"], found["zone"], reminders, found["invitations"], differing)


def typed_or_saved(person: Person, attendee: Attendee, form: MultiDict[str, str]) -> Chosen:
    """Return what the form shows: what was chosen in it, else what is saved."""
    mode = form.get("mode", _ORGANISER if attendee.reminders is None else "own")
    own = form.getlist("rule") or attendee.reminders or []
    return Chosen(
        form.get("language", person.language), form.get("zone", person.zone), None if mode == _ORGANISER else own,
        form.get("invitations", attendee.invitations),
    )  # fmt: skip


def _stored(person: Person, attendee: Attendee) -> dict[str, str]:
    own = attendee.reminders
    return {
        "language": person.language, "zone": person.zone or viewer("UTC").zone, "invitations": attendee.invitations,
        "reminders": _ORGANISER if own is None else "own:" + " ".join(own),
    }  # fmt: skip

"""The sessions of the form, with their panels and people, ready for the template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from wmd.domain.documents.sign_up_rules import MOST_QUESTIONS
from wmd.domain.forms.typed import (
    MOST_PANELS,
    MOST_PARTNERS,
    MOST_SESSIONS,
    MOST_SPEAKERS,
    Typed,
    languages_of,
    panel_words,
)
from wmd.web import names
from wmd.web.catalogue import gettext

#: How many parts of each group the page shows; more are kept in it, out of sight.
_SHOWN: Mapping[str, int] = {
    "sessions": MOST_SESSIONS, "panels": MOST_PANELS, "speakers": MOST_SPEAKERS, "organisers": MOST_PARTNERS + 1,
    "questions": MOST_QUESTIONS,
}  # fmt: skip
_PART = re.compile(r"([a-z_]+)\[(\d{1,6})\]")
_PEOPLE = ("name", "title", "organisation", "role", "consent")


class TypedSessions(Protocol):
    """The page of a form, as far as its sessions ask it."""

    is_published: bool

    @property
    def typed(self) -> Typed:
        """What is typed."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many parts each group has."""

    def item(self, name: str) -> dict[str, Any]:
        """Return one field."""


def is_beyond(name: str) -> bool:
    """Whether a field stands in a part that the page does not show, because there are too many."""
    return any(int(number) >= _SHOWN.get(group, MOST_SESSIONS) for group, number in _PART.findall(name))


def sessions_of(page: TypedSessions) -> list[dict[str, object]]:
    """Return the sessions, each with its fields, its speakers and its panels."""
    count = min(page.counts.get("sessions", 0), MOST_SESSIONS)
    words = panel_words(page.typed)
    return [_session(page, index, count, words) for index in range(count)]


def _session(page: TypedSessions, index: int, count: int, words: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    path = f"sessions[{index}]"
    more = ["ends_date", "title", "time_text", "time_confirmed", "to_confirm", "all_day"]
    items = [page.item(f"{path}.{part}") for part in more]
    identity = page.typed.get(f"{path}.id", "")
    return {
        "path": path,
        "index": index,
        "id": identity,
        "removable": count > 1 and not (page.is_published and identity),
        "when": [page.item(f"{path}.{part}") for part in ("date", "starts", "ends")],
        "zone": page.item(f"{path}.zone"),
        "more": items,
        "open": any(item["value"] or item["messages"] or item["required"] for item in items),
        "speakers": _people(page, path, f"speaker-{index}"),
        "panels": _panels(page, path, index, words),
    }


def _panels(
    page: TypedSessions, path: str, index: int, words: Mapping[str, Mapping[str, str]]
) -> list[dict[str, object]]:
    count = min(page.counts.get(f"{path}.panels", 0), MOST_PANELS)
    return [_panel(page, f"{path}.panels[{number}]", f"{index}-{number}", count, words) for number in range(count)]


def _panel(
    page: TypedSessions, path: str, numbers: str, count: int, words: Mapping[str, Mapping[str, str]]
) -> dict[str, object]:
    number = int(numbers.rpartition("-")[2])
    typed = (tag for part in ("title", "description", "questions") for tag in words.get(f"{path}.{part}", {}))
    tags = list(dict.fromkeys([*languages_of(page.typed), *typed]))
    return {
        "path": path,
        "number": number,
        "action": f"panel-{numbers}",
        "id": page.typed.get(f"{path}.id", ""),
        "first": number == 0,
        "last": number == count - 1,
        "fields": [
            _worded(page, f"{path}.{part}", tag, tags) for part in ("title", "description", "questions") for tag in tags
        ],
        "speakers": _people(page, path, f"panelist-{numbers}"),
        "adds": f"add-panelist-{numbers}",
    }


def _worded(page: TypedSessions, path: str, tag: str, tags: Sequence[str]) -> dict[str, Any]:
    """Return a field of a panel in one language, which it names where there are several."""
    item = page.item(f"{path}.{tag}") | {"lang": tag, "dir": names.direction(tag)}
    if path.endswith(".title") and tag == tags[0]:
        # A panel that holds anything has a title; one in which nothing is typed is none.
        item["optional"] = False
    if len(tags) > 1:
        item["label"] = gettext("%(label)s (%(language)s)", label=item["label"], language=names.language_name(tag))
        if path.endswith(".questions") and tag != tags[0]:
            item["hint"] = gettext("Each on the line that it has in the other language.")
    return item


def _people(page: TypedSessions, path: str, action: str) -> list[dict[str, object]]:
    """Return the people of a session or panel; ``action`` is what their buttons call them by."""
    count = min(page.counts.get(f"{path}.speakers", 0), MOST_SPEAKERS)
    return [
        {
            "path": f"{path}.speakers[{number}]",
            "number": number,
            "action": f"{action}-{number}",
            "id": page.typed.get(f"{path}.speakers[{number}].id", ""),
            "first": number == 0,
            "last": number == count - 1,
            "fields": [page.item(f"{path}.speakers[{number}].{part}") for part in _PEOPLE],
        }
        for number in range(count)
    ]


def label_in_session(where: str, label: str, sessions: int) -> str:
    """Return what a field of a session is called, with the session where there are several, and the panel."""
    parts = {group: int(number) + 1 for group, number in _PART.findall(where)}
    if "panels" in parts:
        tag = where.rpartition(".")[2] if "speakers" not in parts else ""
        language = names.language_name(tag) if tag else ""
        label = gettext("%(label)s (%(language)s)", label=label, language=language) if language else label
        label = gettext("Panel %(number)d, %(label)s", number=parts["panels"], label=label)
    if sessions == 1:
        return label
    return gettext("Session %(number)d, %(label)s", number=parts["sessions"], label=label)

"""The trail's words: everything that services write into it has some, and states are called as their badges are."""

from __future__ import annotations

import ast
import fnmatch
from collections.abc import Iterator
from pathlib import Path

import pytest

from wmd.domain.states import MACHINES
from wmd.domain.zoom.states import State
from wmd.web.staff.trail_words import ACTS, KINDS, VALUES, field_label, moved, value_words

ROOT = Path(__file__).resolve().parents[3] / "wmd"
#: What writes an entry, and which of its positions is the act.
_WRITERS = {"audit": None, "note_changes": None, "_trail": 2, "_change": 2, "_leave": 4}


def _strings(node: ast.expr) -> Iterator[str]:
    """Yield the words that are written out; of what is put together only the beginning is, followed by ``*``."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
        return
    yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def written(name: str) -> set[str]:
    """Return every act, or kind, that is written out in a call that leaves an entry."""
    found: set[str] = set()
    for path in [*ROOT.glob("services/*.py"), *ROOT.glob("web/**/*.py")]:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in _WRITERS:
                continue
            place = _WRITERS[getattr(call.func, "id", "")]
            given = [each.value for each in call.keywords if each.arg == name]
            if name == "action" and place is not None and len(call.args) > place:
                given.append(call.args[place])
            found.update(text for each in given for text in _strings(each))
    return found


def test_every_act_and_kind_that_is_written_has_words() -> None:
    # What is new gets its words in ``wmd/web/staff/trail_words.py``.
    assert [act for act in sorted(written("action")) if not fnmatch.filter(ACTS, act)] == []
    assert sorted(written("kind") - set(KINDS)) == []
    assert {"move", "invite-contact", "hidden"} <= set(ACTS) & (written("action") | {"move"})


def test_every_state_of_every_machine_has_words() -> None:
    without = {name: sorted(set(moves) - set(VALUES[name])) for name, moves in MACHINES.items()}
    assert without == {"submission": [], "revision": [], "session": [], "registration": []}
    assert set(State) - set(VALUES["binding"]) == set()


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("submission", "changes requested", "changes asked for"),
        ("message", "cancelled", "taken back"),
        ("session", "cancelled", "cancelled"),
        ("person", "oidc", "by single sign-on"),
        ("submission", "v3", "version 3"),
        ("organisation", "ana", "Ana"),
        ("organisation", "gone", "gone"),
        ("edition", "approved", "approved"),
        ("edition", None, "–"),
        ("edition", [], "–"),
        ("edition", ["a", "ana"], "a, Ana"),
        ("reason", {"en": {"body": "No."}, "es": {}}, "en: body: No.; es: –"),
        ("edition", 3, "3"),
    ],
)
def test_value_is_said_in_words_of_its_kind(kind: str, value: object, said: str) -> None:
    assert value_words(kind, value, {"ana": "Ana", "gone": ""}, {"v3": 3}) == said


def test_an_entry_that_went_from_nothing_to_nothing_says_nothing() -> None:
    assert moved("submission", "looked-at", "", "", {}, {}) == ""
    assert moved("submission", "note", "", "17", {}, {}) == ""
    assert moved("submission", "move", "", "submitted", {}, {}) == "– → submitted"
    assert (field_label("reasons"), field_label("submit_closes")) == ("reasons", "submit closes")

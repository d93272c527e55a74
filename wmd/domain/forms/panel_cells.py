"""The panels of a session as they were typed: title, description and questions in each language, and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wmd.domain.content import PanelContent, QuestionContent
from wmd.domain.documents.field_rules import error, warning
from wmd.domain.findings import N_
from wmd.domain.forms.people_cells import read_speakers
from wmd.domain.forms.scalars import Cells
from wmd.domain.forms.typed import MOST_PANELS, MOST_QUESTIONS

if TYPE_CHECKING:
    from wmd.domain.forms.reading import Form


def read_panels(
    cells: Cells, form: Form, path: str, base: Sequence[PanelContent], people: dict[str, str]
) -> list[dict[str, object]]:
    """Return the documents of a session's panels; one in which nothing is typed is none.

    ``base`` are those that are edited: a panel, its questions and its people keep their ids.
    """
    known = {panel.id: panel for panel in base if panel.id}
    found: list[dict[str, object]] = []
    for index in range(min(cells.count(f"{path}.panels"), MOST_PANELS)):
        place, into = f"{path}.panels[{index}]", f"{path}.panels[{len(found)}]"
        before = known.get(cells.text(f"{place}.id"))
        document: dict[str, object] = {
            "title": _words(cells, f"{place}.title"),
            "description": _words(cells, f"{place}.description"),
            "questions": _questions(cells, f"{place}.questions", before.questions if before else ()),
            "speakers": read_speakers(cells, form, place, before.speakers if before else (), people, into=into),
        }
        if any(document.values()):
            cells.typed_at[into] = place
            found.append({"id": before.id if before else "", **document})
    return found


def _words(cells: Cells, path: str) -> dict[str, str]:
    return {tag: text.strip() for tag, text in cells.panel_words.get(path, {}).items() if text.strip()}


def _questions(cells: Cells, path: str, base: Sequence[QuestionContent]) -> list[dict[str, object]]:
    """Return the questions of a panel: what stands on the same line of two languages is the same question."""
    lines = {tag: _lines(text) for tag, text in cells.panel_words.get(path, {}).items() if text.strip()}
    if not lines:
        return []
    counts = {tag: sum(map(bool, said)) for tag, said in lines.items()}
    if len(set(counts.values())) == 1:
        # As many in each: then lines left empty between them mean nothing.
        lines = {tag: list(filter(None, said)) for tag, said in lines.items()}
    else:
        _say_uneven(cells, path, counts)
    longest = max(map(len, lines.values()))
    if max(counts.values()) > MOST_QUESTIONS:
        tag = max(counts, key=lambda each: counts[each])
        text = N_("There are {count} questions; a panel can have {most}.")
        cells.findings.append(error("form.too-many", f"{path}.{tag}", text, count=counts[tag], most=MOST_QUESTIONS))
        longest = min(longest, MOST_QUESTIONS)
    asked = [
        {tag: said[place] for tag, said in lines.items() if place < len(said) and said[place]}
        for place in range(longest)
    ]
    asked = [words for words in asked if words]
    return [
        {"id": identity, "text": words}
        for identity, words in zip(_ids(asked, base, cells.original()), asked, strict=True)
    ]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.rstrip().split("\n")]


def _say_uneven(cells: Cells, path: str, counts: Mapping[str, int]) -> None:
    most = max(counts.values())
    for tag, count in counts.items():
        if count < most:
            text = N_("{count} of {most} questions are here. Write each on the line that it has in the other language.")
            cells.findings.append(warning("form.questions", f"{path}.{tag}", text, count=count, most=most))


def _ids(asked: Sequence[Mapping[str, str]], base: Sequence[QuestionContent], original: str) -> list[str]:
    """Return the id each question had: of the same words, else of the same words in the original, else of its place."""
    free = {question.id: question for question in base if question.id}
    found = [""] * len(asked)

    def take(place: int, identity: str) -> None:
        found[place] = identity
        del free[identity]

    for place, words in enumerate(asked):
        if same := next((one.id for one in free.values() if dict(one.text) == words), ""):
            take(place, same)
    for place, words in enumerate(asked):
        said = words.get(original, "")
        same = next((one.id for one in free.values() if one.text.get(original) == said), "")
        if said and same and not found[place]:
            take(place, same)
    for place in range(min(len(asked), len(base))):
        if not found[place] and base[place].id in free:
            take(place, base[place].id)
    return found

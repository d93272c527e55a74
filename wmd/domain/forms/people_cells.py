"""The people of a session or a panel as they were typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wmd.domain.content import SpeakerContent
from wmd.domain.forms.scalars import Cells
from wmd.domain.forms.typed import MOST_SPEAKERS

if TYPE_CHECKING:
    from wmd.domain.forms.reading import Form


def read_speakers(
    cells: Cells, form: Form, path: str, base: Sequence[SpeakerContent], people: dict[str, str], *, into: str = ""
) -> list[dict[str, object]]:
    """Return the documents of the people of a session or panel; ``people`` gets the names of those new here.

    ``into`` is the path of that part in the document where it differs from the one in the form.
    """
    known = {speaker.id: speaker for speaker in base if speaker.id}
    language = cells.original()
    found: list[dict[str, object]] = []
    for index in range(min(cells.count(f"{path}.speakers"), MOST_SPEAKERS)):
        place = f"{path}.speakers[{index}]"
        name, title = cells.text(f"{place}.name"), cells.text(f"{place}.title")
        organisation = cells.text(f"{place}.organisation")
        if not (name or title or organisation):
            continue
        cells.typed_at[f"{into or path}.speakers[{len(found)}]"] = place
        before = known.get(cells.text(f"{place}.id"))
        titles = dict(before.title) if before else {}
        titles.pop(language, None)
        if title:
            titles[language] = title
        document: dict[str, object] = {
            "id": before.id if before else "",
            "role": cells.text(f"{place}.role") or "speaker",
            "title": titles,
            "organisation": organisation,
        }
        if name and cells.ticked(f"{place}.consent"):
            document["person_id"] = _person(form, place, name, before, people)
        found.append(document)
    return found


def _person(form: Form, place: str, name: str, before: SpeakerContent | None, people: dict[str, str]) -> str:
    """Return the id of a person of this event by that name, or a stand-in for a new one.

    A changed name is another person: nobody is renamed in what is published already.
    """
    if before is not None and before.person_id and form.people.get(before.person_id) == name:
        return before.person_id
    for identity, known in form.people.items():
        if known == name:
            return identity
    for stand_in, given in people.items():
        if given == name:
            return stand_in
    people[f"new:{place}"] = name
    return f"new:{place}"

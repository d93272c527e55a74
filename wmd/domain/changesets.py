"""What differs between two versions of an event, field by field, and taking a part of it.

Sessions, panels, questions and speakers are matched by their ids. What makes sense only together is one change: the
times of a session with their zone, the registration, a language that becomes the original with its texts. A take is
three-way: what the moderator takes of *base → proposed* is laid over *standing*, which may have moved on meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from wmd.domain.content import (
    EventContent,
    PanelContent,
    QuestionContent,
    SessionContent,
    SpeakerContent,
    TextContent,
)
from wmd.domain.findings import N_

Part = SessionContent | PanelContent | QuestionContent | SpeakerContent


class Absent:
    """The value of what is not there, told apart from an empty one."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """One change that is taken or left as a whole.

    ``path`` names it (``texts.en.title``, ``sessions.<id>.time``) and is what a decision stores. ``label`` is an
    English phrase marked for gettext, ``of`` the title or tag of the part it belongs to, as the organiser wrote it.
    ``kind``: changed, added, removed or moved. ``before`` and ``after`` are values of the content; of a group of
    fields a tuple, in the order of ``names``.
    """

    path: str
    label: str
    kind: str
    before: Any
    after: Any
    of: str = ""
    names: tuple[str, ...] = ()


#: Fields that travel together, by the class they stand in: the name of the change, its words, and its fields.
GROUPS: Mapping[type, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    EventContent: (
        ("host", N_("Host’s city, country and region"), ("host_city", "host_country", "region", "un_region")),
        ("format", N_("Format and place"), ("format", "venue")),
        ("key", N_("Key"), ("key", "code")),
    ),
    SessionContent: (
        (
            "time",
            N_("Date, time and zone"),
            ("zone", "starts", "ends", "all_day", "starts_on", "ends_on", "time_text", "time_confirmed"),
        ),
        ("key", N_("Key"), ("key", "code", "uid", "sequence", "created_at", "last_modified_at")),
    ),
}

#: What a single field is called where the face needs words for it.
LABELS: Mapping[str, str] = {
    "title": N_("Title"), "summary": N_("Summary"), "description": N_("Description"),
    "origin": N_("Where the text comes from"), "language": N_("Original language"), "texts": N_("Texts in a language"),
    "organisers": N_("Organisers"), "activity": N_("Kind of activity"), "access": N_("Who may take part"),
    "topics": N_("Topics"), "sdgs": N_("Goals"), "series": N_("Series"), "spoken": N_("Languages spoken"),
    "interpreted": N_("Interpretation"), "captioned": N_("Captions"), "signed": N_("Sign languages"),
    "access_facts": N_("Access"), "access_note": N_("About access"), "platform": N_("Platform"),
    "registration": N_("Registration"), "stream_url": N_("Live stream"), "recording_url": N_("Recording"),
    "web_url": N_("Web page"), "cost": N_("Cost"), "audience": N_("Audience"), "capacity": N_("Capacity"),
    "reminders": N_("Reminders to those who attend"),
    "hashtags": N_("Hashtags"), "image": N_("Picture"), "answers": N_("Answers to the edition’s questions"),
    "review": N_("For the moderators only"), "public_reason": N_("Reason for cancelling or postponing"),
    "is_lead": N_("Lead event"), "is_demo": N_("Demonstration"), "status": N_("State"), "role": N_("Role"),
    "person_id": N_("Person"), "organisation": N_("Organisation"), "text": N_("Text"), "sessions": N_("Session"),
    "panels": N_("Panel"), "questions": N_("Question"), "speakers": N_("Speaker"),
    "format": N_("Format and place"), "host": N_("Host’s city, country and region"), "key": N_("Key"),
    "time": N_("Date, time and zone"), "region": N_("Region"), "un_region": N_("Region of UN-Habitat"),
    "host_city": N_("Host’s city"), "host_country": N_("Host’s country"), "venue": N_("Place"),
    "zone": N_("Time zone"), "starts": N_("Begins"), "ends": N_("Ends"), "all_day": N_("All day"),
    "starts_on": N_("First day"), "ends_on": N_("Last day"), "time_text": N_("Time in the organiser’s words"),
    "time_confirmed": N_("The time was confirmed"), "state": N_("State"), "url": N_("Address"),
    "opens_at": N_("Registration opens"), "closes_at": N_("Registration closes"),
    "name": N_("Name"), "address": N_("Address"),
    "city": N_("City"), "country": N_("Country"), "latitude": N_("Latitude"), "longitude": N_("Longitude"),
}  # fmt: skip
#: The same in a part of an event, where "Title" alone would say too little.
_LABELS_IN: Mapping[type, Mapping[str, str]] = {
    SessionContent: {"title": N_("Title of the session")},
    PanelContent: {"title": N_("Title of the panel"), "description": N_("What the panel is about")},
    QuestionContent: {"text": N_("Guiding question")},
    SpeakerContent: {"title": N_("Role title")},
}
_ORDER = {
    "sessions": N_("Order of the sessions, with those added or removed"),
    "panels": N_("Order of the panels, with those added or removed"),
    "questions": N_("Order of the questions, with those added or removed"),
    "speakers": N_("Order of the speakers, with those added or removed"),
}
#: Lists whose members carry an id.
_LISTS: Final = ("sessions", "panels", "questions", "speakers")


def changes(base: EventContent, proposed: EventContent) -> list[Change]:
    """Return what ``proposed`` changes about ``base``, in the order of the form."""
    return [*_text_changes(base, proposed), *_part_changes(base, proposed, "", "")]


def take(base: EventContent, proposed: EventContent, standing: EventContent, paths: Collection[str]) -> EventContent:
    """Return ``standing`` with the named changes of ``base`` → ``proposed`` in it.

    Paths that name no change are passed over. What the standing version no longer has (a speaker who was taken out
    meanwhile) stays out.
    """
    chosen = {change.path for change in changes(base, proposed)} & set(paths)
    if not chosen:
        return standing
    taken: EventContent = _take_part(base, proposed, _take_texts(base, proposed, standing, chosen), "", chosen)
    return taken


# Texts by language


def _text_changes(base: EventContent, proposed: EventContent) -> Iterator[Change]:
    if base.language != proposed.language:
        yield Change("language", LABELS["language"], "changed", base.language, proposed.language)
    with_language = _texts_with_language(base, proposed)
    for tag in [*base.texts, *(tag for tag in proposed.texts if tag not in base.texts)]:
        before, after = base.texts.get(tag), proposed.texts.get(tag)
        where = f"texts.{tag}"
        if before is None or after is None:
            if tag not in with_language:
                kind = "added" if before is None else "removed"
                yield Change(where, LABELS["texts"], kind, before or ABSENT, after or ABSENT, tag)
        else:
            yield from _leaf_changes(before, after, where, tag)


def _texts_with_language(base: EventContent, proposed: EventContent) -> set[str]:
    """Return the languages whose texts come or go together with the original language."""
    if base.language == proposed.language:
        return set()
    pair = {base.language, proposed.language}
    return {tag for tag in pair if (tag in base.texts) != (tag in proposed.texts)}


def _take_texts(
    base: EventContent, proposed: EventContent, standing: EventContent, chosen: Collection[str]
) -> EventContent:
    texts = dict(standing.texts)
    language = standing.language
    whole = {tag for tag in {*base.texts, *proposed.texts} if f"texts.{tag}" in chosen}
    if "language" in chosen:
        language = proposed.language
        whole |= _texts_with_language(base, proposed)
    for tag in whole:
        if tag in proposed.texts:
            texts[tag] = proposed.texts[tag]
        elif tag != language:
            texts.pop(tag, None)
    for tag in base.texts:
        if tag in proposed.texts and tag in texts:
            texts[tag] = _take_leaves(proposed.texts[tag], texts[tag], f"texts.{tag}", chosen)
    if language not in texts:
        # The standing version has lost the texts that the other original was written in.
        texts[language] = proposed.texts[language]
    return replace(standing, language=language, texts=texts)


# Parts with ids, and their plain fields


def _units(kind: type) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the changes that a class's plain fields can make: name, words, and fields."""
    grouped = GROUPS.get(kind, ())
    inside = {name for _, _, names in grouped for name in names}
    skipped = {"id", "texts", *_LISTS, *({"language"} if kind is EventContent else ())}
    words = {**LABELS, **_LABELS_IN.get(kind, {})}
    alone = [(f.name, words[f.name], (f.name,)) for f in fields(kind) if f.name not in inside | skipped]
    return [*grouped, *alone]


def _leaf_changes(before: Any, after: Any, where: str, of: str) -> Iterator[Change]:  # noqa: ANN401 -- a content value
    for name, label, names in _units(type(before)):
        old, new = _values(before, names), _values(after, names)
        if old != new:
            plain = len(names) == 1
            yield Change(
                _join(where, name), label, "changed", old[0] if plain else old, new[0] if plain else new, of, names
            )


def _take_leaves(proposed: Any, standing: Any, where: str, chosen: Collection[str]) -> Any:  # noqa: ANN401
    taken = {
        field: getattr(proposed, field)
        for name, _, names in _units(type(standing))
        if _join(where, name) in chosen
        for field in names
    }
    return replace(standing, **taken) if taken else standing


def _values(part: Any, names: Sequence[str]) -> tuple[Any, ...]:  # noqa: ANN401 -- a content value
    return tuple(getattr(part, name) for name in names)


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _lists_of(part: Any) -> list[str]:  # noqa: ANN401 -- a content value
    return [f.name for f in fields(part) if f.name in _LISTS]


def _part_changes(before: Any, after: Any, where: str, of: str) -> Iterator[Change]:  # noqa: ANN401
    yield from _leaf_changes(before, after, where, of)
    for name in _lists_of(before):
        yield from _list_changes(getattr(before, name), getattr(after, name), _join(where, name), name, of)


def _list_changes(before: Sequence[Part], after: Sequence[Part], where: str, name: str, of: str) -> Iterator[Change]:
    old, new = {part.id: part for part in before}, {part.id: part for part in after}
    if _is_reordered(before, after):
        yield Change(where, _ORDER[name], "moved", tuple(before), tuple(after), of)
    else:
        for part in before:
            if part.id not in new:
                yield Change(f"{where}.{part.id}", LABELS[name], "removed", part, ABSENT, title_of(part))
        for part in after:
            if part.id not in old:
                yield Change(f"{where}.{part.id}", LABELS[name], "added", ABSENT, part, title_of(part))
    for part in after:
        if part.id in old:
            yield from _part_changes(old[part.id], part, f"{where}.{part.id}", title_of(part))


def _is_reordered(before: Sequence[Part], after: Sequence[Part]) -> bool:
    ids = {part.id for part in before} & {part.id for part in after}
    return [part.id for part in before if part.id in ids] != [part.id for part in after if part.id in ids]


def _take_part(base: Any, proposed: Any, standing: Any, where: str, chosen: Collection[str]) -> Any:  # noqa: ANN401
    result = _take_leaves(proposed, standing, where, chosen)
    lists = {
        name: _take_list(
            getattr(base, name), getattr(proposed, name), getattr(result, name), _join(where, name), chosen
        )
        for name in _lists_of(standing)
    }
    return replace(result, **lists) if lists else result


def _take_list(
    base: Sequence[Part], proposed: Sequence[Part], standing: Sequence[Part], where: str, chosen: Collection[str]
) -> tuple[Part, ...]:
    old, new = {part.id: part for part in base}, {part.id: part for part in proposed}
    whole = where in chosen
    gone = {id_ for id_ in old if id_ not in new and (whole or f"{where}.{id_}" in chosen)}
    come = [part for part in proposed if part.id not in old and (whole or f"{where}.{part.id}" in chosen)]
    kept = [
        _take_part(old[part.id], new[part.id], part, f"{where}.{part.id}", chosen)
        if part.id in old and part.id in new
        else part
        for part in standing
        if part.id not in gone
    ]
    if whole:
        kept = _in_order(kept, [part.id for part in proposed])
    known = {part.id for part in kept}
    for part in come:
        if part.id not in known:
            kept.insert(_place_after(kept, proposed, part.id), part)
    return tuple(kept)


def _in_order(parts: list[Part], wanted: list[str]) -> list[Part]:
    """Put the parts that ``wanted`` names in its order, on the places they have; the others stay where they are."""
    named = sorted((part for part in parts if part.id in wanted), key=lambda part: wanted.index(part.id))
    ordered = iter(named)
    return [next(ordered) if part.id in wanted else part for part in parts]


def _place_after(parts: Sequence[Part], proposed: Sequence[Part], id_: str) -> int:
    """Return where a new part goes: after the nearest one before it in ``proposed`` that is there."""
    places = {part.id: index for index, part in enumerate(parts)}
    before = [part.id for part in proposed[: [part.id for part in proposed].index(id_)]]
    return next((places[other] + 1 for other in reversed(before) if other in places), 0)


def title_of(part: Any) -> str:  # noqa: ANN401 -- any part of a content
    """Return what a part is called in its own words: its title, text or organisation; nothing when it has none."""
    if isinstance(part, TextContent):
        return part.title
    words: Mapping[str, str] = getattr(part, "title", None) or getattr(part, "text", None) or {}
    return next(iter(words.values()), "") or getattr(part, "organisation", "")

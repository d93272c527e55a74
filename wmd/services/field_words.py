"""What a field of an event is called in a mail: as the form calls it, in the language of the reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from babel import Locale, UnknownLocaleError

from wmd.domain.changesets import LABELS, Change
from wmd.domain.findings import N_
from wmd.domain.forms.fields import FIELDS, field_of, pattern_of

NOT_TAKEN = N_("not taken: {field}")
_IN_SESSION = N_("Session {number}, {field}")


def field_words(where: str, say: Callable[[str], str], language: str) -> str:
    """Return the name of the field that a path of the document names; a blank for one that has none.

    What exists several times says which one: "One line about it (English)", "Session 2, Starts".
    """
    field = FIELDS.get(pattern_of(field_of(where)))
    label = field.label if field else ""
    label = label or LABELS.get(where.rpartition(".")[2].partition("[")[0], "")
    label = say(label) if label else ""
    first, _, rest = where.partition(".")
    if label and first == "texts":
        return f"{label} ({language_words(rest.partition('.')[0], language)})"
    if label and first.startswith("sessions["):
        number = first.removeprefix("sessions[").removesuffix("]")
        if number.isdecimal():
            return say(_IN_SESSION).format(number=int(number) + 1, field=label)
    return label


def language_words(tag: str, language: str) -> str:
    """Return the name of a language in another; the tag itself when it is not known."""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return tag
    return f"{name[:1].upper()}{name[1:]}" if name else tag


def change_facts(change: Change, *, taken: bool) -> dict[str, object]:
    """Return a change as a mail's facts keep it: the English label, the part it belongs to, and what became of it."""
    return {"label": change.label, "of": change.of, "path": change.path, "taken": taken}


def change_words(fact: Mapping[str, object], say: Callable[[str], str], language: str) -> str:
    """Return a kept change in words: "Title (Opening)", "not taken: One line about it (Spanish)"."""
    label, of, path = (str(fact.get(name, "")) for name in ("label", "of", "path"))
    if pattern_of(path) in FIELDS:
        words = field_words(path, say, language)
    else:
        words = f"{say(label)} ({of})" if of else say(label)
    return words if fact.get("taken") else say(NOT_TAKEN).format(field=words)

"""Findings: what is wrong, or only doubtful, about something that came from outside.

A finding is a value with a stable code, so that the importer, the forms and the
command line say the same thing in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Level(StrEnum):
    """How far a finding reaches: an error stops the file or form, a warning asks, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def N_(message: str) -> str:  # noqa: N802 -- the name that gettext extraction looks for
    """Mark an English message for the gettext catalogue without translating it here."""
    return message


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one field.

    ``code`` is stable and lower-case (``time.abbreviation``); ``where`` is the path of the field
    (``events[3].sessions[0].start``); ``line`` is the 1-based line of the source file when known;
    ``text`` is an English ``str.format`` template marked with :func:`N_`, filled from ``params``.
    """

    code: str
    level: Level
    where: str
    text: str
    params: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None

    def say(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence for a person, in the language of ``translate``."""
        return translate(self.text).format(**self.params)

    def at(self, prefix: str, line: int | None = None) -> Finding:
        """Return the same finding with ``prefix`` put before its path (and a line, when known)."""
        where = f"{prefix}.{self.where}" if self.where and not self.where.startswith("[") else prefix + self.where
        return replace(self, where=where, line=line if line is not None else self.line)


def errors(findings: list[Finding]) -> list[Finding]:
    """Return only the findings that must stop what was asked."""
    return [f for f in findings if f.level is Level.ERROR]

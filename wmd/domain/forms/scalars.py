"""Single typed values: numbers, dates, times, links and languages, read leniently and never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import cached_property

from wmd.domain.abbreviations import literal_offsets
from wmd.domain.documents.field_rules import error
from wmd.domain.findings import N_, Finding
from wmd.domain.forms.fields import FIELDS, FieldSettings, pattern_of
from wmd.domain.forms.named import code_of, near
from wmd.domain.forms.typed import Typed, counts_of, panel_words, values_of

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\s*([./])\s*(\d{1,2})\s*[./]\s*(\d{4})", re.ASCII)
_TIME = re.compile(r"(\d{1,2})(?:\s*[:.hH]\s*(\d{2}))?(?::\d{2})?\s*([aApP])?\.?[mM]?\.?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_DECIMAL = re.compile(r"[+-−]?\d{1,3}(?:[.,]\d{1,12})?")
_BARE_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+([/?#]\S*)?")


def read_date(text: str) -> date | None:
    """Return the date of ``2026-10-07``, ``7.10.2026``, or ``17/10/2026``; None when it is none, or not sure.

    With a stroke, day and month come in either order over the world: both must not be possible.
    """
    if found := _ISO_DATE.fullmatch(text.strip()):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _DAY_FIRST.fullmatch(text.strip()):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] == "/" and day <= 12 and month <= 12 and day != month:
            return None
        if found[2] == "/" and month > 12:
            day, month = month, day
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """Return the time of ``15:00``, ``15.00``, ``15h30``, ``3 pm`` or ``3:30 p.m.``; None when it is none."""
    found = _TIME.fullmatch(text.strip())
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None


@dataclass
class Cells:
    """The typed values one by one; what cannot be read is left out and said in ``findings``.

    ``typed_at`` says where a part of the document is typed, because parts in which nothing is typed are none.
    """

    typed: Typed
    settings: FieldSettings
    findings: list[Finding] = field(default_factory=list)
    typed_at: dict[str, str] = field(default_factory=dict)

    def placed(self, finding: Finding) -> Finding:
        """Return a finding about the document at the place in the form that it is about."""
        part = finding.where
        while part and part not in self.typed_at:
            part = part.rpartition(".")[0] if not part.endswith("]") else part[: part.rfind("[")]
        return replace(finding, where=self.typed_at[part] + finding.where[len(part) :]) if part else finding

    def text(self, name: str) -> str:
        """Return what was typed, without blanks around it."""
        return self.typed.get(name, "").strip()

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        return counts_of(self.typed)

    def count(self, group: str) -> int:
        """Return how many parts a group has, as :func:`count_of` does."""
        return self._counts.get(group, 0)

    @cached_property
    def panel_words(self) -> Mapping[str, Mapping[str, str]]:
        """Return the words of panels by language, as :func:`panel_words` does."""
        return panel_words(self.typed)

    def original(self) -> str:
        """Return the tag of the language that words without one are in: the original, English until it is known."""
        return code_of("languages", self.text("language")) or "en"

    def ticked(self, name: str) -> bool:
        """Whether a check box was ticked."""
        return bool(self.text(name))

    def lines(self, name: str) -> list[str]:
        """Return the values of a field with several."""
        return values_of(self.typed, name)

    def words(self, name: str) -> list[str]:
        """Return what stands between blanks or commas."""
        return list(dict.fromkeys(re.split(r"[\s,;]+", self.text(name).strip(" ,;")))) if self.text(name) else []

    def link(self, name: str) -> str:
        """Return a link; a bare host gets the scheme that people leave out."""
        text = self.text(name)
        return f"https://{text}" if _BARE_HOST.fullmatch(text) else text

    def number(self, name: str) -> int | None:
        """Return a whole number; blanks between its digits are people's way to group them."""
        text = re.sub(r"[\s ’']", "", self.text(name))
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            self.findings.append(error("form.number", name, N_("Write a whole number, in digits.")))
            return None
        return int(text)

    def decimal(self, name: str) -> float | None:
        """Return a number with a point or a comma."""
        text = self.text(name)
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            self.findings.append(error("form.decimal", name, N_("Write a number such as 41.3874.")))
            return None
        return float(text.replace(",", ".").replace("−", "-"))

    def numbers(self, name: str) -> list[int]:
        """Return several whole numbers."""
        lines = self.lines(name)
        if any(not _WHOLE.fullmatch(line) for line in lines):
            self.findings.append(error("form.number", name, N_("One of these is not a number of the list.")))
        return [int(line) for line in lines if _WHOLE.fullmatch(line)]

    def named(self, name: str, *, country: str = "") -> str:
        """Return the code of a typed country, language or city; what stands for none is returned as it was typed.

        ``country`` is the code of the one whose cities are proposed for a city that is not known.
        """
        text, kind = self.text(name), FIELDS[pattern_of(name)].options
        code = code_of(kind, text)
        # Of letters such as CET the checks of times say which places they may mean.
        if text and not code and not (kind == "zones" and literal_offsets(text)):
            self.findings.append(unknown_name(kind, name, text, country=country))
        return code or text

    def languages(self, name: str) -> list[str]:
        """Return the tags of languages that were named in words, between commas."""
        tags = []
        for said in filter(None, (part.strip() for part in re.split(r"[,;\n]", self.text(name)))):
            if tag := code_of("languages", said):
                tags.append(tag)
            else:
                self.findings.append(unknown_name("languages", name, said))
        already = self.lines("spoken")
        return [tag for tag in dict.fromkeys(tags) if tag not in already]

    def date(self, name: str) -> date | None:
        """Return a date."""
        text = self.text(name)
        on = read_date(text)
        if text and on is None:
            self.findings.append(error("form.date", name, N_("Write the date as year-month-day, such as 2026-10-07.")))
        return on

    def time(self, name: str) -> time | None:
        """Return a time of day."""
        text = self.text(name)
        at = read_time(text)
        if text and at is None:
            self.findings.append(error("form.time", name, N_("Write the time with hours and minutes, such as 15:00.")))
        return at

    def put(self, document: dict[str, object], name: str, value: object, *, pattern: str = "") -> None:
        """Set a value of the document, unless the edition does not ask for the field: then it stays as it was."""
        pattern = pattern or pattern_of(name)
        if pattern not in FIELDS or self.settings.is_shown(pattern):
            document[name] = value

    def group(self, document: Mapping[str, object], name: str) -> Mapping[str, object]:
        """Return an object of the document as it was before."""
        value = document.get(name)
        return value if isinstance(value, dict) else {}


_UNKNOWN = {
    "countries": (
        N_("We do not know the country “{said}”. Write its name in English, or as it is called there."),
        N_("We do not know the country “{said}”. Did you mean {near}?"),
    ),
    "languages": (
        N_("We do not know the language “{said}”. Write its name in English, or in the language itself."),
        N_("We do not know the language “{said}”. Did you mean {near}?"),
    ),
    "zones": (
        N_("We know no clock for “{said}”. Write a large city in which clocks show the same time."),
        N_("We know no clock for “{said}”. Write a large city in which clocks show the same time, such as {near}."),
    ),
}


def unknown_name(kind: str, where: str, said: str, *, country: str = "") -> Finding:
    """Return what is said of a name that stands for no country, language or city's clock, with what is near it."""
    alone, with_near = _UNKNOWN[kind]
    close = near(kind, said, country=country)
    if not close:
        return error(f"form.{kind}", where, alone, said=said[:60])
    return error(f"form.{kind}", where, with_near, said=said[:60], near=", ".join(close))

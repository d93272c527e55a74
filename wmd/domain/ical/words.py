"""The words a calendar entry needs besides an event's own texts, in one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

from wmd.domain.findings import N_


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """The translated words of one interface language; the defaults are the English ones.

    Templates keep their ``{…}`` places. ``language_names`` maps BCP 47 tags and ``country_names``
    ISO 3166-1 codes to names in this language; what a map lacks is shown by its code, or left out.
    """

    language: str = "en"
    cancelled_title: str = N_("Cancelled: {title}")
    postponed_title: str = N_("Postponed: {title}")
    cancelled_note: str = N_("This session has been cancelled.")
    postponed_note: str = N_("This session has been postponed; its new time is not known yet.")
    hidden_title: str = N_("No longer listed")
    demo_note: str = N_("Demonstration data: this event is made up.")
    online: str = N_("Online")
    online_at: str = N_("Online: {link}")
    take_part_label: str = N_("Take part")
    take_part: str = N_("Take part: {link}")
    more: str = N_("More information: {link}")
    spoken: str = N_("Spoken: {languages}")
    interpreted: str = N_("Interpretation: {languages}")
    captioned: str = N_("Captions: {languages}")
    signed: str = N_("Sign language: {languages}")
    organised_by: str = N_("Organised by: {names}")
    part_of: str = N_("Part of {edition}")
    list_comma: str = N_(", ")
    language_names: Mapping[str, str] = field(default_factory=dict)
    country_names: Mapping[str, str] = field(default_factory=dict)

    def translated(
        self,
        language: str,
        translate: Callable[[str], str],
        *,
        language_names: Mapping[str, str],
        country_names: Mapping[str, str] | None = None,
    ) -> CalendarWords:
        """Return these words in another language; ``translate`` is its ``gettext``."""
        kept = {"language", "language_names", "country_names"}
        words = {f.name: translate(getattr(self, f.name)) for f in fields(self) if f.name not in kept}
        names: dict[str, Mapping[str, str]] = {
            "language_names": language_names,
            "country_names": country_names or {},
        }
        return replace(self, language=language, **words, **names)  # type: ignore[arg-type]


#: The English words; the other languages are made from them with :meth:`CalendarWords.translated`.
ENGLISH = CalendarWords(
    language_names={
        "ar": N_("Arabic"),
        "ca": N_("Catalan"),
        "en": N_("English"),
        "es": N_("Spanish"),
        "fr": N_("French"),
        "pt": N_("Portuguese"),
        "zh": N_("Chinese"),
    }
)

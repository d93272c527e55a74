"""The form as a page: sections with their fields, values, choices and messages, ready for the template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.forms.fields import DECLARATIONS, FIELDS, SECTIONS, FormField, Need, field_of, pattern_of
from wmd.domain.forms.reading import Form
from wmd.domain.forms.typed import MOST_PARTNERS, Typed, counts_of, languages_of, values_of
from wmd.domain.vocabulary import ACCESS_FACT_LABELS
from wmd.web import names
from wmd.web.catalogue import gettext
from wmd.web.organiser.form_sessions import is_beyond, label_in_session, sessions_of
from wmd.web.organiser.form_sign_up import label_of_question, sign_up_questions
from wmd.web.organiser.options import names_to_type, options_of, shown_name, with_cities
from wmd.web.words import select_locale

#: Fields that a browser may fill in from what it knows of its user (WCAG 2.2, 1.3.5).
_AUTOCOMPLETE = {
    "contact.name": "name",
    "contact.address": "email",
    "contact.phone": "tel",
    "contact.role_title": "organization-title",
    "organisation.name": "organization",
    "organisation.website": "url",
}
_LENGTHS = {"texts.*.title": 120, "texts.*.summary": 160}
#: Where a plain answer is filled in before anybody typed.
_CHOSEN_FOR_THEM = frozenset({"contact.language", "un_region"})
#: What is needed only in some cases says in which.
_ONLY_IF = {"platform": N_("(if online)"), "venue.city": N_("(if people come to a place)")}
_ROWS = {"texts.*.description": 10, "sessions[].panels[].questions.*": 5}


@dataclass(frozen=True, slots=True)
class Message:
    """What is said beside a field. ``level``: error, warning, note, or team (a remark of the moderators)."""

    text: str
    level: str


@dataclass
class FormPage:
    """The form as it is typed, with all that the template asks for.

    ``findings`` are those of reading; ``comments`` the moderators' remarks by field. ``is_edit``: it changes something
    that was handed in; ``is_published``: its sessions are cancelled elsewhere, and not taken out here.
    """

    typed: Typed
    form: Form
    findings: Sequence[Finding] = ()
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_edit: bool = False
    is_published: bool = False
    _messages: dict[str, list[Message]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for where, texts in self.comments.items():
            said = [Message(gettext("The team: %(text)s", text=text), "team") for text in texts]
            self._messages.setdefault(field_of(where), []).extend(said)
        for finding in self.findings:
            message = Message(_say(finding), finding.level.value)
            self._messages.setdefault(finding.where, []).append(message)

    @cached_property
    def sections(self) -> list[dict[str, object]]:
        """The sections that are asked, in order, with their single fields."""
        shown = []
        for section in SECTIONS:
            is_asked = section.slug != "questions" or self.form.questions
            if section.slug not in self.form.sections or not is_asked:
                continue
            single = [
                each
                for pattern, each in FIELDS.items()
                if each.section == section.slug and "[]" not in pattern and "*" not in pattern
            ]
            # What was filled, or is wrong, is not folded away.
            asked = [each for each in single if self._asks(each)]
            # What staff made required is not folded away either.
            more = [self.item(each.pattern) for each in asked if self._is_folded(each)]
            shown.append(
                {
                    "slug": section.slug,
                    "title": gettext(section.title),
                    "lead": gettext(section.lead) if section.lead else "",
                    "fields": [self.item(each.pattern) for each in asked if not self._is_folded(each)],
                    "more": more,
                    "open": any(_is_said(item) for item in more) or self._leads_into(section.slug),
                }
            )
        return shown

    def _is_folded(self, each: FormField) -> bool:
        return each.folded and not self.form.settings.is_required(each.pattern)

    def _leads_into(self, section: str) -> bool:
        """Whether a mistake is mended in a field of this section that is folded away: the place of a join link."""
        return section == "way-in" and any(finding.code == "registration.join-link" for finding in self.findings)

    def _asks(self, each: FormField) -> bool:
        if each.pattern == "late_note" and not self.form.is_late:
            return False
        if each.pattern == "organisation.key" and not self.form.organisations:
            return False
        if each.section == "organisation" and each.pattern != "organisation.key" and self._names_own:
            return False
        if each.pattern == "registration.forget_link" and not self.keeps_link:
            return False
        if each.pattern == "series" and not self.form.series:
            return False
        is_drawn = each.section not in {"picture", "questions"} and each.control != "hidden"
        # A time alone would say nothing.
        needs = {"registration.closes_time": "registration.closes_on"}.get(each.pattern, each.pattern)
        return is_drawn and all(self.form.settings.is_shown(pattern) for pattern in (each.pattern, needs))

    @property
    def _names_own(self) -> bool:
        """Whether an own organisation is chosen and nothing is typed of another: its profile is known."""
        if self.typed.get("organisation.key", "") not in self.form.organisations:
            return False
        others = (
            text for name, text in self.typed.items() if name.startswith("organisation.") and not name.endswith("key")
        )
        return not any(text.strip() for text in others)

    @cached_property
    def keeps_link(self) -> bool:
        """Whether a join link is kept for the event that is edited."""
        return bool(self.form.base and self.form.base.registration.private_link_id)

    def item(self, name: str) -> dict[str, object]:
        """Return one field for the macros of ``_forms.html``."""
        pattern = pattern_of(name)
        each = FIELDS[pattern]
        chosen = values_of(self.typed, name) if each.control == "many" else [self.typed.get(name, "")]
        required = self.form.settings.is_required(pattern)
        attrs: dict[str, object] = {"autocomplete": _AUTOCOMPLETE[pattern]} if pattern in _AUTOCOMPLETE else {}
        if each.control == "number":
            attrs |= {"inputmode": "numeric", "min": 0}
        if pattern in _LENGTHS:
            attrs["data-longest"] = _LENGTHS[pattern]
        is_named = each.control == "named"
        return {
            "name": name,
            "label": gettext(each.label) if each.label else "",
            "value": shown_name(each.options, self.typed.get(name, "")) if is_named else self.typed.get(name, ""),
            "kind": "text" if is_named else each.control,
            "list": each.options if is_named else "",
            "hint": gettext(each.hint) if each.hint else "",
            "messages": self.at(name),
            "required": required,
            "optional": _optional(each, required=required),
            "options": options_of(each.options, self.form, chosen) if each.options and not is_named else (),
            "chosen": chosen,
            "rows": _ROWS.get(pattern, 3),
            "attrs": attrs,
            "lang": "",
            "dir": "",
        }

    @cached_property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The names that fields of this form propose while somebody types, once for the whole page."""
        kinds = (
            each.options for each in FIELDS.values() if each.control == "named" and each.section in self.form.sections
        )
        return {kind: names_to_type(kind) for kind in dict.fromkeys(kinds)}

    def at(self, where: str) -> list[Message]:
        """Return what is said about a field, or about a whole part of the form."""
        return self._messages.get(where, [])

    @cached_property
    def languages(self) -> list[dict[str, object]]:
        """The languages of the texts, each with its three fields."""
        tags = languages_of(self.typed)
        return [
            {
                "tag": tag,
                "name": names.language_name(tag),
                "dir": names.direction(tag),
                "path": f"texts.{tag}",
                "removable": len(tags) > 1,
                "fields": [self.item(f"texts.{tag}.{part}") for part in ("title", "summary", "description")],
                "origin": self.typed.get(f"texts.{tag}.origin", ""),
            }
            for tag in tags
        ]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many parts each group has."""
        return counts_of(self.typed)

    @cached_property
    def sessions(self) -> list[dict[str, object]]:
        """The sessions, each with its fields, its speakers and its panels."""
        return sessions_of(self)

    @cached_property
    def partners(self) -> list[dict[str, object]]:
        """The organisations that take part."""
        shown = []
        for index in range(1, min(self.counts.get("organisers", 0), MOST_PARTNERS + 1)):
            path = f"organisers[{index}]"
            key = self.typed.get(f"{path}.key", "")
            parts = ("name", "role") if key else ("name", "role", "address")
            fields = [self.item(f"{path}.{part}") for part in parts]
            shown.append({"path": path, "index": index, "key": key, "fields": fields})
        return shown

    @cached_property
    def asked_here(self) -> list[dict[str, object]]:
        """The questions to those who register here."""
        return sign_up_questions(self)

    @cached_property
    def access_facts(self) -> list[dict[str, object]]:
        """The access facts, each with its answer."""
        return [
            self.item(f"access_facts.{fact}") | {"label": gettext(words), "hint": "", "optional": False}
            for fact, words in ACCESS_FACT_LABELS.items()
        ]

    @cached_property
    def declarations(self) -> list[dict[str, object]]:
        """The declarations that are asked for, in their words."""
        return [
            self.item(f"declarations.{kind}")
            | {
                "label": self.form.declared.get(kind) or gettext(DECLARATIONS[kind]),
                "required": True,
                "kind": "checkbox",
            }
            for kind in self.form.declarations
        ]

    @cached_property
    def overflow(self) -> list[tuple[str, str]]:
        """What was typed of more parts than are shown: it is kept, and said to be too many."""
        return [(name, value) for name, value in self.typed.items() if is_beyond(name)]

    @cached_property
    def summary(self) -> list[dict[str, object]]:
        """The mistakes, each with its field, in the order of the form."""
        order = {where: place for place, where in enumerate(dict.fromkeys(self._order()))}
        found = [finding for finding in self.findings if finding.level is Level.ERROR]
        found.sort(key=lambda finding: order.get(finding.where, len(order)))
        return [
            {"where": _anchor(finding.where), "text": _say(finding), "label": self.label_of(finding.where)}
            for finding in found
        ]

    def _order(self) -> Iterable[str]:
        for section in SECTIONS:
            for name in self.typed:
                if pattern_of(name) in FIELDS and FIELDS[pattern_of(name)].section == section.slug:
                    yield name
            yield from (pattern for pattern, each in FIELDS.items() if each.section == section.slug)

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """What is typed, in the order of the form, as it is called and chosen: for reading, not for typing."""
        shown = []
        for name in dict.fromkeys(self._order()):
            value = self.typed.get(name, "").strip()
            label = self.label_of(name) if value else ""
            # What no country led to, and nobody chose, says nothing.
            if label and name != "new_language" and (name, value) != ("un_region", "global"):
                shown.append({"name": name, "label": label, "value": self.said(name)})
        return shown

    @cached_property
    def rows_but_times(self) -> list[dict[str, str]]:
        """Those rows without the parts of dates and times, for a page that says them together."""
        return [row for row in self.rows if pattern_of(row["name"]) not in _OF_TIMES]

    def said(self, name: str) -> str:
        """Return what is typed in a field, in the words of its choices; a blank when nothing is."""
        each, value = FIELDS[pattern_of(name)], self.typed.get(name, "").strip()
        if each.control == "checkbox":
            return gettext("Yes") if value else ""
        if each.control == "named":
            return shown_name(each.options, value)
        chosen = values_of(self.typed, name) if each.control == "many" else [value]
        words = {
            pair[0]: pair[1]
            for option in (options_of(each.options, self.form, chosen) if each.options and value else ())
            for pair in (option["options"] if isinstance(option, dict) else [option])  # type: ignore[attr-defined]
        }
        return ", ".join(words.get(one, one) for one in chosen)

    def _own_words(self, pattern: str, key: str) -> str:
        if pattern == "declarations.*":
            return self.form.declared.get(key) or (gettext(DECLARATIONS[key]) if key in DECLARATIONS else "")
        if pattern == "access_facts.*":
            return gettext(ACCESS_FACT_LABELS[key]) if key in ACCESS_FACT_LABELS else ""
        asked = {question.slug: question for question in self.form.questions}
        return names.best_text(asked[key].label, select_locale())[0] if key in asked else ""

    def label_of(self, where: str) -> str:
        """Return what a field is called, with the part it belongs to where there are several."""
        pattern = pattern_of(where)
        label = gettext(FIELDS[pattern].label) if pattern in FIELDS and FIELDS[pattern].label else ""
        if pattern in _OWN_WORDS:
            return self._own_words(pattern, where.partition(".")[2]) or label
        if where.startswith("sessions["):
            return label_in_session(where, label, self.counts.get("sessions", 0)) if label else ""
        if where.startswith("registration.questions[") and label:
            return label_of_question(where, label)
        if where.startswith("texts.") and label:
            return f"{label} ({names.language_name(where.split('.')[1])})"
        return label


_OF_TIMES = frozenset(f"sessions[].{part}" for part in ("date", "starts", "ends", "ends_date", "zone", "all_day"))
#: Fields that are called by their own words: which declaration, which question, which fact.
_OWN_WORDS = frozenset({"declarations.*", "answers.*", "access_facts.*"})


def _say(finding: Finding) -> str:
    """Return a finding in words that one can type into the form."""
    return replace(finding, params=with_cities(finding.params)).say(gettext)


def _is_said(item: Mapping[str, object]) -> bool:
    """Whether something stands in a field, or is said about it: then it is not folded away."""
    return bool(item["messages"]) or bool(item["value"] and item["name"] not in _CHOSEN_FOR_THEM)


def _optional(each: FormField, *, required: bool) -> str | bool:
    if required or each.control == "checkbox":
        return False
    if each.pattern in _ONLY_IF:
        return gettext(_ONLY_IF[each.pattern])
    return gettext("(may follow later)") if each.need is Need.TO_PUBLISH else True


def _anchor(where: str) -> str:
    """Return the name whose id a link leads to."""
    return where or "form"

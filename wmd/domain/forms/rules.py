"""Rules that only a form has: what must be filled, addresses of people, declarations, hostile characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wmd.domain.documents.field_rules import error, warning
from wmd.domain.findings import N_, Finding
from wmd.domain.forms.fields import FIELDS, pattern_of
from wmd.domain.forms.named import code_of
from wmd.domain.forms.scalars import Cells, unknown_name
from wmd.domain.forms.typed import MOST_PANELS, MOST_SESSIONS, MOST_SPEAKERS, Typed, languages_of

if TYPE_CHECKING:
    from wmd.domain.forms.reading import Form

#: Told apart by the service with the whole rules of RFC 5321; here only what is plainly no address.
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]{2,}")
#: Characters that turn the direction of what follows: they can make a text read as another (Unicode UAX #9).
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: Nested so deep that nobody can read it; renderers take time for it.
_NESTED = re.compile(r"(?m)^(?:\s{0,8}(?:>|[-*+]|\d{1,9}[.)])[ \t]?){25,}|[\[\]()*_`~!<>]{120,}")
_LONGEST_LINE = 20_000
MOST_CHOSEN = 3
_NEEDED = N_("This is needed.")


def check_typed(cells: Cells, form: Form, *, has_second: bool) -> list[Finding]:
    """Return what is wrong with the form as a form."""
    return [
        *_hostile(cells.typed),
        *_needed(cells, form),
        *_way_in(cells, form),
        *_limits(cells, form),
        *_of_sessions(cells),
        *_people(cells, form, has_second=has_second),
        *_declared(cells, form),
    ]


def _hostile(typed: Typed) -> Iterator[Finding]:
    for name, value in typed.items():
        if _OVERRIDES.search(value):
            text = N_("The text holds a hidden character that turns its direction. Type the text again.")
            yield error("form.direction", name, text)
        if _NESTED.search(value):
            yield error("form.nested", name, N_("This is nested too deep to be read. Write it more simply."))
        if len(value) > _LONGEST_LINE:
            text = N_("This has {length} characters; at most {longest} fit.")
            yield error("form.long", name, text, length=len(value), longest=_LONGEST_LINE)


def _is_wanted(pattern: str, form: Form) -> bool:
    field = FIELDS[pattern]
    return field.section in form.sections and form.settings.is_required(pattern)


def _needed(cells: Cells, form: Form) -> Iterator[Finding]:
    """Yield the fields that must be filled and are not."""
    is_known = cells.text("organisation.key") in form.organisations
    for pattern, field in FIELDS.items():
        if not _is_wanted(pattern, form) or (field.section == "organisation" and is_known):
            continue
        for name in _names(pattern, cells.typed):
            is_filled = cells.text(name) or (name == "spoken" and cells.text("spoken_more"))
            if not is_filled:
                yield error("form.needed", name, _NEEDED)


def _names(pattern: str, typed: Typed) -> list[str]:
    """Return the fields of a pattern that are asked once, or once for each language of the texts."""
    if pattern.startswith("texts.*."):
        return [f"texts.{tag}.{pattern.rpartition('.')[2]}" for tag in languages_of(typed)]
    return [] if "*" in pattern or "[]" in pattern else [pattern]


def _way_in(cells: Cells, form: Form) -> Iterator[Finding]:
    is_online = cells.text("format") != "in-person"
    if is_online and not cells.text("platform"):
        yield error("form.needed", "platform", N_("Say where it takes place online."))
    kept = form.base.registration.private_link_id if form.base else None
    ways = ("registration.url", "registration.join_link", "registration.with_us")
    has_link = bool(kept or any(cells.text(name) for name in ways))
    if is_online and cells.text("access") != "invitation" and not has_link:
        yield warning("form.link-later", "registration.url", N_("You can hand it in without; we need it later."))


def _limits(cells: Cells, form: Form) -> Iterator[Finding]:
    if form.is_late and not cells.text("late_note") and "review" in form.sections:
        yield error("form.late-note", "late_note", N_("The deadline has passed: please say why it is late."))
    for name, text in (("topics", N_("Choose at most three topics.")), ("sdgs", N_("Choose at most three goals."))):
        if len(cells.lines(name)) > MOST_CHOSEN:
            yield error("form.most", name, text)


def _of_sessions(cells: Cells) -> Iterator[Finding]:
    for index in range(min(cells.count("sessions"), MOST_SESSIONS)):
        path = f"sessions[{index}]"
        if not cells.text(f"{path}.zone"):
            yield error("form.needed", f"{path}.zone", N_("Name the city whose clock counts."))
        if not cells.ticked(f"{path}.to_confirm"):
            names = ["date"] if cells.ticked(f"{path}.all_day") else ["date", "starts", "ends"]
            for name in names:
                if not cells.text(f"{path}.{name}"):
                    yield error("form.needed", f"{path}.{name}", _NEEDED)
        yield from _consents(cells, path)
        for position in range(min(cells.count(f"{path}.panels"), MOST_PANELS)):
            panel = f"{path}.panels[{position}]"
            yield from _titled(cells, panel)
            yield from _consents(cells, panel)


def _consents(cells: Cells, path: str) -> Iterator[Finding]:
    """Yield what is missing about the people of a session or panel whose names may not be published."""
    for position in range(min(cells.count(f"{path}.speakers"), MOST_SPEAKERS)):
        place = f"{path}.speakers[{position}]"
        if cells.text(f"{place}.name") and not cells.ticked(f"{place}.consent"):
            text = N_("Without this person’s knowledge the name is not kept; the role title is shown alone.")
            yield warning("form.consent", f"{place}.consent", text)
            if not cells.text(f"{place}.title"):
                yield error("form.needed", f"{place}.title", N_("Then give at least the role title."))


def _titled(cells: Cells, panel: str) -> Iterator[Finding]:
    """Yield that a panel in which something is typed has no title."""
    said = (cells.panel_words.get(f"{panel}.{name}", {}) for name in ("description", "questions"))
    people = (
        cells.text(f"{panel}.speakers[{n}].{part}")
        for n in range(min(cells.count(f"{panel}.speakers"), MOST_SPEAKERS))
        for part in ("name", "title", "organisation")
    )
    is_used = any(text.strip() for words in said for text in words.values()) or any(people)
    titles = cells.panel_words.get(f"{panel}.title", {})
    if is_used and not any(text.strip() for text in titles.values()):
        yield error("form.needed", f"{panel}.title.{cells.original()}", N_("Give the panel a title."))


def _people(cells: Cells, form: Form, *, has_second: bool) -> Iterator[Finding]:
    wanted = [name for name in cells.typed if pattern_of(name) == "organisers[].address"]
    wanted += ["contact.address"] if "contact" in form.sections else []
    wanted += ["contact2.address"] if has_second else []
    for name in wanted:
        address = cells.text(name)
        if address and (not _ADDRESS.fullmatch(address) or len(address) > 254):
            yield error("form.address", name, N_("This is not a mail address such as name@city.example."))
    if has_second and not cells.text("contact2.address"):
        yield error("form.needed", "contact2.address", N_("How can we reach this person?"))
    for name in cells.typed:
        if pattern_of(name) != "organisers[].name":
            continue
        path = name.rpartition(".")[0]
        filled = any(cells.text(f"{path}.{part}") for part in ("address", "key"))
        if not cells.text(name) and filled:
            yield error("form.needed", name, _NEEDED)


def _declared(cells: Cells, form: Form) -> Iterator[Finding]:
    if "declarations" not in form.sections:
        return
    for kind in form.declarations:
        if not cells.ticked(f"declarations.{kind}"):
            yield error("form.declare", f"declarations.{kind}", N_("Please confirm this."))


def check_new_language(typed: Typed) -> list[Finding]:
    """Return why no language can be added: none is named, nobody knows it, or its texts are there."""
    said = typed.get("new_language", "").strip()
    code = code_of("languages", said)
    if not said:
        return [error("form.needed", "new_language", N_("Name the language first."))]
    if not code:
        return [unknown_name("languages", "new_language", said)]
    if code in languages_of(typed):
        return [error("form.language-there", "new_language", N_("This language is there already."))]
    return []


def without_what_comes_later(findings: list[Finding], typed: Typed) -> list[Finding]:
    """Leave out what an organiser cannot give: keys, and the times of a session whose date is still to be confirmed."""
    kept = []
    for finding in findings:
        if finding.where == "key" or finding.code == "session.key-missing":
            continue
        path = finding.where.partition(".")[0]
        if finding.code.startswith("time.missing-") and typed.get(f"{path}.to_confirm", "").strip():
            continue
        if finding.code == "speaker.empty" and typed.get(f"{finding.where}.name", "").strip():
            # Without consent the name is not kept; that has been said beside it.
            continue
        kept.append(finding)
    return kept

"""Registering with us as it was typed: whether, until when, and what those who register are asked; and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wmd.domain.content import EventContent, RegistrationContent, SignUpQuestionContent
from wmd.domain.documents.field_rules import error, warning
from wmd.domain.documents.shape import instant_text
from wmd.domain.documents.sign_up_rules import KINDS, MOST_CHOICES, MOST_QUESTIONS
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.forms.named import code_of
from wmd.domain.forms.scalars import Cells
from wmd.domain.forms.typed import languages_of
from wmd.domain.times import UnknownZone, WallTimeError, all_day_bounds, local, to_instant, zone

if TYPE_CHECKING:
    from wmd.domain.forms.reading import Form

GROUP = "registration.questions"
#: Says that the form asked all of this: one that never did leaves it as it was.
ASKED = "registration.sign_up_asked"
_ON, _TIME = "registration.closes_on", "registration.closes_time"
_SECOND = timedelta(seconds=1)


def read_sign_up(cells: Cells, form: Form, registration: dict[str, object]) -> None:
    """Put what was typed about registering with us into the document of a registration, whose links are there."""
    if not cells.text(ASKED):
        return
    for name in ("with_us", "no_waiting_list"):
        cells.put(registration, name, cells.ticked(f"registration.{name}"), pattern=f"registration.{name}")
    if cells.settings.is_shown(_ON) and not _is_untouched(cells, form):
        closes_at = _closes_at(cells)
        registration["closes_at"] = instant_text(closes_at) if closes_at is not None else None
    questions = _questions(cells, form)
    registration["questions"] = questions
    is_here = cells.ticked("registration.with_us") or (_has_link(cells, form) and not registration.get("url"))
    if questions and not is_here:
        text = N_("Nobody is asked these: only those who register here are. Tick that, or take the questions out.")
        cells.findings.append(warning("form.unasked", GROUP, text))


def _has_link(cells: Cells, form: Form) -> bool:
    kept = form.base is not None and form.base.registration.private_link_id is not None
    return bool(cells.text("registration.join_link")) or (kept and not cells.ticked("registration.forget_link"))


def _is_untouched(cells: Cells, form: Form) -> bool:
    """Whether day, time and clock stand as the version that is edited has them: its instant may be finer than both."""
    if form.base is None:
        return False
    before = _type_closing(form.base)
    is_timed = cells.settings.is_shown(_TIME)
    said = [cells.text(name) == before[name] for name in ((_ON, _TIME) if is_timed else (_ON,))]
    return all(said) and _clock(cells) == _known(_first_zone(form.base))


def _clock(cells: Cells) -> str:
    return _known(cells.text("sessions[0].zone"))


def _known(zone_name: str) -> str:
    return code_of("zones", zone_name) or zone_name


def _closes_at(cells: Cells) -> datetime | None:
    """Return the instant of the closing; without a time, the last second of its day."""
    on, at = cells.date(_ON), cells.time(_TIME)
    if cells.text(_TIME) and not cells.text(_ON):
        cells.findings.append(error("form.needed", _ON, N_("Give the day as well.")))
    if on is None or (at is None and cells.text(_TIME)):
        return None
    try:
        if at is None:
            return all_day_bounds(on, on, _clock(cells))[1] - _SECOND
        return to_instant(datetime.combine(on, at), _clock(cells))
    except WallTimeError as unclear:
        where = _ON if at is None else _TIME
        cells.findings.append(Finding(unclear.code, Level.ERROR, where, unclear.text, unclear.params))
    except UnknownZone:
        # That has been said beside the city of the first session.
        return None
    return None


def _questions(cells: Cells, form: Form) -> list[dict[str, object]]:
    """Return the documents of the questions; a row in which nothing is typed is none."""
    base = form.base
    known = {question.id: question for question in base.registration.questions if question.id} if base else {}
    language = cells.original()
    replaced = {language}
    if base is not None and base.language not in languages_of(cells.typed):
        # The event is written in another language now: what was typed is its question.
        replaced.add(base.language)
    found: list[dict[str, object]] = []
    for index in range(min(cells.count(GROUP), MOST_QUESTIONS)):
        place = f"{GROUP}[{index}]"
        # An id that stands twice is only one question's.
        before = known.pop(cells.text(f"{place}.id"), None)
        label = {tag: text for tag, text in before.label.items() if tag not in replaced} if before else {}
        said, choices = cells.text(f"{place}.label"), cells.lines(f"{place}.choices")
        if said:
            label[language] = said
        if not (label or choices):
            continue
        kind = cells.text(f"{place}.kind") or "text"
        if not said:
            cells.findings.append(error("form.needed", f"{place}.label", N_("Write the question.")))
        if choices and kind in KINDS and kind != "choice":
            text = N_("These are offered only if it is answered by one of several answers.")
            cells.findings.append(warning("form.choices", f"{place}.choices", text))
        cells.typed_at[f"{GROUP}[{len(found)}]"] = place
        found.append(
            {
                "id": before.id if before else "",
                "label": label,
                "kind": kind,
                # One more than there may be is enough to say so.
                "choices": choices[: MOST_CHOICES + 1],
                "is_required": cells.ticked(f"{place}.required"),
            }
        )
    return found


def type_sign_up(content: EventContent) -> dict[str, str]:
    """Return what an event says about registering with us as it would have been typed."""
    registration = content.registration
    typed = {
        ASKED: "yes",
        "registration.with_us": "yes" if registration.with_us else "",
        "registration.no_waiting_list": "yes" if registration.no_waiting_list else "",
        **_type_closing(content),
    }
    for index, question in enumerate(registration.questions):
        typed |= _type_question(f"{GROUP}[{index}]", question, content.language)
    return typed


def _type_question(path: str, question: SignUpQuestionContent, language: str) -> dict[str, str]:
    return {
        f"{path}.id": question.id,
        f"{path}.label": question.label.get(language, ""),
        f"{path}.kind": question.kind,
        f"{path}.choices": "\n".join(question.choices),
        f"{path}.required": "yes" if question.is_required else "",
    }


def _first_zone(content: EventContent) -> str:
    return content.sessions[0].zone if content.sessions else ""


def _type_closing(content: EventContent) -> dict[str, str]:
    """Return day and time of the closing on the clock of the first session; no time where it is the end of the day."""
    at = content.registration.closes_at
    if at is None:
        return {_ON: "", _TIME: ""}
    clock = _first_zone(content)
    try:
        zone(clock)
    except UnknownZone:
        clock = "UTC"
    try:
        wall = local(at, clock)
        ends_at = all_day_bounds(wall.date(), wall.date(), clock)[1] - _SECOND
    except (WallTimeError, OverflowError):
        # Beyond what that clock can show; it stays as it is as long as nobody types another.
        wall, ends_at = at.astimezone(UTC), at
    return {_ON: wall.date().isoformat(), _TIME: "" if at == ends_at else f"{wall:%H:%M}"}


def copied_sign_up(registration: RegistrationContent) -> RegistrationContent:
    """Return what a copy keeps of registering with us: the ticks, and the questions without their ids."""
    questions = tuple(replace(question, id="") for question in registration.questions)
    return RegistrationContent(
        with_us=registration.with_us, no_waiting_list=registration.no_waiting_list, questions=questions
    )

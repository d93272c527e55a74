"""Identities inside a revision's content: each session, panel, question and speaker gets an id once.

A new version of the same event keeps the ids of what it still holds. Sessions are matched by external key,
panels, questions and speakers by their words and else by their place, so that a re-import never changes a UID.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from wmd.domain.codes import Mint
from wmd.domain.content import (
    EventContent,
    PanelContent,
    QuestionContent,
    RegistrationContent,
    SessionContent,
    SignUpQuestionContent,
    SpeakerContent,
)
from wmd.domain.vocabulary import SessionStatus

Part = TypeVar("Part", SessionContent, PanelContent, QuestionContent, SpeakerContent, SignUpQuestionContent)


def without_claims(content: EventContent) -> EventContent:
    """Return the content without what only an export of ours says: codes, UIDs and stamps."""
    sessions = tuple(
        replace(session, code="", uid="", sequence=None, created_at=None, last_modified_at=None)
        for session in content.sessions
    )
    return replace(content, code="", sessions=sessions)


def with_people(content: EventContent, person_of: Callable[[str], str]) -> EventContent:
    """Return the content with each speaker's person, where there is one, replaced by what ``person_of`` says."""

    def renamed(speakers: tuple[SpeakerContent, ...]) -> tuple[SpeakerContent, ...]:
        return tuple(
            replace(speaker, person_id=person_of(speaker.person_id)) if speaker.person_id else speaker
            for speaker in speakers
        )

    sessions = tuple(
        replace(
            session,
            speakers=renamed(session.speakers),
            panels=tuple(replace(panel, speakers=renamed(panel.speakers)) for panel in session.panels),
        )
        for session in content.sessions
    )
    return replace(content, sessions=sessions)


def ids_in(content: EventContent) -> set[str]:
    """Return every id that the content's sessions, panels, questions and speakers carry."""
    found: set[str] = set()
    for session in content.sessions:
        found.add(session.id)
        found.update(speaker.id for speaker in session.speakers)
        for panel in session.panels:
            found.add(panel.id)
            found.update(question.id for question in panel.questions)
            found.update(speaker.id for speaker in panel.speakers)
    found.update(question.id for question in content.registration.questions)
    return found - {""}


def forget_ids(content: EventContent, foreign: set[str]) -> EventContent:
    """Return the content without the ids in ``foreign``: a copy of another event's parts gets new ones."""
    if not foreign & ids_in(content):
        return content

    def kept(identity: str) -> str:
        return "" if identity in foreign else identity

    def speakers(parts: tuple[SpeakerContent, ...]) -> tuple[SpeakerContent, ...]:
        return tuple(replace(part, id=kept(part.id)) for part in parts)

    def panel(part: PanelContent) -> PanelContent:
        questions = tuple(replace(question, id=kept(question.id)) for question in part.questions)
        return replace(part, id=kept(part.id), questions=questions, speakers=speakers(part.speakers))

    sessions = tuple(
        replace(
            session,
            id=kept(session.id),
            speakers=speakers(session.speakers),
            panels=tuple(map(panel, session.panels)),
        )
        for session in content.sessions
    )
    asked = tuple(replace(question, id=kept(question.id)) for question in content.registration.questions)
    return replace(content, sessions=sessions, registration=replace(content.registration, questions=asked))


def adopt(content: EventContent, previous: EventContent | None, mint: Mint) -> EventContent:
    """Return the content with every id filled: those of ``previous`` where parts match, new ones else.

    Sessions of ``previous`` that the new content leaves out are carried along unchanged: leaving out is not
    cancelling.
    """
    before = previous.sessions if previous else ()
    matches = _match(content.sessions, before, lambda session: session.key)
    if len(content.sessions) == len(before) == 1 and not (content.sessions[0].key and before[0].key):
        # An event's only session needs no key: it is the one there was.
        matches = [before[0]]
    sessions = [_session(session, match, mint) for session, match in zip(content.sessions, matches, strict=True)]
    taken = {session.id for session in sessions}
    sessions += [session for session in before if session.id not in taken]
    return replace(content, sessions=tuple(sessions), registration=_registration(content, previous, mint))


def _registration(content: EventContent, previous: EventContent | None, mint: Mint) -> RegistrationContent:
    asked, before = content.registration.questions, previous.registration.questions if previous else ()
    matches = _match(asked, before, lambda question: dict(question.label))
    questions = tuple(
        replace(question, id=_identity(question, match, mint)) for question, match in zip(asked, matches, strict=True)
    )
    return replace(content.registration, questions=questions)


def _match(parts: Sequence[Part], before: Sequence[Part], sign: Callable[[Part], object]) -> list[Part | None]:
    """Pair each part with an earlier one: by id, then by equal sign, then by place; no earlier one twice."""
    free = list(before)
    found: list[Part | None] = [None] * len(parts)

    def identity(part: Part) -> object:
        return part.id

    for mark in (identity, sign):
        for position, part in enumerate(parts):
            wanted = mark(part)
            if found[position] is not None or not wanted:
                continue
            hit = next((other for other in free if mark(other) == wanted), None)
            if hit is not None:
                free.remove(hit)
                found[position] = hit
    return found


def _place(parts: Sequence[Part], before: Sequence[Part], sign: Callable[[Part], object]) -> list[Part | None]:
    """As :func:`_match`, and what is left over is paired by its place."""
    found = _match(parts, before, sign)
    taken = {part.id for part in found if part}
    for position, match in enumerate(found):
        if match is None and position < len(before) and before[position].id not in taken and not parts[position].id:
            found[position] = before[position]
    return found


def _session(session: SessionContent, match: SessionContent | None, mint: Mint) -> SessionContent:
    if match and session.status is SessionStatus.POSTPONED and not (session.starts or session.starts_on):
        # The new slot is not known yet; the entry keeps the place in time that people have in their calendars.
        session = replace(
            session, zone=session.zone or match.zone, starts=match.starts, ends=match.ends, all_day=match.all_day,
            starts_on=match.starts_on, ends_on=match.ends_on,
        )  # fmt: skip
    before_panels = match.panels if match else ()
    before_speakers = match.speakers if match else ()
    panels = tuple(
        _panel(panel, earlier, mint)
        for panel, earlier in zip(
            session.panels, _place(session.panels, before_panels, lambda panel: dict(panel.title)), strict=True
        )
    )
    return replace(
        session,
        id=_identity(session, match, mint),
        panels=panels,
        speakers=_speakers(session.speakers, before_speakers, mint),
    )


def _panel(panel: PanelContent, match: PanelContent | None, mint: Mint) -> PanelContent:
    before = match.questions if match else ()
    questions = tuple(
        replace(question, id=_identity(question, earlier, mint))
        for question, earlier in zip(
            panel.questions, _place(panel.questions, before, lambda question: dict(question.text)), strict=True
        )
    )
    speakers = _speakers(panel.speakers, match.speakers if match else (), mint)
    return replace(panel, id=_identity(panel, match, mint), questions=questions, speakers=speakers)


def _speakers(
    speakers: tuple[SpeakerContent, ...], before: tuple[SpeakerContent, ...], mint: Mint
) -> tuple[SpeakerContent, ...]:
    matches = _place(speakers, before, lambda speaker: (speaker.person_id, dict(speaker.title), speaker.organisation))
    return tuple(
        replace(speaker, id=_identity(speaker, match, mint)) for speaker, match in zip(speakers, matches, strict=True)
    )


def _identity(part: Part, match: Part | None, mint: Mint) -> str:
    # The match comes first: an id from another installation must not replace the one that is known here.
    return match.id if match else part.id or mint.uuid()

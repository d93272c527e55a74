"""Whether a link is right for the place it was put in: a public page, the registration page, or the private way in.

``links.classify`` says what a link is; here it meets what the field is for. No finding repeats a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from wmd.domain.findings import N_, Finding, Level
from wmd.domain.links import Link, LinkKind, classify

#: What ``classify`` says of every private link: no news about one that is given as such.
_EXPECTED_OF_JOIN_LINKS = frozenset({"link.private", "link.passcode"})


class LinkUse(StrEnum):
    """What a link that came without a label is good for."""

    REGISTRATION = "registration"
    PRIVATE = "private"
    PAGE = "page"


def use_of(raw: str) -> LinkUse:
    """Return what a link is good for; one that must be refused counts as private, where it is refused."""
    link = classify(raw)
    if link.private or link.kind in {LinkKind.HOST, LinkKind.PERSONAL_TICKET}:
        return LinkUse.PRIVATE
    return LinkUse.REGISTRATION if link.kind is LinkKind.REGISTRATION else LinkUse.PAGE


def lint_public(where: str, raw: str) -> Iterator[Finding]:
    """Yield what is wrong with a link that everybody will see; ``""`` is none."""
    text = N_("This link leads into a room, so it cannot be shown. Give it as the join link of the registration.")
    yield from _shown(raw, where, Finding("link.private-shown", Level.ERROR, where, text))


def lint_registration(where: str, raw: str) -> Iterator[Finding]:
    """Yield what is wrong with the address of a public registration page; ``""`` is none."""
    text = N_("This is a private join link. Put it in the field for the join link, where it is kept secret.")
    yield from _shown(raw, where, Finding("registration.join-link", Level.ERROR, where, text))


def lint_join_link(where: str, raw: str) -> Iterator[Finding]:
    """Yield what is wrong with a raw private link; ``""`` is none."""
    if not raw:
        return
    link = classify(raw)
    if link.public and link.kind is LinkKind.REGISTRATION:
        text = N_("This is a public registration page, not a join link. Put it in the field for the registration page.")
        yield Finding("registration.not-private", Level.ERROR, where, text)
        return
    for finding in _said(link, where):
        if finding.code not in _EXPECTED_OF_JOIN_LINKS:
            yield finding


def _shown(raw: str, where: str, private: Finding) -> Iterator[Finding]:
    """Yield what is wrong with a link that is shown, or ``private`` of one that leads into a room."""
    link = classify(raw) if raw else None
    if link is not None:
        yield from ([private] if link.private else _said(link, where))


def _said(link: Link, where: str) -> Iterator[Finding]:
    """Yield the findings of ``classify`` but the notes; a refused link always comes with an error."""
    return (finding.at(where) for finding in link.findings if finding.level is not Level.NOTE)

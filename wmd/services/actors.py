"""Who acts: the value that the verbs are given instead of a session, and that audit entries name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import InstrumentedAttribute

from wmd.models import StaffMember

SqlText = InstrumentedAttribute[str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. ``name`` is what an audit entry holds: ``person:<id>``, ``visitor``, ``job:<name>`` …

    ``role`` is empty, reader, moderator or administrator. Empty ``regions`` or ``languages``: not limited by them.
    """

    name: str
    person_id: str | None = None
    role: str = ""
    regions: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    @property
    def is_limited(self) -> bool:
        """Whether only some regions or languages are this staff member's."""
        return bool(self.regions or self.languages)

    def may_see(self, region: str, language: str) -> bool:
        """Whether something of this region and language is this staff member's; what names neither is everybody's."""
        sees_region = not self.regions or not region or region in self.regions
        return sees_region and (not self.languages or not language or language in self.languages)


def theirs(actor: Actor, region: SqlText, language: SqlText | None = None) -> ColumnElement[bool]:
    """Return :meth:`Actor.may_see` as a condition on the columns of a query."""
    limits: list[ColumnElement[bool]] = [true()]
    if actor.regions:
        limits.append(region.in_(sorted({"", *actor.regions})))
    if actor.languages and language is not None:
        limits.append(language.in_(sorted({"", *actor.languages})))
    return and_(*limits)


VISITOR = Actor("visitor")


def person_actor(person_id: str, staff: StaffMember | None = None) -> Actor:
    """Return a signed-in person as an actor, with the rights of a member of the staff who is not disabled."""
    if staff is None or staff.disabled_at is not None:
        return Actor(f"person:{person_id}", person_id)
    return Actor(f"person:{person_id}", person_id, staff.role, frozenset(staff.regions), frozenset(staff.languages))

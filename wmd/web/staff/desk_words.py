"""What the desk calls things: states, flags, sources and conflicts, faults and who did something."""

from __future__ import annotations

from collections.abc import Mapping

from wmd.domain.findings import N_, Finding
from wmd.services.confirming import DISOWNED
from wmd.services.field_words import field_words
from wmd.web.catalogue import gettext

FLAGS = {
    "urgent": N_("urgent"), "material": N_("changes time, place or access"),
    DISOWNED: N_("whose address it gives says: not mine"),
}  # fmt: skip

#: How a version came to be.
SOURCES = {
    "form": N_("handed in"), "staff": N_("made by staff"), "moderation": N_("what was taken of a change"),
    "import": N_("imported"), "organiser": N_("called off or revived by its organiser"),
}  # fmt: skip

STATE_WORDS = {
    "unconfirmed": N_("address not confirmed"), "submitted": N_("submitted"), "in review": N_("in review"),
    "changes requested": N_("changes asked for"), "approved": N_("approved"), "rejected": N_("rejected"),
    "withdrawn": N_("withdrawn"), "edit waiting": N_("a change waits"),
    "edit changes requested": N_("changes to a change asked for"), "pending": N_("waits"),
    "partly approved": N_("partly taken"), "refused": N_("rejected"), "superseded": N_("replaced"),
}  # fmt: skip

CONFLICTS = {
    "newer revision": N_("%(who)s handed in a newer version on %(when)s. Nothing was decided: look at it first."),
    "claimed": N_("%(who)s has taken this on since %(when)s. Nothing was changed."),
    "approved": N_("%(who)s approved it on %(when)s. Nothing was decided twice."),
    "partly approved": N_("%(who)s took part of it on %(when)s. Nothing was decided twice."),
    "refused": N_("%(who)s rejected it on %(when)s. Nothing was decided twice."),
    "changes requested": N_("%(who)s asked for changes on %(when)s. Nothing was decided twice."),
}


def messages_by_field(problems: list[Finding]) -> dict[str, list[dict[str, str]]]:
    """Return what is wrong by the name of its field, as the forms' macros show it."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in problems:
        found.setdefault(one.where, []).append({"text": say(one), "level": one.level.value})
    return found


def say(finding: Finding) -> str:
    """Return a finding in words."""
    return finding.say(gettext)


def field_name(where: str) -> str:
    """Return the field that a finding is about in words; a blank for one about the whole."""
    return field_words(where, gettext, "en")


def actor_words(actor: str, people: Mapping[str, str]) -> str:
    """Return how an actor reads to a person; ``people`` maps ids to names."""
    kind, _, id_ = actor.partition(":")
    if kind == "person":
        return people.get(id_) or gettext("somebody without a name")
    if kind == "job":
        return gettext("the service (%(job)s)", job=id_)
    return {"visitor": gettext("a visitor"), "import": gettext("an import")}.get(actor, actor)

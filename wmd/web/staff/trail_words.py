"""What the acts and kinds of the trail are called; an act that has no words of its own is shown as it is stored."""

from __future__ import annotations

from wmd.domain.findings import N_
from wmd.web.catalogue import gettext

ACTS = {
    "add-contact": N_("added a contact"), "announce": N_("wrote to several"), "ask-partner": N_("asked a partner"),
    "change-account": N_("changed an account"), "change-address": N_("changed a mail address"),
    "ask-for-address": N_("asked to change a mail address"), "claim": N_("took it on"),
    "co-organiser": N_("answered as a co-organiser"), "create": N_("made it"), "make": N_("made it"),
    "decide": N_("decided"), "delete": N_("deleted it"), "disown": N_("said: this is not mine"),
    "edit": N_("edited it"),
    "change": N_("changed it"), "empty": N_("emptied it"), "erase": N_("erased a person"), "hold": N_("held mail"),
    "release": N_("let go"), "looked-at": N_("looked at it"), "merge": N_("merged it"),
    "move": N_("moved it to another state"), "not-spam": N_("said: no spam"), "note": N_("wrote a note"),
    "publish": N_("published it"), "remove-contact": N_("removed a contact"), "resend": N_("sent a mail again"),
    "restore": N_("put it back"), "second-factor": N_("set up the second step"),
    "second-factor-reset": N_("reset a second step"), "sign-in": N_("signed in"), "sign-out": N_("signed out"),
    "staff-added": N_("added to the staff"), "staff-changed": N_("changed a member of the staff"),
    "staff-disabled": N_("ended somebody’s work"), "staff-enabled": N_("let somebody work again"),
    "submit": N_("handed in"), "trust": N_("trusts it"), "upload": N_("sent a file"),
}  # fmt: skip
KINDS = {
    "submission": N_("event handed in"), "event": N_("listed event"), "person": N_("person"),
    "revision": N_("version of an event"), "organisation": N_("organisation"), "edition": N_("edition"),
    "mail": N_("mail"),
}  # fmt: skip


def act_words(action: str) -> str:
    """Return an act in words."""
    return gettext(ACTS[action]) if action in ACTS else action.replace("-", " ")


def kind_words(kind: str) -> str:
    """Return a kind of subject in words."""
    return gettext(KINDS[kind]) if kind in KINDS else kind

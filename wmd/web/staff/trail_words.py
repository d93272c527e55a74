"""What the acts, kinds, states and fields of the trail are called; what has no words of its own is shown as stored."""

from __future__ import annotations

from collections.abc import Mapping

from wmd.domain.findings import N_
from wmd.domain.vocabulary import METROPOLIS_REGION_LABELS
from wmd.services.audit_log import MOST_NAMED
from wmd.services.hook_desk import STATES as HOOK_STATES
from wmd.services.mail_desk import STATE_LABELS
from wmd.web.catalogue import gettext
from wmd.web.staff.content_rows import STATUS_WORDS
from wmd.web.staff.desk_words import STATE_WORDS
from wmd.web.staff.room_words import ACCOUNT_WORDS, BINDING_WORDS, DRIFT_WORDS

ACTS = {
    "read-rooms": N_("had all rooms read"), "put-banner": N_("put a banner up"), "end-banner": N_("took a banner down"),
    "add-contact": N_("added a contact"), "announce": N_("wrote to several"), "ask-partner": N_("asked a partner"),
    "ask-to-export": N_("asked for what is kept about them"), "ask-to-erase": N_("asked to be erased"),
    "ask-to-address": N_("asked to change a mail address"), "bounce": N_("came back"),
    "close-problem": N_("answered what visitors said is wrong"), "mark-link": N_("said whether the way in works"),
    "check-link": N_("answered whether the way in works"),
    "change-wishes": N_("changed what they want to hear of"), "confirm-attendee": N_("confirmed an address"),
    "end-follow": N_("follows it no more"), "erase-attendee": N_("erased somebody who followed events"),
    "follow": N_("follows something"), "leave": N_("wants no mail any more"),
    "make-feed": N_("made a calendar of their own"), "mute": N_("wants no mail about it"),
    "pause": N_("paused their mails"), "resume": N_("wants mails again"),
    "revoke-feed": N_("ended a calendar of their own"), "revoke-links": N_("ended all personal links"),
    "rotate-feed": N_("gave a calendar of their own another address"),
    "bind": N_("tied it to a room"), "end-binding": N_("ended what ties it to a room"),
    "make-room": N_("wants a webinar made"), "create-room": N_("made it on Zoom"),
    "update-room": N_("told Zoom what changed"), "delete-room": N_("deleted it on Zoom"),
    "push-registrants": N_("said whether people are registered on Zoom"),
    "ask-for-ticket": N_("wants to be registered on Zoom"),
    "read-room": N_("read what Zoom says"), "find-drift": N_("found that the room differs"),
    "sync-room": N_("had a room read at once"), "send-ours": N_("has ours sent to Zoom"),
    "answer-drift": N_("said which is right"), "replay": N_("had it worked on again"),
    "connect": N_("connected it"),
    "await": N_("keeps it until it is listed again"), "bring-back": N_("uses it again"),
    "cancel": N_("took back"), "change-account": N_("changed an account"),
    "change-address": N_("changed a mail address"), "ask-for-address": N_("asked to change a mail address"),
    "claim": N_("took it on"), "co-organiser": N_("answered as a co-organiser"), "consent": N_("consented"),
    "create": N_("made it"), "make": N_("made it"), "decide": N_("decided"), "delete": N_("deleted it"),
    "disown": N_("said: this is not mine"), "distrust": N_("trusts it no more"), "edit": N_("edited it"),
    "change": N_("changed it"), "empty": N_("emptied it"), "erase": N_("erased a person"),
    "forget-contact": N_("forgot how to reach a person"), "hand-over-contact": N_("made another contact the main one"),
    "hidden": N_("hid it"), "hold": N_("held mail"), "invite-contact": N_("invited a contact"),
    "release": N_("let go"), "lift-suppression": N_("lets an address get mail again"),
    "looked-at": N_("looked at it"), "merge": N_("merged it"), "merged": N_("merged it"),
    "move": N_("moved it to another state"), "not-spam": N_("said: no spam"), "note": N_("wrote a note"),
    "propose": N_("proposed it"), "publish": N_("published it"), "recovery-codes-made": N_("made recovery codes"),
    "remove-contact": N_("removed a contact"), "resend": N_("sent a mail again"), "restore": N_("put it back"),
    "retire": N_("uses it no more"), "second-factor": N_("showed the second step"),
    "second-factor-begun": N_("began to set up the second step"),
    "second-factor-set-up": N_("set up the second step"), "second-factor-reset": N_("reset a second step"),
    "shown": N_("listed it again"), "sign-in": N_("signed in"), "sign-out": N_("signed out"),
    "single-sign-on-linked": N_("signed in through the organisation for the first time"),
    "staff-added": N_("added to the staff"), "staff-changed": N_("changed a member of the staff"),
    "staff-disabled": N_("ended somebody’s work"), "staff-enabled": N_("let somebody work again"),
    "submit": N_("handed in"), "trust": N_("trusts it"), "upload": N_("sent a file"),
    "withdraw-consent": N_("took a consent back"), "withdraw-invitation": N_("took an invitation back"),
    "write": N_("wrote other words"), "write-letter": N_("wrote to those registered"),
}  # fmt: skip
KINDS = {
    "submission": N_("event handed in"), "event": N_("listed event"), "session": N_("date of an event"),
    "person": N_("person"), "revision": N_("version of an event"), "organisation": N_("organisation"),
    "edition": N_("edition"), "edition-topics": N_("topics of an edition"), "edition-words": N_("words of an edition"),
    "topics": N_("topics"), "series": N_("series"), "question": N_("question"), "reason": N_("reason"),
    "mail": N_("mail"), "message": N_("mail"), "mail-text": N_("words of a mail"), "address": N_("mail address"),
    "registration": N_("place in an event"), "registrant-letter": N_("letter to those registered"),
    "banner": N_("banner"), "image": N_("picture"), "logo-pack": N_("logo pack"), "binding": N_("room of an event"),
    "zoom-account": N_("Zoom account"), "webhook": N_("message of Zoom’s"),
    "drift": N_("difference between programme and room"),
}  # fmt: skip
#: What states and the like are called, by the kind of what is in them: the words of the badges.
VALUES: Mapping[str, Mapping[str, str]] = {
    "submission": STATE_WORDS | {
        "asked": N_("has not answered"), "confirmed": N_("agreed"), "declined": N_("declined"),
        "unknown": N_("by an address nobody knows"),
    },
    "revision": STATE_WORDS,
    "session": STATUS_WORDS,
    "registration": {
        "unconfirmed": N_("address not confirmed"), "registered": N_("has a place"), "waiting": N_("waits for a place"),
        "offered": N_("is offered a place"), "cancelled": N_("cancelled"), "lapsed": N_("offer or wait is over"),
    },
    "registrant-letter": {
        "pending": N_("waits for the moderators"), "approved": N_("goes out"), "refused": N_("does not go out"),
    },
    "event": {"hidden": N_("hidden"), "listed": N_("listed"), "merged": N_("merged")},
    "organisation": {"proposed": N_("new"), "listed": N_("listed"), "merged": N_("merged")},
    "person": METROPOLIS_REGION_LABELS | {
        "reader": N_("reader"), "moderator": N_("moderator"), "administrator": N_("administrator"),
        "unconfirmed": N_("address not confirmed"), "link": N_("by a mailed link"),
        "confirm": N_("by the link that confirms"), "set-up": N_("while setting it up"),
        "oidc": N_("by single sign-on"),
        "totp": N_("by a code"), "recovery": N_("by a recovery code"), "changed": N_("changed"),
    },
    "message": STATE_LABELS,
    "mail": {"held": N_("held")},
    "image": {"logo": N_("logo"), "picture": N_("picture")},
    "binding": BINDING_WORDS, "zoom-account": ACCOUNT_WORDS, "drift": DRIFT_WORDS, "webhook": HOOK_STATES,
}  # fmt: skip
_FIELDS = {
    "revision": N_("version"), "reasons": N_("reasons"), "organisation": N_("organisation"), "agreed": N_("agreed"),
    "regions": N_("regions"), "languages": N_("languages"), "submissions": N_("events"), "sent": N_("mails"),
    "texts": N_("words"), "verdicts": N_("decisions"), "address": N_("mail address"), "name": N_("name"),
}  # fmt: skip
#: What these keep as a value is a number of ours.
_SAYS_NOTHING = frozenset({"note"})


def act_words(action: str) -> str:
    """Return an act in words."""
    return gettext(ACTS[action]) if action in ACTS else action.replace("-", " ")


def kind_words(kind: str) -> str:
    """Return a kind of subject in words."""
    return gettext(KINDS[kind]) if kind in KINDS else kind


def field_label(field: str) -> str:
    """Return what a field of an entry is called."""
    return gettext(_FIELDS[field]) if field in _FIELDS else field.replace("_", " ")


def value_words(kind: str, value: object, names: Mapping[str, str], versions: Mapping[str, int]) -> str:
    """Return a value of an entry in words: a state as its badge has it, an id as what it is called now.

    ``names`` are those of people, events and organisations, ``versions`` the numbers of revisions, both by id.
    """
    if isinstance(value, list | tuple):
        said = [value_words(kind, one, names, versions) for one in value[:MOST_NAMED]]
        more = [gettext("%(count)d more", count=len(value) - MOST_NAMED)] if len(value) > MOST_NAMED else []
        return ", ".join([*said, *more]) or "–"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {value_words(kind, one, names, versions)}" for name, one in value.items()) or "–"
    text = "" if value is None else str(value)
    if text in versions:
        return gettext("version %(number)d", number=versions[text])
    known = VALUES.get(kind, {}).get(text)
    return (gettext(known) if known else names.get(text)) or text or "–"


def moved(
    kind: str, action: str, before: str, after: str, names: Mapping[str, str], versions: Mapping[str, int]
) -> str:
    """Return from what to what an entry says that something went; a blank when it says nothing of it."""
    if action in _SAYS_NOTHING or not (before or after):
        return ""
    return " → ".join(value_words(kind, value, names, versions) for value in (before, after))

"""What the kinds, states and differences of rooms are called."""

from __future__ import annotations

from wmd.domain.findings import N_

#: Kinds and states of what ties an event to a room.
BINDING_WORDS = {
    "link": N_("pasted link"), "lookup": N_("read in our account"), "managed": N_("made by us"),
    "connected": N_("read in the partner’s account"), "draft": N_("not begun"), "checking": N_("being looked at"),
    "ok": N_("as in the programme"), "drift": N_("differs from the programme"), "missing": N_("not found just now"),
    "trashed": N_("deleted by the host"), "gone": N_("gone"), "auth_lost": N_("Zoom refuses us"),
    "unreachable": N_("Zoom does not answer"), "ended": N_("over"),
    "on": N_("people are registered there"), "off": N_("people are not registered there"),
}  # fmt: skip
#: States of an account with Zoom, and why one was lost.
ACCOUNT_WORDS = {
    "connected": N_("connected"), "lost": N_("Zoom refuses us"), "ended": N_("disconnected"),
    "token": N_("its key was refused, a fresh one too"), "credentials": N_("Zoom does not know the app or its secret"),
    "grant": N_("the consent was taken back"), "audience": N_("the key is for something else"),
    "account": N_("it is not connected"), "disconnected": N_("the organisation took it out"),
    "deauthorised": N_("the app’s rights were taken back on Zoom"),
}  # fmt: skip
#: What Zoom is told of a room of ours.
PUSH_WORDS = {"create": N_("make it"), "update": N_("change it"), "delete": N_("delete it")}
#: What became of a difference.
DRIFT_WORDS = {
    "open": N_("to be decided"), "ours": N_("the programme’s holds"), "theirs": N_("Zoom’s was taken"),
    "over": N_("went by itself"),
}  # fmt: skip
#: The button that takes what Zoom says, by what differs.
TAKES = {
    "time": N_("Take Zoom’s time"), "link": N_("Take the new link"), "join": N_("Take Zoom’s link"),
    "registration": N_("Say it as Zoom does"), "type": N_("That is right now"), "host": N_("That is right now"),
}  # fmt: skip

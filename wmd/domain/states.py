"""The state machines: each is one table of moves. ``services/states.py`` is the one function that makes them."""

from __future__ import annotations

from collections.abc import Mapping

Moves = Mapping[str, frozenset[str]]

SUBMISSION_MOVES: Moves = {
    "unconfirmed": frozenset({"submitted", "withdrawn", "rejected"}),
    "submitted": frozenset({"in review", "approved", "rejected", "withdrawn", "changes requested"}),
    "in review": frozenset({"changes requested", "approved", "rejected", "withdrawn"}),
    "changes requested": frozenset({"in review", "approved", "rejected", "withdrawn"}),
    "approved": frozenset({"withdrawn"}),
    "rejected": frozenset({"in review"}),
    "withdrawn": frozenset({"submitted"}),
}

REVISION_MOVES: Moves = {
    "pending": frozenset({"approved", "partly approved", "refused", "superseded"}),
    "approved": frozenset({"superseded"}),
    "partly approved": frozenset({"superseded"}),
    "refused": frozenset(),
    "superseded": frozenset(),
}

SESSION_MOVES: Moves = {
    "scheduled": frozenset({"postponed", "cancelled"}),
    "postponed": frozenset({"scheduled", "cancelled"}),
    "cancelled": frozenset({"scheduled", "postponed"}),
}

#: A person's place in an event that registers with us. ``cancelled``: they gave it back; ``lapsed``: an offer they let
#: pass, or a wait that ended without one.
REGISTRATION_MOVES: Moves = {
    "unconfirmed": frozenset({"registered", "waiting", "cancelled"}),
    "waiting": frozenset({"offered", "cancelled", "lapsed"}),
    "offered": frozenset({"registered", "waiting", "cancelled", "lapsed"}),
    "registered": frozenset({"cancelled"}),
    "cancelled": frozenset(),
    "lapsed": frozenset(),
}

MACHINES: Mapping[str, Moves] = {
    "submission": SUBMISSION_MOVES,
    "revision": REVISION_MOVES,
    "session": SESSION_MOVES,
    "registration": REGISTRATION_MOVES,
}


def may_move(machine: str, before: str, after: str) -> bool:
    """Whether the named machine (submission, revision, session, registration) has the move ``before`` → ``after``."""
    return after in MACHINES[machine].get(before, frozenset())

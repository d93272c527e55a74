"""What the desk says after an act, and about which event: the page that follows is often about another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import request

from wmd.db import db
from wmd.domain.findings import N_
from wmd.models import Edition, Submission
from wmd.services.actors import Actor

WORDS = {
    "approve": N_("Approved."), "some": N_("Partly taken."), "changes": N_("Changes asked for."),
    "refuse": N_("Rejected."), "claim": N_("It is yours now."), "release": N_("Put back for anybody."),
    "hand-over": N_("Handed over."), "question": N_("The question is on its way."), "note": N_("Noted."),
    "looked": N_("Looked at."), "ask-partner": N_("Asked again."), "believe-partner": N_("Taken as agreed."),
    "merge": N_("Merged."),
    "not-spam": N_("Moved to the queue."), "reopen": N_("It waits again."),
    "edit": N_("Saved."), "hide": N_("Hidden."), "show": N_("Listed again."),
    "call-off": N_("Done: the listing says so, and those concerned are written to."),
}  # fmt: skip
#: After these the next thing opens; after all others the same one stays.
MOVES_ON = frozenset({"approve", "some", "changes", "refuse", "merge"})


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, to which event (None: to the one on the page), and from when an approved one is shown."""

    words: str
    about: Submission | None
    publish_on: datetime | None = None
    zone: str = ""


def read_done(actor: Actor) -> Done | None:
    """Return what the address says was done; None for nothing. Who may not see an event is not told its title."""
    act = request.args.get("done", "")
    words = WORDS.get(act)
    if words is None:
        return None
    identity = request.args.get("about", "")[:60] if act in MOVES_ON else ""
    about = db.session().get(Submission, identity) if identity else None
    if about is None or not actor.may_see(about.region, about.language):
        return Done(words, None)
    publish_on = about.publish_on if act == "approve" else None
    return Done(words, about, publish_on, db.session().get_one(Edition, about.edition_id).zone)

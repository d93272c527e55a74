"""``/organiser/``: my events and where they stand, my drafts, my organisations."""

from __future__ import annotations

from flask import Blueprint, render_template

from wmd.db import db
from wmd.models import Edition
from wmd.services.contacts import organisations_of
from wmd.services.drafts import drafts_of
from wmd.services.own_work import open_editions, own_items
from wmd.web.organiser.own_drafts import draft_owner
from wmd.web.organiser.wording import standing_words, when_words
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("home", __name__)


@bp.get("/")
def show() -> str:
    """Show what waits for this person first; who is not signed in sees the drafts of this browser."""
    dbs, now, who = db.session(), read_now(), visitor()
    items = own_items(dbs, who.person_id) if who.person_id else []
    shown = [
        {
            "item": item,
            "standing": standing_words(item, now),
            "when": when_words(item, who.person.zone if who.person else ""),
        }
        for item in items
    ]
    shown.sort(key=lambda each: each["standing"]["kind"] != "wants")  # type: ignore[index]
    drafts = drafts_of(dbs, draft_owner())
    editions = {
        row.id: row for row in dbs.query(Edition).filter(Edition.id.in_({draft.edition_id for draft in drafts}))
    }
    return render_template(
        "organiser/home/show.html", who=who, shown=shown, drafts=drafts, editions=editions,
        organisations=organisations_of(dbs, who.person_id) if who.person_id else [], open_now=open_editions(dbs, now),
    )  # fmt: skip

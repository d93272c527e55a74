"""A draft as the public will see it: the public page itself, with a banner above and links that lead nowhere."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Blueprint, Response, current_app, make_response, render_template
from markupsafe import Markup

from wmd.db import db
from wmd.domain.changesets import changes
from wmd.domain.content import EventContent
from wmd.domain.forms.reading import Form, ReadForm, read_form
from wmd.errors import NotPublishableError
from wmd.models import Draft, Event
from wmd.secretbox import SecretBox
from wmd.services.drafts import read_typed
from wmd.services.hearing import who_hears
from wmd.services.preview import NO_CODE, NotYet, Preview, preview_content
from wmd.web.asked_words import asked_words
from wmd.web.hearing_words import hearing_words
from wmd.web.organiser.own_drafts import edition_of, form_of, own_draft, submission_of
from wmd.web.public import addresses
from wmd.web.public.event_page import event_model
from wmd.web.public.page import base_url
from wmd.web.public.rows import Eyes
from wmd.web.public.ticket import main_session
from wmd.web.reading import library, read_now, read_programme, viewer

bp = Blueprint("preview", __name__)

#: Our templates and the Markdown renderer write attributes in double quotes, with what stands in them escaped.
_LINK = re.compile(r'<a\b([^>]*?)\shref="[^"]*"([^>]*)>')


def inert(html: str) -> Markup:
    """Return a page's HTML with links that lead nowhere, said so to those who cannot see it."""
    # Only attributes that our own templates wrote are taken out; nothing is added from outside. As a plain string,
    # because Markup would escape what the pattern puts together.
    return Markup(_LINK.sub(r'<a\1\2 role="link" aria-disabled="true">', str(html)))  # noqa: S704


def render_preview(preview: Preview, *, back_url: str, back_label: str, hearing: str = "") -> Response:
    """Return the public page of a preview, for nobody to keep; ``back_url`` is where its banner leads.

    ``hearing`` says who will get a mail about what it changes.
    """
    event, programme = preview.event, preview.programme
    now = read_now()
    who = viewer(main_session(event, now).zone)
    eyes = Eyes(who.zone, who.language, now, is_own=who.zone_source != "default")
    # The index is that of the programme as it is: related events are found in it, and this one is not.
    index = library().index(read_programme(programme.edition.slug))
    shown = render_template(
        "organiser/drafts/preview.html",
        viewer=who,
        now=now,
        edition=programme.edition,
        event=event,
        series=programme.series.get(event.series or ""),
        shown=event_model(programme, index, event, eyes, base_url()),
        programme_url=addresses.programme(programme.edition.slug),
        way_url=base_url() + addresses.take_part(event.code),
        base_url=base_url(),
        short_url=base_url() + addresses.short(event.code),
        inert=inert,
        preview=preview,
        back_url=back_url,
        back_label=back_label,
        hearing=hearing,
        asked=[asked_words(each) for each in preview.asked],
    )
    response = make_response(shown)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/drafts/<draft_id>/preview")
def show(draft_id: str) -> Response:
    """Show a draft as it was last saved, as the public will see it."""
    draft = own_draft(draft_id)
    dbs, edition, form = db.session(), edition_of(draft), form_of(draft)
    box: SecretBox = current_app.extensions["wmd.secretbox"]
    read = read_form(read_typed(draft, box), form)
    back = f"/organiser/drafts/{draft.id}"
    if read.content is None:
        return _nothing_yet(back)
    content = _with_link(read.content, read)
    try:
        preview = preview_content(
            dbs, edition, content, read_programme(edition.slug), now=read_now(), submission=submission_of(draft),
            not_yet=NotYet({**form.people, **read.people}, read.organisation),
        )  # fmt: skip
    except NotPublishableError:
        return _nothing_yet(back)
    return render_preview(preview, back_url=back, back_label="", hearing=_hearing(draft, form, read))


def _with_link(content: EventContent, read: ReadForm) -> EventContent:
    """Return the content as it will be with the join link that is typed, which no content holds."""
    if not read.join_link or content.registration.private_link_id is not None:
        return content
    return replace(content, registration=replace(content.registration, private_link_id=NO_CODE))


def _hearing(draft: Draft, form: Form, read: ReadForm) -> str:
    """Return who will get a mail about this change of a published event; a blank for what is not published."""
    submission, dbs = submission_of(draft), db.session()
    event = dbs.get(Event, submission.event_id) if submission is not None else None
    if event is None or form.base is None or read.content is None:
        return ""
    found = changes(form.base, read.content)
    return hearing_words(who_hears(dbs, event, found, new_link=bool(read.join_link), now=read_now()))


def _nothing_yet(back: str) -> Response:
    return make_response(render_template("organiser/drafts/no_preview.html", back_url=back))

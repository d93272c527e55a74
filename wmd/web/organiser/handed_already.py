"""The same form with other words, after it was handed in: from a second tab, or from the page before the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, make_response, redirect, render_template, request
from sqlalchemy import select

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.forms.typed import Typed
from wmd.models import Draft, Revision, Submission
from wmd.services.contacts import find_own_submission
from wmd.services.drafts import NewDraft, create_draft
from wmd.services.second_tab import Again, as_change, compare
from wmd.services.submissions import EDITABLE, Receipt
from wmd.web.guards import visitor
from wmd.web.means import secret_box
from wmd.web.organiser.form_page import FormPage
from wmd.web.organiser.posting import new_form_token, owner
from wmd.web.reading import read_now

if TYPE_CHECKING:
    from wmd.web.organiser.handing_in import Sheet


def answer_again(sheet: Sheet, receipt: Receipt, typed: Typed) -> Response | None:
    """Answer a form that was handed in already: None when it says the same (a double click).

    Otherwise the page of what differs, or, once that is asked for, a draft of a change that holds these words.
    """
    dbs = db.session()
    submission = dbs.get_one(Submission, receipt.submission_id)
    revision, marks = dbs.get_one(Revision, receipt.revision_id), request.form.get("began", "")
    again = compare(dbs, secret_box(), revision, typed, sheet.form(), marks=marks)
    if not again.differing:
        return None
    is_open = sheet.staff_base is not None or submission.state in EDITABLE
    if (
        is_open
        and request.form.get("action") == "as-change"
        and (draft := _begin(sheet, receipt, submission, again, typed))
    ):
        db.session.commit()
        address = f"/organiser/drafts/{draft.id}"
        signed_in = visitor().person_id is not None
        return make_response(redirect(address if signed_in else f"/sign-in?next={quote(address)}", 303))
    return _show(sheet, receipt, submission, again, typed, is_open=is_open)


def _begin(sheet: Sheet, receipt: Receipt, submission: Submission, again: Again, typed: Typed) -> Draft | None:
    """Return a draft that changes the submission; None when there are too many. Only its contacts can open it."""
    new = NewDraft(
        sheet.edition, new_form_token(), submission_id=submission.id, organisation_id=submission.organisation_id,
        base_revision_id=receipt.revision_id,
    )  # fmt: skip
    try:
        changed = as_change(again, typed)
        return create_draft(db.session(), secret_box(), new, owner(keep=True), changed, mint=Mint(), now=read_now())
    except ValueError:
        db.session.rollback()
        return None


def _show(
    sheet: Sheet, receipt: Receipt, submission: Submission, again: Again, typed: Typed, *, is_open: bool
) -> Response:
    form = sheet.form()
    now, handed = FormPage(again.now, form), FormPage(again.handed, form)
    # What was handed in is shown to those it came from.
    is_theirs = _is_theirs(sheet, submission)
    rows = [
        {"label": now.label_of(name) or handed.label_of(name) or name, "now": now.said(name),
         "handed": handed.said(name) if is_theirs else ""}
        for name in again.differing
    ]  # fmt: skip
    page = render_template(
        "organiser/submit/already.html", sheet=sheet, receipt=receipt, rows=rows, typed=typed, is_theirs=is_theirs,
        who=visitor(), is_open=is_open, page_url=_page_of(sheet, submission),
        began=request.form.get("began", ""),
    )  # fmt: skip
    return make_response(page, 409)


def _page_of(sheet: Sheet, submission: Submission) -> str:
    """Return the page of what was handed in, for who can open it; a blank for a stranger."""
    if sheet.staff_base is not None:
        return f"/staff/desk/{submission.id}"
    return f"/organiser/submissions/{submission.id}" if visitor().person_id is not None else ""


def _is_theirs(sheet: Sheet, submission: Submission) -> bool:
    dbs, person_id = db.session(), visitor().person_id
    if sheet.staff_base is not None:
        return True
    if person_id is not None and find_own_submission(dbs, person_id, submission.id) is not None:
        return True
    return dbs.scalars(select(Draft.id).where(Draft.form_token == sheet.token, owner().owns())).first() is not None

"""The form's ways: shown, saved, refused with every word kept, taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from flask import Response, abort, current_app, make_response, redirect, render_template, request
from sqlalchemy.exc import IntegrityError

from wmd.db import db
from wmd.domain.codes import Mint
from wmd.domain.findings import Finding, errors
from wmd.domain.forms.reading import Form, ReadForm, read_form
from wmd.domain.forms.rules import check_new_language
from wmd.domain.forms.standing import excused
from wmd.domain.forms.typed import Typed, act
from wmd.errors import InvalidContentError, NotAllowedMoveError, NotPublishableError
from wmd.models import Draft, Edition, Event, Organisation, Revision, Submission
from wmd.services.alarms import raise_alarm
from wmd.services.drafts import (
    Conflict,
    NewDraft,
    close_draft,
    create_draft,
    discard_draft,
    find_draft,
    marks_of,
    read_typed,
    save_draft,
    untouched,
)
from wmd.services.edits import receive_edit
from wmd.services.form_reading import comments_on, editing_form, new_form, with_own_picture
from wmd.services.hearing import who_is_behind
from wmd.services.journal import Journal
from wmd.services.moderation import DecidedMeanwhileError
from wmd.services.people import read_address
from wmd.services.rate_limits import SUBMIT_BY_ADDRESS, SUBMIT_BY_NETWORK
from wmd.services.references import find_edition
from wmd.services.replaying import submission_entry
from wmd.services.second_tab import find_taken
from wmd.services.spam import count_same_text
from wmd.services.staff_form import hand_in_for_staff
from wmd.services.submissions import HandIn, Phase, Receipt, hand_in_form, phase_of
from wmd.web.catalogue import gettext
from wmd.web.guards import visitor
from wmd.web.hearing_words import behind_words
from wmd.web.limits import this_network, wait_s
from wmd.web.limits import too_many as too_many_requests
from wmd.web.means import commit_published, means, secret_box
from wmd.web.organiser.form_page import FormPage
from wmd.web.organiser.handed_already import answer_again
from wmd.web.organiser.own_drafts import edition_of, staff_base, submission_of
from wmd.web.organiser.posting import DRAFTS_BY_NETWORK, new_form_token, owner, shown_values
from wmd.web.organiser.wording import deadline_words
from wmd.web.reading import library, read_now
from wmd.web.spam_trap import read_shown_at, read_trap, trap_fields

#: A draft may be saved by another tab at the very moment; then it is read again.
_TRIES = 3


@dataclass(slots=True)
class Sheet:
    """One form on its way: its edition, its draft (None: not saved yet), and the submission it changes."""

    edition: Edition
    token: str
    draft: Draft | None = None
    submission: Submission | None = None
    #: The version that is changed when staff fill the form in; None when its organisers do.
    staff_base: Revision | None = None
    #: Words kept from a time when nobody was signed in: their draft, and the version they were typed on.
    kept_id: str = ""
    began: int = 0

    @property
    def address(self) -> str:
        """Where the form is sent."""
        return f"/organiser/drafts/{self.draft.id}" if self.draft else f"/{self.edition.slug}/submit"

    @property
    def version(self) -> int:
        """The version that is being typed on."""
        return self.began or (self.draft.version if self.draft else 0)

    def phase(self) -> Phase:
        """Where the edition stands with its deadlines; a change of what is there may come at any time."""
        return "open" if self.submission is not None else phase_of(self.edition, read_now())

    def form(self) -> Form:
        """What the form is read against."""
        dbs, now = db.session(), read_now()
        if self.submission is not None:
            return editing_form(dbs, self.edition, self.submission, now, staff_base=self.staff_base)
        return new_form(dbs, self.edition, visitor().person_id, now)


def find_sheet_edition(slug: str) -> Edition:
    """Return an edition that takes events, or answer 404."""
    found = find_edition(db.session(), slug)
    if found is None:
        abort(404)
    return found


def sheet_of(draft: Draft) -> Sheet:
    """Return the form of a draft; 404 when it changes a submission that is not theirs any more."""
    return Sheet(edition_of(draft), draft.form_token, draft, submission_of(draft), staff_base(draft))


def show_form(
    sheet: Sheet, typed: Typed, *, findings: Sequence[Finding] = (), status: int = 200, notice: str = ""
) -> Response:
    """Return the form with what is typed, and what is wrong with it beside its fields."""
    comments = comments_on(db.session(), sheet.submission.id) if sheet.submission else {}
    page = FormPage(
        typed, sheet.form(), findings, comments, is_edit=sheet.submission is not None,
        is_published=sheet.submission is not None and sheet.submission.state == "approved",
    )  # fmt: skip
    phase = sheet.phase()
    shown = render_template(
        "organiser/drafts/form.html", sheet=sheet, page=page, phase=phase, notice=notice, who=visitor(),
        deadline=deadline_words(db.session(), sheet.edition, phase), status=status,
        # Words from a time when nobody was signed in were all typed meanwhile.
        began="" if sheet.kept_id else marks_of(typed),
        trap=trap_fields(read_now(), shown_values(request.form)), is_staff=sheet.staff_base is not None,
        behind=_behind(sheet),
    )  # fmt: skip
    return make_response(shown, status)


def _behind(sheet: Sheet) -> str:
    """Return who would get a mail about a change of what is published; a blank for what is not."""
    dbs = db.session()
    event = dbs.get(Event, sheet.submission.event_id) if sheet.submission is not None else None
    return behind_words(who_is_behind(dbs, event, now=read_now())) if event is not None else ""


def show_stale(sheet: Sheet, typed: Typed) -> Response:
    """Return the form again after its check failed: it was open too long, or somebody signed in or out."""
    words = gettext(
        "This page was open for too long, or you signed in or out meanwhile. Nothing is lost: send it again."
    )
    return show_form(sheet, typed, status=422, notice=words)


def keep(sheet: Sheet, typed: Typed, version: int) -> Conflict | None:
    """Save what was typed: over the sheet's draft, or as a new one of this browser, which it then has. Flushes.

    Raises ValueError when this browser has too many drafts.
    """
    dbs, now = db.session(), read_now()
    if sheet.draft is None:
        sheet.draft = create_draft(
            dbs, secret_box(), NewDraft(sheet.edition, sheet.token, began_at=read_shown_at(request.form, now)),
            owner(keep=True), typed, mint=Mint(), now=now,
        )  # fmt: skip
        # A first POST that came twice found the first one's draft.
        version = version or sheet.draft.version
        if sheet.draft.handed_in_at is None and read_typed(sheet.draft, secret_box()) == dict(typed):
            return None
    return save_draft(dbs, secret_box(), sheet.draft, typed, version=version, now=now)


def save_over(draft: Draft, change: Callable[[dict[str, str]], dict[str, str]]) -> Conflict | None:
    """Make a change to whatever is typed by now, and commit; the conflict when others were faster each time."""
    dbs, conflict = db.session(), None
    for _ in range(_TRIES):
        typed = change(read_typed(draft, secret_box()))
        conflict = save_draft(dbs, secret_box(), draft, typed, version=draft.version, now=read_now())
        if conflict is None:
            break
    dbs.commit()
    return conflict


def answer_post(sheet: Sheet, typed: dict[str, str], limits: Sequence[Finding], version: int) -> Response:
    """Do what the pressed button says: add or remove a part, save, preview or hand in."""
    action = request.form.get("action", "save")
    if (answer := _answer_taken(sheet, typed)) is not None:
        return answer
    if sheet.draft is None and (seconds := wait_s((DRAFTS_BY_NETWORK, this_network()))):
        return too_many_requests(show_form(sheet, typed, status=429, notice=_wait_words(seconds)), seconds)
    unnamed = check_new_language(typed) if action == "add-language" else []
    typed, target = act(typed, action)
    try:
        conflict = keep(sheet, typed, version)
    except ValueError:
        db.session.rollback()
        words = gettext("There are too many drafts. Please finish one of them, or throw one away.")
        return show_form(Sheet(sheet.edition, new_form_token()), typed, status=422, notice=words)
    if conflict is None:
        _drop_kept(sheet)
    db.session.commit()
    if conflict is not None:
        return show_conflict(sheet, conflict)
    if sheet.draft is not None and sheet.draft.handed_in_at is not None:
        # Another request handed it in at this very moment: it took nothing more, and these words are not in it.
        return _answer_taken(sheet, typed) or show_form(Sheet(sheet.edition, new_form_token()), typed, status=409)
    return go_on(sheet, typed, [*limits, *unnamed], action, target)


def _answer_taken(sheet: Sheet, typed: Typed) -> Response | None:
    """Answer a form that was handed in already; None when it was not."""
    earlier = find_taken(db.session(), sheet.token, sheet.draft)
    return None if earlier is None else answer_again(sheet, earlier, typed) or _thank(sheet, earlier)


def go_on(sheet: Sheet, typed: dict[str, str], limits: Sequence[Finding], action: str, target: str = "") -> Response:
    """Do what was wished for once the draft is saved: hand it in, or show it again or one of its pages."""
    if action == "hand-in":
        return _hand_in(sheet, typed, limits)
    return _saved(sheet, typed, limits, action, target)


def _drop_kept(sheet: Sheet) -> None:
    """Throw away what was kept from a time when nobody was signed in: it stands in the draft itself now."""
    kept = find_draft(db.session(), request.form.get("kept", ""), owner())
    if kept is None or sheet.draft is None or kept.id == sheet.draft.id or kept.handed_in_at is not None:
        return
    if kept.submission_id == sheet.draft.submission_id:
        discard_draft(db.session(), kept, now=read_now())


#: Buttons that save and lead to a page of the draft's own.
_PAGES = frozenset({"preview", "pictures", "ics"})


def _saved(sheet: Sheet, typed: Typed, limits: Sequence[Finding], action: str, target: str) -> Response:
    if limits:
        return show_form(sheet, typed, findings=limits, status=422)
    where = sheet.address + (f"/{action}" if action in _PAGES else "?saved=1")
    return make_response(redirect(f"{where}#{_id_of(target)}" if target else where, 303))


def _id_of(name: str) -> str:
    return "f-" + name.replace("[", "-").replace("]", "").replace(".", "-")


def _wait_words(seconds: int) -> str:
    return gettext(
        "Too much was sent from your network just now. What you typed is here: please wait %(minutes)d minutes.",
        minutes=-(-seconds // 60),
    )


def show_conflict(sheet: Sheet, conflict: Conflict) -> Response:
    """Return both versions side by side, field by field, to choose from."""
    page = FormPage(conflict.typed, sheet.form())
    stored = FormPage(conflict.stored, page.form)
    # What only the other tab changed is newer there: this one still has what it began with.
    old = untouched(conflict.typed, request.form.get("began", ""))
    rows = [
        {"name": name, "label": page.label_of(name) or stored.label_of(name) or name, "stored": stored.said(name),
         "typed": page.said(name), "choice": "stored" if name in old else "typed"}
        for name in conflict.differing
    ]  # fmt: skip
    wish = request.form.get("then") or request.form.get("action", "save")
    shown = render_template(
        "organiser/drafts/conflict.html", sheet=sheet, conflict=conflict, rows=rows, wish=wish,
        began=request.form.get("began", ""),
    )  # fmt: skip
    return make_response(shown, 409)


def read_sheet(sheet: Sheet, typed: Typed) -> ReadForm:
    """Read the form with all its findings."""
    form = sheet.form()
    read = with_own_picture(db.session(), excused(read_form(typed, form), typed, form), form.base, owner())
    if (
        "contact" in form.sections
        and read.contact.address
        and not any(f.where == "contact.address" for f in read.errors)
    ):
        try:
            read_address(read.contact.address, "contact.address")
        except InvalidContentError as error:
            return replace(read, findings=(*read.findings, *error.findings))
    return read


def _hand_in(sheet: Sheet, typed: dict[str, str], limits: Sequence[Finding]) -> Response:
    phase = sheet.phase()
    if phase in {"before", "closed"}:
        return show_form(sheet, typed, status=422, notice=deadline_words(db.session(), sheet.edition, phase))
    read = read_sheet(sheet, typed)
    found = [*limits, *read.findings]
    if errors(found) or read.content is None:
        return show_form(sheet, typed, findings=found, status=422)
    counted = [(SUBMIT_BY_NETWORK, this_network())]
    counted += [(SUBMIT_BY_ADDRESS, read.contact.address.casefold())] if read.contact.address else []
    if seconds := wait_s(*counted):
        return too_many_requests(show_form(sheet, typed, status=429, notice=_wait_words(seconds)), seconds)
    try:
        receipt = _take_surely(sheet, read)
    except InvalidContentError as error:
        db.session.rollback()
        return show_form(sheet, typed, findings=list(error.findings), status=422)
    except (NotAllowedMoveError, NotPublishableError, DecidedMeanwhileError) as error:
        db.session.rollback()
        return _not_taken(sheet, typed, error)
    if receipt.is_new and sheet.staff_base is None:
        write_journal(sheet, receipt, typed)
    return _thank(sheet, receipt)


def _not_taken(sheet: Sheet, typed: Typed, error: Exception) -> Response:
    """Return the form with every word, and why it is not taken as it stands now."""
    if isinstance(error, DecidedMeanwhileError):
        words = gettext("There is a newer version, or somebody decided meanwhile. Nothing was saved: look at the desk.")
        return show_form(sheet, typed, status=409, notice=words)
    words = gettext("This event takes no more changes. Please write to the team about it.")
    if isinstance(error, NotPublishableError):
        words = gettext("It cannot be shown like that: look at its times.")
    return show_form(sheet, typed, status=422, notice=words)


def _take_surely(sheet: Sheet, read: ReadForm) -> Receipt:
    """Take the form, once more if another request wrote the same person or form just now: it is there."""
    try:
        return _take(sheet, read)
    except IntegrityError:
        db.session.rollback()
    return _take(sheet, read)


def _take(sheet: Sheet, read: ReadForm) -> Receipt:
    """Take the form in one transaction, and commit it."""
    dbs, now = db.session(), read_now()
    if read.content is None:
        raise InvalidContentError(read.findings)
    if sheet.staff_base is not None:
        return _take_from_staff(sheet, read, sheet.staff_base)
    same = count_same_text(dbs, read.content, now=now, but=sheet.submission.id if sheet.submission else "")
    names = tuple(read.organisation.names.values()) if read.organisation else ()
    # Who is signed in has shown already that a mail reaches them: filling in fast is no sign against them.
    began_at = None if sheet.draft is None else sheet.draft.created_at
    facts = read_trap(request.form, now, began_at=began_at, same_text=same, more_texts=names)
    if visitor().person_id is not None:
        facts = replace(facts, took=None, has_form=False)
    base = sheet.draft.base_revision_id if sheet.draft else None
    given = HandIn(read, sheet.token, sheet.submission, base, facts)
    receipt = hand_in_form(dbs, sheet.edition, given, actor=visitor().actor, box=secret_box(), mint=Mint(), now=now)
    if sheet.draft is not None:
        close_draft(sheet.draft, now=now)
    is_shown = False
    if sheet.submission is not None and receipt.is_new:
        is_shown = receive_edit(dbs, receipt.submission_id, means(), now=now)
    dbs.commit()
    if is_shown:
        library().refresh()
    return receipt


def _take_from_staff(sheet: Sheet, read: ReadForm, base: Revision) -> Receipt:
    """Put a moderator's own version in place in one transaction, and commit it."""
    given = HandIn(read, sheet.token, sheet.submission, base.id)
    receipt = hand_in_for_staff(
        db.session(), sheet.edition, given, means(), actor=visitor().actor, now=read_now()
    )  # fmt: skip
    if sheet.draft is not None:
        close_draft(sheet.draft, now=read_now())
    commit_published()
    return receipt


def journal() -> Journal:
    """Return the journal of this application."""
    found: Journal = current_app.extensions["wmd.journal"]
    return found


def write_journal(sheet: Sheet, receipt: Receipt, typed: dict[str, str]) -> None:
    """Write the second copy, after the commit and before the answer.

    When that fails the submission stands nevertheless, the person gets the receipt, and staff get an alarm.
    """
    dbs, now = db.session(), read_now()
    submission = dbs.get_one(Submission, receipt.submission_id)
    entry = submission_entry(
        sheet.edition, receipt, typed, form_token=sheet.token, actor=visitor().actor, submission=submission,
        organisation=dbs.get_one(Organisation, submission.organisation_id), changes=sheet.submission is not None,
        base_revision_id=sheet.draft.base_revision_id if sheet.draft else None, now=now,
    )  # fmt: skip
    try:
        journal().append(entry)
    except OSError:
        current_app.logger.exception("journal_failed", extra={"submission": receipt.submission_id})
        raise_alarm(dbs, "journal", "The journal of submissions cannot be written: is the disk full?", now=now)
        dbs.commit()


def _thank(sheet: Sheet, receipt: Receipt) -> Response:
    if sheet.staff_base is not None:
        return make_response(redirect(f"/staff/desk/{receipt.submission_id}?done=edit", 303))
    if sheet.submission is not None:
        return make_response(redirect(f"/organiser/submissions/{receipt.submission_id}?done=1", 303))
    return make_response(redirect(f"/{sheet.edition.slug}/submit/thanks?r={quote(receipt.number)}", 303))

"""Several at once: first what would be sent to whom, then one confirmation; each is decided on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.findings import N_, Finding, Level
from wmd.errors import InvalidContentError, NotAllowedMoveError, NotPublishableError
from wmd.models import Reason, Submission
from wmd.secretbox import SecretBox
from wmd.services import verdicts
from wmd.services.announcing import Addressee, addressees, announce, check_announcement
from wmd.services.decision_mail import words_of
from wmd.services.desk import KINDS, read_queue
from wmd.services.letters import shown
from wmd.services.mail_facts import Reading
from wmd.services.moderation import (
    DecidedMeanwhileError,
    NotYoursError,
    Seen,
    seen_now,
    waiting_revision,
)
from wmd.services.verdicts import Said
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, visitor
from wmd.web.means import means
from wmd.web.reading import library, read_now
from wmd.web.staff.desk import conflict_words, filter_query, read_filter
from wmd.web.staff.desk_acts import read_number
from wmd.web.staff.desk_words import STATE_WORDS
from wmd.web.staff.mail import press

bp = Blueprint("bulk", __name__, url_prefix="/bulk")

#: At most one page of the queue, ticked as a whole.
MOST = 25
ACTS = ("approve", "changes", "refuse", "write")


@dataclass(frozen=True, slots=True)
class Planned:
    """What would happen to one submission: what was seen of it, what is sent, and why nothing happens if so."""

    submission: Submission
    seen: Seen | None
    reason: str
    people: tuple[Addressee, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one submission."""

    id: str
    title: str
    problem: str


def _chosen() -> list[Submission]:
    ids = request.form.getlist("ids")[:MOST]
    rows = {row.id: row for row in db.session().scalars(select(Submission).where(Submission.id.in_(ids)))}
    actor = visitor().actor
    return [rows[id_] for id_ in ids if id_ in rows and actor.may_see(rows[id_].region, rows[id_].language)]


def _said() -> Said:
    return Said(tuple(request.form.getlist("reasons")), request.form.get("own", "")[:4000])


def _choose(status: int = 200, findings: Sequence[Finding] = ()) -> Response:
    dbs, wanted = db.session(), read_filter()
    page = request.args.get("page", "1")
    queue = read_queue(
        dbs, wanted, actor=visitor().actor, page=int(page) if page.isdecimal() else 1, now=read_now()
    )  # fmt: skip
    reasons = dbs.scalars(select(Reason).where(Reason.retired_at.is_(None)).order_by(Reason.position)).all()
    shown = render_template(
        "staff/bulk/choose.html", queue=queue, wanted=wanted, kinds=KINDS, here=filter_query(wanted),
        id_options=[
            (row.id, " · ".join((row.title, row.organisation, gettext(STATE_WORDS[row.state])))) for row in queue.rows
        ],
        reason_options=[(reason.slug, reason.texts["en"]["label"]) for reason in reasons],
        typed=request.form, ids=request.form.getlist("ids"), findings=[one.say(gettext) for one in findings],
        state_words=STATE_WORDS, filter_query=filter_query,
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("")
@for_staff("moderator", fresh=True)
def choose() -> Response:
    """Show the queue with boxes to tick, and what can be done with what is ticked."""
    return _choose()


def _stale() -> Response:
    text = N_("This page was open for too long. Nothing was sent: please choose once more.")
    return _choose(422, [Finding("stale", Level.ERROR, "", text)])


@bp.post("")
@on_stale_form(_stale)
@for_staff("moderator", fresh=True)
def act() -> ResponseReturnValue:
    """Show what would be sent to whom; with the confirmation, do it."""
    what, submissions = request.form.get("act", ""), _chosen()
    found = []
    if what not in ACTS:
        found.append(Finding("act", Level.ERROR, "act", N_("Choose what shall be done.")))
    if not submissions:
        found.append(Finding("ids", Level.ERROR, "ids", N_("Tick at least one.")))
    if what == "refuse" and not (request.form.getlist("reasons") or request.form.get("own", "").strip()):
        found.append(Finding("own", Level.ERROR, "own", N_("Say why: choose a reason or write one.")))
    if what == "changes" and not (request.form.getlist("reasons") or request.form.get("own", "").strip()):
        found.append(Finding("own", Level.ERROR, "own", N_("Say what to change: choose a reason or write one.")))
    if what == "write":
        try:
            check_announcement(request.form.get("subject", ""), request.form.get("text", ""))
        except InvalidContentError as error:
            found += error.findings
    if found:
        return _choose(422, found)
    if request.form.get("confirmed") != "yes":
        return _preview(what, submissions)
    return _write(submissions) if what == "write" else _decide(what, submissions)


def _preview(what: str, submissions: Sequence[Submission]) -> Response:
    planned = [_plan(what, submission) for submission in submissions]
    everybody = addressees(db.session(), submissions) if what == "write" else []
    return make_response(
        render_template(
            "staff/bulk/preview.html",
            what=what,
            planned=planned,
            everybody=everybody,
            sample=_sample(everybody[0]) if everybody else None,
            typed=request.form,
            here=filter_query(read_filter()),
            state_words=STATE_WORDS,
        )
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """A mail that is not there yet, for the first who would get it."""

    person_id: str | None
    edition_id: int | None
    subject_id: str
    facts: dict[str, Any]
    created_at: datetime
    id: str = "sample"
    kind: str = "announcement"


def _sample(one: Addressee) -> Reading:
    """Return what the first of those who would get an announcement reads."""
    facts = {name: request.form.get(name, "").strip() for name in ("subject", "text")}
    row = _Sample(one.person.id, one.submission.edition_id, one.submission.id, facts, read_now())
    return shown(db.session(), row, press())


def _plan(what: str, submission: Submission) -> Planned:
    dbs = db.session()
    waiting = waiting_revision(dbs, submission.id)
    is_silent = what == "refuse" and submission.suspect_at is not None
    people = () if is_silent else tuple(addressees(dbs, [submission]))
    if what == "write":
        return Planned(submission, None, "", people)
    if waiting is None:
        return Planned(submission, None, "", (), gettext("Nothing of it waits for a decision."))
    seen = seen_now(dbs, submission, waiting)
    said = _said()
    reason = words_of(dbs, said.reasons, said.own, "en") if what != "approve" else ""
    return Planned(submission, seen, reason, people)


def _decide(what: str, submissions: Sequence[Submission]) -> Response:
    """Decide on each in a transaction of its own: what is in conflict is listed, the others are done."""
    results = []
    for id_, title in [(submission.id, submission.title) for submission in submissions]:
        seen = Seen(
            id_,
            request.form.get(f"revision.{id_}", ""),
            request.form.get(f"state.{id_}", ""),
            _number(f"decision.{id_}"),
        )
        results.append(Result(id_, title, _decide_one(what, seen) if seen.revision_id else gettext("Nothing waits.")))
    library().refresh()
    return make_response(
        render_template("staff/bulk/done.html", results=results, here=filter_query(read_filter()), sent=None)
    )


def _number(name: str) -> int:
    return read_number(request.form.get(name, ""))


def _decide_one(what: str, seen: Seen) -> str:
    """Decide on one and commit; return why not, or nothing."""
    dbs, actor, now = db.session(), visitor().actor, read_now()
    try:
        if what == "approve":
            verdicts.approve(dbs, seen, means(), actor=actor, now=now)
        elif what == "changes":
            verdicts.ask_for_changes(dbs, seen, _said(), means(), actor=actor, now=now)
        else:
            verdicts.refuse(dbs, seen, _said(), means(), actor=actor, now=now)
        dbs.commit()
    except DecidedMeanwhileError as error:
        dbs.rollback()
        text, params = conflict_words(error.conflict, seen.submission_id)
        return text.format(**params)
    except InvalidContentError as error:
        dbs.rollback()
        return error.findings[0].say(gettext)
    except (NotAllowedMoveError, NotPublishableError, NotYoursError):
        dbs.rollback()
        return gettext("That is not possible as it stands now.")
    return ""


def _write(submissions: Sequence[Submission]) -> Response:
    dbs = db.session()
    box: SecretBox = means().box
    sent = announce(
        dbs, submissions, request.form.get("subject", ""), request.form.get("text", ""), actor=visitor().actor,
        box=box, now=read_now(),
    )  # fmt: skip
    dbs.commit()
    return make_response(
        render_template("staff/bulk/done.html", results=[], here=filter_query(read_filter()), sent=sent)
    )

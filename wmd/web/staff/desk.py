"""The desk: the queue on the left, the thing itself on the right, the decision always in the same place.

Every button is a POST to the page itself with ``act``; the verdicts' form says what was looked at. After a decision
the next thing of the same selection opens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.codes import is_code
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.times import WallTimeError, to_instant
from wmd.domain.vocabulary import METROPOLIS_REGION_LABELS, TOOLKIT_TOPICS
from wmd.errors import InvalidContentError, NotAllowedMoveError, NotPublishableError
from wmd.models import Edition, Event, Reason, Submission
from wmd.services import co_organisers, edits, merging, moderation, threads, verdicts
from wmd.services.advice import Beside, likely_repeats
from wmd.services.confirming import DISOWNED, follow_confirmation
from wmd.services.desk import KINDS, Filter, Queue, next_after, read_queue
from wmd.services.desk_item import Item, moderators, read_item
from wmd.services.field_words import field_words
from wmd.services.moderation import Conflict, DecidedMeanwhileError, NotYoursError, Seen
from wmd.services.questions import asked_in
from wmd.services.states import audit
from wmd.services.verdicts import Said
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, freshness_first, visitor
from wmd.web.means import commit_published, means
from wmd.web.reading import read_now, read_programme
from wmd.web.staff.content_rows import Known, blocks, describe
from wmd.web.staff.done import MOVES_ON, read_done
from wmd.web.staff.loaders import staff_submission
from wmd.web.staff.trail_words import act_words

bp = Blueprint("desk", __name__, url_prefix="/desk")

FLAGS = {
    "urgent": N_("urgent"), "material": N_("changes time, place or access"),
    DISOWNED: N_("whose address it gives says: not mine"),
}  # fmt: skip

#: How a version came to be.
SOURCES = {
    "form": N_("handed in"), "staff": N_("made by staff"), "moderation": N_("what was taken of a change"),
    "import": N_("imported"), "organiser": N_("called off or revived by its organiser"),
}  # fmt: skip

STATE_WORDS = {
    "unconfirmed": N_("address not confirmed"), "submitted": N_("submitted"), "in review": N_("in review"),
    "changes requested": N_("changes asked for"), "approved": N_("approved"), "rejected": N_("rejected"),
    "withdrawn": N_("withdrawn"), "edit waiting": N_("a change waits"),
    "edit changes requested": N_("changes to a change asked for"), "pending": N_("waits"),
    "partly approved": N_("partly taken"), "refused": N_("rejected"), "superseded": N_("replaced"),
}  # fmt: skip

_CONFLICTS = {
    "newer revision": N_("%(who)s handed in a newer version on %(when)s. Nothing was decided: look at it first."),
    "claimed": N_("%(who)s has taken this on since %(when)s. Nothing was changed."),
    "approved": N_("%(who)s approved it on %(when)s. Nothing was decided twice."),
    "partly approved": N_("%(who)s took part of it on %(when)s. Nothing was decided twice."),
    "refused": N_("%(who)s rejected it on %(when)s. Nothing was decided twice."),
    "changes requested": N_("%(who)s asked for changes on %(when)s. Nothing was decided twice."),
}


#: These ask for the second factor once more: they cannot be taken back.
DANGEROUS = frozenset({"merge"})


def read_filter() -> Filter:
    """Return the selection that the address names; what is unknown does not narrow."""
    args = request.args
    kind = args.get("kind", "open")
    return Filter(
        kind=kind if kind in KINDS else "open",
        region=args.get("region", "") if args.get("region") in METROPOLIS_REGION_LABELS else "",
        language=args.get("language", "")[:20],
        topic=args.get("topic", "") if args.get("topic") in dict(TOOLKIT_TOPICS) else "",
        flag=args.get("flag", "") if args.get("flag") in FLAGS else "",
        mine=args.get("mine") == "yes",
        q=args.get("q", "")[:100],
        edition=args.get("edition", "")[:60],
    )


def filter_query(wanted: Filter, **more: str) -> str:
    """Return a selection as the query of an address, with its question mark; nothing when it does not narrow."""
    said = {
        "kind": "" if wanted.kind == "open" else wanted.kind, "region": wanted.region, "language": wanted.language,
        "topic": wanted.topic, "flag": wanted.flag, "mine": "yes" if wanted.mine else "", "q": wanted.q,
        "edition": wanted.edition, **more,
    }  # fmt: skip
    query = urlencode({name: value for name, value in said.items() if value})
    return f"?{query}" if query else ""


def _page(submission: Submission | None, *, status: int = 200, problems: list[Finding] | None = None) -> Response:
    dbs, now, who = db.session(), read_now(), visitor()
    wanted = read_filter()
    page = request.args.get("page", "1")
    queue = read_queue(dbs, wanted, actor=who.actor, page=int(page) if page.isdecimal() else 1, now=now)
    item = read_item(dbs, submission) if submission is not None else None
    shown = render_template(
        "staff/desk/desk.html", queue=queue, wanted=wanted, kinds=KINDS, here=filter_query(wanted),
        filter_query=filter_query, item=item, problems=problems or [],
        messages=messages_by_field(problems or []), typed=request.form, now=now,
        regions=METROPOLIS_REGION_LABELS, topics=TOOLKIT_TOPICS, flags=FLAGS, state_words=STATE_WORDS, sources=SOURCES,
        me=who.actor,
        done=read_done(who.actor), say=_say, field_name=field_name,
        **(_about(item, queue) if item else {}),
    )  # fmt: skip
    return make_response(shown, status)


def messages_by_field(problems: list[Finding]) -> dict[str, list[dict[str, str]]]:
    """Return what is wrong by the name of its field, as the forms' macros show it."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in problems:
        found.setdefault(one.where, []).append({"text": _say(one), "level": one.level.value})
    return found


def _say(finding: Finding) -> str:
    return finding.say(gettext)


def field_name(where: str) -> str:
    """Return the field that a finding is about in words; a blank for one about the whole."""
    return field_words(where, gettext, "en")


def _about(item: Item, queue: Queue) -> dict[str, object]:
    dbs = db.session()
    questions = {asked.slug: asked for asked in asked_in(dbs, item.edition)}
    known = Known(item.people, item.keys, item.edition.zone, questions)
    comments: dict[str, list[str]] = {}
    for comment in item.comments:
        if comment.settled_at is None:
            comments.setdefault(comment.path, []).append(comment.body)
    positions = [row.id for row in queue.rows]
    place = positions.index(item.submission.id) if item.submission.id in positions else None
    reasons = dbs.scalars(select(Reason).where(Reason.retired_at.is_(None)).order_by(Reason.position)).all()
    return {
        "blocks": blocks(item.content, known), "comments": comments,
        "edit": [(change, *describe(change, known)) for change in item.edit], "reasons": reasons,
        "moderators": moderators(dbs),
        "previous": positions[place - 1] if place else None,
        "following": positions[place + 1] if place is not None and place + 1 < len(positions) else None,
        "likenesses": _likenesses(item),
        "may_decide": visitor().actor.role in {"moderator", "administrator"}, "actor_name": _actor_names(item),
        "act_words": act_words,
    }  # fmt: skip


def _likenesses(item: Item) -> list[dict[str, str]]:
    """Return which events and submissions this one may repeat, each with where it is."""
    if item.submission.state in {"rejected", "withdrawn"}:
        return []
    programme = read_programme(item.edition.slug)
    beside = Beside(item.edition, programme, visitor().actor, item.submission)
    return [
        {
            "title": known.titles[0],
            "url": f"/e/{known.ref}" if is_code(known.ref) else f"/staff/desk/{known.ref}",
            "ref": known.ref,
        }
        for known in (one.known for one in likely_repeats(db.session(), item.content, beside))
    ]


def _actor_names(item: Item) -> Callable[[str], str]:
    """Return how an actor string reads to a person."""

    def name(actor: str) -> str:
        kind, _, id_ = actor.partition(":")
        if kind == "person":
            return item.people.get(id_) or gettext("somebody without a name")
        if kind == "job":
            return gettext("the service (%(job)s)", job=id_)
        return {"visitor": gettext("a visitor"), "import": gettext("an import")}.get(actor, actor)

    return name


@bp.get("")
@for_staff("reader")
def queue() -> Response:
    """Show the queue."""
    return _page(None)


@bp.get("/<submission_id>")
@for_staff("reader")
def show(submission_id: str) -> Response:
    """Show one submission beside the queue."""
    return _page(staff_submission(submission_id))


def _stale(submission_id: str) -> Response:
    text = N_("This page was open for too long. Nothing you typed is lost: please send it once more.")
    return _page(staff_submission(submission_id), status=422, problems=[Finding("stale", Level.ERROR, "own", text)])


@bp.post("/<submission_id>")
@on_stale_form(_stale)
@for_staff("moderator")
def act(submission_id: str) -> ResponseReturnValue:
    """Do what a button says; what does not work is said on the same page, with everything that was typed."""
    submission = staff_submission(submission_id)
    name = request.form.get("act", "")
    if name not in ACTS:
        abort(400)
    if name in DANGEROUS and (asked := freshness_first()) is not None:
        return asked
    dbs, wanted, now = db.session(), read_filter(), read_now()
    following = (
        next_after(dbs, submission_id, wanted, actor=visitor().actor, now=now) if name in MOVES_ON else submission_id
    )
    try:
        ACTS[name](submission, now)
        commit_published()
    except DecidedMeanwhileError as error:
        dbs.rollback()
        problem = Finding("conflict", Level.ERROR, "own", *conflict_words(error.conflict, submission_id))
        return _page(staff_submission(submission_id), status=409, problems=[problem])
    except InvalidContentError as error:
        dbs.rollback()
        return _page(staff_submission(submission_id), status=422, problems=list(error.findings))
    except (NotAllowedMoveError, NotPublishableError) as error:
        dbs.rollback()
        text = N_("That is not possible as it stands now: {why}.")
        problem = Finding("not-allowed", Level.ERROR, "own", text, {"why": str(error)})
        return _page(staff_submission(submission_id), status=409, problems=[problem])
    except NotYoursError:
        dbs.rollback()
        abort(403)
    target = f"/staff/desk/{following}" if following else "/staff/desk"
    return redirect(target + filter_query(wanted, done=name, about=submission_id if name in MOVES_ON else ""), 303)


def conflict_words(conflict: Conflict, submission_id: str) -> tuple[str, dict[str, object]]:
    """Return a finding's text and parameters for what somebody else did: who, when, and what."""
    item = read_item(db.session(), staff_submission(submission_id))
    who = _actor_names(item)(conflict.by)
    moment = conflict.at.astimezone(ZoneInfo(item.edition.zone)).strftime("%Y-%m-%d %H:%M")
    known = _CONFLICTS.get(conflict.what, N_("%(who)s changed where it stands on %(when)s. Nothing was decided."))
    said = gettext(known, who=who, when=f"{moment} ({item.edition.zone})")
    return "{said}", {"said": said}


# What the buttons do


def _seen(submission: Submission) -> Seen:
    form = request.form
    decision_id = read_number(form.get("decision_id", ""))
    return Seen(submission.id, form.get("revision_id", ""), form.get("state", ""), decision_id)


def read_number(text: str) -> int:
    """Return the number of a decision that a form carries; 0 for none, and for what never was one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _said() -> Said:
    comments = tuple(
        (name.removeprefix("comment."), body.strip()[:2000])
        for name, body in request.form.items()
        if name.startswith("comment.") and body.strip()
    )
    return Said(tuple(request.form.getlist("reasons")), request.form.get("own", "")[:4000], comments)


def _approve(submission: Submission, now: datetime) -> None:
    publish_on = read_moment("publish_day", "publish_time", submission.edition_id)
    verdicts.approve(
        db.session(), _seen(submission), means(), actor=visitor().actor, now=now, publish_on=publish_on
    )  # fmt: skip


def read_moment(day: str, clock: str, edition_id: int) -> datetime | None:
    """Return the instant that two typed fields name on the clocks of the edition; None when no day was typed.

    Raises InvalidContentError when it cannot be read.
    """
    typed_day, typed_clock = request.form.get(day, "").strip(), request.form.get(clock, "").strip() or "09:00"
    if not typed_day:
        return None
    try:
        wall = datetime.fromisoformat(f"{typed_day}T{typed_clock}")
    except ValueError:
        text = N_("Write a day such as 2026-10-01, and a time such as 09:00.")
        raise InvalidContentError([Finding("time.unreadable", Level.ERROR, day, text)]) from None
    edition = db.session().get_one(Edition, edition_id)
    try:
        return to_instant(wall.replace(tzinfo=None), edition.zone)
    except WallTimeError as error:
        raise InvalidContentError([Finding(error.code, Level.ERROR, clock, error.text, error.params)]) from None


def _some(submission: Submission, now: datetime) -> None:
    """Take the ticked changes: all, some or none, as the moderator ticked them."""
    item = read_item(db.session(), submission)
    taken = set(request.form.getlist("take"))
    offered = {change.path for change in item.edit}
    seen, actor = _seen(submission), visitor().actor
    if taken >= offered:
        verdicts.approve(db.session(), seen, means(), actor=actor, now=now)
    elif not taken & offered:
        verdicts.refuse(db.session(), seen, _said(), means(), actor=actor, now=now)
    else:
        verdicts.take_some(db.session(), seen, taken, _said(), means(), actor=actor, now=now)


def _changes(submission: Submission, now: datetime) -> None:
    verdicts.ask_for_changes(db.session(), _seen(submission), _said(), means(), actor=visitor().actor, now=now)


def _refuse(submission: Submission, now: datetime) -> None:
    tell = request.form.get("tell") == "yes" or submission.suspect_at is None
    verdicts.refuse(db.session(), _seen(submission), _said(), means(), actor=visitor().actor, now=now, tell=tell)


def _claim(submission: Submission, now: datetime) -> None:
    take_over = request.form.get("take_over") == "yes"
    moderation.claim(db.session(), submission.id, actor=visitor().actor, take_over=take_over, now=now)


def _release(submission: Submission, now: datetime) -> None:
    moderation.release(db.session(), submission.id, actor=visitor().actor, now=now)


def _hand_over(submission: Submission, now: datetime) -> None:
    to = request.form.get("to", "")
    if to not in dict(moderators(db.session())):
        raise InvalidContentError([Finding("to.unknown", Level.ERROR, "to", N_("Choose a moderator."))])
    moderation.hand_over(db.session(), submission.id, to, actor=visitor().actor, now=now)


def _question(submission: Submission, now: datetime) -> None:
    body = request.form.get("question", "")
    threads.ask_question(db.session(), submission.id, body, means(), actor=visitor().actor, now=now)


def _note(submission: Submission, now: datetime) -> None:
    threads.write_note(db.session(), submission.id, request.form.get("note", ""), actor=visitor().actor, now=now)


def _looked(submission: Submission, now: datetime) -> None:
    edits.looked_at(db.session(), submission.id, actor=visitor().actor, now=now)


def _ask_partner(submission: Submission, now: datetime) -> None:
    organisation_id = request.form.get("organisation_id", "")
    sent = co_organisers.ask_again(
        db.session(), submission.id, organisation_id, means(), actor=visitor().actor, now=now
    )  # fmt: skip
    if not sent:
        text = N_("No address is known of this organisation: give it a contact first.")
        raise InvalidContentError([Finding("partner.unreachable", Level.ERROR, "organisation_id", text)])


def _believe_partner(submission: Submission, now: datetime) -> None:
    organisation_id = request.form.get("organisation_id", "")
    co_organisers.believe(db.session(), submission.id, organisation_id, means(), actor=visitor().actor, now=now)


def _merge(submission: Submission, now: datetime) -> None:
    code = request.form.get("into", "").strip().upper()[:6]
    target = (
        db.session()
        .scalars(select(Submission).join(Event, Event.id == Submission.event_id).where(Event.code == code))
        .first()
    )
    if target is None or not visitor().actor.may_see(target.region, target.language):
        raise InvalidContentError([Finding("into.unknown", Level.ERROR, "into", N_("There is no event of this code."))])
    actor = visitor().actor
    if submission.state == "approved":
        merging.merge_published(db.session(), submission.id, target.id, means(), actor=actor, now=now)
    else:
        merging.merge_waiting(db.session(), _seen(submission), target.id, means(), actor=actor, now=now)


def _reopen(submission: Submission, now: datetime) -> None:
    verdicts.reopen(db.session(), submission.id, means(), actor=visitor().actor, now=now)


def _not_spam(submission: Submission, now: datetime) -> None:
    moderation.require_moderator(submission, visitor().actor)
    if submission.suspect_at is not None:
        submission.suspect_at = None
        audit(
            db.session(), actor=visitor().actor.name, action="not-spam", kind="submission", subject_id=submission.id,
            now=now,
        )  # fmt: skip
        follow_confirmation(db.session(), submission, actor=visitor().actor.name, box=means().box, now=now)


ACTS: dict[str, Callable[[Submission, datetime], None]] = {
    "approve": _approve, "some": _some, "changes": _changes, "refuse": _refuse, "claim": _claim, "release": _release,
    "hand-over": _hand_over, "question": _question, "note": _note, "looked": _looked, "ask-partner": _ask_partner,
    "believe-partner": _believe_partner,
    "merge": _merge, "not-spam": _not_spam, "reopen": _reopen,
}  # fmt: skip

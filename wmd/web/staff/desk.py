"""The desk: the queue on the left, the thing itself on the right, the decision always in the same place.

Every button is a POST to the page itself with ``act``; the verdicts' form says what was looked at. After a decision
the next thing of the same selection opens.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.codes import is_code
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.vocabulary import METROPOLIS_REGION_LABELS, TOOLKIT_TOPICS
from wmd.errors import InvalidContentError, NotAllowedMoveError, NotPublishableError
from wmd.models import Reason, Submission
from wmd.services.advice import Beside, likely_repeats
from wmd.services.bounces import silent_people
from wmd.services.delivery import address_digest
from wmd.services.desk import KINDS, Filter, Queue, next_after, read_queue
from wmd.services.desk_item import Item, moderators, read_item
from wmd.services.hearing import who_hears
from wmd.services.moderation import Conflict, DecidedMeanwhileError, NotYoursError
from wmd.services.questions import asked_in
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.guards import for_staff, freshness_first, visitor
from wmd.web.hearing_words import hearing_words
from wmd.web.means import commit_published
from wmd.web.reading import read_now, read_programme
from wmd.web.staff.content_rows import Known, blocks, describe
from wmd.web.staff.desk_acts import ACTS, DANGEROUS
from wmd.web.staff.desk_words import (
    CONFLICTS,
    FLAGS,
    SOURCES,
    STATE_WORDS,
    actor_words,
    field_name,
    messages_by_field,
    say,
)
from wmd.web.staff.done import MOVES_ON, read_done
from wmd.web.staff.loaders import staff_submission
from wmd.web.staff.trail_words import act_words, moved
from wmd.web.staff.webinars import has_own_account

bp = Blueprint("desk", __name__, url_prefix="/desk")


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
        me=who.actor, has_own_zoom=has_own_account(),
        done=read_done(who.actor), say=say, field_name=field_name,
        **(_about(item, queue) if item else {}),
    )  # fmt: skip
    return make_response(shown, status)


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
    digest = address_digest(str(current_app.config["SECRET_KEY"]))
    return {
        "silent": silent_people(dbs, item.contacts, digest),
        "blocks": blocks(item.content, known), "comments": comments,
        "edit": [(change, *describe(change, known)) for change in item.edit], "reasons": reasons,
        "hearing": hearing_words(who_hears(dbs, item.event, item.edit, now=read_now())) if item.edit else "",
        "moderators": moderators(dbs),
        "previous": positions[place - 1] if place else None,
        "following": positions[place + 1] if place is not None and place + 1 < len(positions) else None,
        "likenesses": _likenesses(item),
        "may_decide": visitor().actor.role in {"moderator", "administrator"},
        "actor_name": partial(actor_words, people=item.people), "act_words": act_words,
        "moved": partial(moved, names=item.people, versions={row.id: row.number for row in item.revisions}),
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
    who = actor_words(conflict.by, item.people)
    moment = conflict.at.astimezone(ZoneInfo(item.edition.zone)).strftime("%Y-%m-%d %H:%M")
    known = CONFLICTS.get(conflict.what, N_("%(who)s changed where it stands on %(when)s. Nothing was decided."))
    said = gettext(known, who=who, when=f"{moment} ({item.edition.zone})")
    return "{said}", {"said": said}

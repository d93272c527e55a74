"""The banner: what staff say on top of every public page for a while; typed, looked at, put up, ended."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from wmd.db import db
from wmd.domain.banners import BannerView
from wmd.domain.findings import N_, Finding, Level
from wmd.domain.times import WallTimeError, to_instant
from wmd.domain.zones import canonical
from wmd.errors import InvalidContentError
from wmd.models import Edition
from wmd.services.banners import (
    KINDS,
    LONGEST,
    MayNotPutError,
    NewBanner,
    check_banner,
    end_banner,
    may_put,
    past_banners,
    put_banner,
    standing_banners,
)
from wmd.web.catalogue import gettext
from wmd.web.csrf import on_stale_form
from wmd.web.findings import messages_of
from wmd.web.guards import for_staff, visitor
from wmd.web.means import commit_published
from wmd.web.reading import read_now, viewer

bp = Blueprint("banner", __name__, url_prefix="/banner")

#: Languages in which a banner can be written; one is enough.
LANGUAGES = (("en", N_("English")), ("es", N_("Spanish")), ("fr", N_("French")), ("ar", N_("Arabic")))
_KIND_WORDS = {"info": N_("A notice"), "warning": N_("A warning")}
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DONE = {"put", "ended", "before"}

_NO_ZONE = N_("Choose a place of the list, such as Europe/Madrid.")
_NO_TIME = N_("Write a day such as 2026-10-07 and a time such as 15:00.")


def _show(
    status: int = 200, *, messages: dict[str, list[str]] | None = None, looked: BannerView | None = None
) -> Response:
    """Return the page; ``looked`` is a banner as it would stand."""
    dbs, now, who = db.session(), read_now(), visitor()
    own = viewer((who.person.zone if who.person else "") or "UTC").zone
    typed = request.form if request.method == "POST" else {}
    shown = render_template(
        "staff/banner/index.html", messages=messages or {}, looked=looked, typed=typed, own_zone=own, now=now,
        standing=standing_banners(dbs, now=now), past=past_banners(dbs, now=now), may_put=may_put(who.actor),
        editions=dbs.scalars(select(Edition).order_by(Edition.main_day.desc()).limit(100)).all(),
        languages=LANGUAGES, kinds=_KIND_WORDS, longest=LONGEST,
        form_id=typed.get("id") or str(uuid.uuid4()), zone=typed.get("zone") or own,
        done=request.args.get("done", "") if request.args.get("done") in _DONE else "",
    )  # fmt: skip
    return make_response(shown, status)


@bp.get("")
@for_staff("reader")
def index() -> ResponseReturnValue:
    """Show what stands, what stood, and the form."""
    return _show()


def _read(now: datetime) -> NewBanner:
    """Return the banner that was typed. Raises InvalidContentError beside its times, and answers 400 for no form."""
    said, found = request.form, list[Finding]()
    if _ID.fullmatch(said.get("id", "")) is None or said.get("kind") not in KINDS:
        abort(400)
    edition = db.session.scalars(select(Edition).where(Edition.slug == said.get("edition", ""))).first()
    if edition is None and said.get("edition"):
        abort(400)
    zone = canonical(said.get("zone", "").strip())
    if zone is None:
        raise InvalidContentError([Finding("banner.zone", Level.ERROR, "zone", _NO_ZONE)])
    instants = {}
    for name in ("from", "until"):
        try:
            instants[name] = _instant(said.get(f"{name}_on", ""), said.get(f"{name}_time", ""), zone)
        except WallTimeError as error:
            found.append(Finding("banner.time", Level.ERROR, f"{name}_on", error.text, dict(error.params)))
        except ValueError:
            found.append(Finding("banner.time", Level.ERROR, f"{name}_on", _NO_TIME))
    if instants.get("until", now) is None:
        found.append(Finding("banner.time", Level.ERROR, "until_on", _NO_TIME))
    if found:
        raise InvalidContentError(found)
    words = {tag: text for tag, _ in LANGUAGES if (text := said.get(f"words.{tag}", "").strip())}
    return NewBanner(said["id"], edition, said["kind"], words, instants["from"], instants["until"])


def _instant(on: str, at: str, zone: str) -> datetime | None:
    """Return the instant of a typed day and time; None when both are blank."""
    if not on.strip() and not at.strip():
        return None
    return to_instant(datetime.strptime(f"{on.strip()} {at.strip()}", "%Y-%m-%d %H:%M"), zone)  # noqa: DTZ007 -- a wall time


@for_staff("moderator")
def _stale() -> Response:
    words = gettext("This page was open for too long. Nothing you typed is lost: please send it again.")
    return _show(422, messages={"words.en": [words]})


@bp.post("")
@on_stale_form(_stale)
@for_staff("moderator")
def put() -> ResponseReturnValue:
    """Show a banner as it would stand, let it be changed, or put it up."""
    dbs, now, act = db.session(), read_now(), request.form.get("act", "")
    if act == "change":
        return _show()
    try:
        new = _read(now)
        if act == "look":
            check_banner(dbs, new, now=now)
            slug = new.edition.slug if new.edition is not None else ""
            until_at = new.until_at or now
            return _show(looked=BannerView(new.id, slug, new.kind, new.words, new.from_at or now, until_at))
        put_banner(dbs, new, actor=visitor().actor, now=now)
    except InvalidContentError as error:
        dbs.rollback()
        return _show(422, messages=messages_of(error.findings))
    except MayNotPutError:
        abort(403)
    commit_published()
    return redirect("/staff/banner?done=put", 303)


@for_staff("moderator")
def _stale_end(banner_id: str) -> ResponseReturnValue:
    del banner_id
    return _stale()


@bp.post("/<banner_id>/end")
@on_stale_form(_stale_end)
@for_staff("moderator")
def end(banner_id: str) -> ResponseReturnValue:
    """Take a banner down now."""
    try:
        done = end_banner(db.session(), banner_id, actor=visitor().actor, now=read_now())
    except MayNotPutError:
        abort(403)
    commit_published()
    return redirect(f"/staff/banner?done={'ended' if done else 'before'}", 303)

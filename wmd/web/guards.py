"""Who may enter: guards for views, and loaders that know only what belongs to who asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec
from urllib.parse import quote

from flask import Response, abort, current_app, make_response, redirect, request
from flask.typing import ResponseReturnValue

from wmd.db import db
from wmd.models import Organisation, Submission
from wmd.services import contacts
from wmd.web.csrf import GUARD
from wmd.web.reading import read_now
from wmd.web.visitors import Visitor, keep_session, visitor

__all__ = [
    "ROLES",
    "Visitor",
    "for_contact",
    "for_staff",
    "freshly_signed_in",
    "freshness_first",
    "keep_session",
    "own_organisation",
    "own_submission",
    "visitor",
]

_P = ParamSpec("_P")

#: Roles of the staff, each allowed all that the ones before it are.
ROLES = ("reader", "moderator", "administrator")
#: How long a shown second factor counts as fresh before a dangerous act.
FRESH_FOR = timedelta(minutes=15)


def for_contact(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Guard a view: somebody must be signed in, else they are asked to and led back here."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
        if visitor().person is None:
            return _first("/sign-in")
        return view(*args, **kwargs)

    setattr(guarded, GUARD, for_contact)
    return guarded


def for_staff(
    role: str, *, fresh: bool = False
) -> Callable[[Callable[_P, ResponseReturnValue]], Callable[_P, ResponseReturnValue]]:
    """Guard a view: for staff of at least this role who showed their second factor in this session.

    ``fresh``: within the last 15 minutes, else it is asked for again. Guard the page with the form as well as its
    POST, so that nobody is asked after typing.
    """
    needed = ROLES.index(role)

    def guard(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
            who = visitor()
            if who.person is None or who.session is None:
                return _first("/sign-in")
            if who.staff is None:
                abort(403)
            if who.session.second_factor_at is None:
                return _first("/sign-in/second-factor")
            if ROLES.index(who.staff.role) < needed:
                abort(403)
            if fresh and (asked := freshness_first()) is not None:
                return asked
            return view(*args, **kwargs)

        setattr(guarded, GUARD, guard)
        return guarded

    return guard


def freshness_first() -> Response | None:
    """Return the way to the second factor unless it was shown within the last 15 minutes.

    For views of which only some acts are dangerous; all others take ``for_staff(…, fresh=True)``.
    """
    session = visitor().session
    if session is not None and session.fresh_at is not None and read_now() - session.fresh_at <= FRESH_FOR:
        return None
    return _first("/sign-in/second-factor")


def freshly_signed_in(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
    """Guard a view that decides who owns the account: one must have signed in, or (staff) shown a code, just now.

    A session that was stolen, or left open, is older than the 15 minutes that this allows.
    """

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
        who, now = visitor(), read_now()
        if who.person is None or who.session is None:
            return _first("/sign-in")
        if who.staff is not None and (who.session.fresh_at is None or now - who.session.fresh_at > FRESH_FOR):
            return _first("/sign-in/second-factor")
        if who.staff is None and now - who.session.created_at > FRESH_FOR:
            return _first("/sign-in", "fresh=1&")
        return view(*args, **kwargs)

    setattr(guarded, GUARD, freshly_signed_in)
    return guarded


def own_submission(submission_id: str) -> Submission:
    """Return a submission that who asks may act for as an organiser, or answer 404."""
    who = visitor()
    found = contacts.find_own_submission(db.session(), who.person_id, submission_id) if who.person_id else None
    if found is None:
        abort(404)
    return found


def own_organisation(code: str) -> Organisation:
    """Return an organisation of which who asks is a contact, or answer 404."""
    who = visitor()
    found = contacts.find_own_organisation(db.session(), who.person_id, code) if who.person_id else None
    if found is None:
        abort(404)
    return found


def _first(path: str, query: str = "") -> Response:
    """Lead to where something is asked first, and from there back to here."""
    here = request.path
    adapter = current_app.create_url_adapter(request)
    # What can only be posted to has its form on a page above it.
    while adapter is not None and here.startswith(("/staff/", "/organiser/")) and not adapter.test(here, method="GET"):
        here = here.rpartition("/")[0]
    if request.method in {"GET", "HEAD"} and request.query_string:
        here += "?" + request.query_string.decode("ascii", "replace")
    return make_response(redirect(f"{path}?{query}next={quote(here, safe='/')}", 303))

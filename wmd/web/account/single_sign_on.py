"""Single sign-on of the staff with an OpenID Connect provider, where the settings name one."""

from __future__ import annotations

import logging
from dataclasses import asdict

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from config import Config
from wmd.db import db
from wmd.domain.devices import device_words
from wmd.gateways.single_sign_on import Handshake, SingleSignOn, SingleSignOnError
from wmd.services.rate_limits import SIGN_IN_BY_NETWORK
from wmd.services.second_factor import mark_shown
from wmd.services.sign_in import person_signs_in
from wmd.services.single_sign_on import find_by_identity
from wmd.web.account.sign_in import welcome
from wmd.web.limits import this_network, too_many, wait_s
from wmd.web.public.zone import local_path
from wmd.web.reading import read_now
from wmd.web.visitors import visitor

bp = Blueprint("single_sign_on", __name__)

log = logging.getLogger(__name__)

_KEPT = "single_sign_on"


def _provider() -> SingleSignOn:
    found: SingleSignOn | None = current_app.extensions["wmd.single_sign_on"]
    if found is None:
        abort(404)
    return found


def _failed() -> Response:
    return make_response(render_template("account/sign_in/sso_failed.html"), 403)


@bp.get("/sign-in/oidc")
def begin() -> ResponseReturnValue:
    """Send the browser to the provider; what its way back is checked against stays in its signed cookie."""
    provider = _provider()
    try:
        url, handshake = provider.begin(now=read_now())
    except SingleSignOnError as error:
        log.warning("single_sign_on_failed", extra={"reason": str(error)})
        return _failed()
    session[_KEPT] = asdict(handshake) | {"next": local_path(request.args.get("next", "/"))}
    response = make_response(redirect(url, 303))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.get("/sign-in/oidc/callback")
def callback() -> ResponseReturnValue:
    """Sign in who came back from the provider, if it is a member of the staff.

    The provider sends browsers here with GET, so that this one may write: it does so only for a state that this very
    browser began with, and once.
    """
    provider, kept = _provider(), session.pop(_KEPT, None)
    if not isinstance(kept, dict):
        return _failed()
    if seconds := wait_s((SIGN_IN_BY_NETWORK, this_network())):
        return too_many(_failed(), seconds)
    dbs, now = db.session(), read_now()
    handshake = Handshake(kept["state"], kept["nonce"], kept["verifier"])
    try:
        identity = provider.finish(
            handshake, state=request.args.get("state", ""), code=request.args.get("code", ""), now=now
        )
    except SingleSignOnError as error:
        log.warning("single_sign_on_failed", extra={"reason": str(error)})
        return _failed()
    member = find_by_identity(dbs, issuer=provider.issuer, subject=identity.subject, email=identity.email, now=now)
    if member is None:
        dbs.rollback()
        return _failed()
    row, person, cookie = person_signs_in(
        dbs, member.person, device=device_words(request.user_agent.string), present=visitor().session, how="oidc",
        now=now,
    )  # fmt: skip
    config: Config = current_app.extensions["wmd.config"]
    next_path = str(kept["next"])
    has_second = bool(identity.methods & config.oidc_second_factor)
    if has_second:
        cookie = mark_shown(dbs, member.staff, row, how="oidc", now=now)
    dbs.commit()
    answer = welcome(row, person, cookie, next_path)
    if has_second:
        answer.headers["Location"] = next_path if next_path != "/" else "/staff/"
    return answer

"""The fake's tokens: credentials, both flows, what ends them, scopes, and whose ``me`` is whose."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.fakezoom.client import Caller
from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import (
    CLIENT_ID,
    CLIENT_SECRET,
    HOST,
    PARTNER,
    PARTNER_CLIENT_ID,
    PARTNER_CLIENT_SECRET,
)

REDIRECT = "http://127.0.0.1/callback"
PARTNER_APP = (PARTNER_CLIENT_ID, PARTNER_CLIENT_SECRET)
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def test_token_of_the_account_says_how_long_it_lives_and_where_the_api_is(zoom: FakeZoom, caller: Caller) -> None:
    document = caller.token().json()
    assert sorted(document) == ["access_token", "api_url", "expires_in", "scope", "token_type"]
    assert (document["expires_in"], document["api_url"]) == (3599, zoom.url)
    assert "webinar:read:webinar:admin" in document["scope"].split()


@pytest.mark.parametrize(
    ("auth", "fields", "error"),
    [
        ((CLIENT_ID, "wrong"), {}, "invalid_client"),
        (("nobody", CLIENT_SECRET), {}, "invalid_client"),
        ((CLIENT_ID, CLIENT_SECRET), {"grant_type": "account_credentials", "account_id": "x"}, "invalid_request"),
        ((CLIENT_ID, CLIENT_SECRET), {"grant_type": "password"}, "unsupported_grant_type"),
        (PARTNER_APP, {"grant_type": "account_credentials", "account_id": "x"}, "unsupported_grant_type"),
    ],
)
def test_token_is_refused(caller: Caller, auth: tuple[str, str], fields: dict[str, str], error: str) -> None:
    answer = caller.token(auth=auth, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_token_ends_by_the_clock(zoom: FakeZoom, caller: Caller) -> None:
    zoom.control.move(minutes=59)
    caller.get(f"/users/{HOST}")
    zoom.control.move(minutes=1)
    answer = caller.call("GET", f"/users/{HOST}")
    assert (answer.status_code, answer.json()) == (401, {"code": 124, "message": "Access token is expired."})


def test_token_ends_on_demand_and_when_only_one_may_live(zoom: FakeZoom, caller: Caller) -> None:
    zoom.control.kill_tokens()
    assert caller.refused("GET", f"/users/{HOST}") == (401, 124)
    caller.renew()
    caller.token()
    caller.get(f"/users/{HOST}")
    zoom.control.world.tokens.one_at_a_time = True
    caller.token()
    assert caller.refused("GET", f"/users/{HOST}") == (401, 124)


def test_missing_scope_is_named(zoom: FakeZoom, caller: Caller) -> None:
    zoom.control.set_scopes(CLIENT_ID, ("webinar:read:webinar",))
    answer = caller.call("GET", f"/users/{HOST}/webinars")
    words = "Invalid access token, does not contain scopes:[webinar:read:list_webinars:admin]."
    assert (answer.status_code, answer.json()) == (400, {"code": 4711, "message": words})
    zoom.control.set_scopes(CLIENT_ID, ("webinar:read",))
    caller.get(f"/users/{HOST}/webinars")


def test_me_is_for_tokens_of_users_only(zoom: FakeZoom, caller: Caller) -> None:
    assert caller.refused("GET", "/users/me") == (400, 4700)
    caller.renew(consented(zoom, caller)["access_token"])
    assert caller.get("/users/me")["email"] == PARTNER
    assert caller.refused("GET", f"/users/{PARTNER}") == (400, 4700)


def consent(zoom: FakeZoom, **more: str) -> requests.Response:
    zoom.control.api.oauth.consents_as = PARTNER
    query = {"response_type": "code", "client_id": PARTNER_CLIENT_ID, "redirect_uri": REDIRECT, "state": "s1", **more}
    return requests.get(f"{zoom.url}/oauth/authorize", params=query, allow_redirects=False, timeout=5)


def code_of(answer: requests.Response) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def exchange(caller: Caller, code: str, **more: str) -> requests.Response:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **more}
    return caller.token(auth=PARTNER_APP, **fields)


def consented(zoom: FakeZoom, caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = exchange(caller, code_of(consent(zoom))).json()
    return found


def test_consent_sends_the_browser_back_with_code_and_state(zoom: FakeZoom) -> None:
    answer = consent(zoom)
    where = urlsplit(answer.headers["Location"])
    assert (answer.status_code, f"{where.scheme}://{where.netloc}{where.path}") == (302, REDIRECT)
    assert parse_qs(where.query)["state"] == ["s1"]
    assert consent(zoom, redirect_uri="http://127.0.0.1/other").status_code == 400


def test_consent_page_lets_a_person_choose(zoom: FakeZoom) -> None:
    query = {"response_type": "code", "client_id": PARTNER_CLIENT_ID, "redirect_uri": REDIRECT, "state": "s1"}
    url = f"{zoom.url}/oauth/authorize"
    page = requests.get(url, params=query, timeout=5)
    assert (page.status_code, page.text.count("Allow as"), "Decline" in page.text) == (200, 4, True)
    user = zoom.control.user(PARTNER).id
    allowed = requests.post(url, data={**query, "user": user}, allow_redirects=False, timeout=5)
    assert "code=" in allowed.headers["Location"]
    declined = requests.post(url, data={**query, "decision": "decline"}, allow_redirects=False, timeout=5)
    assert declined.headers["Location"] == f"{REDIRECT}?error=access_denied&state=s1"


def test_code_works_once_for_who_has_the_verifier_and_not_for_long(zoom: FakeZoom, caller: Caller) -> None:
    code = code_of(consent(zoom, code_challenge=CHALLENGE, code_challenge_method="S256"))
    assert exchange(caller, code, code_verifier="w" * 43).json()["error"] == "invalid_grant"
    assert exchange(caller, code, code_verifier=VERIFIER).status_code == 200
    assert exchange(caller, code, code_verifier=VERIFIER).json()["error"] == "invalid_grant"
    late = code_of(consent(zoom))
    zoom.control.move(minutes=5)
    assert exchange(caller, late).json()["error"] == "invalid_grant"


def test_refresh_token_works_once(zoom: FakeZoom, caller: Caller) -> None:
    first = consented(zoom, caller)["refresh_token"]
    answer = caller.token(auth=PARTNER_APP, grant_type="refresh_token", refresh_token=first)
    assert (answer.status_code, answer.json()["refresh_token"] != first) == (200, True)
    again = caller.token(auth=PARTNER_APP, grant_type="refresh_token", refresh_token=first)
    assert (again.status_code, again.json()) == (400, {"reason": "Invalid Token!", "error": "invalid_grant"})


def test_partner_who_revokes_access_ends_both_tokens(zoom: FakeZoom, caller: Caller) -> None:
    pair = consented(zoom, caller)
    zoom.control.revoke(PARTNER)
    caller.renew(pair["access_token"])
    assert caller.refused("GET", "/users/me") == (401, 124)
    again = caller.token(auth=PARTNER_APP, grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert again.json()["error"] == "invalid_grant"


def test_partner_sees_its_own_rooms_only(zoom: FakeZoom, caller: Caller) -> None:
    theirs = zoom.control.add_webinar(None, type=6, host=PARTNER)
    ours = zoom.control.add_webinar(None, type=6)
    assert caller.refused("GET", f"/webinars/{theirs.id}") == (400, 1010)
    caller.renew(consented(zoom, caller)["access_token"])
    assert [item["id"] for item in caller.get("/users/me/webinars")["webinars"]] == [theirs.id]
    assert caller.refused("GET", f"/webinars/{ours.id}") == (400, 1010)

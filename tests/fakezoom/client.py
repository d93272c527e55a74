"""A caller of the fake that hides nothing: for the fake's own tests, which must not lean on our client."""

from __future__ import annotations

from typing import Any

import requests

from wmd_fakezoom import FakeZoom
from wmd_fakezoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET

#: Nobody waits longer for a server on loopback.
_TIMEOUT_S = 5.0


class Caller:
    """Calls with a token of the account's own app."""

    def __init__(self, zoom: FakeZoom) -> None:
        self.zoom = zoom
        self.http = requests.Session()
        self.http.trust_env = False
        #: What was answered, without what a fault had bent: method, path, status, body.
        self.answers: list[tuple[str, str, int, bytes]] = []
        self.renew()

    def token(self, *, auth: tuple[str, str] = (CLIENT_ID, CLIENT_SECRET), **fields: str) -> requests.Response:
        """Ask for a token; without fields, for the account's."""
        wanted = fields or {"grant_type": "account_credentials", "account_id": ACCOUNT_ID}
        return requests.post(f"{self.zoom.url}/oauth/token", data=wanted, auth=auth, timeout=_TIMEOUT_S)

    def renew(self, token: str = "") -> None:
        """Use another token from now on: this one, or a new one of the account."""
        self.http.headers["Authorization"] = f"Bearer {token or self.token().json()['access_token']}"

    def call(self, method: str, path: str, body: object = None, **query: str | int) -> requests.Response:
        """Call the API."""
        url = f"{self.zoom.api_url}{path}"
        answer = self.http.request(method, url, json=body, params=query, timeout=_TIMEOUT_S)
        if not self.zoom.control.log()[-1].fault:
            self.answers.append((method, f"/v2{path}", answer.status_code, answer.content))
        return answer

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 -- any JSON value
        """Return the JSON of a call that must succeed."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: object = None, **query: str | int) -> tuple[int, int]:
        """Return status and code of a call that must fail."""
        answer = self.call(method, path, body, **query)
        return answer.status_code, int(answer.json()["code"])

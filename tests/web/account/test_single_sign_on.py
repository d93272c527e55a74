"""Single sign-on against a real provider on loopback: who gets in, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import get, make_cast, sign_in
from tests.conftest import Clock, Databases, Engine, make_test_app
from tests.web.account.provider import Provider, provider_on_loopback
from tests.web.machine import forget_database
from wmd.db import db
from wmd.models import AuditEntry, StaffMember, WebSession

SECOND = "/sign-in/second-factor?next="


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    """The provider."""
    with provider_on_loopback(clock) as found:
        yield found


@pytest.fixture
def make(
    engine_name: Engine, databases: Databases, tmp_path: Path, clock: Clock, provider: Provider
) -> Iterator[Callable[..., Flask]]:
    """Make the application with the provider in its settings."""
    url, made = databases.copy(engine_name, tmp_path), []

    def make_it(**settings: object) -> Flask:
        found = make_test_app(
            url, tmp_path, clock, oidc_issuer=provider.issuer, oidc_client_id="wmd",
            oidc_client_secret="client-secret", **settings,
        )  # fmt: skip
        with found.app_context():
            make_cast(db.session(), clock.now)
        made.append(found)
        return found

    yield make_it
    for each in made:
        forget_database(each)
    databases.drop(url)


@pytest.fixture
def app(make: Callable[..., Flask]) -> Flask:
    """The application as it comes."""
    return make()


def walk(client: FlaskClient, provider: Provider, path: str = "/sign-in/oidc") -> TestResponse:
    """Go to the provider, sign in there, and come back."""
    sent = get(client, path)
    assert (sent.status_code, sent.headers["Referrer-Policy"]) == (303, "no-referrer")
    back = urlsplit(provider.authorize(sent.headers["Location"]))
    return get(client, f"{back.path}?{back.query}")


def people(app: Flask) -> list[str | None]:
    """Return whose sessions there are."""
    with app.app_context():
        return list(db.session.scalars(select(WebSession.person_id)))


@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"])
def test_member_of_the_staff_gets_in_and_is_asked_for_the_second_step(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    answer = walk(client, provider, "/sign-in/oidc?next=/staff/people")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{SECOND}/staff/people")
    assert get(client, "/staff/people").headers["Location"] == f"{SECOND}/staff/people"
    assert people(app) == ["mona"]
    with app.app_context():
        assert db.session.get_one(StaffMember, "mona").oidc_subject == f"{provider.issuer} subject-1"
        actions = [row.action for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
        assert actions == ["single-sign-on-linked", "sign-in"]
    assert "single sign-on" in get(client, "/sign-in").get_data(as_text=True)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_providers_second_step_counts_only_when_the_settings_say_so(
    make: Callable[..., Flask], provider: Provider
) -> None:
    app = make(oidc_second_factor=frozenset({"mfa"}))
    plain, strong = app.test_client(), app.test_client()
    assert walk(plain, provider).headers["Location"] == f"{SECOND}/staff/"
    provider.claims = {"amr": ["pwd", "mfa"], "email": "adam@people.example", "sub": "subject-2"}
    assert walk(strong, provider).headers["Location"] == "/staff/"
    assert get(strong, "/staff/people").status_code == 200


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_providers_second_step_does_not_count_by_itself(app: Flask, provider: Provider) -> None:
    provider.claims = {"amr": ["mfa"], "acr": "mfa"}
    assert walk(app.test_client(), provider).headers["Location"] == f"{SECOND}/staff/"


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ana@people.example"},
        {"email": "nobody@people.example"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "http://evil.example"},
        {"aud": "another"},
        {"aud": ["wmd", "another"], "azp": "another"},
        {"exp": 1},
        {"iat": 99999999999},
        {"sub": ""},
        {"sub": None},
    ],
)
def test_identity_that_is_not_right_is_refused(app: Flask, provider: Provider, claims: dict[str, object]) -> None:
    provider.claims = claims
    assert (walk(app.test_client(), provider).status_code, people(app)) == (403, [])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_signature_of_another_key_or_of_a_shared_secret_is_refused(app: Flask, provider: Provider) -> None:
    provider.published = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert walk(app.test_client(), provider).status_code == 403
    provider.key, provider.algorithm = OctKey.import_key("client-secret-that-is-long-enough"), "HS256"  # type: ignore[assignment]
    assert walk(app.test_client(), provider).status_code == 403
    assert people(app) == []


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_keys_that_were_changed_are_read_anew(app: Flask, provider: Provider, clock: Clock) -> None:
    assert walk(app.test_client(), provider).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert [walk(app.test_client(), provider).status_code for _ in range(2)] == [403, 303]


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_way_back_belongs_to_the_browser_that_began_and_works_once(app: Flask, provider: Provider) -> None:
    client, other = app.test_client(), app.test_client()
    back = urlsplit(provider.authorize(get(client, "/sign-in/oidc").headers["Location"]))
    path = f"{back.path}?{back.query}"
    get(other, "/sign-in/oidc")
    assert [get(other, path).status_code, get(app.test_client(), path).status_code] == [403, 403]
    assert [get(client, path).status_code, get(client, path).status_code] == [303, 403]
    assert (people(app), provider.refusals) == (["mona"], [])


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_known_subject_stays_who_they_are_when_addresses_change_hands(
    app: Flask, provider: Provider, clock: Clock
) -> None:
    assert walk(app.test_client(), provider).status_code == 303
    provider.claims = {"email": "adam@people.example"}
    assert walk(app.test_client(), provider).status_code == 303
    provider.claims = {"sub": "subject-2"}
    assert walk(app.test_client(), provider).status_code == 403
    assert people(app) == ["mona", "mona"]
    with app.app_context():
        db.session.get_one(StaffMember, "mona").disabled_at = clock.now
        db.session.commit()
    provider.claims = {}
    assert walk(app.test_client(), provider).status_code == 403


@pytest.mark.parametrize("engine_name", ["sqlite"])
@pytest.mark.parametrize(
    "document", [{"issuer": "http://evil.example"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": 5}]
)
def test_provider_that_describes_itself_wrongly_is_not_used(
    app: Flask, provider: Provider, document: dict[str, object]
) -> None:
    provider.document = document
    assert get(app.test_client(), "/sign-in/oidc").status_code == 403


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_provider_that_is_away_is_said(databases: Databases, tmp_path: Path, clock: Clock, engine_name: Engine) -> None:
    app = make_test_app(
        databases.copy("sqlite", tmp_path), tmp_path, clock, oidc_issuer="http://127.0.0.1:9", oidc_client_id="wmd",
        oidc_client_secret="client-secret",
    )  # fmt: skip
    answer = get(app.test_client(), "/sign-in/oidc")
    assert (answer.status_code, "Sign in by mail" in answer.get_data(as_text=True)) == (403, True)
    forget_database(app)


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_cookie_is_new_and_the_former_session_ends(app: Flask, provider: Provider, clock: Clock) -> None:
    client = app.test_client()
    sign_in(client, app, "ana")
    before = client.get_cookie("wmd_session", domain="wmd.example")
    clock.now += timedelta(seconds=1)
    walk(client, provider)
    after = client.get_cookie("wmd_session", domain="wmd.example")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    with app.app_context():
        rows = db.session.scalars(select(WebSession).order_by(WebSession.created_at))
        assert [(row.person_id, row.ended_at is None) for row in rows] == [("ana", False), ("mona", True)]

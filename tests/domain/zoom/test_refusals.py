"""What an answer means: by status and Zoom's number, and by text only where nothing else tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wmd.domain.zoom.faults import AuthLost, Fix, Garbled, Gone, Refused, RetryAt, RetryPerson, ZoomFault
from wmd.domain.zoom.refusals import Said, fault_of, next_utc_day

NOW = datetime(2026, 10, 7, 13, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "reason"),
    [
        (401, 124, "Invalid access token.", AuthLost, "token"),
        (401, None, "", AuthLost, "token"),
        (400, 4700, "Token cannot be empty.", AuthLost, "audience"),
        (401, 4711, "does not contain scopes:[a:read:b]", Fix, "scopes"),
        (400, 200, "Webinar plan is missing.", Refused, "no-licence"),
        (400, 300, "Invalid webinar ID.", Fix, "request"),
        (400, 300, "This meeting has not set registration as required: 8.", Refused, "not-registrable"),
        (400, 303, "only for scheduled meetings", Fix, "request"),
        (404, 1001, "User does not exist: someone@example.org.", Fix, "user"),
        (400, 1010, "User does not belong to this account", Fix, "user"),
        (400, 3000, "Cannot access webinar info.", Refused, "is-webinar"),
        (400, 3000, "Cannot access meeting info.", Refused, "is-meeting"),
        (400, 3000, "This webinar does not have registration as required: 8.", Refused, "not-registrable"),
        (400, 3000, "You have reached the limit for the number of attendees you can add.", Refused, "full"),
        (400, 3000, "Registrant abc was not found.", Gone, "gone"),
        (400, 3000, "A sentence of tomorrow.", Refused, "other"),
        (404, 3001, "Webinar 8 not found or has expired.", Gone, "gone"),
        (400, 3001, "Webinar does not exist: 8.", Gone, "gone"),
        (404, 404, "Webinar not found.", Gone, "gone"),
        (404, 404, "Registration has not been enabled for this webinar: 8.", Refused, "not-registrable"),
        (400, 404, "Registration has not been enabled for this webinar: 8.", Refused, "not-registrable"),
        (400, 3002, "in progress", Refused, "running"),
        (400, 3003, "You are not the webinar host.", Refused, "not-host"),
        (400, 3007, "has ended", Refused, "over"),
        (400, 3027, "Host can not register.", Refused, "host"),
        (400, 3034, "your work email address", Refused, "address"),
        (400, 3035, "maximum attendee capacity", Refused, "full"),
        (404, 3043, "maximum attendee capacity", Refused, "full"),
        (400, 3038, "over", Refused, "over"),
        (409, 1005, "exists", Refused, "other"),
        (403, 7, "no", Refused, "other"),
        (500, 3001, "a hiccup that says not found", RetryAt, "server"),
        (503, None, "", RetryAt, "server"),
        (408, None, "", RetryAt, "server"),
        (302, None, "", Garbled, "redirect"),
    ],
)
def test_status_and_number_say_what_to_do(
    status: int, code: int | None, message: str, kind: type[ZoomFault], reason: str
) -> None:
    fault = fault_of(Said(status, code, NOW, message, tracking_id="WEB_1"))
    assert (type(fault), fault.reason, fault.status, fault.code, fault.tracking_id) == (
        kind, reason, status, code, "WEB_1",
    )  # fmt: skip
    assert str(fault) == f"{kind.__name__}: {reason} (status {status}, code {code})"


def test_missing_rights_are_named_and_nothing_else_is() -> None:
    text = "Invalid access token, does not contain scopes:[webinar:read:webinar:admin, user:read:user, <b>x</b>]."
    fault = fault_of(Said(400, 4711, NOW, text))
    assert isinstance(fault, Fix)
    assert fault.scopes == ("webinar:read:webinar:admin", "user:read:user")
    nameless = fault_of(Said(400, 4711, NOW, "another sentence"))
    assert isinstance(nameless, Fix)
    assert nameless.scopes == ()


def test_fields_are_named_without_their_values() -> None:
    fault = fault_of(Said(400, 300, NOW, "Validation Failed.", fields=("settings.audio", "vera@example.org", "")))
    assert isinstance(fault, Fix)
    assert (fault.reason, fault.fields) == ("fields", ("settings.audio",))


def test_page_token_that_is_over_is_known_by_what_was_asked() -> None:
    fault = fault_of(Said(400, 300, NOW, "The next page token is invalid or expired.", had_page_token=True))
    assert (type(fault), fault.reason) == (Fix, "page-token")


@pytest.mark.parametrize(
    ("message", "limit", "wait", "reason", "at"),
    [
        ("You have reached the maximum per-second rate limit", "QPS", None, "rate", NOW + timedelta(seconds=1)),
        ("", "", NOW + timedelta(seconds=7), "rate", NOW + timedelta(seconds=7)),
        ("You have reached the maximum daily rate limit", "", None, "daily", MIDNIGHT),
        ("", "Daily-limit", NOW + timedelta(hours=3), "daily", NOW + timedelta(hours=3)),
    ],
)
def test_too_many_says_until_when(message: str, limit: str, wait: datetime | None, reason: str, at: datetime) -> None:
    fault = fault_of(Said(429, 429, NOW, message, wait_until=wait, limit=limit))
    assert isinstance(fault, RetryAt)
    assert (fault.reason, fault.at, fault.surely_not_arrived) == (reason, at, True)


def test_one_persons_limit_parks_that_person_until_midnight() -> None:
    text = (
        "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the registrant "
        "(vera@example.org). You can resume these API requests at GMT 00:00:00."
    )
    fault = fault_of(Said(429, 429, NOW, text, limit="Daily-limit", wait_until=NOW + timedelta(hours=1)))
    assert isinstance(fault, RetryPerson)
    assert fault.at == MIDNIGHT
    assert "vera" not in f"{fault!r}{fault}{vars(fault)}"


def test_server_that_says_when_is_believed_and_may_have_done_it() -> None:
    fault = fault_of(Said(503, None, NOW, wait_until=NOW + timedelta(seconds=30)))
    assert isinstance(fault, RetryAt)
    assert (fault.at, fault.surely_not_arrived) == (NOW + timedelta(seconds=30), False)


def test_zooms_day_ends_at_midnight_in_utc() -> None:
    assert next_utc_day(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert next_utc_day(MIDNIGHT) == MIDNIGHT + timedelta(days=1)

"""A partner connects a Zoom account: the way there and back, which webinar an event is, and taking it out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.cast import get, post, sign_in
from tests.hook_house import hook_house
from tests.partner_house import PLACE, PartnerHouse, partner_house, query_of
from tests.zoom_house import ROOM
from wmd.models import AuditEntry, Event, Submission, WebinarBinding, ZoomConsent
from wmd_fakezoom.seed import PARTNER, PARTNER_ACCOUNT_ID


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[PartnerHouse]:
    with partner_house(database_url, tmp_path) as found:
        yield found


def connected(house: PartnerHouse) -> list[str]:
    """Return the states of all accounts."""
    return [row.state for row in house.accounts()]


def test_organiser_connects_an_account_and_its_tokens_are_sealed(house: PartnerHouse) -> None:
    there = house.ask()
    asked = query_of(there)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    back = house.agree(there)
    answer = house.come_back(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PLACE}?done=connect")
    (row,) = house.accounts()
    user = house.zoom.control.user(PARTNER)
    assert (row.state, row.organisation_id, row.zoom_user, row.zoom_account, row.connected_by) == (
        "connected", house.cast.a, user.id, PARTNER_ACCOUNT_ID, "ana",
    )  # fmt: skip
    assert (row.access.startswith("v1."), row.refresh.startswith("v1.")) == (True, True)
    tokens = house.zoom.control.world.tokens
    assert [word for word in (*tokens.access, *tokens.refresh) if word in row.access + row.refresh] == []
    page = get(house.ana, f"{PLACE}?done=connect").text
    assert "The account is connected." in page


def test_state_works_once(house: PartnerHouse) -> None:
    back = house.agree(house.ask())
    assert [house.come_back(back).status_code for _ in range(2)] == [303, 400]
    assert connected(house) == ["connected"]


def test_state_is_over_after_ten_minutes(house: PartnerHouse) -> None:
    back = house.agree(house.ask())
    house.sync_clock(minutes=10)
    assert (house.come_back(back).status_code, connected(house)) == (400, [])


def test_state_of_another_session_or_person_connects_nothing_and_stays(house: PartnerHouse) -> None:
    back = house.agree(house.ask())
    answers = []
    for person in ("ana", "cleo", "ben"):
        other = house.app.test_client()
        sign_in(other, house.app, person)
        answers.append(house.come_back(back, other).status_code)
    stranger = house.come_back(back, house.app.test_client())
    assert (answers, stranger.headers["Location"]) == ([400, 400, 400], "/sign-in?next=/organiser/")
    assert connected(house) == []
    assert house.come_back(back).status_code == 303


def test_code_works_once_and_only_with_its_verifier(house: PartnerHouse) -> None:
    first = query_of(house.agree(house.ask()))
    house.come_back(f"/organiser/zoom/callback?code={first['code']}&state={first['state']}")
    second = query_of(house.agree(house.ask()))
    # The code that was used, and another's code, under a good state.
    again = house.come_back(f"/organiser/zoom/callback?code={first['code']}&state={second['state']}")
    third = query_of(house.agree(house.ask()))
    mixed = house.come_back(f"/organiser/zoom/callback?code={second['code']}&state={third['state']}")
    assert [answer.headers["Location"] for answer in (again, mixed)] == [f"{PLACE}?fault=grant"] * 2
    assert connected(house) == ["connected"]


def test_who_says_no_on_zooms_page_is_told_that_nothing_was_connected(house: PartnerHouse) -> None:
    answer = house.come_back(house.agree(house.ask(), decision="decline"))
    assert (answer.headers["Location"], connected(house)) == (f"{PLACE}?fault=denied", [])
    assert "you said no" in get(house.ana, f"{PLACE}?fault=denied").text


def test_zoom_that_does_not_answer_connects_nothing(house: PartnerHouse) -> None:
    back = house.agree(house.ask())
    house.zoom.control.fault("status", "POST /oauth/token", times=None, status=503)
    assert (house.come_back(back).headers["Location"], connected(house)) == (f"{PLACE}?fault=away", [])


def test_token_of_a_user_who_cannot_be_read_is_given_back(house: PartnerHouse) -> None:
    back = house.agree(house.ask())
    house.zoom.control.fault("status", "GET /users/{user}", status=503, times=None)
    assert house.come_back(back).headers["Location"] == f"{PLACE}?fault=away"
    tokens = [token for token in house.zoom.control.world.tokens.access.values() if token.user]
    assert ([token.is_dead for token in tokens], connected(house)) == ([True], [])


def test_rooms_of_an_account_are_shown_to_who_connected_it_alone(house: PartnerHouse) -> None:
    room, account = house.partner_room(topic="Something private"), house.connect()
    place = f"{PLACE}/{house.code()}"
    assert "Something private" in get(house.ana, place).text
    other = house.app.test_client()
    sign_in(other, house.app, house.cast.cleo)
    house.dbs.rollback()
    house.zoom.control.forget_log()
    page = get(other, place)
    assert (page.status_code, "Something private" in page.text) == (200, False)
    assert "A colleague of yours has connected an account" in page.text
    assert post(other, place, {"room": f"{account.id}:webinar:{room.id}"}).status_code == 422
    assert house.zoom.control.counts() == {}


def test_same_account_connected_again_is_the_same_row(house: PartnerHouse) -> None:
    first, again = house.connect(), house.connect()
    assert (first.id, len(house.accounts())) == (again.id, 1)


def test_state_and_verifier_are_kept_as_digest_and_sealed(house: PartnerHouse) -> None:
    state = query_of(house.ask())["state"]
    (row,) = house.dbs.scalars(select(ZoomConsent)).all()
    assert (state in row.digest + row.verifier, row.verifier.startswith("v1.")) == (False, True)


def test_organiser_says_which_webinar_an_event_is_and_it_is_read_there(house: PartnerHouse) -> None:
    room, account = house.partner_room(), house.connect()
    page = get(house.ana, f"{PLACE}/{house.code()}").text
    assert ("Care in the city" in page, f"{account.id}:webinar:{room.id}" in page) == (True, True)
    answer = house.pick(room, account)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PLACE}?done=bind")
    house.calls()
    assert house.sync() == 1
    binding = house.binding()
    assert (binding.kind, binding.account_id, binding.zoom_id) == ("connected", account.id, str(room.id))
    # Its page is another than the one that was published: that is for a person to say.
    assert (binding.state, binding.drift, house.calls()) == ("drift", ["link"], {ROOM: 1})


def test_page_of_the_room_leads_to_the_account_until_it_is_known(house: PartnerHouse) -> None:
    room, account = house.partner_room(), house.connect()
    house.dbs.rollback()
    of_one = select(Submission.id).join(Event, Event.id == Submission.event_id).where(Event.key == "one")
    here = f"/organiser/submissions/{house.dbs.scalars(of_one).one()}/room"
    house.dbs.rollback()
    words = f'<a href="{PLACE}">Connect your Zoom account</a>'
    assert words in get(house.ana, here).text
    house.pick(room, account)
    assert words not in get(house.ana, here).text


def test_room_of_another_account_or_of_nobody_is_not_taken(house: PartnerHouse) -> None:
    room, account = house.partner_room(), house.connect()
    code = house.code()
    wrong = ["", "nonsense", f"own:webinar:{room.id}", f"{account.id}:webinar:1", f"{account.id}:webinar:{'9' * 19}"]
    answers = [post(house.ana, f"{PLACE}/{code}", {"room": each}).status_code for each in wrong]
    assert (answers, house.binding().kind) == ([422] * 5, "link")
    house.dbs.rollback()
    stranger = house.app.test_client()
    sign_in(stranger, house.app, "ben")
    assert [get(stranger, path).status_code for path in (PLACE, f"{PLACE}/{code}")] == [404, 404]
    other = post(stranger, "/organiser/organisations/BBBBBB/zoom", {"act": "disconnect", "account": account.id})
    assert (other.status_code, connected(house)) == (422, ["connected"])


def test_disconnecting_revokes_the_token_and_erases_what_came_through_it(house: PartnerHouse) -> None:
    room, account = house.partner_room(), house.connect()
    house.pick(room, account)
    house.sync()
    answer = post(house.ana, PLACE, {"act": "disconnect", "account": account.id})
    assert answer.headers["Location"] == f"{PLACE}?done=disconnect"
    (row,) = house.accounts()
    assert (row.state, row.reason, row.access, row.refresh, row.zoom_user, row.zoom_account, row.scopes) == (
        "ended", "disconnected", "", "", "", "", [],
    )  # fmt: skip
    assert all(token.is_dead for token in house.zoom.control.world.tokens.access.values() if token.user)
    former = house.dbs.scalars(select(WebinarBinding).where(WebinarBinding.account_id == account.id)).one()
    assert (former.ended_at is not None, former.snapshot, former.host_id) == (True, {}, "")
    assert house.binding().kind == "link"
    trail = house.dbs.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "zoom-account"))
    assert list(trail) == ["connect", "move"]
    house.calls()
    assert (house.sync(hours=8), house.calls()) == (0, {})


def test_page_lets_its_form_lead_to_zoom_and_nowhere_else(house: PartnerHouse) -> None:
    policy = get(house.ana, PLACE).headers["Content-Security-Policy"]
    assert f"form-action 'self' {house.zoom.url};" in policy
    assert f'href="{PLACE}"' in get(house.ana, "/organiser/").text
    assert "form-action 'self';" in get(house.ana, "/organiser/").headers["Content-Security-Policy"]


def test_without_an_app_for_partners_nothing_of_it_is_to_be_seen(database_url: str, tmp_path: Path) -> None:
    with hook_house(database_url, tmp_path) as bare:
        ana = bare.app.test_client()
        sign_in(ana, bare.app, "ana")
        bare.dbs.rollback()
        paths = [PLACE, f"{PLACE}/ABCDEF", "/organiser/zoom/callback?state=x&code=y"]
        assert [get(ana, path).status_code for path in paths] == [404, 404, 404]
        assert "/zoom" not in get(ana, "/organiser/").text

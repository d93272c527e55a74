"""What staff see of the connection: counted in the same queries however much there is, and nothing that is secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import make_cast
from tests.conftest import LEAD_STARTED_AT as NOW
from tests.services.test_day_desk import bind, publish
from tests.services.test_desk import counted
from wmd.models import AuditEntry, WebinarBinding, ZoomAccount, ZoomBudget, ZoomCall, ZoomPush, ZoomWebhook
from wmd.services.publishing import Setting
from wmd.services.zoom_budget import Standing
from wmd.services.zoom_desk import read_all_now, read_zoom, somebody_to_ask


def account(dbs: Session, name: str = "own", **changes: object) -> str:
    """Make an account."""
    kind = "own" if name == "own" else "partner"
    dbs.add(ZoomAccount(id=name, kind=kind, created_at=NOW, **changes))
    dbs.flush()
    return name


def call(dbs: Session, minutes_ago: int, fault: str = "", account_id: str = "own") -> None:
    """Note a call."""
    dbs.add(
        ZoomCall(
            account_id=account_id, at=NOW - timedelta(minutes=minutes_ago), method="GET", route="/webinars/{id}",
            label="light", status=200, fault=fault, duration_ms=12,
        )
    )  # fmt: skip


def test_page_counts_what_there_is(dbs: Session, setting: Setting) -> None:
    make_cast(dbs, NOW)
    one, two, three = publish(dbs, setting, NOW, NOW, NOW)
    account(dbs)
    read = {"kind": "lookup", "account_id": "own", "zoom_id": "81234567890", "host_id": "h1"}
    bind(dbs, one, **read, state="ok", last_try_at=NOW - timedelta(minutes=3), last_ok_at=NOW, next_try_at=NOW)
    bind(dbs, two, **read, state="missing", last_try_at=NOW - timedelta(minutes=9), next_try_at=NOW + timedelta(1))
    bind(dbs, three, state="ok", last_try_at=NOW)
    dbs.add(ZoomBudget(account_id="own", label="heavy:day", used=7, day=NOW.date(), at=NOW))
    dbs.add(ZoomBudget(account_id="own", label="host:h1", used=7, day=NOW.date() - timedelta(days=1), at=NOW))
    for minutes, fault in ((1, ""), (2, ""), (3, "Gone.gone"), (61, "Gone.gone")):
        call(dbs, minutes, fault)
    for number, state in enumerate(("done", "done", "failed")):
        dbs.add(
            ZoomWebhook(
                dedupe_key=str(number), event="webinar.updated", state=state, received_at=NOW - timedelta(number),
                done_at=NOW,
            )
        )  # fmt: skip
    dbs.add(
        ZoomPush(
            id="stuck", binding_id=bind(dbs, one).id, act="update", state="failed", actor="command", not_before=NOW,
            created_at=NOW,
        )
    )  # fmt: skip
    dbs.commit()

    page = read_zoom(dbs, plan="pro", now=NOW)
    assert [each.standings for each in page.accounts] == [
        (Standing("heavy:day", 7, 15_000, None), Standing("host:h1", 0, 100, None))
    ]
    assert (page.hour, len(page.calls)) == ({"": 2, "Gone.gone": 1}, 4)
    assert page.bindings == {"link": {"ok": 1}, "lookup": {"missing": 1, "ok": 1}}
    assert (page.read_at, page.due, page.stuck) == (NOW - timedelta(minutes=3), 1, 1)
    assert (page.webhooks, page.webhook_at) == ({"done": 2, "failed": 1}, NOW)
    assert somebody_to_ask(dbs) == "h1"


def test_page_takes_as_many_queries_for_three_as_for_one(dbs: Session, setting: Setting) -> None:
    make_cast(dbs, NOW)
    counts = []
    for number in (1, 3):
        publish(dbs, setting, *([NOW] * number))
        for name in ("own", "b", "c")[len(counts) : number]:
            account(dbs, name, organisation_id=None if name == "own" else "organisation-a")
            call(dbs, 1, account_id=name)
        dbs.commit()
        with counted() as statements:
            page = read_zoom(dbs, plan="pro", now=NOW)
        assert len(page.accounts) == number
        counts.append(len([each for each in statements if not each.startswith("BEGIN")]))
    assert counts == [9, 9]
    assert [each.organisation for each in page.accounts] == ["", "Organisation A", "Organisation A"]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [({}, ["auth_lost", "ok"]), ({"state": "lost", "reason": "token"}, ["ok"])],
    ids=["account that lacked a right", "lost account"],
)
def test_all_rooms_are_made_due_but_links_and_lost_ones(
    dbs: Session, setting: Setting, standing: dict[str, str], expected: list[str]
) -> None:
    make_cast(dbs, NOW)
    account(dbs, **standing)
    room = {"kind": "lookup", "account_id": "own", "zoom_id": "81234567890", "next_try_at": NOW + timedelta(days=1)}
    states = ("ok", "auth_lost", "ended", "link")
    for event, state in zip(publish(dbs, setting, *([NOW] * 4)), states, strict=True):
        bind(dbs, event, **({"state": "ok"} if state == "link" else {**room, "state": state}))
    dbs.commit()

    assert read_all_now(dbs, actor="person:mona", now=NOW) == len(expected)
    dbs.commit()
    due = dbs.scalars(select(WebinarBinding.state).where(WebinarBinding.hinted_at == NOW)).all()
    assert sorted(due) == expected
    entry = dbs.scalars(select(AuditEntry).where(AuditEntry.action == "read-rooms")).one()
    assert (entry.actor, entry.detail) == ("person:mona", {"rooms": [0, len(expected)]})


def test_without_anything_the_page_is_empty(dbs: Session) -> None:
    page = read_zoom(dbs, plan="free", now=NOW)
    assert (page.accounts, page.hour, page.bindings, page.due, page.webhooks, page.read_at) == ((), {}, {}, 0, {}, None)
    assert somebody_to_ask(dbs) == ""

"""The state machines: which moves there are, and that no other is one."""

from __future__ import annotations

import pytest

from wmd.domain.states import MACHINES, may_move
from wmd.domain.vocabulary import SessionStatus


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_every_move_leads_to_a_state_of_the_same_machine(machine: str) -> None:
    moves = MACHINES[machine]
    assert {after for goals in moves.values() for after in goals} <= set(moves)
    assert [state for state, goals in moves.items() if state in goals] == []


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_moves_are_exactly_those_of_the_table(machine: str) -> None:
    moves = MACHINES[machine]
    allowed = {(before, after) for before in moves for after in moves if may_move(machine, before, after)}
    assert allowed == {(before, after) for before, goals in moves.items() for after in goals}


def test_states_that_nothing_leaves_are_those_of_decided_revisions_and_ended_registrations() -> None:
    ends = {(machine, state) for machine, moves in MACHINES.items() for state, goals in moves.items() if not goals}
    assert ends == {
        ("revision", "refused"), ("revision", "superseded"), ("registration", "cancelled"), ("registration", "lapsed"),
    }  # fmt: skip


def test_session_states_are_the_vocabularys() -> None:
    assert set(MACHINES["session"]) == {status.value for status in SessionStatus}


@pytest.mark.parametrize(
    ("machine", "before", "after"),
    [
        ("submission", "approved", "submitted"),
        ("submission", "unconfirmed", "approved"),
        ("revision", "superseded", "approved"),
        ("revision", "approved", "pending"),
        ("session", "unknown", "scheduled"),
        ("session", "scheduled", "scheduled"),
    ],
)
def test_move_that_is_none_is_refused(machine: str, before: str, after: str) -> None:
    assert may_move(machine, before, after) is False


def test_unknown_machine_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        may_move("event", "scheduled", "cancelled")

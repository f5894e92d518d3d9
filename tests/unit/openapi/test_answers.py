"""The check of answers: it takes what the contract has, and nothing else."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from partyapp.openapi import answers
from partyapp.openapi.operations import OPERATIONS
from partyapp.party.application.views import event_view
from partyapp.party.contract import PartyEvent
from partyapp.shared.kernel.errors import PROBLEMS, problem
from partyapp.shared.kernel.ids import new_id

SYNC = {
    "revision": 3,
    "playback": {"state": "playing", "position_s": 1.5, "rate": 1.0, "at_ms": 1.7e12, "revision": 3},
    "received_ms": 1.7e12,
    "server_time_ms": 1.7e12 + 0.5,
    "target_position_s": 2.0,
    "drift_ms": -12.5,
    "correction": {"kind": "nudge", "rate": 1.1, "position_s": 2.0},
}


def test_every_operation_has_an_answer() -> None:
    assert answers.ANSWERS.keys() == {operation.id for operation in OPERATIONS}


def test_a_good_answer_passes() -> None:
    answers.check("syncPlayback", SYNC)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("surplus",), 1),
        (("playback", "surplus"), 1),
        (("revision",), "3"),
        (("revision",), 3.0),
        (("revision",), True),
        (("drift_ms",), "1"),
        (("drift_ms",), None),
        (("drift_ms",), float("nan")),
        (("playback", "state"), "running"),
        (("playback", "position_s"), -1),
        (("correction",), None),
    ],
)
def test_a_wrong_answer_is_refused(path: tuple[str, ...], value: Any) -> None:
    wrong = copy.deepcopy(SYNC)
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        answers.check("syncPlayback", wrong)


@pytest.mark.parametrize("name", SYNC)
def test_a_missing_field_is_noticed(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        answers.check("syncPlayback", {key: value for key, value in SYNC.items() if key != name})


def event(kind: str, **data: Any) -> Any:
    found = PartyEvent(
        id=new_id(), party_id=new_id(), revision=2, type=kind, at_ms=1.7e12, actor_id=None, data=data
    )
    return {"items": [event_view(found)], "next_cursor": None}


def test_an_event_is_held_to_the_facts_of_its_type() -> None:
    answers.check("listEvents", event("party_session_ended", reason="host"))
    for wrong in (
        event("party_session_ended", reason="boredom"),
        event("party_session_ended"),
        event("member_joined", reason="host"),
        event("party_session_started", reason="host"),
    ):
        with pytest.raises(ValidationError):
            answers.check("listEvents", wrong)


def test_the_result_of_a_command_is_what_the_request_would_have_given() -> None:
    command = {"id": str(UUID(int=1)), "state": "succeeded", "result": None}
    answers.check("showCommand", command)
    answers.check("showCommand", {"id": str(UUID(int=1)), "state": "pending"})
    wrong: tuple[Any, ...] = ({}, {"member": {}}, "done")
    for result in wrong:
        with pytest.raises(ValidationError):
            answers.check("showCommand", {**command, "result": result})


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_is_a_problem(code: str) -> None:
    answers.check("showParty", problem(code, "Why.", {"field": ["Wrong."]}), PROBLEMS[code][0])


def test_an_answer_of_another_status_is_of_another_kind() -> None:
    accepted = {"id": str(UUID(int=1)), "state": "pending"}
    answers.check("createParty", accepted, 202)
    with pytest.raises(ValidationError):
        answers.check("createParty", accepted)
    unready = {**problem("unavailable", "Not reachable: redis."), "checks": {}}
    with pytest.raises(ValidationError):
        answers.check("readyz", unready, 503)
    unready["checks"] = {"postgres": "ok", "redis": "missing", "worker": "missing"}
    answers.check("readyz", unready, 503)
    with pytest.raises(KeyError):
        answers.check("leaveParty", {})

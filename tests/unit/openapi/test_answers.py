"""The check of answers: it takes what the contract has, and nothing else."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.party.application.views import event_view
from partyapp.party.contract import PartyEvent
from partyapp.shared.kernel.errors import PROBLEMS, problem
from partyapp.shared.kernel.ids import new_id

SYNC = {
    "revision": 3,
    "playback": {
        "state": "playing",
        "position_s": 1.5,
        "rate": 1.0,
        "at_ms": 1.7e12,
        "revision": 3,
        "held": None,
        "next": None,
    },
    "received_ms": 1.7e12,
    "server_time_ms": 1.7e12 + 0.5,
    "target_position_s": 2.0,
    "drift_ms": -12.5,
    "correction": {"kind": "nudge", "rate": 1.1, "position_s": 2.0},
}


check = partial(answers.check, DESCRIPTION)


def test_every_operation_has_an_answer() -> None:
    for operation in DESCRIPTION.operations:
        is_object = operation.status in (200, 201) and operation.media_type == "application/json"
        is_object = is_object and not operation.resumable
        is_object = is_object and operation.id not in ("showOpenapi", "showAsyncapi")
        assert (operation.answer is not None) is is_object, operation.id


def test_a_good_answer_passes() -> None:
    check("syncPlayback", SYNC)


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
        check("syncPlayback", wrong)


@pytest.mark.parametrize("name", SYNC)
def test_a_missing_field_is_noticed(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        check("syncPlayback", {key: value for key, value in SYNC.items() if key != name})


def event(kind: str, **data: Any) -> Any:
    found = PartyEvent(
        id=new_id(), party_id=new_id(), revision=2, type=kind, at_ms=1.7e12, actor_id=None, data=data
    )
    return {"items": [event_view(found)], "next_cursor": None}


def test_an_event_is_held_to_the_facts_of_its_type() -> None:
    check("listEvents", event("party_session_ended", reason="host"))
    for wrong in (
        event("party_session_ended", reason="boredom"),
        event("party_session_ended"),
        event("member_joined", reason="host"),
        event("party_session_started", reason="host"),
    ):
        with pytest.raises(ValidationError):
            check("listEvents", wrong)


def test_the_result_of_a_command_is_what_the_request_would_have_given() -> None:
    command = {"id": str(UUID(int=1)), "state": "succeeded", "result": None}
    check("showCommand", command)
    check("showCommand", {"id": str(UUID(int=1)), "state": "pending"})
    wrong: tuple[Any, ...] = ({}, {"member": {}}, "done")
    for result in wrong:
        with pytest.raises(ValidationError):
            check("showCommand", {**command, "result": result})


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_is_a_problem(code: str) -> None:
    check("showParty", problem(code, "Why.", {"field": ["Wrong."]}), PROBLEMS[code][0])


def test_an_answer_of_another_status_is_of_another_kind() -> None:
    accepted = {"id": str(UUID(int=1)), "state": "pending"}
    check("createParty", accepted, 202)
    with pytest.raises(ValidationError):
        check("createParty", accepted)
    unready = {**problem("unavailable", "Not reachable: redis."), "checks": {}}
    with pytest.raises(ValidationError):
        check("readyz", unready, 503)
    unready["checks"] = {"postgres": "ok", "redis": "missing", "worker": "missing"}
    unready["checks"]["background_work"] = "degraded"
    check("readyz", unready, 503)
    with pytest.raises(KeyError):
        check("leaveParty", {})

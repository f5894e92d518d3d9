"""What the black-box tests hold answers to: the description, and beyond it days, new ids and discretion."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from marshmallow import ValidationError

from partyapp.shared.kernel.errors import problem
from partyapp.shared.kernel.ids import new_id
from tests.support.contract import assert_answer, assert_message, assert_party, assert_problem

USER: Any = {"id": str(new_id()), "display_name": "Ada"}
MEMBER: Any = {
    "user_id": str(new_id()), "display_name": "Ada", "role": "host", "joined_at_ms": 1.7e12, "online": True,
    "sync": None, "grants": ["chat"], "own_grants": None,
}  # fmt: skip
JOINED: Any = {"type": "event", "member": MEMBER, "event": {
    "revision": 2, "type": "member_joined", "at_ms": 1.7e12, "actor_id": str(new_id()),
    "data": {"user_id": str(new_id()), "display_name": "Ada"},
}}  # fmt: skip
NO_VIDEO: Any = problem("not_found", "There is no such video.")
NOT_VALID: Any = problem("validation_failed", "Some fields are not valid.", {"title": ["Missing."]})


def test_what_is_right_passes() -> None:
    assert assert_answer("showMe", USER) is USER
    assert assert_message(JOINED) is JOINED
    assert assert_problem(NO_VIDEO, "not_found") is NO_VIDEO
    assert_problem(NOT_VALID, "validation_failed")
    checks = dict.fromkeys(("postgres", "redis", "worker", "background_work"), "missing")
    assert_problem({**problem("unavailable", "Not reachable."), "checks": checks}, "unavailable")
    assert_answer("joinParty", {"id": str(uuid4()), "state": "pending"}, 202)
    assert_message({"type": "ack", "id": str(uuid4()), "revision": 3})


@pytest.mark.parametrize(
    "wrong", [str(uuid4()), USER["id"].upper(), "7"], ids=["version 4", "upper case", "no UUID"]
)
def test_an_id_that_is_no_new_one_is_refused(wrong: str) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        assert_answer("showMe", {**USER, "id": wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {**JOINED, "surplus": 1},
        {**JOINED, "member": {**MEMBER, "joined_at_ms": 1.7e9}},
        {**JOINED, "member": {**MEMBER, "user_id": str(uuid4())}},
        {**JOINED, "event": {**JOINED["event"], "at_ms": 1.7e15}},
        {
            **JOINED,
            "event": {**JOINED["event"], "data": {**JOINED["event"]["data"], "user_id": str(uuid4())}},
        },
    ],
)
def test_a_message_with_something_wrong_inside_is_refused(wrong: Any) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        assert_message(wrong)


@pytest.mark.parametrize("wrong", [{"type": "ping", "n": 1, "t1": 1.0}, {"type": "talk"}, {"n": 1}])
def test_what_no_server_sends_is_refused(wrong: Any) -> None:
    with pytest.raises(KeyError):
        assert_message(wrong)


def test_a_party_shows_its_invite_to_who_is_invited_alone() -> None:
    for party, invited in (({}, True), ({"invite_code": "x"}, False)):
        with pytest.raises(AssertionError):
            assert_party(party, invited=invited)


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "forbidden"},
        {"status": 403},
        {"title": ""},
        {"detail": "Traceback (most recent call last)"},
        {"detail": 'File "x", line 1'},
        {"detail": "partyapp/app.py"},
        {"detail": "(psycopg.errors.UndefinedTable)"},
        {"detail": "[SELECT 1]: SELECT users.id"},
        {"detail": "/home/party/x"},
        {"surplus": 1},
        {"errors": {"title": "Missing."}},
    ],
)
def test_a_problem_with_something_wrong_is_refused(changes: Any) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        assert_problem({**NO_VIDEO, **changes}, "not_found")
    with pytest.raises((AssertionError, ValidationError)):
        assert_problem({**NOT_VALID, "errors": {}}, "validation_failed")

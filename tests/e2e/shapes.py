"""The objects of PROTOCOL.md, field by field, and a check that a value is one of them.

A field the contract doesn't name is reported too: one that is added belongs into the contract first.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from tests.support.party_client import Json

Kind = Callable[[Any], bool]
Shape = dict[str, Kind]

PROBLEM_STATUS = {
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "validation_failed": 422,
    "malformed_json": 400,
    "unsupported_media_type": 415,
    "payload_too_large": 413,
    "stale_revision": 409,
    "party_ended": 409,
    "party_full": 409,
    "not_a_member": 403,
    "invalid_invite": 403,
    "video_not_ready": 409,
    "idempotency_key_reused": 409,
    "rate_limited": 429,
    "unavailable": 503,
}
_INDISCREET = re.compile(
    r"Traceback|File \"|\.py\b|psycopg|sqlalchemy|SELECT |INSERT INTO|UPDATE |site-packages|/home/|/tmp/",
    re.I,
)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_instant(value: Any) -> bool:
    """Milliseconds since 1970, so of thirteen digits in our days."""
    return is_number(value) and 1.6e12 < value < 4e12


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def is_uuid(value: Any) -> bool:
    return isinstance(value, str) and str(uuid.UUID(value)) == value


def is_uuid7(value: Any) -> bool:
    return is_uuid(value) and uuid.UUID(value).version == 7


def one_of(*values: Any) -> Kind:
    return lambda value: value in values


def optional(kind: Kind) -> Kind:
    return lambda value: value is None or kind(value)


def list_of(shape: Shape) -> Kind:
    def check(value: Any) -> bool:
        for item in value:
            assert_shape(item, shape)
        return isinstance(value, list)

    return check


def shaped(shape: Shape) -> Kind:
    def check(value: Any) -> bool:
        assert_shape(value, shape)
        return True

    return check


JOB: Shape = {
    "id": is_uuid,
    "state": one_of("pending", "running", "completed", "failed"),
    "progress": is_number,
    "error": optional(is_text),
}
VIDEO: Shape = {
    "id": is_uuid7,
    "title": is_text,
    "duration_s": is_number,
    "playback_url": is_text,
    "transcode_job": optional(shaped(JOB)),
}
PLAYBACK: Shape = {
    "state": one_of("stopped", "playing", "paused"),
    "position_s": is_number,
    "rate": is_number,
    "at_ms": is_number,
    "revision": is_whole,
}
MEMBER_SYNC: Shape = {
    "offset_bound_ms": optional(is_number),
    "drift_ms": optional(is_number),
    "rtt_ms": optional(is_number),
    "state": optional(is_text),
    "verdict": one_of("in_sync", "likely", "out_of_sync", "unknown"),
}
MEMBER: Shape = {
    "user_id": is_uuid7,
    "display_name": is_text,
    "role": one_of("host", "member"),
    "joined_at_ms": is_instant,
    "online": is_flag,
    "sync": optional(shaped(MEMBER_SYNC)),
}
_PARTY_CORE: Shape = {
    "id": is_uuid7,
    "title": is_text,
    "video": shaped(VIDEO),
    "host_id": is_uuid7,
    "visibility": one_of("private", "public"),
    "control": one_of("host", "everyone"),
    "max_members": is_whole,
    "state": one_of("active", "ended"),
    "created_at_ms": is_instant,
    "ended_at_ms": optional(is_instant),
    "revision": is_whole,
    "playback": shaped(PLAYBACK),
    "lead_ms": is_number,
}
PARTY_TO_STRANGERS: Shape = {**_PARTY_CORE, "members": list_of(MEMBER)}
PARTY: Shape = {**PARTY_TO_STRANGERS, "invite_code": is_text}
PARTY_SUMMARY: Shape = {**_PARTY_CORE, "member_count": is_whole}
EVENT: Shape = {
    "revision": is_whole,
    "type": one_of(
        "party_session_created",
        "member_joined",
        "member_left",
        "host_transferred",
        "playback_started",
        "playback_paused",
        "playback_sought",
        "playback_finished",
        "party_session_ended",
    ),
    "at_ms": is_instant,
    "actor_id": optional(is_uuid7),
    "data": is_object,
}
CORRECTION: Shape = {
    "kind": one_of("none", "nudge", "seek"),
    "rate": optional(is_number),
    "position_s": optional(is_number),
}
SYNC_ANSWER: Shape = {
    "revision": is_whole,
    "playback": shaped(PLAYBACK),
    "received_ms": is_instant,
    "server_time_ms": is_instant,
    "target_position_s": is_number,
    "drift_ms": is_number,
    "correction": shaped(CORRECTION),
}
NOTIFICATION: Shape = {
    "id": is_uuid,
    "type": is_text,
    "party_id": optional(is_uuid7),
    "created_at_ms": is_instant,
    "read_at_ms": optional(is_instant),
    "data": is_object,
}


def assert_shape(value: Any, shape: Shape) -> None:
    """Fail unless `value` is an object with exactly these fields, each of its kind."""
    assert isinstance(value, dict), f"not an object: {value!r}"
    missing, unnamed = shape.keys() - value.keys(), value.keys() - shape.keys()
    assert not missing, f"without {sorted(missing)}: {value}"
    assert not unnamed, f"not in the contract: {sorted(unnamed)}"
    for name, kind in shape.items():
        assert kind(value[name]), f"{name} = {value[name]!r}"


def assert_problem(problem: Any, code: str) -> Json:
    """Fail unless this is the problem of that code (RFC 9457), with nothing of the inside in its text."""
    assert isinstance(problem, dict), problem
    assert problem.get("code") == code, problem
    assert problem["status"] == PROBLEM_STATUS[code], problem
    for name in ("type", "title", "detail"):
        assert isinstance(problem[name], str), problem
        assert problem[name], problem
    assert not _INDISCREET.search(str(problem)), problem
    if code == "validation_failed":
        assert problem["errors"], problem
        for reasons in problem["errors"].values():
            assert isinstance(reasons, list), problem
            assert all(isinstance(reason, str) for reason in reasons), problem
    return problem


def assert_refused(response: httpx.Response, code: str) -> Json:
    """Fail unless the answer is the problem of that code, with its status and headers; it is returned."""
    assert response.status_code == PROBLEM_STATUS[code], response.text
    assert response.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    if code == "unauthenticated":
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    if code in ("rate_limited", "unavailable"):
        assert int(response.headers["Retry-After"]) >= 0
    return assert_problem(response.json(), code)

"""What the service answers, held to the contract: to the description, and to what no schema says.

A field that the contract doesn't name is refused too: one that is added belongs into the description first.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
from marshmallow import Schema, fields

from partyapp.description import DESCRIPTION
from partyapp.openapi import answers
from partyapp.openapi.fields import AnyOf, Instant
from partyapp.openapi.objects import Problem
from partyapp.openapi.operation import Operation
from partyapp.party.controllers.openapi.objects import Party
from partyapp.shared.kernel.errors import PROBLEMS

_INDISCREET = re.compile(
    r"Traceback|File \"|\.py\b|psycopg|sqlalchemy|SELECT |INSERT INTO|UPDATE |site-packages|/home/|/tmp/",
    re.I,
)
#: Ids that are no new ones of the service: derived from others, or the client's own.
_OTHER_IDS = {
    "AcceptedCommand.id", "Ack.id", "ChatEntry.id", "Command.id", "Notification.id",
    "PlaybackChanged.command_id", "Refused.id", "TranscodeJob.id",
}  # fmt: skip

#: What any address may answer, and what a browser gets instead of a problem.
_ANYWHERE = {"method_not_allowed", "bad_request", "uri_too_long", "headers_too_large", "rate_limited"}
_PROBLEM_TYPES = {"application/problem+json", "text/html"}


def assert_answer(operation_id: str, body: Any, status: int | None = None) -> Any:
    """Fail unless this is described as the operation's answer; the body is returned."""
    answers.check(DESCRIPTION, operation_id, body, status)
    operation = DESCRIPTION.operation(operation_id)
    schema = answers.schema_of(operation, body, operation.status if status is None else status)
    assert schema is not None
    _assert_plausible(schema, body)
    return body


def assert_described(response: httpx.Response) -> None:
    """Fail unless this answer of the API is one that the description has for its operation.

    For a client's event hooks, so that whatever a test asks for is held to the contract.
    """
    operation = _operation_of(response.request)
    if operation is None or response.request.method == "HEAD" or response.status_code == 101:
        return
    response.read()
    asked = f"{operation.id} {response.status_code} {response.text[:300]}"
    if response.status_code >= 400:
        assert response.headers["Content-Type"].partition(";")[0] in _PROBLEM_TYPES, asked
        if response.headers["Content-Type"].startswith("application/problem+json"):
            assert response.json()["code"] in {*operation.codes, *_ANYWHERE}, asked
        return
    described = {operation.status, *([202] if operation.lifecycle or operation.under_way else [])}
    assert response.status_code in described | ({304} if "ETag" in operation.headers else set()), asked
    is_object = response.headers.get("Content-Type", "").startswith("application/json")
    if is_object and answers.schema_of(operation, response.json(), response.status_code) is not None:
        answers.check(DESCRIPTION, operation.id, response.json(), response.status_code)


def _operation_of(request: httpx.Request) -> Operation | None:
    """The described operation that a request is for; None for an address that is none of the API's."""
    for operation in DESCRIPTION.operations:
        pattern = re.sub(r"\{\w+\}", "[0-9a-fA-F-]{36}", operation.path)
        if operation.method.upper() == request.method and re.fullmatch(pattern, request.url.path):
            return operation
    return None


def assert_message(message: Any) -> Any:
    """Fail unless this is described as a message of the server; it is returned."""
    answers.check_message(DESCRIPTION, message)
    payload = DESCRIPTION.message(message["type"]).payload
    assert isinstance(payload, type)
    _assert_plausible(payload, {name: value for name, value in message.items() if name != "type"})
    return message


def assert_object(kind: type[Schema], value: Any) -> Any:
    """Fail unless `value` is an object of this kind, field by field; it is returned."""
    answers.check_object(kind, value)
    _assert_plausible(kind, value)
    return value


def assert_party(value: Any, *, invited: bool = True) -> Any:
    """Fail unless `value` is a party as its members see it, or as others do who were not invited."""
    assert ("invite_code" in value) is invited, value
    return assert_object(Party, value)


def assert_problem(problem: Any, code: str) -> dict[str, Any]:
    """Fail unless this is the problem of that code (RFC 9457), with nothing of the inside in its text."""
    kind = (
        answers.schema_of(DESCRIPTION.operation("readyz"), problem, 503) if "checks" in problem else Problem
    )
    assert kind is not None
    answers.check_object(kind, problem)
    assert problem["code"] == code, problem
    assert problem["status"] == PROBLEMS[code][0], problem
    for name in ("type", "title", "detail"):
        assert problem[name], problem
    assert not _INDISCREET.search(str(problem)), problem
    if code == "validation_failed":
        assert problem["errors"], problem
    for reasons in problem.get("errors", {}).values():
        assert isinstance(reasons, list), problem
        assert all(isinstance(reason, str) for reason in reasons), problem
    assert isinstance(problem, dict)
    return problem


def assert_refused(response: httpx.Response, code: str) -> dict[str, Any]:
    """Fail unless the answer is the problem of that code, with its status and headers; it is returned."""
    assert response.status_code == PROBLEMS[code][0], response.text
    assert response.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    if code == "unauthenticated":
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    if code in ("rate_limited", "unavailable"):
        assert int(response.headers["Retry-After"]) >= 0
    return assert_problem(response.json(), code)


def _assert_plausible(kind: type[Schema], value: Any) -> None:
    """Fail for an instant that isn't of our days, and for an id of ours that isn't a new one."""
    for name, field in kind().fields.items():
        if value.get(name) is not None:
            _assert_plausible_field(f"{kind.__name__}.{name}", field, value[name])


def _assert_plausible_field(name: str, field: Any, value: Any) -> None:
    if isinstance(field, fields.Nested):
        _assert_plausible(type(field.schema), value)
    elif isinstance(field, fields.List):
        for item in value:
            _assert_plausible_field(name, field.inner, item)
    elif isinstance(field, AnyOf):
        # The check before has found one that fits.
        _assert_plausible(next(kind for kind in field.kinds if not kind().validate(value)), value)
    elif isinstance(field, Instant):
        assert 1.6e12 < value < 4e12, f"{name} = {value}"
    elif isinstance(field, fields.UUID):
        found = uuid.UUID(value)
        assert str(found) == value, f"{name} = {value}"
        assert found.version == 7 or name in _OTHER_IDS, f"{name} = {value}"

"""The OpenAPI document of a description, put together once for a process."""

import json
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from marshmallow import Schema

from partyapp.openapi.description import Description
from partyapp.openapi.examples import add_examples
from partyapp.openapi.objects import AcceptedCommand, Problem
from partyapp.openapi.operation import Header, Operation
from partyapp.openapi.schema_plugin import SchemaPlugin
from partyapp.shared.kernel.errors import PROBLEMS, problem

PROBLEM_TYPE = "application/problem+json"

_ABOUT = """\
An open backend for watching together: everyone sees the same frame at the same instant.

Every instant is a number of milliseconds since the Unix epoch in party time, and its name ends in `_ms`.
Every media position is in seconds, and its name ends in `_s`. Ids are UUIDs. Bodies are JSON of at most
16 KiB, and unknown fields of a request are refused. Fields may be added to an answer.

Every error is a problem (RFC 9457) with a stable `code`. Any address may also answer `method_not_allowed`,
`rate_limited` with `Retry-After` to who asks too much, and to what can't be read as a request `bad_request`,
`uri_too_long` (addresses from 4,000 bytes) or `headers_too_large` (more than 50, or one over 8,300 bytes).
"""

_KEY = {
    "description": (
        "The same key from the same user within 24 h gives the first answer again and has no second effect; "
        "with another body it is refused as `idempotency_key_reused`. Printable ASCII only."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_PREFER = {
    "description": "With `respond-async` (RFC 7240) the answer is 202 at once.",
    "schema": {"type": "string", "examples": ["respond-async"]},
}
SECURITY = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "description": "A guest's token, or one of the configured identity provider.",
    },
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "For a WebSocket that can't send headers: one use, 30 s.",
    },
}
_PROBLEM_HEADERS = {
    401: {"WWW-Authenticate": "`Bearer`."},
    429: {"Retry-After": "In how many s to try again."},
    503: {"Retry-After": "In how many s to try again."},
}


@cache
def openapi_text(description: Description) -> str:
    """The document as JSON, the same text for the same program."""
    return json.dumps(openapi_document(description), indent=2, ensure_ascii=False) + "\n"


def openapi_document(description: Description) -> dict[str, Any]:
    """The document as OpenAPI 3.1 has it."""
    spec = APISpec(
        title="Party",
        version="1",
        openapi_version="3.1.0",
        plugins=[SchemaPlugin(description.words_of)],
        info={
            "summary": "Watch together, in sync.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        servers=[{"url": "/"}],
        security=[{"bearerAuth": []}],
        tags=[{"name": name, "description": about} for name, about in description.tags.items()],
    )
    for name, scheme in SECURITY.items():
        spec.components.security_scheme(name, scheme)
    _add_headers(spec, description)
    spec.components.schema("Problem", schema=Problem)
    for code, (_, title) in PROBLEMS.items():
        spec.components.example(code, {"summary": title, "value": problem(code, "")})
    for codes in _answered_codes(description):
        spec.components.response(".".join(codes), _refusal(codes, Problem))
    shared = _shared_headers(description)
    for operation in description.operations:
        spec.path(path=operation.path, operations={operation.method: _operation(operation, shared)})
    made: dict[str, Any] = spec.to_dict()
    _settle_queries(made)
    schemas = made["components"]["schemas"]
    schemas["Problem"]["examples"] = [problem("not_found", "")]
    add_examples(schemas, schemas.__getitem__)
    return made


def _add_headers(spec: APISpec, description: Description) -> None:
    spec.components.parameter("Idempotency-Key", "header", _KEY)
    spec.components.parameter("Prefer", "header", _PREFER)
    for header in _shared_headers(description):
        spec.components.parameter(header.name, "header", _header(header))


def _shared_headers(description: Description) -> list[Header]:
    """Those that mean the same wherever they are taken."""
    taken = [header for operation in description.operations for header in operation.takes]
    named = {header.name: header for header in taken}
    return [named[name] for name in named if all(one == named[name] for one in taken if one.name == name)]


def _header(header: Header) -> dict[str, Any]:
    about: dict[str, Any] = {"description": header.about, "schema": {"type": "string", **header.limits}}
    if header.needed:
        about["required"] = True
    return about


def _operation(operation: Operation, shared: Sequence[Header]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": _parameters(operation, shared),
        "responses": {**_successes(operation), **_problems(operation)},
    }
    if operation.about:
        made["description"] = operation.about
    if operation.body is not None:
        content = {"application/json": {"schema": operation.body}}
        made["requestBody"] = {"required": not operation.body_optional, "content": content}
    if operation.form is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": operation.form}},
        }
    if operation.body_type is not None:
        part = {"schema": {"type": "string", "format": "binary"}}
        made["requestBody"] = {"required": False, "content": {operation.body_type: part}}
    if operation.public:
        made["security"] = []
    elif operation.by_ticket:
        made["security"] = [{"bearerAuth": []}, {"ticket": []}]
    return made


def _parameters(operation: Operation, shared: Sequence[Header]) -> list[Any]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    found: list[Any] = [
        {
            "in": "path",
            "name": name,
            "required": True,
            **_path_parameter(name),
        }
        for name in names
    ]
    if operation.query is not None:
        found.append({"in": "query", "schema": operation.query})
    if operation.key or operation.lifecycle:
        found.append("Idempotency-Key")
    if operation.lifecycle:
        found.append("Prefer")
    found += [
        header.name if header in shared else {"in": "header", "name": header.name, **_header(header)}
        for header in operation.takes
    ]
    return found


def _path_parameter(name: str) -> dict[str, Any]:
    if name.endswith("_id"):
        about = f"The {name.removesuffix('_id')}'s id."
        return {"description": about, "schema": {"type": "string", "format": "uuid"}}
    return {"description": "Its number.", "schema": {"type": "integer", "minimum": 0}}


def _successes(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.headers:
        answer["headers"] = _headers(operation.headers)
    if operation.answer is not None:
        either = {"anyOf": [operation.answer, operation.preview]} if operation.preview else operation.answer
        answer["content"] = {operation.media_type: {"schema": either}}
    elif operation.status == 200:
        kind = "object" if operation.media_type == "application/json" else "string"
        answer["content"] = {operation.media_type: {"schema": {"type": kind}}}
    made = {str(operation.status): answer}
    if operation.under_way:
        made["202"] = {**answer, "description": operation.under_way}
    if operation.lifecycle:
        made["202"] = {
            "description": "Accepted: it is carried out, once, but the outcome was not there in time.",
            "headers": _headers({"Location": "The command.", "Retry-After": "In how many s to look."}),
            "content": {"application/json": {"schema": AcceptedCommand}},
        }
    return made


def _codes_by_status(operation: Operation) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for code in operation.codes:
        status = PROBLEMS[code][0]
        found[status] = (*found.get(status, ()), code)
    return dict(sorted(found.items()))


def _answered_codes(description: Description) -> list[tuple[str, ...]]:
    """Each set of codes that some operation gives with one status."""
    found = (_codes_by_status(operation).values() for operation in description.operations)
    return sorted({codes for each in found for codes in each})


def _problems(operation: Operation) -> dict[str, Any]:
    return {
        str(status): _refusal(codes, operation.refusals[status])
        if status in operation.refusals
        else ".".join(codes)
        for status, codes in _codes_by_status(operation).items()
    }


def _refusal(codes: tuple[str, ...], schema: type[Schema]) -> dict[str, Any]:
    # One schema for all, so that a generated client has one kind of problem. The examples tell the codes.
    answer: dict[str, Any] = {
        "description": ". ".join(f"`{code}`: {PROBLEMS[code][1]}" for code in codes) + ".",
        "content": {PROBLEM_TYPE: {"schema": schema, "examples": {code: code for code in codes}}},
    }
    status = PROBLEMS[codes[0]][0]
    if status in _PROBLEM_HEADERS:
        answer["headers"] = _headers(_PROBLEM_HEADERS[status])
    return answer


def _headers(about: Any) -> dict[str, Any]:
    numbers = ("Retry-After",)
    return {
        name: {"description": said, "schema": {"type": "integer" if name in numbers else "string"}}
        for name, said in about.items()
    }


def _settle_queries(made: dict[str, Any]) -> None:
    """A query string has no null: a parameter that was not sent is absent."""
    for path in made["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                schema = parameter.get("schema", {})
                if isinstance(schema.get("type"), list):
                    schema["type"] = next(name for name in schema["type"] if name != "null")
                if schema.get("default", 0) is None:
                    del schema["default"]
                for choice in schema.pop("anyOf", ()):
                    if choice != {"type": "null"}:
                        schema.update(choice)

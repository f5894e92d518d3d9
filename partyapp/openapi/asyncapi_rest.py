"""The steps before a socket, in the AsyncAPI document: HTTP as a request and its reply.

A channel there is an address of openapi.json, and its operation has that one's id; the bodies are its
objects.
"""

from typing import Any

from marshmallow import Schema

from partyapp.openapi.description import Description
from partyapp.openapi.document import PROBLEM_TYPE
from partyapp.openapi.objects import AcceptedCommand, Problem
from partyapp.openapi.operation import Operation
from partyapp.openapi.schema_plugin import component_name

_OPENAPI = "./openapi.json#/components/schemas/"

REST_SERVER = {
    "host": "localhost:8000",
    "protocol": "http",
    "description": "The same server before a socket. Behind TLS the protocol is https.",
}


def rest_channels(description: Description) -> dict[str, Any]:
    """A channel for each step, by the id of its operation."""
    return {operation.id: _channel(operation) for operation in _steps(description)}


def rest_operations(description: Description) -> dict[str, Any]:
    """The steps themselves, by their ids."""
    return {operation.id: _operation(operation) for operation in _steps(description)}


def _steps(description: Description) -> list[Operation]:
    names = dict.fromkeys(name for channel in description.channels.values() for name in channel.prepared_by)
    return [description.operation(name) for name in names]


def _channel(operation: Operation) -> dict[str, Any]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    made: dict[str, Any] = {
        "address": operation.path,
        "servers": [{"$ref": "#/servers/rest"}],
        "title": operation.summary,
        "messages": {
            "request": _message("What is asked for; without a payload there is no body.", operation.body),
            **_replies(operation),
        },
    }
    if names:
        made["parameters"] = {
            name: {"description": f"The {name.removesuffix('_id')}'s id, a UUID."} for name in names
        }
    return made


def _replies(operation: Operation) -> dict[str, Any]:
    refusal = _message("The answer with a status of 400 or more.", Problem)
    found = {
        "reply": _with_status(_message("The answer.", operation.answer), operation.status),
        "refusal": {**refusal, "contentType": PROBLEM_TYPE},
    }
    if operation.lifecycle:
        about = "It is carried out, once, but the outcome was not there in time: `showCommand` has it then."
        found["accepted"] = _with_status(_message(about, AcceptedCommand), 202)
    return found


def _message(about: str, schema: type[Schema] | None) -> dict[str, Any]:
    payload = {} if schema is None else {"payload": {"$ref": f"{_OPENAPI}{component_name(schema)}"}}
    return {"summary": about, **payload}


def _with_status(message: dict[str, Any], status: int) -> dict[str, Any]:
    return {**message, "bindings": {"http": {"statusCode": status, "bindingVersion": "0.3.0"}}}


def _operation(operation: Operation) -> dict[str, Any]:
    channel = f"#/channels/{operation.id}"
    made: dict[str, Any] = {
        "action": "receive",
        "title": operation.summary,
        "channel": {"$ref": channel},
        "bindings": {"http": {"method": operation.method.upper(), "bindingVersion": "0.3.0"}},
        "messages": [{"$ref": f"{channel}/messages/request"}],
        "reply": {
            "channel": {"$ref": channel},
            "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _replies(operation)],
        },
    }
    if operation.about:
        made["description"] = operation.about
    if not operation.public:
        made["security"] = [{"$ref": "#/components/securitySchemes/bearer"}]
    return made

"""The check that a real answer, or a message of the socket, is what the description says."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from partyapp.openapi.description import Description
from partyapp.openapi.objects import AcceptedCommand, Problem
from partyapp.openapi.operation import Operation


def schema_of(operation: Operation, body: Any, status: int) -> type[Schema] | None:
    """The schema that an answer of this status is to be held to, None where there is none."""
    if status == operation.status:
        preview = operation.preview
        # Each object has fields that a preview doesn't show, so what has none of them is a preview.
        if preview and isinstance(body, dict) and body.keys() <= preview().fields.keys():
            return preview
        return operation.answer
    if status == 202:
        return operation.answer if operation.under_way else AcceptedCommand if operation.lifecycle else None
    return operation.refusals.get(status, Problem) if status >= 400 else None


def check(description: Description, operation_id: str, body: Any, status: int | None = None) -> None:
    """Hold an answer's body to the contract; `status` is that of success if it is not given.

    Raises marshmallow's ValidationError for a field that is missing, of another type, or not in the
    contract, and KeyError for an operation that doesn't exist or is not answered so.
    """
    operation = description.operation(operation_id)
    schema = schema_of(operation, body, operation.status if status is None else status)
    if schema is None:
        raise KeyError(f"{operation_id} has no JSON body of ours with {status or operation.status}")
    check_object(schema, body)


def check_message(description: Description, message: Any) -> None:
    """Hold a message that the server sent to the contract. Raises as `check` does."""
    if not isinstance(message, dict):
        raise ValidationError("A message is one JSON object.")
    payload = description.message(message.get("type")).payload
    if not isinstance(payload, type):
        raise KeyError(f"{message['type']} is no message of the server")
    check_object(payload, {name: value for name, value in message.items() if name != "type"})


def check_object(schema: type[Schema], value: Any) -> None:
    """Hold an object to its schema. Raises marshmallow's ValidationError."""
    schema(unknown=RAISE).load(value)

"""Commands as data: a frozen dataclass to JSON and back, so that a command can wait in a row."""

from dataclasses import fields
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints
from uuid import UUID

from partyapp.shared.kernel.principal import Principal

Command = TypeVar("Command")


def to_payload(command: Any) -> dict[str, Any]:
    """The command's fields as JSON values."""
    return {field.name: _plain(getattr(command, field.name)) for field in fields(command)}


def from_payload(kind: type[Command], payload: dict[str, Any]) -> Command:
    """The command of class `kind` that `to_payload` described. Raises KeyError or ValueError otherwise."""
    hints = get_type_hints(kind)
    values = {name: _typed(hints[name], payload[name]) for name in hints if name in payload}
    return kind(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Principal):
        return {"user_id": str(value.user_id), "display_name": value.display_name}
    return value


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(hint, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if hint is UUID:
        return UUID(value)
    if hint is Principal:
        return Principal(user_id=UUID(value["user_id"]), display_name=value["display_name"])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value

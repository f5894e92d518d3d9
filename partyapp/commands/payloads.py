"""Commands as data: a frozen dataclass to JSON and back, so that a command can wait in a row.

Any context's command will do whose fields are JSON values, UUIDs, enums, a `Principal`, or one of these or
None. What rows hold must stay readable: a new field needs a default.
"""

from dataclasses import fields
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from partyapp.shared.kernel.principal import Principal

Command = TypeVar("Command")


def to_payload(command: Any) -> dict[str, Any]:
    """The command's fields as JSON values."""
    return {field.name: _plain(getattr(command, field.name)) for field in fields(command)}


def from_payload(kind: type[Command], payload: dict[str, Any]) -> Command:
    """The command of class `kind` that `to_payload` described. Raises KeyError or ValueError otherwise."""
    types: dict[str, Any] = _types_of(kind)  # type: ignore[arg-type]
    return kind(**{name: _typed(types[name], payload[name]) for name in types if name in payload})


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Principal):
        return _principal(value)
    return value


def _principal(value: Principal) -> dict[str, Any]:
    plain: dict[str, Any] = {"user_id": str(value.user_id), "display_name": value.display_name}
    if value.site is not None:
        plain["site"] = value.site
    if value.key_id is not None:
        plain["key_id"] = str(value.key_id)
    return plain


@cache
def _types_of(kind: type) -> dict[str, Any]:
    """Each field's type, of `X | None` the X."""
    return {name: _present(hint) for name, hint in get_type_hints(kind).items()}


def _present(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return next(part for part in get_args(hint) if part is not NoneType)
    return hint


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if kind is UUID:
        return UUID(value)
    if kind is Principal:
        key_id = value.get("key_id")
        return Principal(
            user_id=UUID(value["user_id"]),
            display_name=value["display_name"],
            site=value.get("site"),
            key_id=None if key_id is None else UUID(key_id),
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value

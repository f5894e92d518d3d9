"""What clients may send on a socket: a registry of message types, each a msgspec Struct with a handler.

A context defines its messages as Structs with a tag `type` and registers them where the process is composed;
then they are decoded, validated and handed to their handler. What can't be decoded is refused with a problem
that names each wrong field (RFC 9457), by what its type says of it:

- `Meta(extra={"problem": "…"})` in its annotation, or else
- the bounds of a number, the values of a `Literal`, the form of a UUID.
"""

import re
import types
import typing
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec

from partyapp.shared.kernel.errors import MalformedJson, Refusal, ValidationFailed
from partyapp.shared.kernel.ids import parse_id
from partyapp.shared.kernel.principal import Principal
from partyapp.shared.kernel.strict_json import is_surely_flat, parse_json

#: A problem names at most so many unknown fields, and so many characters of each.
MAX_UNKNOWN = 10
MAX_NAME = 64

_BARE_ID = re.compile(r'"[0-9A-Fa-f]{32}"')


class SocketContext(Protocol):
    """The socket that a message came in on. Its handler runs in the event loop and must not wait."""

    @property
    def principal(self) -> Principal:
        """Who sent it."""
        ...

    @property
    def party_id(self) -> UUID:
        """The party whose room the socket is in."""
        ...

    def send(self, message: Any) -> None:
        """Send a message to this socket alone: a dict of JSON values or a Struct."""
        ...

    def spawn(self, work: Callable[[], None]) -> None:
        """Run something that may wait, beside the event loop."""
        ...


class SocketMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of what clients send. A subclass has a `tag`, which is its `type`."""

    @classmethod
    def needed_by(cls, fields: Mapping[str, Any]) -> Collection[str]:
        """The optional fields that are needed because of others; `__post_init__` has to refuse the same."""
        return ()


class InvalidMessage(Exception):
    """What came in is no message. `fields` is what it holds, None when it isn't a JSON object."""

    def __init__(self, refusal: Refusal, fields: Mapping[str, Any] | None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.fields = fields


C = TypeVar("C", bound=SocketContext)
M = TypeVar("M", bound=SocketMessage)
Handler = Callable[[C, Any], None]


class _Field(typing.NamedTuple):
    type: Any
    required: bool
    problem: str
    is_id: bool


class SocketMessages(Generic[C]):
    """Every message that clients may send. `C` is the socket, as handlers get it."""

    def __init__(self) -> None:
        self._types: dict[str, type[SocketMessage]] = {}
        self._handlers: dict[type, Handler[C]] = {}
        self._fields: dict[type, dict[str, _Field]] = {}
        self._checks: dict[type, Callable[[str], bool]] = {}
        self._decode: Callable[[str], Any] = _nothing_registered

    def register(self, message_type: type[M], handler: Callable[[C, M], None]) -> None:
        """Have `handler` called with the socket and each message of this type."""
        tag = message_type.__struct_config__.tag
        if not isinstance(tag, str) or tag in self._types:
            raise ValueError(f"{message_type.__name__} needs a tag of its own")
        self._types[tag] = message_type
        self._handlers[message_type] = handler
        self._fields[message_type] = fields = _fields_of(message_type)
        with_ids = any(field.is_id for field in fields.values())
        if any(field.type is Any for field in fields.values()):
            self._checks[message_type] = _is_flat_with_whole_ids if with_ids else is_surely_flat
        elif with_ids:
            self._checks[message_type] = _has_whole_ids
        self._decode = msgspec.json.Decoder(reduce(or_, self._types.values())).decode

    def types(self) -> Collection[str]:
        """The types that are registered."""
        return self._types.keys()

    def decode(self, text: str) -> tuple[Handler[C], SocketMessage]:
        """The message in a text, and its handler. Raises `InvalidMessage`."""
        try:
            message = self._decode(text)
            check = self._checks.get(type(message))
            if check is None or check(text):
                return self._handlers[type(message)], message
        except (msgspec.DecodeError, RecursionError):
            pass
        message = self._decode_field_by_field(text)
        return self._handlers[type(message)], message

    def _decode_field_by_field(self, text: str) -> SocketMessage:
        """The same for what is refused, or is unusual: it looks at one field after the other."""
        try:
            fields = parse_json(text)
            if not isinstance(fields, dict):
                raise MalformedJson("A message is one JSON object.")
        except MalformedJson as refusal:
            raise InvalidMessage(refusal, None) from None
        errors = self._errors_in(fields)
        if errors:
            raise InvalidMessage(ValidationFailed(errors=errors), fields)
        return msgspec.convert(fields, self._types[fields["type"]])

    def _errors_in(self, fields: Mapping[str, Any]) -> dict[str, list[str]]:
        tag = fields.get("type")
        message_type = self._types.get(tag) if isinstance(tag, str) else None
        if message_type is None:
            return {"type": [f"Must be {_alternatives(list(self._types))}."]}
        known = self._fields[message_type]
        unknown = sorted(fields.keys() - known.keys() - {"type"})
        if unknown:
            return {name[:MAX_NAME]: ["Unknown field."] for name in unknown[:MAX_UNKNOWN]}
        needed = message_type.needed_by(fields)
        return {
            name: [field.problem]
            for name, field in known.items()
            if not _is_good(fields.get(name), field, needed=field.required or name in needed)
        }


def _nothing_registered(text: str) -> Any:
    raise msgspec.DecodeError("no type of message is registered")


def _has_whole_ids(text: str) -> bool:
    """False when a text may hold an id without dashes, which msgspec takes for one; it may be escaped too."""
    return "\\" not in text and _BARE_ID.search(text) is None


def _is_flat_with_whole_ids(text: str) -> bool:
    """The same for a message with a field of any form, which must not be nested too deeply either."""
    return is_surely_flat(text) and _has_whole_ids(text)


def _is_good(value: Any, field: _Field, *, needed: bool) -> bool:
    if value is None:
        return not needed
    if field.is_id:
        return parse_id(value) is not None
    try:
        msgspec.convert(value, field.type)
    except (msgspec.ValidationError, UnicodeEncodeError):
        return False
    return True


def _fields_of(message_type: type[SocketMessage]) -> dict[str, _Field]:
    hints = typing.get_type_hints(message_type, include_extras=True)
    return {
        field.name: _Field(
            type=field.type,
            required=field.required,
            problem=_problem_of(hints[field.name]),
            is_id=UUID in (hints[field.name], *typing.get_args(hints[field.name])),
        )
        for field in msgspec.structs.fields(message_type)
    }


def _problem_of(hint: Any) -> str:
    """What to say of a field that isn't of this type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _problem_of(next(each for each in arguments if each is not type(None)))
    if origin is Annotated:
        (meta,) = [each for each in arguments[1:] if isinstance(each, msgspec.Meta)]
        if meta.extra and "problem" in meta.extra:
            return str(meta.extra["problem"])
        if arguments[0] is int:
            return f"Must be a whole number, {meta.ge} or more."
        return f"Must be a number from {meta.ge:g} to {meta.le:g}."
    if origin is Literal:
        return f"Must be one of: {', '.join(arguments)}."
    return "Must be a UUID." if hint is UUID else "Is not valid."


def _alternatives(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))

"""What a context hands in of itself, and the descriptions of all contexts gathered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from marshmallow import Schema

from partyapp.openapi.operation import Operation
from partyapp.openapi.socket_message import SocketChannel, SocketMessage

K = TypeVar("K")
V = TypeVar("V")

#: Words for the parameters that lists of every context take.
_LIST_WORDS = {
    "limit": "How many items a page holds at most.",
    "cursor": "Where the page starts: `next_cursor` of the page before.",
}


@dataclass(frozen=True, kw_only=True)
class ContextDescription:
    """One context's part of the contract.

    `tags`: what each tag means, in the order in which a reader meets them. `words`: what the fields of its
    requests mean, by field name, or by `Schema.field` where the name alone means several things; the
    controllers' schemas check, and say nothing to a reader.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[SocketChannel, ...] = ()
    messages: tuple[SocketMessage, ...] = ()


class Description:
    """The contract, gathered. Raises ValueError when two contexts describe the same thing, or one misses."""

    def __init__(self, *contexts: ContextDescription) -> None:
        self.contexts = contexts
        self.tags = _gathered("tag", (each for context in contexts for each in context.tags.items()))
        self.operations = tuple(each for context in contexts for each in context.operations)
        self.messages = tuple(each for context in contexts for each in context.messages)
        self._operations = _gathered("operation", ((each.id, each) for each in self.operations))
        _gathered("address", (((each.path, each.method), each) for each in self.operations))
        channels = (each for context in contexts for each in context.channels)
        self.channels = _gathered("channel", ((each.name, each) for each in channels))
        self._messages = _gathered("message", (((each.channel, each.name), each) for each in self.messages))
        self._words = {
            schema: context.words
            for context in contexts
            for operation in context.operations
            for schema in (operation.body, operation.form, operation.query)
            if schema is not None
        }
        _must_be_known("tag", (each.tag for each in self.operations), self.tags)
        _must_be_known("channel", (each.channel for each in self.messages), self.channels)
        _must_be_known("operation", (each.operation_id for each in self.channels.values()), self._operations)

    def operation(self, operation_id: str) -> Operation:
        """The operation of this id. Raises KeyError where there is none."""
        return self._operations[operation_id]

    def message(self, name: object, channel: str = "party") -> SocketMessage:
        """The message with this `type`. Raises KeyError where there is none."""
        return self._messages[channel, str(name)]

    def words_of(self, schema: type[Schema], name: str) -> str | None:
        """What a request's field means."""
        words = {**_LIST_WORDS, **self._words.get(schema, {})}
        return words.get(f"{schema.__name__}.{name}", words.get(name))


def _gathered(what: str, pairs: Iterable[tuple[K, V]]) -> dict[K, V]:
    found: dict[K, V] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the {what} {key!r} is described twice")
        found[key] = value
    return found


def _must_be_known(what: str, names: Iterable[str], known: Mapping[str, object]) -> None:
    unknown = {name for name in names if name not in known}
    if unknown:
        raise ValueError(f"no such {what}: {sorted(unknown)}")

"""A WebSocket and its messages, as a context describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import Schema


class Sender(StrEnum):
    """Who sends a message."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, kw_only=True)
class SocketMessage:
    """A message of the socket `channel`, told from the others by its `type`, which is `name`.

    `payload`: its fields beside `type`, as a schema of ours or as JSON Schema. JSON Schema may hold `$defs`
    and a `type` property of its own, as msgspec writes them of a tagged Struct. `key` tells it from
    the one of the same name that the other side sends.
    """

    name: str
    sender: Sender
    summary: str
    payload: type[Schema] | Mapping[str, Any]
    about: str = ""
    channel: str = "party"
    key: str = ""

    @property
    def component(self) -> str:
        """What it is called in the document."""
        return self.key or self.name


@dataclass(frozen=True, kw_only=True)
class SocketChannel:
    """A WebSocket that the operation `operation_id` opens. `close_codes`: what each of ours means.
    `prepared_by`: the operations of REST without which nobody gets to open it, in their order.
    """

    name: str
    operation_id: str
    title: str
    about: str
    subprotocol: str
    close_codes: Mapping[int, str]
    prepared_by: tuple[str, ...] = ()

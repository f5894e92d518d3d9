"""Messages between processes: each is a msgspec Struct with a tag `type`, and has one handler in a process.

A context defines its messages and registers them where the process is composed, so that nothing here knows
what they are about. While a release is rolled out, processes of two versions are on one bus: a type that is
not registered here is a newer version's, and is counted and ignored; what has no type is the previous
version's (see `MessageRouter.register`).
"""

import logging
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any, TypeVar

import msgspec

from partyapp.shared.ops import metrics

log = logging.getLogger(__name__)

M = TypeVar("M", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


def encode(message: msgspec.Struct) -> bytes:
    """A message as it is published."""
    return _encoder.encode(message)


def untyped_tag(fields: Mapping[str, Any], tags: Mapping[str, str]) -> str | None:
    """The type of a message without one, by the key that it alone has; None when it has none of them.

    The version before types were introduced published such messages. With the release after this one nobody
    does, and this function goes together with `untyped_key`.
    """
    return next((tag for key, tag in tags.items() if key in fields), None)


def _unknown(payload: bytes) -> Any:
    """Decodes while nothing is registered."""
    raise msgspec.DecodeError("no type of message is registered")


class MessageRouter:
    """Decodes what comes in over the bus and calls the handler of its type.

    Messages that hold this process's own id as `process` are its own, and are dropped unread: with thousands
    of members the decoding alone would hold commands up.
    """

    def __init__(self, process_id: str) -> None:
        self._own_mark = f'"process":"{process_id}"'.encode()
        self._types: dict[str, type[msgspec.Struct]] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {}
        self._untyped: dict[str, str] = {}
        self._decode: Callable[[bytes], Any] = _unknown
        self._ignored: set[str] = set()
        self._on_subscribed: list[Callable[[str], None]] = []

    def register(
        self, message_type: type[M], handler: Callable[[M], None], *, untyped_key: str | None = None
    ) -> None:
        """Have `handler` called with each message of this type. Called in the event loop: it must not wait.

        `untyped_key` is a key that of all untyped messages this one alone has.
        """
        tag = message_type.__struct_config__.tag
        if not isinstance(tag, str) or tag in self._types:
            raise ValueError(f"{message_type.__name__} needs a tag of its own")
        self._types[tag] = message_type
        self._handlers[message_type] = handler
        if untyped_key is not None:
            self._untyped[untyped_key] = tag
        self._decode = msgspec.json.Decoder(reduce(or_, self._types.values())).decode

    def register_subscribed(self, handler: Callable[[str], None]) -> None:
        """Have `handler` called with each channel from whose subscription on messages come in."""
        self._on_subscribed.append(handler)

    def subscribed(self, channel: str) -> None:
        """A channel carries messages from now on; what was published before may be missing."""
        for handler in self._on_subscribed:
            handler(channel)

    def received(self, channel: str, payload: bytes) -> None:
        """Take what came in on a channel."""
        if self._own_mark in payload:
            return
        try:
            message = self._decode(payload)
        except msgspec.DecodeError:
            message = self._decode_other(payload)
            if message is None:
                return
        try:
            self._handlers[type(message)](message)
        except Exception:
            # A bug in one handler must not cost the process its subscription, and all rooms with it. What a
            # room missed by it comes with the tick.
            log.exception("a message of type %s was not taken in", type(message).__name__)

    def _decode_other(self, payload: bytes) -> Any:
        """A message without a type; None for one that nobody here understands."""
        try:
            fields = msgspec.json.decode(payload, type=dict[str, Any])
            tag = fields.setdefault("type", untyped_tag(fields, self._untyped))
            if tag in self._types:
                return msgspec.convert(fields, self._types[tag], str_keys=True)
        except msgspec.DecodeError:
            tag = None
        self._ignore(str(tag))
        return None

    def _ignore(self, tag: str) -> None:
        metrics.MESSAGES_IGNORED.inc()
        if tag not in self._ignored and len(self._ignored) < 100:
            self._ignored.add(tag)
            log.warning("messages of type %s are ignored: this process can't read them", tag)

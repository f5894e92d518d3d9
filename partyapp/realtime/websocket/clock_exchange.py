"""The clock exchange (SYNC §2): t2 first thing after the read, t3 last thing before the write.

The same four timestamps as NTP's (RFC 5905 §8). The answer is put together by hand, because every
microsecond between t3 and the write makes the member's downlink look longer than it is.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import text_frame
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import ValidationFailed

_TIME = {"problem": "Must be a time in ms."}

#: A member's clock may say anything, in ms, but not a number that JSON can't carry back: below 1e15.
Instant = Annotated[float, Meta(gt=-1e15, lt=1e15, extra=_TIME)]

#: The same for a stamp that goes back as it came: a whole number stays one.
Stamp = Annotated[int, Meta(gt=-(10**15), lt=10**15, extra=_TIME)] | Instant

#: What numbers an exchange.
ExchangeNumber = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class PreviousExchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The exchange before, complete: the member's stamps `t1` and `t4`, ours `t2` and `t3`, in ms."""

    n: ExchangeNumber
    t1: Instant
    t2: Instant
    t3: Instant
    t4: Instant


def read_previous(value: Any) -> PreviousExchange | None:
    """A ping's `prev`. Raises `ValidationFailed`."""
    if value is None:
        return None
    try:
        return msgspec.convert(value, PreviousExchange)
    except (msgspec.ValidationError, UnicodeEncodeError):
        whole = isinstance(value, dict) and value.keys() == set(PreviousExchange.__struct_fields__)
        why = "Must hold a number and four times in ms." if whole else "Must hold n, t1, t2, t3 and t4."
        raise ValidationFailed(errors={"prev": [why]}) from None


def answer_ping(connection: Connection, clock: PartyClock, number: int, t1: float, t2: float) -> float:
    """Send the pong; returns t3."""
    head = (
        f'{{"type":"pong","n":{number},"t1":{t1!r},"t2":{t2:.4f},"clock_epoch":"{clock.epoch}",'
        f'"root_bound_ms":{clock.root_bound_ms:.4f},"t3":'
    )
    t3 = clock.now_ms()
    connection.send(text_frame(f"{head}{t3:.4f}}}".encode()), Priority.ANSWER)
    return t3

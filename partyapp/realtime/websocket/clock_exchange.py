"""The clock exchange (SYNC §2): t2 first thing after the read, t3 last thing before the write.

The same four timestamps as NTP's (RFC 5905 §8). The answer is put together by hand, because every
microsecond between t3 and the write makes the member's downlink look longer than it is.
"""

from typing import Any

from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import text_frame
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.shared.kernel.clock import PartyClock

#: A member's clock may say anything, but not a number that JSON can't carry back.
_LARGEST = 1e15


def is_instant(value: Any) -> bool:
    """Whether `value` can be a time in ms."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        # Neither NaN nor infinity is smaller than anything; isfinite() fails on a whole number of 400 digits.
        and abs(value) < _LARGEST
    )


def is_exchange_number(value: Any) -> bool:
    """Whether `value` can number an exchange."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def answer_ping(connection: Connection, clock: PartyClock, number: int, t1: float, t2: float) -> float:
    """Send the pong; returns t3."""
    head = (
        f'{{"type":"pong","n":{number},"t1":{t1!r},"t2":{t2:.4f},"clock_epoch":"{clock.epoch}",'
        f'"root_bound_ms":{clock.root_bound_ms:.4f},"t3":'
    )
    t3 = clock.now_ms()
    connection.send(text_frame(f"{head}{t3:.4f}}}".encode()), Priority.ANSWER)
    return t3

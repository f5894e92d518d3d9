"""The two `State` messages of Syncplay's protocol, as records: what the client tells and what it is told.

Positions are seconds into the film, instants ms of party time. On the wire instants are seconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: A position (s) or an instant (s) beyond this is none.
_MOST_S = 1e12
#: A count of changes beyond this is none; clients count from 1 and start again at each connection.
_MOST_COUNT = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """A State that came in.

    `received_ms` is t4, our party time when it was read. `sent_ms` is t1, our party time of the State that
    it answers (it gives `latencyCalculation` back); None if it answers none. `client_ms` is tc, the client's
    wall clock. `paused` is None where the client doesn't say or says no boolean: then it doesn't know.
    `seeks` is its doSeek. `server_count` and `client_count` are those of `ignoringOnTheFly`.
    """

    received_ms: float
    sent_ms: float | None = None
    client_ms: float | None = None
    position_s: float | None = None
    paused: bool | None = None
    seeks: bool = False
    server_count: int | None = None
    client_count: int | None = None

    @classmethod
    def of_message(cls, body: Mapping[str, Any], received_ms: float) -> "ClientState":
        """The State of `{"State": body}` that was read at `received_ms`.

        Never raises: whatever is missing or of another kind than it should be is as if it were not said.
        """
        playstate, ping = _object(body, "playstate"), _object(body, "ping")
        counts = _object(body, "ignoringOnTheFly")
        paused = playstate.get("paused")
        sent_s, client_s = _number(ping, "latencyCalculation"), _number(ping, "clientLatencyCalculation")
        return cls(
            received_ms=received_ms,
            sent_ms=None if sent_s is None else sent_s * 1000.0,
            client_ms=None if client_s is None else client_s * 1000.0,
            position_s=_number(playstate, "position"),
            paused=paused if isinstance(paused, bool) else None,
            seeks=playstate.get("doSeek") is True,
            server_count=_count(counts, "server"),
            client_count=_count(counts, "client"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """A State to be sent at once. `sent_ms` is the party time for which it was made: t1.

    `set_by` is the name that the client shows, and None for nobody: with its own it neither seeks nor slows
    down. `server_count` is there if the State must be confirmed, `client_count` confirms the client's own
    change.
    """

    sent_ms: float
    position_s: float
    paused: bool
    seeks: bool = False
    set_by: str | None = None
    server_count: int | None = None
    client_count: int | None = None

    def message(self) -> dict[str, Any]:
        """The JSON object of the line, `{"State": …}`.

        Without `clientLatencyCalculation`, since with it the client would add its own guess of the delay.
        """
        counts = {"server": self.server_count, "client": self.client_count}
        counts = {side: count for side, count in counts.items() if count is not None}
        playstate = {
            "position": self.position_s,
            "paused": self.paused,
            "doSeek": self.seeks,
            "setBy": self.set_by,
        }
        body: dict[str, Any] = {
            "playstate": playstate,
            "ping": {"latencyCalculation": self.sent_ms / 1000.0},
        }
        return {"State": body | ({"ignoringOnTheFly": counts} if counts else {})}


class MemberAction(StrEnum):
    """What a member can do with its player that is meant for the party."""

    PLAY = "play"
    PAUSE = "pause"
    SEEK = "seek"


@dataclass(frozen=True, slots=True)
class MemberCommand:
    """A command that the member's user gave: for play and pause `position_s` is where the player stands."""

    action: MemberAction
    position_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReading:
    """How a member is, for presence.

    `error_s` is how far its picture is ahead of the party's (s, negative: behind), None while unknown (no
    file, a seek under way, no sample of the last seconds). `bound_ms` is how wrong that may be: 20 ms of the
    player's position and the proven bound of the clock; None while there is no proof. `paused` is what the
    player last said, `position_s` where it stood at `sampled_ms` of party time. `buffering`: it fell back by
    more than 2 s without a command, and has not caught up. `settled`: no correction is under way.
    `round_trip_ms` is that of the last exchange, with the time the client took.
    """

    error_s: float | None
    bound_ms: float | None
    paused: bool | None
    position_s: float | None
    sampled_ms: float | None
    buffering: bool
    settled: bool
    round_trip_ms: float | None


def _object(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _number(body: Mapping[str, Any], key: str) -> float | None:
    found = body.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    # A comparison first: a huge integer can't become a float.
    if not -_MOST_S <= found <= _MOST_S or not math.isfinite(found):
        return None
    return float(found)


def _count(body: Mapping[str, Any], key: str) -> int | None:
    found = body.get(key)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < _MOST_COUNT:
        return None
    return found

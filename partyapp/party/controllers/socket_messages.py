"""What a member may send: `ping`, `status`, `command` and `renew`, as docs/protocol.md has them."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from partyapp.party.controllers.schemas import MAX_POSITION_S, MAX_REVISION
from partyapp.party.domain.playback import MAX_RATE, MIN_RATE
from partyapp.realtime.websocket.clock_exchange import ExchangeNumber, Instant, Stamp
from partyapp.realtime.websocket.socket_messages import SocketMessage
from partyapp.transcode.contract import MAX_DURATION_S, MIN_DURATION_S

#: Whoever knows no better knows nothing, in ms.
MAX_BOUND_MS = 60_000

PositionS = Annotated[float, Meta(ge=0, le=MAX_POSITION_S)]
DurationS = Annotated[float, Meta(ge=MIN_DURATION_S, le=MAX_DURATION_S)]
BoundMs = Annotated[float, Meta(ge=0, le=MAX_BOUND_MS)]
Rate = Annotated[float, Meta(ge=MIN_RATE, le=MAX_RATE)]
YesOrNo = Annotated[bool, Meta(extra={"problem": "Must be true or false."})]
Revision = Annotated[int, Meta(ge=0, le=MAX_REVISION)]

State = Literal["playing", "paused", "buffering", "ready"]
Action = Literal["play", "pause", "seek", "transfer_host", "leave", "end"]

#: The fields of a command that an action can't do without.
_NEEDED = {"seek": "position_s", "transfer_host": "user_id"}


#: A token, of at most what one may have.
Token = Annotated[
    str, Meta(min_length=1, max_length=8192, extra={"problem": "Must be 1 to 8192 characters long."})
]


class Ping(SocketMessage, frozen=True, tag="ping"):
    """A clock exchange: its number and the member's own stamp.

    `prev` is the exchange before, for `read_previous`: whatever is wrong with it, the pong comes first.
    """

    n: ExchangeNumber
    t1: Stamp
    prev: Any = None


class Status(SocketMessage, frozen=True, tag="status"):
    """Where the member's player is: at `position_s`, sampled at party time `sampled_at_ms`.

    `bound_ms` is how far off that may be beside the member's clock: a position read through another program.
    `duration_s` is the film's length by that player, where it is another one than the party's. With
    `video_id` it counts for that film alone.
    """

    position_s: PositionS
    state: State
    revision: Revision
    sampled_at_ms: Instant
    duration_s: DurationS | None = None
    video_id: UUID | None = None
    bound_ms: BoundMs | None = None


class Command(SocketMessage, frozen=True, tag="command"):
    """A command. `position_s` is there for seek, `user_id` for transfer_host, `when_ready` for a play."""

    id: UUID
    action: Action
    position_s: PositionS | None = None
    rate: Rate | None = None
    user_id: UUID | None = None
    expected_revision: Revision | None = None
    when_ready: YesOrNo | None = None

    def __post_init__(self) -> None:
        if (self.position_s is None and self.action == "seek") or (
            self.user_id is None and self.action == "transfer_host"
        ):
            raise ValueError(_NEEDED[self.action])

    @classmethod
    def needed_by(cls, fields: Mapping[str, Any]) -> Collection[str]:
        needed = _NEEDED.get(str(fields.get("action")))
        return () if needed is None else (needed,)


class Renew(SocketMessage, frozen=True, tag="renew"):
    """A fresh token of the same person, for a socket that shall outlive the one it was opened with."""

    access_token: Token

"""How a change of the party's playback is put to a client, which does what it is told at once.

A Syncplay State carries no instant, so each is held back by what it takes: its way, and for a seek the time
that the player takes to land. Rather early than late at a start: ahead can be taken back, behind can't.
"""

from dataclasses import dataclass
from enum import Enum

from partyapp.gateways.syncplay.followed_playback import SAME_PLACE_S, FollowedPlayback, moves
from partyapp.party.domain.playback import PlaybackState

#: A start is ordered earlier by this (ms) than its way asks for.
START_EARLY_MS = 30.0


class OrderKind(Enum):
    """What a change of the playback asks of a member."""

    KEEP = "keep"
    START = "start"
    SEEK = "seek"
    PAUSE = "pause"
    PAUSED_SEEK = "paused_seek"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Order:
    """A change to be put to the member at `due_ms` of party time."""

    playback: PlaybackState
    kind: OrderKind
    due_ms: float


def order_of(
    playback: PlaybackState, followed: FollowedPlayback, *, paused: bool, delay_ms: float, aim_s: float
) -> Order:
    """What it asks of a member who was last told `paused` or not.

    `delay_ms` is what a State takes to the player, `aim_s` how far ahead (s) a seek is told to go.
    """
    jumps = followed.jump_s(playback) > SAME_PLACE_S
    if not moves(playback):
        standing = OrderKind.KEEP if paused else OrderKind.PAUSE
        return Order(playback, OrderKind.PAUSED_SEEK if jumps else standing, playback.at_ms - delay_ms)
    if jumps:
        return Order(playback, OrderKind.SEEK, playback.at_ms - delay_ms - aim_s * 1000.0)
    if paused:
        # It stands at the beginning of its frame, and has so much further to go.
        short_ms = max(0.0, playback.position_s - followed.standing_s(playback.position_s)) * 1000.0
        return Order(playback, OrderKind.START, playback.at_ms - delay_ms - START_EARLY_MS - short_ms)
    return Order(playback, OrderKind.KEEP, playback.at_ms - delay_ms)


def next_order(
    followed: FollowedPlayback, now_ms: float, *, paused: bool, delay_ms: float, aim_s: float
) -> Order | None:
    """The order that is due, or else the first to be; None where the member was told all.

    Of several that are due it is the last: what that takes the place of needs no telling.
    """
    orders = [
        order_of(one, followed, paused=paused, delay_ms=delay_ms, aim_s=aim_s) for one in followed.untold()
    ]
    due = [one for one in orders if one.due_ms <= now_ms]
    return due[-1] if due else min(orders, key=lambda one: one.due_ms, default=None)

"""What is known of one connection's member, shared by what reads its States and what writes ours."""

import math
from dataclasses import dataclass, field

from partyapp.gateways.syncplay.client_commands import ClientCommands
from partyapp.gateways.syncplay.corrections import Corrections
from partyapp.gateways.syncplay.followed_playback import FollowedPlayback
from partyapp.gateways.syncplay.member_clock import MemberClock
from partyapp.gateways.syncplay.orders import Order, OrderKind, next_order
from partyapp.gateways.syncplay.player_watch import PlayerWatch
from partyapp.gateways.syncplay.slow_down import SlowDown
from partyapp.gateways.syncplay.state_schedule import StateSchedule

#: A change is waited for to be confirmed for so long, in ms.
CONFIRMED_WITHIN_MS = 5000.0


@dataclass(slots=True)
class SteeredMember:
    """Instants in ms of party time. `own_name` and `party_name` as in `MemberSteering`."""

    own_name: str
    party_name: str | None
    playback: FollowedPlayback = field(default_factory=FollowedPlayback)
    clock: MemberClock = field(default_factory=MemberClock)
    commands: ClientCommands = field(default_factory=ClientCommands)
    corrections: Corrections = field(default_factory=Corrections)
    player: PlayerWatch = field(default_factory=PlayerWatch)
    schedule: StateSchedule = field(default_factory=StateSchedule)
    slow: SlowDown | None = None
    #: What it was told last.
    told_paused: bool = True
    #: The client's change that is to be confirmed; our own last, and when it went out if it isn't confirmed.
    client_count: int | None = None
    server_count: int = 0
    unconfirmed_ms: float | None = None
    #: The change that was confirmed last, the last that was a seek, and the last that paused or unpaused.
    confirmed_count: int = 0
    seek_count: int = 0
    pause_count: int = 0
    #: When it is to be put in step by a seek: after opening a file, a refusal, a claim that nobody meant.
    in_step_ms: float | None = None
    #: When a paused picture is to be put right.
    exact_ms: float | None = None
    last_exact_ms: float = -math.inf
    #: When it was told too little, to find out whether its client tells what it was told.
    probe_ms: float | None = None
    #: Whether the player came to its file's end and stands there.
    ended: bool = False
    #: Whether a sample came in that was not judged yet.
    is_news: bool = False
    #: How often the member was made to seek, and to play slower, by way of correction.
    seeks: int = 0
    slow_downs: int = 0

    def next_order(self, now_ms: float) -> Order | None:
        """What the member is to be told of the party's playback next; None where it was told all."""
        order = next_order(
            self.playback,
            now_ms,
            paused=self.told_paused,
            delay_ms=self.clock.delay_ms,
            aim_s=self.corrections.aim_s,
        )
        if order is None or self.playback.by(order.playback) != self.own_name:
            return order
        # Its player has done it already.
        return Order(order.playback, OrderKind.OWN, -math.inf)

    def arrival_ms(self, now_ms: float) -> float:
        """When its client acts on what is sent now."""
        return now_ms + self.clock.delay_ms

    def changes(self, now_ms: float, *, seeks: bool, paused: bool) -> None:
        """A change that is to be confirmed goes out."""
        self.server_count += 1
        self.unconfirmed_ms = now_ms
        if seeks:
            self.seek_count = self.server_count
        if paused is not self.told_paused:
            self.pause_count = self.server_count

    def confirmed(self, count: int | None) -> None:
        """The client knows of the change of this number, and so of those before it."""
        if count is not None and count <= self.server_count:
            self.confirmed_count = max(self.confirmed_count, count)
            if count == self.server_count:
                self.unconfirmed_ms = None

    def is_behind_our_change(self, now_ms: float) -> bool:
        """Whether what it says now was said before it knew of our last change."""
        return self.unconfirmed_ms is not None and now_ms - self.unconfirmed_ms < CONFIRMED_WITHIN_MS

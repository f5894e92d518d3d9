"""Which State a member is sent now: a change of the playback, a correction, or the same again."""

from partyapp.gateways.syncplay.corrections import Correction
from partyapp.gateways.syncplay.followed_playback import moves
from partyapp.gateways.syncplay.orders import Order, OrderKind
from partyapp.gateways.syncplay.player_watch import PROBE_S
from partyapp.gateways.syncplay.position_samples import FEWEST
from partyapp.gateways.syncplay.slow_down import SAID_AHEAD_S, SlowDown
from partyapp.gateways.syncplay.states import ServerState
from partyapp.gateways.syncplay.steered_member import SteeredMember

#: What a client reports is not where its player is for so long after it was told this, in ms.
AFTER_SEEK_MS = 700.0
AFTER_START_MS = 400.0
AFTER_SLOW_DOWN_MS = 1000.0

#: Right after a seek the error is judged by so many samples.
FRESH_SAMPLES = 7

#: A pause stops the picture some frames late; so long after it (ms) a seek puts it right.
EXACT_AFTER_PAUSE_MS = 400.0

#: A paused picture that far off (s) is put right again, but not more often than this (ms).
PAUSED_BAND_S = 0.06
PAUSED_AGAIN_MS = 10_000.0


class OutgoingStates:
    """Writes the States of one member. All instants in ms of party time."""

    def __init__(self, member: SteeredMember) -> None:
        self._member = member

    def due(self, now_ms: float) -> ServerState | None:
        """The State that is due, None if none is."""
        member = self._member
        order = member.next_order(now_ms)
        if order is not None and order.due_ms <= now_ms:
            return self._carry_out(order, now_ms)
        if member.in_step_ms is not None and member.in_step_ms <= now_ms:
            return self._put_in_step(now_ms)
        if member.exact_ms is not None and member.exact_ms <= now_ms:
            return self._pause_exactly(now_ms)
        if member.slow is not None and member.slow.until_ms <= now_ms:
            return self._end_slow_down(now_ms)
        correction = self._correct(now_ms)
        if correction is not None:
            return correction
        if member.client_count is not None or member.schedule.due_ms <= now_ms:
            return self._repeat(now_ms)
        return None

    # Changes.

    def _carry_out(self, order: Order, now_ms: float) -> ServerState:
        """Put a change of the party's playback to the member."""
        member, playback = self._member, order.playback
        was_paused = member.told_paused
        begins_ms = max(playback.at_ms, member.arrival_ms(now_ms))
        member.playback.told = playback
        member.slow, member.ended = None, False
        stops = not moves(playback) and not was_paused
        member.exact_ms = begins_ms + EXACT_AFTER_PAUSE_MS if stops else None
        seeks = order.kind in (OrderKind.SEEK, OrderKind.PAUSED_SEEK)
        if seeks:
            member.commands.seek_told(now_ms)
        aims = order.kind is OrderKind.SEEK
        member.corrections.moved(now_ms, sought=aims)
        self._settle(begins_ms, AFTER_SEEK_MS if seeks else AFTER_START_MS)
        state = self._state(
            now_ms,
            self._aimed_s(now_ms) if aims else self._position_s(member.arrival_ms(now_ms)),
            paused=not moves(playback),
            seeks=seeks,
            set_by=member.own_name if order.kind is OrderKind.OWN else self._other_name(),
            changes=True,
        )
        if order.kind is OrderKind.START:
            member.schedule.silent_until(playback.at_ms)
        return state

    def _put_in_step(self, now_ms: float) -> ServerState:
        """A seek to where the party is, whatever the member's player does."""
        member = self._member
        # The seek that puts it in step after opening a file still comes, at its time.
        member.in_step_ms = member.commands.ready_ms if member.commands.is_opening(now_ms) else None
        member.slow, member.ended = None, False
        member.corrections.moved(now_ms, sought=self._plays())
        return self._seek(now_ms)

    def _seek(self, now_ms: float) -> ServerState:
        member, plays = self._member, self._plays()
        arrival_ms = member.arrival_ms(now_ms)
        member.commands.seek_told(now_ms)
        self._settle(arrival_ms, AFTER_SEEK_MS)
        position_s = self._aimed_s(now_ms) if plays else self._position_s(arrival_ms)
        return self._state(now_ms, position_s, paused=not plays, seeks=True, changes=True)

    def _pause_exactly(self, now_ms: float) -> ServerState:
        self._member.exact_ms = None
        self._member.last_exact_ms = now_ms
        return self._seek(now_ms)

    # Corrections.

    def _correct(self, now_ms: float) -> ServerState | None:
        member = self._member
        is_news, member.is_news = member.is_news, False
        if not is_news or member.slow is not None or member.ended or member.player.echoes:
            return None
        if not self._plays():
            return self._correct_paused(now_ms)
        if member.player.buffering and not member.player.moving:
            return None
        corrections = member.corrections
        error_s = member.player.samples.error_s(FEWEST if corrections.settled else FRESH_SAMPLES)
        if error_s is None:
            return None
        told = member.playback.told
        followable = told is None or told.rate == 1.0
        correction = corrections.decide(error_s, now_ms, followable=followable)
        if correction is Correction.SEEK:
            member.seeks += 1
            return self._seek(now_ms)
        return self._begin_slow_down(error_s, now_ms) if correction is Correction.SLOW else None

    def _correct_paused(self, now_ms: float) -> ServerState | None:
        member = self._member
        error_s = member.player.paused_error_s
        if error_s is None or abs(error_s) <= PAUSED_BAND_S or member.exact_ms is not None:
            return None
        if now_ms - member.last_exact_ms < PAUSED_AGAIN_MS:
            return None
        member.seeks += 1
        return self._pause_exactly(now_ms)

    def _begin_slow_down(self, error_s: float, now_ms: float) -> ServerState:
        member = self._member
        member.slow_downs += 1
        member.slow = SlowDown.of(error_s, now_ms)
        member.player.samples.clear()
        return self._repeat(now_ms)

    def _end_slow_down(self, now_ms: float) -> ServerState:
        member = self._member
        member.slow = None
        arrival_ms = member.arrival_ms(now_ms)
        self._settle(arrival_ms, AFTER_SLOW_DOWN_MS)
        return self._state(now_ms, self._position_s(arrival_ms) + SAID_AHEAD_S, paused=False)

    # The same again.

    def _repeat(self, now_ms: float) -> ServerState:
        member = self._member
        if member.ended and member.player.position_s is not None:
            return self._state(now_ms, member.player.position_s, paused=True)
        position_s = self._position_s(member.arrival_ms(now_ms))
        if member.slow is not None:
            position_s += member.slow.offset_s
        elif member.corrections.settled and self._plays() and not member.player.is_known:
            member.probe_ms = now_ms
            position_s -= PROBE_S
        return self._state(now_ms, position_s, paused=not self._plays())

    def _state(
        self,
        now_ms: float,
        position_s: float,
        *,
        paused: bool,
        seeks: bool = False,
        set_by: str | None = None,
        changes: bool = False,
    ) -> ServerState:
        member = self._member
        confirmed, member.client_count = member.client_count, None
        if changes:
            member.changes(now_ms, seeks=seeks, paused=paused)
        member.told_paused = paused
        member.clock.sent(now_ms)
        member.schedule.told(now_ms, settled=member.corrections.settled)
        return ServerState(
            sent_ms=now_ms,
            position_s=max(0.0, position_s),
            paused=paused,
            seeks=seeks,
            set_by=set_by or self._other_name(),
            server_count=member.server_count if changes else None,
            client_count=confirmed,
        )

    def _settle(self, from_ms: float, trusted_after_ms: float) -> None:
        """The member moves from that instant on, and what it reports counts so many ms after it."""
        self._member.player.distrust_until(from_ms + trusted_after_ms)
        self._member.schedule.moved(from_ms)

    def _plays(self) -> bool:
        """Whether the member was told to play, or is to be."""
        told = self._member.playback.told
        return told is not None and moves(told)

    def _position_s(self, at_ms: float) -> float:
        """Where the member is to be then."""
        told, known = self._member.playback.told, self._member.playback
        if told is None:
            return known.position_s(at_ms)
        position_s = told.position_at(at_ms, known.duration_s)
        return position_s if moves(told) else known.standing_s(position_s)

    def _aimed_s(self, now_ms: float) -> float:
        """Where a seek that is sent now has to go so that the player is there in time."""
        return self._position_s(self._member.arrival_ms(now_ms)) + self._member.corrections.aim_s

    def _other_name(self) -> str | None:
        """Whom the member is told to be in step with: never itself, or its client would do nothing."""
        member = self._member
        by = None if member.playback.told is None else member.playback.by(member.playback.told)
        return by if by is not None and by != member.own_name else member.party_name

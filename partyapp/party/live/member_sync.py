"""What is known of a member by one socket: clock, delays, and how far off the playback is."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from partyapp.party.domain.playback import drift_ms
from partyapp.party.domain.readiness import NEAR_S
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.domain.timeline import PlaybackTimeline
from partyapp.party.infrastructure.playback.clock_estimator import ClockEstimator
from partyapp.party.infrastructure.playback.lead_time import DelayHistogram
from partyapp.party.live.pace import OFTEN_MS, Pace, PaceBudget, PaceRule

#: SYNC §6: the room's limit for hearing each other's sound, in ms.
LIMIT_MS = 80.0
UNKNOWN_BOUND_MS = 500.0
#: A member who was not heard for so much longer than it was asked to ping, in ms, is silent.
SILENT_MS = 2000.0
OUT_AFTER_MS = 2000.0
BACK_AFTER_MS = 1000.0

#: A browser's timer may step by this much, in ms. Its real step isn't known, and too fine a guess would look
#: like steps of the clock.
COARSE_TIMER_MS = 1.0

#: The fit is most of what an exchange costs, and here only a guess at what the member itself has found; it
#: sees the clock by each exchange. In ms.
REFIT_EVERY_MS = 16_000.0

#: Of a member who pings seldom every so manieth exchange is remembered; all of them cut the bound.
REMEMBERED = 3

#: What the latest exchange weighs in the round trip that is shown (RFC 6298 §2.3).
RTT_WEIGHT = 1 / 8

#: What a player reports that has nothing to show.
BUFFERING = "buffering"

#: A change smaller than this, in ms, is not published at once.
WORTH_PUBLISHING_MS = 10.0


#: PROTOCOL's `sync` of a member; None before anything is known.
MemberSync = dict[str, Any] | None


class MemberSyncState:
    """The latest of one socket. All instants in ms of party time unless said otherwise."""

    __slots__ = (
        "_back_since_ms", "_judged_ms", "_out", "_out_since_ms", "bound_ms", "delays", "drift_ms",
        "_duration", "_exchanges", "_loaded", "estimator", "active_ms", "loads_since_ms", "pace_rule",
        "player_bound_ms", "ready_for_ms", "rtt_ms", "state", "client",
    )  # fmt: skip

    def __init__(self, client: str | None = None, budget: PaceBudget | None = None) -> None:
        #: What the member watches by, where that is no page.
        self.client = client
        #: How far off what is told of the player may be beside the clock, in ms.
        self.player_bound_ms = 0.0
        self.estimator: ClockEstimator | None = None
        self._exchanges = 0
        self.delays = DelayHistogram()
        self.bound_ms: float | None = None
        self.rtt_ms: float | None = None
        self.drift_ms: float | None = None
        #: A film and its length in s by this player, if that is another one than the party's.
        self._duration: tuple[UUID, float] | None = None
        self.state: str | None = None
        #: Since when the player loads, None when it doesn't; and the `at_ms` of the playback that it is
        #: ready for. Those of one playback stay when only those change for whom it is held.
        self.loads_since_ms: float | None = None
        #: Which film it loads: of another one it begins anew.
        self._loaded: UUID | None = None
        self.ready_for_ms: float | None = None
        self.active_ms = 0.0
        self.pace_rule = PaceRule(budget)
        self._out = False
        self._out_since_ms: float | None = None
        self._back_since_ms: float | None = None
        self._judged_ms = 0.0

    def tell_duration(self, duration_s: float | None, video_id: UUID) -> None:
        """The player tells this length (s) of a film; None: that which is known."""
        self._duration = None if duration_s is None else (video_id, duration_s)

    def duration_of(self, video_id: UUID) -> float | None:
        """The length (s) that the player tells of this film, if it tells any."""
        if self._duration is None or self._duration[0] != video_id:
            return None
        return self._duration[1]

    def exchange(self, t1: float, t2: float, t3: float, t4: float, root_bound_ms: float) -> None:
        """Use a complete clock exchange; an impossible one is ignored."""
        if self.estimator is None:
            self.estimator = ClockEstimator(COARSE_TIMER_MS, refit_every_ms=REFIT_EVERY_MS)
        self._exchanges += 1
        # Who is asked to ping seldom is known well, or one of thousands.
        remember = self.pace_rule.pace.ping_ms == OFTEN_MS or self._exchanges % REMEMBERED == 0
        if not self.estimator.observe(t1, t2, t3, t4, remember=remember):
            return
        estimate = self.estimator.estimate(t4)
        self.bound_ms = estimate.bound_ms + root_bound_ms
        took_ms = max(0.0, (t4 - t1) - (t3 - t2))
        # A single exchange that waited somewhere is no news for everybody.
        self.rtt_ms = took_ms if self.rtt_ms is None else self.rtt_ms + RTT_WEIGHT * (took_ms - self.rtt_ms)
        self.delays.add(t4 + estimate.offset_ms - t3)

    def status(
        self,
        position_s: float,
        state: str,
        sampled_ms: float,
        timeline: PlaybackTimeline,
        duration_s: float | None,
    ) -> None:
        """Use a status: where the member's player was at `sampled_ms`, when this process may not know what
        was in force."""
        self.state = state
        playback = timeline.in_force_at(sampled_ms)
        if playback is None:
            return
        target_s = playback.position_at(sampled_ms, duration_s)
        self.drift_ms = drift_ms(position_s, target_s)

    def follow(
        self, party: SyncedPartySessionState, position_s: float, state: str, target_s: float, now_ms: float
    ) -> bool:
        """Take in whether the player loads, or is near the target of the playback; whether that is news."""
        before = (self.loads_since_ms, self.ready_for_ms)
        if state == BUFFERING:
            if self.loads_since_ms is None or self._loaded != party.video.id:
                self.loads_since_ms, self._loaded = now_ms, party.video.id
            self.ready_for_ms = None
        else:
            self.loads_since_ms = None
            self.ready_for_ms = party.playback.at_ms if abs(position_s - target_s) <= NEAR_S else None
        return before != (self.loads_since_ms, self.ready_for_ms)

    def is_silent(self, now_ms: float) -> bool:
        """Whether the member was not heard for longer than a lost message explains."""
        return now_ms - self.active_ms > SILENT_MS + self.pace_rule.pace.ping_ms

    def next_pace(self, now_ms: float) -> Pace | None:
        """The pace after a status, if it is another one: seldom for who plays or rests in sync."""
        in_sync = self.state != BUFFERING and self.verdict(now_ms) == "in_sync"
        return self.pace_rule.note(in_sync, self.bound_ms, now_ms)

    def sync(self, now_ms: float) -> MemberSync:
        """PROTOCOL's `sync` of a member; None before anything is known."""
        if self.bound_ms is None and self.drift_ms is None:
            return None
        bound_ms = self._whole_bound_ms()
        sync = {
            "offset_bound_ms": None if bound_ms is None else round(bound_ms, 2),
            "drift_ms": None if self.drift_ms is None else round(self.drift_ms, 1),
            "rtt_ms": None if self.rtt_ms is None else round(self.rtt_ms, 1),
            "state": self.state,
            "verdict": self.verdict(now_ms),
        }
        return sync if self.client is None else {**sync, "client": self.client}

    def is_news_beside(self, old: MemberSync, now_ms: float, *, to_many: bool = False) -> bool:
        """`worth_publishing(old, self.sync(now_ms))`, without making the latter: asked with each message."""
        if self.bound_ms is None and self.drift_ms is None:
            return old is not None
        verdict, bound_ms = self.verdict(now_ms), self._whole_bound_ms()
        return old is None or _is_news(
            old, verdict, self.state, self.drift_ms, bound_ms, self.rtt_ms, to_many=to_many
        )

    def _whole_bound_ms(self) -> float | None:
        return None if self.bound_ms is None else self.bound_ms + self.player_bound_ms

    def verdict(self, now_ms: float) -> str:
        """SYNC §6: proven, likely, out, or unknown."""
        bound, drift = self._whole_bound_ms(), self.drift_ms
        if bound is None or drift is None or bound > UNKNOWN_BOUND_MS or self.is_silent(now_ms):
            self._out_since_ms = self._back_since_ms = None
            return "unknown"
        if now_ms - self._judged_ms > SILENT_MS + self.pace_rule.pace.ping_ms:
            # Nobody asked meanwhile: what was seen before a silence doesn't count towards a span.
            self._out_since_ms = self._back_since_ms = None
        self._judged_ms = now_ms
        self._update_hysteresis(abs(drift), bound, now_ms)
        if self._out:
            return "out_of_sync"
        return "in_sync" if abs(drift) + bound <= LIMIT_MS else "likely"

    def turns(self, told: str, now_ms: float) -> bool:
        """Whether the verdict that others were told has become another one by time alone."""
        if self.is_silent(now_ms):
            return told != "unknown"
        return (self._out or self._out_since_ms is not None) and self.verdict(now_ms) != told

    def _update_hysteresis(self, off_ms: float, bound_ms: float, now_ms: float) -> None:
        """Out after `OUT_AFTER_MS` beyond the limit, and back after `BACK_AFTER_MS` within half of it."""
        if off_ms - bound_ms > LIMIT_MS:
            self._out_since_ms = self._out_since_ms or now_ms
            self._out = self._out or now_ms - self._out_since_ms >= OUT_AFTER_MS
        else:
            self._out_since_ms = None
        if off_ms < LIMIT_MS / 2:
            self._back_since_ms = self._back_since_ms or now_ms
            if now_ms - self._back_since_ms >= BACK_AFTER_MS:
                self._out = False
        else:
            self._back_since_ms = None


def worth_publishing(old: MemberSync, new: MemberSync, *, to_many: bool = False) -> bool:
    """Whether a member's `sync` changed in a way that others want to see at once.

    `to_many`: by its verdict, its state, or where a viewer sees the difference (`LIMIT_MS`); not by how well
    its clock is known. In a large room each such message goes to everybody, which makes round trips longer
    and clocks less certain, which would be told again.
    """
    if old is None or new is None:
        return old is not new
    return _is_news(
        old,
        new["verdict"],
        new["state"],
        new["drift_ms"],
        new["offset_bound_ms"],
        new["rtt_ms"],
        to_many=to_many,
    )


def _is_news(
    old: dict[str, Any],
    verdict: str,
    state: str | None,
    drift_ms: float | None,
    bound_ms: float | None,
    rtt_ms: float | None,
    *,
    to_many: bool,
) -> bool:
    """The rule behind both; the values are those of a `sync`, which need not be rounded."""
    if old["verdict"] != verdict or old["state"] != state:
        return True
    if to_many:
        return _differs(old["drift_ms"], drift_ms, LIMIT_MS)
    return (
        _differs(old["drift_ms"], drift_ms)
        or _differs(old["offset_bound_ms"], bound_ms)
        or _differs(old["rtt_ms"], rtt_ms)
    )


def _differs(old_ms: float | None, new_ms: float | None, by_ms: float = WORTH_PUBLISHING_MS) -> bool:
    return abs((old_ms or 0.0) - (new_ms or 0.0)) > by_ms


def worst(syncs: list[MemberSync]) -> MemberSync:
    """Of several devices of one member, the one furthest off."""
    if len(syncs) == 1:
        return syncs[0]
    known = [sync for sync in syncs if sync is not None]
    return max(known, key=lambda sync: abs(sync["drift_ms"] or 0.0), default=None)


def durations_of(players: Iterable[tuple[UUID, MemberSyncState]], video_id: UUID) -> dict[UUID, float]:
    """The lengths in s that these users' players tell of a film."""
    told = ((user_id, sync.duration_of(video_id)) for user_id, sync in players)
    return {user_id: duration_s for user_id, duration_s in told if duration_s}

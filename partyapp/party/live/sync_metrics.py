"""How well this process's members are in sync, for Prometheus: counted every few seconds."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import Gauge

from partyapp.party.live.crowd import LETTERS
from partyapp.party.live.room_state import RoomState, looked_at
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.ops import metrics

#: So often is counted, in s.
EVERY_S = 5.0
#: Upper ends of what is counted together, in ms; the room's limit of 80 ms (SYNC §6) is one of them.
DRIFT_MS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 1000.0, 5000.0)
BOUND_MS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 500.0)


class SyncMetrics:
    """Counts the members of this process's rooms once in `EVERY_S`. An `EachSecond` of the process."""

    def __init__(self, hub: Hub[RoomState]) -> None:
        self._hub = hub
        self._counted_s = -EVERY_S

    def each_second(self) -> None:
        """Count, if it is time. It leaves turns for others."""
        now_s = monotonic_s()
        if now_s - self._counted_s < EVERY_S:
            return
        self._counted_s = now_s
        verdicts = dict.fromkeys(LETTERS, 0)
        drifts, bounds, spreads = Spread(DRIFT_MS), Spread(BOUND_MS), Spread(DRIFT_MS)
        for room in looked_at(self._hub.rooms.values()):
            earliest, latest = float("inf"), float("-inf")
            here = {user_id for user_id, _ in looked_at(room.state.sync_states.values())}
            for user_id in looked_at(here):
                sync = room.state.published.get(user_id)
                verdicts[sync["verdict"] if sync else "unknown"] += 1
                if sync is None or sync["drift_ms"] is None:
                    continue
                drift_ms = sync["drift_ms"]
                drifts.add(abs(drift_ms))
                earliest, latest = min(earliest, drift_ms), max(latest, drift_ms)
                if sync["offset_bound_ms"] is not None:
                    bounds.add(sync["offset_bound_ms"])
            if earliest < latest:
                spreads.add(latest - earliest)
        for verdict, count in verdicts.items():
            metrics.MEMBERS.labels(verdict).set(count)
        drifts.show(metrics.MEMBERS_BY_DRIFT)
        bounds.show(metrics.MEMBERS_BY_BOUND)
        spreads.show(metrics.ROOMS_BY_SPREAD)


class Spread:
    """How many values are up to each of these ends."""

    def __init__(self, ends: Iterable[float]) -> None:
        self._ends = tuple(ends)
        self._counts = [0] * (len(self._ends) + 1)

    def add(self, value: float) -> None:
        """One more."""
        self._counts[bisect_left(self._ends, value)] += 1

    def show(self, gauge: Gauge) -> None:
        """Set the gauge, as a histogram's buckets are written."""
        for end, count in zip((*self._ends, float("inf")), accumulate(self._counts), strict=True):
            gauge.labels("+Inf" if end == float("inf") else f"{end:g}").set(count)

"""Keeps a process's party clock at the reference of the whole deployment (SYNC §1).

Party time is Redis `TIME` plus a correction. Time base and correction are one record in Redis, and every
exchange reads it in the same script as `TIME`, so that all processes add the same to the same:

- At first the correction is 0.
- When `TIME` steps (its host's clock was set, or a replica on another host took over), each process sees
  that it no longer fits what its own monotonic clock has proven. It goes on by its own clock, and when
  nobody finds `TIME` right for `DOUBT_MS`, one of them puts the step into the correction by
  compare-and-set. No party moves, and the epoch stays.
- A process that doubts alone, while others agree with `TIME`, was itself at fault (its machine was paused):
  it begins anew and changes nothing for the others. So does one whose machine was suspended.
- When Redis forgets the record (a flush, a replica that lagged behind), any process that knows a newer one
  writes it back. A fresh process names a new epoch only if it finds none, and for `PROVISIONAL_MS` whoever
  knows the former one may still put it back.

So continuity is lost only when Redis has lost the record and no process lived through it: then there is a
new epoch, its correction is 0, and every client starts its estimate anew.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Any

import redis

from partyapp.shared.kernel.backoff import Backoff
from partyapp.shared.kernel.clock import RATE_BOUND, STEP_MS, PartyClock, monotonic_ms, suspended_ms
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.kernel.reachability import Reachability
from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames

log = logging.getLogger(__name__)

#: The record: epoch, number of the correction, and the correction in µs.
EPOCH_KEY = "party:clock:epoch"
PROVISIONAL_KEY = "party:clock:provisional"
ASSENTS_KEY = "party:clock:assents"
BURST = 8
#: What is proven widens by 0.5 ms a second, and a busy process's exchanges are mostly slow ones: asking
#: every 2 s left party time 1 ms off beside 500 busy sockets, and the root bound at 2 ms.
EVERY_S = 0.25
#: The longest pause after exchanges that failed for another reason than that Redis is gone, in s.
LONGEST_PAUSE_S = 10.0

#: Much longer than `EVERY_S`, so that each other process has looked at the reference meanwhile.
DOUBT_MS = 2500.0
#: So many assents of others end a doubt. One alone may have been on its way when the reference stepped.
ENOUGH_ASSENTS = 2
#: Who was anchored less than this ago, in ms, can't tell whether the reference stepped shortly before.
SETTLED_MS = 10_000.0
PROVISIONAL_MS = 5000
#: Two readings of the system's clocks are taken one after the other; less than this, in ms, is no suspension.
SUSPENDED_MS = 100.0

_EXCHANGE = """
local time = redis.call('TIME')
local held = redis.call('GET', KEYS[1])
local known = ARGV[1]
local function put_back()
  held = known
  redis.call('SET', KEYS[1], held)
  redis.call('DEL', KEYS[2])
end
if not held then
  if known ~= '' then
    put_back()
  else
    held = ARGV[2]
    redis.call('SET', KEYS[1], held)
    redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
  end
elseif known ~= '' and known ~= held then
  local epoch, sequence = string.match(known, '^(%S+) (%d+)')
  local held_epoch, held_sequence = string.match(held, '^(%S+) ?(%d*)')
  if epoch ~= held_epoch then
    if redis.call('EXISTS', KEYS[2]) == 1 then put_back() end
  elseif tonumber(sequence) > (tonumber(held_sequence) or -1) then
    put_back()
  end
end
return {time[1], time[2], held, redis.call('GET', KEYS[3]) or '0'}
"""

_REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One exchange. `reference_ms` is Redis `TIME` as it is; the others are monotonic."""

    sent_ms: float
    reference_ms: float
    received_ms: float
    record: str
    assents: int

    def by(self, correction_us: int) -> tuple[float, float, float]:
        """Its three instants as a clock takes them, the middle one in party time."""
        return self.sent_ms, self.reference_ms + correction_us / 1000, self.received_ms

    def fits(self, other: "_Exchange") -> bool:
        """Whether the reference did not step between the two."""
        low = max(one.reference_ms - one.received_ms for one in (self, other))
        high = min(one.reference_ms - one.sent_ms for one in (self, other))
        return low - high <= STEP_MS + DOUBT_MS * 2 * RATE_BOUND

    @property
    def round_trip_ms(self) -> float:
        return self.received_ms - self.sent_ms


@dataclass(slots=True)
class _Doubt:
    """Since when the reference doesn't fit what is proven, and the best exchange of that time."""

    since_ms: float
    assents: int
    best: _Exchange


class ReferenceClock:
    """Exchanges time with Redis, and shares `clock_epoch` and the correction with all processes."""

    def __init__(self, client: redis.Redis, clock: PartyClock, names: RedisNames = DEFAULT_NAMES) -> None:
        self._client = client
        self._clock = clock
        self._epoch_key, self._provisional_key = names(EPOCH_KEY), names(PROVISIONAL_KEY)
        self._assents_key = names(ASSENTS_KEY)
        self._stop = threading.Event()
        self._reachable = Reachability("Redis", log)
        self._exchange = client.register_script(_EXCHANGE)
        self._replace = client.register_script(_REPLACE)
        self._doubt: _Doubt | None = None
        self._settled_ms = 0.0
        self._suspended_ms = suspended_ms()

    def start(self) -> None:
        """Discipline the clock now, and from then on in the background."""
        for _ in range(BURST):
            if not self.exchange():
                break
        threading.Thread(target=self._run, name="reference-clock", daemon=True).start()

    def stop(self) -> None:
        """End the background work."""
        self._stop.set()

    @property
    def in_doubt(self) -> bool:
        """True while the reference contradicts what this process has proven."""
        return self._doubt is not None

    def exchange(self) -> bool:
        """One exchange; False when Redis is gone, which only lets the bound grow."""
        try:
            self._take(self._ask())
        except RedisGone as error:
            self._reachable.gone(error)
            return False
        self._reachable.back()
        return True

    def _ask(self) -> _Exchange:
        known = self._record() if self._clock.anchored else ""
        keys = [self._epoch_key, self._provisional_key, self._assents_key]
        fresh = f"{new_id()} 0 0"
        sent_ms = monotonic_ms()
        answer: Any = self._exchange(keys=keys, args=[known, fresh, PROVISIONAL_MS])
        received_ms = monotonic_ms()
        seconds, micros, record, assents = answer
        return _Exchange(
            sent_ms,
            int(seconds) * 1000 + int(micros) / 1000,
            received_ms,
            record.decode(),
            int(assents),
        )

    def _take(self, exchange: _Exchange) -> None:
        clock = self._clock
        suspended_before, self._suspended_ms = self._suspended_ms, suspended_ms()
        if not clock.anchored or exchange.record != self._record():
            self._adopt(exchange)
        elif clock.agrees(*exchange.by(clock.correction_us)):
            clock.discipline(*exchange.by(clock.correction_us))
            self._doubt = None
            self._assent(exchange.received_ms)
        elif self._suspended_ms - suspended_before > SUSPENDED_MS:
            log.warning("this machine was suspended; its clock begins anew")
            self._begin_anew(exchange)
        else:
            self._weigh(exchange)

    def _adopt(self, exchange: _Exchange) -> None:
        """The record is another than the one we knew: it holds for all, so it holds for us."""
        epoch, sequence, correction_us = [*exchange.record.split(), "0", "0"][:3]
        clock = self._clock
        clock.sequence, clock.correction_us = int(sequence), int(correction_us)
        self._begin_anew(exchange)
        clock.epoch = epoch

    def _begin_anew(self, exchange: _Exchange) -> None:
        self._clock.anchor(*exchange.by(self._clock.correction_us))
        self._settled_ms = exchange.received_ms + SETTLED_MS
        self._doubt = None

    def _weigh(self, exchange: _Exchange) -> None:
        """The reference doesn't fit: find out whether it stepped, or we did."""
        doubt = self._doubt
        if doubt is None or not exchange.fits(doubt.best):
            self._doubt = _Doubt(exchange.received_ms, exchange.assents, exchange)
            return
        if exchange.round_trip_ms < doubt.best.round_trip_ms:
            doubt.best = exchange
        if exchange.assents - doubt.assents >= ENOUGH_ASSENTS:
            log.warning("this process lost the time while others did not; its clock begins anew")
            self._begin_anew(exchange)
        elif exchange.received_ms - doubt.since_ms >= DOUBT_MS:
            self._correct(doubt.best)

    def _correct(self, exchange: _Exchange) -> None:
        """Put the reference's step into the correction, unless somebody else has done so by now."""
        clock = self._clock
        ahead_ms = clock.ahead_ms(*exchange.by(clock.correction_us))
        correction_us = clock.correction_us - round(ahead_ms * 1000)
        record = f"{clock.epoch} {clock.sequence + 1} {correction_us}"
        if self._replace(keys=[self._epoch_key, self._provisional_key], args=[self._record(), record]):
            log.warning("the reference clock stepped by %.1f ms; party time goes on as it was", ahead_ms)
            clock.sequence, clock.correction_us = clock.sequence + 1, correction_us
            self._doubt = None

    def _assent(self, now_ms: float) -> None:
        """Let those who doubt know that the reference is right for us; only who was there can say so."""
        if now_ms >= self._settled_ms > 0.0:
            self._client.incr(self._assents_key)

    def _record(self) -> str:
        return f"{self._clock.epoch} {self._clock.sequence} {self._clock.correction_us}"

    def _run(self) -> None:
        backoff, pause_s = Backoff(EVERY_S, LONGEST_PAUSE_S), EVERY_S
        while not self._stop.wait(pause_s):
            try:
                self.exchange()
            except Exception:
                # Without this thread the bound would grow for ever.
                log.exception("an exchange with the reference failed")
                pause_s = backoff.failed()
            else:
                backoff.worked()
                pause_s = EVERY_S

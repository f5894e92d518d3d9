"""Party time goes on as it was when a wall clock jumps, Redis is gone, forgets, or is set to another time."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from partyapp.shared.kernel import clock as clock_module
from partyapp.shared.kernel.clock import RATE_BOUND, PartyClock
from partyapp.shared.storage.redis_client import create_redis
from partyapp.shared.storage.reference_clock import DOUBT_MS, EVERY_S, SETTLED_MS, ReferenceClock
from tests.support.clock_env import HOUR, START, ClockEnv, Machine

#: What a correction may add to the party time, ms: half a round trip, and what the processes didn't know.
SLACK_MS = 1.0


@pytest.fixture
def env(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClockEnv]:
    machine = Machine()
    monkeypatch.setattr(clock_module, "time", machine)
    client = create_redis(redis_url)
    found = ClockEnv(client, machine)
    yield found
    found.server.purge()
    client.close()


@pytest.fixture
def settled(env: ClockEnv) -> ClockEnv:
    """Three processes whose wall clocks are hours apart, and which have run for a while."""
    for ppm, wall_ms in ((-40.0, START), (0.0, START + HOUR), (60.0, START - 5 * HOUR)):
        env.start(ppm, wall_ms)
    assert env.run(SETTLED_MS + 3000.0) < SLACK_MS
    assert len(env.epochs()) == 1
    return env


def test_no_wall_clock_is_read_once_the_reference_was_heard(settled: ClockEnv) -> None:
    # Each process's wall clock raises when it is read; see `Machine.time_ns`.
    assert settled.run(60_000.0) < SLACK_MS


def test_a_minute_without_redis_widens_the_bound_and_keeps_the_truth_in_it(env: ClockEnv) -> None:
    fast = env.start(ppm=400.0)
    env.run(5000.0)
    env.server.away = True
    fast.exchange()
    before = fast.clock.root_bound_ms
    for _ in range(60):
        env.run(1000.0)
        assert abs(fast.off_ms()) <= fast.clock.root_bound_ms
    grown = fast.clock.root_bound_ms - before
    assert grown == pytest.approx(60_000.0 * RATE_BOUND, rel=0.01)
    assert abs(fast.off_ms()) > 20.0, "a clock so fast has run away, within the bound"
    env.server.away = False
    env.run(3000.0)
    assert fast.clock.root_bound_ms < 2.0
    assert abs(fast.off_ms()) <= fast.clock.root_bound_ms


@pytest.mark.parametrize("step_ms", [HOUR, -5000.0, 20.0, -20.0])
def test_a_step_of_the_reference_moves_no_party(settled: ClockEnv, step_ms: float) -> None:
    epochs = settled.epochs()
    settled.server.skew_ms += step_ms
    assert settled.run(30_000.0) < SLACK_MS
    assert settled.epochs() == epochs, "continuity was not lost"
    assert {process.clock.sequence for process in settled.processes} == {1}, "it was corrected once"
    corrections = {process.clock.correction_us for process in settled.processes}
    assert len(corrections) == 1
    assert corrections.pop() / 1000 == pytest.approx(-step_ms, abs=SLACK_MS)


def test_a_second_step_and_a_step_while_in_doubt_are_corrected_too(settled: ClockEnv) -> None:
    settled.server.skew_ms += HOUR
    settled.run(2000.0 + DOUBT_MS / 2)
    settled.server.skew_ms -= 2 * HOUR
    assert settled.run(15_000.0) < SLACK_MS
    settled.server.skew_ms += 500.0
    assert settled.run(15_000.0) < SLACK_MS
    assert not any(process.reference.in_doubt for process in settled.processes)


def test_a_lone_process_keeps_the_time_too(env: ClockEnv) -> None:
    env.start()
    env.run(1000.0)
    env.server.skew_ms = HOUR
    assert env.run(10_000.0) < SLACK_MS


def test_a_glitch_shorter_than_the_doubt_changes_nothing(settled: ClockEnv) -> None:
    settled.server.skew_ms += HOUR
    settled.run(2100.0)
    settled.server.skew_ms -= HOUR
    assert settled.run(10_000.0) < SLACK_MS
    assert {process.clock.sequence for process in settled.processes} == {0}


def test_who_starts_after_a_step_has_the_same_time(settled: ClockEnv) -> None:
    settled.server.skew_ms += HOUR
    settled.run(10_000.0)
    late = settled.start(wall_ms=START + 9 * HOUR)
    assert abs(late.off_ms()) < SLACK_MS
    assert len(settled.epochs()) == 1


def test_a_process_that_starts_during_a_step_settles_and_changes_no_other(settled: ClockEnv) -> None:
    settled.server.skew_ms += HOUR
    late = settled.start()
    assert late.off_ms() == pytest.approx(HOUR, abs=SLACK_MS), "it can't know better yet"
    settled.run(2000.0 + DOUBT_MS + 2500.0)
    assert settled.run(10_000.0) < SLACK_MS
    assert len(settled.epochs()) == 1


def test_a_process_whose_machine_was_paused_moves_nobody_but_itself(settled: ClockEnv) -> None:
    record, paused = settled.server.record(), settled.processes[0]
    paused.stood_still_ms += 20_000.0
    settled.run(2000.0 + DOUBT_MS)
    assert settled.run(10_000.0) < SLACK_MS
    assert settled.server.record() == record


def test_a_suspended_machine_believes_the_reference_at_once(env: ClockEnv) -> None:
    alone = env.start()
    env.run(2500.0)
    record = env.server.record()
    env.machine.true_ms += HOUR
    alone.stood_still_ms += HOUR
    alone.suspended_ms += HOUR
    alone.exchange()
    assert abs(alone.off_ms()) < SLACK_MS
    assert env.server.record() == record


def test_what_a_flush_took_is_written_back(settled: ClockEnv) -> None:
    settled.server.skew_ms += HOUR
    settled.run(10_000.0)
    record, epochs = settled.server.record(), settled.epochs()
    settled.server.purge()
    assert settled.run(5000.0) < SLACK_MS
    assert (settled.server.record(), settled.epochs()) == (record, epochs)


def test_a_fresh_process_right_after_a_flush_does_not_end_the_epoch(settled: ClockEnv) -> None:
    settled.server.skew_ms += HOUR
    settled.run(10_000.0)
    record, epochs = settled.server.record(), settled.epochs()
    settled.server.purge()
    fresh = settled.start()
    assert {fresh.clock.epoch} != epochs
    settled.run(5000.0)
    assert settled.run(5000.0) < SLACK_MS
    assert (settled.server.record(), settled.epochs()) == (record, epochs)


def test_a_replica_that_lagged_behind_is_told_the_newest_correction(settled: ClockEnv) -> None:
    old = settled.server.record()
    settled.server.skew_ms += HOUR
    settled.run(10_000.0)
    record = settled.server.record()
    settled.server.restore(old)
    assert settled.run(5000.0) < SLACK_MS
    assert settled.server.record() == record


def test_an_epoch_that_has_settled_holds_for_who_was_away(settled: ClockEnv) -> None:
    """Cut off from Redis while all others were started anew on an empty one."""
    away = settled.processes.pop()
    settled.processes.clear()
    settled.server.purge()
    settled.server.skew_ms = HOUR
    fresh = settled.start()
    # How long the former epoch may come back is Valkey's own time, which is not ours to move.
    settled.server.expire_provisional()
    settled.processes.append(away)
    settled.run(5000.0)
    assert settled.epochs() == {fresh.clock.epoch}
    assert away.off_ms() == pytest.approx(fresh.off_ms(), abs=SLACK_MS)
    assert fresh.off_ms() == pytest.approx(HOUR, abs=SLACK_MS), "nobody knew, so the reference holds"


def test_the_background_work_goes_on_and_asks_ever_more_rarely_for_what_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure that nobody foresaw must end neither the thread nor fill the log four times a second."""
    reference = ReferenceClock(create_redis("redis://127.0.0.1:1"), PartyClock())
    works = iter([True, False, False, False, True, False])
    pauses: list[float] = []

    def wait(pause_s: float) -> bool:
        pauses.append(pause_s)
        return len(pauses) == 7

    def exchange() -> bool:
        if not next(works):
            raise ValueError("nobody foresaw this")
        return True

    monkeypatch.setattr(reference._stop, "wait", wait)
    monkeypatch.setattr(reference, "exchange", exchange)
    with caplog.at_level(logging.ERROR):
        reference._run()
    # What fails is asked for again after a pause that grows, until it works once.
    assert pauses == [EVERY_S, EVERY_S, EVERY_S, 2 * EVERY_S, 4 * EVERY_S, EVERY_S, EVERY_S]
    assert len(caplog.records) == 4

"""The steering of one client, with a client, a network and a player in virtual time."""

from __future__ import annotations

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from partyapp.gateways.syncplay.states import MemberAction
from tests.support.examples import examples
from tests.support.steered_client import START_MS, SteeredClient
from tests.support.syncplay_client import FRAME_S, Player, VirtualClient

#: The member opens its file at 0.7 s, and has settled by then at the latest (s).
SETTLED_S = 14.0


def joined(**options: object) -> SteeredClient:
    """A member that opens its file 0.7 s after the party began to play."""
    world = SteeredClient(**options)  # type: ignore[arg-type]
    world.play(600.0)
    world.at(700, world.open)
    return world


def steady_errors(world: SteeredClient, from_s: float) -> list[float]:
    return [error for at_ms, error in world.errors if at_ms > from_s * 1000]


@settings(max_examples=examples(25), phases=[Phase.explicit, Phase.generate])
@given(
    landing_ms=st.floats(30, 400),
    delay_ms=st.sampled_from([0.5, 10.0, 40.0, 150.0]),
    jitter_ms=st.sampled_from([0.0, 10.0]),
    late_ms=st.sampled_from([0.0, 20.0]),
    wall_offset_ms=st.floats(-1e10, 1e10),
    seed=st.integers(0, 1000),
)
@pytest.mark.thorough
def test_a_member_who_joins_settles_and_is_then_let_be(
    landing_ms: float, delay_ms: float, jitter_ms: float, late_ms: float, wall_offset_ms: float, seed: int
) -> None:
    client = VirtualClient(player=Player(landing_ms=landing_ms), wall_offset_ms=wall_offset_ms)
    world = joined(client=client, delay_ms=delay_ms, jitter_ms=jitter_ms, late_ms=late_ms, seed=seed)
    world.run(SETTLED_S + 60)
    assert max(map(abs, steady_errors(world, SETTLED_S))) < 60.0
    assert [at for at in client.seeks if at > START_MS + SETTLED_S * 1000] == []
    assert len([at for at in client.slow_downs if at > START_MS + SETTLED_S * 1000]) <= 1
    assert world.commands == []


def test_a_settled_member_on_a_quiet_network_is_within_half_a_frame() -> None:
    worlds = [
        joined(seed=seed, client=VirtualClient(player=Player(landing_ms=90.0 + seed * 17)))
        for seed in range(8)
    ]
    for world in worlds:
        world.run(SETTLED_S + 5)
    assert max(abs(world.error_ms()) for world in worlds) < 20.0


def test_a_client_whose_clock_is_stepped_is_measured_anew_and_not_moved() -> None:
    world = joined(delay_ms=20.0)

    def step() -> None:
        world.client.wall_offset_ms += 5000.0

    world.at(30_000, step)
    world.run(SETTLED_S)
    moves = len(world.client.seeks), len(world.client.slow_downs)
    world.run(60)
    assert (len(world.client.seeks), len(world.client.slow_downs)) == moves
    assert max(map(abs, steady_errors(world, SETTLED_S))) < 60.0
    error_s = world.steering.reading(world.now_ms).error_s
    assert error_s is not None
    assert abs(error_s) < 0.06


def test_a_member_without_slow_down_is_left_with_seeks() -> None:
    world = joined(client=VirtualClient(slows=False))
    world.run(60)
    assert world.client.slow_downs == []
    assert abs(world.error_ms()) < 80.0
    assert [at for at in world.client.seeks if at > START_MS + 30_000] == []


@pytest.mark.parametrize(("delay_ms", "jitter_ms"), [(0.5, 0.0), (40.0, 10.0)])
def test_a_client_that_tells_the_rooms_position_as_its_own_is_unknown_and_not_chased(
    delay_ms: float, jitter_ms: float
) -> None:
    world = joined(client=VirtualClient(echoes=True), delay_ms=delay_ms, jitter_ms=jitter_ms)
    world.run(60)
    assert len(world.client.seeks) <= 3
    assert len(world.client.slow_downs) <= 1
    assert world.steering.reading(world.now_ms).error_s is None


@pytest.mark.parametrize(("delay_ms", "late_frames"), [(0.5, 1), (40.0, 2), (40.0, 3)])
def test_a_pause_is_exact_to_the_frame(delay_ms: float, late_frames: int) -> None:
    client = VirtualClient(player=Player(late_frames=late_frames))
    world = joined(client=client, delay_ms=delay_ms, jitter_ms=5.0)
    world.at(20_000, world.pause)
    world.run(21)
    assert world.client.player.paused
    assert abs(world.error_ms()) < FRAME_S * 1000 - 1


@pytest.mark.parametrize("into_frame", [0.0, 0.1, 0.5, 0.9])
def test_who_stands_shows_the_frame_in_which_the_place_lies(into_frame: float) -> None:
    world = SteeredClient(frame_rate=1 / FRAME_S)
    world.seek_paused(600.0)
    world.at(700, world.open)
    world.at(10_000, lambda: world.seek_paused((2500 + into_frame) * FRAME_S))
    world.run(12)
    assert world.client.player.at(world.now_ms) == pytest.approx(2500 * FRAME_S, abs=1e-6)
    sought = len(world.client.seeks)
    world.run(40)
    assert len(world.client.seeks) == sought


@pytest.mark.parametrize("delay_ms", [40.0, 250.0])
def test_a_start_is_early_rather_than_late_and_nothing_is_said_between_the_order_and_it(
    delay_ms: float,
) -> None:
    world = SteeredClient(delay_ms=delay_ms, jitter_ms=10.0)
    world.seek_paused(600.0)
    world.at(700, world.open)
    world.at(10_000, lambda: world.play(600.0, lead_ms=400.0))
    world.run(10.9)
    begins_ms = world.playback.at_ms
    order = next(state for state in world.told if not state.paused)
    assert order.sent_ms < begins_ms - delay_ms
    assert [s for s in world.told if order.sent_ms < s.sent_ms < begins_ms] == []
    assert -10.0 < world.error_ms() < 80.0
    world.run(20)
    assert max(map(abs, steady_errors(world, 18))) < 25.0


def test_what_is_repeated_is_true_when_it_arrives() -> None:
    world = joined(delay_ms=150.0)
    world.run(40)
    for state in world.told[-10:]:
        assert abs(state.position_s - world.party_s(state.sent_ms + 150.0)) < 0.01


def test_a_slow_down_is_ended_by_a_room_that_is_ahead_and_no_truth_is_told_before() -> None:
    world = joined()
    world.run(30)
    ahead_s = [(state.sent_ms, state.position_s - world.party_s(state.sent_ms)) for state in world.told]
    begun = [at for at, (_, ahead) in enumerate(ahead_s) if ahead < -1.3]
    assert len(begun) >= 1
    ended = next(ahead for _, ahead in ahead_s[begun[0] :] if ahead > -1.3)
    assert 0.2 < ended < 0.4


def test_a_seek_of_the_party_lands_in_place() -> None:
    world = joined(delay_ms=20.0)
    world.at(20_000, lambda: world.play(3000.0))
    world.run(32)
    assert max(map(abs, steady_errors(world, 30))) < 25.0
    assert world.commands == []


def test_an_unpause_of_the_user_is_a_command_once_and_is_confirmed_when_the_party_plays() -> None:
    world = SteeredClient(delay_ms=20.0)
    world.seek_paused(600.0)
    world.at(700, world.open)
    world.at(10_000, lambda: world.client.player.set_paused(False, world.now_ms))
    world.run(10.3)
    assert [command.action for _, command in world.commands] == [MemberAction.PLAY]
    told = len(world.told)
    world.play(600.0, by="Ada")
    world.run(25)
    answer = world.told[told]
    assert (answer.client_count, answer.paused, answer.seeks, answer.set_by) == (1, False, False, "Ada")
    assert len(world.commands) == 1
    assert abs(world.error_ms()) < 25.0


def test_a_seek_of_the_user_is_a_command_with_its_position() -> None:
    world = joined(delay_ms=20.0)
    world.at(20_000, lambda: world.client.player.seek(1200.0, world.now_ms))
    world.run(20.2)
    [(_, command)] = world.commands
    assert command.action is MemberAction.SEEK
    assert abs(command.position_s - 1200.0) < 0.2
    world.play(1200.0, by="Ada")
    world.run(35)
    assert len(world.commands) == 1
    assert abs(world.error_ms()) < 25.0


@pytest.mark.parametrize("after_ms", range(100, 700, 100))
def test_an_unpause_right_after_a_pause_or_while_it_is_put_right_is_a_command(after_ms: int) -> None:
    world = joined(delay_ms=80.0)
    world.at(20_000, world.pause)
    paused: list[float] = []

    def unpause() -> None:
        if not world.client.player.paused:
            world.at(world.now_ms - START_MS + 10, unpause)
        elif not paused:
            paused.append(world.now_ms)
            world.at(world.now_ms - START_MS + after_ms, unpause)
        else:
            world.client.player.set_paused(False, world.now_ms)

    world.at(20_000, unpause)
    world.run(22)
    assert [command.action for _, command in world.commands] == [MemberAction.PLAY]


def test_a_seek_from_before_a_seek_of_the_party_is_none() -> None:
    world = joined(delay_ms=40.0)
    world.at(20_000, lambda: world.play(3000.0))
    # Its client hears of it 40 ms later.
    world.at(20_020, lambda: world.client.player.seek(1200.0, world.now_ms))
    world.run(25)
    assert world.commands == []
    assert abs(world.error_ms()) < 60.0


def test_a_refused_pause_is_taken_back() -> None:
    world = joined(delay_ms=20.0)
    world.at(20_000, lambda: world.client.player.set_paused(True, world.now_ms))
    world.run(20.3)
    assert [command.action for _, command in world.commands] == [MemberAction.PAUSE]
    world.steering.command_refused(world.now_ms)
    told = len(world.told)
    world.run(33)
    answer = world.told[told]
    assert (answer.client_count, answer.paused, answer.seeks) == (1, False, True)
    assert not world.client.player.paused
    assert len(world.commands) == 1
    assert max(map(abs, steady_errors(world, 31))) < 60.0


def test_a_command_that_nobody_decides_on_is_taken_back() -> None:
    world = joined(delay_ms=20.0)
    world.at(20_000, lambda: world.client.player.set_paused(True, world.now_ms))
    world.run(24)
    assert not world.client.player.paused


def test_the_end_of_a_members_file_is_no_pause_of_the_party() -> None:
    world = SteeredClient()
    world.play(600.0)
    world.at(700, lambda: world.open(length_s=620.0))
    world.run(60)
    assert world.client.player.paused
    assert world.commands == []
    assert len(world.client.seeks) < 6


def test_a_player_that_stands_still_counts_as_buffering_until_it_is_back() -> None:
    world = joined(delay_ms=20.0)
    world.at(20_000, lambda: world.client.player.set_stalled(True, world.now_ms))
    world.at(27_000, lambda: world.client.player.set_stalled(False, world.now_ms))
    world.run(21)
    assert not world.steering.reading(world.now_ms).buffering
    world.run(26)
    assert world.steering.reading(world.now_ms).buffering
    world.run(45)
    assert not world.steering.reading(world.now_ms).buffering
    assert abs(world.error_ms()) < 60.0
    assert world.commands == []


def test_the_reading_is_within_its_bound() -> None:
    for seed in range(6):
        client = VirtualClient(player=Player(landing_ms=80.0 + 30 * seed), rng=random.Random(seed))
        world = joined(client=client, delay_ms=40.0, jitter_ms=10.0, late_ms=30.0, seed=seed)
        world.run(SETTLED_S + 3)
        reading = world.steering.reading(world.now_ms)
        assert reading.error_s is not None
        assert reading.bound_ms is not None
        assert abs(reading.error_s * 1000 - world.error_ms()) < reading.bound_ms
        assert reading.bound_ms < 90.0


def test_a_party_at_another_rate_is_not_followed_by_a_seek_each_second() -> None:
    world = joined()
    world.run(20)
    changed = world.playback.__class__(
        status=world.playback.status, position_s=700.0, rate=1.25, at_ms=world.now_ms, revision=50
    )
    world.playback = changed
    world.steering.playback_changed(changed, world.now_ms)
    world.run(60)
    assert 2 <= len([at for at in world.client.seeks if at > START_MS + 21_000]) <= 5

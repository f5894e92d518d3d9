"""Which correction an error asks for."""

from __future__ import annotations

from partyapp.gateways.syncplay.corrections import Correction, Corrections


def settled(now_ms: float = 0.0) -> Corrections:
    corrections = Corrections()
    corrections.moved(now_ms, sought=True)
    assert corrections.decide(0.0, now_ms) is Correction.NONE
    return corrections


def test_settled_a_member_within_the_dead_band_is_let_be() -> None:
    corrections = settled()
    assert [corrections.decide(error_s, 20_000.0) for error_s in (0.059, -0.059)] == [Correction.NONE] * 2


def test_settled_a_seek_comes_ten_seconds_after_the_last_at_the_earliest() -> None:
    corrections = settled()
    assert corrections.decide(-0.2, 9_000.0) is Correction.NONE
    assert corrections.decide(-0.2, 10_000.0) is Correction.SEEK
    assert [corrections.decide(-0.2, at_ms) for at_ms in (12_000.0, 19_000.0)] == [Correction.NONE] * 2
    assert corrections.decide(-0.2, 20_000.0) is Correction.SEEK


def test_settled_one_slow_down_a_minute() -> None:
    corrections = settled()
    assert corrections.decide(0.1, 11_000.0) is Correction.SLOW
    assert corrections.decide(0.1, 60_000.0) is not Correction.SLOW


def test_right_after_a_seek_what_is_ahead_is_taken_back_and_what_is_behind_is_sought_twice_at_most() -> None:
    corrections = Corrections()
    corrections.moved(0.0, sought=True)
    decided = [corrections.decide(error_s, 2_000.0) for error_s in (-0.03, -0.03, -0.03)]
    assert decided == [Correction.SEEK, Correction.SEEK, Correction.NONE]
    corrections.moved(0.0, sought=True)
    assert corrections.decide(0.007, 2_000.0) is Correction.SLOW
    corrections.moved(0.0, sought=True)
    assert corrections.decide(0.7, 2_000.0) is Correction.SEEK


def test_a_landing_is_learned_at_once_and_then_by_halves() -> None:
    corrections = Corrections()
    corrections.moved(0.0, sought=True)
    corrections.decide(-0.04, 2_000.0)
    assert round(corrections.landing_s, 6) == 0.2
    corrections.decide(0.02, 4_000.0)
    assert round(corrections.landing_s, 6) == 0.22


def test_a_client_that_never_slows_down_is_asked_twice_and_then_only_sought() -> None:
    corrections = Corrections()
    asked = []
    for _ in range(4):
        corrections.moved(0.0, sought=True)
        asked.append(corrections.decide(0.05, 2_000.0))
        corrections.decide(0.05, 4_000.0)
    assert asked[0] is Correction.SLOW
    assert asked[-1] is Correction.NONE
    assert not corrections.slows
    assert corrections.aim_s == corrections.landing_s

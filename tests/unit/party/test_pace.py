"""How often a member is asked to report: seldom after a while in sync, often again at the first doubt."""

from __future__ import annotations

from partyapp.party.live.member_sync import SILENT_MS, MemberSyncState
from partyapp.party.live.pace import (
    CALM_AFTER_MS,
    KNOWN_BOUND_MS,
    OFTEN,
    SELDOM_PING_MS,
    SELDOM_STATUS_MS,
    Pace,
    PaceRule,
)
from tests.support.party_objects import T0

SELDOM = Pace(SELDOM_PING_MS, SELDOM_STATUS_MS)
CLOSE = KNOWN_BOUND_MS


def test_seldom_only_after_a_while_without_doubt() -> None:
    rule = PaceRule()
    assert rule.note(True, CLOSE, T0) is None
    assert rule.note(False, CLOSE, T0 + CALM_AFTER_MS - 1) is None
    assert rule.note(True, CLOSE, T0 + CALM_AFTER_MS) is None
    assert rule.note(True, CLOSE, T0 + 2 * CALM_AFTER_MS - 1) is None
    assert rule.note(True, CLOSE, T0 + 2 * CALM_AFTER_MS) == SELDOM
    assert rule.note(True, CLOSE, T0 + 3 * CALM_AFTER_MS) is None, "it is told once"
    assert rule.note(False, CLOSE, T0 + 3 * CALM_AFTER_MS + 1) == OFTEN
    assert SELDOM.view() == {"ping_ms": 4000, "status_ms": 8000}


def test_whose_clock_is_less_known_keeps_pinging() -> None:
    rule = PaceRule()
    for bound_ms in (CLOSE + 0.1, None):
        rule.note(True, bound_ms, T0)
        assert rule.note(True, bound_ms, T0 + CALM_AFTER_MS) in (Pace(OFTEN.ping_ms, SELDOM_STATUS_MS), None)
        assert rule.pace == Pace(OFTEN.ping_ms, SELDOM_STATUS_MS)


def calm_member() -> MemberSyncState:
    member = MemberSyncState()
    member.bound_ms, member.drift_ms, member.state = 5.0, 1.0, "playing"
    for second in range(12):
        member.active_ms = T0 + second * 1000.0
        member.next_pace(member.active_ms)
    return member


def test_who_was_asked_to_report_seldom_is_not_taken_for_silent() -> None:
    member = calm_member()
    assert member.pace_rule.pace == SELDOM
    last_ms = member.active_ms
    assert member.verdict(last_ms + SELDOM.ping_ms + SILENT_MS) == "in_sync"
    assert member.verdict(last_ms + SELDOM.ping_ms + SILENT_MS + 1) == "unknown"


def test_a_stall_and_a_drift_are_doubts() -> None:
    for name, value in (("state", "buffering"), ("drift_ms", 90.0), ("bound_ms", 100.0)):
        member = calm_member()
        setattr(member, name, value)
        assert member.next_pace(member.active_ms) == OFTEN, name

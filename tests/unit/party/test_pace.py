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
    PaceBudget,
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


def test_thousands_who_are_unsure_share_a_budget() -> None:
    budget = PaceBudget(a_second=10)
    members = [PaceRule(budget) for _ in range(12)]
    told = []
    for member in members:
        member.begin()
        told.append(member.pace)
    assert told == 5 * [OFTEN] + 5 * [Pace(2000, 2000)] + 2 * [Pace(4000, 4000)]
    assert members[0].note(False, None, T0) == Pace(4000, 4000), "who came first is told with its next status"
    for gone in members[5:]:
        gone.end()
    assert members[0].note(False, None, T0) == Pace(2000, 2000), "half as many don't need it any more"
    for gone in members[2:]:
        gone.end()
    assert members[0].note(False, None, T0) == OFTEN


def test_who_is_sure_takes_nothing_of_the_budget_and_who_doubts_again_does() -> None:
    budget = PaceBudget(a_second=10)
    members = [PaceRule(budget) for _ in range(8)]
    for member in members:
        member.begin()
    assert budget.often_ms == 2000
    for member in members:
        member.note(True, CLOSE + 1, T0)
        member.note(True, CLOSE + 1, T0 + CALM_AFTER_MS)
    assert members[0].pace == Pace(2000, SELDOM_STATUS_MS), "pings alone are 8 a second"
    for member in members[4:]:
        member.note(True, CLOSE, T0)
        member.note(True, CLOSE, T0 + CALM_AFTER_MS)
    assert budget.often_ms == OFTEN.ping_ms
    for member in members:
        member.note(False, CLOSE, T0)
    assert budget.often_ms == 2000


def test_a_budget_gets_back_what_was_taken_whoever_goes_and_however_often() -> None:
    budget = PaceBudget(a_second=10)
    for at in range(100):
        member = PaceRule(budget)
        member.begin()
        for second in range(at % 15):
            member.note(at % 2 == 0, CLOSE, T0 + second * 1000.0)
        member.end()
        member.note(False, None, T0)
        member.end()
    PaceRule(budget).note(False, None, T0)
    budget.ask(10)
    assert budget.often_ms == OFTEN.ping_ms
    budget.ask(1)
    assert budget.often_ms == 2000

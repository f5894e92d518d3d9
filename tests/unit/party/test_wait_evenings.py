"""Evenings drawn at random: every wait ends, no budget is exceeded, and a person's press always wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from partyapp.party.domain.playback import PlaybackAction, PlaybackStatus
from partyapp.party.domain.readiness import RENAME_MS, Player, waited_ms
from partyapp.party.domain.settings import WaitFor, WaitRule
from tests.support.examples import examples
from tests.support.party_objects import T0
from tests.unit.party.test_readiness import LEAD_MS, READY, A, B, C, loading, playing, press, settled


@dataclass
class Evening:
    """A party whose members' players load and are ready again, who come and go, and press."""

    rule: WaitRule
    now_ms: float = T0
    players: dict[UUID, Player] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session = playing(self.rule)
        self.players = dict.fromkeys((self.session.state.host_id, A, B, C), READY)

    def step(self, kind: str, who: int, pass_ms: float) -> None:
        user = [self.session.state.host_id, A, B, C][who]
        if kind == "stall" and user in self.players:
            self.players[user] = loading(self.now_ms)
        elif kind in ("ready", "come"):
            self.players[user] = READY
        elif kind == "go":
            self.players.pop(user, None)
        elif kind in ("play", "pause", "seek"):
            self.press(PlaybackAction(kind))
        self.run(pass_ms)

    def press(self, action: PlaybackAction) -> None:
        at = {"position_s": 60.0} if action is PlaybackAction.SEEK else {}
        was_held = self.session.state.playback.held is not None
        press(self.session, action, self.now_ms, lead_ms=LEAD_MS, **at)
        playback = self.session.state.playback
        assert playback.held is None
        if action is PlaybackAction.PAUSE:
            assert playback.status is PlaybackStatus.PAUSED
        elif action is PlaybackAction.PLAY or was_held:
            assert playback.status is PlaybackStatus.PLAYING

    def run(self, pass_ms: float) -> None:
        """Time passes; the policy is asked at least each quarter of a second, and at a wait's end."""
        end = self.now_ms + pass_ms
        while self.now_ms < end:
            held = self.session.state.playback.held
            instants = [self.now_ms + 250.0, end]
            if held is not None and held.until_ms > self.now_ms:
                instants.append(held.until_ms)
            self.now_ms = min(instants)
            settled(self.session, self.players, self.now_ms)
            self.check()

    def check(self) -> None:
        state, now = self.session.state, self.now_ms
        held = state.playback.held
        for user in (state.host_id, A, B, C):
            most = (self.rule.budget_s + self.rule.grace_s) * 1000.0
            assert waited_ms(state, user, now) <= most + 0.01, "the budget, and a grace at most"
        if held is not None:
            assert now < held.until_ms, "the wait has ended by its time"
            assert held.until_ms <= state.playback.at_ms + self.rule.limit_s * 1000.0 + 0.01
            assert any(user in self.players for user in held.waits_for), "nobody who is gone is waited for"
            # Its names change once a second: till then all of them may be ready, and another not yet named.
            is_named_lately = now - held.since_ms < RENAME_MS
            waited_for = self.players if is_named_lately else held.waits_for
            assert any(not self.players[user].ready for user in waited_for if user in self.players)


steps = st.lists(
    st.tuples(
        st.sampled_from(["stall", "stall", "stall", "ready", "come", "go", "play", "pause", "seek", "none"]),
        st.integers(0, 3),
        st.sampled_from([10.0, 700.0, 2500.0, 9000.0, 40_000.0]),
    ),
    max_size=40,
)
rules = st.builds(
    WaitRule,
    waits_for=st.sampled_from([WaitFor.HOST, WaitFor.MOST, WaitFor.EVERYONE]),
    grace_s=st.sampled_from([0.0, 0.5, 2.0]),
    limit_s=st.sampled_from([1.0, 15.0, 60.0]),
    budget_s=st.sampled_from([0.0, 3.0, 45.0]),
)


@settings(max_examples=examples(60))
@example(
    rule=WaitRule(waits_for=WaitFor.EVERYONE, grace_s=0.0, limit_s=1.0, budget_s=0.0),
    plan=[("stall", 0, 10.0), ("stall", 1, 700.0)],
)
@example(
    rule=WaitRule(waits_for=WaitFor.EVERYONE, grace_s=0.0, limit_s=1.0, budget_s=3.0),
    plan=[("stall", 3, 10.0), ("stall", 0, 10.0), ("ready", 3, 700.0)],
)
@given(rule=rules, plan=steps)
def test_every_wait_ends_no_budget_is_exceeded_and_a_press_always_wins(
    rule: WaitRule, plan: list[tuple[str, int, float]]
) -> None:
    evening = Evening(rule)
    for kind, who, pass_ms in plan:
        evening.step(kind, who, pass_ms)
    for user in list(evening.players):
        evening.players[user] = READY
    evening.run(300.0)
    assert evening.session.state.playback.held is None, "all are ready"

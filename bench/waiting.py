"""How long the others stand still where one of eight members stalls, by the rule of waiting. Virtual time.

Eight players fill their buffers over lines drawn from a seed; those of the stallers break off at times, as a
phone's do. What they report and are told travels over the networks of `bench.sync`. Our rules are the
service's own policy, `readiness.decide` on a party, with the lead of its scheduler. The others are restated
in one line each: nobody is waited for; all wait without end, as Jellyfin's SyncPlay does; all wait for 2 s a
stall (a deadline as OpenWatchParty has); and for a stall of 2 s or more at most 10 s, and not again within
30 s (the pauses that Syncplay speaks of).

Of our rules it is checked that a wait costs no more than its limit and a lead, and all waits for one member
in any ten minutes no more than the budget, a grace, and a lead each.
"""

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from bench.waiting_wires import Wires
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.domain.readiness import Player, Players, waited_ms
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.settings import PartySettings, WaitFor, WaitRule
from partyapp.party.domain.state import WAITS_MS, Control, PartyVideo, SyncedPartySessionState, Visibility

T0 = 1_700_000_000_000.0
MEMBERS, STEP_S = 8, 0.05
#: A player begins to play with so much in its buffer, and keeps at most so much, in s of film.
ENOUGH_S, FULL_S = 2.0, 20.0

IDS = tuple(UUID(int=number + 1) for number in range(MEMBERS))
Rule = Callable[[float, dict[UUID, float]], bool]


@dataclass
class Network:
    """Seconds of film that arrive in a second; breaks are `(from, to)` in s."""

    rate: float
    breaks: list[tuple[float, float]]

    def arrives(self, at_s: float) -> float:
        """At this moment."""
        return 0.0 if any(first <= at_s < last for first, last in self.breaks) else self.rate


def network(chance: random.Random, seconds: float, *, stalls: bool) -> Network:
    """A good line, or one with a break of 5 to 90 s about every two minutes."""
    breaks, at_s = [], 30.0
    while stalls and at_s < seconds:
        at_s += chance.expovariate(1 / 90.0)
        lasts = min(chance.expovariate(1 / 30.0) + 5.0, 90.0)
        breaks.append((at_s, at_s + lasts))
        at_s += lasts
    return Network(rate=1.6 if stalls else chance.uniform(2.0, 5.0), breaks=breaks)


@dataclass
class Outcome:
    """In s: for how long the picture of who has a good line stood still, in the mean of them, and at once at
    most; how often the party did; and how much of the film the staller missed, since the others went on."""

    stood_s: float = 0.0
    longest_s: float = 0.0
    times: int = 0
    missed_s: float = 0.0


class Party:
    """Decides when all stand still: by our own policy on a party, or by a peer's rule."""

    def __init__(self, rule: WaitRule | Rule) -> None:
        self._peer = None if isinstance(rule, WaitRule) else rule
        self._wait = rule if isinstance(rule, WaitRule) else WaitRule()
        self._held_by_peer = False
        #: When it began and ended to stand still, in s, and the lead of that end.
        self.spans: list[tuple[float, float, float]] = []
        self._since_s: float | None = None
        state = SyncedPartySessionState(
            id=UUID(int=99), title="", host_id=IDS[0], visibility=Visibility.PRIVATE, control=Control.HOST,
            video=PartyVideo(id=UUID(int=98), title="", duration_s=None, playback_url=None),
            max_members=50, invite_code="x", created_at_ms=T0, settings=PartySettings(wait=self._wait),
        )  # fmt: skip
        session = SyncedPartySession.create(state, "")
        play = {"position_s": None, "rate": None, "expected_revision": None}
        session.control(PlaybackAction.PLAY, session.host_member(""), at_ms=T0, lead_ms=0.0, **play)
        self._session = SyncedPartySession.reconstitute(session.state)

    def decide(self, at_s: float, loading: dict[UUID, float], wires: Wires) -> tuple[float, bool] | None:
        """From when on (s) all stand still, or go on; None: nothing changes.

        `loading` says who loads and since when, in s, as far as is known here.
        """
        if self._peer is not None:
            before, self._held_by_peer = self._held_by_peer, self._peer(at_s, loading)
            return None if before == self._held_by_peer else self._noted(at_s, self._held_by_peer, 0.0)
        if not loading and self._since_s is None:
            return None
        now_ms, lead_ms = T0 + at_s * 1000.0, wires.lead_ms(at_s)
        players: Players = {
            user: Player(T0 + loading[user] * 1000.0) if user in loading else Player(ready=True)
            for user in IDS
        }
        if not self._session.settle(players, at_ms=now_ms, lead_ms=lead_ms):
            return None
        self._session = SyncedPartySession.reconstitute(self._session.state)
        playback = self._session.state.playback
        self._check_budget(now_ms)
        return self._noted((playback.at_ms - T0) / 1000.0, playback.held is not None, lead_ms / 1000.0)

    def _noted(self, due_s: float, stands: bool, lead_s: float) -> tuple[float, bool]:
        if stands:
            self._since_s = due_s if self._since_s is None else self._since_s
        elif self._since_s is not None:
            self.spans.append((self._since_s, due_s, lead_s))
            self._since_s = None
        return due_s, stands

    def _check_budget(self, now_ms: float) -> None:
        worst_ms = max(waited_ms(self._session.state, user, now_ms) for user in IDS)
        assert worst_ms <= (self._wait.budget_s + self._wait.grace_s) * 1000.0 + 1.0, "the budget"

    def check(self, stallers: int) -> None:
        """Fail where it stood still for longer than it may. A peer's rule promises nothing."""
        if self._peer is not None:
            return
        late_s = 2 * STEP_S
        for since_s, until_s, lead_s in self.spans:
            assert until_s - since_s <= self._wait.limit_s + lead_s + late_s, "the limit and a lead"
            first_s = until_s - WAITS_MS / 1000.0
            within = [span for span in self.spans if first_s < span[1] <= until_s]
            stood_s = sum(until - max(since, first_s) for since, until, _ in within)
            allowed_s = (self._wait.budget_s + self._wait.grace_s) * stallers
            assert stood_s <= allowed_s + sum(lead + late_s for _, _, lead in within), "the budget"


def no_deadline() -> Rule:
    """All wait until nobody loads."""
    return lambda at_s, loading: bool(loading)


def each_stall(grace_s: float, limit_s: float, pause_s: float) -> Rule:
    """All wait for a stall of `grace_s` or more for at most `limit_s`, then not for `pause_s`."""
    began: list[float] = []

    def stands(at_s: float, loading: dict[UUID, float]) -> bool:
        due = [since for since in loading.values() if at_s - since >= grace_s]
        if began and at_s - began[-1] < limit_s and due:
            return True
        if not due or (began and (at_s - began[-1] < limit_s + pause_s or max(due) <= began[-1])):
            return False
        began.append(at_s)
        return True

    return stands


@dataclass
class Watcher:
    """A member's player; positions in s of the film."""

    line: Network
    buffer_s: float = FULL_S
    position_s: float = 0.0
    loads: bool = False
    missed_s: float = 0.0
    stood_s: float = 0.0
    stands_since_s: float | None = None
    longest_s: float = 0.0

    def step(self, at_s: float, target_s: float, stands: bool) -> None:
        """A moment passes, and the party is at `target_s`."""
        self.buffer_s = min(self.buffer_s + self.line.arrives(at_s) * STEP_S, FULL_S)
        behind_s = target_s - self.position_s
        if behind_s > 1.0 and (stands or not self.loads):
            # Whoever is behind seeks to where the others are, and what is between is thrown away.
            self.buffer_s, self.position_s = max(0.0, self.buffer_s - behind_s), target_s
            self.missed_s += behind_s
        if self.loads and self.buffer_s >= ENOUGH_S:
            self.loads = False
        if not self.loads and not stands:
            if self.buffer_s < STEP_S:
                self.loads = True
            else:
                step = min(STEP_S, max(0.0, target_s - self.position_s))
                self.buffer_s -= step
                self.position_s += step
        if not stands:
            self.stands_since_s = None
            return
        self.stands_since_s = at_s if self.stands_since_s is None else self.stands_since_s
        self.stood_s += STEP_S
        self.longest_s = max(self.longest_s, at_s + STEP_S - self.stands_since_s)


def run(rule: WaitRule | Rule, *, seed: int, seconds: float, stallers: int) -> Outcome:
    """One evening."""
    chance, fed = random.Random(seed), MEMBERS - stallers
    watchers = [Watcher(network(chance, seconds, stalls=number >= fed)) for number in range(MEMBERS)]
    party, wires = Party(rule), Wires(seed, IDS)
    target_s, stands, changes = 0.0, False, [(seconds, False)]
    for step in range(int(seconds / STEP_S)):
        at_s = step * STEP_S
        decided = party.decide(at_s, wires.loading(at_s), wires)
        if decided is not None:
            wires.tell(at_s, *decided)
            changes = [*[change for change in changes[:-1] if change[0] <= decided[0]], decided, changes[-1]]
        while changes[0][0] <= at_s:
            stands = changes.pop(0)[1]
        target_s += 0.0 if stands else STEP_S
        for number, watcher in enumerate(watchers):
            before = watcher.loads
            watcher.step(at_s, target_s, wires.stands(number, at_s))
            if watcher.loads != before:
                wires.say(number, at_s, watcher.loads)
    party.check(stallers)
    return Outcome(
        stood_s=sum(watcher.stood_s for watcher in watchers[:fed]) / fed,
        longest_s=max(watcher.longest_s for watcher in watchers[:fed]),
        times=len(party.spans),
        missed_s=sum(watcher.missed_s for watcher in watchers[fed:]),
    )


def rules() -> dict[str, Callable[[], WaitRule | Rule]]:
    """Each rule by its name, made anew for each evening."""
    default = WaitRule(waits_for=WaitFor.EVERYONE)
    return {
        "nobody": lambda: WaitRule(),
        "no deadline": no_deadline,
        "2 s a stall": lambda: each_stall(0.0, 2.0, 0.0),
        "2/10/30 s": lambda: each_stall(2.0, 10.0, 30.0),
        "Party: everyone": lambda: default,
        "Party: most": lambda: replace(default, waits_for=WaitFor.MOST),
        "Party: host": lambda: replace(default, waits_for=WaitFor.HOST),
    }


def main() -> None:
    """Print a row for each rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evenings", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--stallers", type=int, default=1)
    options = parser.parse_args()
    print(
        f"{MEMBERS} members, {options.stallers} of whom stall; "
        f"{options.evenings} evenings of {options.seconds:.0f} s"
    )
    print(f"{'':18}{'others stand still':>20}{'longest':>10}{'times':>8}{'stallers miss':>20}")
    for name, made in rules().items():
        found = [
            run(made(), seed=options.seed + number, seconds=options.seconds, stallers=options.stallers)
            for number in range(options.evenings)
        ]
        mean = sum(one.stood_s for one in found) / len(found)
        missed = sum(one.missed_s for one in found) / len(found)
        times = sum(one.times for one in found) / len(found)
        longest = max(one.longest_s for one in found)
        print(f"{name:18}{mean:>18.1f} s{longest:>8.1f} s{times:>8.1f}{missed:>18.1f} s")


if __name__ == "__main__":
    main()

"""How long the others stand still where one of eight members stalls, by the rule of waiting. Virtual time.

Eight players fill their buffers over networks drawn from a seed; those of the stallers break off at times, as
a phone's do. Our rules are the service's own policy, `readiness.decide` on a party. The others are restated
in one line each: nobody is waited for; all wait without end, as Jellyfin's SyncPlay does; all wait for 2 s a
stall (a deadline as OpenWatchParty has); and for a stall of 2 s or more at most 10 s, and not again within
30 s (the pauses that Syncplay speaks of).
"""

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from partyapp.party.domain.playback import PlaybackAction, PlaybackStatus
from partyapp.party.domain.readiness import Player, Players, waited_ms
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.settings import PartySettings, WaitFor, WaitRule
from partyapp.party.domain.state import Control, PartyVideo, SyncedPartySessionState, Visibility

T0 = 1_700_000_000_000.0
MEMBERS, STEP_S, LEAD_MS = 8, 0.05, 120.0
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
    """In s: the picture of who has a good line stood still so long in all and at once, so often; and how much
    of the film the staller missed, since the others went on."""

    stood_s: float = 0.0
    longest_s: float = 0.0
    times: int = 0
    missed_s: float = 0.0


class Party:
    """What stands still when: by our own policy on a party, or by a peer's rule."""

    def __init__(self, rule: WaitRule | Rule) -> None:
        self.peer = None if isinstance(rule, WaitRule) else rule
        self.held_by_peer = False
        state = SyncedPartySessionState(
            id=UUID(int=99), title="", host_id=IDS[0], visibility=Visibility.PRIVATE, control=Control.HOST,
            video=PartyVideo(id=UUID(int=98), title="", duration_s=None, playback_url=None),
            max_members=50, invite_code="x", created_at_ms=T0,
            settings=PartySettings(wait=rule if isinstance(rule, WaitRule) else WaitRule()),
        )  # fmt: skip
        session = SyncedPartySession.create(state, "")
        host = session.host_member("")
        session.control(
            PlaybackAction.PLAY,
            host,
            at_ms=T0,
            lead_ms=0.0,
            position_s=None,
            rate=None,
            expected_revision=None,
        )
        self.session = SyncedPartySession.reconstitute(session.state)

    def stands(self, at_s: float, loading: dict[UUID, float]) -> bool:
        """Whether all stand still now; `loading` says who loads and since when, in s."""
        if self.peer is not None:
            self.held_by_peer = self.peer(at_s, loading)
            return self.held_by_peer
        now_ms = T0 + at_s * 1000.0
        players: Players = {
            user: Player(T0 + loading[user] * 1000.0) if user in loading else Player(ready=True)
            for user in IDS
        }
        if self.session.settle(players, at_ms=now_ms, lead_ms=LEAD_MS):
            self.session = SyncedPartySession.reconstitute(self.session.state)
        playback = self.session.state.playback
        standing = playback.status is PlaybackStatus.PAUSED
        # What was decided is done a lead later; until then it is as it was.
        return standing if now_ms >= playback.at_ms else not standing


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


def run(rule: WaitRule | Rule, *, seed: int, seconds: float, stallers: int) -> Outcome:
    """One evening."""
    chance = random.Random(seed)
    lines = [network(chance, seconds, stalls=number >= MEMBERS - stallers) for number in range(MEMBERS)]
    party, outcome = Party(rule), Outcome()
    buffers, positions = [FULL_S] * MEMBERS, [0.0] * MEMBERS
    loading: dict[UUID, float] = {}
    target_s = at_s = run_s = 0.0
    while at_s < seconds:
        standing = party.stands(at_s, loading)
        target_s += 0.0 if standing else STEP_S
        for number, user in enumerate(IDS):
            buffers[number] = min(buffers[number] + lines[number].arrives(at_s) * STEP_S, FULL_S)
            behind_s = target_s - positions[number]
            if behind_s > 1.0 and (standing or user not in loading):
                # Whoever is behind seeks to where the others are, and what is between is thrown away.
                buffers[number], positions[number] = max(0.0, buffers[number] - behind_s), target_s
                outcome.missed_s += behind_s
            if user in loading and buffers[number] >= ENOUGH_S:
                del loading[user]
            if user not in loading and not standing:
                if buffers[number] < STEP_S:
                    loading[user] = at_s
                else:
                    step = min(STEP_S, max(0.0, target_s - positions[number]))
                    buffers[number] -= step
                    positions[number] += step
        run_s = run_s + STEP_S if standing else 0.0
        outcome.times += standing and run_s == STEP_S
        outcome.stood_s += STEP_S * standing
        outcome.longest_s = max(outcome.longest_s, run_s)
        at_s += STEP_S
    if party.peer is None:
        wait, state = party.session.state.settings.wait, party.session.state
        worst = max(waited_ms(state, user, T0 + at_s * 1000.0) for user in IDS)
        assert worst <= (wait.budget_s + wait.grace_s) * 1000.0 + 1.0, "the budget"
        assert outcome.longest_s <= wait.limit_s + LEAD_MS / 1000.0 + 4 * STEP_S, "the limit and a lead"
    return outcome


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

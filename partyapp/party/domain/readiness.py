"""When a party waits, for whom, and when it goes on: a pure policy on a party and its members' players.

Every wait has an end in the party's own state. What is decided here is carried out by `PlaybackRules`, and
committed only on the revision on which it was decided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from partyapp.party.domain.playback import HoldReason, PlaybackHold, PlaybackStatus
from partyapp.party.domain.settings import WaitFor
from partyapp.party.domain.state import WAITS_MS, SyncedPartySessionState

READY, LEFT, LIMIT = "ready", "left", "limit"

#: A player this close to where the party stands, in s, is there.
NEAR_S = 1.0

#: A wait names so many at most; when they are ready, others may follow.
MOST_NAMED = 100

#: A wait's names change this often at most, in ms.
RENAME_MS = 1000.0

#: A wait for a film in preparation lasts so long at most, in ms; then it is looked at anew.
PREPARING_LIMIT_MS = 600_000.0

#: Such a wait begins so long before the film's edge at the latest, in ms: nobody looks more often than that.
LOOK_AHEAD_MS = 1000.0

#: And it ends once the film has so much more to show, in s.
AHEAD_S = 5.0


class Player(NamedTuple):
    """What is known of a connected member's player.

    `loads_since_ms` is since when it reports `buffering`, in ms of party time; None where it doesn't.
    `ready`: it has said since the playback was set that it is there. `known`: it reports anything at all.
    """

    loads_since_ms: float | None = None
    ready: bool = False
    known: bool = True


#: Everybody who is connected.
Players = Mapping[UUID, Player]


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Stand still for these, for `limit_ms` at most."""

    reason: HoldReason
    waits_for: tuple[UUID, ...] = ()
    limit_ms: float


@dataclass(frozen=True, kw_only=True)
class HoldOn:
    """Stand still on, for these alone and until then."""

    waits_for: tuple[UUID, ...]
    until_ms: float


@dataclass(frozen=True, kw_only=True)
class Resume:
    """Go on. `reason`: ready, left or limit; `late` are those who aren't ready."""

    reason: str
    late: tuple[UUID, ...] = ()


Decision = Hold | HoldOn | Resume


def decide(
    state: SyncedPartySessionState, players: Players, now_ms: float, lead_ms: float
) -> Decision | None:
    """What is to become of the party at `now_ms`; None: it is well as it is."""
    held = state.playback.held
    if held is None:
        return _beginning(state, players, now_ms, lead_ms)
    if held.reason is HoldReason.PREPARING:
        return _end_of_preparing(state, held, now_ms)
    return _going_on(state, held, players, now_ms)


def overdue(state: SyncedPartySessionState, now_ms: float) -> Resume | None:
    """The end of a wait whose time is over, where nobody knows any player; None while it isn't."""
    held = state.playback.held
    if held is None or now_ms < held.until_ms:
        return None
    return Resume(reason=LIMIT, late=held.waits_for)


def start_hold(
    state: SyncedPartySessionState, players: Players, now_ms: float, position_s: float
) -> Hold | None:
    """The wait with which a play `when_ready` from there begins; None when it may begin at once.

    Who was waited for as long as may be isn't waited for here either, and nobody whose player says nothing.
    """
    moves = abs(position_s - state.playback.position_at(now_ms, state.video.duration_s)) > NEAR_S
    counts = counting(state, players, now_ms)
    unready = [user for user in counts if players[user].known and (moves or not players[user].ready)]
    if not unready or not _is_enough(state, len(unready), len(players)):
        return None
    return _hold_for(state, unready, players, now_ms)


def waited_ms(state: SyncedPartySessionState, user_id: UUID, now_ms: float) -> float:
    """For how long the party has waited for somebody in the last ten minutes, the wait of now included."""
    spans = [(wait.since_ms, wait.until_ms) for wait in state.waits if wait.user_id == user_id]
    held = state.playback.held
    if held is not None and user_id in held.waits_for:
        spans.append((held.since_ms, held.until_ms))
    first_ms = now_ms - WAITS_MS
    return sum(max(0.0, min(until, now_ms) - max(since, first_ms)) for since, until in spans)


def counting(state: SyncedPartySessionState, players: Players, now_ms: float) -> set[UUID]:
    """Who is waited for if need be: connected, by the party's rule, and with some of their budget left."""
    rule = state.settings.wait
    if rule.waits_for is WaitFor.NOBODY or rule.budget_s <= 0.0:
        return set()
    of_rule = {state.host_id} & players.keys() if rule.waits_for is WaitFor.HOST else set(players)
    lately = {wait.user_id for wait in state.waits}
    if state.playback.held is not None:
        lately.update(state.playback.held.waits_for)
    spent = {user for user in of_rule & lately if waited_ms(state, user, now_ms) >= rule.budget_s * 1000.0}
    return of_rule - spent


def _beginning(
    state: SyncedPartySessionState, players: Players, now_ms: float, lead_ms: float
) -> Hold | None:
    playback, rule = state.playback, state.settings.wait
    ends_ms = playback.ends_at_ms(state.video.duration_s)
    # One that is scheduled doesn't play yet, and at its end a film is finished.
    if playback.status is not PlaybackStatus.PLAYING or now_ms < playback.at_ms:
        return None
    if ends_ms is not None and ends_ms <= now_ms + lead_ms:
        return None
    soon_s = playback.position_at(now_ms + lead_ms + LOOK_AHEAD_MS, state.video.duration_s)
    if state.video.in_preparation and soon_s >= state.video.reach_s:
        return Hold(reason=HoldReason.PREPARING, limit_ms=PREPARING_LIMIT_MS)
    if rule.waits_for is WaitFor.NOBODY:
        return None
    counts = counting(state, players, now_ms)
    stalled = _stalled(state, counts, players, now_ms)
    # A stall that was waited for already, or that somebody has ended the wait for, begins no other.
    fresh = [user for user in stalled if _is_fresh(state, user, players[user])]
    if not fresh or not _is_enough(state, len(stalled), len(players)):
        return None
    loading = [user for user in counts if players[user].loads_since_ms is not None]
    if rule.waits_for is not WaitFor.MOST:
        loading = [user for user in loading if _is_fresh(state, user, players[user])]
    return _hold_for(state, loading, players, now_ms)


def _end_of_preparing(state: SyncedPartySessionState, held: PlaybackHold, now_ms: float) -> Resume | None:
    video, position_s = state.video, state.playback.position_s
    if not video.in_preparation or video.reach_s >= position_s + AHEAD_S:
        return Resume(reason=READY)
    return Resume(reason=LIMIT) if now_ms >= held.until_ms else None


def _going_on(
    state: SyncedPartySessionState, held: PlaybackHold, players: Players, now_ms: float
) -> HoldOn | Resume | None:
    rule = state.settings.wait
    ends_ms = state.playback.at_ms + rule.limit_s * 1000.0
    counts = counting(state, players, now_ms)
    absent = [user for user in held.waits_for if user in players and not players[user].ready]
    unready = [user for user in absent if user in counts]
    others = counts - set(held.waits_for)
    new = [user for user in _stalled(state, others, players, now_ms) if _is_fresh(state, user, players[user])]
    remaining = _named([*unready, *new], players)
    over = now_ms >= held.until_ms
    if over and (now_ms >= min(ends_ms, held.until_ms + _RESUMED_LATE_MS) or not remaining):
        return Resume(reason=LIMIT, late=tuple(absent))
    if not remaining:
        return Resume(reason=_reason(held, absent, players), late=tuple(absent))
    if not _is_enough(state, len(remaining), len(players)):
        return Resume(reason=READY, late=tuple(absent))
    if over or (set(remaining) != set(held.waits_for) and now_ms - held.since_ms >= RENAME_MS):
        from_ms = min(now_ms, held.until_ms)
        until_ms = min(ends_ms, from_ms + _longest_ms(state, remaining, now_ms))
        return HoldOn(waits_for=remaining, until_ms=until_ms)
    return None


#: A wait that should have ended so long ago, in ms, ends, and doesn't go on for others.
_RESUMED_LATE_MS = 2000.0


def _reason(held: PlaybackHold, absent: list[UUID], players: Players) -> str:
    if absent:
        return LIMIT
    return READY if any(user in players for user in held.waits_for) else LEFT


def _stalled(
    state: SyncedPartySessionState, users: Iterable[UUID], players: Players, now_ms: float
) -> list[UUID]:
    """Those of these users whose players load since longer than the party has patience with.

    What a player loads before the playback was set, and the pause before, don't count.
    """
    since_ms = now_ms - state.settings.wait.grace_s * 1000.0
    if state.playback.at_ms > since_ms:
        return []
    return [
        user
        for user in users
        if (loads_since_ms := players[user].loads_since_ms) is not None and loads_since_ms <= since_ms
    ]


def _is_fresh(state: SyncedPartySessionState, user_id: UUID, player: Player) -> bool:
    waited_until = [wait.until_ms for wait in state.waits if wait.user_id == user_id]
    return player.loads_since_ms is not None and player.loads_since_ms > max(waited_until, default=0.0)


def _is_enough(state: SyncedPartySessionState, unready: int, connected: int) -> bool:
    """Whether so many who can't play hold the party up: with `most`, half of those connected."""
    return state.settings.wait.waits_for is not WaitFor.MOST or 2 * unready >= connected


def _hold_for(state: SyncedPartySessionState, users: Iterable[UUID], players: Players, now_ms: float) -> Hold:
    named = _named(users, players)
    limit_ms = min(state.settings.wait.limit_s * 1000.0, _longest_ms(state, named, now_ms))
    return Hold(reason=HoldReason.MEMBERS, waits_for=named, limit_ms=limit_ms)


def _named(users: Iterable[UUID], players: Players) -> tuple[UUID, ...]:
    def order(user: UUID) -> tuple[float, UUID]:
        since_ms = players[user].loads_since_ms
        return (float("inf") if since_ms is None else since_ms, user)

    return tuple(sorted(users, key=order)[:MOST_NAMED])


def _longest_ms(state: SyncedPartySessionState, users: Iterable[UUID], now_ms: float) -> float:
    """For how long all of these may be waited for: a wait shorter than the grace would help nobody."""
    rule = state.settings.wait
    left_ms = min((rule.budget_s * 1000.0 - waited_ms(state, user, now_ms) for user in users), default=0.0)
    return max(left_ms, rule.grace_s * 1000.0)

"""What a process knows of the players of everybody who is connected to a party, here and elsewhere."""

from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from partyapp.party.domain.playback import PlaybackState
from partyapp.party.domain.readiness import Player
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.room_state import RoomState

#: A player that has said nothing for so long, in ms, isn't known to load any more, and holds nobody up whose
#: other player is there.
OLD_AFTER_MS = 5000.0

SILENT = Player(known=False)
READY = Player(ready=True)


class ToldPlayer(NamedTuple):
    """A `Player` between processes."""

    loads_since_ms: float | None
    ready: bool
    known: bool


class PlayersTold(msgspec.Struct, frozen=True, kw_only=True, tag="players"):
    """What a process publishes of the players connected to it.

    Those that are simply ready are left out, unless others may not know that they are there, see
    `worth_telling`. `at_ms` is that of the playback for which they were asked: of another one nothing is
    known. `gone` are those who are waited for and have no player there: that members left is told later.
    """

    party: UUID
    process: str
    at_ms: float
    players: Mapping[UUID, ToldPlayer]
    gone: tuple[UUID, ...] = ()

    def player(self, user_id: UUID, playback: PlaybackState) -> Player:
        """What this says of somebody who is connected to that process."""
        told = self.players.get(user_id)
        found = READY if told is None else Player(*told)
        return found if self.at_ms == playback.at_ms else found._replace(ready=False)


def own_players(
    state: RoomState | None, rest: Mapping[UUID, MemberSyncState], playback: PlaybackState, now_ms: float
) -> dict[UUID, Player]:
    """The players connected to this process, by sockets and by requests."""
    devices = [] if state is None else list(state.sync_states.values())
    return _together([(user, _player(sync, playback, now_ms)) for user, sync in [*devices, *rest.items()]])


def all_players(
    own: Mapping[UUID, Player], state: RoomState, told: Mapping[str, PlayersTold], playback: PlaybackState
) -> dict[UUID, Player]:
    """The players of everybody who is connected anywhere."""
    found = list(own.items())
    for process in {**state.remote, **told}:
        _, members = state.remote.get(process, (0.0, {}))
        of_process = told.get(process)
        # Of who has just come a process may tell as of a player before it does as of a member.
        if of_process is None:
            found += [(user, SILENT) for user in members]
            continue
        users = {**members, **of_process.players}
        found += [(user, of_process.player(user, playback)) for user in users if user not in of_process.gone]
    return _together(found)


def worth_telling(own: Mapping[UUID, Player], presence: Container[UUID]) -> dict[UUID, ToldPlayer]:
    """Those that aren't simply ready, or whom the `presence` published last doesn't name yet.

    Without these others would take somebody who is ready, and has only just come, for one who has gone.
    """
    return {
        user: ToldPlayer(*player) for user, player in own.items() if player != READY or user not in presence
    }


def _player(sync: MemberSyncState, playback: PlaybackState, now_ms: float) -> Player:
    if sync.state is None:
        return SILENT
    ready = sync.ready_for_ms == playback.at_ms
    # Whoever went on from requests to a socket is known by that, though the requests' last word was another.
    if now_ms - sync.active_ms > OLD_AFTER_MS + sync.pace_rule.pace.ping_ms:
        return READY if ready else SILENT
    return Player(sync.loads_since_ms, ready)


def _together(found: Iterable[tuple[UUID, Player]]) -> dict[UUID, Player]:
    """Of several devices of a member, one that loads holds them up, and one that says nothing doesn't."""
    together: dict[UUID, Player] = {}
    for user, player in found:
        before = together.get(user)
        if before is None or not before.known:
            together[user] = player
        elif player.known:
            loads = [since for since in (before.loads_since_ms, player.loads_since_ms) if since is not None]
            together[user] = Player(min(loads, default=None), before.ready and player.ready)
    return together

"""Parties that wait for players, or for their film: looked at as players report, and each second.

Any process that has sockets in a party may begin or end a wait. Which of them does is settled by the
revision on which each decides: whoever is second finds nothing left to do.
"""

import logging
from collections.abc import Callable, Container, Sequence
from typing import Protocol
from uuid import UUID

import gevent
import msgspec

from partyapp.party.application.commands import SettleWaitCommand
from partyapp.party.application.ports import PresencePort
from partyapp.party.contract import (
    HOST_TRANSFERRED,
    MEMBER_LEFT,
    MEMBER_REMOVED,
    PARTY_SESSION_CHANGED,
    PLAYBACK_HELD,
)
from partyapp.party.domain.playback import PlaybackHold
from partyapp.party.domain.readiness import Player, Players, decide
from partyapp.party.domain.settings import WaitFor
from partyapp.party.domain.state import PartyStatus, SyncedPartySessionState
from partyapp.party.live.member_sync import MemberSyncState
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.room_messages import RoomEvent
from partyapp.party.live.room_players import SILENT, PlayersTold, all_players, own_players, worth_telling
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Hub, Room
from partyapp.realtime.yielding import yield_every
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Refusal

log = logging.getLogger(__name__)

#: What players report within so long, in s, is looked at in one go.
GATHER_S = 0.02

#: Events after which a party may wait for others than before, or others want to know of players here.
_WHO_COUNTS = (MEMBER_LEFT, MEMBER_REMOVED, HOST_TRANSFERRED, PARTY_SESSION_CHANGED, PLAYBACK_HELD)

#: For so long, in ms, after a wait has begun or somebody was last heard of, no member is taken for gone: this
#: process may hear of the wait before it hears of those whom another one knows, and who has lost the
#: connection is mostly back by then.
LEFT_MS = 2000.0

#: After so many rooms others get a turn; the turns last so long in all, in s.
PORTION = 50
SPREAD_S = 0.1


class Settler(Protocol):
    """What carries out that a party begins or ends a wait."""

    def settle(self, command: SettleWaitCommand) -> bool:
        """Decide anew on the party as it is, and commit; whether anything was. Raises a `Refusal`."""
        ...


class RoomWaits:
    """Drives the waits of this process's parties.

    `publish` sends a message to the processes that have sockets in a party.
    """

    def __init__(
        self,
        hub: Hub[RoomState],
        rest: RestMembers,
        clock: Clock,
        presence: PresencePort,
        publish: Callable[[UUID, msgspec.Struct], None],
        process_id: str,
    ) -> None:
        self._hub = hub
        self._rest = rest
        self._clock = clock
        self._presence = presence
        self._publish = publish
        self._process_id = process_id
        self._settler: Settler | None = None
        self._told: dict[UUID, dict[str, PlayersTold]] = {}
        self._heard: dict[UUID, dict[UUID, float]] = {}
        self._touched: set[UUID] = set()
        self._soon = False
        self._settling: set[UUID] = set()
        self._alarms: dict[UUID, float] = {}

    def settle_by(self, settler: Settler) -> None:
        """Say what carries out the decisions; until then nothing is decided."""
        self._settler = settler

    def players(self, party_id: UUID) -> Players:
        """The players of everybody who is connected; nothing is known of them without a room here."""
        room = self._hub.room(party_id)
        if room is not None:
            return self._players(room)
        own = self._rest_of(party_id)
        connected = self._presence.connected(party_id) or frozenset()
        return _unready({*own, *connected})

    def touch(self, party_id: UUID) -> None:
        """A player here has begun to load or is ready, or a member went."""
        self._touched.add(party_id)
        if not self._soon:
            self._soon = True
            gevent.spawn_later(GATHER_S, self._look_at_touched)

    def followed(self, party: SyncedPartySessionState) -> None:
        """Somebody follows this party by requests, and it was read for that."""
        if self._hub.room(party.id) is not None:
            self.touch(party.id)
        elif is_concerned(party):
            self._look_without_room(party)

    def sent(self, party_id: UUID, events: Sequence[RoomEvent]) -> None:
        """The party's room was sent these: of some others count than before."""
        if any(event.type in _WHO_COUNTS for event in events):
            self.touch(party_id)

    def receive(self, message: PlayersTold) -> None:
        """Take what another process says of its players."""
        room = self._hub.room(message.party)
        if room is None or message.process == self._process_id:
            return
        self._told.setdefault(message.party, {})[message.process] = message
        if not room.state.large:
            self._look_at(room)

    def each_second(self) -> None:
        """Look at every party that may have to wait, and tell the others what they may have missed."""
        for known in (self._told, self._heard):
            for party_id in [found for found in known if self._hub.room(found) is None]:
                del known[party_id]
        for room in yield_every(list(self._hub.rooms.values()), PORTION, SPREAD_S):
            try:
                self._share_and_look_at(room)
            except Exception:
                # A bug in what one party needs must not silence the others.
                log.exception("a party's wait could not be looked at")

    def _look_at_touched(self) -> None:
        self._soon = False
        touched, self._touched = self._touched, set()
        for party_id in touched:
            room = self._hub.room(party_id)
            # Each look is one at everybody: in a large party once a second is enough.
            if room is not None and not room.state.large:
                self._share_and_look_at(room)

    def _players(self, room: Room[RoomState]) -> Players:
        return self._with_others(room, self._own(room))

    def _own(self, room: Room[RoomState]) -> Players:
        playback = room.state.replica.state.playback
        own = own_players(room.state, self._rest_of(room.id), playback, self._clock.now_ms())
        return _of_members(own, room.state)

    def _with_others(self, room: Room[RoomState], own: Players) -> Players:
        told, playback = self._told.get(room.id, {}), room.state.replica.state.playback
        players = all_players(own, room.state, told, playback)
        lately = self._heard_lately(room.id, playback.held, players)
        # Nearly always nobody: then those of a large room aren't copied each second.
        return _of_members({**lately, **players} if lately else players, room.state)

    def _heard_lately(self, party_id: UUID, held: PlaybackHold | None, players: Players) -> Players:
        """Those who are waited for and whom nobody has at the moment, but not for long yet."""
        if held is None:
            self._heard.pop(party_id, None)
            return {}
        now_ms, heard = self._clock.now_ms(), self._heard.get(party_id, {})
        self._heard[party_id] = {
            user: now_ms if user in players else heard.get(user, held.since_ms) for user in held.waits_for
        }
        return {
            user: SILENT
            for user, at_ms in self._heard[party_id].items()
            if user not in players and now_ms < at_ms + LEFT_MS
        }

    def _rest_of(self, party_id: UUID) -> dict[UUID, MemberSyncState]:
        party = self._rest.party(party_id)
        return {} if party is None else dict(party.members)

    def _share_and_look_at(self, room: Room[RoomState]) -> None:
        if not is_concerned(room.state.replica.state):
            return
        own, state = self._own(room), room.state.replica.state
        # That others are there is told once a second: those who are waited for may be known only here before.
        if room.state.remote or room.id in self._told or state.playback.held is not None:
            self._tell(state, own, room.state.published)
        self._decide(room, self._with_others(room, own))

    def _tell(self, state: SyncedPartySessionState, own: Players, presence: Container[UUID]) -> None:
        held = state.playback.held
        message = PlayersTold(
            party=state.id,
            process=self._process_id,
            at_ms=state.playback.at_ms,
            players=worth_telling(own, presence),
            gone=() if held is None else tuple(user for user in held.waits_for if user not in own),
        )
        self._publish(state.id, message)

    def _look_at(self, room: Room[RoomState]) -> None:
        if is_concerned(room.state.replica.state):
            self._decide(room, self._players(room))

    def _decide(self, room: Room[RoomState], players: Players) -> None:
        state, now_ms = room.state.replica.state, self._clock.now_ms()
        if decide(state, players, now_ms, room.state.lead_ms(now_ms)) is not None:
            self._settle_soon(SettleWaitCommand(party_id=room.id, players=players))
        else:
            self._wake_when_due(state, players, now_ms)

    def _look_without_room(self, party: SyncedPartySessionState) -> None:
        """Nobody has a socket here: who has is told, and only where nobody has does this process act."""
        own = own_players(None, self._rest_of(party.id), party.playback, self._clock.now_ms())
        self._tell(party, own, ())
        if decide(party, own, self._clock.now_ms(), 0.0) is not None:
            self._settle_soon(SettleWaitCommand(party_id=party.id, players=own))

    def _settle_soon(self, command: SettleWaitCommand) -> None:
        if self._settler is not None and command.party_id not in self._settling:
            self._settling.add(command.party_id)
            gevent.spawn(self._settle, self._settler, command)

    def _settle(self, settler: Settler, command: SettleWaitCommand) -> None:
        settled = False
        try:
            if self._hub.room(command.party_id) is not None or self._is_alone(command):
                settled = settler.settle(command)
        except Refusal as refusal:
            # The next second tries again; and upkeep ends what nobody else does.
            log.debug("a wait could not be settled now: %s", refusal.code)
        except Exception:
            log.exception("a wait could not be settled")
        finally:
            self._settling.discard(command.party_id)
        if settled:
            self.touch(command.party_id)

    def _is_alone(self, command: SettleWaitCommand) -> bool:
        """Whether all who are connected follow by requests to this process."""
        connected = self._presence.connected(command.party_id)
        return connected is not None and command.players is not None and connected <= command.players.keys()

    def _wake_when_due(self, state: SyncedPartySessionState, players: Players, now_ms: float) -> None:
        """Look again as soon as somebody's patience, or the wait, is over."""
        held, grace_ms = state.playback.held, state.settings.wait.grace_s * 1000.0
        loading = [player.loads_since_ms for player in players.values() if player.loads_since_ms is not None]
        instants = [max(since, state.playback.at_ms) + grace_ms for since in loading]
        if held is not None:
            instants.append(held.until_ms)
        due_ms = min((at_ms for at_ms in instants if at_ms > now_ms), default=None)
        known_ms = self._alarms.get(state.id)
        if due_ms is None or (known_ms is not None and now_ms < known_ms <= due_ms):
            return
        self._alarms[state.id] = due_ms
        gevent.spawn_later((due_ms - now_ms) / 1000.0, self._wake, state.id, due_ms)

    def _wake(self, party_id: UUID, due_ms: float) -> None:
        if self._alarms.get(party_id) == due_ms:
            del self._alarms[party_id]
        room = self._hub.room(party_id)
        if room is not None:
            self._look_at(room)


def _of_members(players: Players, state: RoomState) -> Players:
    """Those of members: who has left has a socket until it has answered the close frame, here or elsewhere.

    Of a large party not all members are known here.
    """
    if state.large:
        return players
    return {user: player for user, player in players.items() if user in state.replica.present}


def is_concerned(state: SyncedPartySessionState) -> bool:
    """Whether this party may have to wait, or to go on."""
    waits = state.settings.wait.waits_for is not WaitFor.NOBODY or state.playback.held is not None
    return state.status is PartyStatus.ACTIVE and (waits or state.video.in_preparation)


def _unready(user_ids: set[UUID]) -> Players:
    return {user_id: Player() for user_id in user_ids}

"""A process's replica of a party: what playback commands are decided on, and what the room's views show.

The replica is kept by the party's events and may be behind Postgres at any time. Nothing is ever decided by
it alone: what was decided on revision N is committed only while the party's row is at revision N, and every
fact here changes with a revision.
"""

import threading
from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from partyapp.party import contract
from partyapp.party.application.views import LISTED
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.state import PartyMemberState, PartyStatus, SyncedPartySessionState
from partyapp.party.live.room_messages import RoomEvent


class ReplicaMember(NamedTuple):
    """What is kept of a present member; a party may have thousands. `joined_at_ms` in ms of party time."""

    display_name: str
    joined_at_ms: float


Members = dict[UUID, ReplicaMember]


class PartyReplica:
    """The state as of `state.revision` and the members who are present then.

    Of a party of more than `LISTED` it has those members alone that somebody here has asked for: who is
    connected to this process, and who is listed. Anybody else is unknown to it, which says nothing of whether
    they are members, so their commands take the slow path.

    The members may be read a moment after the state: they are then newer than `state.revision` says, which
    a commit at that revision notices. Applying the events in between ends at the right members.

    `turn` lets the commands of one process decide one after the other, so that they don't lose the race for
    a revision to each other. It guards no data: only a commit at the expected revision does.
    """

    __slots__ = ("_members", "stale", "state", "turn")

    def __init__(self, state: SyncedPartySessionState, members: Iterable[PartyMember]) -> None:
        self.turn = threading.Lock()
        self.reset(state, members)

    def reset(self, state: SyncedPartySessionState, members: Iterable[PartyMember]) -> None:
        """Start again from a reading of Postgres."""
        self.state = state
        self._members: Members = {
            member.user_id: ReplicaMember(member.state.display_name, member.state.joined_at_ms)
            for member in members
        }
        #: True after an event that this version of the program knows nothing of: `state` may be wrong then.
        self.stale = False

    def learn(self, members: Iterable[PartyMember]) -> None:
        """Take in members that were read at this revision."""
        for member in members:
            state = member.state
            self._members[state.user_id] = ReplicaMember(state.display_name, state.joined_at_ms)

    def keep(self, user_ids: Set[UUID]) -> None:
        """Forget everybody else, if the party is so large that not all are known anyway."""
        if self.state.member_count > LISTED:
            self._members = {user: found for user, found in self._members.items() if user in user_ids}

    @property
    def present(self) -> Set[UUID]:
        """The users who are known to be members now."""
        return self._members.keys()

    def joined_at_ms(self, user_id: UUID) -> float | None:
        """When somebody joined, None for who is unknown here."""
        found = self._members.get(user_id)
        return None if found is None else found.joined_at_ms

    def member(self, user_id: UUID) -> PartyMember | None:
        """The membership of a present member who is known here, None for anybody else."""
        found = self._members.get(user_id)
        if found is None:
            return None
        name, joined_at_ms = found
        state = PartyMemberState(
            party_id=self.state.id, user_id=user_id, display_name=name, joined_at_ms=joined_at_ms
        )
        return PartyMember(state)

    def members(self) -> list[PartyMember]:
        """The present members who are known here; all of a small party, in the order in which they joined."""
        return [member for user_id in self._members if (member := self.member(user_id)) is not None]

    def apply(self, event: RoomEvent) -> bool:
        """Apply the party's next event; False for any other, which changes nothing."""
        if event.revision != self.state.revision + 1:
            return False
        reducer = REDUCERS.get(event.type)
        if reducer is None:
            self.stale = True
            self.state = replace(self.state, revision=event.revision)
        else:
            changes = reducer(self.state, self._members, event)
            self.state = replace(self.state, revision=event.revision, **changes)
        return True


#: What an event changes of the state, by the names of its fields. `Members` it changes in place.
Reducer = Callable[[SyncedPartySessionState, Members, RoomEvent], dict[str, Any]]


def _playback(event: RoomEvent) -> PlaybackState:
    data = event.data
    return PlaybackState(
        status=PlaybackStatus(data["state"]),
        position_s=data["position_s"],
        rate=data["rate"],
        at_ms=data["at_ms"],
        revision=event.revision,
    )


def _created(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    # A party is first read at revision 1 or later, and this is the event of revision 1.
    return {}


def _joined(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    user_id = UUID(event.data["user_id"])
    # Removed first: somebody who comes back stands at the end again.
    members.pop(user_id, None)
    if state.member_count < LISTED:
        members[user_id] = ReplicaMember(event.data["display_name"], event.at_ms)
    return {"member_count": state.member_count + 1}


def _left(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    members.pop(UUID(event.data["user_id"]), None)
    return {"member_count": state.member_count - 1}


def _renamed(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    user_id = UUID(event.data["user_id"])
    known = members.get(user_id)
    if known is not None:
        members[user_id] = known._replace(display_name=event.data["display_name"])
    return {}


def _host_transferred(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    after = state.handed_over(UUID(event.data["to_user_id"]), event.data["reason"], event.at_ms)
    return {"host_id": after.host_id, "replaced_hosts": after.replaced_hosts}


def _scheduled(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    return {"playback": _playback(event), "lead_ms": event.data["lead_ms"]}


def _finished(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    return {"playback": _playback(event)}


def _ended(state: SyncedPartySessionState, members: Members, event: RoomEvent) -> dict[str, Any]:
    return {"status": PartyStatus.ENDED, "ended_at_ms": event.at_ms}


#: Every event of the party's contract. A new one needs a line here, or it makes replicas stale.
REDUCERS: dict[str, Reducer] = {
    contract.PARTY_SESSION_CREATED: _created,
    contract.MEMBER_JOINED: _joined,
    contract.MEMBER_LEFT: _left,
    contract.MEMBER_RENAMED: _renamed,
    contract.HOST_TRANSFERRED: _host_transferred,
    contract.PLAYBACK_STARTED: _scheduled,
    contract.PLAYBACK_PAUSED: _scheduled,
    contract.PLAYBACK_SOUGHT: _scheduled,
    contract.PLAYBACK_FINISHED: _finished,
    contract.PARTY_SESSION_ENDED: _ended,
}

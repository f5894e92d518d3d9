"""A process's replica of a party: what playback commands are decided on, and what the room's views show.

The replica is kept by the party's events and may be behind Postgres at any time. Nothing is ever decided by
it alone: what was decided on revision N is committed only while the party's row is at revision N, and every
fact here changes with a revision.
"""

import threading
from collections.abc import Callable, Iterable, Set
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from partyapp.party import contract
from partyapp.party.application.views import LISTED
from partyapp.party.domain.grants import Grants, grants_of
from partyapp.party.domain.json_values import hold_from, playback_from, video_from, with_settings
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.state import PartyMemberState, SyncedPartySessionState
from partyapp.party.domain.timeline import MOST_KEPT, PlaybackTimeline
from partyapp.party.live.room_messages import RoomEvent


class ReplicaMember(NamedTuple):
    """What is kept of a present member; a party may have thousands. `joined_at_ms` in ms of party time."""

    display_name: str
    joined_at_ms: float
    grants: Grants | None = None


def replica_member(state: PartyMemberState) -> ReplicaMember:
    """What is kept of this membership."""
    return ReplicaMember(state.display_name, state.joined_at_ms, state.grants)


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

    __slots__ = ("_arrived", "_members", "_timeline", "stale", "state", "turn")

    def __init__(self, state: SyncedPartySessionState, members: Iterable[PartyMember]) -> None:
        self.turn = threading.Lock()
        self.reset(state, members)

    def reset(self, state: SyncedPartySessionState, members: Iterable[PartyMember]) -> None:
        """Start again from a reading of Postgres."""
        self.state = state
        self._timeline = PlaybackTimeline((state.playback,))
        #: Playbacks that are not in it yet, each with the party time in ms at which it was decided.
        self._arrived: list[tuple[PlaybackState, float]] = []
        self._members: Members = {member.user_id: replica_member(member.state) for member in members}
        #: True after an event that doesn't tell all it changed, or that this version of the program doesn't
        #: know: `state` may be wrong then.
        self.stale = False

    def learn(self, members: Iterable[PartyMember]) -> None:
        """Take in members that were read at this revision."""
        for member in members:
            self._members[member.user_id] = replica_member(member.state)

    def keep(self, user_ids: Set[UUID]) -> None:
        """Forget everybody else, if the party is so large that not all are known anyway."""
        if self.state.member_count > LISTED:
            self._members = {user: found for user, found in self._members.items() if user in user_ids}

    @property
    def timeline(self) -> PlaybackTimeline:
        """What the members follow: the playback in force, and what is scheduled after it."""
        arrived, self._arrived = self._arrived, []
        for playback, at_ms in arrived:
            self._timeline = self._timeline.with_playback(playback, at_ms)
        return self._timeline

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
        state = PartyMemberState(party_id=self.state.id, user_id=user_id, **found._asdict())
        return PartyMember(state)

    def members(self) -> list[PartyMember]:
        """The present members who are known here; all of a small party, in the order in which they joined."""
        return [member for user_id in self._members if (member := self.member(user_id)) is not None]

    def apply(self, event: RoomEvent) -> bool:
        """Apply the party's next event; False for any other, which changes nothing."""
        if event.revision != self.state.revision + 1:
            return False
        reducer = REDUCERS.get(event.type)
        self.stale = self.stale or reducer is None or event.type in NEEDS_READING
        if reducer is None:
            self.state = replace(self.state, revision=event.revision)
        else:
            before = self.state.playback
            self.state = replace(reducer(self.state, self._members, event), revision=event.revision)
            if self.state.playback is not before:
                # Put in its place when a status is judged: a command is sent to all before that.
                self._arrived = [*self._arrived[-MOST_KEPT:], (self.state.playback, event.at_ms)]
        return True


#: The state after an event, still at the revision before. `Members` it changes in place.
Reducer = Callable[[SyncedPartySessionState, Members, RoomEvent], SyncedPartySessionState]
State = SyncedPartySessionState


def _unchanged(state: State, members: Members, event: RoomEvent) -> State:
    # A party is first read at revision 1 or later, which is its creation; who may come back is asked of
    # Postgres alone; and a changed invite code is in `NEEDS_READING`.
    return state


def _joined(state: State, members: Members, event: RoomEvent) -> State:
    user_id, own = UUID(event.data["user_id"]), event.data.get("own_grants")
    # Removed first: somebody who comes back stands at the end again.
    members.pop(user_id, None)
    if state.member_count < LISTED:
        grants = None if own is None else grants_of(own)
        members[user_id] = ReplicaMember(event.data["display_name"], event.at_ms, grants)
    return replace(state, member_count=state.member_count + 1)


def _left(state: State, members: Members, event: RoomEvent) -> State:
    members.pop(UUID(event.data["user_id"]), None)
    return replace(state, member_count=state.member_count - 1)


def _renamed(state: State, members: Members, event: RoomEvent) -> State:
    user_id = UUID(event.data["user_id"])
    known = members.get(user_id)
    if known is not None:
        members[user_id] = known._replace(display_name=event.data["display_name"])
    return state


def _grants_changed(state: State, members: Members, event: RoomEvent) -> State:
    user_id, names = UUID(event.data["user_id"]), event.data["grants"]
    known = members.get(user_id)
    if known is not None:
        members[user_id] = known._replace(grants=None if names is None else grants_of(names))
    return state


def _host_transferred(state: State, members: Members, event: RoomEvent) -> State:
    return state.handed_over(UUID(event.data["to_user_id"]), event.data["reason"], event.at_ms)


def _scheduled(state: State, members: Members, event: RoomEvent) -> State:
    data = event.data
    held = data.get("held")
    waits = state.waits if state.playback.held is None else state.waits_after(event.at_ms)
    playback = PlaybackState(
        status=PlaybackStatus(data["state"]),
        position_s=data["position_s"],
        rate=data["rate"],
        at_ms=data["at_ms"],
        revision=event.revision,
        held=None if held is None else hold_from(held),
    )
    return replace(state, playback=playback, waits=waits, lead_ms=data["lead_ms"])


def _finished(state: State, members: Members, event: RoomEvent) -> State:
    return replace(state, playback=playback_from(event.data, event.revision))


def _video_changed(state: State, members: Members, event: RoomEvent) -> State:
    shown = replace(state, video=video_from(event.data["video"]), lead_ms=event.data["lead_ms"])
    return _told(shown, event)


def _duration_known(state: State, members: Members, event: RoomEvent) -> State:
    data = event.data
    return replace(state, video=replace(state.video, duration_s=data["duration_s"], duration_by=data["by"]))


def _changed(state: State, members: Members, event: RoomEvent) -> State:
    after = with_settings(state, event.data["changes"])
    return _told(after, event) if "playback" in event.data else after


def _told(state: State, event: RoomEvent) -> State:
    """With the Playback that the event tells as a whole."""
    playback = playback_from(event.data["playback"], event.revision)
    return replace(state, playback=playback, waits=state.waits_after(event.at_ms))


def _ended(state: State, members: Members, event: RoomEvent) -> State:
    return state.ended(event.at_ms)


#: Every event of the party's contract. A new one needs a line here, or it makes replicas stale.
REDUCERS: dict[str, Reducer] = {
    contract.PARTY_SESSION_CREATED: _unchanged,
    contract.MEMBER_JOINED: _joined,
    contract.MEMBER_LEFT: _left,
    contract.MEMBER_RENAMED: _renamed,
    contract.HOST_TRANSFERRED: _host_transferred,
    contract.PLAYBACK_STARTED: _scheduled,
    contract.PLAYBACK_PAUSED: _scheduled,
    contract.PLAYBACK_SOUGHT: _scheduled,
    contract.PLAYBACK_FINISHED: _finished,
    contract.PLAYBACK_HELD: _scheduled,
    contract.PLAYBACK_RESUMED: _scheduled,
    contract.VIDEO_CHANGED: _video_changed,
    contract.VIDEO_DURATION_KNOWN: _duration_known,
    contract.PARTY_SESSION_CHANGED: _changed,
    contract.MEMBER_GRANTS_CHANGED: _grants_changed,
    contract.MEMBER_REMOVED: _left,
    contract.MEMBER_BANNED: _unchanged,
    contract.MEMBER_UNBANNED: _unchanged,
    contract.INVITE_CODE_CHANGED: _unchanged,
    contract.PARTY_SESSION_ENDED: _ended,
}

#: Events that don't tell all that they changed: a replica is read again after them.
NEEDS_READING = frozenset({contract.INVITE_CODE_CHANGED})

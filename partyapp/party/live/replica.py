"""A process's own copy of a party: what a playback command is decided on without asking Postgres.

The copy may be old at any time. Nothing is ever decided by it alone: what was decided on revision N is
committed only while the party's row is at revision N, and every fact here changes with a revision.
"""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from partyapp.party import contract
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.playback import PlaybackState, PlaybackStatus
from partyapp.party.domain.state import PartyMemberState, PartyStatus, SyncedPartySessionState

_SCHEDULED = {contract.PLAYBACK_STARTED, contract.PLAYBACK_PAUSED, contract.PLAYBACK_SOUGHT}


class PartyReplica:
    """The state as of `state.revision` and who is present then.

    The members may be read a moment after the state: they are then newer than `state.revision` says, which
    a commit at that revision notices. Taking the events in between in again ends at the right ones.

    `turn` lets the commands of one process decide one after the other, so that they don't lose the race for
    a revision to each other. It guards no truth, and nothing is sent to a socket while it is held.
    """

    __slots__ = ("present", "state", "turn", "complete")

    def __init__(self, state: SyncedPartySessionState, present: Iterable[UUID]) -> None:
        self.state = state
        self.present = set(present)
        self.turn = threading.Lock()
        #: False once there was an event that this version of the program knows nothing of.
        self.complete = True

    def member(self, user_id: UUID) -> PartyMember | None:
        """The membership of somebody present, None for anybody else. Only who it is can be relied on."""
        if user_id not in self.present:
            return None
        return PartyMember(
            PartyMemberState(party_id=self.state.id, user_id=user_id, display_name="", joined_at_ms=0.0)
        )

    def advance_to(self, state: SyncedPartySessionState) -> None:
        """Take in what this process has just committed; nothing when the copy is as far already."""
        if state.revision == self.state.revision + 1:
            self.state = state

    def apply(self, event: dict[str, Any]) -> None:
        """Take the next event in, in the form in which the processes tell it; any other changes nothing."""
        if event["revision"] != self.state.revision + 1:
            return
        self.state = replace(self.state, revision=event["revision"], **self._changes(event))

    def _changes(self, event: dict[str, Any]) -> dict[str, Any]:
        kind, data = event["type"], event["data"]
        if kind in _SCHEDULED:
            return {"playback": _playback(event), "lead_ms": data["lead_ms"]}
        if kind == contract.PLAYBACK_FINISHED:
            return {"playback": _playback(event)}
        if kind == contract.MEMBER_JOINED:
            self.present.add(UUID(data["user_id"]))
            return {"member_count": self.state.member_count + 1}
        if kind == contract.MEMBER_LEFT:
            self.present.discard(UUID(data["user_id"]))
            return {"member_count": self.state.member_count - 1}
        if kind == contract.HOST_TRANSFERRED:
            return {"host_id": UUID(data["to_user_id"])}
        if kind == contract.PARTY_SESSION_ENDED:
            return {"status": PartyStatus.ENDED, "ended_at_ms": event["at_ms"]}
        self.complete = False
        return {}


def _playback(event: dict[str, Any]) -> PlaybackState:
    data = event["data"]
    return PlaybackState(
        status=PlaybackStatus(data["state"]),
        position_s=data["position_s"],
        rate=data["rate"],
        at_ms=data["at_ms"],
        revision=event["revision"],
    )

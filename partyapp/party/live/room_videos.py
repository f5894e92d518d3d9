"""What becomes of a party's film while it is watched: everybody in the party is told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from partyapp.party.application.views import video_view
from partyapp.party.live.room_messages import encoded
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.rooms import Hub


class PartyVideoChanged(msgspec.Struct, frozen=True, kw_only=True, tag="party_video"):
    """What the processes publish: a party's Video is this now."""

    party: UUID
    video: dict[str, Any]


#: The fields that a party keeps of its own accord: how long its film is, it is told by players.
_KEPT = ("id", "duration_s")
_FIELDS = ("title", "playback_url", "transcode_job")


class RoomVideos:
    """Takes in what has become of the films of this process's rooms."""

    def __init__(self, hub: Hub[RoomState]) -> None:
        self._hub = hub

    def receive(self, message: PartyVideoChanged) -> None:
        """Change the room's replica, and tell its sockets. What is about another film is let be."""
        room = self._hub.room(message.party)
        if room is None:
            return
        replica = room.state.replica
        video, shown = replica.state.video, message.video
        if shown.get("id") != str(video.id):
            return
        own = {name: shown[name] for name in _FIELDS if name in shown}
        details = {name: value for name, value in shown.items() if name not in (*_KEPT, *_FIELDS)}
        replica.state = replace(replica.state, video=replace(video, **own, details=details))
        room.broadcast(encoded({"type": "video", "video": video_view(replica.state.video)}))


def video_publisher(
    publish: Callable[[UUID, msgspec.Struct], None],
) -> Callable[[UUID, dict[str, Any]], None]:
    """What tells all processes that a party's Video is this now."""

    def tell(party_id: UUID, video: dict[str, Any]) -> None:
        publish(party_id, PartyVideoChanged(party=party_id, video=video))

    return tell

"""What is known of one party, by all members of it that this process has. Plain state, without IO.

Each member's socket brings the same events in the same order, so whichever brings one first is believed.
"""

from typing import Any

import msgspec

from partyapp.gateways.syncplay.party_messages import (
    EventNews,
    Member,
    Party,
    PlaybackNews,
    PresenceNews,
    Video,
    VideoNews,
)
from partyapp.party.domain.json_values import playback_from
from partyapp.party.domain.playback import PlaybackState

_PLAYBACK = "playback"
_HOST_ONLY = "host"


class PartyRoom:
    """A party: its film and playback, who is in it and who may do what. Ids are UUIDs as text."""

    __slots__ = (
        "_default_grants", "_names", "_online", "_own_grants", "control", "host_id", "id", "playback",
        "playback_by", "present", "revision", "title", "video",
    )  # fmt: skip

    def __init__(self, party: Party) -> None:
        self.id = party.id
        self.revision = -1
        self.playback = PlaybackState(revision=-1)
        #: Who gave the command by which the playback is as it is, as a user id.
        self.playback_by: str | None = None
        self._names: dict[str, str] = {}
        self._online: set[str] = set()
        #: Who is connected, as far as it is told. The same object as long as nobody comes or goes.
        self.present: frozenset[str] = frozenset()
        self._own_grants: dict[str, list[str]] = {}
        self.welcomed(party)

    @property
    def duration_s(self) -> float | None:
        """The film's length in s, None while it isn't known."""
        return self.video.duration_s

    @property
    def frame_rate(self) -> float | None:
        """The film's frames in 1/s, None where they aren't known or change."""
        return self.video.frame_rate

    def welcomed(self, party: Party) -> None:
        """Take a welcome's party; an older one than is known changes nothing."""
        if party.revision < self.revision:
            return
        self.revision = party.revision
        self.title, self.video = party.title, party.video
        self.host_id, self.control = party.host_id, party.control
        self._default_grants = party.default_grants
        for member in party.members:
            self._note(member)
        self._online.update(member.user_id for member in party.members if member.online)
        self._online.difference_update(member.user_id for member in party.members if not member.online)
        self._count()
        self._play(party.playback, None)

    def name_of(self, user_id: str) -> str:
        """A member's name; empty for one who isn't known here."""
        return self._names.get(user_id, "")

    def may_play(self, user_id: str) -> bool:
        """Whether this member may play, pause and seek."""
        return user_id == self.host_id or _PLAYBACK in self._own_grants.get(user_id, self._default_grants)

    def is_controlled_for(self, user_id: str) -> bool:
        """Whether this member's client has to know that not everybody may control the room."""
        return self.control == _HOST_ONLY or not self.may_play(user_id)

    def controllers(self) -> list[str]:
        """Who of those who are connected may play."""
        return [user_id for user_id in self.present if self.may_play(user_id)]

    def played(self, news: PlaybackNews) -> None:
        """A playback command, or a tick."""
        self._play(news.playback, news.by)
        self.revision = max(self.revision, news.revision)

    def happened(self, news: EventNews) -> None:
        """Another event."""
        event = news.event
        if event.revision <= self.revision:
            return
        self.revision = event.revision
        take = _EVENTS.get(event.type)
        if take is not None:
            take(self, event.data)
        if news.member is not None:
            self._note(news.member)
        if news.playback is not None:
            self._play(news.playback, event.actor_id)

    def presence(self, news: PresenceNews) -> None:
        """Who came and went."""
        for member in news.members:
            (self._online.add if member.online else self._online.discard)(member.user_id)
        self._count()

    def film(self, news: VideoNews) -> None:
        """The film was prepared further: its frames may be known now. Its length comes with an event."""
        if news.video.id == self.video.id:
            self.video = msgspec.structs.replace(self.video, frame_rate=news.video.frame_rate)

    def _play(self, facts: dict[str, Any], by: str | None) -> None:
        playback = playback_from(facts, int(facts["revision"]))
        if playback.revision > self.playback.revision:
            self.playback, self.playback_by = playback, by
        elif playback.revision == self.playback.revision:
            # For whom a hold waits may change within a revision.
            self.playback = playback

    def _count(self) -> None:
        if self._online != self.present:
            self.present = frozenset(self._online)

    def _note(self, member: Member) -> None:
        if member.display_name:
            self._names[member.user_id] = member.display_name
        self._grant(member.user_id, member.own_grants)

    def _grant(self, user_id: str, grants: list[str] | None) -> None:
        if grants is None:
            self._own_grants.pop(user_id, None)
        else:
            self._own_grants[user_id] = grants

    def _went(self, data: dict[str, Any]) -> None:
        user_id = str(data.get("user_id"))
        self._online.discard(user_id)
        self._own_grants.pop(user_id, None)
        self._count()

    def _renamed(self, data: dict[str, Any]) -> None:
        self._names[str(data.get("user_id"))] = str(data.get("display_name"))

    def _handed_over(self, data: dict[str, Any]) -> None:
        self.host_id = str(data.get("to_user_id"))
        if data.get("to_display_name"):
            self._names[self.host_id] = str(data["to_display_name"])

    def _granted(self, data: dict[str, Any]) -> None:
        self._grant(str(data.get("user_id")), data.get("grants"))

    def _changed(self, data: dict[str, Any]) -> None:
        changes = data.get("changes", {})
        self.title = changes.get("title", self.title)
        self.control = changes.get("control", self.control)
        self._default_grants = changes.get("default_grants", self._default_grants)

    def _film(self, data: dict[str, Any]) -> None:
        video = data.get("video", {})
        self.video = Video(
            id=video["id"],
            title=video["title"],
            duration_s=video.get("duration_s"),
            frame_rate=video.get("frame_rate"),
        )

    def _length_known(self, data: dict[str, Any]) -> None:
        if data.get("video_id") == self.video.id:
            self.video = msgspec.structs.replace(self.video, duration_s=data.get("duration_s"))


_EVENTS = {
    "member_left": PartyRoom._went,
    "member_removed": PartyRoom._went,
    "member_renamed": PartyRoom._renamed,
    "host_transferred": PartyRoom._handed_over,
    "member_grants_changed": PartyRoom._granted,
    "party_session_changed": PartyRoom._changed,
    "video_changed": PartyRoom._film,
    "video_duration_known": PartyRoom._length_known,
}

"""What each message of the service does to what a client knows: its party, its timeline, its clock."""

from party_client.member_clock import MemberClock
from party_client.replica import PartyReplica
from party_client.timeline import Timeline
from party_client.types import Json

_STATUS_MS = 1000.0
#: A service may ask for a status so often, and so seldom, ms.
_LEAST_MS, _MOST_MS = 250.0, 30_000.0


class Messages:
    """Takes the messages of one connection, socket after socket."""

    def __init__(self) -> None:
        self.clock = MemberClock()
        self.timeline = Timeline()
        self.replica = PartyReplica()
        #: Whether the socket's welcome has come.
        self.is_welcomed = False
        #: How often the service wants a status, ms.
        self.status_ms = _STATUS_MS
        self._video_id: str | None = None
        self._was_behind = False

    @property
    def video_id(self) -> str | None:
        """The film that the party shows."""
        return self._video_id

    def new_socket(self) -> None:
        """A socket begins."""
        self.is_welcomed = self._was_behind = False

    def take(self, message: Json, received_ms: float) -> bool:
        """Take one; False where something is missing, which another socket would bring."""
        kind = message["type"]
        if kind == "pong":
            self.clock.take_pong(message, received_ms)
            return True
        if kind == "pace":
            self._pace(message)
            return True
        whole = self._take_of_party(kind, message)
        self._follow(message)
        return whole

    def _take_of_party(self, kind: str, message: Json) -> bool:
        replica = self.replica
        if kind == "welcome":
            self._welcome(message)
        elif kind == "playback":
            return replica.playback(message["revision"], message["playback"]) != "gap"
        elif kind == "event":
            return replica.event(message) != "gap"
        elif kind == "tick":
            return self._tick(message)
        elif kind == "presence":
            replica.presence(message["members"])
        elif kind == "crowd":
            replica.crowd(message["online_count"])
        elif kind == "video":
            replica.video(message["video"])
        elif kind == "ended":
            replica.ended(message.get("revision"))
        return True

    def _welcome(self, message: Json) -> None:
        self.clock.note_epoch(message.get("clock_epoch"), message.get("root_bound_ms"))
        self._pace(message.get("pace") or {})
        if self.replica.welcome(message["party"], first_on_socket=not self.is_welcomed):
            self.is_welcomed = True

    def _tick(self, message: Json) -> bool:
        """A tick may overtake an event of its revision, so a revision is missing at the second one only."""
        self.clock.note_epoch(message.get("clock_epoch"))
        behind = self.replica.tick(message["revision"], message["playback"])
        missing, self._was_behind = behind and self._was_behind, behind
        return not missing

    def _pace(self, pace: Json) -> None:
        self.clock.set_pace(pace.get("ping_ms"))
        status_ms = pace.get("status_ms")
        if isinstance(status_ms, int | float) and _LEAST_MS <= status_ms <= _MOST_MS:
            self.status_ms = float(status_ms)

    def _follow(self, message: Json) -> None:
        """Have the timeline know what the party and this message know."""
        party = self.replica.party
        if party is None:
            return
        now_ms = self.clock.party_ms()
        now_ms = float("-inf") if now_ms is None else now_ms
        if party["video"]["id"] != self._video_id or party["playback"]["revision"] < self.timeline.revision:
            self.timeline.clear()
            self._video_id = party["video"]["id"]
        elif isinstance(message.get("playback"), dict):
            self.timeline.take(message["playback"], now_ms)
        self.timeline.take(party["playback"], now_ms)
        self.timeline.duration_s = party["video"]["duration_s"]

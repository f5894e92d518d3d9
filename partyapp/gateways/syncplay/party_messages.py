"""What the gateway reads of the party's messages (docs/protocol.md); the rest is passed over."""

from typing import Any

import msgspec


class Member(msgspec.Struct, kw_only=True):
    """A member of a party."""

    user_id: str
    display_name: str = ""
    online: bool = False
    own_grants: list[str] | None = None


class Video(msgspec.Struct, kw_only=True):
    """The party's film."""

    id: str
    title: str
    duration_s: float | None = None
    frame_rate: float | None = None


class Party(msgspec.Struct, kw_only=True):
    """A party as its members see it."""

    id: str
    title: str
    video: Video
    host_id: str
    control: str
    revision: int
    playback: dict[str, Any]
    default_grants: list[str]
    members: list[Member]


class ChatMessage(msgspec.Struct, kw_only=True):
    """Something that was said."""

    seq: int
    user_id: str
    display_name: str
    text: str | None = None
    deleted: bool = False


class Chat(msgspec.Struct, kw_only=True):
    """The chat in a welcome."""

    last_seq: int
    messages: list[ChatMessage] = msgspec.field(default_factory=list)


class Event(msgspec.Struct, kw_only=True):
    """Something that has happened to the party."""

    revision: int
    type: str
    actor_id: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Presence(msgspec.Struct, kw_only=True):
    """Whether a member is connected."""

    user_id: str
    online: bool


class Pace(msgspec.Struct, kw_only=True):
    """How often the server wants to be pinged and told, in ms."""

    ping_ms: float = 1000.0
    status_ms: float = 1000.0


class Problem(msgspec.Struct, kw_only=True):
    """Why something was refused."""

    code: str = ""
    detail: str = ""


class Head(msgspec.Struct, kw_only=True):
    """The type of a message."""

    type: str


class Welcome(msgspec.Struct, kw_only=True):
    """The first message."""

    party: Party
    clock_epoch: str = ""
    pace: Pace = msgspec.field(default_factory=Pace)
    chat: Chat | None = None


class Pong(msgspec.Struct, kw_only=True):
    """The answer to a ping; instants in ms."""

    n: int
    t1: float
    t2: float
    t3: float
    clock_epoch: str = ""


class PlaybackNews(msgspec.Struct, kw_only=True):
    """A playback command was committed, or a tick repeats the truth; `by` is a user id."""

    playback: dict[str, Any]
    revision: int
    by: str | None = None


class EventNews(msgspec.Struct, kw_only=True):
    """An event that is no playback command."""

    event: Event
    member: Member | None = None
    playback: dict[str, Any] | None = None


class PresenceNews(msgspec.Struct, kw_only=True):
    """Who came and went."""

    members: list[Presence]


class VideoNews(msgspec.Struct, kw_only=True):
    """What has become of the party's film while it is prepared."""

    video: Video


class ChatNews(msgspec.Struct, kw_only=True):
    """Somebody said something."""

    message: ChatMessage


class Answer(msgspec.Struct, kw_only=True):
    """To a command: its revision, or why it was refused."""

    id: str | None = None
    revision: int | None = None
    problem: Problem | None = None


class Ended(msgspec.Struct, kw_only=True):
    """The party has ended."""

    reason: str = ""


class Removed(msgspec.Struct, kw_only=True):
    """The member was put out."""

    banned: bool = False


Incoming = (
    Welcome
    | Pong
    | PlaybackNews
    | EventNews
    | PresenceNews
    | VideoNews
    | ChatNews
    | Answer
    | Ended
    | Removed
    | Pace
)

_head = msgspec.json.Decoder(Head).decode
_DECODERS = {
    name: msgspec.json.Decoder(kind).decode
    for name, kind in {
        "welcome": Welcome,
        "pong": Pong,
        "playback": PlaybackNews,
        "tick": PlaybackNews,
        "event": EventNews,
        "presence": PresenceNews,
        "video": VideoNews,
        "chat": ChatNews,
        "ack": Answer,
        "error": Answer,
        "ended": Ended,
        "removed": Removed,
        "pace": Pace,
    }.items()
}


def decoded(text: str) -> Incoming | None:
    """The message; None for one that is of no use here. Raises `msgspec.MsgspecError` for a broken one."""
    decode = _DECODERS.get(_head(text).type)
    return None if decode is None else decode(text)

"""What was said in a party, as it is stored and shown."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One message. `seq` counts a party's messages from 1 without a gap; `at_ms` is in ms of party time.

    `position_s` is where the party's film `video_id` was then, in s. A deleted message keeps its place and
    has no text; `deletion` counts the party's deletions from 1 without a gap, None while it is not deleted.
    """

    seq: int
    id: UUID
    user_id: UUID
    display_name: str
    text: str
    at_ms: float
    position_s: float
    video_id: UUID
    deletion: int | None = None


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """That a party's message `seq` was deleted, as its deletion numbered `number`."""

    number: int
    seq: int


@dataclass(frozen=True, kw_only=True)
class ChatHead:
    """How far a party's chat has come: the latest message, deletion and change of who is muted, each counted
    from 1 without a gap; 0 before the first."""

    last_seq: int = 0
    deletions: int = 0
    mutes: int = 0

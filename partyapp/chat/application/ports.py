"""What the chat needs of the world, as Protocols, and what is handed to it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

from partyapp.chat.domain.message import ChatHead, ChatMessage, Deletion
from partyapp.chat.domain.reaction import Reactions
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.state import SyncedPartySessionState


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What somebody wants to say. `id` is theirs: the same again is the same message. `at_ms` is now."""

    party_id: UUID
    id: UUID
    user_id: UUID
    text: str
    at_ms: float


@dataclass(frozen=True, kw_only=True)
class Said:
    """The message that it became. `first` is False for one that was there already.

    `is_due`: the room of this process has not been sent it yet, since it misses an earlier one.
    """

    message: ChatMessage
    first: bool
    is_due: bool = False


@dataclass(frozen=True, kw_only=True)
class ChatSlice:
    """Which messages are asked for: those after or before a `seq`, and of one film's stretch in s, if given.

    With `before`, the ones just before it. With neither, the newest.
    """

    after: int | None = None
    before: int | None = None
    video_id: UUID | None = None
    from_s: float | None = None
    to_s: float | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True)
class ChatReading:
    """A party's chat as it was at one instant. Messages are oldest first.

    `deleted`: the latest deletions. `muted_until_ms`: until when the reader may not write, in ms.
    """

    head: ChatHead
    messages: Sequence[ChatMessage]
    deleted: Sequence[Deletion] = field(default_factory=tuple)
    muted_until_ms: float | None = None


#: The name by which a party's `ChatMark` is read with the party.
CHAT_MARK = "chat"


class ChatMark(NamedTuple):
    """How far a party's chat has come, as it was read with the party. `mutes`: whether anybody was muted."""

    head: ChatHead
    mutes: bool

    @classmethod
    def of(cls, column: Any) -> Self:
        """The mark in what the statement has read: `[[last_seq, deletions, mutes] or null, mutes]`."""
        counted, mutes = column
        last_seq, deletions, changes = counted or (0, 0, 0)
        return cls(ChatHead(last_seq=last_seq, deletions=deletions, mutes=changes), mutes)

    def answers(self, after: int | None) -> bool:
        """Whether it says all that a welcome needs, for who has seen what is up to `after`."""
        nothing_missed = self.head.last_seq in (0, after)
        return nothing_missed and not self.head.deletions and not self.mutes


class Mutes(NamedTuple):
    """Who of a party may not write until when, in ms, which may be over; as of `ChatHead.mutes`, `number`."""

    number: int
    until_ms: Mapping[UUID, float]


class ChatQuestion(NamedTuple):
    """What a welcome needs of a party's chat, for this person.

    The newest messages, `limit` at most, and with `after` of those after it alone; so many deletions.
    """

    party_id: UUID
    user_id: UUID
    after: int | None
    limit: int
    most_deleted: int


class ChatStore(Protocol):
    """A party's messages. Every method raises `Unavailable` without the database."""

    def say(self, saying: Saying) -> Said:
        """Take a message in, as a whole or not at all; the party and the right to write are checked with it.

        Raises `PartyNotFound`, `NotAMember`, `PartyEnded`, `ChatDisabled`, `NotGranted`, `Muted`, or
        `IdTaken`.
        """
        ...

    def messages(self, party_id: UUID, wanted: ChatSlice) -> Sequence[ChatMessage]:
        """These messages, oldest first."""
        ...

    def message(self, party_id: UUID, seq: int) -> ChatMessage | None:
        """One message."""
        ...

    def readings(self, asked: Sequence[ChatQuestion]) -> Sequence[ChatReading]:
        """The answers to these, in their order, each as one instant has it."""
        ...

    def heads(self, party_ids: Sequence[UUID]) -> Mapping[UUID, ChatHead]:
        """How far these parties' chats have come; one without messages may be missing."""
        ...

    def delete(self, party_id: UUID, seq: int) -> Deletion | None:
        """Take a message's text away for ever; None when it was deleted before or never was."""
        ...

    def deletions(self, party_id: UUID, after: int, limit: int) -> Sequence[Deletion]:
        """The deletions after the one numbered `after`, in order."""
        ...

    def mute(self, party_id: UUID, user_id: UUID, until_ms: float | None) -> int:
        """Have somebody not write until then; None: they may write again. Returns the change's number."""
        ...

    def mutes(self, party_id: UUID) -> Mutes:
        """All mutes of a party as one instant has them."""
        ...


class ChatRoomsPort(Protocol):
    """What brings the chat to the members that are connected. Nothing of it raises or waits for others."""

    def turn(self, party_id: UUID) -> AbstractContextManager[None]:
        """One after the other for each party: messages would wait for one another in the database anyway.

        Raises `Unavailable` after having waited for too long.
        """
        ...

    def said(self, party_id: UUID, message: ChatMessage) -> bool:
        """A message was committed; whether the party's room here, if there is one, has been sent it now."""
        ...

    def deleted(self, party_id: UUID, deletion: Deletion) -> None:
        """A message was deleted."""
        ...

    def muted(self, party_id: UUID, user_id: UUID, until_ms: float | None, number: int) -> None:
        """Somebody may not write until then, or may again, as the party's change of this number."""
        ...


class ReactionsPort(Protocol):
    """Where reactions are brought together."""

    def react(self, party_id: UUID, reactions: Reactions) -> None:
        """Show them to the room soon. Doesn't wait."""
        ...


class Standing(Protocol):
    """What a process knows of a party and of somebody in it, without asking anybody."""

    def known(
        self, party_id: UUID, user_id: UUID
    ) -> tuple[SyncedPartySessionState, PartyMember | None] | None:
        """The party and the membership; None where no one of the party is connected here."""
        ...

    def muted_until_ms(self, party_id: UUID, user_id: UUID) -> float | None:
        """Until when they may not write, as far as is known here."""
        ...


class Membership(Protocol):
    """A party as somebody may know of it, with their membership."""

    @property
    def state(self) -> SyncedPartySessionState: ...
    @property
    def own(self) -> PartyMember | None: ...
    @property
    def readable_whole(self) -> bool: ...


class PartyReader(Protocol):
    """Reads parties."""

    def membership(self, party_id: UUID, reader_id: UUID) -> Membership:
        """The party and the reader's own membership. Raises `PartyNotFound` for a private one of others."""
        ...


#: Counts what a person sends. Raises `RateLimited` when it is one too many.
Limit = Callable[[UUID], None]

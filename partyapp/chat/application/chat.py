"""What a person may do in a party's chat: say something, read, delete, mute, react."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from partyapp.chat.application.ports import (
    ChatQuestion,
    ChatRoomsPort,
    ChatSlice,
    ChatStore,
    Limit,
    Membership,
    PartyReader,
    ReactionsPort,
    Said,
    Saying,
    Standing,
)
from partyapp.chat.domain.chat_text import BadText, chat_text
from partyapp.chat.domain.errors import ChatDisabled, Muted, NoSuchMember, NoSuchMessage
from partyapp.chat.domain.message import ChatMessage
from partyapp.chat.domain.reaction import MAX_BYTES, Reactions, reaction
from partyapp.party.domain.aggregate import PartyAggregate
from partyapp.party.domain.errors import NotAMember, PartyEnded
from partyapp.party.domain.grants import Grant
from partyapp.party.domain.state import PartyStatus
from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import Forbidden, ValidationFailed
from partyapp.shared.kernel.principal import Principal


class HostIsNotMuted(Forbidden):
    detail = "The host can't be muted."


class NotYours(Forbidden):
    detail = "Only who wrote a message, or who may moderate, may delete it."


@dataclass(frozen=True, kw_only=True)
class Chat:
    """The chat of every party. `limit` counts messages, `reaction_limit` reactions of a person."""

    store: ChatStore
    rooms: ChatRoomsPort
    reactions: ReactionsPort
    standing: Standing
    parties: PartyReader
    clock: Clock
    limit: Limit
    reaction_limit: Limit

    def say(self, actor: Principal, party_id: UUID, message_id: UUID, text: str) -> Said:
        """Say something to all members; the same `message_id` again is the same message.

        Raises `ValidationFailed`, `RateLimited`, and what `ChatStore.say` raises.
        """
        try:
            shown = chat_text(text)
        except BadText as problem:
            raise ValidationFailed(errors={"text": [str(problem)]}) from None
        self.limit(actor.user_id)
        with self.rooms.turn(party_id):
            said = self.store.say(
                Saying(
                    party_id=party_id,
                    id=message_id,
                    user_id=actor.user_id,
                    text=shown,
                    at_ms=self.clock.now_ms(),
                )
            )
            # One that was there already may never have been announced: its sender lost the database.
            was_sent = self.rooms.said(party_id, said.message)
        return said if was_sent else replace(said, is_due=True)

    def messages(self, reader: Principal, party_id: UUID, wanted: ChatSlice) -> Sequence[ChatMessage]:
        """These messages, for members. Raises `PartyNotFound` or `NotAMember`."""
        if not self.parties.membership(party_id, reader.user_id).readable_whole:
            raise NotAMember()
        return self.store.messages(party_id, wanted)

    def delete(self, actor: Principal, party_id: UUID, seq: int) -> None:
        """Take a message's text away for ever; again changes nothing.

        Raises `PartyNotFound`, `NotAMember`, `PartyEnded`, `NoSuchMessage` or `Forbidden`.
        """
        party = self._active(actor, party_id)
        message = self.store.message(party_id, seq)
        if message is None:
            raise NoSuchMessage()
        if message.user_id != actor.user_id:
            _must_have(party, Grant.MODERATE, NotYours.detail)
        deletion = self.store.delete(party_id, seq)
        if deletion is not None:
            self.rooms.deleted(party_id, deletion)

    def mute(self, actor: Principal, party_id: UUID, user_id: UUID, muted_s: float) -> float | None:
        """Have a member not write for so long, in s; 0: they may write again. Returns until when, in ms.

        Raises `PartyNotFound`, `NotAMember`, `PartyEnded`, `NotGranted`, `NoSuchMember` or `Forbidden`.
        """
        party = self._active(actor, party_id)
        _must_have(party, Grant.MODERATE)
        if user_id == party.state.host_id:
            raise HostIsNotMuted()
        self._must_be_there(party_id, user_id)
        until_ms = self.clock.now_ms() + muted_s * 1000.0 if muted_s else None
        number = self.store.mute(party_id, user_id, until_ms)
        self.rooms.muted(party_id, user_id, until_ms, number)
        return until_ms

    def muted_until_ms(self, actor: Principal, party_id: UUID, user_id: UUID) -> float | None:
        """Until when a member may not write, in ms, for who may moderate; None: they may.

        Raises `PartyNotFound`, `NotAMember`, `PartyEnded`, `NotGranted` or `NoSuchMember`.
        """
        _must_have(self._active(actor, party_id), Grant.MODERATE)
        self._must_be_there(party_id, user_id)
        # Of the chat itself nothing is asked for.
        question = ChatQuestion(party_id, user_id, after=None, limit=0, most_deleted=0)
        (reading,) = self.store.readings([question])
        until_ms = reading.muted_until_ms or 0.0
        return until_ms if until_ms > self.clock.now_ms() else None

    def react(self, actor: Principal, party_id: UUID, emoji: str) -> None:
        """Show a reaction to all members. It is kept nowhere, so nothing waits here.

        Raises `ValidationFailed`, `RateLimited`, `NotAMember`, `PartyEnded`, `ChatDisabled`, `NotGranted` or
        `Muted`.
        """
        shown = reaction(emoji)
        if shown is None:
            problem = f"Must be one emoji or character of at most {MAX_BYTES} bytes."
            raise ValidationFailed(errors={"emoji": [problem]})
        self.reaction_limit(actor.user_id)
        found = self.standing.known(party_id, actor.user_id)
        if found is None:
            raise NotAMember()
        state, member = found
        if state.status is PartyStatus.ENDED:
            raise PartyEnded()
        if not state.settings.chat_enabled:
            raise ChatDisabled()
        PartyAggregate(state).must_have(member, Grant.CHAT)
        left_ms = (self.standing.muted_until_ms(party_id, actor.user_id) or 0.0) - self.clock.now_ms()
        if left_ms > 0 and actor.user_id != state.host_id:
            raise Muted(left_ms)
        self.reactions.react(party_id, Reactions(counts={shown: 1}, by=[actor.user_id]))

    def _must_be_there(self, party_id: UUID, user_id: UUID) -> None:
        if self.parties.membership(party_id, user_id).own is None:
            raise NoSuchMember()

    def _active(self, actor: Principal, party_id: UUID) -> Membership:
        """The party, which has not ended, and its member."""
        party = self.parties.membership(party_id, actor.user_id)
        if party.state.status is PartyStatus.ENDED and party.readable_whole:
            raise PartyEnded()
        if party.own is None:
            raise NotAMember()
        return party


def _must_have(party: Membership, grant: Grant, detail: str | None = None) -> None:
    PartyAggregate(party.state).must_have(party.own, grant, detail)

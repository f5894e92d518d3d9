"""Places for a chat's store, each with what puts a party there: the fake, and Postgres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine

from partyapp.chat.application.ports import ChatQuestion, ChatReading, ChatSlice, ChatStore, Saying
from partyapp.chat.domain.message import ChatMessage
from partyapp.chat.infrastructure.entities import ChatCounterEntity, ChatMessageEntity, ChatMuteEntity
from partyapp.chat.infrastructure.postgres_chat import PostgresChat
from partyapp.party.domain.member import PartyMember
from partyapp.party.domain.session import SyncedPartySession
from partyapp.party.domain.state import SyncedPartySessionState
from partyapp.party.infrastructure import mapping
from partyapp.party.infrastructure.entities import PartyMemberEntity, SyncedPartySessionEntity
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.storage.database import Transactions
from tests.support.fakes_chat import InMemoryChat
from tests.support.fresh_database import emptied
from tests.support.party_objects import T0, created, host_of, member_of

ENTITIES = (
    SyncedPartySessionEntity,
    PartyMemberEntity,
    ChatCounterEntity,
    ChatMessageEntity,
    ChatMuteEntity,
)
#: Threads that say something at the same time.
AT_ONCE = 8


class Place(NamedTuple):
    """A store, and what puts a party with its members there."""

    chat: ChatStore
    put: Callable[[SyncedPartySessionState, list[PartyMember]], None]


def postgres_place(engine: Engine) -> Place:
    """On these tables, which are emptied."""
    emptied(engine, ENTITIES)
    transactions = Transactions(engine)

    def put(state: SyncedPartySessionState, members: list[PartyMember]) -> None:
        with transactions.begin() as session:
            session.add(SyncedPartySessionEntity(**mapping.session_columns(state, T0)))
            session.flush()
            for member in members:
                session.add(PartyMemberEntity(**mapping.member_columns(member)))

    return Place(PostgresChat(transactions), put)


def fake_place() -> Place:
    """In memory."""
    fake = InMemoryChat()

    def put(state: SyncedPartySessionState, members: list[PartyMember]) -> None:
        fake.parties[state.id] = state
        fake.members.update({(state.id, member.user_id): member for member in members})

    return Place(fake, put)


class Party:
    """A party in a place, with its host and a member."""

    def __init__(self, place: Place, member: dict[str, Any] | None = None, **changes: Any) -> None:
        session: SyncedPartySession = created(**changes)
        self.state = replace(session.state, **changes)
        self.id, self.host = self.state.id, self.state.host_id
        self.member = member_of(session, **(member or {}))
        self.chat = place.chat
        place.put(self.state, [host_of(session), self.member])

    def saying(self, user_id: UUID | None = None, **changes: Any) -> Saying:
        good = Saying(
            party_id=self.id,
            id=new_id(),
            user_id=user_id or self.member.user_id,
            text="Hier bin ich 🎬",
            at_ms=T0 + 5000,
        )
        return replace(good, **changes)

    def say(self, user_id: UUID | None = None, **changes: Any) -> ChatMessage:
        return self.chat.say(self.saying(user_id, **changes)).message

    def all(self) -> list[ChatMessage]:
        return list(self.chat.messages(self.id, ChatSlice(after=0, limit=1000)))

    def reading(self, after: int | None = None, limit: int = 50) -> ChatReading:
        question = ChatQuestion(self.id, self.member.user_id, after, limit, most_deleted=200)
        (found,) = self.chat.readings([question])
        return found

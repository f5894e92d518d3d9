"""A web process's live side with a chat."""

from __future__ import annotations

from uuid import UUID

import gevent

from partyapp.chat.application.ports import Saying
from partyapp.chat.domain.message import ChatMessage
from partyapp.chat.live.chat_feed import ChatFeed
from partyapp.chat.live.chat_messages import ChatSaid, message_json
from partyapp.party.live.room_join import RoomJoin
from partyapp.party.live.welcome_parts import WelcomeParts
from partyapp.shared.kernel.ids import new_id
from tests.support.fakes_chat import InMemoryChat
from tests.support.live_env import Line, LiveEnv
from tests.support.party_objects import T0


class ChatEnv(LiveEnv):
    """A process with a chat, on a store that others write to as well."""

    def __init__(self) -> None:
        super().__init__()
        self.chat = InMemoryChat()
        state = self.store.session.state
        self.chat.parties[state.id] = state
        self.chat.members = {(state.id, user): member for user, member in self.store.members.items()}
        bus: object = self.bus
        self.talk = ChatFeed(self.hub, self.chat, bus)  # type: ignore[arg-type]
        parts = WelcomeParts()
        parts.add(self.talk)
        self.join = RoomJoin(self.hub, self.feed, self.clock, self.store, bus, 20.0, parts)  # type: ignore[arg-type]

    def said(self, text: str = "Hm") -> ChatMessage:
        """Somebody, on any process, has said something."""
        host = self.store.session.state.host_id
        saying = Saying(party_id=self.store.id, id=new_id(), user_id=host, text=text, at_ms=T0)
        return self.chat.say(saying).message

    def hear(self, message: ChatMessage) -> None:
        """It comes in over the bus."""
        self.talk.receive_said(ChatSaid(party=self.store.id, message=message))
        gevent.sleep(0)

    def welcome_messages(self) -> list[object]:
        """The messages as a welcome has them."""
        return [message_json(message) for message in self.chat.said[self.store.id]]

    def welcome(self, line: Line) -> dict[str, object]:
        found: dict[str, object] = line.of("welcome")[-1]["chat"]
        return found


def new_member(env: ChatEnv) -> UUID:
    env.store.join()
    gevent.sleep(0)
    return list(env.store.members)[-1]

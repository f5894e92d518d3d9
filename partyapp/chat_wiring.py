"""The chat of a web process, put together: which object gets which others, and who handles what."""

from dataclasses import dataclass
from typing import Any

from partyapp.bootstrap import Resources
from partyapp.chat.application.chat import Chat
from partyapp.chat.controllers.chat_socket import ChatSocket
from partyapp.chat.infrastructure.postgres_chat import PostgresChat
from partyapp.chat.live.chat_feed import ChatFeed
from partyapp.chat.live.chat_limits import ChatLimit
from partyapp.chat.live.chat_messages import ChatDeleted, ChatMuted, ChatSaid, Reacted
from partyapp.chat.live.reaction_feed import ReactionFeed
from partyapp.chat.live.standing import Replicas, ReplicaStanding
from partyapp.party.controllers.party_socket import PartySocket
from partyapp.party.live.welcome_parts import WelcomeParts
from partyapp.realtime.messages import MessageRouter
from partyapp.realtime.pubsub.redis_pubsub import Bus
from partyapp.realtime.rooms import Hub
from partyapp.realtime.ticker import TickedRooms
from partyapp.realtime.websocket.socket_messages import SocketMessages


@dataclass(frozen=True, kw_only=True)
class Talk:
    """The chat, and what works on it beside requests."""

    chat: Chat
    feed: ChatFeed
    reactions: ReactionFeed
    limits: tuple[ChatLimit, ...]

    def receive(self, messages: MessageRouter, sent: SocketMessages[PartySocket]) -> None:
        """Say what takes each kind of message of other processes, and of those that sockets send."""
        ChatSocket(self.chat).register(sent)
        messages.register(ChatSaid, self.feed.receive_said)
        messages.register(ChatDeleted, self.feed.receive_deleted)
        messages.register(ChatMuted, self.feed.receive_muted)
        messages.register(Reacted, self.reactions.receive)
        messages.register_subscribed(self.feed.subscribed)


@dataclass(frozen=True)
class Ticked:
    """What the tick reaches: the party's rooms first, since all follow them."""

    rooms: TickedRooms
    chat: TickedRooms

    def tick(self) -> None:
        """Tick both."""
        try:
            self.rooms.tick()
        finally:
            self.chat.tick()


def build_chat(
    resources: Resources,
    bus: Bus,
    hub: Hub[Any],
    replicas: Replicas,
    parts: WelcomeParts,
    process_id: str,
) -> Talk:
    """The chat on the rooms of `hub`; `process_id` is this process's."""
    rates, store = resources.settings.rates, PostgresChat(resources.transactions)
    limit, reaction_limit = (
        ChatLimit(
            rule,
            rate,
            enabled=rates.enabled,
            client=resources.redis,
            clock=resources.clock,
            names=resources.settings.redis_names,
        )
        for rule, rate in (("chat", rates.chat), ("reactions", rates.reactions))
    )
    feed, reactions = ChatFeed(hub, store, bus), ReactionFeed(hub, bus, process_id)
    parts.add(feed)
    chat = Chat(
        store=store,
        rooms=feed,
        reactions=reactions,
        standing=ReplicaStanding(replicas, feed),
        parties=resources.queries,
        clock=resources.clock,
        limit=limit,
        reaction_limit=reaction_limit,
    )
    return Talk(chat=chat, feed=feed, reactions=reactions, limits=(limit, reaction_limit))

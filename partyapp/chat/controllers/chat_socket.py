"""The chat over the party's WebSocket: `chat` and `react`."""

import logging
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from msgspec import Meta

from partyapp.chat.application.chat import Chat
from partyapp.chat.domain.reaction import MAX_BYTES
from partyapp.chat.live.chat_messages import chat_message
from partyapp.realtime.websocket.socket_messages import SocketContext, SocketMessage, SocketMessages
from partyapp.shared.kernel.errors import Refusal, Unavailable

C = TypeVar("C", bound=SocketContext)

log = logging.getLogger(__name__)

#: Before trimming a text may be longer than what is kept of it.
MAX_WRITTEN = 4000

Text = Annotated[str, Meta(min_length=1, max_length=MAX_WRITTEN, extra={"problem": "Must be a text."})]
Emoji = Annotated[
    str, Meta(min_length=1, max_length=MAX_BYTES, extra={"problem": "Must be one emoji or character."})
]


class Say(SocketMessage, frozen=True, tag="chat"):
    """A message; `id` is the client's own, and the same again is the same message."""

    id: UUID
    text: Text


class React(SocketMessage, frozen=True, tag="react"):
    """A reaction."""

    emoji: Emoji


class ChatSocket:
    """Takes what sockets send about the chat."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def register(self, messages: SocketMessages[C]) -> None:
        """Have sockets send these."""
        messages.register(Say, self.on_say)
        messages.register(React, self.on_react)

    def on_say(self, socket: SocketContext, message: Say) -> None:
        """Say something; who said it hears of it as all others do."""
        socket.spawn(partial(self._say, socket, message))

    def on_react(self, socket: SocketContext, message: React) -> None:
        """Show a reaction."""
        self._chat.react(socket.principal, socket.party_id, message.emoji)

    def _say(self, socket: SocketContext, message: Say) -> None:
        try:
            said = self._chat.say(socket.principal, socket.party_id, message.id, message.text)
        except Refusal as refusal:
            _refuse(socket, refusal, message.id)
        except Exception as error:
            log.error("a message was not taken: %s", type(error).__name__, exc_info=True)
            _refuse(socket, Unavailable("The message could not be taken."), message.id)
        else:
            if not said.first and not said.is_due:
                # All others have it. Who sends it again has perhaps never heard that it was taken.
                socket.send(chat_message(said.message))


def _refuse(socket: SocketContext, refusal: Refusal, message_id: UUID) -> None:
    socket.send({"type": "error", "id": str(message_id), "problem": refusal.problem()})

"""Who sends a message again hears of it, and never before the one that came before it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from partyapp.chat.application.ports import Said
from partyapp.chat.controllers.chat_socket import ChatSocket, Say
from partyapp.chat.domain.message import ChatMessage
from partyapp.shared.kernel.ids import new_id

MESSAGE = ChatMessage(
    seq=3,
    id=new_id(),
    user_id=new_id(),
    display_name="Ada",
    text="Hm",
    at_ms=1.0,
    position_s=2.0,
    video_id=new_id(),
)


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (Said(message=MESSAGE, first=True), False),
        (Said(message=MESSAGE, first=False), True),
        (Said(message=MESSAGE, first=False, is_due=True), False),
    ],
)
def test_only_what_the_room_has_had_is_sent_again(said: Said, answered: bool) -> None:
    sent: list[Any] = []
    chat: Any = SimpleNamespace(say=lambda *_: said)
    socket: Any = SimpleNamespace(
        principal=None, party_id=new_id(), send=sent.append, spawn=lambda work: work()
    )
    ChatSocket(chat).on_say(socket, Say(id=MESSAGE.id, text="Hm"))
    assert bool(sent) is answered

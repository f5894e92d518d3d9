"""A process says that it starts, and the others compare what they know with Postgres."""

from __future__ import annotations

from partyapp.realtime.messages import MessageRouter, encode
from partyapp.realtime.process_start import ComparedAtStarts, ProcessStarted


def test_all_is_compared_at_the_message_of_a_start() -> None:
    compared: list[str] = []

    class Kept:
        def __init__(self, name: str) -> None:
            self.name = name

        def compare_soon(self) -> None:
            compared.append(self.name)

    messages = MessageRouter("this one")
    messages.register(ProcessStarted, ComparedAtStarts(Kept("parties"), Kept("chats")).receive)
    messages.received("party:tick", encode(ProcessStarted()))
    assert compared == ["parties", "chats"]

"""Players are steered while a socket is open, whatever one of them does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from party_client import CallbackPlayer
from party_client.errors import ConnectionOverError, ProblemError
from party_client.member_clock import own_ms
from party_client.messages import Messages
from party_client.pending import MOST_PENDING, PendingCommands
from party_client.steering import Steering

from partyapp.simulation.player import SimulatedPlayer
from tests.unit.clients.test_python_party import VECTORS


def welcomed_and_timed() -> Messages:
    messages = Messages()
    messages.new_socket()
    messages.take({"type": "welcome", "party": VECTORS[0]["before"]}, 0.0)
    ping = messages.clock.next_ping()
    server_ms = ping["t1"] + 1.7e12
    messages.take({"type": "pong", "n": ping["n"], "t2": server_ms, "t3": server_ms}, own_ms())
    return messages


def test_a_player_that_fails_is_logged_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> float:
        raise RuntimeError("the player is gone")

    async def steer() -> list[Any]:
        sent: list[Any] = []
        told = asyncio.Event()

        async def send(message: Any) -> bool:
            sent.append(message)
            told.set()
            return True

        steering = Steering(welcomed_and_timed())
        nothing: Any = lambda *_: None  # noqa: E731
        steering.add(CallbackPlayer(broken, lambda: "paused", nothing, nothing, nothing))
        steering.add(SimulatedPlayer(own_ms))
        task = asyncio.create_task(steering.run(send))
        async with asyncio.timeout(30):
            await told.wait()
        task.cancel()
        return sent

    (status, *_) = asyncio.run(steer())
    assert status["type"] == "status"
    assert status["state"] == "paused"
    assert status["video_id"] == VECTORS[0]["before"]["video"]["id"]
    assert "the player is gone" in caplog.text


def test_answers_find_who_asked() -> None:
    async def ask() -> None:
        pending = PendingCommands()
        answers = {name: pending.add({"type": "command", "id": name, "action": "play"}) for name in "abc"}
        assert [message["id"] for message in pending.messages()] == list("abc")
        with pytest.raises(ValueError, match="waits for its answer"):
            pending.add({"type": "chat", "id": "a", "text": "again"})
        pending.answered({"type": "ack", "id": "a", "revision": 4})
        pending.answered({"type": "playback", "command_id": "b", "revision": 5})
        pending.answered({"type": "error", "id": "c", "problem": {"code": "forbidden", "status": 403}})
        pending.answered({"type": "ack", "id": "of somebody else", "revision": 1})
        assert (await answers["a"])["revision"] == 4
        assert (await answers["b"])["revision"] == 5
        with pytest.raises(ProblemError) as refused:
            await answers["c"]
        assert refused.value.code == "forbidden"

    asyncio.run(ask())


def test_the_end_of_the_party_answers_who_asked_for_it() -> None:
    async def ask() -> None:
        pending = PendingCommands()
        end = pending.add({"type": "command", "id": "end", "action": "end"})
        play = pending.add({"type": "command", "id": "play", "action": "play"})
        pending.over("ended", ConnectionOverError("ended"), 9)
        assert (await end)["revision"] == 9
        with pytest.raises(ConnectionOverError):
            await play
        for number in range(MOST_PENDING):
            pending.forget("end")
            pending.forget("play")
            pending.add({"type": "command", "id": str(number)})
        with pytest.raises(ProblemError):
            pending.add({"type": "command", "id": "one too many"})

    asyncio.run(ask())

"""Twenty people press at once, on two web processes: everybody sees one order, and every command once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, Socket
from tests.support.waiting import RECOVERY_S
from tests.support.web_workers import on_two_workers, worker_of

pytestmark = pytest.mark.stack

MEMBERS, EACH, SEED, TRIES = 20, 50, 4, 20


@pytest.fixture
def two_processes() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        yield running


def press(socket: Socket, seed: int, start: threading.Barrier) -> list[tuple[str, Json]]:
    """Random commands, a few under way at any time; each with its answer.

    Twenty people at one party are more than a busy machine may carry at once. Then some are asked to try
    again, and do so as a client does, with the same id.
    """
    chance = random.Random(seed)
    start.wait(RECOVERY_S)
    answers: list[tuple[str, Json]] = []
    while len(answers) < EACH:
        sent = [command(chance) for _ in range(min(chance.randint(1, 5), EACH - len(answers)))]
        for one in sent:
            socket.send(one)
        answers += [(one["id"], acknowledged(socket, one)) for one in sent]
    return answers


def command(chance: random.Random) -> Json:
    action = chance.choice(("play", "pause", "seek"))
    fields = {"position_s": round(chance.uniform(0, 500), 3)} if action == "seek" else {}
    return {"type": "command", "id": str(uuid4()), "action": action, **fields}


def acknowledged(socket: Socket, sent: Json) -> Json:
    """The answer, asked for again while there is no room for it."""
    start = 0
    for _ in range(TRIES):
        answer = socket.answer(sent["id"], start=start)
        if answer["type"] == "ack":
            return answer
        assert answer["problem"]["status"] == 503, answer
        start = len(socket.messages)
        socket.send(sent)
    raise AssertionError("never acknowledged")


def told_in_order(socket: Socket, after: int) -> list[Json]:
    """The playback messages as they came in, from after the last join on."""
    return [message for message in socket.of_type("playback") if message["revision"] > after]


def test_a_thousand_commands_of_twenty_members_on_two_processes(two_processes: Stack) -> None:
    with ThreadPoolExecutor(8) as crowd:
        guests = list(crowd.map(lambda n: Guest(two_processes.url, f"Guest {n}"), range(MEMBERS)))
        path = str(guests[0].create_party(visibility="public", control="everyone")["id"])
        list(crowd.map(lambda guest: guest.join(path), guests[1:]))
    sockets = [guests[0].connect(path)]
    sockets[0].expect("welcome")
    sockets.append(on_two_workers(two_processes, lambda: guests[1].connect(path), sockets[0]))
    for guest in guests[2:]:
        sockets.append(guest.connect(path))
        sockets[-1].expect("welcome")
    assert len({worker_of(two_processes, socket) for socket in sockets}) == 2
    first = int(guests[0].party(path)["revision"])
    last = first + MEMBERS * EACH
    start = threading.Barrier(MEMBERS)
    with ThreadPoolExecutor(MEMBERS) as crowd:
        jobs = [crowd.submit(press, socket, SEED + n, start) for n, socket in enumerate(sockets)]
        answers = [answer for job in jobs for answer in job.result()]
    assert {answer["type"] for _, answer in answers} == {"ack"}
    assert sorted(answer["revision"] for _, answer in answers) == list(range(first + 1, last + 1))
    log = [event for event in guests[0].events(path) if event["revision"] > first]
    assert [event["revision"] for event in log] == list(range(first + 1, last + 1))
    for socket in sockets:
        socket.wait_for_revision(last)
        socket.check_no_gap()
    heard = [told_in_order(socket, first) for socket in sockets]
    assert [message["revision"] for message in heard[0]] == list(range(first + 1, last + 1))
    assert all(messages == heard[0] for messages in heard), "one order, and the same words, for all"
    told = {command_id: answer["revision"] for command_id, answer in answers}
    assert {message["command_id"]: message["revision"] for message in heard[0]} == told
    for guest in guests:
        guest.close()

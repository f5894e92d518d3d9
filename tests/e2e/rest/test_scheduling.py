"""A command says when, and the slowest member decides how far ahead: also from another web process."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, Socket, eventually
from tests.support.web_workers import on_two_workers, worker_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

MIN_LEAD_MS = 80.0
SLOW_MS = 300.0

#: What a member says of itself, alone in a party of four.
LIE_MS = 1000.0


@pytest.fixture(scope="module")
def two_processes() -> Iterator[Stack]:
    """A stack with two web processes."""
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        yield running


@pytest.fixture
def pair(two_processes: Stack) -> Iterator[tuple[Guest, Guest, Json]]:
    """A host, a member, and their party."""
    host, member = Guest(two_processes.url, "Ada"), Guest(two_processes.url, "Grace")
    party = host.create_party()
    yield host, member, member.join(party["id"], party["invite_code"])["party"]
    host.close()
    member.close()


def sockets_on_two(stack: Stack, pair: tuple[Guest, Guest, Json]) -> tuple[Socket, Socket]:
    """The host's socket and the member's, each on another process."""
    host, member, party = pair
    hosting = host.connect(party["id"])
    hosting.expect("welcome")
    watching = on_two_workers(stack, lambda: member.connect(party["id"]), hosting)
    assert worker_of(stack, hosting) != worker_of(stack, watching)
    return hosting, watching


def exchange(socket: Socket, first: int, times: int, late_ms: float) -> None:
    """Exchanges whose answers are said to have come `late_ms` later than they did."""
    previous: Json | None = None
    for number in range(first, first + times):
        previous = socket.ping(number, previous)
        previous["t4"] += late_ms


def command(guest: Guest, socket: Socket, party: Json, action: str, **fields: Any) -> tuple[Json, Json]:
    """Send it; the `playback` that came of it, and its event from the log."""
    revision = socket.command(action, **fields)["revision"]
    told = socket.expect("playback", where=lambda message: message["revision"] == revision)
    event = next(event for event in guest.events(party["id"]) if event["revision"] == revision)
    return told, event


def lead_of(told: Json, event: Json) -> float:
    """How far ahead of its decision a command was scheduled, ms."""
    return float(told["playback"]["at_ms"] - event["at_ms"])


def test_a_slow_member_on_one_process_delays_the_commands_of_the_other(
    two_processes: Stack, pair: tuple[Guest, Guest, Json]
) -> None:
    host, _, party = pair
    hosting, watching = sockets_on_two(two_processes, pair)
    exchange(hosting, 1, 5, 0.0)
    # First the member's clock gets known, then its way down takes longer.
    exchange(watching, 1, 10, 0.0)
    exchange(watching, 11, 10, SLOW_MS)
    actions = iter(["play", "pause"] * 20)

    def delayed() -> tuple[Json, Json] | None:
        told, event = command(host, hosting, party, next(actions))
        return (told, event) if lead_of(told, event) >= SLOW_MS else None

    found = eventually(delayed, every_s=0.5)
    assert found is not None
    told, event = found
    heard = watching.expect("playback", where=lambda message: message["revision"] == told["revision"])
    assert heard["playback"] == told["playback"], "everybody is told of the same instant"
    assert host.party(party["id"])["lead_ms"] == pytest.approx(lead_of(told, event), abs=0.01)


def test_a_plain_member_who_answers_late_does_not_set_everybodys_lead(
    two_processes: Stack, pair: tuple[Guest, Guest, Json]
) -> None:
    """Alone on a process of its own, which tells the other of it."""
    host, liar, party = pair
    others = [Guest(two_processes.url, name) for name in ("Alan", "Edsger")]
    try:
        for other in others:
            other.join(party["id"], party["invite_code"])
            socket = other.connect(party["id"])
            exchange(socket, 1, 5, 0.0)
        hosting, lying = sockets_on_two(two_processes, (host, liar, party))
        exchange(hosting, 1, 5, 0.0)
        exchange(lying, 1, 10, 0.0)
        exchange(lying, 11, 10, LIE_MS)
        # By then the lie has reached the host's process.
        lied = eventually(lambda: rtt_of(host, party, liar) > LIE_MS / 2)
        assert lied
        exchange(lying, 21, 5, LIE_MS)
        told, event = command(host, hosting, party, "play")
        assert lead_of(told, event) < LIE_MS / 2
    finally:
        for other in others:
            other.close()


def rtt_of(asking: Guest, party: Json, who: Guest) -> float:
    """The round trip of a member, as another is shown it, ms."""
    members = {member["user_id"]: member for member in asking.party(party["id"])["members"]}
    sync = members[who.user_id]["sync"] or {}
    return float(sync.get("rtt_ms") or 0.0)


def test_two_commands_within_one_lead_go_on_from_one_another(
    two_processes: Stack, pair: tuple[Guest, Guest, Json]
) -> None:
    host, _, party = pair
    hosting, watching = sockets_on_two(two_processes, pair)
    command(host, hosting, party, "play", position_s=10.0)
    found = [
        command(host, hosting, party, action)[0]["playback"] for action in ("pause", "play", "pause", "play")
    ]
    for before, after in pairwise(found):
        assert after["at_ms"] >= before["at_ms"], "never before what was scheduled"
        moved_s = (after["at_ms"] - before["at_ms"]) / 1000 if before["state"] == "playing" else 0.0
        assert after["position_s"] == pytest.approx(before["position_s"] + moved_s, abs=1e-6)
    heard = [watching.expect("playback")["playback"] for _ in range(5)]
    assert heard[1:] == found, "in this order, to everybody"


def test_no_command_is_scheduled_for_now(two_processes: Stack, pair: tuple[Guest, Guest, Json]) -> None:
    host, _, party = pair
    hosting, watching = sockets_on_two(two_processes, pair)
    for action, fields in (("play", {}), ("seek", {"position_s": 30.0}), ("pause", {}), ("play", {})):
        told, event = command(host, hosting, party, action, **fields)
        heard = watching.expect("playback")
        assert heard["playback"] == told["playback"]
        assert lead_of(told, event) >= MIN_LEAD_MS
        assert told["playback"]["at_ms"] == event["data"]["at_ms"]


def test_a_member_that_comes_while_a_command_is_scheduled_is_told_the_same_instant(
    two_processes: Stack, pair: tuple[Guest, Guest, Json]
) -> None:
    _, member, party = pair
    hosting, watching = sockets_on_two(two_processes, pair)
    revision = hosting.command("play")["revision"]
    told = hosting.expect("playback", where=lambda message: message["revision"] == revision)
    late = member.connect(party["id"], device_id=party["id"]).expect("welcome")
    assert late["party"]["playback"] == told["playback"]
    again = watching.expect("tick", where=lambda message: message["revision"] == revision)
    assert again["playback"] == told["playback"]
    # Whoever is late takes up the position of now from the very same vector, however much later it is; until
    # the instant comes, that is the place where the film starts.
    start_s = told["playback"]["position_s"]

    def begun() -> Json | None:
        answer = member.sync(party["id"], 0.0, "playing")
        since_s = max(0.0, answer["server_time_ms"] - told["playback"]["at_ms"]) / 1000
        assert answer["target_position_s"] == pytest.approx(start_s + since_s, abs=0.01)
        return answer if since_s > 0 else None

    answer = eventually(begun)
    assert answer is not None
    assert answer["target_position_s"] > start_s

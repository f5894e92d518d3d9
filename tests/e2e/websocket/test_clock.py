"""The exchange of the clock, and what members learn of one another's sync and presence."""

from __future__ import annotations

import time
import uuid

import pytest

from partyapp.party.controllers.openapi.objects import Sync
from partyapp.shared.kernel.clock import RATE_BOUND
from tests.e2e.conftest import Room
from tests.support.contract import assert_message, assert_object
from tests.support.party_client import Json, Socket, eventually

pytestmark = pytest.mark.stack

#: What stamps lose where they are rounded, ms.
ROUNDED_MS = 0.5


def exchanges(socket: Socket, times: int) -> list[Json]:
    """So many exchanges, each giving back the one before."""
    done: list[Json] = []
    for n in range(1, times + 1):
        done.append(socket.ping(n, done[-1] if done else None))
    return done


def round_trip(exchanged: Json) -> float:
    """How long an exchange was on its way, ms."""
    return float(exchanged["t4"] - exchanged["t1"] - (exchanged["t3"] - exchanged["t2"]))


def party_time(exchanged: Json) -> float:
    """Party time at t4 of this exchange, as well as one exchange can tell."""
    return float(exchanged["t3"] + round_trip(exchanged) / 2)


def test_a_ping_is_answered_with_two_stamps(room: Room) -> None:
    socket = room.host.connect(room.id)
    welcome = socket.expect("welcome")
    sent_ms = time.monotonic() * 1000
    socket.send({"type": "ping", "n": 7, "t1": 123.456})
    pong = socket.expect("pong")
    took_ms = time.monotonic() * 1000 - sent_ms
    assert_message(pong)
    assert (pong["n"], pong["t1"]) == (7, 123.456)
    assert welcome["server_time_ms"] <= pong["t2"] <= pong["t3"] < pong["t2"] + took_ms
    assert pong["clock_epoch"] == welcome["clock_epoch"]
    assert pong["root_bound_ms"] >= 0


def test_party_time_goes_forward_and_is_the_same_for_all(room: Room) -> None:
    sockets = room.connect()
    pongs = [socket.ping(n) for n in range(5) for socket in sockets]
    stamps = [pong[stamp] for pong in pongs for stamp in ("t2", "t3")]
    assert stamps == sorted(stamps)
    # Both sockets are read on one machine, by one monotonic clock: their offsets must agree.
    first, second = (
        min((socket.ping(n) for n in range(5, 15)), key=lambda pong: pong["t4"] - pong["t1"])
        for socket in sockets
    )
    bound = (first["t4"] - first["t1"] + second["t4"] - second["t1"]) / 2 + 1
    assert abs((party_time(first) - first["t4"]) - (party_time(second) - second["t4"])) <= bound


def test_the_server_learns_a_members_clock_from_what_is_given_back(room: Room) -> None:
    socket = room.member.connect(room.id)
    began_ms = time.monotonic() * 1000
    trips = [round_trip(exchanged) for exchanged in exchanges(socket, 10)]

    def bound() -> Json:
        sync: Json = room.host.party(room.id)["members"][1]["sync"] or {}
        return sync if sync.get("offset_bound_ms") is not None else {}

    sync = eventually(bound)
    assert_object(Sync, sync)
    assert min(trips) - ROUNDED_MS <= sync["rtt_ms"] <= max(trips) + ROUNDED_MS
    # Until it was asked for, both clocks may have drifted apart, and the server's own bound has grown.
    drift_ms = 2 * RATE_BOUND * (time.monotonic() * 1000 - began_ms)
    socket.ping(11)
    root_bound_ms = max(pong["root_bound_ms"] for pong in socket.of_type("pong"))
    assert 0 < sync["offset_bound_ms"] <= max(trips) + root_bound_ms + drift_ms + ROUNDED_MS


def report(socket: Socket, room: Room, n: int, ahead_s: float) -> float:
    """Tell the server a position `ahead_s` from where the room plays, sampled at this very moment.

    Returns how far the moment may be from what the exchange with the server made of it, ms.
    """
    playback = room.host.party(room.id)["playback"]
    exchanged = socket.ping(n)
    now = party_time(exchanged)
    position_s = playback["position_s"] + playback["rate"] * (now - playback["at_ms"]) / 1000 + ahead_s
    status = {"type": "status", "state": "playing", "revision": playback["revision"]}
    socket.send({**status, "position_s": position_s, "sampled_at_ms": now})
    return round_trip(exchanged) / 2


@pytest.mark.parametrize(("ahead_s", "verdicts"), [(0.0, {"in_sync"}), (5.0, {"out_of_sync"})])
def test_the_verdict_on_a_member(room: Room, ahead_s: float, verdicts: set[str]) -> None:
    watching, playing = room.connect()
    exchanges(playing, 10)
    room.host.playback(room.id, "play", position_s=100)
    eventually(lambda: room.host.sync(room.id, 0, "playing")["target_position_s"] > 100.05)
    counter = iter(range(100, 1000))
    errors_ms: list[float] = []

    def judged() -> Json:
        errors_ms.append(report(playing, room, next(counter), ahead_s))
        sync: Json = room.host.party(room.id)["members"][1]["sync"] or {}
        return sync if sync.get("verdict") in verdicts else {}

    sync = eventually(judged, every_s=0.25)
    assert sync["state"] == "playing"
    assert abs(sync["drift_ms"]) == pytest.approx(ahead_s * 1000, abs=80 + max(errors_ms))
    told = watching.expect(
        "presence",
        where=lambda message: any(
            one["user_id"] == room.member.user_id and one["sync"] and one["sync"]["verdict"] in verdicts
            for one in message["members"]
        ),
    )
    assert_message(told)


@pytest.mark.parametrize("state", ["playing", "paused", "buffering", "ready"])
def test_every_state_can_be_reported(room: Room, state: str) -> None:
    socket = room.member.connect(room.id)
    now = party_time(exchanges(socket, 2)[-1])
    status = {"position_s": 0, "state": state, "revision": 2, "sampled_at_ms": now}
    socket.send({"type": "status", **status})
    eventually(lambda: (room.host.party(room.id)["members"][1]["sync"] or {}).get("state") == state)
    assert socket.of_type("error") == []


def presence_of(watching: Socket, user_id: str, online: bool) -> Json:
    return watching.expect(
        "presence",
        where=lambda message: any(
            one["user_id"] == user_id and one["online"] is online for one in message["members"]
        ),
    )


def test_members_hear_who_comes_and_who_goes(room: Room) -> None:
    watching = room.host.connect(room.id)
    watching.expect("welcome")
    coming = room.member.connect(room.id)
    presence_of(watching, room.member.user_id, True)
    assert room.host.party(room.id)["members"][1]["online"] is True
    coming.close()
    presence_of(watching, room.member.user_id, False)
    eventually(lambda: room.host.party(room.id)["members"][1]["online"] is False)


def test_who_vanishes_without_a_word_goes_offline_too(room: Room) -> None:
    watching = room.host.connect(room.id)
    vanishing = room.member.connect(room.id)
    presence_of(watching, room.member.user_id, True)
    vanishing.drop()
    presence_of(watching, room.member.user_id, False)


def test_a_member_is_online_while_any_device_is(room: Room) -> None:
    watching = room.host.connect(room.id)
    phone = room.member.connect(room.id, device_id=str(uuid.uuid4()))
    screen = room.member.connect(room.id, device_id=str(uuid.uuid4()))
    presence_of(watching, room.member.user_id, True)
    phone.close()
    screen.ping(1)
    assert room.host.party(room.id)["members"][1]["online"] is True
    screen.close()
    presence_of(watching, room.member.user_id, False)


def test_presence_comes_at_most_once_a_second(room: Room) -> None:
    watching = room.host.connect(room.id)
    began_ms = time.monotonic() * 1000
    for _ in range(4):
        room.member.connect(room.id).close()
    room.member.connect(room.id)
    presence_of(watching, room.member.user_id, True)
    watching.expect("tick")
    received = list(zip(watching.messages, watching.received_at, strict=False))
    arrivals = [at for message, at in received if message["type"] == "presence"]
    # One may be late and the next in time, but so many changes in so little time would be as many messages.
    assert len(arrivals) <= 2 + (arrivals[-1] - began_ms) / 1000


def test_a_tick_reaches_a_member_who_does_nothing(room: Room) -> None:
    socket = room.member.connect(room.id)
    playback = room.host.playback(room.id, "play")["playback"]
    tick = socket.expect("tick", where=lambda message: message["revision"] == 3)
    assert tick.keys() == {"type", "revision", "playback", "server_time_ms", "clock_epoch"}
    assert tick["playback"] == playback
    again = socket.expect("tick")
    assert again["server_time_ms"] > tick["server_time_ms"]


def test_who_is_in_sync_for_a_while_is_asked_to_report_seldom_and_often_again_at_a_stall(room: Room) -> None:
    socket = room.host.connect(room.id)
    assert socket.expect("welcome")["pace"] == {"ping_ms": 1000, "status_ms": 1000}
    last: list[Json | None] = [None]

    def reports(state: str) -> bool:
        last[0] = exchanged = socket.ping(1 if last[0] is None else last[0]["n"] + 1, last[0])
        status = {"position_s": 0, "state": state, "revision": 9, "sampled_at_ms": exchanged["t3"]}
        socket.send({"type": "status", **status})
        return bool(socket.of_type("pace"))

    eventually(lambda: reports("ready"), 60.0)
    (asked,) = socket.of_type("pace")
    assert_message(asked)
    assert asked["status_ms"] == 8000
    reports("buffering")
    again = socket.expect("pace", where=lambda message: message["status_ms"] == 1000)
    assert again["ping_ms"] == 1000

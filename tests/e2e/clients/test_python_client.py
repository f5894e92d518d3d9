"""party-client for Python against the real service: both kinds, lost connections, and its example."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from party_client import (
    AsyncPartyApi,
    AsyncPartyConnection,
    ConnectionOverError,
    NoAnswerError,
    PartyApi,
    PartyConnection,
    ProblemError,
    Traits,
    UnreachableError,
)
from party_client.member_clock import own_ms

from partyapp.simulation.player import SimulatedPlayer
from tests.e2e.conftest import Room, Service
from tests.support.party_client import Guest, Json, eventually
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import LIMIT_S, RECOVERY_S

pytestmark = pytest.mark.stack

FOLDER = Path(__file__).parents[3] / "clients" / "python"
COARSE = Traits(rate=False, seek_step_s=1.0, answer_ms=200.0)


def sync_of(guest: Guest, party_id: str, user_id: str) -> Json:
    members = guest.party(party_id)["members"]
    return next((one["sync"] or {} for one in members if one["user_id"] == user_id), {})


def test_an_evening_without_asyncio(service: Service) -> None:
    with PartyApi(service.url) as host, PartyApi(service.url) as friend:
        told: list[Json] = []
        host.guest("Ada")
        ben = friend.guest("Ben")["user"]
        party = host.create_party(service.video["id"], title="Friday")
        friend.join(party["id"], party["invite_code"])
        with PartyConnection(host, party["id"]) as at_host, PartyConnection(friend, party["id"]) as at_friend:
            revision = at_host.command("play", position_s=30)
            at_friend.wait_until(
                lambda: at_friend.party is not None and at_friend.party["revision"] >= revision
            )
            said = at_friend.say("Hello!")
            assert host.chat(party["id"])[-1]["id"] == said["id"]
            with pytest.raises(ProblemError) as refused:
                at_friend.command("pause")
            assert refused.value.code == "forbidden"
            at_friend.on("notification", told.append)
            at_host.command("transfer_host", user_id=ben["id"])
            at_host.wait_until(lambda: at_host.party is not None and at_host.party["host_id"] == ben["id"])
            at_friend.wait_until(lambda: bool(told))
            assert told[0]["notification"]["type"] == "host_transferred"
            assert told[0]["notification"] in friend.notifications(unread="true")
            at_friend.command("end")
            with pytest.raises(ConnectionOverError) as over:
                at_host.wait_until(lambda: False)
            assert over.value.reason == "ended"
            assert at_host.party is not None
            assert at_host.party["state"] == "ended"


@pytest.mark.parametrize(("traits", "within_s"), [(Traits(), 0.1), (COARSE, 0.35)], ids=["exact", "coarse"])
def test_a_player_follows_until_the_service_finds_it_in_sync(
    room: Room, service: Service, traits: Traits, within_s: float
) -> None:
    async def follow() -> None:
        async with (
            AsyncPartyApi(service.url, room.member.token) as api,
            AsyncPartyConnection(api, room.id) as connection,
        ):
            player = SimulatedPlayer(own_ms, traits, begins_s=0.1)
            follower = connection.follow(player)
            await asyncio.to_thread(room.host.playback, room.id, "play", position_s=100)
            await connection.wait_until(
                lambda: player.state() == "playing" and abs(follower.error_s or 9.0) < within_s, RECOVERY_S
            )

            def judged() -> bool:
                found = sync_of(room.host, room.id, room.member.user_id)
                return found.get("state") == "playing" and abs(found["drift_ms"] or 1e9) < within_s * 1000

            await asyncio.to_thread(eventually, judged, RECOVERY_S)
            assert connection.clock.bound_ms() < 1000.0

    asyncio.run(follow())


@asynccontextmanager
async def behind_proxy(
    service: Service, room: Room, token: str
) -> AsyncIterator[tuple[TcpProxy, AsyncPartyConnection]]:
    """A connection to the room, by way of a proxy that can be cut."""
    where = urlsplit(service.url)
    with TcpProxy((where.hostname or "", where.port or 0)) as proxy:
        async with (
            AsyncPartyApi(f"http://127.0.0.1:{proxy.port}", token) as api,
            AsyncPartyConnection(api, room.id) as connection,
        ):
            yield proxy, connection


def test_it_comes_back_and_what_it_commanded_meanwhile_is_done_once(room: Room, service: Service) -> None:
    async def lose_and_come_back() -> None:
        async with behind_proxy(service, room, room.host.token) as (proxy, connection):
            proxy.refuse()
            asked = asyncio.create_task(connection.command("play", 60.0, position_s=7))
            await asyncio.to_thread(room.member.http.get, "/healthz")
            assert not asked.done()
            # What the others do meanwhile is there after the return.
            await asyncio.to_thread(room.member.http.patch, "/api/auth/me", json={"display_name": "Grace H."})
            proxy.resume()
            revision = await asked
            party = connection.party
            assert party is not None
            assert party["playback"]["position_s"] == 7
            await connection.wait_until(lambda: (connection.party or party)["revision"] >= revision)
            names = {one["display_name"] for one in (connection.party or party)["members"]}
            assert "Grace H." in names
        kinds = [event["type"] for event in room.host.events(room.id)]
        assert kinds.count("playback_started") == 1

    asyncio.run(lose_and_come_back())


def texts_of(room: Room) -> list[str]:
    return [message["text"] for message in room.host.http.get(f"/api/parties/{room.id}/chat").json()["items"]]


@pytest.mark.parametrize("lost", ["the message", "the answer"])
def test_what_was_said_as_the_connection_broke_is_said_once(room: Room, service: Service, lost: str) -> None:
    async def say() -> None:
        async with behind_proxy(service, room, room.member.token) as (proxy, connection):
            proxy.black_hole("up" if lost == "the message" else "down")
            asked = asyncio.create_task(connection.say("Once."))
            if lost == "the answer":
                await asyncio.to_thread(eventually, lambda: texts_of(room) == ["Once."])
            else:
                # It has been handed to the socket, and went no further.
                await connection.send({"type": "ping", "n": 1, "t1": 0})
            assert not asked.done()
            proxy.cut()
            proxy.resume()
            said = await asked
            assert (said["text"], said["user_id"]) == ("Once.", room.member.user_id)
            assert connection.closed.total() == 1

    asyncio.run(say())
    assert texts_of(room) == ["Once."]


def test_without_an_answer_the_id_says_the_same_again(room: Room, service: Service) -> None:
    async def say() -> None:
        async with behind_proxy(service, room, room.member.token) as (proxy, connection):
            proxy.black_hole("down")
            with pytest.raises(NoAnswerError) as unknown:
                await connection.say("Once.", 0.05)
            await asyncio.to_thread(eventually, lambda: texts_of(room) == ["Once."])
            proxy.resume()
            said = await connection.say("Once.", message_id=unknown.value.id)
            assert said["id"] == unknown.value.id
            # Another one of the same text is another message.
            assert (await connection.say("Once."))["seq"] == said["seq"] + 1

    asyncio.run(say())
    assert texts_of(room) == ["Once.", "Once."]


def test_a_party_that_is_not_there_is_an_error_at_once(service: Service) -> None:
    with PartyApi(service.url) as api:
        api.guest("Ada")
        connection = PartyConnection(api, "0198b3a0-0000-7000-8000-000000000001")
        with pytest.raises(ConnectionOverError) as over:
            connection.open()
        assert over.value.reason == "refused"
        connection.close()
        with pytest.raises(ProblemError) as refused:
            api.party("0198b3a0-0000-7000-8000-000000000001")
        assert refused.value.status == 404


def test_nobody_there_is_an_error_of_its_own() -> None:
    with TcpProxy(("127.0.0.1", 1)) as nobody, PartyApi(f"http://127.0.0.1:{nobody.port}") as api:
        nobody.refuse()
        with pytest.raises(UnreachableError):
            api.guest("Ada")


def test_the_package_is_whole_without_the_service_and_its_example_runs(
    host: Guest, service: Service, tmp_path: Path
) -> None:
    """Installed into a folder of its own, the libraries that it names beside it, it runs the example."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", tmp_path / "site", FOLDER], check=True, timeout=RECOVERY_S)
    files = {path.name for path in (tmp_path / "site" / "party_client").iterdir()}
    assert {"py.typed", "__init__.py", "clock"} <= files
    party = host.create_party(service.video["id"])
    words = [FOLDER / "examples" / "follow.py", service.url, party["id"], party["invite_code"]]
    # Before the example begins, for it may say hello at once.
    host_socket = host.connect(party["id"])
    host_socket.expect("welcome")
    with subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            host_socket.expect("chat", RECOVERY_S)
            assert host_socket.command("play", position_s=20)["type"] == "ack"
            assert running.stdout is not None
            said = [running.stdout.readline().strip() for _ in range(2)]
            assert "Follower: Hello!" in said
            host.end(party["id"])
            said += running.stdout.read().splitlines()
            assert running.wait(LIMIT_S) == 0
        finally:
            running.kill()
    assert "play" in said
    assert any(line.startswith("over, in sync to ") for line in said)

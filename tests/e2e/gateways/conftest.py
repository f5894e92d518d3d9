"""A stack with its gateway for Syncplay's clients, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from tests.support.local_stack import Stack, free_port
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json
from tests.support.syncplay_wire import WireClient

#: As long as the sample clip, which real players open.
DURATION_S = 330.0


@dataclass
class Desktop:
    """A stack with its gateway at `port`, and the host of parties there."""

    stack: Stack
    port: int
    host: Guest
    clients: list[WireClient] = field(default_factory=list)

    def party(self, **fields: object) -> Json:
        video = self.host.create_video(duration_s=DURATION_S)
        return self.host.create_party(video["id"], **fields)

    def client(self, name: str, party: Json) -> WireClient:
        self.clients.append(WireClient(self.port, name, party["invite_code"]))
        return self.clients[-1]

    def members(self, party: Json) -> dict[str, Json]:
        return {member["display_name"]: member for member in self.host.party(party["id"])["members"]}

    def is_ready(self) -> bool:
        """Whether web is there, which may be just starting."""
        try:
            return self.host.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def playback(self, party: Json) -> Json:
        return dict(self.host.party(party["id"])["playback"])

    def deeds(self, party: Json) -> list[tuple[str, str]]:
        """Who did what to the playback, in order."""
        names = {member["user_id"]: name for name, member in self.members(party).items()}
        return [
            (names.get(event["actor_id"], ""), event["type"].removeprefix("playback_"))
            for event in self.host.events(party["id"])
            if event["type"].startswith("playback_")
        ]


@pytest.fixture(scope="session")
def running() -> Iterator[Desktop]:
    port = free_port()
    with own_folder() as folder:
        extra = {"SYNCPLAY_ENABLED": "1", "SYNCPLAY_PORT": str(port)}
        with Stack(folder / "data", extra=extra) as stack:
            host = Guest(stack.url, "Host")
            yield Desktop(stack, port, host)
            host.close()


@pytest.fixture
def desktop(running: Desktop) -> Iterator[Desktop]:
    yield running
    for client in running.clients:
        client.close()
    running.clients.clear()

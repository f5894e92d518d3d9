"""docs/asyncapi.json is enough to be a client: make a party, join it, be in sync, end it."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.conftest import Service
from tests.support.clients.asyncapi_client import AsyncApiClient, Channel, Document

pytestmark = pytest.mark.stack


def signed_in(document: Document, name: str) -> AsyncApiClient:
    person = AsyncApiClient(document)
    person.token = person.call("signInGuest", {"display_name": name})["access_token"]
    return person


def own_ms() -> float:
    return time.monotonic() * 1000


def offset_ms(channel: Channel) -> float:
    """Party time minus this machine's, by one exchange."""
    sent = channel.send("ping", n=1, t1=own_ms())
    pong = channel.until("pong", lambda message: message["n"] == 1)
    return float(((pong["t2"] - sent["t1"]) + (pong["t3"] - own_ms())) / 2)


def command(channel: Channel, **fields: Any) -> int:
    """Give a command; the revision that it made."""
    sent = channel.send("command", id=str(uuid4()), **fields)
    return int(channel.until("ack", lambda message: message["id"] == sent["id"])["revision"])


def position_s(playback: Any, party_ms: float) -> float:
    """Where the timeline is, as the document says of Playback."""
    return float(playback["position_s"] + playback["rate"] * (party_ms - playback["at_ms"]) / 1000)


def test_create_join_sync_end(service: Service) -> None:
    document = Document(f"{service.url}/api/asyncapi.json")
    with signed_in(document, "Ada") as ada, signed_in(document, "Ben") as ben:
        video = ada.call(
            "registerVideo", {"title": "A film", "duration_s": 600.0, "playback_url": "/media/sample.mp4"}
        )
        party = ada.outcome("createParty", {"video_id": video["id"], "title": "By the document"})
        ben.outcome("joinParty", {"invite_code": party["invite_code"]}, party_id=party["id"])
        ticket = ben.call("issueTicket", {}, party_id=party["id"])["ticket"]
        device = {"device_id": str(uuid4())}
        with (
            ada.open("party", device, party_id=party["id"]) as hers,
            ben.open("party", {"ticket": ticket}, party_id=party["id"]) as his,
        ):
            assert hers.until("welcome")["party"]["id"] == party["id"]
            welcome = his.until("welcome")
            assert {member["display_name"] for member in welcome["party"]["members"]} == {"Ada", "Ben"}
            command(hers, action="play", position_s=10.0)
            revision = command(hers, action="seek", position_s=60.0)
            # Each by an own clock and by what its own socket says.
            seen = [
                (channel, channel.until("tick", lambda message: message["revision"] >= revision)["playback"])
                for channel in (hers, his)
            ]
            at_ms = own_ms()
            places = [position_s(playback, at_ms + offset_ms(channel)) for channel, playback in seen]
            assert places[0] > 60.0
            # One exchange tells the clock to half its round trip, and both of them are on this machine.
            assert abs(places[0] - places[1]) < 1.0
            his.send(
                "status",
                position_s=places[1],
                state="playing",
                revision=revision,
                sampled_at_ms=at_ms + offset_ms(his),
            )
            command(hers, action="end")
            assert his.until("ended")["reason"] == "host"
            assert his.close_code() == 4410

"""Desktop members over the gateway's own process, by clients that speak the wire as Syncplay's do."""

from __future__ import annotations

import threading

import pytest

from partyapp.gateways.syncplay.room_names import room_name
from tests.e2e.gateways.conftest import Desktop
from tests.support.party_client import Json, body_of, eventually
from tests.support.syncplay_wire import WireClient

pytestmark = pytest.mark.stack


def test_a_desktop_member_is_a_member_like_everybody(desktop: Desktop) -> None:
    party = desktop.party(control="everyone")
    ada = desktop.client("Ada", party)
    assert ada.name == "Ada"
    assert ada.all("TLS") == [{"startTLS": "false"}]
    ada.open_file()
    listed = ada.wait_for("List", lambda body: "Host" in body[party["invite_code"]] or True)
    assert "Ada" in listed[party["invite_code"]]
    ada.wait_for("State", lambda body: body["playstate"]["doSeek"])
    desktop.host.playback(party["id"], "seek", position_s=100.0)
    desktop.host.playback(party["id"], "play")
    ada.wait_for("State", lambda body: not body["playstate"]["paused"])

    def sync() -> Json | None:
        known = desktop.members(party)["Ada"]["sync"]
        is_there = known and known["state"] == "playing" and known["verdict"] in ("in_sync", "likely")
        return dict(known) if is_there else None

    known = eventually(sync)
    assert known is not None
    assert known["client"] == "syncplay"
    assert known["offset_bound_ms"] >= 20.0


def test_its_users_play_pause_and_seek_are_the_partys(desktop: Desktop) -> None:
    party = desktop.party(control="everyone")
    ada, ben = desktop.client("Ada", party), desktop.client("Ben", party)
    for client in (ada, ben):
        client.open_file()
        client.wait_for("State", lambda body: body["playstate"]["doSeek"])
    ada.act(position_s=60.0)
    ben.wait_for("State", lambda body: body["playstate"]["doSeek"] and body["playstate"]["setBy"] == "Ada")
    ada.act(paused=False)
    ben.wait_for("State", lambda body: not body["playstate"]["paused"])
    ben.act(paused=True)
    eventually(lambda: desktop.playback(party)["state"] == "paused")
    assert desktop.deeds(party) == [("Ada", "sought"), ("Ada", "started"), ("Ben", "paused")]


def test_a_host_only_party_puts_the_player_back(desktop: Desktop) -> None:
    party = desktop.party()
    ada = desktop.client("Ada", party)
    assert ada.wait_for("Hello")["room"]["name"] == room_name(party["invite_code"], controlled=True)
    ada.open_file()
    ada.wait_for("State", lambda body: body["playstate"]["doSeek"])
    before = len(ada.received)
    ada.act(position_s=200.0)

    def is_confirmed() -> bool:
        told = [body["State"] for body in ada.received[before:] if "State" in body]
        return any(body.get("ignoringOnTheFly", {}).get("client") for body in told)

    # A State that was on its way already knows nothing of what she did.
    eventually(is_confirmed)
    eventually(lambda: ada.position_s < 1.0)
    assert desktop.deeds(party) == []


def test_an_unknown_code_is_told_and_ends_it(desktop: Desktop) -> None:
    with WireClient(desktop.port, "Ada", "nothing-like-it") as ada:
        assert "invite code" in ada.wait_for("Error")["message"]
        assert ada.ended.wait(10)


def test_chat_goes_both_ways_and_a_kick_is_the_end(desktop: Desktop) -> None:
    party = desktop.party()
    ada = desktop.client("Ada", party)
    assert ada.name == "Ada"
    ada.send({"Chat": "hello"})
    body_of(desktop.host.post(f"/api/parties/{party['id']}/chat", {"text": "good evening"}), 201)
    ada.wait_for("Chat", lambda body: body == {"username": "Ada", "message": "hello"})
    ada.wait_for("Chat", lambda body: body == {"username": "Host", "message": "good evening"})
    user_id = desktop.members(party)["Ada"]["user_id"]
    body_of(desktop.host.delete(f"/api/parties/{party['id']}/members/{user_id}?ban=true"), 204)
    assert "removed" in ada.wait_for("Error")["message"]
    with WireClient(desktop.port, "Ada", party["invite_code"]) as again:
        assert "banned" in again.wait_for("Error")["message"]


def test_who_comes_back_is_the_same_member_also_after_the_gateway_was_killed(desktop: Desktop) -> None:
    party = desktop.party()
    first = desktop.client("Ada", party)
    assert first.name == "Ada"
    user_id = desktop.members(party)["Ada"]["user_id"]
    first.close()
    eventually(lambda: not desktop.members(party)["Ada"]["online"])
    second = desktop.client("Ada", party)
    assert second.name == "Ada"
    desktop.stack.kill("syncplay")
    assert second.ended.wait(30)

    def once_more() -> WireClient | None:
        try:
            return desktop.client("Ada", party)
        except OSError:
            return None

    third = eventually(once_more)
    assert third is not None
    assert third.name == "Ada"
    members = desktop.members(party)
    assert set(members) == {"Host", "Ada"}
    assert members["Ada"]["user_id"] == user_id


def test_web_may_be_started_anew_in_mid_film(desktop: Desktop) -> None:
    party = desktop.party(control="everyone")
    ada = desktop.client("Ada", party)
    ada.open_file()
    ada.wait_for("State", lambda body: body["playstate"]["doSeek"])
    desktop.host.playback(party["id"], "play")
    ada.wait_for("State", lambda body: not body["playstate"]["paused"])
    desktop.restart_web()
    eventually(lambda: desktop.members(party)["Ada"]["online"], 60)
    assert not ada.ended.is_set()
    ada.act(paused=True)
    eventually(lambda: desktop.playback(party)["state"] == "paused")


def test_two_of_one_name_at_one_moment_are_two_members(desktop: Desktop) -> None:
    party = desktop.party()
    threads = [threading.Thread(target=desktop.client, args=("Ada", party)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {client.name for client in desktop.clients} == {"Ada", "Ada (2)", "Ada (3)"}
    assert set(desktop.members(party)) == {"Host", "Ada", "Ada (2)", "Ada (3)"}

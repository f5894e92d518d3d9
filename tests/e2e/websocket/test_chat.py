"""Talk over sockets on two web processes: one order for everybody, each message once, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from partyapp.chat.infrastructure.postgres_chat import PostgresChat
from partyapp.shared.storage.database import Transactions, create_database
from tests.support.local_stack import Stack
from tests.support.own_folder import own_folder
from tests.support.party_client import Guest, Json, Socket, body_of, eventually
from tests.support.web_workers import on_two_workers

pytestmark = pytest.mark.stack

WRITERS, EACH = 6, 8


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with own_folder() as folder, Stack(folder / "data", extra={"WEB_CONCURRENCY": "2"}) as running:
        yield running


class Talk:
    """A party with a host and a member, each connected to another web process."""

    def __init__(self, stack: Stack, **fields: Any) -> None:
        self.host, self.member = Guest(stack.url, "Ada"), Guest(stack.url, "Grace")
        party = self.host.create_party(**fields)
        self.id, self.code = party["id"], party["invite_code"]
        self.member.join(self.id, self.code)
        self.host_socket = self.host.connect(self.id)
        self.host_socket.expect("welcome")
        self.member_socket = on_two_workers(stack, lambda: self.member.connect(self.id), self.host_socket)

    @property
    def path(self) -> str:
        return f"/api/parties/{self.id}/chat"

    def chat(self, **params: Any) -> list[Json]:
        return list(body_of(self.host.get(self.path, params=params), 200)["items"])


@pytest.fixture
def talk(stack: Stack) -> Iterator[Talk]:
    made = Talk(stack)
    yield made
    for guest in (made.host, made.member):
        guest.close()


def say(socket: Socket, text: str, message_id: str | None = None) -> str:
    message_id = message_id or str(uuid4())
    socket.send({"type": "chat", "id": message_id, "text": text})
    return message_id


def heard(socket: Socket, message_id: str) -> Json:
    found = socket.expect("chat", where=lambda message: bool(message["message"]["id"] == message_id))
    return dict(found["message"])


def refused(socket: Socket, message_id: str) -> Json:
    found = socket.expect("error", where=lambda message: bool(message.get("id") == message_id))
    return dict(found["problem"])


def seqs(socket: Socket) -> list[int]:
    return [message["message"]["seq"] for message in list(socket.messages) if message["type"] == "chat"]


def heard_all(socket: Socket, total: int) -> None:
    eventually(lambda: len(seqs(socket)) >= total)


def test_all_hear_everything_once_and_in_one_order_on_both_processes(talk: Talk, stack: Stack) -> None:
    revision = talk.host.party(talk.id)["revision"]
    guests = [Guest(stack.url, f"Writer {number}") for number in range(WRITERS)]
    for guest in guests:
        guest.join(talk.id, talk.code)
    sockets = [guest.connect(talk.id) for guest in guests]
    for socket in sockets:
        assert socket.expect("welcome")["chat"]["last_seq"] == 0

    def write(socket: Socket) -> list[str]:
        return [say(socket, f"line {number}") for number in range(EACH)]

    with ThreadPoolExecutor(WRITERS) as threads:
        sent = [message_id for ids in threads.map(write, sockets) for message_id in ids]
    everybody = [talk.host_socket, talk.member_socket, *sockets]
    total = WRITERS * EACH
    for socket in everybody:
        heard_all(socket, total)
        assert seqs(socket) == list(range(1, total + 1))
    kept = talk.chat(after=0, limit=200)
    assert sorted(message["id"] for message in kept) == sorted(sent)
    for guest, socket in zip(guests, sockets, strict=True):
        own = [message["text"] for message in kept if message["user_id"] == guest.user_id]
        assert own == [f"line {number}" for number in range(EACH)]
        assert [m["message"] for m in socket.messages if m["type"] == "chat"] == kept
        guest.close()
    assert talk.host.party(talk.id)["revision"] == revision + WRITERS


def test_who_comes_back_gets_what_was_said_meanwhile(talk: Talk) -> None:
    for number in range(3):
        heard(talk.member_socket, say(talk.host_socket, f"before {number}"))
    talk.member_socket.close()
    for number in range(3):
        heard(talk.host_socket, say(talk.host_socket, f"after {number}"))
    body_of(talk.host.delete(f"{talk.path}/2"), 204)
    again = talk.member.connect(talk.id, last_chat_seq=3)
    chat = again.expect("welcome")["chat"]
    assert [message["seq"] for message in chat["messages"]] == [4, 5, 6]
    assert (chat["last_seq"], chat["enabled"], chat["deleted"]) == (6, True, [2])
    whole = talk.member.connect(talk.id, device_id=str(uuid4())).expect("welcome")["chat"]
    assert [message["text"] for message in whole["messages"]][:3] == ["before 0", "", "before 2"]
    assert heard(again, say(talk.host_socket, "and on"))["seq"] == 7


def test_the_same_id_is_one_message_over_socket_and_rest(talk: Talk) -> None:
    message_id = say(talk.member_socket, "  once \r\n\r\n\r\n\r\n more\t")
    first = heard(talk.host_socket, message_id)
    assert first["text"] == "once\n\nmore"
    assert (first["display_name"], first["video_id"]) == ("Grace", talk.host.party(talk.id)["video"]["id"])
    again = talk.member.post(talk.path, {"id": message_id, "text": "twice"})
    assert body_of(again, 201) == first
    said = body_of(talk.host.post(talk.path, {"text": "by REST"}), 201)
    assert heard(talk.member_socket, said["id"]) == said
    assert talk.chat() == [first, said]
    taken = talk.host.post(talk.path, {"id": message_id, "text": "mine"})
    assert body_of(taken, 422)["errors"].keys() == {"id"}


def test_the_place_in_the_film_is_told_and_found_again(talk: Talk) -> None:
    talk.host.playback(talk.id, "seek", position_s=120)
    first = heard(talk.host_socket, say(talk.host_socket, "look"))
    talk.host.playback(talk.id, "seek", position_s=300)
    second = heard(talk.host_socket, say(talk.host_socket, "and there"))
    assert (first["position_s"], second["position_s"]) == (120, 300)
    film = first["video_id"]
    assert talk.chat(video_id=film, from_s=100, to_s=200.5) == [first]
    assert talk.chat(video_id=film, from_s=120) == [first, second]
    assert talk.chat(video_id=str(uuid4())) == []


def test_pages_are_those_just_after_or_just_before_a_message_oldest_first(talk: Talk) -> None:
    for number in range(6):
        heard(talk.host_socket, say(talk.host_socket, str(number)))

    def numbers(**params: Any) -> list[int]:
        return [message["seq"] for message in talk.chat(**params)]

    assert numbers(after=2, limit=2) == [3, 4]
    assert numbers(before=5, limit=2) == [3, 4]
    assert numbers(limit=2) == [5, 6]
    for params in ({"limit": 0}, {"limit": 201}, {"after": -1}, {"before": "x"}):
        assert body_of(talk.host.get(talk.path, params=params), 422)["code"] == "validation_failed"


def test_a_deleted_message_is_gone_for_all(talk: Talk, stack: Stack) -> None:
    seq = heard(talk.host_socket, say(talk.member_socket, "a secret"))["seq"]
    host_seq = heard(talk.member_socket, say(talk.host_socket, "kept"))["seq"]
    assert body_of(talk.member.delete(f"{talk.path}/{host_seq}"), 403)["code"] == "forbidden"
    body_of(talk.member.delete(f"{talk.path}/{seq}"), 204)
    body_of(talk.host.delete(f"{talk.path}/{seq}"), 204)
    for socket in (talk.host_socket, talk.member_socket):
        assert socket.expect("chat_deleted") == {"type": "chat_deleted", "seq": seq}
    assert [(message["text"], message.get("deleted")) for message in talk.chat()] == [
        ("", True),
        ("kept", None),
    ]
    assert body_of(talk.host.delete(f"{talk.path}/{host_seq + 1}"), 404)["code"] == "not_found"
    assert body_of(talk.host.delete(f"{talk.path}/{10**30}"), 404)["code"] == "not_found"


def mute(guest: Guest, party_id: str, user_id: str, muted_s: float) -> Any:
    path = f"/api/parties/{party_id}/members/{user_id}/mute"
    return guest.request("PUT", path, json={"muted_s": muted_s})


def test_who_is_muted_may_neither_write_nor_react(talk: Talk) -> None:
    assert body_of(mute(talk.member, talk.id, talk.host.user_id, 60), 403)["code"] == "forbidden"
    assert body_of(mute(talk.host, talk.id, talk.host.user_id, 60), 403)["code"] == "forbidden"
    assert body_of(mute(talk.host, talk.id, str(uuid4()), 60), 404)["code"] == "not_found"
    shown = f"/api/parties/{talk.id}/members/{talk.member.user_id}/mute"
    assert body_of(talk.host.get(shown), 200) == {"user_id": talk.member.user_id, "muted_until_ms": None}
    until_ms = body_of(mute(talk.host, talk.id, talk.member.user_id, 600), 200)["muted_until_ms"]
    assert body_of(talk.host.get(shown), 200)["muted_until_ms"] == until_ms
    assert body_of(talk.member.get(shown), 403)["code"] == "forbidden"
    nobody = shown.replace(talk.member.user_id, str(uuid4()))
    assert body_of(talk.host.get(nobody), 404)["code"] == "not_found"
    assert talk.member_socket.expect("muted")["until_ms"] == until_ms
    problem = refused(talk.member_socket, say(talk.member_socket, "hm"))
    assert problem["code"] == "muted"
    assert 0 < problem["retry_after_s"] <= 600
    assert body_of(talk.member.post(talk.path, {"text": "hm"}), 403)["code"] == "muted"
    talk.member_socket.send({"type": "react", "emoji": "🎉"})
    talk.member_socket.expect("error", where=lambda message: message["problem"]["code"] == "muted")
    assert body_of(mute(talk.host, talk.id, talk.member.user_id, 0), 200)["muted_until_ms"] is None
    talk.member_socket.expect("muted", where=lambda message: message["until_ms"] is None)
    assert heard(talk.host_socket, say(talk.member_socket, "free"))["seq"] == 1


def test_a_mute_of_which_no_process_has_heard_is_told_with_a_tick(talk: Talk, stack: Stack) -> None:
    engine = create_database(stack.database_url, 1)
    store, member = PostgresChat(Transactions(engine)), UUID(talk.member.user_id)
    # As from a process that dies before it publishes what it has committed.
    assert store.mute(UUID(talk.id), member, 9e12) == 1
    assert talk.member_socket.expect("muted")["until_ms"] == 9e12
    talk.member_socket.send({"type": "react", "emoji": "🎉"})
    talk.member_socket.expect("error", where=lambda message: message["problem"]["code"] == "muted")
    assert store.mute(UUID(talk.id), member, None) == 2
    talk.member_socket.expect("muted", where=lambda message: message["until_ms"] is None)
    assert talk.host_socket.of_type("muted") == []
    engine.dispose()


def reacted(socket: Socket, whole: dict[str, int]) -> None:
    """Wait until a socket has been told of all these, in however many messages."""

    def told() -> dict[str, int]:
        counts: Counter[str] = Counter()
        for message in [each for each in list(socket.messages) if each["type"] == "reactions"]:
            assert len(message["by"]) <= 2
            counts.update(message["counts"])
        return dict(counts)

    eventually(lambda: told() == whole)


def test_reactions_are_brought_together_over_both_processes(talk: Talk) -> None:
    for socket in (talk.host_socket, talk.member_socket):
        for emoji in ("🎉", "🎉", "👨‍👩‍👧‍👦"):
            socket.send({"type": "react", "emoji": emoji})

    whole = {"🎉": 4, "👨‍👩‍👧‍👦": 2}
    for socket in (talk.host_socket, talk.member_socket):
        reacted(socket, whole)
        assert len([1 for message in socket.messages if message["type"] == "reactions"]) < 6
    assert talk.chat() == []


@pytest.mark.parametrize("emoji", ["", "🎉🎉", "ab", " ", "\u202e", "\ud83c", "a" + "\u0301" * 40, 7, None])
def test_what_is_no_reaction_is_refused_and_the_socket_stays_open(talk: Talk, emoji: Any) -> None:
    talk.host_socket.send({"type": "react", "emoji": emoji})
    assert list(talk.host_socket.expect("error")["problem"]["errors"]) == ["emoji"]
    heard(talk.host_socket, say(talk.host_socket, "still here"))


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u3164", "x" * 501, "a\x00b", "\u202eabc", "\udc00", 7])
def test_what_is_no_text_is_refused_and_the_socket_stays_open(talk: Talk, text: Any) -> None:
    message_id = say(talk.host_socket, text)
    problem = refused(talk.host_socket, message_id)
    assert (problem["code"], list(problem["errors"])) == ("validation_failed", ["text"])
    # Escaped, as UTF-8 has no form for half of a surrogate pair.
    escaped, headers = json.dumps({"text": text}), {"Content-Type": "application/json"}
    posted = talk.host.request("POST", talk.path, content=escaped, headers=headers)
    assert body_of(posted, 422, 400)["code"] in ("validation_failed", "malformed_json")
    assert heard(talk.host_socket, say(talk.host_socket, "x" * 500))["seq"] == 1


def test_more_than_eight_at_once_are_refused_and_the_socket_stays_open(talk: Talk) -> None:
    ids = [say(talk.member_socket, "quick") for _ in range(20)]
    refused(talk.member_socket, ids[-1])
    limited = [m for m in talk.member_socket.messages if m["type"] == "error"]
    assert {message["problem"]["code"] for message in limited} == {"rate_limited"}
    # A second or more of a slow machine lets one more through.
    assert 8 <= 20 - len(limited) < 20
    assert heard(talk.member_socket, say(talk.host_socket, "slowly"))["text"] == "slowly"


def test_an_ended_partys_chat_can_only_be_read(talk: Talk) -> None:
    heard(talk.host_socket, say(talk.host_socket, "bye"))
    talk.host.end(talk.id)
    assert [message["text"] for message in talk.chat()] == ["bye"]
    for answer in (
        talk.host.post(talk.path, {"text": "late"}),
        talk.host.delete(f"{talk.path}/1"),
        mute(talk.host, talk.id, talk.member.user_id, 60),
    ):
        assert body_of(answer, 409)["code"] == "party_ended"

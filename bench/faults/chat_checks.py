"""Checks of the chat: an acknowledged message is there once, and all have the same in one order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from bench.faults.evening_rows import EveningRows, StoredChat
from bench.faults.history import Heard, History, Operation, SocketHistory
from bench.faults.violation import Violation

Json = dict[str, Any]
#: A client that missed more messages is welcomed with the latest so many.
MOST_WELCOMED = 200
#: A mute is judged by the database's clock on one side only: so close to its end, in ms, it isn't.
MUTE_SLACK_MS = 100.0


def check_chats(history: History, rows: EveningRows, permanent: set[str]) -> Iterator[Violation]:
    """All rules of the chat."""
    yield from _check_numbers(rows)
    yield from _check_messages(history, rows)
    yield from _check_deletions(history, rows)
    yield from _check_mutes(history, rows)
    for listener, sockets in history.sockets.items():
        known: dict[str, int] = {}
        for socket in sockets:
            chat = rows.chats.get(socket.party, StoredChat())
            for error in _talk_errors(socket, chat, known):
                yield Violation("chat", f"{listener} in {socket.party}: {error}")
    for heard in history.heard:
        if heard.listener in permanent:
            yield from _check_heard(heard, rows)


def _check_numbers(rows: EveningRows) -> Iterator[Violation]:
    for party, chat in rows.chats.items():
        numbers = sorted(chat.messages)
        if numbers != list(range(1, len(numbers) + 1)):
            gap = next(at for at, seq in enumerate(numbers, start=1) if seq != at)
            yield Violation("chat", f"{party}: message {numbers[gap - 1]} where {gap} is due")
        if chat.last_seq != len(numbers):
            yield Violation("chat", f"{party}: counted {chat.last_seq} messages, {len(numbers)} are there")


def _check_messages(history: History, rows: EveningRows) -> Iterator[Violation]:
    found: dict[str, list[tuple[str, int, Json]]] = defaultdict(list)
    for party, chat in rows.chats.items():
        for seq, message in chat.messages.items():
            found[message["id"]].append((party, seq, message))
    for operation in history.operations.values():
        if operation.action == "say":
            for why in _message_errors(operation, found.pop(operation.id, [])):
                yield Violation("chat", f"message {operation.id} {why}")
    for id, unasked in found.items():
        yield Violation("chat", f"nobody said message {unasked[0][1]} in {unasked[0][0]}, {id}")


def _check_deletions(history: History, rows: EveningRows) -> Iterator[Violation]:
    asked: dict[tuple[str, int], list[Operation]] = defaultdict(list)
    for operation in history.operations.values():
        if operation.action == "delete_message":
            asked[operation.party, operation.facts["seq"]].append(operation)
    for party, chat in rows.chats.items():
        for seq, message in chat.messages.items():
            operations = asked.get((party, seq), [])
            is_gone = message["deleted"] and message["text"] == ""
            if any(operation.oks for operation in operations) and not is_gone:
                yield Violation("chat", f"{party}: message {seq} was deleted, and is there")
            if message["deleted"] and all(operation.failed for operation in operations):
                yield Violation("chat", f"{party}: nobody deleted message {seq}")


def _message_errors(operation: Operation, found: list[tuple[str, int, Json]]) -> Iterator[str]:
    if len(found) > 1:
        yield f"is there {len(found)} times, as {[seq for _, seq, _ in found]}"
    if operation.oks and not found:
        yield f"was acknowledged as {operation.oks[0]} and is lost"
    if operation.failed is not None and not operation.oks and found:
        yield f"was refused ({operation.failed}) and is there as {found[0][1]}"
    for party, seq, message in found:
        if any(acknowledged not in (None, seq) for acknowledged in operation.oks):
            yield f"was acknowledged as {operation.oks} and is {seq}"
        if (party, message["user"]) != (operation.party, operation.user):
            yield f"of {operation.user} in {operation.party} is of {message['user']} in {party}"
        if not message["deleted"] and message["text"] != operation.facts["text"]:
            yield "has another text"


def _check_mutes(history: History, rows: EveningRows) -> Iterator[Violation]:
    """Who was muted says nothing until the mute's end, unless somebody has ended it."""
    mutes: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for operation in history.operations.values():
        if operation.action == "mute" and (operation.oks or operation.failed is None):
            mutes[operation.party, operation.facts["user"]].append(operation)
    for operation in history.operations.values():
        if operation.action != "say" or not operation.oks:
            continue
        until_ms = _muted_until_ms(operation, mutes.get((operation.party, operation.user), []))
        chat = rows.chats.get(operation.party, StoredChat())
        message = chat.messages.get(operation.oks[0] or 0)
        if until_ms is not None and message is not None and message["at_ms"] < until_ms - MUTE_SLACK_MS:
            what = f"{operation.user} was muted in {operation.party}, and said {operation.id}"
            yield Violation("chat", what)


def _muted_until_ms(saying: Operation, mutes: list[Operation]) -> float | None:
    """Until when the speaker was muted for sure when they began to say it; None where it is open."""
    before = [mute for mute in mutes if mute.invoked_s < (saying.done_s or 0.0)]
    last = max(before, key=lambda mute: mute.invoked_s, default=None)
    if last is None or last.done_s is None or last.done_s > saying.invoked_s:
        return None
    # What was asked for before, and not acknowledged by then, may have been done after it.
    if any(mute is not last and (mute.done_s or last.invoked_s) >= last.invoked_s for mute in before):
        return None
    found = last.facts.get("until_ms")
    return None if found is None else float(found)


def _talk_errors(socket: SocketHistory, chat: StoredChat, known: dict[str, int]) -> Iterator[str]:
    """`known` is the newest message on the listener's earlier sockets by party, brought up to date here."""
    last = known.get(socket.party, 0)
    for kind, messages in socket.talk:
        for seq, id in messages:
            stored = chat.messages.get(seq)
            if stored is not None and stored["id"] != id:
                yield f"told of {id} as message {seq}, which is {stored['id']}"
        numbers = [seq for seq, _ in messages]
        if kind == "welcome":
            if numbers and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
                yield f"welcomed with messages {numbers}"
            if numbers and last and numbers[0] > last + 1 and len(numbers) < MOST_WELCOMED:
                yield f"welcomed with messages from {numbers[0]} on after {last}"
            last = max([last, *numbers])
        elif numbers[0] > last + 1:
            yield f"message {numbers[0]} came after {last}"
            last = numbers[0]
        else:
            # One that came before is sent again to who repeats it.
            last = max(last, numbers[0])
    known[socket.party] = last


def _check_heard(heard: Heard, rows: EveningRows) -> Iterator[Violation]:
    chat = rows.chats.get(heard.party, StoredChat())
    wanted = [
        [seq, message["id"], message["user"], message["text"], message["deleted"]]
        for seq, message in sorted(chat.messages.items())
    ]
    if heard.chat != wanted:
        missing = [each[0] for each in wanted if each not in heard.chat][:5]
        much = [each[0] for each in heard.chat if each not in wanted][:5]
        yield Violation("chat", f"{heard.listener} ended without messages {missing}, and with {much}")

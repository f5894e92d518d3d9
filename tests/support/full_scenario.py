"""The full scenario, spoken in HTTP and WebSocket alone: the main proof that the service does its work.

Two guests sign in; one creates a party, the other joins; both connect, play, seek, pause, hand over
and end. Every step is checked on both sockets, and at last the audit log is read: it must hold every
revision from 1 on without a gap, each with the type the step should have left.

    python -m tests.support.full_scenario http://localhost:8000
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import httpx
import websocket

from tests.support.party_client import Guest, Json, Socket, Unexpected

EXPECTED_LOG = (
    "party_session_created",
    "member_joined",
    "playback_started",
    "playback_sought",
    "playback_paused",
    "host_transferred",
    "playback_started",
    "party_session_ended",
)
CLOSED_BECAUSE_ENDED = 4410

Say = Callable[[str], None]


def check(holds: bool, what: str) -> None:
    """Raise Unexpected, saying what should have held."""
    if not holds:
        raise Unexpected(what)


def run(base_url: str, say: Say = print) -> list[Json]:
    """Run the scenario at `base_url`, saying each step; the audit log is returned.

    Raises Unexpected as soon as something is not as the contract has it.
    """
    host, friend = Guest(base_url, "Ada"), Guest(base_url, "Grace")
    try:
        say(f"signed in: {host.display_name} {host.user_id} and {friend.display_name} {friend.user_id}")
        party = host.create_party(title="Full scenario")
        say(f"party {party['id']} created; its invite code is known to its members only")
        friend.join(party["id"], party["invite_code"])
        say(f"{friend.display_name} joined by the invite")
        sockets = (_arrive(host, party["id"]), _arrive(friend, party["id"]))
        say("both are connected and were welcomed with the same revision")
        _watch(host, friend, sockets, say)
        _hand_over_and_end(host, friend, party["id"], sockets, say)
        return _read_the_log(host, party["id"], say)
    finally:
        host.close()
        friend.close()


def _arrive(guest: Guest, party_id: str) -> Socket:
    socket = guest.connect(party_id)
    welcome = socket.expect("welcome")
    check(socket.messages[0] is welcome, "the welcome is always first")
    check(welcome["user_id"] == guest.user_id, "the welcome names whom it is for")
    check(welcome["party"]["revision"] == 2, "the party was created and joined, nothing else")
    return socket


def _watch(host: Guest, friend: Guest, sockets: Sequence[Socket], say: Say) -> None:
    steps: list[tuple[str, Json, str]] = [
        ("play", {}, "playing"),
        ("seek", {"position_s": 120.0}, "playing"),
        ("pause", {}, "paused"),
    ]
    for revision, (action, fields, state) in enumerate(steps, start=3):
        answer = sockets[0].command(action, **fields)
        check(answer["type"] == "ack" and answer["revision"] == revision, f"{action} gave {answer}")
        for socket in sockets:
            change = socket.expect("playback")
            check(change["revision"] == revision, f"{action} came as {change}")
            check(change["action"] == action and change["by"] == host.user_id, f"{action} came as {change}")
            check(change["playback"]["state"] == state, f"{action} came as {change}")
        position_s = change["playback"]["position_s"]
        say(f"{action}: revision {revision}, heard by both, at position {position_s:.3f} s")
    refused = sockets[1].command("play")
    check(refused["type"] == "error" and refused["problem"]["code"] == "forbidden", f"a member got {refused}")
    say(f"{friend.display_name} may not play: only the host controls this party")


def _hand_over_and_end(
    host: Guest, friend: Guest, party_id: str, sockets: Sequence[Socket], say: Say
) -> None:
    answer = sockets[0].command("transfer_host", user_id=friend.user_id)
    check(answer["type"] == "ack", f"the hand-over gave {answer}")
    for socket in sockets:
        message = socket.expect("event", where=lambda message: message["event"]["type"] == "host_transferred")
        check(message["host_id"] == friend.user_id, f"the hand-over came as {message}")
    say(f"handed over to {friend.display_name}")
    check(friend.playback(party_id, "play")["playback"]["state"] == "playing", "the new host can play")
    say(f"{friend.display_name} plays, by HTTP this time")
    friend.end(party_id)
    for socket in sockets:
        socket.expect("ended")
        check(socket.wait_closed() == CLOSED_BECAUSE_ENDED, "an ended party closes its sockets with 4410")
        socket.check_no_gap()
    say(f"{friend.display_name} ended the party; both sockets closed with {CLOSED_BECAUSE_ENDED}")
    check(host.party(party_id)["state"] == "ended", "an ended party stays readable to its members")


def _read_the_log(member: Guest, party_id: str, say: Say) -> list[Json]:
    log = member.events(party_id)
    for event in log:
        say(f"  {event['revision']:>3} {event['type']}")
    check(
        [event["revision"] for event in log] == list(range(1, len(log) + 1)),
        "revisions run 1…n without a gap",
    )
    check(tuple(event["type"] for event in log) == EXPECTED_LOG, "each step left its event")
    say(f"the audit log is whole: revisions 1…{len(log)} without a gap")
    return log


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 if all of it worked, 1 if something did not, 2 for wrong arguments."""
    if len(arguments) != 1:
        print("usage: python -m tests.support.full_scenario http://localhost:8000", file=sys.stderr)
        return 2
    try:
        run(arguments[0])
    except (Unexpected, httpx.HTTPError, websocket.WebSocketException, OSError) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print("Everything worked.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

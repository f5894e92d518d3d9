"""One member's socket: what each message means, and the answer to it."""

import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import UUID

from partyapp.commands.record import fingerprint
from partyapp.party.application.commands import (
    PLAYBACK_COMMANDS,
    EndPartySessionCommand,
    LeavePartySessionCommand,
    TransferHostCommand,
)
from partyapp.party.application.inbound_ports import LifecycleCommands, PlaybackControl
from partyapp.party.controllers import frames
from partyapp.party.controllers.frames import CommandFrame
from partyapp.party.domain.playback import PlaybackAction
from partyapp.party.live.member_connection import MemberConnection
from partyapp.realtime.websocket.clock_exchange import answer_ping
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import CloseCode, text_frame
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.shared.http.schemas import parse_json
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import MalformedJson, Refusal, StoredProblem, Unavailable
from partyapp.shared.kernel.principal import Principal

log = logging.getLogger(__name__)

#: So many commands of one socket may wait; beyond that it is not read until some are done.
MAX_WAITING = 32

#: A socket may send so many seconds' worth of messages at once.
BURST_S = 8.0

_PLAYBACK = frozenset(action.value for action in PlaybackAction)

#: A lifecycle command over the socket waits this long for a worker, in s; its row outlives the wait.
LIFECYCLE_WAIT_S = 60.0


class PartySocket:
    """Handles what comes in on one socket. `spawn` runs a function that may wait, beside the event loop.

    `per_second`: so many messages it may send in the long run; who sends more is closed with 4429.
    """

    __slots__ = (
        "_allowance", "_allowed_at_ms", "_clock", "_connection", "_dismissed_with", "_exchange", "_lifecycle",
        "_member", "_party_id", "_per_second", "_playback", "_principal", "_spawn", "_waiting", "_working",
    )  # fmt: skip

    def __init__(
        self,
        *,
        connection: Connection,
        party_id: UUID,
        principal: Principal,
        member: MemberConnection,
        playback: PlaybackControl,
        lifecycle: LifecycleCommands,
        clock: PartyClock,
        spawn: Callable[[Callable[[], None]], Any],
        per_second: float,
    ) -> None:
        self._connection = connection
        self._party_id = party_id
        self._principal = principal
        self._member = member
        self._playback = playback
        self._lifecycle = lifecycle
        self._clock = clock
        self._spawn = spawn
        self._exchange: tuple[int, float, float] | None = None
        self._waiting: deque[CommandFrame] = deque()
        self._working = False
        self._dismissed_with = 0
        self._per_second = per_second
        self._allowance = BURST_S * per_second
        self._allowed_at_ms = clock.now_ms()

    def on_text(self, text: str, received_ms: float) -> None:
        """One message. What is wrong with it is said, and the socket stays open."""
        if not self._allowed(received_ms):
            self._connection.close(CloseCode.TOO_MANY)
            return
        message: Any = None
        try:
            message = parse_json(text)
            if not isinstance(message, dict):
                raise MalformedJson("A message is one JSON object.")
            self._act(message, received_ms)
        except Refusal as refusal:
            command_id = frames.read_command_id(message) if isinstance(message, dict) else None
            self._refuse(refusal, command_id)

    def on_room_to_write(self) -> None:
        """Changes were dropped while the member read too slowly; a fresh welcome makes up for them."""
        self._spawn(self._member.renew)

    def on_dismissed(self, code: int) -> None:
        """The member left or the party ended; a command under way is answered first."""
        if self._working:
            self._dismissed_with = self._dismissed_with or code
        else:
            self._connection.close(code)

    def on_closed(self) -> None:
        """The socket is gone. Commands that it sent still run."""
        self._member.leave()

    def _act(self, message: dict[str, Any], received_ms: float) -> None:
        kind = frames.known_type(message)
        if kind == "ping":
            number, t1 = frames.read_ping(message)
            t3 = answer_ping(self._connection, self._clock, number, t1, received_ms)
            self._take_back(message)
            self._exchange = (number, received_ms, t3)
            self._member.active(received_ms)
        elif kind == "status":
            self._member.status(*frames.read_status(message))
            self._member.active(received_ms)
        else:
            self._waiting.append(frames.read_command(message))
            if len(self._waiting) >= MAX_WAITING:
                self._connection.pause_reading()
            if not self._working:
                self._working = True
                self._spawn(self._work_off)

    def _take_back(self, message: dict[str, Any]) -> None:
        """Believe an exchange only if its server times are the ones that were sent, to the rounding."""
        prev = frames.read_prev(message)
        if prev is None or self._exchange is None:
            return
        number, t2, t3 = self._exchange
        if prev[0] == number and abs(prev[2] - t2) < 0.01 and abs(prev[3] - t3) < 0.01:
            self._member.exchanged(prev[1], t2, t3, prev[4])

    def _work_off(self) -> None:
        try:
            while self._waiting:
                command = self._waiting.popleft()
                if len(self._waiting) < MAX_WAITING // 2:
                    self._connection.resume_reading()
                self._answer(command)
        finally:
            self._working = False
            if self._dismissed_with:
                self._connection.close(self._dismissed_with)

    def _answer(self, command: CommandFrame) -> None:
        try:
            revision = self._run(command)
        except Refusal as refusal:
            self._refuse(refusal, command.id)
        except Exception as error:
            # A bug of ours must not take the member's other commands with it.
            log.error("a command failed: %s", type(error).__name__, exc_info=True)
            self._refuse(Unavailable("The command could not be carried out."), command.id)
        else:
            self._say({"type": "ack", "id": str(command.id), "revision": revision})

    def _run(self, command: CommandFrame) -> int:
        actor, party_id = self._principal, self._party_id
        if command.action in _PLAYBACK:
            playback = PLAYBACK_COMMANDS[PlaybackAction(command.action)](
                actor=actor,
                party_id=party_id,
                position_s=command.position_s,
                rate=command.rate,
                expected_revision=command.expected_revision,
            )
            return self._playback.control(playback, command.id).revision
        lifecycle: Any
        if command.action == "transfer_host" and command.user_id is not None:
            lifecycle = TransferHostCommand(actor=actor, party_id=party_id, user_id=command.user_id)
        elif command.action == "leave":
            lifecycle = LeavePartySessionCommand(actor=actor, party_id=party_id)
        else:
            lifecycle = EndPartySessionCommand(actor=actor, party_id=party_id)
        mark = fingerprint("socket", command.action, str(party_id), str(command.user_id))
        record = self._lifecycle.accept(lifecycle, actor, f"socket:{party_id}:{command.id}", mark)
        outcome = self._lifecycle.outcome(record, LIFECYCLE_WAIT_S)
        if outcome is None:
            raise Unavailable(f"Accepted, but not carried out yet; see /api/commands/{record.id}.")
        if "problem" in outcome:
            raise StoredProblem(outcome["problem"])
        return int(outcome["result"]["revision"])

    def _allowed(self, now_ms: float) -> bool:
        # A token bucket in the process: a message must never wait for Redis.
        earned = max(0.0, now_ms - self._allowed_at_ms) / 1000.0 * self._per_second
        self._allowance = min(BURST_S * self._per_second, self._allowance + earned) - 1.0
        self._allowed_at_ms = now_ms
        return self._allowance >= 0.0

    def _refuse(self, refusal: Refusal, command_id: UUID | None) -> None:
        message: dict[str, Any] = {"type": "error", "problem": refusal.problem()}
        if command_id is not None:
            message["id"] = str(command_id)
        self._say(message)

    def _say(self, message: dict[str, Any]) -> None:
        self._connection.send(text_frame(json.dumps(message).encode()), Priority.ANSWER)

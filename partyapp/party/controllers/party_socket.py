"""One member's socket: what each message means, and the answer to it."""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from partyapp.commands.record import fingerprint
from partyapp.party.application.commands import (
    PLAYBACK_COMMANDS,
    EndPartySessionCommand,
    LeavePartySessionCommand,
    ReportVideoDurationCommand,
    TransferHostCommand,
)
from partyapp.party.application.inbound_ports import LifecycleCommands, PlaybackControl
from partyapp.party.controllers.socket_messages import Command, Ping, Status
from partyapp.party.domain.film_length import DurationNews
from partyapp.party.live.member_connection import MemberConnection
from partyapp.realtime.websocket.clock_exchange import answer_ping, read_previous
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import CloseCode, text_frame
from partyapp.realtime.websocket.send_queue import Priority
from partyapp.realtime.websocket.socket_messages import InvalidMessage, SocketMessages
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.errors import Refusal, StoredProblem, Unavailable
from partyapp.shared.kernel.ids import parse_id
from partyapp.shared.kernel.principal import Principal

log = logging.getLogger(__name__)

#: So many commands of one socket may wait; beyond that it is not read until some are done.
MAX_WAITING = 32

#: A socket may send so many seconds' worth of messages at once.
BURST_S = 8.0

_PLAYBACK = {action.value: command for action, command in PLAYBACK_COMMANDS.items()}

#: A lifecycle command over the socket waits this long for a worker, in s; its row outlives the wait.
LIFECYCLE_WAIT_S = 60.0


class PartySocket:
    """Handles what comes in on one socket; it is the `SocketContext` of the handlers.

    `spawn` runs a function that may wait, beside the event loop. `per_second`: so many messages it may send
    in the long run; who sends more is closed with 4429.
    """

    __slots__ = (
        "_allowance", "_awaiting", "_clock", "_connection", "_dismissed_with", "_exchange", "_lifecycle",
        "_lifecycle_waiting", "_member", "_messages", "_per_second", "_playback", "_received_ms", "_spawn",
        "_waiting", "_working", "principal",
    )  # fmt: skip

    def __init__(
        self,
        *,
        connection: Connection,
        principal: Principal,
        member: MemberConnection,
        messages: SocketMessages["PartySocket"],
        playback: PlaybackControl,
        lifecycle: LifecycleCommands,
        clock: PartyClock,
        spawn: Callable[[Callable[[], None]], Any],
        per_second: float,
    ) -> None:
        self.principal = principal
        self._connection = connection
        self._member = member
        self._messages = messages
        self._playback = playback
        self._lifecycle = lifecycle
        self._clock = clock
        self._spawn = spawn
        self._exchange: tuple[int, float, float] | None = None
        # Few at most: an empty deque takes ten times as much, in each of thousands of sockets.
        self._waiting: list[Command] = []
        self._working = False
        #: Lifecycle commands whose outcome is waited for apart; most sockets never have one.
        self._lifecycle_waiting: list[Command] | None = None
        self._awaiting = False
        self._dismissed_with = 0
        self._per_second = per_second
        self._allowance = BURST_S * per_second
        #: When the latest message came in, in ms of party time.
        self._received_ms = clock.now_ms()

    @property
    def party_id(self) -> UUID:
        """The party whose room the socket is in."""
        return self._member.party_id

    def on_text(self, text: str, received_ms: float) -> None:
        """One message. What is wrong with it is answered, and the socket stays open."""
        if not self._allowed(received_ms):
            self._connection.close(CloseCode.TOO_MANY)
            return
        try:
            handle, message = self._messages.decode(text)
            handle(self, message)
        except InvalidMessage as invalid:
            self._refuse(invalid.refusal, parse_id((invalid.fields or {}).get("id")))
        except Refusal as refusal:
            self._refuse(refusal, None)

    def on_room_to_write(self) -> None:
        """Changes were dropped while the member read too slowly; a fresh welcome makes up for them."""
        self.spawn(self._member.renew)

    def on_dismissed(self, code: int) -> None:
        """The member left or the party ended; a command under way is answered first."""
        self._dismissed_with = self._dismissed_with or code
        self._close_when_answered()

    def on_closed(self) -> None:
        """The socket is gone. Commands that it sent still run."""
        self._member.leave()

    def send(self, message: Any) -> None:
        """Send a message to this socket alone."""
        self._connection.send(text_frame(msgspec.json.encode(message)), Priority.ANSWER)

    def spawn(self, work: Callable[[], None]) -> None:
        """Run something that may wait, beside the event loop."""
        self._spawn(work)

    def renew(self, principal: Principal) -> None:
        """Go on with a fresh token of the same person."""
        self.principal = principal
        self._connection.expires_at_ms = principal.expires_at_ms
        self._connection.session_id = principal.lasts_with

    def on_ping(self, ping: Ping) -> None:
        """Answer with a pong, and use the exchange before."""
        t3 = answer_ping(self._connection, self._clock, ping.n, ping.t1, self._received_ms)
        previous = read_previous(ping.prev)
        if previous is not None and self._exchange is not None:
            number, sent_t2, sent_t3 = self._exchange
            # Only if its server times are the ones that were sent, to the rounding, is it believed.
            if (
                previous.n == number
                and abs(previous.t2 - sent_t2) < 0.01
                and abs(previous.t3 - sent_t3) < 0.01
            ):
                self._member.exchanged(previous.t1, sent_t2, sent_t3, previous.t4)
        self._exchange = (ping.n, self._received_ms, t3)
        self._member.active(self._received_ms)

    def on_status(self, status: Status) -> None:
        """Use where the member's player is."""
        news = self._member.status(
            status.position_s,
            status.state,
            status.revision,
            status.sampled_at_ms,
            duration_s=status.duration_s,
            video_id=status.video_id,
            bound_ms=status.bound_ms,
        )
        self._member.active(self._received_ms)
        pace = self._member.next_pace()
        if pace is not None:
            self.send({"type": "pace", **pace.view()})
        if news is not None:
            self.spawn(partial(self._report_duration, news))

    def on_command(self, command: Command) -> None:
        """Run a command after those before it.

        A worker carries lifecycle commands out, which takes long when none runs. They keep their order among
        themselves and are begun after the playback commands before them; playback commands behind them don't
        wait, and are decided on the party as it is then.
        """
        self._waiting.append(command)
        if self._backlog() >= MAX_WAITING:
            self._connection.pause_reading()
        if not self._working:
            self._working = True
            self._spawn(self._run_commands)

    def _report_duration(self, news: DurationNews) -> None:
        command = ReportVideoDurationCommand(actor=self.principal, party_id=self.party_id, **news._asdict())
        try:
            self._playback.report_duration(command)
        except Refusal as refusal:
            # Nobody asked for it; the next status says it again.
            log.debug("a length was not taken: %s", refusal.code)

    def _run_commands(self) -> None:
        try:
            while self._waiting:
                command = self._waiting.pop(0)
                if command.action in _PLAYBACK:
                    self._resume_reading()
                    self._run(command)
                else:
                    self._await_apart(command)
        finally:
            self._working = False
            self._close_when_answered()

    def _await_apart(self, command: Command) -> None:
        if self._lifecycle_waiting is None:
            self._lifecycle_waiting = []
        self._lifecycle_waiting.append(command)
        if not self._awaiting:
            self._awaiting = True
            self._spawn(self._run_lifecycle_commands)

    def _run_lifecycle_commands(self) -> None:
        try:
            while self._lifecycle_waiting:
                command = self._lifecycle_waiting.pop(0)
                self._resume_reading()
                self._run(command)
        finally:
            self._awaiting = False
            self._close_when_answered()

    def _backlog(self) -> int:
        return len(self._waiting) + len(self._lifecycle_waiting or ())

    def _resume_reading(self) -> None:
        if self._backlog() < MAX_WAITING // 2:
            self._connection.resume_reading()

    def _close_when_answered(self) -> None:
        if self._dismissed_with and not self._working and not self._awaiting:
            self._connection.close(self._dismissed_with)

    def _run(self, command: Command) -> None:
        """Run one command and answer it."""
        try:
            playback_command = _PLAYBACK.get(command.action)
            if playback_command is None:
                revision = self._run_lifecycle(command)
            else:
                playback = playback_command(
                    actor=self.principal,
                    party_id=self.party_id,
                    position_s=command.position_s,
                    rate=command.rate,
                    expected_revision=command.expected_revision,
                    when_ready=bool(command.when_ready),
                )
                revision = self._playback.control(playback, command.id).revision
        except Refusal as refusal:
            self._refuse(refusal, command.id)
        except Exception as error:
            # A bug of ours must not take the member's other commands with it.
            log.error("a command failed: %s", type(error).__name__, exc_info=True)
            self._refuse(Unavailable("The command could not be carried out."), command.id)
        else:
            self.send({"type": "ack", "id": str(command.id), "revision": revision})

    def _run_lifecycle(self, command: Command) -> int:
        actor, party_id = self.principal, self.party_id
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

    def _allowed(self, received_ms: float) -> bool:
        # A token bucket in the process: a message must never wait for Redis.
        earned = max(0.0, received_ms - self._received_ms) / 1000.0 * self._per_second
        self._allowance = min(BURST_S * self._per_second, self._allowance + earned) - 1.0
        self._received_ms = received_ms
        return self._allowance >= 0.0

    def _refuse(self, refusal: Refusal, command_id: UUID | None) -> None:
        message: dict[str, Any] = {"type": "error", "problem": refusal.problem()}
        if command_id is not None:
            message["id"] = str(command_id)
        # A problem may name what came in, unpaired surrogates included, which only `json` can escape.
        self._connection.send(text_frame(json.dumps(message).encode()), Priority.ANSWER)


def register_party_messages(messages: SocketMessages[PartySocket]) -> None:
    """What a member may send about the party."""
    messages.register(Ping, PartySocket.on_ping)
    messages.register(Status, PartySocket.on_status)
    messages.register(Command, PartySocket.on_command)

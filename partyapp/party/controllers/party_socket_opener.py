"""From an upgraded socket to a member's connection in the party's room."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from partyapp.party.application.inbound_ports import LifecycleCommands, PlaybackControl
from partyapp.party.controllers.party_socket import PartySocket
from partyapp.party.controllers.socket_admission import Admission
from partyapp.party.live.member_connection import MemberConnection, Waits
from partyapp.party.live.pace import PaceBudget
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.room_join import RoomJoin
from partyapp.realtime.rooms import DeviceKey
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.socket_messages import SocketMessages
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.ops import metrics

log = logging.getLogger(__name__)


class Node(Protocol):
    """As much of the process's live side as its sockets need."""

    @property
    def stopping(self) -> bool:
        """True from the moment on in which sockets are closed."""
        ...

    def spawn(self, work: Callable[[], None]) -> None:
        """Run something that may wait, beside the event loop."""
        ...


class PartySocketOpener:
    """Opens sockets. `messages_per_s` is how many messages each may send in the long run.

    All share the `pace_budget`.
    """

    def __init__(
        self,
        *,
        node: Node,
        join: RoomJoin,
        presence_publisher: PresencePublisher,
        messages: SocketMessages[PartySocket],
        playback: PlaybackControl,
        lifecycle: LifecycleCommands,
        clock: PartyClock,
        batcher: WriteBatcher,
        messages_per_s: float,
        waits: Waits | None = None,
        pace_budget: PaceBudget | None = None,
    ) -> None:
        self._node = node
        self._join = join
        self._presence_publisher = presence_publisher
        self._messages = messages
        self._playback = playback
        self._lifecycle = lifecycle
        self._clock = clock
        self._batcher = batcher
        self._messages_per_s = messages_per_s
        self._waits = waits
        self._pace_budget = pace_budget or PaceBudget()

    def open_socket(self, upgraded: Any, admission: Admission, answer: bytes) -> None:
        """Take an upgraded socket into its party's room, and send it the `answer` to its handshake.

        Waits for Postgres at times.
        """
        principal = admission.principal
        connection = Connection(upgraded, self._clock, principal.expires_at_ms, self._batcher)
        connection.begin_with(answer)
        connection.session_id = principal.lasts_with
        member = MemberConnection(
            join=self._join,
            presence_publisher=self._presence_publisher,
            clock=self._clock,
            connection=connection,
            party_id=admission.party_id,
            device_key=DeviceKey(principal.user_id, admission.device_id),
            slot=admission.slot,
            waits=self._waits,
            client=admission.client,
            pace_budget=self._pace_budget,
        )
        connection.handler = PartySocket(
            connection=connection,
            principal=principal,
            member=member,
            messages=self._messages,
            playback=self._playback,
            lifecycle=self._lifecycle,
            clock=self._clock,
            spawn=self._node.spawn,
            per_second=self._messages_per_s,
        )
        if self._node.stopping:
            connection.close(CloseCode.RESTART)
            return
        metrics.SOCKETS_OPENED.inc()
        self._enter(member, connection, admission)

    def _enter(self, member: MemberConnection, connection: Connection, admission: Admission) -> None:
        """Enter the party's room, and begin to read.

        What fails is told by the close code: an error that left this could be answered once more, by HTTP,
        after the answer to the handshake.
        """
        try:
            member.enter(admission.last_revision, admission.reading, admission.seen)
            connection.start()
        except Exception as error:
            log.error("a socket could not be opened: %s", type(error).__name__, exc_info=True)
            connection.close(CloseCode.OURS)
            return
        if self._node.stopping:
            # The others were closed while this one was still on its way into the room.
            connection.close(CloseCode.RESTART)

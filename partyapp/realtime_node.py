"""The live side of a web process, put together: hub, bus, heart, presence and the way in."""

import json
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import gevent
from gevent.pool import Group

from partyapp.bootstrap import Resources, build_command_kinds, build_unit_of_work
from partyapp.commands.dispatcher import CommandDispatcher
from partyapp.commands.idempotency import IdempotentRequests
from partyapp.commands.waiter import OutcomeWaiter
from partyapp.party.controllers.party_socket import PartySocket
from partyapp.party.controllers.party_websocket import Admission
from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.playback_statement import PlaybackStatement
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.party.live.member_connection import MemberConnection
from partyapp.party.live.playback_commands import PlaybackCommands
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.replica import PartyReplica
from partyapp.party.live.room_feed import RoomFeed
from partyapp.realtime.keepalive import Keepalive
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL
from partyapp.realtime.pubsub.sharded_pubsub import create_bus
from partyapp.realtime.rooms import Hub
from partyapp.realtime.websocket.connection import Connection
from partyapp.realtime.websocket.frames import CloseCode
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.shared.kernel.bounds import UNLIMITED
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops import metrics
from partyapp.shared.ops.task_queue import TaskQueue

log = logging.getLogger(__name__)

#: How often a process that ends looks whether all is done, in s.
_LOOK_S = 0.02
#: Of its last seconds, how long it keeps for telling the other processes what was done.
_LAST_WORDS_S = 1.0


class RealtimeNode:
    """One web process's live side."""

    def __init__(self, resources: Resources, queue: TaskQueue) -> None:
        settings, clock = resources.settings, resources.clock
        self._resources = resources
        self.process_id = str(new_id())
        self._own_mark = f'"process":"{self.process_id}"'.encode()
        self.hub = Hub()
        self.live = RoomFeed(self.hub, clock, resources.queries, settings.heartbeat_s)
        self.presence_publisher = PresencePublisher(
            self.hub,
            clock,
            resources.presence,
            self.process_id,
            resources.queries.renew_host_lease,
            settings.host_grace_s * 1000,
        )
        self.bus = create_bus(resources.live, self.process_id, self._receive, self.live.subscribed)
        self.live.bus = self.presence_publisher.bus = self.bus
        self.waiter = OutcomeWaiter()
        self.synchronizer = PlaybackSynchronizer(clock, self._lead_ms)
        unit_of_work = build_unit_of_work(resources, self.synchronizer, self.live)
        self.playback = self._playback_commands(unit_of_work)
        self.commands = self._dispatcher(queue, unit_of_work)
        self.keepalive = Keepalive(
            self.hub,
            clock,
            heartbeat_s=settings.heartbeat_s,
            silence_s=settings.silence_s,
            each_second=self._each_second,
        )
        self._ticked_s = monotonic_s()
        self._ticking = False
        self._batcher = WriteBatcher(gevent.get_hub().loop)
        #: What sockets asked for and is still being done.
        self._work = Group()
        self.stopping = False

    def _playback_commands(self, unit_of_work: PartyUnitOfWork) -> PlaybackCommands:
        fast_path = PlaybackFastPath(
            replica_of=self._replica_of,
            commit=PlaybackStatement(self._resources.engine),
            schedule=self.synchronizer,
            announcer=self.live,
        )
        return PlaybackCommands(unit_of_work, fast_path)

    def _dispatcher(self, queue: TaskQueue, unit_of_work: PartyUnitOfWork) -> CommandDispatcher:
        resources = self._resources
        return CommandDispatcher(
            kinds=build_command_kinds(resources, self.synchronizer, unit_of_work, self.live),
            requests=IdempotentRequests(resources.commands, resources.clock),
            store=resources.commands,
            queue=queue,
            waiter=self.waiter,
            replies=self.bus,
        )

    def start(self) -> None:
        """Begin to live; called once in the process that holds the sockets."""
        self._resources.reference.start()
        self.bus.start()
        self.keepalive.start()

    def stop(self) -> None:
        """Say goodbye to every socket, and let no other in."""
        self.stopping = True
        self.keepalive.stop()

    def finish(self, limit_s: float) -> None:
        """Wait, for about `limit_s`, until sockets are gone, their commands done and all of it told."""
        if not self.stopping:
            self.stop()
        _wait_until(lambda: not len(self._work) and not len(self.hub), limit_s - _LAST_WORDS_S)
        self.presence_publisher.say_goodbye()
        _wait_until(lambda: self.bus.idle, _LAST_WORDS_S)

    def usher(self, upgraded: Any, admission: Admission) -> None:
        """Take an upgraded socket to its room."""
        principal, rates = admission.principal, self._resources.settings.rates
        connection = Connection(upgraded, self._resources.clock, principal.expires_at_ms, self._batcher)
        seat = MemberConnection(
            self.live,
            self.presence_publisher,
            self._resources.clock,
            connection,
            admission.party_id,
            (principal.user_id, admission.device_id),
            admission.place,
        )
        socket = PartySocket(
            connection=connection,
            party_id=admission.party_id,
            principal=principal,
            seat=seat,
            playback=self.playback,
            lifecycle=self.commands,
            clock=self._resources.clock,
            spawn=self._work.spawn,
            per_second=rates.messages.amount / rates.messages.per_s if rates.enabled else UNLIMITED,
        )
        connection.handler = socket
        if self.stopping:
            connection.close(CloseCode.RESTART)
            return
        seat.sit_down(admission.last_revision, admission.reading)
        connection.start()
        if self.stopping:
            # The goodbye went round while this one was still being seated.
            connection.close(CloseCode.RESTART)

    def presences(self, party_id: UUID) -> dict[UUID, dict[str, Any]]:
        """Who is connected: as this process's own room has heard, or as Redis has it."""
        room = self.hub.room(party_id)
        if room is not None:
            found: dict[UUID, dict[str, Any]] = room.state.presences(self._resources.clock.now_ms())
            return found
        return self._resources.presence.of(party_id)

    def _replica_of(self, party_id: UUID) -> PartyReplica | None:
        room = self.hub.room(party_id)
        return None if room is None else room.state.replica

    def _lead_ms(self, party_id: UUID) -> float:
        room = self.hub.room(party_id)
        if room is not None:
            lead: float = room.state.lead_ms(self._resources.clock.now_ms())
            return lead
        return self._resources.presence.lead_ms(party_id) or DEFAULT_LEAD_MS

    def _receive(self, channel: str, payload: bytes) -> None:
        if channel == TICK_CHANNEL:
            self._tick_soon()
            return
        if self._own_mark in payload:
            # What this process told the others of its members comes back to it too. The keeper would pass
            # over it as well, but with thousands of members the parsing alone holds commands up.
            return
        message = json.loads(payload)
        if "outcome" in message:
            self.waiter.arrived(UUID(message["command"]), message["outcome"])
        elif "events" in message:
            self.live.receive(message)
        else:
            self.presence_publisher.receive(message)

    def _each_second(self) -> None:
        self.presence_publisher.each_second()
        metrics.SOCKETS.set(len(self.hub))
        metrics.ROOMS.set(len(self.hub.rooms))
        # A beat, a worker or Redis that is gone must not keep the rooms from hearing the truth.
        if monotonic_s() - self._ticked_s > 1.5 * self._resources.settings.tick_interval_s:
            self._tick_soon()

    def _tick_soon(self) -> None:
        if not self._ticking:
            self._ticking = True
            gevent.spawn(self._tick)

    def _tick(self) -> None:
        try:
            self._ticked_s = monotonic_s()
            self.live.tick()
        except Refusal as refusal:
            log.warning("a tick was cut short: %s", refusal.code)
        finally:
            self._ticking = False


def _wait_until(check: Callable[[], bool], limit_s: float) -> None:
    with gevent.Timeout(limit_s, False):
        while not check():
            gevent.sleep(_LOOK_S)

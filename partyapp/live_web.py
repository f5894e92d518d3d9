"""The live side of a web process, put together: hub, bus, heart, presence and the way in."""

import json
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import gevent
from gevent.pool import Group

from partyapp.bootstrap import Ground, build_handle
from partyapp.party.controllers.party_socket import PartySocket
from partyapp.party.controllers.party_websocket import Admission
from partyapp.party.infrastructure.command_dispatcher import CommandDispatcher
from partyapp.party.infrastructure.doorbell import Doorbell
from partyapp.party.infrastructure.optimistic_playback import OptimisticPlayback
from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS
from partyapp.party.infrastructure.playback.live_parties import LiveParties
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.playback.presence_keeper import PresenceKeeper
from partyapp.party.infrastructure.playback.ushering import LiveSeat
from partyapp.party.infrastructure.services.party_copy import PartyCopy
from partyapp.party.infrastructure.services.playback_commit import PlaybackCommit
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.realtime.connection import Connection
from partyapp.realtime.frames import CloseCode
from partyapp.realtime.heart import Heart
from partyapp.realtime.room import Hub
from partyapp.realtime.room_bus import TICK_CHANNEL
from partyapp.realtime.sharded_bus import create_bus
from partyapp.realtime.turn import Turn
from partyapp.shared import metrics
from partyapp.shared.bounds import UNLIMITED
from partyapp.shared.clock import monotonic_s
from partyapp.shared.errors import Refusal
from partyapp.shared.ids import new_id
from partyapp.shared.task_queue import TaskQueue

log = logging.getLogger(__name__)

#: How often a process that ends looks whether all is done, in s.
_LOOK_S = 0.02
#: Of its last seconds, how long it keeps for telling the other processes what was done.
_LAST_WORDS_S = 1.0


class LiveWeb:
    """One web process's live side."""

    def __init__(self, ground: Ground, queue: TaskQueue) -> None:
        settings, clock = ground.settings, ground.clock
        self._ground = ground
        self.process_id = str(new_id())
        self._own_mark = f'"process":"{self.process_id}"'.encode()
        self.hub = Hub()
        self.live = LiveParties(self.hub, clock, ground.queries, settings.heartbeat_s)
        self.keeper = PresenceKeeper(
            self.hub,
            clock,
            ground.presence,
            self.process_id,
            ground.queries.vouch,
            settings.host_grace_s * 1000,
        )
        self.bus = create_bus(ground.live, self.process_id, self._receive, self.live.subscribed)
        self.live.bus = self.keeper.bus = self.bus
        self.doorbell = Doorbell()
        self.synchronizer = PlaybackSynchronizer(clock, self._lead_ms)
        self.desk = self._desk(queue)
        self.heart = Heart(
            self.hub,
            clock,
            heartbeat_s=settings.heartbeat_s,
            silence_s=settings.silence_s,
            each_second=self._each_second,
        )
        self._ticked_s = monotonic_s()
        self._ticking = False
        self._turn = Turn(gevent.get_hub().loop)
        #: What sockets asked for and is still being done.
        self._work = Group()
        self.stopping = False

    def _desk(self, queue: TaskQueue) -> CommandDispatcher:
        ground = self._ground
        return CommandDispatcher(
            unit_of_work=PartyUnitOfWork(ground.transactions, self.live.committed),
            optimistic=OptimisticPlayback(
                copy_of=self._copy_of,
                commit=PlaybackCommit(ground.engine),
                schedule=self.synchronizer,
                announce=self.live.committed,
            ),
            handle=build_handle(ground, self.synchronizer),
            commands=ground.commands,
            queue=queue,
            doorbell=self.doorbell,
            clock=ground.clock,
            reply_to=self.bus.own_channel,
            reachable=lambda: self.bus.connected,
        )

    def start(self) -> None:
        """Begin to live; called once in the process that holds the sockets."""
        self._ground.reference.start()
        self.bus.start()
        self.heart.start()

    def stop(self) -> None:
        """Say goodbye to every socket, and let no other in."""
        self.stopping = True
        self.heart.stop()

    def finish(self, limit_s: float) -> None:
        """Wait, for about `limit_s`, until sockets are gone, their commands done and all of it told."""
        if not self.stopping:
            self.stop()
        _wait_until(lambda: not len(self._work) and not len(self.hub), limit_s - _LAST_WORDS_S)
        self.keeper.say_goodbye()
        _wait_until(lambda: self.bus.idle, _LAST_WORDS_S)

    def usher(self, upgraded: Any, admission: Admission) -> None:
        """Take an upgraded socket to its room."""
        principal, rates = admission.principal, self._ground.settings.rates
        connection = Connection(upgraded, self._ground.clock, principal.expires_at_ms, self._turn)
        seat = LiveSeat(
            self.live,
            self.keeper,
            self._ground.clock,
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
            desk=self.desk,
            clock=self._ground.clock,
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
            found: dict[UUID, dict[str, Any]] = room.memory.presences(self._ground.clock.now_ms())
            return found
        return self._ground.presence.of(party_id)

    def _copy_of(self, party_id: UUID) -> PartyCopy | None:
        room = self.hub.room(party_id)
        return None if room is None else room.memory.copy

    def _lead_ms(self, party_id: UUID) -> float:
        room = self.hub.room(party_id)
        if room is not None:
            lead: float = room.memory.lead_ms(self._ground.clock.now_ms())
            return lead
        return self._ground.presence.lead_ms(party_id) or DEFAULT_LEAD_MS

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
            self.doorbell.ring(UUID(message["command"]), message["outcome"])
        elif "events" in message:
            self.live.receive(message)
        else:
            self.keeper.receive(message)

    def _each_second(self) -> None:
        self.keeper.each_second()
        metrics.SOCKETS.set(len(self.hub))
        metrics.ROOMS.set(len(self.hub.rooms))
        # A beat, a worker or Redis that is gone must not keep the rooms from hearing the truth.
        if monotonic_s() - self._ticked_s > 1.5 * self._ground.settings.tick_interval_s:
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

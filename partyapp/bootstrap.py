"""The only place where a port meets its adapter. No Flask here: a worker is built from it too."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import redis
from sqlalchemy import Engine

from partyapp.commands.store import KEPT_MS, CommandStore
from partyapp.commands.waiter import CommandOutcome
from partyapp.notification.infrastructure import PostgresNotifications, deliver
from partyapp.party.application.commands import SyncPlaybackCommand
from partyapp.party.application.handlers import switchboard
from partyapp.party.application.upkeep_handlers import UpkeepHandler
from partyapp.party.infrastructure.command_executor import CommandExecutor
from partyapp.party.infrastructure.join_fast_path import JoinFastPath
from partyapp.party.infrastructure.join_statement import JoinStatement
from partyapp.party.infrastructure.outbox import Outbox
from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.tick_slots import TickSlots
from partyapp.party.infrastructure.tickets import WebSocketTickets
from partyapp.party.infrastructure.unit_of_work import Committed, PartyUnitOfWork, Ports
from partyapp.party.infrastructure.video_catalogue import VideoCatalogue
from partyapp.party.live.presence import RedisPresence, stale_ms
from partyapp.party.live.room_messages import publication
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, room_channel
from partyapp.realtime.ticker import Tick
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.worker_registry import WorkerRegistry
from partyapp.shared.storage.database import Transactions, create_database
from partyapp.shared.storage.live_redis import LiveRedis, create_live_redis
from partyapp.shared.storage.redis_client import RedisGone, create_redis
from partyapp.shared.storage.reference_clock import ReferenceClock
from partyapp.transcode.infrastructure import PostgresVideos


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What every process stands on."""

    settings: Settings
    engine: Engine
    transactions: Transactions
    redis: redis.Redis
    live: LiveRedis
    clock: PartyClock
    reference: ReferenceClock
    commands: CommandStore
    queries: PartyQueries
    presence: RedisPresence
    tickets: WebSocketTickets
    videos: PostgresVideos
    workers: WorkerRegistry


def build_resources(settings: Settings, pool_size: int) -> Resources:
    """Open what a process needs; nothing is connected before it is used."""
    engine = create_database(settings.database_url, pool_size)
    transactions = Transactions(engine)
    client = create_redis(settings.redis_url)
    clock = PartyClock()
    return Resources(
        settings=settings,
        engine=engine,
        transactions=transactions,
        redis=client,
        live=create_live_redis(settings.live_redis_url, main=client, main_url=settings.redis_url),
        clock=clock,
        reference=ReferenceClock(client, clock),
        commands=CommandStore(transactions),
        queries=PartyQueries(transactions),
        presence=RedisPresence(client, clock, stale_ms(settings.host_grace_s * 1000)),
        tickets=WebSocketTickets(transactions, clock),
        videos=PostgresVideos(transactions),
        workers=WorkerRegistry(client, clock),
    )


Handle = Callable[[Ports, Any], Any]


def build_handle(resources: Resources, synchronizer: PlaybackSynchronizer) -> Handle:
    """Runs a command by its handler, on the ports of the transaction at hand."""
    videos = VideoCatalogue(resources.videos.get)

    def handle(ports: Ports, command: Any) -> Any:
        handlers = switchboard(
            ports.sessions,
            ports.members,
            videos=videos,
            presence=resources.presence,
            schedule=synchronizer,
            ticks=TickSlots(ports.transaction),
            quotas=resources.settings.quotas,
        )
        return handlers[type(command)](command)

    return handle


class BackgroundJobs:
    """What the Celery tasks call. It holds no socket, so what it commits is told over Redis alone."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._unit_of_work = PartyUnitOfWork(resources.transactions, self._announce)
        self._schedule = PlaybackSynchronizer(resources.clock, lambda _: DEFAULT_LEAD_MS)
        self._handle = build_handle(resources, self._schedule)
        self._accepted = CommandExecutor(
            transactions=resources.transactions,
            unit_of_work=self._unit_of_work,
            handle=self._handle,
            join=JoinFastPath(
                commit=JoinStatement(resources.engine), schedule=self._schedule, announce=self._announce
            ),
        )
        self._outbox = Outbox(resources.transactions, deliver)
        self._notifications = PostgresNotifications(resources.transactions)

    def run_command(self, command_id: UUID, reply_to: str) -> None:
        """Take an accepted command to its outcome and ring whoever waits for it."""
        outcome = self._accepted.run(command_id)
        if outcome is not None and reply_to:
            self._publish(reply_to, CommandOutcome(command=command_id, outcome=outcome))

    def tick(self, slot: int) -> None:
        """The beat: every process ticks its rooms, and every party that is due is looked after."""
        command = SyncPlaybackCommand(slot=slot)
        due = self._unit_of_work.run(lambda ports: self._handle(ports, command))
        if due is None:
            return
        self._publish(TICK_CHANNEL, Tick(slot=slot))
        for party_id in due:
            self._look_after(party_id)

    def sweep(self, queue: Callable[[UUID], None]) -> None:
        """Drive again what was accepted and not run, because its task got lost."""
        now_ms = self._resources.clock.now_ms()
        for command_id in self._resources.commands.stale(
            driven_before_ms=now_ms - 2000, now_ms=now_ms, limit=500
        ):
            queue(command_id)

    def relay(self) -> int:
        """Tell the other contexts of what was committed; returns how many events that were."""
        relayed = 0
        while batch := self._outbox.relay():
            relayed += batch
        return relayed

    def purge(self) -> None:
        """Delete what is kept for a time only."""
        now_ms = self._resources.clock.now_ms()
        self._resources.commands.purge(before_ms=now_ms - KEPT_MS)
        self._resources.tickets.forget_expired()
        self._notifications.purge(before_ms=now_ms - 30 * KEPT_MS)

    def _look_after(self, party_id: UUID) -> None:
        settings = self._resources.settings

        def upkeep(ports: Ports) -> None:
            UpkeepHandler(
                ports.sessions,
                ports.members,
                self._resources.presence,
                self._schedule,
                settings.host_grace_s * 1000,
                settings.abandoned_s * 1000,
            )(party_id)

        self._unit_of_work.run(upkeep, lock=True)

    def _announce(self, committed: Committed) -> None:
        state = committed.session.state
        message = publication(state.id, committed.events, committed.command_id)
        self._publish(room_channel(state.id), message)

    def _publish(self, channel: str, message: msgspec.Struct) -> None:
        try:
            self._resources.live.publish(channel, encode(message))
        except RedisGone:
            # It is committed; with the tick the rooms that have missed it catch up.
            return

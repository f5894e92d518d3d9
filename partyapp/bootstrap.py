"""The only place where a port meets its adapter. No Flask here: a worker is built from it too."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import redis
from sqlalchemy import Engine

from partyapp.commands.store import KEPT_MS, CommandStore
from partyapp.notification.infrastructure import PostgresNotifications, deliver
from partyapp.party.application.commands import SyncPlaybackCommand, UpkeepCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import Graces, ProcessPorts, SchedulePort
from partyapp.party.infrastructure.command_executor import CommandExecutor
from partyapp.party.infrastructure.join_fast_path import JoinFastPath
from partyapp.party.infrastructure.join_statement import JoinStatement
from partyapp.party.infrastructure.outbox import Outbox
from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.queries import PartyQueries
from partyapp.party.infrastructure.tickets import WebSocketTickets
from partyapp.party.infrastructure.unit_of_work import Committed, PartyUnitOfWork
from partyapp.party.infrastructure.video_catalogue import VideoCatalogue
from partyapp.party.live.presence import RedisPresence, stale_ms
from partyapp.party.live.room_messages import publication
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, room_channel
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


def process_ports(resources: Resources, schedule: SchedulePort) -> ProcessPorts:
    """The ports of a process that runs commands."""
    settings = resources.settings
    return ProcessPorts(
        schedule=schedule,
        videos=VideoCatalogue(resources.videos.get),
        presence=resources.presence,
        quotas=settings.quotas,
        graces=Graces(host_ms=settings.host_grace_s * 1000, abandoned_ms=settings.abandoned_s * 1000),
    )


class BackgroundJobs:
    """What the Celery tasks call. It holds no socket, so what it commits is told over Redis alone."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        schedule = PlaybackSynchronizer(resources.clock, lambda _: DEFAULT_LEAD_MS)
        self._unit_of_work = PartyUnitOfWork(
            resources.transactions, self._announce, process_ports(resources, schedule)
        )
        self._accepted = CommandExecutor(
            transactions=resources.transactions,
            unit_of_work=self._unit_of_work,
            join=JoinFastPath(
                commit=JoinStatement(resources.engine), schedule=schedule, announce=self._announce
            ),
        )
        self._outbox = Outbox(resources.transactions, deliver)
        self._notifications = PostgresNotifications(resources.transactions)

    def run_command(self, command_id: UUID, reply_to: str) -> None:
        """Take an accepted command to its outcome and ring whoever waits for it."""
        outcome = self._accepted.run(command_id)
        if outcome is not None and reply_to:
            self._publish(reply_to, {"command": str(command_id), "outcome": outcome})

    def tick(self, slot: int) -> None:
        """The beat: every process ticks its rooms, and every party that is due is looked after."""
        due = self._unit_of_work.run(partial(handle, SyncPlaybackCommand(slot=slot)))
        if due is None:
            return
        self._publish(TICK_CHANNEL, {"slot": slot})
        for party_id in due:
            self._unit_of_work.run(partial(handle, UpkeepCommand(party_id=party_id)), lock=True)

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

    def _announce(self, committed: Committed) -> None:
        state = committed.session.state
        message = publication(state.id, committed.events, committed.command_id)
        self._publish(room_channel(state.id), message)

    def _publish(self, channel: str, message: dict[str, Any]) -> None:
        try:
            self._resources.live.publish(channel, json.dumps(message, separators=(",", ":")))
        except RedisGone:
            # It is committed; the tick heals whoever has not heard of it.
            return

"""The live side of a web process, put together: which object gets which others, and who handles what."""

from dataclasses import dataclass

import gevent

from partyapp.bootstrap import Resources, build_command_kinds, build_unit_of_work
from partyapp.commands.dispatcher import CommandDispatcher
from partyapp.commands.idempotency import IdempotentRequests
from partyapp.commands.waiter import CommandOutcome, OutcomeWaiter
from partyapp.party.controllers.party_socket_opener import PartySocketOpener
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.playback_statement import PlaybackStatement
from partyapp.party.live.playback_commands import PlaybackCommands
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.presence_publisher import PresencePublisher, ProcessPresence
from partyapp.party.live.room_feed import RoomFeed
from partyapp.party.live.room_join import RoomJoin
from partyapp.party.live.room_lookup import RoomLookup
from partyapp.party.live.room_messages import PartyEvents
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.keepalive import Keepalive
from partyapp.realtime.messages import MessageRouter
from partyapp.realtime.node import RealtimeNode
from partyapp.realtime.pubsub.redis_pubsub import Bus
from partyapp.realtime.pubsub.sharded_pubsub import create_bus
from partyapp.realtime.rooms import Hub
from partyapp.realtime.ticker import Tick, Ticker
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.shared.kernel.bounds import UNLIMITED
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.task_queue import TaskQueue


@dataclass(frozen=True, kw_only=True)
class Realtime:
    """What the web process needs of its live side. Other contexts register their messages at `messages`."""

    node: RealtimeNode
    sockets: PartySocketOpener
    commands: CommandDispatcher
    playback: PlaybackCommands
    synchronizer: PlaybackSynchronizer
    rooms: RoomLookup
    messages: MessageRouter


def build_realtime(resources: Resources, queue: TaskQueue) -> Realtime:
    """The live side. Nothing runs before `node.start()`."""
    settings, clock, queries = resources.settings, resources.clock, resources.queries
    process_id = str(new_id())
    hub: Hub[RoomState] = Hub()
    messages = MessageRouter(process_id)
    bus = create_bus(resources.live, process_id, messages)
    rooms = RoomLookup(hub, clock, resources.presence)
    feed = RoomFeed(hub, clock, queries, bus)
    join = RoomJoin(hub, feed, clock, queries, bus, settings.heartbeat_s)
    presence = PresencePublisher(
        hub, clock, resources.presence, bus, process_id, queries, settings.host_grace_s * 1000
    )
    ticker = Ticker(feed, settings.tick_interval_s)
    keepalive = _keepalive(resources, hub, presence, ticker)
    node = RealtimeNode(hub=hub, bus=bus, keepalive=keepalive, presence=presence, clock=resources.reference)
    synchronizer = PlaybackSynchronizer(clock, rooms.lead_ms)
    waiter = OutcomeWaiter()
    commands, playback = _commands(resources, queue, waiter, bus, rooms, feed, synchronizer)
    _register(messages, feed, presence, ticker, waiter)
    sockets = PartySocketOpener(
        node=node,
        join=join,
        presence_publisher=presence,
        playback=playback,
        lifecycle=commands,
        clock=clock,
        batcher=WriteBatcher(gevent.get_hub().loop),
        messages_per_s=_messages_per_s(settings),
    )
    return Realtime(
        node=node,
        sockets=sockets,
        commands=commands,
        playback=playback,
        synchronizer=synchronizer,
        rooms=rooms,
        messages=messages,
    )


def _keepalive(
    resources: Resources, hub: Hub[RoomState], presence: PresencePublisher, ticker: Ticker
) -> Keepalive:
    return Keepalive(
        hub,
        resources.clock,
        heartbeat_s=resources.settings.heartbeat_s,
        silence_s=resources.settings.silence_s,
        each_second=(presence, ticker),
    )


def _register(
    messages: MessageRouter,
    feed: RoomFeed,
    presence: PresencePublisher,
    ticker: Ticker,
    waiter: OutcomeWaiter,
) -> None:
    """Every message between processes and its handler."""
    messages.register(Tick, ticker.receive, untyped_key="slot")
    messages.register(PartyEvents, feed.receive, untyped_key="events")
    messages.register(ProcessPresence, presence.receive, untyped_key="members")
    messages.register(CommandOutcome, waiter.receive, untyped_key="outcome")
    messages.register_subscribed(feed.subscribed)


def _commands(
    resources: Resources,
    queue: TaskQueue,
    waiter: OutcomeWaiter,
    bus: Bus,
    rooms: RoomLookup,
    feed: RoomFeed,
    synchronizer: PlaybackSynchronizer,
) -> tuple[CommandDispatcher, PlaybackCommands]:
    """What has durable commands run, and what runs playback commands."""
    unit_of_work = build_unit_of_work(resources, synchronizer, feed)
    commands = CommandDispatcher(
        kinds=build_command_kinds(resources, synchronizer, unit_of_work, feed),
        requests=IdempotentRequests(resources.commands, resources.clock),
        store=resources.commands,
        queue=queue,
        waiter=waiter,
        replies=bus,
    )
    fast_path = PlaybackFastPath(
        replicas=rooms,
        statement=PlaybackStatement(resources.engine),
        schedule=synchronizer,
        feed=feed,
    )
    return commands, PlaybackCommands(unit_of_work, fast_path)


def _messages_per_s(settings: Settings) -> float:
    rates = settings.rates
    return rates.messages.amount / rates.messages.per_s if rates.enabled else UNLIMITED

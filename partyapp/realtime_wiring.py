"""The live side of a web process, put together: which object gets which others, and who handles what."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import gevent

from partyapp.auth.infrastructure.session_watcher import SessionsChanged
from partyapp.bootstrap import Resources, build_command_kinds, build_member_names, build_unit_of_work
from partyapp.bootstrap.channels import build_outlet
from partyapp.chat.application.chat import Chat
from partyapp.chat_wiring import Ticked, build_chat
from partyapp.commands.dispatcher import CommandDispatcher
from partyapp.commands.idempotency import IdempotentRequests
from partyapp.commands.waiter import CommandOutcome, OutcomeWaiter
from partyapp.notification.domain import Notification
from partyapp.notification.live import LiveNotifications, NotificationsMade, messages_of
from partyapp.party.controllers.party_socket import PartySocket, register_party_messages
from partyapp.party.controllers.party_socket_opener import PartySocketOpener
from partyapp.party.controllers.socket_renewal import SocketRenewal
from partyapp.party.infrastructure.direct_join_statement import DirectJoinStatement
from partyapp.party.infrastructure.join_direct_path import JoinDirectPath
from partyapp.party.infrastructure.member_names import RenamedMembers
from partyapp.party.infrastructure.party_changes import PartyChanges
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.playback_statement import PlaybackStatement
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.party.infrastructure.video_catalogue import VideoCatalogue
from partyapp.party.live.attendance_writer import AttendanceWriter
from partyapp.party.live.command_limits import CommandLimits, LimitedLifecycle
from partyapp.party.live.due_parties import DueParties
from partyapp.party.live.playback_commands import PlaybackCommands
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.party.live.presence import refresh_ms
from partyapp.party.live.presence_changes import PresenceAsked, PresenceChange
from partyapp.party.live.presence_exchange import ProcessPresence
from partyapp.party.live.presence_publisher import PresencePublisher
from partyapp.party.live.rest_members import RestMembers
from partyapp.party.live.rest_signs import RestSigns
from partyapp.party.live.room_feed import RoomFeed
from partyapp.party.live.room_join import RoomJoin
from partyapp.party.live.room_lookup import RoomLookup
from partyapp.party.live.room_messages import PartyEvents
from partyapp.party.live.room_players import PlayersTold
from partyapp.party.live.room_state import RoomState
from partyapp.party.live.room_videos import PartyVideoChanged, RoomVideos
from partyapp.party.live.room_waits import RoomWaits
from partyapp.party.live.sync_metrics import SyncMetrics
from partyapp.party.live.welcome_parts import WelcomeParts
from partyapp.people_wiring import People, build_people
from partyapp.queue.live import QueueChanged
from partyapp.queue_wiring import QueueSide, build_queue_side, follow
from partyapp.realtime.gathered import Gathered
from partyapp.realtime.keepalive import EachSecond, Keepalive
from partyapp.realtime.messages import MessageRouter, encode
from partyapp.realtime.node import RealtimeNode
from partyapp.realtime.process_start import ComparedAtStarts, ProcessStarted
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, Bus, room_channel
from partyapp.realtime.pubsub.sharded_pubsub import create_bus
from partyapp.realtime.rooms import Hub
from partyapp.realtime.ticker import Tick, Ticker
from partyapp.realtime.websocket.socket_messages import SocketMessages
from partyapp.realtime.websocket.write_batcher import WriteBatcher
from partyapp.shared.kernel.bounds import UNLIMITED
from partyapp.shared.kernel.clock import PartyClock
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops.settings import Settings
from partyapp.shared.ops.task_queue import TaskQueue


@dataclass(frozen=True, kw_only=True)
class Realtime:
    """What the web process needs of its live side.

    A context of its own registers its messages here: those between processes, and those on the socket.
    """

    node: RealtimeNode
    sockets: PartySocketOpener
    commands: CommandDispatcher
    playback: PlaybackCommands
    changes: PartyChanges
    synchronizer: PlaybackSynchronizer
    rooms: RoomLookup
    signs: RestSigns
    people: People
    names: RenamedMembers
    queue: QueueSide
    bus_messages: MessageRouter
    socket_messages: SocketMessages[PartySocket]
    chat: Chat


@dataclass(frozen=True, kw_only=True)
class _Rooms:
    """What works on the rooms of the process."""

    hub: Hub[RoomState]
    lookup: RoomLookup
    feed: RoomFeed
    join: RoomJoin
    presence: PresencePublisher
    waits: RoomWaits
    parts: WelcomeParts
    queue: QueueSide


def build_realtime(resources: Resources, queue: TaskQueue) -> Realtime:
    """The live side. Nothing runs before `node.start()`."""
    settings, clock = resources.settings, resources.clock
    process_id = str(new_id())
    bus_messages = MessageRouter(process_id)
    bus = create_bus(resources.live, process_id, bus_messages)
    rooms = _rooms(resources, bus, process_id)
    talk = build_chat(resources, bus, rooms.hub, rooms.lookup, rooms.parts, process_id)
    ticker = Ticker(Ticked(rooms.feed, talk.feed), settings.tick_interval_s)
    people = build_people(resources, bus, rooms.hub)
    limits = CommandLimits(settings.rates, resources.redis, clock, settings.redis_names)
    synchronizer = PlaybackSynchronizer(clock, rooms.lookup.lead_ms)
    waiter = OutcomeWaiter()
    unit_of_work = build_unit_of_work(
        resources, synchronizer, rooms.feed, build_outlet(partial(_publish_news, bus))
    )
    commands, playback = _commands(resources, queue, waiter, bus, rooms, synchronizer, unit_of_work, limits)
    rooms.waits.settle_by(playback)
    due = DueParties(rooms.hub, clock, playback.look_after)
    each_second = (rooms.presence, rooms.waits, ticker, limits, *people.watchers, rooms.queue.rooms, due)
    node = _node(resources, bus, rooms, [*each_second, *talk.limits])
    _receive(bus_messages, rooms, ticker, people, waiter)
    started = ComparedAtStarts(rooms.feed, talk.feed, rooms.queue.rooms)
    bus_messages.register(ProcessStarted, started.receive)
    socket_messages = _socket_messages(people)
    talk.receive(bus_messages, socket_messages)
    lifecycle = LimitedLifecycle(commands, limits)
    return Realtime(
        node=node,
        sockets=_sockets(settings, clock, node, rooms, socket_messages, playback, lifecycle),
        commands=commands,
        playback=playback,
        changes=PartyChanges(unit_of_work, limits),
        synchronizer=synchronizer,
        rooms=rooms.lookup,
        signs=RestSigns(rooms.presence, clock, rooms.waits),
        people=people,
        names=RenamedMembers(build_member_names(resources, unit_of_work), commands.accept_for_later),
        queue=rooms.queue,
        bus_messages=bus_messages,
        socket_messages=socket_messages,
        chat=talk.chat,
    )


def _receive(
    messages: MessageRouter, rooms: _Rooms, ticker: Ticker, people: People, waiter: OutcomeWaiter
) -> None:
    """Say what takes each kind of message of other processes."""
    messages.register(Tick, ticker.receive, untyped_key="slot")
    messages.register(PartyEvents, rooms.feed.receive, untyped_key="events")
    exchange = rooms.presence.exchange
    messages.register(ProcessPresence, exchange.receive, untyped_key="members")
    messages.register(PresenceChange, exchange.receive_change)
    messages.register(PresenceAsked, exchange.receive_asked)
    messages.register(PlayersTold, rooms.waits.receive)
    messages.register(PartyVideoChanged, RoomVideos(rooms.hub).receive)
    messages.register(QueueChanged, rooms.queue.rooms.receive)
    messages.register(SessionsChanged, people.sessions.receive)
    messages.register(NotificationsMade, LiveNotifications(rooms.hub).receive)
    messages.register(CommandOutcome, waiter.receive, untyped_key="outcome")
    messages.register_subscribed(rooms.feed.subscribed)


def _publish_news(bus: Bus, news: Sequence[Notification]) -> None:
    """Who a notification is for may be in any party, so every process hears of it; this one too."""
    for message in messages_of(news):
        bus.publish(TICK_CHANNEL, encode(message))


def _socket_messages(people: People) -> SocketMessages[PartySocket]:
    messages: SocketMessages[PartySocket] = SocketMessages()
    register_party_messages(messages)
    SocketRenewal(people.tokens).register(messages)
    return messages


def _rooms(resources: Resources, bus: Bus, process_id: str) -> _Rooms:
    settings, clock, queries = resources.settings, resources.clock, resources.queries
    hub: Hub[RoomState] = Hub()
    feed, rest, parts = RoomFeed(hub, clock, queries, bus), RestMembers(), WelcomeParts()
    grace_ms = settings.host_grace_s * 1000
    attendance = AttendanceWriter(hub, rest, queries, host_grace_ms=grace_ms, refresh_ms=refresh_ms(grace_ms))
    queue = build_queue_side(resources, hub, bus)
    follow(queue.rooms, feed)
    parts.add(queue.rooms)
    waits = RoomWaits(
        hub,
        rest,
        clock,
        resources.presence,
        lambda party_id, message: bus.publish(room_channel(party_id), encode(message)),
        process_id,
    )
    feed.watch(waits.sent)
    return _Rooms(
        hub=hub,
        queue=queue,
        lookup=RoomLookup(hub, clock, resources.presence),
        feed=feed,
        join=RoomJoin(hub, feed, clock, queries, bus, settings.heartbeat_s, parts),
        presence=PresencePublisher(
            hub, clock, resources.presence, bus, process_id, rest, attendance, grace_ms
        ),
        waits=waits,
        parts=parts,
    )


def _sockets(
    settings: Settings,
    clock: PartyClock,
    node: RealtimeNode,
    rooms: _Rooms,
    messages: SocketMessages[PartySocket],
    playback: PlaybackCommands,
    lifecycle: LimitedLifecycle,
) -> PartySocketOpener:
    return PartySocketOpener(
        node=node,
        join=rooms.join,
        presence_publisher=rooms.presence,
        messages=messages,
        playback=playback,
        lifecycle=lifecycle,
        clock=clock,
        batcher=WriteBatcher(gevent.get_hub().loop),
        messages_per_s=_messages_per_s(settings),
        waits=rooms.waits,
    )


def _node(resources: Resources, bus: Bus, rooms: _Rooms, each_second: Sequence[EachSecond]) -> RealtimeNode:
    settings = resources.settings
    keepalive = Keepalive(
        rooms.hub,
        resources.clock,
        heartbeat_s=settings.heartbeat_s,
        silence_s=settings.silence_s,
        each_second=(*each_second, SyncMetrics(rooms.hub)),
    )
    return RealtimeNode(
        hub=rooms.hub, bus=bus, keepalive=keepalive, presence=rooms.presence, clock=resources.reference
    )


def _commands(
    resources: Resources,
    queue: TaskQueue,
    waiter: OutcomeWaiter,
    bus: Bus,
    rooms: _Rooms,
    synchronizer: PlaybackSynchronizer,
    unit_of_work: PartyUnitOfWork,
    limits: CommandLimits,
) -> tuple[CommandDispatcher, PlaybackCommands]:
    """What has durable commands run, and what runs playback commands."""
    direct_join = JoinDirectPath(
        statement=DirectJoinStatement(resources.engine),
        schedule=synchronizer,
        announcer=rooms.feed,
        gather=Gathered,
    )
    commands = CommandDispatcher(
        kinds=build_command_kinds(resources, synchronizer, unit_of_work, rooms.feed, direct_join),
        requests=IdempotentRequests(resources.commands, resources.clock),
        store=resources.commands,
        queue=queue,
        waiter=waiter,
        replies=bus,
    )
    fast_path = PlaybackFastPath(
        replicas=rooms.lookup,
        statement=PlaybackStatement(resources.engine),
        schedule=synchronizer,
        feed=rooms.feed,
    )
    return commands, PlaybackCommands(
        unit_of_work,
        fast_path,
        limits,
        VideoCatalogue(resources.videos, resources.grants, resources.shown),
        rooms.waits.players,
    )


def _messages_per_s(settings: Settings) -> float:
    rates = settings.rates
    return rates.messages.amount / rates.messages.per_s if rates.enabled else UNLIMITED

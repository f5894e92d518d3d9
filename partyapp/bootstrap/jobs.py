"""What the Celery tasks do. A worker holds no socket, so what it commits is published over Redis alone."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from partyapp.bootstrap.channels import ChannelTurns, build_outlet
from partyapp.bootstrap.commands import build_command_kinds, build_unit_of_work
from partyapp.bootstrap.publishing import publish
from partyapp.bootstrap.resources import Resources
from partyapp.bootstrap.retention import delete_old, kept_for_a_time
from partyapp.bootstrap.uploads import build_uploads
from partyapp.bootstrap.webhooks import build_deliveries
from partyapp.commands.executor import CommandExecutor
from partyapp.commands.waiter import CommandOutcome
from partyapp.notification.domain import Notification
from partyapp.notification.infrastructure.notifications import NotificationConsumer
from partyapp.notification.infrastructure.reminders import Reminders
from partyapp.notification.live import messages_of
from partyapp.party.application.commands import ClosePartySessionCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.rights_commands import ExpelMemberCommand
from partyapp.party.domain.events import MemberRemoved
from partyapp.party.infrastructure.outbox import Outbox
from partyapp.party.infrastructure.party_directory import PostgresPartyDirectory
from partyapp.party.infrastructure.playback.lead_time import DEFAULT_LEAD_MS
from partyapp.party.infrastructure.playback.playback_synchronizer import PlaybackSynchronizer
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import Committed
from partyapp.party.infrastructure.upkeep import Upkeep
from partyapp.party.live.room_messages import publication
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, room_channel
from partyapp.realtime.ticker import Tick
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.storage.live_redis import LiveRedis
from partyapp.transcode.application.prepare_films import PrepareFilms
from partyapp.webhook.application.deliveries import Deliveries
from partyapp.webhook.infrastructure.consumer import WebhookConsumer

log = logging.getLogger(__name__)

#: A pending command is run again when no worker was woken for it in the last so many ms.
SWEEP_AFTER_MS = 2000

#: So long one run deletes what is old, in s. It holds one process of a worker meanwhile.
PURGE_S = 5.0

#: One task relays for so long at most, in s. Where events never cease to come it would never end, and Celery
#: ends what takes longer than its limit by force.
RELAY_S = 10.0

#: One task delivers webhooks, or notifications, for about so long, in s. Beat sends the next one within a
#: second.
DELIVER_S = 10.0


class WorkerMessages:
    """What a worker publishes to the web processes. A message that Redis loses is made up for by the tick."""

    def __init__(self, live: LiveRedis) -> None:
        self._live = live

    def announce(self, committed: Committed) -> None:
        """The events of a commit, to every process with a room of that party."""
        party_id = committed.session.state.id
        self._publish(room_channel(party_id), publication(party_id, committed.events, committed.command_id))

    def outcome(self, channel: str, command_id: UUID, outcome: dict[str, Any]) -> None:
        """A command's outcome, to the process that waits for it."""
        self._publish(channel, CommandOutcome(command=command_id, outcome=outcome))

    def tick(self, slot: int) -> None:
        """The tick, to every process."""
        self._publish(TICK_CHANNEL, Tick(slot=slot))

    def notified(self, news: Sequence[Notification]) -> None:
        """Notifications that were committed, to every process: who they are for may be in any party."""
        for message in messages_of(news):
            self._publish(TICK_CHANNEL, message)

    def _publish(self, channel: str, message: msgspec.Struct) -> None:
        publish(self._live, channel, message)


class BackgroundJobs:
    """One method a task."""

    def __init__(self, resources: Resources, is_ending: Callable[[], bool] = lambda: False) -> None:
        #: What the process stands on.
        self.resources = resources
        self._messages = WorkerMessages(resources.live)
        schedule = PlaybackSynchronizer(resources.clock, lambda _: DEFAULT_LEAD_MS)
        outlet = build_outlet(self._messages.notified)
        unit_of_work = build_unit_of_work(resources, schedule, self._messages, outlet)
        self._unit_of_work = unit_of_work
        self._upkeep = Upkeep(unit_of_work, resources.transactions, resources.clock)
        #: The kinds that this process runs; another context registers its own.
        self.kinds = build_command_kinds(resources, schedule, unit_of_work, self._messages)
        self._executor = CommandExecutor(
            transactions=resources.transactions,
            store=resources.commands,
            kinds=self.kinds,
        )
        consumers = (NotificationConsumer(outlet), WebhookConsumer(resources.clock))
        self._outbox = Outbox(resources.transactions, resources.clock, consumers)
        ahead_ms = resources.settings.remind_s * 1000
        self._reminders = Reminders(resources.transactions, PostgresPartyDirectory, ahead_ms, outlet)
        self._is_ending = is_ending
        self._films: PrepareFilms | None = None
        self._deliveries: Deliveries | None = None
        self._channels: ChannelTurns | None = None

    def run_command(self, command_id: UUID, reply_to: str, kind: str | None) -> None:
        """Take an accepted command to its outcome, and publish that to the channel `reply_to`, if any.

        `kind` is the command's kind, as far as the task knows it.
        """
        outcome = self._executor.run(command_id, kind)
        if outcome is not None and reply_to:
            self._messages.outcome(reply_to, command_id, outcome)

    def tick(self) -> None:
        """The tick. Its slot is cut from party time, so that two beats ask for the same one, whatever their
        machines' clocks say."""
        settings, clock = self.resources.settings, self.resources.clock
        self.tick_slot(int(clock.now_ms() / 1000 / settings.tick_interval_s))

    def tick_slot(self, slot: int) -> None:
        """The tick of this slot, unless somebody has claimed it: every process ticks its rooms, and every
        party that is due gets its upkeep."""
        due = self._upkeep.due(slot)
        if due is None:
            return
        self._messages.tick(slot)
        self._upkeep.look_after(due)

    def close_party(self, party_id: UUID) -> None:
        """End a party for the operator. Raises `PartyNotFound` or `Unavailable`."""
        work = partial(handle, ClosePartySessionCommand(party_id=party_id))
        self._unit_of_work.run(work, lock=Lock.WAIT)

    def expel_member(self, party_id: UUID, user_id: UUID, *, ban: bool) -> bool:
        """Put a member out of a party for the operator, for good with `ban`; whether they were in it.

        Raises a `Refusal`, such as `PartyNotFound`, `NoSuchMember`, `HostCannotBeRemoved` or `Unavailable`.
        """
        work = partial(handle, ExpelMemberCommand(party_id=party_id, user_id=user_id, ban=ban))
        events = self._unit_of_work.run(work, lock=Lock.WAIT).events
        return any(isinstance(event, MemberRemoved) for event in events)

    def stale_commands(self) -> list[UUID]:
        """Commands that were accepted and not run, because their task got lost; to be run again."""
        now_ms = self.resources.clock.now_ms()
        return self.resources.commands.stale(
            driven_before_ms=now_ms - SWEEP_AFTER_MS, now_ms=now_ms, limit=500
        )

    def relay(self) -> int:
        """Deliver committed events to the other contexts; returns how many events that were."""
        relayed, until_s = 0, monotonic_s() + RELAY_S
        while monotonic_s() < until_s and (batch := self._outbox.relay()):
            relayed += batch
        return relayed

    def deliver_webhooks(self) -> int:
        """Deliver webhooks for some seconds, as they become due; returns how many were accepted.

        Raises `Unavailable` without Postgres.
        """
        if self._deliveries is None:
            self._deliveries = build_deliveries(self.resources)
        return self._deliveries.run(DELIVER_S, self._is_ending)

    def deliver_notifications(self) -> int:
        """Send notifications to people's channels for some seconds; returns how many arrived.

        Raises `Unavailable` without Postgres.
        """
        if self._channels is None:
            self._channels = ChannelTurns(self.resources)
        return self._channels.run(DELIVER_S, self._is_ending)

    def remind(self) -> int:
        """Remind the members of parties whose date is near; returns of how many parties.

        Raises `Unavailable` without Postgres.
        """
        if not self.resources.settings.remind_s:
            return 0
        return self._reminders.remind(self.resources.clock.now_ms(), self._is_ending)

    def prepare_film(self) -> bool:
        """Prepare a film that waits; False when none does, or this process is to end.

        Raises `Unavailable` without Postgres.
        """
        if self._films is None:
            # Only here: what reads films takes a quarter of a second to import.
            from partyapp.bootstrap.film_worker import build_prepare_films

            self._films = build_prepare_films(self.resources, self._is_ending)
        return self._films is not None and not self._is_ending() and self._films()

    def scan_library(self) -> None:
        """Keep the catalogue in step with the library's folder, if there is one."""
        from partyapp.bootstrap.film_worker import build_scan_library

        scan = build_scan_library(self.resources)
        if scan is None:
            return
        try:
            scan()
        except OSError as error:
            log.warning("the library can't be read: %s", type(error).__name__)

    def purge(self) -> None:
        """Delete what is kept for a time only, for `PURGE_S` at most; the next run goes on with the rest.

        Raises `Unavailable` without Postgres; one alone may come of rows that somebody else has locked.
        """
        self._remove_unfinished_uploads()
        old = [(kept.name, kept.old) for kept in kept_for_a_time(self.resources) if kept.old is not None]
        delete_old(old, PURGE_S)

    def _remove_unfinished_uploads(self) -> None:
        uploads = build_uploads(self.resources, self.resources.films)
        if uploads is None:
            return
        try:
            uploads.remove_expired(self.resources.clock.now_ms())
        except Unavailable:
            log.warning("unfinished uploads could not be removed now")
        except Exception:
            log.exception("unfinished uploads could not be removed")

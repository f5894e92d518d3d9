"""Playback commands, run in the web process: by the fast path, or else in a transaction."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

from partyapp.party.application.commands import (
    ChangeVideoCommand,
    FollowQueueCommand,
    PlaybackCommand,
    PlayNextCommand,
    ReportVideoDurationCommand,
    SettleWaitCommand,
    UpkeepCommand,
)
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.domain.readiness import Players
from partyapp.party.infrastructure.services.party_session_service import Lock
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.party.live.command_limits import CommandLimits
from partyapp.party.live.playback_fast_path import PlaybackFastPath
from partyapp.shared.kernel.clock import monotonic_s
from partyapp.shared.kernel.errors import Refusal, Unavailable
from partyapp.shared.kernel.ids import new_id
from partyapp.shared.ops import metrics

log = logging.getLogger(__name__)


class VideoLengths(Protocol):
    """Where the lengths of videos are kept for later parties."""

    def learn_duration(self, video_id: UUID, duration_s: float, user_id: UUID) -> None:
        """Keep the length in s, if this person may say it. Raises `Unavailable`."""
        ...


class PlaybackCommands:
    """Runs playback commands, each once for its command id."""

    def __init__(
        self,
        unit_of_work: PartyUnitOfWork,
        fast_path: PlaybackFastPath,
        limits: CommandLimits | None = None,
        lengths: VideoLengths | None = None,
        players: Callable[[UUID], Players] | None = None,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._fast_path = fast_path
        self._limits = limits
        self._lengths = lengths
        self._players = players

    def control(self, command: PlaybackCommand, command_id: UUID) -> PartyEvent:
        """Run the command and return its event; a repeat with the same id finds the first one.

        Raises the `Refusal` of a rule, `RateLimited` among them, or `Unavailable` when Postgres is gone: then
        it may have happened all the same, and a repeat finds out.
        """
        begun_s, path, outcome = monotonic_s(), "fast", "failed"
        try:
            if self._limits is not None:
                self._limits.take(command.actor.user_id, command.party_id)
            if command.when_ready and self._players is not None:
                command = replace(command, players=self._players(command.party_id))
            event, lost_a_race = None, False
            try:
                event = self._fast_path.try_run(command, command_id)
            except ConcurrentChange:
                lost_a_race = True
            if event is None:
                path = "slow"
                event = self._by_a_transaction(command, command_id, lock=lost_a_race)
            outcome = "done"
            return event
        except Refusal as refusal:
            outcome = "failed" if isinstance(refusal, Unavailable) else "refused"
            raise
        finally:
            metrics.COMMAND_SECONDS.labels(path, outcome).observe(monotonic_s() - begun_s)

    def _by_a_transaction(self, command: PlaybackCommand, command_id: UUID, *, lock: bool) -> PartyEvent:
        return self._unit_of_work.run_once(
            partial(handle, command),
            party_id=command.party_id,
            actor_id=command.actor.user_id,
            command_id=command_id,
            lock=lock,
        )

    def settle(self, command: SettleWaitCommand) -> bool:
        """Begin a wait, go on with it or end it, if that is due on the party as it is; whether it was.

        Raises `Unavailable`.
        """
        if not self._fast_path.knows(command.party_id):
            return bool(self._unit_of_work.run(partial(handle, command)))
        try:
            return self._fast_path.try_run(command, new_id()) is not None
        except ConcurrentChange:
            # Whoever was faster has changed what this was decided on.
            return False

    def change_film(self, command: ChangeVideoCommand | PlayNextCommand, command_id: UUID) -> PartyEvent:
        """Show another film, or the next of the queue; a repeat with the same id finds the first event.

        Raises as `control` does.
        It is rare, and looks at more than the party: so it takes the party's row lock at once.
        """
        if self._limits is not None:
            self._limits.take(command.actor.user_id, command.party_id)
        return self._unit_of_work.run_once(
            partial(handle, command),
            party_id=command.party_id,
            actor_id=command.actor.user_id,
            command_id=command_id,
            lock=True,
        )

    def follow_queue(self, party_id: UUID) -> None:
        """The queue is another one: what is announced may be no longer in it. Raises `Unavailable`."""
        self._unit_of_work.run(partial(handle, FollowQueueCommand(party_id=party_id)), lock=Lock.WAIT)

    def look_after(self, party_id: UUID) -> None:
        """Do what the party is due for by itself. Raises `Unavailable`."""
        self._unit_of_work.run(partial(handle, UpkeepCommand(party_id=party_id)), lock=Lock.WAIT)

    def report_duration(self, command: ReportVideoDurationCommand) -> bool:
        """Take the film's length from a member's player; whether that changed anything.

        Raises the `Refusal` of a rule, or `Unavailable`.
        """
        changed = bool(self._unit_of_work.run(partial(handle, command)))
        if changed and self._lengths is not None:
            self._keep_length(self._lengths, command)
        return changed

    def _keep_length(self, lengths: VideoLengths, command: ReportVideoDurationCommand) -> None:
        try:
            lengths.learn_duration(command.video_id, command.duration_s, command.actor.user_id)
        except Unavailable as error:
            # The party has it all the same, and the next party of this video learns it again.
            log.warning("a video's length was not kept: %s", type(error).__name__)

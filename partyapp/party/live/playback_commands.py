"""Playback commands, run in the web process: by the fast path, or else in a transaction."""

from functools import partial
from uuid import UUID

from partyapp.party.application.commands import PlaybackCommand
from partyapp.party.application.handlers import handle
from partyapp.party.application.ports import ConcurrentChange
from partyapp.party.contract import PartyEvent
from partyapp.party.infrastructure.unit_of_work import PartyUnitOfWork
from partyapp.party.live.command_limits import CommandLimits
from partyapp.party.live.playback_fast_path import PlaybackFastPath


class PlaybackCommands:
    """Runs playback commands, each once for its command id."""

    def __init__(
        self,
        unit_of_work: PartyUnitOfWork,
        fast_path: PlaybackFastPath,
        limits: CommandLimits | None = None,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._fast_path = fast_path
        self._limits = limits

    def control(self, command: PlaybackCommand, command_id: UUID) -> PartyEvent:
        """Run the command and return its event; a repeat with the same id finds the first one.

        Raises the `Refusal` of a rule, `RateLimited` among them, or `Unavailable` when Postgres is gone: then
        it may have happened all the same, and a repeat finds out.
        """
        if self._limits is not None:
            self._limits.take(command.actor.user_id, command.party_id)
        lost_a_race = False
        try:
            event = self._fast_path.try_run(command, command_id)
            if event is not None:
                return event
        except ConcurrentChange:
            lost_a_race = True
        return self._unit_of_work.run_once(
            partial(handle, command),
            party_id=command.party_id,
            actor_id=command.actor.user_id,
            command_id=command_id,
            lock=lost_a_race,
        )

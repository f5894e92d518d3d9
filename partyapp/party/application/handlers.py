"""The switchboard: one command, one handler."""

from collections.abc import Callable, Mapping
from typing import Any

from partyapp.party.application import commands as c
from partyapp.party.application import lifecycle_handlers as lifecycle
from partyapp.party.application import playback_handlers as playback
from partyapp.party.application.ports import (
    MemberLookup,
    PartyMemberPort,
    PartySessionPort,
    PresencePort,
    SchedulePort,
    SessionRepository,
    TickPort,
    VideoCataloguePort,
)
from partyapp.party.application.upkeep_handlers import SyncPlaybackHandler
from partyapp.shared.kernel.bounds import Quotas


def switchboard(
    sessions: PartySessionPort,
    members: PartyMemberPort,
    *,
    videos: VideoCataloguePort,
    presence: PresencePort,
    schedule: SchedulePort,
    ticks: TickPort,
    quotas: Quotas,
) -> Mapping[type, Callable[[Any], Any]]:
    """The handlers on one transaction's ports."""
    return {
        c.CreatePartySessionCommand: lifecycle.CreatePartySessionHandler(
            sessions, members, videos, schedule, quotas
        ),
        c.JoinPartySessionCommand: lifecycle.JoinPartySessionHandler(sessions, members, schedule),
        c.LeavePartySessionCommand: lifecycle.LeavePartySessionHandler(sessions, members, presence, schedule),
        c.TransferHostCommand: lifecycle.TransferHostHandler(sessions, members, schedule),
        c.EndPartySessionCommand: lifecycle.EndPartySessionHandler(sessions, members, schedule),
        **playback_switchboard(sessions, members, schedule),
        c.SyncPlaybackCommand: SyncPlaybackHandler(sessions, ticks, schedule),
    }


def playback_switchboard(
    sessions: SessionRepository, members: MemberLookup, schedule: SchedulePort
) -> Mapping[type, Callable[[Any], Any]]:
    """The handlers of the playback commands alone, which need less of the ports."""
    return {
        c.StartPlaybackCommand: playback.StartPlaybackHandler(sessions, members, schedule),
        c.PausePlaybackCommand: playback.PausePlaybackHandler(sessions, members, schedule),
        c.SeekPlaybackCommand: playback.SeekPlaybackHandler(sessions, members, schedule),
    }

"""Which handler runs which command, and the one function that all entry points run commands through."""

from dataclasses import fields
from typing import Any

from partyapp.party.application import commands as c
from partyapp.party.application import film_handlers as film
from partyapp.party.application import invite_handlers as invites
from partyapp.party.application import lifecycle_handlers as lifecycle
from partyapp.party.application import playback_handlers as playback
from partyapp.party.application import rights_commands as r
from partyapp.party.application import rights_handlers as rights
from partyapp.party.application import upkeep_handlers as upkeep
from partyapp.party.application.ports import PortMissing, Ports

#: Command to handler. The fields of a handler are names of `Ports`.
HANDLERS: dict[type, type] = {
    c.CreatePartySessionCommand: lifecycle.CreatePartySessionHandler,
    c.JoinPartySessionCommand: lifecycle.JoinPartySessionHandler,
    c.RenameMemberCommand: lifecycle.RenameMemberHandler,
    c.LeavePartySessionCommand: lifecycle.LeavePartySessionHandler,
    c.TransferHostCommand: lifecycle.TransferHostHandler,
    c.EndPartySessionCommand: lifecycle.EndPartySessionHandler,
    c.ClosePartySessionCommand: lifecycle.ClosePartySessionHandler,
    c.StartPlaybackCommand: playback.StartPlaybackHandler,
    c.PausePlaybackCommand: playback.PausePlaybackHandler,
    c.SeekPlaybackCommand: playback.SeekPlaybackHandler,
    c.SettleWaitCommand: playback.SettleWaitHandler,
    c.ChangeVideoCommand: film.ChangeVideoHandler,
    c.PlayNextCommand: film.PlayNextHandler,
    c.FollowQueueCommand: film.FollowQueueHandler,
    c.ReportVideoDurationCommand: playback.ReportVideoDurationHandler,
    r.ChangePartySessionCommand: rights.ChangePartySessionHandler,
    r.GiveGrantsCommand: rights.GiveGrantsHandler,
    r.RemoveMemberCommand: rights.RemoveMemberHandler,
    r.ExpelMemberCommand: rights.ExpelMemberHandler,
    r.UnbanMemberCommand: rights.UnbanMemberHandler,
    r.ChangeInviteCodeCommand: rights.ChangeInviteCodeHandler,
    r.CreateInviteCommand: invites.CreateInviteHandler,
    r.RevokeInviteCommand: invites.RevokeInviteHandler,
    c.SyncPlaybackCommand: upkeep.SyncPlaybackHandler,
    c.UpkeepCommand: upkeep.UpkeepHandler,
}

_FIELDS = {handler: tuple(field.name for field in fields(handler)) for handler in HANDLERS.values()}


def handle(command: Any, ports: Ports) -> Any:
    """Run a command by its handler on these ports, and return what the handler returns.

    Raises the `Refusal` of a rule, `ConcurrentChange` when the party was changed since it was loaded, and
    `PortMissing` when the handler needs a port that is absent from `ports`.
    """
    handler = HANDLERS[type(command)]
    names = _FIELDS[handler]
    needed = [getattr(ports, name) for name in names]
    if None in needed:
        absent = names[needed.index(None)]
        raise PortMissing(f"{handler.__name__} needs the port `{absent}`, which is absent here")
    return handler(*needed)(command)

"""How a process runs commands: the party's ports and unit of work, and all kinds of durable commands."""

from functools import partial

from partyapp.bootstrap.resources import Resources
from partyapp.commands.kinds import CommandDirectPath, CommandKind, CommandKinds
from partyapp.notification.infrastructure.notifications import Outlet, PostgresInvitationNotices
from partyapp.party.application.commands import LIFECYCLE_COMMANDS, RenameMembershipsCommand
from partyapp.party.application.ports import Graces, ProcessPorts, SchedulePort
from partyapp.party.infrastructure import join_fast_path
from partyapp.party.infrastructure.join_fast_path import JoinFastPath
from partyapp.party.infrastructure.join_statement import JoinStatement
from partyapp.party.infrastructure.lifecycle_runner import LifecycleRunner
from partyapp.party.infrastructure.member_names import MemberNames, MembershipsRunner
from partyapp.party.infrastructure.unit_of_work import EventAnnouncer, PartyUnitOfWork
from partyapp.party.infrastructure.video_catalogue import VideoCatalogue
from partyapp.queue.infrastructure import QueueInTransaction


def build_unit_of_work(
    resources: Resources, schedule: SchedulePort, announcer: EventAnnouncer, tell: Outlet
) -> PartyUnitOfWork:
    """What runs the party's commands in this process. `tell` takes the notifications that they make."""
    settings = resources.settings
    ports = ProcessPorts(
        schedule=schedule,
        videos=VideoCatalogue(resources.videos, resources.grants, resources.shown),
        presence=resources.presence,
        quotas=settings.quotas,
        graces=Graces(
            host_ms=settings.host_grace_s * 1000,
            abandoned_ms=settings.abandoned_s * 1000,
            unvisited_ms=settings.unvisited_s * 1000,
        ),
    )
    notices = partial(PostgresInvitationNotices, tell=tell)
    return PartyUnitOfWork(resources.transactions, announcer, ports, notices, QueueInTransaction)


def build_command_kinds(
    resources: Resources,
    schedule: SchedulePort,
    unit_of_work: PartyUnitOfWork,
    announcer: EventAnnouncer,
    direct_join: CommandDirectPath | None = None,
) -> CommandKinds:
    """All durable commands of all contexts, with what runs each; `direct_join` where it may be asked for."""
    runner = LifecycleRunner(unit_of_work)
    join = JoinFastPath(statement=JoinStatement(resources.engine), schedule=schedule, announcer=announcer)
    kinds = CommandKinds(
        CommandKind(
            name=name,
            command=command,
            runner=runner,
            fast_path=join if name == join_fast_path.KIND else None,
            direct_path=direct_join if name == join_fast_path.KIND else None,
        )
        for name, command in LIFECYCLE_COMMANDS.items()
    )
    renames = MembershipsRunner(build_member_names(resources, unit_of_work))
    kinds.register(CommandKind(name="party.rename", command=RenameMembershipsCommand, runner=renames))
    return kinds


def build_member_names(resources: Resources, unit_of_work: PartyUnitOfWork) -> MemberNames:
    """What gives people's memberships their present names."""
    return MemberNames(resources.queries, unit_of_work, resources.auth_sessions.present_name_of)

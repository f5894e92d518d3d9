"""The only place where a port meets its adapter. No Flask here: a worker is built from it too."""

from partyapp.bootstrap.commands import build_command_kinds, build_member_names, build_unit_of_work
from partyapp.bootstrap.jobs import BackgroundJobs
from partyapp.bootstrap.resources import Resources, build_resources

__all__ = [
    "BackgroundJobs",
    "Resources",
    "build_command_kinds",
    "build_member_names",
    "build_resources",
    "build_unit_of_work",
]

"""`party prune`: delete now what upkeep deletes bit by bit, or say what that is."""

import json

import click

from partyapp.bootstrap.retention import Kept, delete_old, kept_for_a_time
from partyapp.cli_resources import opened_resources


@click.command()
@click.option("--dry-run", is_flag=True, help="Delete nothing; say how much is old.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each kind.")
def prune(dry_run: bool, as_json: bool) -> None:
    """Delete what is kept for a time only and is old by now, all of it.

    The settings PARTY_KEEP_… say how long is kept what. Uploads that nobody goes on with, and what a worker
    deletes while this runs, aren't counted. `party export` prints a party before it goes.
    """
    with opened_resources() as resources:
        found = kept_for_a_time(resources)
        old = [(kept.name, kept.old) for kept in found if kept.old is not None]
        rows = {name: one.count() for name, one in old} if dry_run else delete_old(old)
    for kept in found:
        click.echo(_json(kept, rows.get(kept.name, 0)) if as_json else _line(kept, rows, dry_run))


def _json(kept: Kept, rows: int) -> str:
    return json.dumps({"kind": kept.name, "kept_days": kept.days, "rows": rows})


def _line(kept: Kept, rows: dict[str, int], dry_run: bool) -> str:
    if kept.days is None:
        return f"{kept.name:<14}  kept for ever"
    after = f"after {kept.days:g} days" if kept.days else "once over"
    return f"{kept.name:<14}  {after:<16}  {rows[kept.name]} {'old' if dry_run else 'rows deleted'}"

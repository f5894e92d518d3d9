"""`party members …`: what whoever runs the service can do about members, without a web process."""

import json
from uuid import UUID

import click

from partyapp.bootstrap.jobs import BackgroundJobs
from partyapp.cli_resources import opened_resources


@click.group()
def members() -> None:
    """Put members out of parties."""


@members.command("remove")
@click.argument("party_id", metavar="PARTY", type=click.UUID)
@click.argument("user_id", metavar="PERSON", type=click.UUID)
@click.option("--ban", is_flag=True, help="For good: they can't come back, whatever invite they have.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def remove(party_id: UUID, user_id: UUID, ban: bool, as_json: bool) -> None:
    """Put a person out of a party, whoever hosts it; `party parties show PARTY` has the ids.

    Their sockets are closed, invites that they made or that are for them open nothing any more, and the
    party's log says that nobody of the party did it. Who has left already stays away; a host can't be put
    out. Exits with 1 where the party or the member isn't there, or the party is over.
    """
    with opened_resources() as resources:
        # An event's instant is in party time, which Redis keeps.
        resources.reference.start()
        was_there = BackgroundJobs(resources).expel_member(party_id, user_id, ban=ban)
    if as_json:
        found = {"party_id": str(party_id), "user_id": str(user_id), "removed": was_there, "banned": ban}
        click.echo(json.dumps(found))
        return
    done = "removed" if was_there else "had left already"
    click.echo(f"{user_id}  {done}{', banned' if ban else ''}")

"""`party people …`: what an operator does about one person."""

from collections.abc import Collection
from uuid import UUID

import click

from partyapp.cli_resources import opened_resources
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import parse_id, site_user_id
from partyapp.shared.ops.api_keys import KEY_NAME


@click.group()
def people() -> None:
    """End all that one person is signed in with."""


@people.command("revoke")
@click.argument("person")
@click.option("--site", help="PERSON is the `sub` by which the server of this site knows them.")
def revoke(person: str, site: str | None) -> None:
    """End every token, session and socket of PERSON, by their user id, in all processes within seconds.

    A token that is made afterwards counts again: a guest signs in anew as somebody else, and others come back
    by whoever signs tokens for them.
    """
    user_id = _user_id(person, site)
    with opened_resources() as resources:
        if site is not None:
            _check_site(site, {*resources.settings.api_keys, *(key.name for key in resources.api_keys.all())})
        resources.auth_sessions.revoke_person(user_id, WallClock().now_ms())
        click.echo(f"{user_id}  revoked")


def _check_site(site: str, known: Collection[str]) -> None:
    """Nobody has a token of a site that has no key. Raises for an operator."""
    if site not in known:
        names = ", ".join(sorted(known)) or "none"
        raise click.ClickException(
            f"No site {site!r} has a key, so nobody was revoked. Those that have: {names}."
        )


def _user_id(person: str, site: str | None) -> UUID:
    if site is not None:
        if not KEY_NAME.fullmatch(site):
            raise click.UsageError("--site is the name of its keys, as `party keys list` prints it.")
        return site_user_id(site, person)
    found = parse_id(person)
    if found is None:
        raise click.UsageError("PERSON is a user id, or with --site a server's own id of the person.")
    return found

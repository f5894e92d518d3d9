"""`party people …`: what an operator does about one person."""

from collections.abc import Collection
from uuid import UUID

import click

from partyapp.bootstrap.channels import channel_store
from partyapp.channel.application.channels import channel_json
from partyapp.cli_resources import as_json, json_line, opened_resources
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import parse_id, site_user_id
from partyapp.shared.ops.api_keys import KEY_NAME


@click.group()
def people() -> None:
    """What is kept of one person: end what they are signed in with, see and remove their channels."""


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


@people.command("channels")
@click.argument("person")
@click.option("--site", help="PERSON is the `sub` by which the server of this site knows them.")
@click.option("--remove", is_flag=True, help="Forget them all, with their quiet hours.")
@as_json
def channels(person: str, site: str | None, remove: bool, as_json: bool) -> None:
    """Print where PERSON has notifications sent to: not the addresses, which are the person's own."""
    user_id = _user_id(person, site)
    with opened_resources() as resources:
        store = channel_store(resources)
        found = [channel_json(channel) for channel in store.all(user_id)]
        if remove:
            store.remove_all(user_id)
        for one in found:
            words = (one["id"], "removed" if remove else one["state"], one["label"], ",".join(one["kinds"]))
            click.echo(json_line(one) if as_json else "  ".join(words))


def _user_id(person: str, site: str | None) -> UUID:
    if site is not None:
        if not KEY_NAME.fullmatch(site):
            raise click.UsageError("--site is the name of its keys, as `party keys list` prints it.")
        return site_user_id(site, person)
    found = parse_id(person)
    if found is None:
        raise click.UsageError("PERSON is a user id, or with --site a server's own id of the person.")
    return found

"""`party webhooks …`: which programs are told of events, how they do, and what they have missed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from partyapp.bootstrap.webhooks import build_webhook_endpoints
from partyapp.cli_resources import as_json, json_line, opened_resources
from partyapp.webhook.domain.endpoint import WebhookEndpoint
from partyapp.webhook.domain.stream import DeadLetter


@click.group()
def webhooks() -> None:
    """Register receivers of webhooks, see how they do, and send again what they have missed."""


@webhooks.command("add")
@click.argument("url")
@click.option("--events", default="", help="Types of events, with commas between; all without.")
@click.option("--party", "parties", type=click.UUID, multiple=True, help="This party's alone; repeatable.")
@as_json
def add(url: str, events: str, parties: tuple[UUID, ...], as_json: bool) -> None:
    """Register a receiver. Its secret is printed now and never again."""
    names = [name.strip() for name in events.split(",") if name.strip()]
    with opened_resources() as resources:
        # What it is told of begins at an instant of party time, which Redis keeps.
        resources.reference.start()
        endpoint, secret = build_webhook_endpoints(resources).add(url, events=names, parties=parties)
    if as_json:
        click.echo(json_line({**_endpoint(endpoint), "secret": secret}))
        return
    click.echo(f"id      {endpoint.id}")
    click.echo(f"secret  {secret}")


@webhooks.command("list")
@as_json
def list_endpoints(as_json: bool) -> None:
    """Print the receivers: id, state, how many messages were accepted and failed, last error, URL."""
    with opened_resources() as resources:
        for found in build_webhook_endpoints(resources).list():
            if as_json:
                click.echo(json_line(_endpoint(found)))
                continue
            counts = f"{found.delivered:>9}  {found.failed:>7}"
            error = found.last_error or "-"
            click.echo(f"{found.id}  {found.state:<8}  {counts}  {error:<15}  {found.url}")


@webhooks.command("remove")
@click.argument("endpoint_id", type=click.UUID)
def remove(endpoint_id: UUID) -> None:
    """Forget a receiver, with all that waits for it and its dead letters."""
    with opened_resources() as resources:
        build_webhook_endpoints(resources).remove(endpoint_id)
        click.echo(f"{endpoint_id}  removed")


@webhooks.command("enable")
@click.argument("endpoint_id", type=click.UUID)
def enable(endpoint_id: UUID) -> None:
    """Send to a receiver again, at once, that was disabled or is down."""
    with opened_resources() as resources:
        build_webhook_endpoints(resources).enable(endpoint_id)
        click.echo(f"{endpoint_id}  enabled")


@webhooks.command("test")
@click.argument("endpoint_id", type=click.UUID)
def test(endpoint_id: UUID) -> None:
    """Send a signed message of the type webhook_test now; exit status 1 unless it is accepted."""
    with opened_resources() as resources:
        answer = build_webhook_endpoints(resources).test(endpoint_id)
    if not answer.is_accepted:
        raise click.ClickException(f"It was not accepted: {answer.reason}.")
    click.echo(f"accepted with {answer.status} after {answer.took_ms:.0f} ms")


@webhooks.command("dead")
@click.argument("endpoint_id", type=click.UUID, required=False)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@as_json
def dead(endpoint_id: UUID | None, limit: int, as_json: bool) -> None:
    """Print what was given up, the oldest first: id, when, receiver, party, revision, type, error."""
    with opened_resources() as resources:
        for found in build_webhook_endpoints(resources).dead_letters(endpoint_id, limit=limit):
            if as_json:
                click.echo(json_line(_letter(found)))
                continue
            what = f"{found.revision:>6}  {found.type:<24}  {found.error}"
            when = datetime.fromtimestamp(found.died_at_ms / 1000, UTC).isoformat(sep=" ", timespec="seconds")
            click.echo(f"{found.id}  {when[:19]}  {found.endpoint_id}  {found.party_id}  {what}")


@webhooks.command("replay")
@click.argument("endpoint_id", type=click.UUID)
@click.argument("ids", type=click.UUID, nargs=-1)
def replay(endpoint_id: UUID, ids: tuple[UUID, ...]) -> None:
    """Send a receiver's dead letters once more, in order: these, or all of them."""
    with opened_resources() as resources:
        resources.reference.start()
        count = build_webhook_endpoints(resources).replay(endpoint_id, ids or None)
        click.echo(f"{count} to be sent once more")


def _endpoint(found: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "url": found.url,
        "state": found.state,
        "events": found.events,
        "parties": None if found.parties is None else [str(party_id) for party_id in found.parties],
        "created_at_ms": found.created_at_ms,
        "delivered": found.delivered,
        "failed": found.failed,
        "last_error": found.last_error,
    }


def _letter(found: DeadLetter) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "endpoint": str(found.endpoint_id),
        "party": str(found.party_id),
        "revision": found.revision,
        "type": found.type,
        "died_at_ms": found.died_at_ms,
        "attempts": found.attempts,
        "error": found.error,
    }

"""`party keys …`: the keys with which others' servers act and sign tokens for their people."""

from datetime import UTC, datetime
from typing import Any

import click

from partyapp.auth.domain import ApiKey
from partyapp.cli_resources import as_json, json_line, opened_resources
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.ids import parse_id
from partyapp.shared.kernel.scopes import Scope
from partyapp.shared.ops.api_keys import KEY_NAME

_SECONDS = {"m": 60, "h": 3600, "d": 86400}
#: Ten years: longer than that is for ever.
_LONGEST_S = 3650 * 86400


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        number, unit = value[:-1], value[-1:]
        if not (number.isascii() and number.isdigit() and len(number) < 9 and unit in _SECONDS):
            self.fail(f"{value!r} is no duration like 90d, 12h or 30m", param, ctx)
        seconds = int(number) * _SECONDS[unit]
        if not 0 < seconds <= _LONGEST_S:
            self.fail("must be between a minute and ten years", param, ctx)
        return seconds


@click.group()
def keys() -> None:
    """Make, list and revoke the keys of others' servers."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What the key is for; repeatable.",
)
@click.option("--expires", type=_Duration(), help="It ends after so long: 90d, 12h, 30m. Without: never.")
@as_json
def create(name: str, scopes: tuple[str, ...], expires: int | None, as_json: bool) -> None:
    """Make a key for the site NAME. Its secrets are printed now and never again.

    Keys of one name stand for the same site: make a second one to replace a first one.
    """
    if not KEY_NAME.fullmatch(name):
        raise click.UsageError(
            "NAME is 1 to 32 small letters, digits and hyphens, and begins with no hyphen."
        )
    now_ms = WallClock().now_ms()
    with opened_resources() as resources:
        made = resources.api_keys.create(
            name,
            frozenset(Scope(scope) for scope in scopes),
            now_ms=now_ms,
            expires_at_ms=None if expires is None else now_ms + expires * 1000,
        )
    if as_json:
        click.echo(json_line({**_shown(made.key), "key": made.sent, "signing_secret": made.signing_secret}))
        return
    click.echo(f"id              {made.key.id}")
    click.echo(f"key             {made.sent}")
    if made.signing_secret is not None:
        click.echo(f"signing secret  {made.signing_secret}")


@keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """Print the keys: id, state, name, when it was made, when it ends, scopes."""
    with opened_resources() as resources:
        for key in resources.api_keys.all():
            if as_json:
                click.echo(json_line(_shown(key)))
                continue
            state = key.state(WallClock().now_ms())
            made, ends = _day(key.created_at_ms), _day(key.expires_at_ms)
            click.echo(
                f"{key.id}  {state:<7}  {key.name:<16}  {made}  {ends:<10}  {' '.join(sorted(key.scopes))}"
            )


@keys.command("revoke")
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """End a key for ever, with all tokens that were signed with it, in all processes within seconds."""
    found = parse_id(key_id)
    if found is None:
        # Not what was given: it may be the key itself.
        raise click.UsageError("KEY_ID is an id that `party keys list` prints, and not the key.")
    with opened_resources() as resources:
        resources.api_keys.revoke(found, WallClock().now_ms())
        click.echo(f"{found}  revoked")


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.id),
        "name": key.name,
        "state": key.state(WallClock().now_ms()),
        "scopes": sorted(key.scopes),
        "created_at_ms": key.created_at_ms,
        "expires_at_ms": key.expires_at_ms,
        "revoked_at_ms": key.revoked_at_ms,
    }


def _day(at_ms: float | None) -> str:
    return "-" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()

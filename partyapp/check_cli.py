"""`party check`: what is wrong with this deployment, each fault with its remedy."""

import json
from collections.abc import Iterator

import click
from rich.console import Console
from rich.table import Table

from partyapp.bootstrap.resources import Resources
from partyapp.cli_resources import opened_resources
from partyapp.deployment_checks import SERVER_CHECKS, Finding, Outcome, findings_of
from partyapp.login_checks import login_checks
from partyapp.mail_checks import mail_checks
from partyapp.public_checks import public_checks
from partyapp.shared.ops.public_url import read_public_url

_MARKS = {Outcome.OK: "[green]ok[/]", Outcome.WARNING: "[yellow]warning[/]", Outcome.FAULT: "[red]fault[/]"}


@click.command()
@click.option("--address", help="Check the service at this address, too, instead of at PARTY_PUBLIC_URL.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON for each check.")
@click.pass_context
def check(context: click.Context, address: str | None, as_json: bool) -> None:
    """Look for what is wrong with this deployment, and say what to do about it.

    Checks servers, schema, clock, worker, films, where people sign in, the mail server, and, where there is a
    public address, what the world sees.
    Exits with 1 where there is a fault; a warning is none.
    """
    with opened_resources() as resources:
        findings = list(_findings(resources, _public_url(resources, address)))
    if as_json:
        for finding in findings:
            click.echo(json.dumps(finding._asdict(), ensure_ascii=False))
    else:
        _print(findings)
    if any(finding.outcome is Outcome.FAULT for finding in findings):
        context.exit(1)


def _findings(resources: Resources, url: str | None) -> Iterator[Finding]:
    yield from findings_of(resources, SERVER_CHECKS)
    oidc = resources.settings.oidc
    if oidc is not None:
        yield from findings_of(resources, login_checks(oidc, url))
    mail = resources.settings.notify.mail
    if mail is not None:
        yield from findings_of(resources, mail_checks(mail))
    if url is not None:
        yield from findings_of(resources, public_checks(url))


def _public_url(resources: Resources, address: str | None) -> str | None:
    if address is None:
        return resources.settings.public_url
    try:
        return read_public_url(address)
    except ValueError as error:
        raise click.UsageError(f"--address {error}") from None


def _print(findings: list[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        # What a server said is text, not markup.
        said = finding.text.replace("[", r"\[")
        table.add_row(_MARKS[finding.outcome], finding.name, said)
        if finding.remedy:
            table.add_row("", "", f"→ {finding.remedy}".replace("[", r"\["))
    Console(soft_wrap=False, highlight=False).print(table)

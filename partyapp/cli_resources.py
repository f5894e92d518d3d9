"""What the commands of an operator stand on."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from partyapp.bootstrap.resources import Resources, build_resources
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.ops.settings import BadSettings, Settings

as_json = click.option("--json", "as_json", is_flag=True, help="One line of JSON for each.")


def json_line(value: dict[str, Any]) -> str:
    """What `--json` prints."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def opened_resources() -> Iterator[Resources]:
    """What a process stands on, by the environment; a refusal becomes one line for the operator."""
    try:
        settings = Settings.from_environment(os.environ)
    except BadSettings as error:
        raise click.ClickException(str(error)) from None
    resources = build_resources(settings, 1)
    try:
        yield resources
    except Refusal as refusal:
        raise click.ClickException(refusal.detail) from None
    finally:
        resources.reference.stop()
        resources.engine.dispose()

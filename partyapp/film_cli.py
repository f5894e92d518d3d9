"""`party library …` and `party videos remove`: what an operator does with films that parties may show."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click

from partyapp.bootstrap.film_worker import build_scan_library
from partyapp.bootstrap.resources import Resources, build_resources
from partyapp.shared.kernel.errors import Refusal
from partyapp.shared.ops.settings import BadSettings, Settings
from partyapp.transcode.application.stored_films import StoredFilmFiles
from partyapp.transcode.application.videos import RemoveVideo
from partyapp.transcode.cli import videos

__all__ = ["library", "videos"]


@videos.command("remove")
@click.argument("video_id", type=click.UUID)
def remove(video_id: UUID) -> None:
    """Delete a video and its files. One that an active party shows stays."""
    with _resources() as resources:
        files = StoredFilmFiles(store=resources.films)
        RemoveVideo(videos=resources.videos, parties=resources.shown, files=files)(video_id, None)


@click.group()
def library() -> None:
    """Films in the folder PARTY_LIBRARY_DIR."""


@library.command("scan")
def scan() -> None:
    """Look through the folder now, instead of within a quarter of a minute."""
    with _resources() as resources:
        look = build_scan_library(resources)
        if look is None:
            raise click.ClickException("PARTY_LIBRARY_DIR must be set.")
        try:
            found = look()
        except OSError as error:
            raise click.ClickException(f"The library can't be read: {error.strerror}.") from None
        click.echo(f"{found.added} added, {found.removed} removed")


@contextmanager
def _resources() -> Iterator[Resources]:
    """What a process stands on; a refusal becomes one line for the operator."""
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
        resources.engine.dispose()

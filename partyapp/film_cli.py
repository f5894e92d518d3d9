"""`party library …` and `party videos remove`: what an operator does with films that parties may show."""

from uuid import UUID

import click

from partyapp.bootstrap.film_worker import build_scan_library
from partyapp.cli_resources import opened_resources
from partyapp.transcode.application.stored_films import StoredFilmFiles
from partyapp.transcode.application.videos import RemoveVideo
from partyapp.transcode.cli import videos

__all__ = ["library", "videos"]


@videos.command("remove")
@click.argument("video_id", type=click.UUID)
def remove(video_id: UUID) -> None:
    """Delete a video and its files. One that an active party shows stays."""
    with opened_resources() as resources:
        files = StoredFilmFiles(store=resources.films)
        RemoveVideo(videos=resources.videos, parties=resources.shown, files=files)(video_id, None)


@click.group()
def library() -> None:
    """Films in the folder PARTY_LIBRARY_DIR."""


@library.command("scan")
def scan() -> None:
    """Look through the folder now, instead of within a quarter of a minute."""
    with opened_resources() as resources:
        look = build_scan_library(resources)
        if look is None:
            raise click.ClickException("PARTY_LIBRARY_DIR must be set.")
        try:
            found = look()
        except OSError as error:
            raise click.ClickException(f"The library can't be read: {error.strerror}.") from None
        click.echo(f"{found.added} added, {found.removed} removed")

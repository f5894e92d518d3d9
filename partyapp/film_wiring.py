"""The addresses of videos and films, put together: what answers them, and where the bytes are."""

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint

from partyapp.bootstrap import Resources
from partyapp.bootstrap.uploads import build_uploads
from partyapp.commands.controllers import IdempotentPost
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.errors import Unavailable
from partyapp.shared.ops.task_queue import PREPARE_FILMS_TASK, TRANSCODE_QUEUE, TaskQueue
from partyapp.transcode.application.film_store import FilmStore
from partyapp.transcode.application.media import FilmMediaFiles, Media
from partyapp.transcode.application.media_bytes import MediaBytes
from partyapp.transcode.application.stored_films import StoredFilmFiles
from partyapp.transcode.application.subtitles import AddSubtitles, RemoveSubtitles
from partyapp.transcode.application.transcode_jobs import PrepareVideo
from partyapp.transcode.application.videos import ChangeVideo, RegisterVideo, RemoveVideo, VideoReader
from partyapp.transcode.controllers.disk_threads import DiskThreads
from partyapp.transcode.controllers.media import Senders, media_blueprint
from partyapp.transcode.controllers.subtitles import SubtitleHandlers, subtitles_blueprint
from partyapp.transcode.controllers.uploads import uploads_blueprint
from partyapp.transcode.controllers.videos import VideoHandlers, transcode_blueprint
from partyapp.transcode.infrastructure.library_folder import LibraryFolder
from partyapp.transcode.infrastructure.subtitles.conversion import to_webvtt
from partyapp.transcode.infrastructure.threaded_store import ThreadedStore


def film_blueprints(
    resources: Resources, queue: TaskQueue, idempotent: IdempotentPost
) -> tuple[Blueprint, ...]:
    """All of them. Bytes are read and written such that no other request waits for a disk."""
    threads = DiskThreads()
    store = _store(resources, threads)
    limit = resources.settings.films.upload_max_bytes
    reader = VideoReader(videos=resources.videos, parties=resources.shown, grants=resources.grants)

    def wake() -> None:
        queue.wake(PREPARE_FILMS_TASK, TRANSCODE_QUEUE, "", "")

    return (
        transcode_blueprint(_videos(resources, reader, store), idempotent),
        subtitles_blueprint(_subtitles(resources, reader, store, threads), idempotent),
        uploads_blueprint(build_uploads(resources, store, wake), limit),
        _media(resources, store, threads),
    )


def origin_of_films(store: FilmStore | None) -> str | None:
    """The origin at which the store itself sends films; None where it sends none."""
    if store is None:
        return None
    try:
        address = store.url("origin", expires_s=1, content_type="video/mp4")
    except Unavailable:
        # Without credentials: whoever asks for a film is told.
        return None
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}" if address else None


def _store(resources: Resources, threads: DiskThreads) -> FilmStore | None:
    store: FilmStore | None = resources.films
    return ThreadedStore(store, threads) if store is not None and store.blocks else store


def _media(resources: Resources, store: FilmStore | None, threads: DiskThreads) -> Blueprint:
    films = resources.settings.films
    files = FilmMediaFiles(videos=resources.videos, library=LibraryFolder(films.library))
    folder = str(films.place) if isinstance(films.place, Path) else None
    return media_blueprint(
        Media(resources.grants, files, resources.shown, WallClock()),
        MediaBytes(store=store, call=threads),
        Senders(sendfile=films.sendfile, films=folder),
    )


def _videos(resources: Resources, reader: VideoReader, store: FilmStore | None) -> VideoHandlers:
    videos, parties = resources.videos, resources.shown
    return VideoHandlers(
        reader=reader,
        register=RegisterVideo(videos=videos, clock=resources.clock),
        change=ChangeVideo(videos=videos, parties=parties),
        remove=RemoveVideo(videos=videos, parties=parties, files=StoredFilmFiles(store=store)),
        prepare=PrepareVideo(videos=videos, clock=resources.clock),
    )


def _subtitles(
    resources: Resources, reader: VideoReader, store: FilmStore | None, threads: DiskThreads
) -> SubtitleHandlers:
    videos, parties = resources.videos, resources.shown
    # A film's subtitles take a quarter of a second to read, the largest some seconds; others need not wait.
    convert = partial(threads, to_webvtt)
    return SubtitleHandlers(
        reader=reader,
        add=AddSubtitles(videos=videos, parties=parties, store=store, convert=convert),
        remove=RemoveSubtitles(videos=videos, parties=parties, store=store),
    )

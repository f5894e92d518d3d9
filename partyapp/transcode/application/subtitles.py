"""Subtitles that a film's owner adds to it, and takes away again."""

from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from partyapp.shared.kernel.errors import NotFound, QuotaExceeded, Unavailable
from partyapp.transcode.application.film_store import FilmStore, film_prefix
from partyapp.transcode.application.ports import VideoParties, VideoPort
from partyapp.transcode.application.videos import found, must_own
from partyapp.transcode.contract import VideoView
from partyapp.transcode.domain.film import NO_FILM, SubtitleTrack
from partyapp.transcode.domain.language_names import subtitle_label
from partyapp.transcode.domain.sidecars import sidecar_alone
from partyapp.transcode.domain.subtitles import (
    MAX_ADDED,
    ConvertedSubtitles,
    UnreadableSubtitles,
    added_file,
    added_to,
)
from partyapp.transcode.domain.video import Video


class NoSuchSubtitles(NotFound):
    detail = "These subtitles are not there, or came with the film."


class SubtitleConverter(Protocol):
    """Makes WebVTT of a file of subtitles."""

    def __call__(self, raw: bytes, name: str, language: str | None = None) -> ConvertedSubtitles:
        """The subtitles in `raw`, a file of that name. Raises `UnreadableSubtitles` with the line."""
        ...


@dataclass(frozen=True, kw_only=True)
class AddSubtitlesCommand:
    """A file of subtitles for a film. `language` (RFC 5646) and `label` are None where only the file's name
    tells. The same `subtitles_id` again has no second effect."""

    video_id: UUID
    actor_id: UUID
    subtitles_id: UUID
    raw: bytes
    name: str
    language: str | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class AddedSubtitles:
    """The film with its new subtitles, and what the file's conversion says of it."""

    view: VideoView
    track: SubtitleTrack
    converted: ConvertedSubtitles


@dataclass(frozen=True, kw_only=True)
class AddSubtitles:
    """Adds subtitles to a film of the actor's own. `store` is None where no place for films is set."""

    videos: VideoPort
    parties: VideoParties
    store: FilmStore | None
    convert: SubtitleConverter

    def __call__(self, command: AddSubtitlesCommand) -> AddedSubtitles:
        """The subtitles as they are kept.

        Raises `NoSuchVideo`, `NotYourVideo`, `UnreadableSubtitles` with the first line that can't be read,
        `QuotaExceeded`, `StorageFull` or `Unavailable`; then nothing is changed.
        """
        store = _place(self.store)
        must_own(found(self.videos.get(command.video_id)).video, command.actor_id)
        told = sidecar_alone(command.name)
        language = command.language or told.language
        converted = self.convert(command.raw, command.name, language)
        refuse_unreadable(converted)
        track = SubtitleTrack(
            id=str(command.subtitles_id),
            language=language,
            label=command.label or subtitle_label(language, forced=told.forced, sdh=told.sdh) or told.label,
            file=added_file(command.subtitles_id),
        )
        key = _key(command.video_id, track.file)
        # The file first: a row must not name one that isn't there. One that no row names goes with the film.
        store.put_bytes(key, converted.text.encode())
        view = self.videos.change(command.video_id, lambda video: _with(video, command.actor_id, track))
        if view is None:
            store.delete(key)
        self.parties.changed(found(view))
        return AddedSubtitles(view=found(view), track=track, converted=converted)


@dataclass(frozen=True, kw_only=True)
class RemoveSubtitles:
    """Takes subtitles away that the owner has added."""

    videos: VideoPort
    parties: VideoParties
    store: FilmStore | None

    def __call__(self, video_id: UUID, subtitles_id: UUID, actor_id: UUID) -> VideoView:
        """The film without them. Raises `NoSuchVideo`, `NotYourVideo` or `NoSuchSubtitles`."""
        store = _place(self.store)

        def without(video: Video) -> Video:
            must_own(video, actor_id)
            if not any(track.id == str(subtitles_id) for track in added_to(video.film)):
                raise NoSuchSubtitles()
            film = video.film or NO_FILM
            kept = tuple(track for track in film.subtitles if track.id != str(subtitles_id))
            return replace(video, film=replace(film, subtitles=kept))

        view = found(self.videos.change(video_id, without))
        # The row first, as above.
        store.delete(_key(video_id, added_file(subtitles_id)))
        self.parties.changed(view)
        return view


def refuse_unreadable(converted: ConvertedSubtitles) -> None:
    """Raises `UnreadableSubtitles` for the first cue that can't be read: who sends a file can mend it."""
    for note in converted.dropped:
        if note.unreadable:
            raise UnreadableSubtitles(note.line, note.reason)


def _with(video: Video, actor_id: UUID, track: SubtitleTrack) -> Video:
    must_own(video, actor_id)
    film = video.film or NO_FILM
    if any(kept.id == track.id for kept in film.subtitles):
        return video
    if len(added_to(film)) >= MAX_ADDED:
        raise QuotaExceeded(f"A film can have {MAX_ADDED} subtitles of its owner's.")
    return replace(video, film=replace(film, subtitles=(*film.subtitles, track)))


def _key(video_id: UUID, file: str) -> str:
    return f"{film_prefix(video_id)}/{file}"


def _place(store: FilmStore | None) -> FilmStore:
    if store is None:
        raise Unavailable("No place for films is set on this server.", retry_after_s=60)
    return store

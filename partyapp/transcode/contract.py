"""What other contexts may know of a video."""

import mimetypes
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from partyapp.transcode.domain.film import AudioTrack, FilmSource, PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.job import TranscodeJob
from partyapp.transcode.domain.video import MAX_DURATION_S as MAX_DURATION_S
from partyapp.transcode.domain.video import MIN_DURATION_S as MIN_DURATION_S
from partyapp.transcode.domain.video import Video, VideoState, state_of

#: What a media address calls the film as it came.
SOURCE_NAME = "source"
#: A party can be made for a film that is still being prepared once so many s of it can be watched, or half.
EARLY_S = 30.0
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mkv": "video/x-matroska",
    ".mpd": "application/dash+xml",
}


@dataclass(frozen=True, kw_only=True)
class TranscodeJobView:
    """A video's transcode job. `progress` is 0 to 1."""

    id: UUID
    state: str
    progress: float
    error: str | None

    def to_json(self) -> dict[str, Any]:
        """The job as PROTOCOL shows it inside a video."""
        return {"id": str(self.id), "state": self.state, "progress": self.progress, "error": self.error}


@dataclass(frozen=True, kw_only=True)
class VideoView:
    """A video and its job, if it has one."""

    video: Video
    transcode_job: TranscodeJobView | None
    state: VideoState

    @property
    def id(self) -> UUID:
        """The video's id."""
        return self.video.id

    @property
    def duration_s(self) -> float | None:
        """Its length in s, None while it isn't known."""
        return self.video.duration_s

    @property
    def title(self) -> str:
        """Its title."""
        return self.video.title

    @property
    def playable(self) -> bool:
        """Whether all of it can be watched now."""
        return self.state is VideoState.PLAYABLE

    @property
    def watchable(self) -> bool:
        """Whether a party can be made for it: all can be watched, or so much that the rest comes in time."""
        if self.playable:
            return True
        ready_s, length_s = self.video.ready_until_s, self.video.duration_s
        if self.state is not VideoState.PREPARING or ready_s is None or self.video.film is None:
            return False
        return ready_s >= EARLY_S or (length_s is not None and ready_s >= length_s / 2)

    def to_json(self, grant: str | None = None, base: str = "") -> dict[str, Any]:
        """CONTRACT's Video. Without a `grant` the film's files have no addresses.

        `base`, if any, is the URL at which people outside reach the service; addresses on it begin with that.
        """
        video, film = self.video, self.video.film
        media = _Media(grant, video.id, base)
        sources = _own_address(video, base) if video.playback_url else media.sources(film)
        shown = {
            "id": str(video.id),
            "title": video.title,
            "duration_s": video.duration_s,
            "playback_url": sources[0]["url"] if sources else None,
            "transcode_job": None if self.transcode_job is None else self.transcode_job.to_json(),
            "owner_id": None if video.owner_id is None else str(video.owner_id),
            "kind": video.kind.value,
            "state": self.state.value,
            "ready_until_s": None if self.playable else video.ready_until_s,
            "sources": sources,
            "subtitles": media.subtitles(film),
            "audio_tracks": [] if film is None else [_audio(track) for track in film.audio_tracks],
            "poster_url": media.url(film.poster) if film else None,
            "storyboard_url": media.url(film.storyboard) if film else None,
            "width": (film.width or None) if film else None,
            "height": (film.height or None) if film else None,
            "frame_rate": film.frame_rate if film else None,
        }
        return shown if film is None or film.left_out is None else shown | {"left_out": film.left_out}


@dataclass(frozen=True)
class _Media:
    """The addresses of a film's files for who has the grant."""

    grant: str | None
    video_id: UUID
    base: str

    def url(self, file: str | None) -> str | None:
        if self.grant is None or file is None:
            return None
        return f"{self.base}/media/{self.grant}/{self.video_id}/{quote(file or SOURCE_NAME)}"

    def sources(self, film: PreparedFilm | None) -> list[dict[str, Any]]:
        if film is None or self.grant is None:
            return []
        return [self._source(source) for source in film.sources]

    def subtitles(self, film: PreparedFilm | None) -> list[dict[str, Any]]:
        if film is None or self.grant is None:
            return []
        return [self._subtitle(track) for track in film.subtitles]

    def _source(self, source: FilmSource) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "type": source.type,
            "url": self.url(source.file),
            "width": source.width,
            "height": source.height,
            "bitrate": source.bitrate,
        }
        if source.audio_track is not None:
            shown["audio_track"] = source.audio_track
        return shown

    def _subtitle(self, track: SubtitleTrack) -> dict[str, Any]:
        return {
            "id": track.id,
            "language": track.language,
            "label": track.label,
            "url": self.url(track.file),
            "default": track.default,
        }


def _audio(track: AudioTrack) -> dict[str, Any]:
    return {"id": track.id, "language": track.language, "label": track.label, "default": track.default}


def _own_address(video: Video, base: str) -> list[dict[str, Any]]:
    """The one source of a video that is an address. Its type is guessed: only the file knows it."""
    name = urlsplit(video.playback_url).path.lower()
    dot = name.rfind(".")
    kind = _TYPES.get(name[dot:]) if dot >= 0 else None
    kind = kind or mimetypes.guess_type(name)[0] or "video/mp4"
    url = base + video.playback_url if video.playback_url.startswith("/") else video.playback_url
    return [{"type": kind, "url": url, "width": None, "height": None, "bitrate": None}]


def view_of(video: Video, job: TranscodeJob | None) -> VideoView:
    """The video as others see it."""
    return VideoView(
        video=video,
        state=state_of(video, job),
        transcode_job=None
        if job is None
        else TranscodeJobView(id=job.id, state=job.state.value, progress=job.progress, error=job.error),
    )

"""The files of films, for whoever brings a grant: where they are, and whether the grant still holds."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from partyapp.shared.kernel.clock import Clock
from partyapp.shared.kernel.errors import NotFound, Unavailable
from partyapp.transcode.application.film_store import checked_key, film_prefix
from partyapp.transcode.application.ports import LibraryFiles, VideoPort
from partyapp.transcode.contract import SOURCE_NAME
from partyapp.transcode.domain.media_grant import SignedGrants
from partyapp.transcode.domain.media_type import OTHER_TYPE, media_type_of
from partyapp.transcode.domain.video import Video, VideoKind

#: What was found of a party is believed for so long, in ms: a grant outlives its party by no more.
BELIEVED_MS = 3000
#: Where nobody can be asked, it is believed for so long: films go on while Postgres is away.
BELIEVED_AWAY_MS = 600_000
_MOST_PARTIES = 10_000


class NoSuchMedia(NotFound):
    detail = "There is no such file, or the right to see it has ended."


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """A file of a film: `key` in the store, or `path` in the library (which is `below` its folder)."""

    content_type: str
    key: str | None = None
    path: Path | None = None
    below: str | None = None


class MediaFiles(Protocol):
    """Knows the files of films."""

    def find(self, video_id: UUID, name: str) -> MediaFile | None:
        """The file of that name; None for what can't be one. Whether it is there is not said."""
        ...


class ActiveParties(Protocol):
    """Knows the parties."""

    def is_active(self, party_id: UUID) -> bool:
        """Whether the party goes on. Raises `Unavailable`."""
        ...


@dataclass(frozen=True, kw_only=True)
class FilmMediaFiles:
    """`MediaFiles` by the catalogue: what jobs made lies in the film's folder of the store."""

    videos: VideoPort
    library: LibraryFiles

    def find(self, video_id: UUID, name: str) -> MediaFile | None:
        """A name is a key below the film's, or says that the film is meant as it came."""
        if name == SOURCE_NAME:
            view = self.videos.get(video_id)
            return None if view is None else self._source(view.video)
        try:
            key = checked_key(f"{film_prefix(video_id)}/{name}")
        except ValueError:
            return None
        return MediaFile(content_type=media_type_of(name), key=key)

    def _source(self, video: Video) -> MediaFile | None:
        if video.source is None:
            return None
        key = video.source.key
        said = [source.type for source in video.film.sources if not source.file] if video.film else []
        content_type = said[0] if said else media_type_of(key)
        if video.kind is VideoKind.UPLOAD:
            return MediaFile(content_type=content_type, key=key)
        path = self.library.path(key)
        if path is None:
            return None
        # The type that a browser is told decides what it does with a file, so only films are told by it.
        is_film = content_type.startswith(("video/", "audio/"))
        return MediaFile(content_type=content_type if is_film else OTHER_TYPE, path=path, below=key)


class Media:
    """Finds the file that a grant opens."""

    def __init__(self, grants: SignedGrants, files: MediaFiles, parties: ActiveParties, clock: Clock) -> None:
        self._grants, self._files, self._parties, self._clock = grants, files, parties, clock
        self._known: OrderedDict[UUID, tuple[bool, float]] = OrderedDict()

    def find(self, grant: str, video_id: UUID, name: str) -> MediaFile:
        """The file. Raises `NoSuchMedia`, whatever it is that doesn't hold, or `Unavailable`."""
        opened = self._grants.opened(grant, video_id)
        if opened is None or (opened.party_id is not None and not self._is_active(opened.party_id)):
            raise NoSuchMedia()
        found = self._files.find(video_id, name)
        if found is None:
            raise NoSuchMedia()
        return found

    def _is_active(self, party_id: UUID) -> bool:
        now_ms = self._clock.now_ms()
        is_active, asked_ms = self._known.get(party_id, (False, -BELIEVED_AWAY_MS))
        age_ms = now_ms - asked_ms
        if 0 <= age_ms < BELIEVED_MS:
            return is_active
        try:
            is_active = self._parties.is_active(party_id)
        except Unavailable:
            if not 0 <= age_ms < BELIEVED_AWAY_MS:
                raise
            return is_active
        self._known[party_id] = is_active, now_ms
        self._known.move_to_end(party_id)
        while len(self._known) > _MOST_PARTIES:
            self._known.popitem(last=False)
        return is_active

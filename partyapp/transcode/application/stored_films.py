"""The files of films in the store: which of them a film needs, and removing the others."""

from dataclasses import dataclass
from uuid import UUID

from partyapp.transcode.application.film_store import FilmStore, film_prefix
from partyapp.transcode.domain.video import Video, VideoKind


def remove_unused(store: FilmStore, video: Video) -> None:
    """Remove what is in a film's folder of the store and isn't played.

    That is other leases' files, and the film as it came once something better is there.
    """
    prefix = film_prefix(video.id)
    names = set(video.film.names()) if video.film is not None else {""}
    kept = {f"{prefix}/{name}" for name in names if name}
    if "" in names and video.source is not None and video.kind is VideoKind.UPLOAD:
        kept.add(video.source.key)
    keys = [found.key for found in store.objects(prefix)]
    used = {_below(prefix, key) for key in kept}
    # A folder of which nothing is kept goes as a whole, so that no empty one stays.
    for unused in {_below(prefix, key) for key in keys} - used:
        store.delete(unused)
    for key in keys:
        if key not in kept and _below(prefix, key) in used:
            store.delete(key)


def _below(prefix: str, key: str) -> str:
    """The file or the folder of the film's folder that has this key."""
    return "/".join(key.split("/")[: prefix.count("/") + 2])


@dataclass(frozen=True, kw_only=True)
class StoredFilmFiles:
    """`FilmFiles` in the store, or none where there is no place for films."""

    store: FilmStore | None

    def remove(self, video_id: UUID) -> None:
        """Remove all files of a film that is forgotten."""
        if self.store is not None:
            self.store.delete(film_prefix(video_id))

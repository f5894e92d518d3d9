"""Preparing films in tests: what was reported, what came out, and a run that is broken off."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.infrastructure.ffmpeg.prepare import FfmpegFilmPreparer

#: Chunks of a clip of a few seconds.
SHORT_CHUNKS_S = (2.0, 1.0)


def as_webvtt(raw: bytes, kind: str, language: str | None) -> bytes:
    """A converter that keeps what it got, to be looked at."""
    return f"WEBVTT\n\nNOTE {kind} {language}\n\n".encode() + raw


@dataclass
class Preparing:
    """Prepares films in `folder`, and keeps what was reported."""

    folder: Path
    preparer: FfmpegFilmPreparer = field(
        default_factory=lambda: FfmpegFilmPreparer(as_webvtt, threads=1, chunk_lengths_s=SHORT_CHUNKS_S)
    )
    reports: list[Progress] = field(default_factory=list)
    film: PreparedFilm | None = None

    def of(self, source: Path) -> PreparedFilm:
        """Prepare the film."""
        self.film = self.preparer.prepare(source, self.folder, self.reports.append, lambda: False)
        return self.film

    def files(self) -> set[str]:
        """All that is in the folder."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    @property
    def main(self) -> Path:
        """The first source's file."""
        assert self.film is not None
        return self.folder / self.film.sources[0].file

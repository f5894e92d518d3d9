"""A film's poster and storyboard. A film without them can be watched, so none of this can fail it."""

from collections.abc import Callable
from pathlib import Path

from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.domain.stills import (
    POSTER_LATEST_S,
    POSTER_LONG,
    POSTER_SHARE,
    fitted,
    storyboard_of,
    storyboard_vtt,
)
from partyapp.transcode.infrastructure.ffmpeg.arguments import poster, storyboard
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg

POSTER = "poster.jpg"
STORYBOARD = "storyboard.vtt"


class Stills:
    """Makes pictures of the film in `film`, by its video stream `stream`, in `folder`."""

    def __init__(self, ffmpeg: Ffmpeg, film: Path, stream: int, size: tuple[int, int], folder: Path) -> None:
        self._ffmpeg = ffmpeg
        self._film = film
        self._stream = stream
        self._size = size
        self._folder = folder

    def poster(self, duration_s: float, should_stop: Callable[[], bool]) -> str | None:
        """The poster's file name, None where there is none to be had."""
        path, growing = self._folder / POSTER, self._folder / "parts" / POSTER
        size = fitted(*self._size, POSTER_LONG)
        if path.exists():
            return POSTER
        # Near the end of some films no keyframe follows, so the beginning is tried after.
        for at_s in (min(duration_s * POSTER_SHARE, POSTER_LATEST_S), 0.0):
            growing.unlink(missing_ok=True)
            try:
                arguments = poster(self._film, self._stream, at_s, size, growing)
                self._ffmpeg.run(arguments, should_stop=should_stop)
            except FilmRefused:
                continue
            if growing.exists():
                growing.replace(path)
                return POSTER
        return None

    def storyboard(self, duration_s: float, should_stop: Callable[[], bool]) -> tuple[str, ...]:
        """The names of the storyboard and of its sheets, () where there is none to be had."""
        board = storyboard_of(duration_s, *self._size)
        sheets = -(-board.count // (board.columns * board.rows))
        names = [f"storyboard-{number}.jpg" for number in range(1, sheets + 1)]
        if not (self._folder / STORYBOARD).exists():
            # In a name that is a pattern, a folder's own % is written twice.
            folder = Path(str(self._folder.absolute()).replace("%", "%%"))
            arguments = storyboard(self._film, self._stream, board, sheets, folder / "storyboard-%d.jpg")
            try:
                self._ffmpeg.run(arguments, should_stop=should_stop)
            except FilmRefused:
                return ()
            if not all((self._folder / name).exists() for name in names):
                return ()
            growing = self._folder / "parts" / STORYBOARD
            growing.write_text(storyboard_vtt(board, names, duration_s))
            growing.replace(self._folder / STORYBOARD)
        return (STORYBOARD, *names)

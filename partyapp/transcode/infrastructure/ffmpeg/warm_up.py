"""Has the programs that prepare films read from the disk before the first film needs them.

ffmpeg and libav are 235 MB, of which a system that was just started has nothing in its memory.
"""

import logging
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from partyapp.transcode.domain.probed_film import FilmNotPrepared, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import MIB, Limits
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg, file_output

log = logging.getLogger(__name__)

#: A slow disk's time for both; nobody waits for it.
LIMITS = Limits(file_bytes=MIB, cpu_s=30, wall_s=120.0, stall_s=120.0)
#: A quarter of a second of nothing, as a film would be encoded.
_FILM = (
    *("-f", "lavfi", "-i", "color=black:s=64x36:r=25:d=0.24", "-f", "lavfi", "-i", "anullsrc=d=0.24"),
    *("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "mp4"),
)


def warm_up(should_stop: Callable[[], bool]) -> None:
    """Make a tiny film and look into it. Whatever fails is told to whom has a film prepared, not here."""
    try:
        with tempfile.TemporaryDirectory(prefix="party-warm-up-") as folder:
            film = Path(folder, "film.mp4")
            Ffmpeg(LIMITS, threads=1).run([*_FILM, file_output(film)], should_stop=should_stop)
            probe(film)
    except (FilmNotPrepared, PreparationStopped, OSError) as error:
        log.info("the programs that prepare films were not warmed up: %s", type(error).__name__)


def warm_up_beside(should_stop: Callable[[], bool]) -> threading.Thread:
    """The same in a thread of its own: no film waits for it."""
    thread = threading.Thread(target=warm_up, args=(should_stop,), name="film-warm-up", daemon=True)
    thread.start()
    return thread

"""Makes a film ready to be played: looks into it, decides, runs ffmpeg, and checks what came out."""

from collections.abc import Callable
from pathlib import Path

import structlog

from partyapp.transcode.application.film_preparer import Progress
from partyapp.transcode.domain.film import PreparedFilm
from partyapp.transcode.domain.preparation import Plan, Way, decide
from partyapp.transcode.domain.probed_film import FilmNotPrepared, Packaging, ProbedFilm
from partyapp.transcode.infrastructure.ffmpeg.chunked_picture import CHUNK_LENGTHS_S
from partyapp.transcode.infrastructure.ffmpeg.copied_film import CopiedFilm
from partyapp.transcode.infrastructure.ffmpeg.encoded_film import EncodedFilm
from partyapp.transcode.infrastructure.ffmpeg.film_files import FILM, FilmFiles, rendition_file
from partyapp.transcode.infrastructure.ffmpeg.guarded_process import Limits
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome, SubtitleConverter
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.progress import BUDGET_S, Tracker
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from partyapp.transcode.infrastructure.ffmpeg.stills import Stills
from partyapp.transcode.infrastructure.ffmpeg.work_folder import WorkFolder

log = structlog.get_logger(__name__)

#: The shares of the work, with and without renditions that are still to come.
_MAIN, _MAIN_WITH_RENDITION, _STILLS = 0.95, 0.65, 0.05


class FfmpegFilmPreparer:
    """Prepares films by the ffmpeg of imageio-ffmpeg and PyAV (the port is `FilmPreparer`).

    `convert_subtitles` gets a track's bytes, their kind (srt, ass, vtt) and language, and gives WebVTT in
    UTF-8; a track at which it raises is left out. `threads` 0 uses what cores there are. A film that would
    take longer than `budget_s` is refused.
    """

    def __init__(
        self,
        convert_subtitles: SubtitleConverter,
        *,
        limits: Limits | None = None,
        threads: int = 0,
        budget_s: float = BUDGET_S,
        chunk_lengths_s: tuple[float, ...] = CHUNK_LENGTHS_S,
    ) -> None:
        self._convert = convert_subtitles
        self._ffmpeg = Ffmpeg(limits, threads)
        self._budget_s = budget_s
        self._chunk_lengths_s = chunk_lengths_s

    def plays_as_it_is(self, source: Path) -> bool:
        """Whether nothing needs to be made of it (see the port)."""
        return decide(probe(source)).way is Way.AS_IS

    def prepare(
        self,
        source: Path,
        work_dir: Path,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PreparedFilm:
        """Prepare the film (see the port)."""
        probed = probe(source)
        plan = decide(probed)
        folder = WorkFolder(work_dir)
        folder.begin(source, plan)
        outcome = Outcome(
            source=source,
            folder=folder,
            files=FilmFiles(plan),
            tracker=Tracker(on_progress, self._budget_s),
            ffmpeg=self._ffmpeg,
            should_stop=should_stop,
            convert_subtitles=self._convert,
        )
        self._make_playable(outcome, plan, probed)
        self._add_stills(outcome, plan)
        self._add_renditions(outcome, plan)
        folder.keep_only(outcome.files.names())
        return outcome.files.described()

    def _make_playable(self, outcome: Outcome, plan: Plan, probed: ProbedFilm) -> None:
        outcome.tracker.stage(_MAIN_WITH_RENDITION if plan.renditions else _MAIN)
        comes_late = probed.packaging is Packaging.MOOV_LAST and not plan.picture.late
        if plan.way is Way.AS_IS or (comes_late and plan.way is Way.REMUX):
            # With its table of contents at the end it plays as well, only later: that is enough until it has
            # moved.
            outcome.files.bit_rates[""] = probed.bit_rate or 0
            outcome.tracker.playable(outcome.files.described())
        if plan.picture.copy:
            copied = CopiedFilm(outcome, plan)
            copied.make()
            outcome.tell_playable()
            copied.mark_done()
        else:
            EncodedFilm(outcome, plan, self._chunk_lengths_s).make()
            outcome.tell_playable()

    def _add_stills(self, outcome: Outcome, plan: Plan) -> None:
        outcome.tracker.stage(_STILLS)
        film, stream = outcome.folder.path / FILM, 0
        if not film.exists():
            film, stream = outcome.source, plan.picture.stream
        size = (plan.picture.width, plan.picture.height)
        stills = Stills(outcome.ffmpeg, film, stream, size, outcome.folder.path)
        duration_s = outcome.files.duration_s or 0.0
        outcome.files.poster = stills.poster(duration_s, outcome.should_stop)
        outcome.files.storyboard = stills.storyboard(duration_s, outcome.should_stop)
        outcome.tracker.at(1.0)
        outcome.tell_playable()

    def _add_renditions(self, outcome: Outcome, plan: Plan) -> None:
        if not plan.renditions:
            return
        outcome.tracker.stage(1.0 - _MAIN_WITH_RENDITION - _STILLS, can_wait=True)
        encoded = EncodedFilm(outcome, plan, self._chunk_lengths_s)
        for rendition in plan.renditions:
            try:
                encoded.make_rendition(rendition, rendition_file(rendition))
            except FilmNotPrepared as error:
                # The film can be watched by now, and must not be lost to those who do.
                log.warning("rendition_left_out", file=rendition_file(rendition), reason=error.reason)
        outcome.tell_playable()

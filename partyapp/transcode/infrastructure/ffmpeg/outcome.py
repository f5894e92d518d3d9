"""What the steps of preparing one film share: where its files go, and how each is checked and named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from partyapp.transcode.domain.preparation import TextPlan, checked_duration
from partyapp.transcode.domain.probed_film import FilmRefused, ProbedFilm
from partyapp.transcode.infrastructure.ffmpeg.film_files import FilmFiles, text_file
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.progress import Tracker
from partyapp.transcode.infrastructure.ffmpeg.run import Ffmpeg
from partyapp.transcode.infrastructure.ffmpeg.work_folder import WorkFolder

#: A subtitle track's bytes, their kind (srt, ass, vtt), and its language: WebVTT.
SubtitleConverter = Callable[[bytes, str, str | None], bytes]

log = structlog.get_logger(__name__)

#: Where a file states how long it is for itself, so that less coming out of it means that some is missing.
_STATES_ITS_LENGTH = ("mp4", "matroska", "avi", "asf", "ogg")
#: So much may be missing of the stated length, in s and as a share: sound may outlast the picture a little.
_SHORT_S, _SHORT_SHARE = 3.0, 0.03
#: A track of subtitles longer than this, in bytes, is none.
TEXT_BYTES_MAX = 20 * 1024 * 1024


@dataclass(kw_only=True)
class Outcome:
    """One film on its way."""

    source: Path
    folder: WorkFolder
    files: FilmFiles
    tracker: Tracker
    ffmpeg: Ffmpeg
    should_stop: Callable[[], bool]
    convert_subtitles: SubtitleConverter

    def growing(self, name: str) -> Path:
        """Where a file is while it isn't whole. ffmpeg is told its format, so the ending means nothing."""
        return self.folder.parts / f"{name}.part"

    def keep(self, name: str) -> None:
        """A film's file is whole: check it, and give it its name."""
        growing, path = self.growing(name), self.folder.path / name
        if not path.exists():
            self._learn(name, probe(growing))
            growing.replace(path)
        else:
            self._learn(name, probe(path))

    def tell_playable(self) -> None:
        """Tell of the film and its files, which then outlive a failure of the machine."""
        self.tracker.playable(self.files.described())
        self.folder.mark_lasting(self.files.names())

    def _learn(self, name: str, made: ProbedFilm) -> None:
        if not any(picture.decodes for picture in made.pictures) or made.duration_s is None:
            raise FilmRefused("The film can't be read: nothing came out of it that could be shown.")
        self._check_length(made.duration_s)
        if self.files.duration_s is None:
            self.files.duration_s = checked_duration(made.duration_s)
        self.files.bit_rates[name] = made.bit_rate or 0

    def _check_length(self, made_s: float) -> None:
        plan = self.files.plan
        stated_s = plan.duration_s
        # Subtitles may go on for longer than all the rest.
        if stated_s is None or plan.container not in _STATES_ITS_LENGTH or plan.has_subtitles:
            return
        if stated_s - made_s > max(_SHORT_S, _SHORT_SHARE * stated_s):
            raise FilmRefused(
                f"The file isn't whole: it says it lasts {_clock(stated_s)}, but ends after {_clock(made_s)}."
            )

    def keep_texts(self, texts: Sequence[TextPlan]) -> None:
        """Convert what was taken out of subtitles. A track that can't be read is left out."""
        for text in texts:
            path, name = self.growing(text.id), text_file(text)
            kept = self.folder.path / name
            if not kept.exists() and not self._converted(text, path, kept):
                continue
            self.files.texts.add(name)

    def _converted(self, text: TextPlan, path: Path, kept: Path) -> bool:
        try:
            if not 0 < path.stat().st_size <= TEXT_BYTES_MAX:
                return False
            webvtt = self.convert_subtitles(path.read_bytes(), text.kind, text.language)
        except Exception as error:  # Whatever is wrong with subtitles, the film can be watched.
            log.warning("subtitles_left_out", track=text.id, reason=f"{type(error).__name__}: {error}")
            return False
        growing = self.growing(kept.name)
        growing.write_bytes(webvtt)
        growing.replace(kept)
        return True


def _clock(at_s: float) -> str:
    minutes, seconds = divmod(int(at_s), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"

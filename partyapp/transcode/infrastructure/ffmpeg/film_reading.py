"""What the encoders read: the film itself, or a copy of it that may still be written."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.domain.preparation import Plan, SoundPlan, TextPlan
from partyapp.transcode.domain.probed_film import FilmRefused, PreparationStopped
from partyapp.transcode.infrastructure.ffmpeg.arguments import indexed_copy, piped_matroska
from partyapp.transcode.infrastructure.ffmpeg.beside import Beside
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome
from partyapp.transcode.infrastructure.ffmpeg.probe import probe
from partyapp.transcode.infrastructure.ffmpeg.run import film_input

#: The containers in which a place is found exactly, and each frame has its own time. All others (and files
#: that don't know their length, and so have no index either) are copied to Matroska.
_INDEXED = ("mp4", "matroska")
#: AVI has an index too. It doesn't say when a frame is shown, and for these codecs a copy would have to
#: guess: some frames would get the time of others. Decoded, they come out in their order.
_BETTER_FROM_AVI = ("h264", "hevc")
#: A copy holds what is shown up to a place once it has got so much further, in s: streams lie up to 10 s
#: apart in it, and it is written in clusters of 5 s.
MARGIN_S = 20.0
#: How often, in s, what grows is looked at.
LOOK_S = 0.1
_PIECE = 1 << 20


class FilmReading:
    """The film, where it can be read as it came; its streams by their numbers in it."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path
        self.picture: PicturePlan = plan.picture
        self.sounds: tuple[SoundPlan, ...] = plan.sounds
        self.texts: tuple[TextPlan, ...] = plan.texts
        self.duration_s = plan.duration_s or 0.0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is added to it any more."""
        return True

    def await_until(self, end_s: float | None, should_stop: Callable[[], bool]) -> None:
        """Return once what is shown up to `end_s` is in it, all for None. Raises PreparationStopped."""

    @contextmanager
    def being_made(self, should_stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
        """What is missing of it is made while the block lasts, which asks what this gives it."""
        yield should_stop

    @contextmanager
    def whole_input(self) -> Iterator[tuple[Sequence[str], int | None]]:
        """The arguments that read all of it from its beginning, and what is to be the program's stdin."""
        yield film_input(self.path), None


class IndexedCopy(FilmReading):
    """The film's packets in Matroska. Of a long film's copy, the beginning is read while it is written."""

    def __init__(self, outcome: Outcome, plan: Plan) -> None:
        super().__init__(outcome.folder.parts / "indexed.mkv", plan)
        self._outcome, self._plan = outcome, plan
        self._mark = outcome.folder.parts / "indexed.whole"
        self._whole = threading.Event()
        self._time_s = 0.0
        self.picture = replace(plan.picture, stream=0)
        self.sounds = tuple(replace(sound, stream=number) for number, sound in enumerate(plan.sounds, 1))
        self.texts = ()
        if self._mark.exists():
            self._finish()
        else:
            self.path.unlink(missing_ok=True)  # What a run that was killed had begun.

    @property
    def is_whole(self) -> bool:
        return self._whole.is_set()

    def await_until(self, end_s: float | None, should_stop: Callable[[], bool]) -> None:
        while not self.is_whole and (end_s is None or self._time_s < end_s + MARGIN_S):
            if should_stop():
                raise PreparationStopped
            self._whole.wait(LOOK_S)

    @contextmanager
    def being_made(self, should_stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
        if self.is_whole:
            yield should_stop
            return
        with Beside(self._write, should_stop) as beside:
            yield beside.should_stop
            self.await_until(None, beside.should_stop)

    @contextmanager
    def whole_input(self) -> Iterator[tuple[Sequence[str], int | None]]:
        reading, writing = os.pipe()
        over = threading.Event()
        feeder = threading.Thread(target=self._feed, args=(writing, over), name="film-copy", daemon=True)
        feeder.start()
        try:
            yield piped_matroska(), reading
        finally:
            over.set()
            os.close(reading)
            feeder.join()

    def _write(self, should_stop: Callable[[], bool]) -> None:
        plan, outcome = self._plan, self._outcome
        texts = [(text, outcome.growing(text.id)) for text in plan.texts]
        arguments = indexed_copy(outcome.source, plan.picture, plan.sounds, self.path, texts)
        outcome.ffmpeg.run(arguments, should_stop=should_stop, on_time=self._at)
        self._finish()
        self._mark.touch()

    def _at(self, time_s: float) -> None:
        self._time_s = time_s

    def _finish(self) -> None:
        found = probe(self.path)
        if not found.pictures or found.duration_s is None:
            raise FilmRefused("The film can't be read: no picture came out of it.")
        self.duration_s = found.duration_s
        self._whole.set()

    def _feed(self, writing: int, over: threading.Event) -> None:
        # Ends with an error when ffmpeg has ended: it tells the reason itself.
        with suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as pipe:
            while not self.path.exists() and not over.is_set():
                over.wait(LOOK_S)
            with self.path.open("rb") as file:
                while not over.is_set():
                    # Asked before reading: what comes between the two is read the next time.
                    is_whole = self.is_whole
                    while piece := file.read(_PIECE):
                        _write_all(pipe.fileno(), piece)
                    if is_whole:
                        return
                    over.wait(LOOK_S)


def reading_of(outcome: Outcome, plan: Plan) -> FilmReading:
    """The film, or a copy of it in which places are found exactly."""
    from_avi = plan.container == "avi" and plan.picture.codec in _BETTER_FROM_AVI
    if (plan.container in _INDEXED or from_avi) and plan.duration_s is not None:
        return FilmReading(outcome.source, plan)
    return IndexedCopy(outcome, plan)


def _write_all(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]

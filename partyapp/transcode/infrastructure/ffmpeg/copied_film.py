"""A film whose picture stays as it is: one reading of it makes all files that it needs."""

from collections.abc import Callable
from dataclasses import replace

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.domain.preparation import Plan, SoundPlan, TextPlan, Way
from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.infrastructure.ffmpeg.arguments import copied_film
from partyapp.transcode.infrastructure.ffmpeg.beside import Beside
from partyapp.transcode.infrastructure.ffmpeg.contents_room import contents_room
from partyapp.transcode.infrastructure.ffmpeg.film_files import FILM, sound_file
from partyapp.transcode.infrastructure.ffmpeg.opening import Opening, opening_s
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome
from partyapp.transcode.infrastructure.ffmpeg.run import ContentsTooLarge

#: Each sound with the film's file that has it.
_Films = list[tuple[SoundPlan | None, str]]


class CopiedFilm:
    """Makes the film's plain MP4 with each of its sounds, and takes its subtitles out."""

    def __init__(self, outcome: Outcome, plan: Plan) -> None:
        self._outcome = outcome
        self._plan = plan
        self._done = outcome.folder.parts / "copied"

    def make(self) -> None:
        """Make what is missing."""
        outcome, plan = self._outcome, self._plan
        if plan.way is Way.AS_IS:
            outcome.files.duration_s = plan.duration_s
        wanted = self._films()
        names = [name for _, name in wanted]
        if not self._done.exists():
            self._run(wanted, plan.texts)
        for name in names:
            outcome.keep(name)
        outcome.keep_texts(plan.texts)
        if plan.way is not Way.AS_IS:
            outcome.files.bit_rates.pop("", None)

    def mark_done(self) -> None:
        """What was made lasts: another run has nothing to do."""
        self._done.touch()

    def _films(self) -> _Films:
        sounds: _Films = [(sound, sound_file(sound)) for sound in self._plan.sounds]
        if self._plan.way is Way.AS_IS:
            return sounds[1:]
        return sounds or [(None, FILM)]

    def _run(self, wanted: _Films, texts: tuple[TextPlan, ...]) -> None:
        if not wanted and not texts:
            return
        opening = self._opening()
        if opening is None:
            self._copy(wanted, texts, self._outcome.should_stop, lambda: None)
            return
        with Beside(opening.write, self._outcome.should_stop) as beside:
            try:
                self._copy(wanted, texts, beside.should_stop, opening.grow)
            finally:
                opening.end()

    def _copy(
        self,
        wanted: _Films,
        texts: tuple[TextPlan, ...],
        should_stop: Callable[[], bool],
        on_growth: Callable[[], None],
    ) -> None:
        def run(picture: PicturePlan, films: _Films, texts: tuple[TextPlan, ...], room: int | None) -> None:
            arguments = self._arguments(picture, films, texts, room)
            is_copy = all(sound is None or sound.copy for sound, _ in films)
            self._outcome.ffmpeg.run(arguments, should_stop=should_stop, on_time=on_time, is_awaited=is_copy)

        def on_time(time_s: float) -> None:
            duration_s = self._plan.duration_s or 0.0
            self._outcome.tracker.at(time_s / duration_s if duration_s else 0.0)
            on_growth()

        picture = self._plan.picture
        try:
            room = contents_room(self._plan, self._outcome.source.stat().st_size)
            try:
                run(picture, wanted, texts, room)
            except ContentsTooLarge:
                run(picture, wanted, texts, None)
        except FilmRefused:
            plain = [(sound and replace(sound, copy=False), name) for sound, name in wanted]
            in_time = replace(picture, late=False)
            if not texts and (in_time, plain) == (picture, wanted):
                raise
            # Subtitles that ffmpeg can't write may not cost the film, and a single wrong byte in the head of
            # a sound's frame, which a decoder leaves out, ends a copy from MPEG-TS.
            for text in texts:
                self._outcome.growing(text.id).unlink(missing_ok=True)
            if wanted:
                run(in_time, plain, (), None)

    def _opening(self) -> Opening | None:
        outcome, plan = self._outcome, self._plan
        # What is played as it came has nobody waiting for a copy.
        length_s = None if outcome.files.bit_rates else opening_s(outcome.source.stat().st_size)
        return Opening(outcome, plan, length_s) if length_s is not None else None

    def _arguments(
        self, picture: PicturePlan, films: _Films, texts: tuple[TextPlan, ...], room: int | None
    ) -> list[str]:
        outcome = self._outcome
        return copied_film(
            outcome.source,
            picture,
            [(sound, outcome.growing(name)) for sound, name in films],
            [(text, outcome.growing(text.id)) for text in texts],
            room,
        )

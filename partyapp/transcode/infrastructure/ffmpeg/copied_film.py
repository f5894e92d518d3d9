"""A film whose picture stays as it is: one reading of it makes all files that it needs."""

from dataclasses import replace

from partyapp.transcode.domain.preparation import PicturePlan, Plan, SoundPlan, TextPlan, Way
from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.infrastructure.ffmpeg.arguments import copied_film
from partyapp.transcode.infrastructure.ffmpeg.film_files import FILM, sound_file
from partyapp.transcode.infrastructure.ffmpeg.opening import Opening, opening_s
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome


class CopiedFilm:
    """Makes the film's plain MP4 with each of its sounds, and takes its subtitles out."""

    def __init__(self, outcome: Outcome, plan: Plan) -> None:
        self._outcome = outcome
        self._plan = plan

    def make(self) -> None:
        """Make what is missing."""
        outcome, plan = self._outcome, self._plan
        if plan.way is Way.AS_IS:
            outcome.files.duration_s = plan.duration_s
        wanted = self._films()
        names = [name for _, name in wanted]
        done = outcome.folder.parts / "copied"
        if not done.exists():
            self._run(wanted, plan.texts)
        for name in names:
            outcome.keep(name)
        outcome.keep_texts(plan.texts)
        done.touch()
        if plan.way is not Way.AS_IS:
            outcome.files.bit_rates.pop("", None)

    def _films(self) -> list[tuple[SoundPlan | None, str]]:
        sounds: list[tuple[SoundPlan | None, str]] = [
            (sound, sound_file(sound)) for sound in self._plan.sounds
        ]
        if self._plan.way is Way.AS_IS:
            return sounds[1:]
        return sounds or [(None, FILM)]

    def _run(self, wanted: list[tuple[SoundPlan | None, str]], texts: tuple[TextPlan, ...]) -> None:
        if not wanted and not texts:
            return
        opening = self._opening()
        try:
            self._run_once(self._plan.picture, wanted, texts, opening)
        except FilmRefused:
            plain = [(sound and replace(sound, copy=False), name) for sound, name in wanted]
            picture = replace(self._plan.picture, late=False)
            if not texts and opening is None and (picture, plain) == (self._plan.picture, wanted):
                raise
            # Neither subtitles that ffmpeg can't write nor an opening may cost the film, and a single wrong
            # byte in the head of a sound's frame, which a decoder leaves out, ends a copy from MPEG-TS.
            for text in texts:
                self._outcome.growing(text.id).unlink(missing_ok=True)
            if wanted:
                self._run_once(picture, plain, (), None)

    def _opening(self) -> Opening | None:
        outcome, plan = self._outcome, self._plan
        # What is played as it came has nobody waiting for a copy.
        length_s = None if outcome.files.bit_rates else opening_s(outcome.source.stat().st_size)
        return Opening(outcome, plan, length_s) if length_s is not None else None

    def _run_once(
        self,
        picture: PicturePlan,
        wanted: list[tuple[SoundPlan | None, str]],
        texts: tuple[TextPlan, ...],
        opening: Opening | None,
    ) -> None:
        outcome, plan = self._outcome, self._plan
        arguments = copied_film(
            outcome.source,
            picture,
            [(sound, outcome.growing(name)) for sound, name in wanted],
            [(text, outcome.growing(text.id)) for text in texts],
        )
        duration_s = plan.duration_s or 0.0

        def on_time(time_s: float) -> None:
            outcome.tracker.at(time_s / duration_s if duration_s else 0.0)
            if opening is not None:
                opening.grow()

        if opening is not None:
            arguments += opening.arguments
        outcome.ffmpeg.run(arguments, should_stop=outcome.should_stop, on_time=on_time)

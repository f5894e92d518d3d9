"""A film whose picture is made anew: picture in chunks, sound in one go beside them, then both joined."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from partyapp.transcode.domain.picture_plan import PicturePlan
from partyapp.transcode.domain.preparation import Plan, Rendition, SoundPlan, TextPlan
from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.infrastructure.ffmpeg.arguments import fragmented_sounds
from partyapp.transcode.infrastructure.ffmpeg.beside import Beside
from partyapp.transcode.infrastructure.ffmpeg.chunked_picture import ChunkedPicture
from partyapp.transcode.infrastructure.ffmpeg.film_files import FILM, sound_file
from partyapp.transcode.infrastructure.ffmpeg.film_reading import FilmReading, reading_of
from partyapp.transcode.infrastructure.ffmpeg.live_segments import LiveSegments
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome


class EncodedFilm:
    """Makes the film's plain MP4 with each of its sounds, in any size."""

    def __init__(self, outcome: Outcome, plan: Plan, chunk_lengths_s: tuple[float, ...]) -> None:
        self._outcome = outcome
        self._plan = plan
        self._chunk_lengths_s = chunk_lengths_s

    def make(self) -> None:
        """Make the film in full size with each sound, and take its subtitles out."""
        outcome, plan = self._outcome, self._plan
        wanted: list[tuple[SoundPlan | None, str]] = [(sound, sound_file(sound)) for sound in plan.sounds]
        wanted = wanted or [(None, FILM)]
        if not all((outcome.folder.path / name).exists() for _, name in wanted):
            reading = reading_of(outcome, plan)
            pictures = self._pictures(reading, plan.picture, "picture")
            for one in plan.sounds:
                outcome.growing(one.id).unlink(missing_ok=True)  # What a run that was killed had begun.
            live = self._live_segments()
            with (
                reading.being_made(outcome.should_stop) as may_stop,
                Beside(lambda should_stop: self._encode_sounds(reading, should_stop), may_stop) as sounds,
            ):
                self._encode(pictures, reading, sounds.should_stop, live)
            live.publish(ended=True)
            for sound, name in wanted:
                self._join(pictures, sound, name)
        for _, name in wanted:
            outcome.keep(name)
        outcome.keep_texts(plan.texts)

    def make_rendition(self, size: Rendition, name: str) -> None:
        """Make the film in a smaller size, with its first sound."""
        outcome, sounds = self._outcome, self._plan.sounds
        if not (outcome.folder.path / name).exists():
            reading = reading_of(outcome, self._plan)
            reading.texts, reading.sounds = (), reading.sounds[:1]
            pictures = self._pictures(reading, size, f"picture-{size.width}x{size.height}")
            with reading.being_made(outcome.should_stop) as should_stop:
                self._encode_sounds(reading, should_stop)
                self._encode(pictures, reading, should_stop, None)
            self._join(pictures, sounds[0] if sounds else None, name)
        outcome.keep(name)

    def _pictures(self, reading: FilmReading, size: PicturePlan | Rendition, name: str) -> ChunkedPicture:
        return ChunkedPicture(
            self._outcome.ffmpeg,
            reading,
            Rendition(width=size.width, height=size.height),
            self._outcome.folder.parts,
            name,
            self._chunk_lengths_s,
        )

    def _live_segments(self) -> LiveSegments:
        outcome, sounds = self._outcome, self._plan.sounds
        sound = (self._sound_path(sounds[0]), outcome.growing(sounds[0].id)) if sounds else None
        return LiveSegments(outcome.folder.path, outcome.files, outcome.tracker, sound)

    def _encode(
        self,
        pictures: ChunkedPicture,
        reading: FilmReading,
        should_stop: Callable[[], bool],
        live: LiveSegments | None,
    ) -> None:
        def on_time(time_s: float) -> None:
            duration_s = reading.duration_s
            self._outcome.tracker.at(time_s / duration_s if duration_s else 0.0)
            if live is not None:
                live.catch_up()

        pictures.encode(
            on_time=on_time,
            on_chunk=(lambda chunk: live.add(chunk)) if live is not None else (lambda chunk: None),
            should_stop=should_stop,
        )

    def _encode_sounds(self, reading: FilmReading, should_stop: Callable[[], bool]) -> None:
        """Encode the sounds that are missing, and take the subtitles out, in one reading."""
        outcome = self._outcome
        missing = [sound for sound in reading.sounds if not self._sound_path(sound).exists()]
        texts = [(text, outcome.growing(text.id)) for text in reading.texts]
        if not missing and all(path.exists() for _, path in texts):
            return
        growing = [(sound, outcome.growing(sound.id)) for sound in missing]
        try:
            self._run_sounds(reading, growing, texts, should_stop)
        except FilmRefused:
            if not texts or not missing:
                raise
            # Subtitles that ffmpeg can't write must not cost the film.
            for _, path in texts:
                path.unlink(missing_ok=True)
            self._run_sounds(reading, growing, [], should_stop)
        for sound, path in growing:
            path.replace(self._sound_path(sound))

    def _run_sounds(
        self,
        reading: FilmReading,
        sounds: list[tuple[SoundPlan, Path]],
        texts: list[tuple[TextPlan, Path]],
        should_stop: Callable[[], bool],
    ) -> None:
        with reading.whole_input() as (arguments, stdin):
            self._outcome.ffmpeg.run(
                fragmented_sounds(arguments, sounds, texts),
                should_stop=should_stop,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
            )

    def _sound_path(self, sound: SoundPlan) -> Path:
        return self._outcome.folder.parts / f"{sound.id}.mp4"

    def _join(self, pictures: ChunkedPicture, sound: SoundPlan | None, name: str) -> None:
        outcome = self._outcome
        if not (outcome.folder.path / name).exists():
            heard = self._sound_path(sound) if sound else None
            pictures.join(heard, outcome.growing(name), outcome.should_stop)

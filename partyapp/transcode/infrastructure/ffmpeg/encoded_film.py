"""A film whose picture is made anew: picture in chunks, sound in one go beside them, then both joined."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from partyapp.transcode.domain.preparation import PicturePlan, Plan, Rendition, SoundPlan, TextPlan
from partyapp.transcode.domain.probed_film import FilmRefused
from partyapp.transcode.infrastructure.ffmpeg.arguments import fragmented_sounds, indexed_copy
from partyapp.transcode.infrastructure.ffmpeg.beside import Beside
from partyapp.transcode.infrastructure.ffmpeg.chunked_picture import ChunkedPicture
from partyapp.transcode.infrastructure.ffmpeg.film_files import FILM, sound_file
from partyapp.transcode.infrastructure.ffmpeg.live_segments import LiveSegments
from partyapp.transcode.infrastructure.ffmpeg.outcome import Outcome
from partyapp.transcode.infrastructure.ffmpeg.probe import probe

#: The containers in which a place is found exactly, and each frame has its own time. All others (and files
#: that don't know their length, and so have no index either) are copied to Matroska first.
_INDEXED = ("mp4", "matroska")
#: AVI has an index too. It doesn't say when a frame is shown, and for these codecs a copy would have to
#: guess: some frames would get the time of others. Decoded, they come out in their order.
_BETTER_FROM_AVI = ("h264", "hevc")


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """What the encoders read: the film itself, or a copy with the same streams under other numbers."""

    path: Path
    picture: PicturePlan
    sounds: tuple[SoundPlan, ...]
    texts: tuple[TextPlan, ...]
    duration_s: float


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
            reading = self._reading()
            pictures = self._pictures(reading, plan.picture, "picture")
            for one in plan.sounds:
                outcome.growing(one.id).unlink(missing_ok=True)  # What a run that was killed had begun.
            live = self._live_segments()
            with Beside(
                lambda should_stop: self._encode_sounds(reading, should_stop), outcome.should_stop
            ) as sounds:
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
            reading = replace(self._reading(), texts=())
            pictures = self._pictures(reading, size, f"picture-{size.width}x{size.height}")
            self._encode_sounds(replace(reading, sounds=reading.sounds[:1]), outcome.should_stop)
            self._encode(pictures, reading, outcome.should_stop, None)
            self._join(pictures, sounds[0] if sounds else None, name)
        outcome.keep(name)

    def _reading(self) -> _Reading:
        """The film, or a copy of it, in which places are found exactly."""
        outcome, plan = self._outcome, self._plan
        from_avi = plan.container == "avi" and plan.picture.codec in _BETTER_FROM_AVI
        if (plan.container in _INDEXED or from_avi) and plan.duration_s is not None:
            return _Reading(
                path=outcome.source,
                picture=plan.picture,
                sounds=plan.sounds,
                texts=plan.texts,
                duration_s=plan.duration_s,
            )
        copy = outcome.folder.parts / "indexed.mkv"
        if not copy.exists():
            texts = [(text, outcome.growing(text.id)) for text in plan.texts]
            growing = outcome.growing("indexed")
            arguments = indexed_copy(outcome.source, plan.picture, plan.sounds, growing, texts)
            outcome.ffmpeg.run(arguments, should_stop=outcome.should_stop, is_awaited=True)
            growing.replace(copy)
        found = probe(copy)
        if not found.pictures or found.duration_s is None:
            raise FilmRefused("The film can't be read: no picture came out of it.")
        return _Reading(
            path=copy,
            picture=replace(plan.picture, stream=0),
            sounds=tuple(replace(sound, stream=number) for number, sound in enumerate(plan.sounds, 1)),
            texts=(),
            duration_s=found.duration_s,
        )

    def _pictures(self, reading: _Reading, size: PicturePlan | Rendition, name: str) -> ChunkedPicture:
        return ChunkedPicture(
            self._outcome.ffmpeg,
            reading.path,
            reading.picture,
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
        reading: _Reading,
        should_stop: Callable[[], bool],
        live: LiveSegments | None,
    ) -> None:
        duration_s = reading.duration_s

        def on_time(time_s: float) -> None:
            self._outcome.tracker.at(time_s / duration_s if duration_s else 0.0)
            if live is not None:
                live.catch_up()

        pictures.encode(
            duration_s,
            on_time=on_time,
            on_chunk=(lambda chunk: live.add(chunk)) if live is not None else (lambda chunk: None),
            should_stop=should_stop,
        )

    def _encode_sounds(self, reading: _Reading, should_stop: Callable[[], bool]) -> None:
        """Encode the sounds that are missing, and take the subtitles out, in one reading."""
        outcome = self._outcome
        missing = [sound for sound in reading.sounds if not self._sound_path(sound).exists()]
        texts = [(text, outcome.growing(text.id)) for text in reading.texts]
        if not missing and all(path.exists() for _, path in texts):
            return
        growing = [(sound, outcome.growing(sound.id)) for sound in missing]
        try:
            outcome.ffmpeg.run(fragmented_sounds(reading.path, growing, texts), should_stop=should_stop)
        except FilmRefused:
            if not texts or not missing:
                raise
            # Subtitles that ffmpeg can't write must not cost the film.
            for _, path in texts:
                path.unlink(missing_ok=True)
            outcome.ffmpeg.run(fragmented_sounds(reading.path, growing, ()), should_stop=should_stop)
        for sound, path in growing:
            path.replace(self._sound_path(sound))

    def _sound_path(self, sound: SoundPlan) -> Path:
        return self._outcome.folder.parts / f"{sound.id}.mp4"

    def _join(self, pictures: ChunkedPicture, sound: SoundPlan | None, name: str) -> None:
        outcome = self._outcome
        if not (outcome.folder.path / name).exists():
            heard = self._sound_path(sound) if sound else None
            pictures.join(heard, outcome.growing(name), outcome.should_stop)

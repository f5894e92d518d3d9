"""The files of a prepared film by name, and the film as it is described to players."""

from dataclasses import dataclass, field

from partyapp.transcode.domain.film import SEGMENTS, AudioTrack, FilmSource, PreparedFilm, SubtitleTrack
from partyapp.transcode.domain.preparation import Plan, Rendition, SoundPlan, TextPlan

FILM = "film.mp4"
MP4 = "video/mp4"


def sound_file(sound: SoundPlan) -> str:
    """The film with this sound: the first one's is the film itself."""
    return FILM if sound.default else f"film-{sound.id}.mp4"


def rendition_file(rendition: Rendition) -> str:
    """The film in this size."""
    return f"film-{min(rendition.width, rendition.height)}p.mp4"


def text_file(text: TextPlan) -> str:
    """The subtitles as WebVTT."""
    return f"{text.id}.vtt"


@dataclass
class FilmFiles:
    """What there is of a film so far. Bit rates in bit/s by file name; "" is the film as it came."""

    plan: Plan
    duration_s: float | None = None
    bit_rates: dict[str, int] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    poster: str | None = None
    storyboard: tuple[str, ...] = ()
    #: The index of segments, while the film is watched by them.
    segments_index: str | None = None

    def described(self) -> PreparedFilm:
        """The film with what there is."""
        plan = self.plan
        return PreparedFilm(
            duration_s=self.duration_s if self.duration_s is not None else plan.duration_s,
            width=plan.picture.width,
            height=plan.picture.height,
            frame_rate=plan.frame_rate,
            sources=self._sources(),
            subtitles=tuple(
                SubtitleTrack(
                    id=text.id,
                    language=text.language,
                    label=text.label,
                    file=text_file(text),
                    default=text.default,
                )
                for text in plan.texts
                if text_file(text) in self.texts
            ),
            audio_tracks=tuple(
                AudioTrack(id=sound.id, language=sound.language, label=sound.label, default=sound.default)
                for sound in plan.sounds
                if sound.default or sound_file(sound) in self.bit_rates
            ),
            poster=self.poster,
            storyboard=self.storyboard[0] if self.storyboard else None,
            pictures=self.storyboard[1:],
            left_out=plan.left_out,
        )

    def names(self) -> set[str]:
        """All files that the film keeps in its folder."""
        found = {name for name in self.bit_rates if name} | self.texts | set(self.storyboard)
        return found | ({self.poster} if self.poster else set())

    def _sources(self) -> tuple[FilmSource, ...]:
        """The best with the default sound first, then it in other sizes, then the other sounds."""
        plan = self.plan
        whole = (plan.picture.width, plan.picture.height)
        first = plan.sounds[0].id if plan.sounds else None
        listed = [("", whole, first), (FILM, whole, first)]
        listed += [(rendition_file(one), (one.width, one.height), first) for one in plan.renditions]
        listed += [(sound_file(sound), whole, sound.id) for sound in plan.sounds[1:]]
        found = [
            FilmSource(
                file=name,
                type=MP4,
                width=size[0],
                height=size[1],
                bitrate=self.bit_rates[name],
                audio_track=sound,
            )
            for name, size, sound in listed
            if name in self.bit_rates
        ]
        if self.segments_index is not None:
            found.append(
                FilmSource(
                    file=self.segments_index,
                    type=SEGMENTS,
                    width=whole[0],
                    height=whole[1],
                    bitrate=0,
                    audio_track=first,
                )
            )
        return tuple(found)

"""What is done to a film so that every browser shows the same frame: decided from what probing it told.

The aim is always a plain MP4 with its table of contents in front, H.264 in 8 bits and 4:2:0, and AAC. Of what
the file already has, as much as possible is copied.
"""

from dataclasses import dataclass
from enum import StrEnum

from partyapp.transcode.domain.language_names import own_name
from partyapp.transcode.domain.languages import language_name, language_tag
from partyapp.transcode.domain.left_out import left_out
from partyapp.transcode.domain.picture_plan import (
    FULL_SHORT,
    SOUND_LATE_S,
    PicturePlan,
    copies,
    even,
    planned_picture,
)
from partyapp.transcode.domain.probed_film import (
    FilmRefused,
    Packaging,
    ProbedFilm,
    ProbedPicture,
    ProbedSound,
)
from partyapp.transcode.domain.text import printable
from partyapp.transcode.domain.video import MAX_DURATION_S, MIN_DURATION_S

MAX_TRACKS = 32
MAX_SIDE = 8192
MAX_PIXELS = 8192 * 4608
MIN_SIDE = 2
#: Of a file's bytes so many may be missing at its end before it counts as half a film.
MISSING_SHARE = 0.001
FURTHER_SOUNDS = 4
MAX_TEXTS = 16
LABEL_MAX = 100
#: Above this, in bit/s, a film that is copied gets a smaller rendition too.
HIGH_BIT_RATE = 8_000_000
RENDITION_SHORTS = (720, 480, 360)
_AAC_PROFILES = ("LC", "HE-AAC", "HE-AACv2", None)


class Way(StrEnum):
    """How much of a film is made anew: nothing, the container, the sound, or everything."""

    AS_IS = "as_is"
    REMUX = "remux"
    SOUND = "sound"
    WHOLE = "whole"


@dataclass(frozen=True, kw_only=True)
class SoundPlan:
    """A sound that may be chosen. `language` is an RFC 5646 tag; `surround`: of more than two channels."""

    id: str
    stream: int
    copy: bool
    language: str | None
    label: str
    default: bool
    surround: bool = False


@dataclass(frozen=True, kw_only=True)
class TextPlan:
    """Subtitles that are taken out as `kind` (srt, ass or vtt); `copy` where the file has them so."""

    id: str
    stream: int
    kind: str
    copy: bool
    language: str | None
    label: str
    default: bool


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """A smaller picture for slow links, in pixels."""

    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is to be made of a film. `sounds` has the default one first; none for a silent film."""

    way: Way
    container: str
    duration_s: float | None
    picture: PicturePlan
    frame_rate: float | None
    sounds: tuple[SoundPlan, ...] = ()
    texts: tuple[TextPlan, ...] = ()
    #: Whether it has subtitles, be they pictures that are left out: those may go on for longer than the film.
    has_subtitles: bool = False
    #: What of the file is lost, in words; None where nothing is.
    left_out: str | None = None
    renditions: tuple[Rendition, ...] = ()


def decide(film: ProbedFilm) -> Plan:
    """What to do to the film. Raises FilmRefused for one that can't or won't be prepared."""
    picture = _checked(film)
    copy = copies(picture, film.container)
    planned = planned_picture(picture, copy)
    sounds, texts = _sounds(film), _texts(film)
    return Plan(
        way=_way(film, picture, planned, sounds),
        container=film.container,
        duration_s=film.duration_s,
        picture=planned,
        frame_rate=picture.average_rate or picture.real_rate,
        sounds=sounds,
        texts=texts,
        has_subtitles=bool(film.texts),
        left_out=left_out(film, len(sounds), len(texts)),
        renditions=_renditions(planned, picture.bit_rate or film.bit_rate or 0),
    )


def checked_duration(duration_s: float) -> float:
    """The duration, if a film may last so long. Raises FilmRefused."""
    if duration_s < MIN_DURATION_S:
        raise FilmRefused("The film lasts no time: it says it is over as it begins.")
    if duration_s > MAX_DURATION_S:
        raise FilmRefused(f"The film says it lasts {duration_s / 86400:.1f} days; 7 are the most.")
    return duration_s


def _checked(film: ProbedFilm) -> ProbedPicture:
    """The picture that is shown, of a film within the limits."""
    tracks = len(film.pictures) + len(film.sounds) + len(film.texts)
    if tracks > MAX_TRACKS:
        raise FilmRefused(f"The file holds {tracks} tracks; {MAX_TRACKS} are the most.")
    if film.missing_bytes > MISSING_SHARE * (film.size_bytes + film.missing_bytes):
        share = film.missing_bytes / (film.size_bytes + film.missing_bytes)
        raise FilmRefused(f"The file isn't whole: {max(share, 0.01):.0%} of it is missing at its end.")
    shown = [picture for picture in film.pictures if not picture.attached and not picture.still]
    if not shown:
        raise FilmRefused("The film has no picture.")
    picture = next((one for one in shown if one.default), shown[0])
    if picture.width < MIN_SIDE or picture.height < MIN_SIDE:
        raise FilmRefused("The film's picture has no size.")
    if max(picture.width, picture.height) > MAX_SIDE or picture.width * picture.height > MAX_PIXELS:
        raise FilmRefused(f"The film's picture is too large: {picture.width} × {picture.height} pixels.")
    if not picture.decodes:
        raise FilmRefused("The film's picture can't be read.")
    if film.duration_s is not None:
        checked_duration(film.duration_s)
    return picture


def _way(film: ProbedFilm, picture: ProbedPicture, plan: PicturePlan, sounds: tuple[SoundPlan, ...]) -> Way:
    if not plan.copy:
        return Way.WHOLE
    if sounds and not sounds[0].copy:
        return Way.SOUND
    # A browser takes the first picture and the first sound, whatever is marked.
    first_picture = next(one for one in film.pictures if not one.attached).index == picture.index
    first_sound = not sounds or sounds[0].stream == film.sounds[0].index
    plain = film.packaging is Packaging.FASTSTART and film.duration_s is not None and abs(film.start_s) < 0.1
    as_shown = not plan.late and plan.shape is None
    return Way.AS_IS if plain and first_picture and first_sound and as_shown else Way.REMUX


def _sounds(film: ProbedFilm) -> tuple[SoundPlan, ...]:
    """The default sound and what others there are, as far as they are few."""
    heard = [sound for sound in film.sounds if sound.channels > 0]
    ordered = sorted(heard, key=lambda sound: not sound.default)[: 1 + FURTHER_SOUNDS]
    return tuple(
        SoundPlan(
            id=f"sound-{sound.index}",
            stream=sound.index,
            copy=_plays(sound),
            language=language_tag(sound.language),
            label=_label(sound.title, sound.language, f"Sound {number}"),
            default=number == 1,
            surround=sound.channels > 2,
        )
        for number, sound in enumerate(ordered, 1)
    )


def _plays(sound: ProbedSound) -> bool:
    plain = sound.codec == "aac" and sound.profile in _AAC_PROFILES and sound.channels <= 6
    return plain and sound.late_s <= SOUND_LATE_S


#: ffmpeg's names of subtitles in text: what they are taken out as, and whether that is a copy.
_TEXT_KINDS = {
    "subrip": ("srt", True),
    "text": ("srt", False),
    "mov_text": ("srt", False),
    "ass": ("ass", True),
    "ssa": ("ass", True),
    "webvtt": ("vtt", True),
}


def _texts(film: ProbedFilm) -> tuple[TextPlan, ...]:
    """The subtitles that are text. One is the default if it is forced, or marked while others are not."""
    texts = [text for text in film.texts if text.codec in _TEXT_KINDS][:MAX_TEXTS]
    marked = [text for text in texts if text.default]
    forced = next((text for text in texts if text.forced), None)
    # Matroska marks a track as default unless it is told not to, so all being marked means nothing.
    default = forced or (marked[0] if marked and len(marked) < len(texts) else None)
    return tuple(
        TextPlan(
            id=f"subtitles-{text.index}",
            stream=text.index,
            kind=_TEXT_KINDS[text.codec][0],
            copy=_TEXT_KINDS[text.codec][1],
            language=language_tag(text.language),
            label=_label(text.title, text.language, f"Subtitles {number}"),
            default=text is default,
        )
        for number, text in enumerate(texts, 1)
    )


def _label(title: str | None, language: str | None, otherwise: str) -> str:
    cleaned = printable(title or "").strip()[:LABEL_MAX]
    tag = language_tag(language)
    return cleaned or own_name(tag) or language_name(tag) or otherwise


def _renditions(picture: PicturePlan, bit_rate: int) -> tuple[Rendition, ...]:
    """One smaller picture, of a film that is encoded anyway or that is large or heavy."""
    short = min(picture.width, picture.height)
    if picture.copy and short <= FULL_SHORT and bit_rate <= HIGH_BIT_RATE:
        return ()
    target = next((height for height in RENDITION_SHORTS if height * 3 <= short * 2), None)
    if target is None:
        return ()
    scale = target / short
    return (Rendition(width=even(picture.width * scale), height=even(picture.height * scale)),)

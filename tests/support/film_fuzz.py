"""Small films of every container, mutated: what a broken disk, a careless program or an enemy might send."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.film_clips import Clips

_H264 = ("-c:v", "libx264", "-bf", "2", "-g", "12")
#: Name of the file: options of the picture, of the sound, and of the file.
SEEDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "fuzz.mp4": (_H264, ("-c:a", "aac"), ("-movflags", "+faststart")),
    "fuzz-last.mov": (_H264, ("-c:a", "pcm_s16le"), ()),
    "fuzz-fragments.mp4": (_H264, ("-c:a", "aac"), ("-movflags", "frag_keyframe+empty_moov")),
    "fuzz.mkv": (_H264, ("-c:a", "ac3"), ()),
    "fuzz.webm": (("-c:v", "libvpx", "-deadline", "realtime"), ("-c:a", "libopus"), ()),
    "fuzz.avi": (("-c:v", "mpeg4", "-bf", "2"), ("-c:a", "mp3"), ()),
    "fuzz.ts": (("-c:v", "mpeg2video",), ("-c:a", "mp2"), ()),
    "fuzz.mpg": (("-c:v", "mpeg1video",), ("-c:a", "mp2"), ()),
    "fuzz.ogv": (("-c:v", "libtheora",), ("-c:a", "libvorbis"), ()),
    "fuzz.flv": (("-c:v", "flv",), ("-c:a", "mp3"), ()),
    "fuzz.wmv": (("-c:v", "wmv2",), ("-c:a", "wmav2"), ()),
}  # fmt: skip
_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0")


def seeds(clips: Clips) -> list[Path]:
    """A clip of a second in each container."""
    return [
        clips.film(name, seconds=1, codec=codec, sound=sound, more=more)
        for name, (codec, sound, more) in SEEDS.items()
    ]


def mutated(films: list[Path], *, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` files by name and content; the same for the same seed."""
    chance = random.Random(seed)
    contents = [(film.name, film.read_bytes()) for film in films]
    for number in range(count):
        name, content = contents[number % len(contents)]
        changed = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 8))):
            chance.choice(_MUTATIONS)(changed, chance)
        yield name, bytes(changed)


def _flip(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 64))):
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)


def _flip_in_head(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 16))):
        if content:
            content[chance.randrange(min(len(content), 600))] = chance.randrange(256)


def _number(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(max(1, len(content) - 4))
    content[at : at + 4] = chance.choice(_NUMBERS)


def _cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content) + 1) :]


def _remove(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content) + 1)
    del content[at : at + chance.choice((1, 7, 188, 4096))]


def _repeat(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content) + 1)
    content[at:at] = content[at : at + chance.choice((1, 8, 512, 8192))]


def _blank(content: bytearray, chance: random.Random) -> None:
    at, length = chance.randrange(len(content) + 1), chance.choice((4, 64, 2048))
    content[at : at + length] = bytes(len(content[at : at + length]))


_MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _flip, _flip_in_head, _number, _number, _cut, _remove, _repeat, _blank,
)  # fmt: skip

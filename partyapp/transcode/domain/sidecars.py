"""Subtitles that lie beside a film: which are its own, and what their names say of them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import PurePosixPath

from partyapp.transcode.domain.language_names import language_called, subtitle_label

SUBTITLE_ENDINGS = frozenset({".srt", ".vtt", ".ass", ".ssa"})
#: What else in a folder is a film, whose subtitles are not those of another.
FILM_ENDINGS = frozenset(
    {".mkv", ".mp4", ".m4v", ".mov", ".avi", ".webm", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".wmv", ".flv"}
    | {".ogv", ".ogm", ".3gp", ".3g2", ".vob", ".divx", ".f4v", ".asf"}
)
_SUBTITLE_FOLDERS = frozenset({"subs", "sub", "subtitles", "subtitle", "vtt", "srt"})
_FORCED = frozenset({"forced", "foreign"})
_SDH = frozenset({"sdh", "cc", "hi", "hoh"})
#: Words that tell nothing that a person who chooses would want to know.
_IDLE = frozenset({"default", "full", "sub", "subs", "subtitle", "subtitles", "track", "utf8", "utf", "8"})
_SEPARATORS = re.compile(r"[\s.,_()\[\]{}+-]+")
_WORDS = re.compile(r"[\s.,()\[\]{}+]+")
_LONGEST_LANGUAGE_NAME = 3


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A file of subtitles of a film. `name` is its path below the film's folder, with `/`.

    `language` is an RFC 5646 tag, None where the name tells none; `label` is for a menu, and no two of a
    film are the same. `forced` ones are for what is said in a foreign language alone; `sdh` ones tell
    sounds too.
    """

    name: str
    language: str | None
    label: str
    forced: bool = False
    sdh: bool = False


@dataclass(frozen=True)
class _Words:
    """What the words of a name say. `others` is what is none of a language, a kind and a number."""

    language: str | None
    forced: bool
    sdh: bool
    others: tuple[str, ...]


def sidecars_of(film_name: str, names_in_folder: Iterable[str]) -> tuple[Sidecar, ...]:
    """The subtitles of the film `film_name` among the names in its folder.

    Names in folders below it, with `/`, count where the folder is one for subtitles (`Subs/`) or bears the
    film's name. In order of the names; forced ones follow the others.
    """
    names = sorted(set(names_in_folder), key=lambda name: (name.casefold(), name))
    films = {
        _key(PurePosixPath(name).stem) for name in names if "/" not in name and _ending(name) in FILM_ENDINGS
    }
    film = _key(PurePosixPath(film_name).stem)
    found = []
    for name in names:
        if _ending(name) in SUBTITLE_ENDINGS:
            words = _words_of_ones_own(film, films | {film}, PurePosixPath(name))
            if words is not None:
                found.append((name, words))
    found.sort(key=lambda one: one[1].forced)
    return _with_labels_of_their_own([_sidecar(name, words) for name, words in found])


def sidecar_alone(name: str) -> Sidecar:
    """What a name tells of subtitles whose film isn't known: `Some.Film.pt-BR.forced.srt`.

    Only the words at its end count, since those before them are the film's.
    """
    found = _Words(None, False, False, ())
    pieces = _key(PurePosixPath(name).stem).split(".")
    for at in reversed(range(len(pieces))):
        words = _words(".".join(pieces[at:]))
        if words.others:
            break
        found = words
    return _sidecar(name, found)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _key(name: str) -> str:
    """Letters may be composed in one way in the film's name and in another in the subtitles' (macOS)."""
    return unicodedata.normalize("NFC", name).lower()


def _words_of_ones_own(film: str, films: set[str], path: PurePosixPath) -> _Words | None:
    """What the name says if the file belongs to the film, else None."""
    folders = [_key(part) for part in path.parts[:-1]]
    if not all(folder in _SUBTITLE_FOLDERS or folder == film for folder in folders):
        return None
    stem = _key(path.stem)
    owner = max((name for name in films if stem.startswith(name)), key=len, default=None)
    if owner is not None:
        rest = stem[len(owner) :]
        words = _words(rest)
        # "Film 2" may be another film, and "Films" is none of this one's; "Film.2" and "Film (SDH)" are.
        follows = rest[:1] in ("", ".", "_") or (rest[:1] in " -([" and not words.others)
        if follows and (rest[:1] in ("", ".") or not any(word.isdecimal() for word in _split(rest))):
            return words if owner == film else None
    words = _words(stem)
    if film in folders:
        return words
    is_the_only_film = len(films) == 1
    return words if is_the_only_film and (folders or not words.others) else None


def _split(text: str) -> list[str]:
    return [word for word in _SEPARATORS.split(text) if word]


def _words(text: str) -> _Words:
    """The words of `2_English`, `.pt-br.forced`, ` (SDH)`."""
    kinds = set[str]()
    language, left = _language_among([word for word in _WORDS.split(text) if word])
    if language is None:
        # `2_english`: but first the whole, since `pt-br` and `pt_br` are one word.
        language, left = _language_among(_split(text))
    left = [word for piece in left for word in _split(piece)]
    rest = []
    for word in left:
        if word in _FORCED or word in _SDH:
            kinds.add(word)
        elif not word.isdecimal() and word not in _IDLE:
            rest.append(word)
    return _Words(language, bool(kinds & _FORCED), bool(kinds & _SDH), tuple(rest))


def _language_among(words: list[str]) -> tuple[str | None, list[str]]:
    """The first language that one to three of the words name, the longest name first, and the other words."""
    for length in range(_LONGEST_LANGUAGE_NAME, 0, -1):
        for at in range(len(words) - length + 1):
            tag = language_called(" ".join(words[at : at + length]))
            if tag is not None:
                return tag, words[:at] + words[at + length :]
    return None, words


def _sidecar(name: str, words: _Words) -> Sidecar:
    title = " ".join(word[:1].upper() + word[1:] for word in words.others)[:60]
    label = subtitle_label(words.language, forced=words.forced, sdh=words.sdh, title=title)
    return Sidecar(
        name=name,
        language=words.language,
        label=label or "Subtitles",
        forced=words.forced,
        sdh=words.sdh,
    )


def _with_labels_of_their_own(sidecars: list[Sidecar]) -> tuple[Sidecar, ...]:
    told: dict[str, Sidecar] = {}
    for sidecar in sidecars:
        numbered = (f"{sidecar.label} {number}" for number in count(2))
        label = next(label for label in chain([sidecar.label], numbered) if label not in told)
        told[label] = replace(sidecar, label=label)
    return tuple(told.values())

"""A file of subtitles, whatever kind, as WebVTT."""

from pathlib import PurePath

import webvtt

from partyapp.transcode.domain.subtitles import ConvertedSubtitles, UnreadableSubtitles
from partyapp.transcode.infrastructure.subtitles.ass import is_ass, read_ass
from partyapp.transcode.infrastructure.subtitles.cues import CueList
from partyapp.transcode.infrastructure.subtitles.encoding import decoded
from partyapp.transcode.infrastructure.subtitles.srt import read_srt
from partyapp.transcode.infrastructure.subtitles.webvtt import is_webvtt, read_webvtt

#: Other kinds, by how they begin.
_OTHERS = (
    ("{", "MicroDVD, which counts pictures, is not read. WebVTT, SRT and ASS are."),
    ("<SAMI", "SAMI is not read. WebVTT, SRT and ASS are."),
    ("<?xml", "TTML is not read. WebVTT, SRT and ASS are."),
    ("<tt", "TTML is not read. WebVTT, SRT and ASS are."),
    ("<!DOCTYPE", "This is a web page, not subtitles."),
    ("<html", "This is a web page, not subtitles."),
)


def to_webvtt(raw: bytes, name: str, language: str | None = None) -> ConvertedSubtitles:
    """The subtitles in `raw` as WebVTT that every browser reads, in the order of time.

    `name` is a file name, or its ending alone; what the file says itself counts more. `language` (RFC 5646)
    helps to tell code pages apart. Raises `UnreadableSubtitles` with the line where nothing can be shown.
    """
    text = decoded(raw, language)
    converted = _read(text, PurePath(f"film.{name}").suffix.lower()).converted()
    if len(webvtt.from_string(converted.text)) != converted.cues:
        # Another reader counts what was written: a cue must not get lost between here and a browser.
        raise UnreadableSubtitles(1, "A cue would be lost on the way to WebVTT.")
    return converted


def _read(text: str, ending: str) -> CueList:
    if is_webvtt(text):
        return read_webvtt(text)
    if is_ass(text):
        return read_ass(text)
    start = text.lstrip()
    for beginning, reason in _OTHERS:
        if start.lower().startswith(beginning.lower()) and "-->" not in text[:4_000]:
            raise UnreadableSubtitles(1 + text[: len(text) - len(start)].count("\n"), reason)
    return read_webvtt(text) if ending == ".vtt" else read_srt(text)

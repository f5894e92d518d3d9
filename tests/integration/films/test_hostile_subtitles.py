"""Subtitles that are made to keep a reader busy end soon."""

from __future__ import annotations

import pytest

from partyapp.transcode.domain.subtitles import UnreadableSubtitles
from partyapp.transcode.infrastructure.subtitles.conversion import to_webvtt

CUE = "\n00:00:01,000 --> 00:00:02,000\n"
BOMBS = {
    "tags that never end": CUE + "<i " * 1_000_000,
    "spaces": CUE + "<" + " " * 2_000_000,
    "spaces in cues": (CUE + "<" + " " * 19_000 + "\n") * 100,
    "open braces": CUE + "{\\" * 1_000_000,
    "blocks": (CUE + "{\\b1}a" * 3_000 + "\n") * 100,
    "digits": "1" * 3_000_000 + " --> 1",
    "colons": "1:" * 1_000_000 + "-->",
    "arrows": "-->" * 1_000_000,
    "arrow lines": "-->\n" * 700_000,
    "empty lines": "1" + "\n" * 3_000_000 + "00:00:01,000 --> 00:00:02,000\nx",
    "numbers and empty lines": ("7" + "\n" * 3_000 + "00:00:01,000 --> 00:00:02,000\nx\n") * 900,
    "ampersands": "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "&a" * 1_000_000,
    "tags": "WEBVTT\n\n" + ("00:01.000 --> 00:02.000\n" + "<b>" * 6_000 + "</b>" * 100 + "\n\n") * 50,
    "styles": "[V4+ Styles]\n"
    + "Style: A,B,1\n" * 200_000
    + "[Events]\nDialogue: 0,0:00:01,0:00:02,A,,0,0,0,,x",
    "transforms": "[Events]\n" + "Dialogue: 0,0:00:01,0:00:02,A,,0,0,0,,{" + "\\t(" * 6_000 + "}x\n",
    "many events": "[Events]\n" + "Dialogue: 0,0:00:01.00,0:00:02.00,A,,0,0,0,,{\\i1}x{\\i0}y\n" * 49_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_hostile_files_end_soon(bomb: str) -> None:
    """Each is at most 5 MB and takes some seconds at most; with quadratic steps it would be hours,
    beyond any limit of a test."""
    try:
        to_webvtt(BOMBS[bomb].encode(), "film.srt")
    except UnreadableSubtitles as refusal:
        assert refusal.reason

"""WebVTT from outside: kept as it is where it is safe, mended where a browser would lose it."""

from __future__ import annotations

import pytest

from partyapp.transcode.infrastructure.subtitles import to_webvtt
from partyapp.transcode.infrastructure.subtitles.webvtt import clean_markup


def test_cues_keep_their_settings_and_lose_styles_regions_and_notes() -> None:
    converted = to_webvtt(
        b"WEBVTT Kind: captions\nX-Header: 1\n\n"
        b"STYLE\n::cue { background: url(https://elsewhere.example/x) }\n\n"
        b"REGION\nid:a\n\nNOTE nobody sees this\n\nfirst\n"
        b"00:01.000 --> 00:02.000 region:a line:0 line:5 align:start position:101% onclick:x\nx\n",
        "vtt",
    )
    assert converted.text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:start\nx\n"
    assert [note.line for note in converted.dropped] == [4, 7]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<v Bob & co>Hi</v>", "<v Bob &amp; co>Hi</v>"),
        ("<v.loud Bob>Hi", "<v.loud Bob>Hi</v>"),
        ("<c.yellow.bg_blue>x</c>", "<c.yellow.bg_blue>x</c>"),
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("<ruby>a<rt>b</rt></ruby>", "<ruby>a<rt>b</rt></ruby>"),
        ("<lang en-GB>x</lang>", "<lang en-GB>x</lang>"),
        ("<00:01.500>x", "<00:00:01.500>x"),
        ("I <3 you & <laughs>", "I &lt;3 you &amp; &lt;laughs&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('<font color="x">a</font>', "a"),
        ("&amp; &lt; &nbsp;&eacute; &nosuch;", "&amp; &lt; \N{NO-BREAK SPACE}é &amp;nosuch;"),
        ("</i>x", "x"),
        ("<i onclick=y>x", "<i>x</i>"),
    ],
)
def test_markup(written: str, kept: str) -> None:
    assert clean_markup(written) == kept


def test_cues_that_a_browser_would_lose_are_kept() -> None:
    """No empty line before the times, hours of one digit, a minus, an end before the start."""
    converted = to_webvtt(
        b"WEBVTT\n0:00:01.0 --> 0:00:02.000\na\n00:00:03.000 --> 00:00:04.000\nb\n\n"
        b"-00:00:01.000 --> 00:00:02.000\nc\n\n00:09.000 --> 00:08.000\nd\n",
        "vtt",
    )
    assert [line for line in converted.text.split("\n") if len(line) == 1] == ["c", "a", "b", "d"]
    assert converted.cues == 4
    assert [note.line for note in converted.mended] == [7, 10]


def test_an_entity_may_stand_for_nothing() -> None:
    raw = b"WEBVTT\n\n00:01.000 --> 00:02.000\na\n&#1;\n<v A&#10;B>b&#10;&#10;c\n"
    assert to_webvtt(raw, "vtt").text.endswith("02.000\na\n<v A B>b\nc</v>\n")


def test_text_without_times_and_times_that_cant_be_read_are_said() -> None:
    converted = to_webvtt(
        b"WEBVTT\n\n00:01.000 --> 00:02.000\na\n\nand on\n\n00:xx.000 --> 00:04.000\nb\n", "vtt"
    )
    assert converted.cues == 1
    assert [(note.line, note.unreadable) for note in converted.dropped] == [(6, False), (8, True)]


def test_a_file_of_that_name_may_lack_the_first_word() -> None:
    assert to_webvtt(b"00:01.000 --> 00:02.000 line:0\n<v Bob>a\n", "film.vtt").text == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\n<v Bob>a</v>\n"
    )

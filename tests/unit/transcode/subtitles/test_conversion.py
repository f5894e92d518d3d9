"""Any bytes end as WebVTT that readers agree on, or as a refusal with the line, within limits."""

from __future__ import annotations

import re

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from partyapp.transcode.domain.subtitles import (
    MAX_CUE_LENGTH,
    MAX_CUES,
    ConvertedSubtitles,
    UnreadableSubtitles,
)
from partyapp.transcode.infrastructure.subtitles import to_webvtt
from tests.unit.transcode.subtitles.test_ass import HEADER

TIMING = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})( \S+)*")
TAG = re.compile(r"</?(?:c|i|b|u|v|lang|ruby|rt)(?:\.[\w.-]+)?(?: [^<>\n]*)?>|<\d{2,}:\d\d:\d\d\.\d{3}>")

#: Pieces that files are made of, so that examples get past the first line.
PIECES = st.sampled_from(
    [
        "\n", "\n\n", "\r\n", "1\n", "2\n", "00:00:01,000 --> 00:00:02,000\n", "-0:00:01.5 --> 0:00:01\n",
        "00:09.000 --> 00:08.000 line:0 align:start\n",
        "100:00:00,000 --> 101:00:00,000\n", "x --> 00:01.000\n",
        "WEBVTT\n\n", "STYLE\n", "NOTE ", "REGION\n", "[Script Info]\n", "[Events]\n",
        "<i>", "</i>", "<v A>", "<c.a",
        "&amp;", "&", "<", ">", "-->", "{\\an8}", "{\\p1}", "{\\pos(1,2)}", "{\\", "}", "\\N",
        "\x00", "\x85", "\u2028",
        "\u200e", "é", "Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,", "Format: Start, End, Text\n",
        "Style: D,A,x\n",
        "Hello", " ", "\t", "\ud800", "&#0;", "&#13;", "<00:01.000>",
    ]
)  # fmt: skip
FILES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
    st.lists(PIECES, max_size=30).map(
        lambda parts: HEADER.encode() + "".join(parts).encode("utf-8", "replace")
    ),
    st.lists(PIECES, max_size=30).map(lambda parts: "".join(parts).encode("utf-16", "replace")),
)


def read_as_browsers_do(converted: ConvertedSubtitles) -> int:
    """The number of cues by WebVTT's own rules: times, settings, tags, and nothing unescaped."""
    head, *blocks = converted.text.removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    last_start: tuple[int, ...] = (0, 0, 0, 0)
    for block in blocks:
        timing, *lines = block.split("\n")
        found = TIMING.fullmatch(timing)
        assert found, timing
        start, end = (tuple(map(int, found.groups()[at : at + 4])) for at in (0, 4))
        assert last_start <= start < end
        last_start = start
        text = "\n".join(lines)
        assert lines, block
        assert "-->" not in text
        assert all(line.strip(" \t") for line in lines), block
        letters = TAG.sub("", text)
        assert "<" not in letters
        assert ">" not in letters
        assert re.sub(r"&(?:amp|lt|gt);", "", letters).count("&") == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff]", converted.text.replace("\t", ""))
    return len(blocks)


@given(
    FILES,
    st.sampled_from(["film.srt", "film.vtt", "ass", "", "film.de.txt", ".."]),
    st.sampled_from([None, "pl"]),
)
def test_any_file_is_shown_or_refused(raw: bytes, name: str, language: str | None) -> None:
    try:
        converted = to_webvtt(raw, name, language)
    except UnreadableSubtitles as refusal:
        assert 1 <= refusal.line <= raw.count(b"\n") + raw.count(b"\r") + raw.count(b"\x85") + 10_000
        assert refusal.reason
        return
    assert read_as_browsers_do(converted) == converted.cues == len(webvtt.from_string(converted.text))
    assert to_webvtt(converted.text.encode(), "vtt").text == converted.text


LETTERS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
TIMES = st.tuples(st.integers(0, 400_000_000), st.integers(1, 9_000))


@given(st.lists(st.tuples(TIMES, st.lists(LETTERS, min_size=1, max_size=3)), min_size=1, max_size=12))
@pytest.mark.thorough
def test_every_letter_of_an_srt_file_arrives(cues: list[tuple[tuple[int, int], list[str]]]) -> None:
    """Whatever the letters are: a number, a tag that is none, an arrow, a brace."""

    def stamp(ms: int) -> str:
        return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"

    # What HTML and ASS read as markup is the business of other tests.
    cues = [(at, [re.sub(r"[<>&{}\\]", "*", line) for line in lines]) for at, lines in cues]
    srt = "".join(
        f"{number}\n{stamp(start)} --> {stamp(start + length)}\n" + "\n".join(lines) + "\n\n"
        for number, ((start, length), lines) in enumerate(cues, 1)
    )
    converted = to_webvtt(srt.encode(), "srt")
    assert converted.cues == len(cues)
    assert (converted.dropped, converted.mended) == ((), ())
    kept = sorted(block.split("\n")[1:] for block in converted.text.rstrip("\n").split("\n\n")[1:])
    assert kept == sorted(lines for _, lines in cues)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{", "MicroDVD"),
        ("{0}{25}Hello\n", "MicroDVD"),
        ("<SAMI>\n", "SAMI"),
        ('<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml"/>', "TTML"),
        ("<!doctype html><p>404", "web page"),
    ],
)
def test_other_kinds_are_refused_by_their_name(text: str, name: str) -> None:
    with pytest.raises(UnreadableSubtitles, match=name):
        to_webvtt(text.encode(), "film.srt")


def test_the_file_itself_counts_more_than_its_name() -> None:
    srt = b"1\n00:00:01,000 --> 00:00:02,000\nx\n"
    assert {to_webvtt(srt, name).text for name in ("a.ass", "a.vtt", "srt", "", "a.b.c")} == {
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nx\n"
    }


@pytest.mark.thorough
def test_cues_are_bounded_in_number_and_length() -> None:
    with pytest.raises(UnreadableSubtitles, match=str(MAX_CUES)) as refused:
        to_webvtt(b"00:00:01,000 --> 00:00:02,000\nx\n" * (MAX_CUES + 1), "srt")
    assert refused.value.line == 2 * MAX_CUES + 1
    long = "x" * (MAX_CUE_LENGTH + 1)
    converted = to_webvtt(
        f"1\n00:00:01,000 --> 00:00:02,000\n{long}\n\n2\n00:00:03,000 --> 00:00:04,000\ny\n".encode(), "srt"
    )
    assert (converted.cues, converted.dropped[0].line) == (1, 2)

"""SRT as people write it: nothing that was meant as a cue is lost in silence."""

from __future__ import annotations

import pytest

from partyapp.transcode.domain.subtitles import UnreadableSubtitles
from partyapp.transcode.infrastructure.subtitles import to_webvtt


def shown(srt: str) -> list[str]:
    """The blocks of the WebVTT, without its first line."""
    return to_webvtt(srt.encode(), "film.srt").text.removeprefix("WEBVTT\n\n").strip("\n").split("\n\n")


def texts(srt: str) -> list[str]:
    return [block.partition("\n")[2] for block in shown(srt)]


def test_text_is_shown_letter_by_letter_and_tags_are_kept() -> None:
    srt = (
        "1\n00:00:01,000 --> 00:00:02,000\nI <3 <i>you</i> & me\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nso do I\n"
    )
    assert shown(srt) == [
        "00:00:01.000 --> 00:00:02.000\nI &lt;3 <i>you</i> &amp; me",
        "00:00:03.000 --> 00:00:04.000\nso do I",
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("<I>x", "<i>x</i>"),
        ('<font color="#FFFF00">x</font> y', "<c.yellow>x</c> y"),
        ('<font color="#123456">x</font>', "x"),
        ("<laughs> ha", "&lt;laughs&gt; ha"),
        ("Tom &amp; Jerry&#39;s AT&T", "Tom &amp; Jerry's AT&amp;T"),
        ("a<br/>b", "a\nb"),
        ("<i>\nx\n\ny</i>", "<i>x\ny</i>"),
        (r"{\an8}{\i1}x{\i0} {y}", "<i>x</i> {y}"),
        ("A --> B", "A --&gt; B"),
        ("&#13;&#0;x&#27;", "\ufffdx"),
    ],
)
def test_markup(written: str, text: str) -> None:
    assert texts(f"1\n00:00:01,000 --> 00:00:02,000\n{written}\n") == [text]


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        (r"{\an8}x", " line:0"),
        (r"{\a6}x", " line:0"),
        (r"{\an1}x", " position:5% align:left"),
        (r"{\an5}x", " line:45%"),
        (r"{\an2}x", ""),
        (r"{\an8}{\pos(96,144)}x", " line:50% position:25% align:center"),
        (r"{\pos(9999,-5)}x", " line:0% position:80% align:center"),
    ],
)
def test_places(written: str, settings: str) -> None:
    assert shown(f"00:00:01,000 --> 00:00:02,000\n{written}") == [
        f"00:00:01.000 --> 00:00:02.000{settings}\nx"
    ]


def test_numbers_may_be_missing_and_a_line_may_be_a_number() -> None:
    assert texts("00:00:01,000 --> 00:00:02,000\n1984\n\n00:00:03,000 --> 00:00:04,000\n2001\n") == [
        "1984",
        "2001",
    ]
    assert texts(
        "1\n00:00:01,000 --> 00:00:02,000\na\n\n1984\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n\n3\n"
    ) == ["a\n1984", "b"]
    # The text of a first cue, not the number of a second one that was cut off.
    assert texts("1\n00:00:01,000 --> 00:00:02,000\n2\n") == ["2"]


def test_lines_may_end_in_any_way_and_be_empty_everywhere() -> None:
    lines = ["1", "00:00:01,000 --> 00:00:02,000", "a", "b", "", "2", "00:00:03,000 --> 00:00:04,000", "c"]
    for end in ("\n", "\r\n", "\r", "\r\r\n", "\n\n"):
        assert texts(end.join(lines)) == ["a\nb", "c"], repr(end)


@pytest.mark.parametrize(
    ("times", "read"),
    [
        ("00:00:01,000 --> 00:00:02,000 X1:1 X2:2", "00:00:01.000 --> 00:00:02.000"),
        ("0:00:01.5-->0:00:02", "00:00:01.500 --> 00:00:02.000"),
        ("00:01:500 -> 00:02:000", "00:00:01.500 --> 00:00:02.000"),
        ("00: 00: 01, 000 --> 00: 00: 02, 000", "00:00:01.000 --> 00:00:02.000"),
        ("90:00.25 --> 90:01.0", "01:30:00.250 --> 01:30:01.000"),
        ("100:00:01,000 --> 100:00:02,000", "100:00:01.000 --> 100:00:02.000"),
    ],
)
def test_times_are_read_as_they_are_written(times: str, read: str) -> None:
    assert shown(f"1\n{times}\nx\n") == [f"{read}\nx"]


def test_what_ends_before_it_starts_is_shown_while_it_is_read_and_no_longer_than_to_the_next() -> None:
    converted = to_webvtt(
        b"1\n00:00:10,000 --> 00:00:09,000\nback\n\n2\n00:00:20,000 --> 00:00:20,000\n"
        + b"a long line of a hundred letters, " * 3
        + b"\n\n3\n00:00:22,500 --> 00:00:24,000\nx\n",
        "srt",
    )
    assert "00:00:10.000 --> 00:00:11.000\n" in converted.text
    assert "00:00:20.000 --> 00:00:22.500\n" in converted.text
    assert [note.line for note in converted.mended] == [2, 6]


def test_negative_times_are_cut_off_and_what_was_over_by_then_is_reported() -> None:
    converted = to_webvtt(
        b"1\n-00:00:05,000 --> -00:00:02,000\nover\n\n2\n-00:00:01,000 --> 00:00:02,000\nstill there\n", "srt"
    )
    assert converted.text == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nstill there\n"
    assert [(note.line, note.unreadable) for note in converted.dropped] == [(2, False)]
    assert [note.line for note in converted.mended] == [6]


def test_times_that_cant_be_read_are_reported_with_their_line() -> None:
    converted = to_webvtt(
        b"1\n00:00:xx,000 --> 00:00:02,000\nlost\n\n2\nsoon --> later\nlost\n\n"
        b"3\n00:00:03,000 --> 00:00:04,000\nx\n",
        "srt",
    )
    assert converted.cues == 1
    assert [(note.line, note.unreadable) for note in converted.dropped] == [(2, True), (6, True)]


@pytest.mark.parametrize(
    ("srt", "line"),
    [
        ("1\n00:00:xx,000 --> 00:00:02,000\nlost\n", 2),
        ("\n\nnothing of that kind\nat all\n", 3),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n", 2),
    ],
)
def test_a_file_without_a_cue_is_refused_with_the_line(srt: str, line: int) -> None:
    with pytest.raises(UnreadableSubtitles) as refused:
        to_webvtt(srt.encode(), "srt")
    assert refused.value.line == line
    assert refused.value.errors == {"file": [f"Line {line}: {refused.value.reason}"]}

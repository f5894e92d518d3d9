"""ASS and SSA: text, places and looks that WebVTT has too; what is no text is left out and said."""

from __future__ import annotations

import pytest

from partyapp.transcode.infrastructure.subtitles import to_webvtt

STYLE = (
    "Style: {name},Arial,60,&H00FFFFFF,&H0,&H0,&H0,-1,{italic},0,0,100,100,0,0,1,2,2,{alignment},10,10,10,1\n"
)
HEADER = (
    "[Script Info]\nPlayResX: 1920\nPlayResY: 1080\n\n[V4+ Styles]\n"
    + STYLE.format(name="Default", italic=0, alignment=2)
    + STYLE.format(name="Sign", italic=-1, alignment=8)
    + "Style: Broken,Arial,many\n\n[Events]\n"
)


def event(text: str, style: str = "Default", times: str = "0:00:01.00,0:00:02.00") -> str:
    return f"Dialogue: 0,{times},{style},,0,0,0,,{text}\n"


def shown(events: str) -> list[str]:
    converted = to_webvtt((HEADER + events).encode(), "film.ass")
    return converted.text.removeprefix("WEBVTT\n\n").strip("\n").split("\n\n")


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        (r"a < b & c, d\Ne\hf", "\na &lt; b &amp; c, d\ne\N{NO-BREAK SPACE}f"),
        (r"{\i1}x{\i0} y {\b1}z{\b} {\u1}u", "\n<i>x</i> y <b>z</b> <u>u</u>"),
        (r"{\b700}x{\b400}y", "\n<b>x</b>y"),
        (r"{\bord2\blur3\be1\iclip(1,2)\1c&HFF&}x", "\nx"),
        (r"{\k20}ka{\k30}ra{a note}oke", "\nkara{a note}oke"),
        (r"{\t(0,100,\i1\an9)}x", "\nx"),
        (r"{\an8}x", " line:0\nx"),
        (r"{\an7\pos(192,108)}x", " line:10% position:10% align:left\nx"),
        (r"{\move(960,540,0,0)}x", " line:44% position:50% align:center\nx"),
        (r"{\p1}m 0 0 l 9 9{\p0}x", "\nx"),
        (r"{\pos(1.2.3,4)}x{", "\nx{"),
    ],
)
def test_text(text: str, cue: str) -> None:
    assert shown(event(text)) == [f"00:00:01.000 --> 00:00:02.000{cue}"]


def test_a_style_gives_place_and_look_and_one_that_cant_be_read_gives_none() -> None:
    assert shown(event(r"x{\i0}y{\r}z", "Sign") + event("w", "Broken") + event("v", "*Sign")) == [
        "00:00:01.000 --> 00:00:02.000 line:0\n<i>x</i>y<i>z</i>",
        "00:00:01.000 --> 00:00:02.000\nw",
        "00:00:01.000 --> 00:00:02.000 line:0\n<i>v</i>",
    ]


def test_events_are_put_in_the_order_of_time() -> None:
    later = event("later", times="0:00:05.00,0:00:06.00")
    assert [block.partition("\n")[2] for block in shown(later + event("first"))] == ["first", "later"]


def test_what_is_left_out_is_said() -> None:
    converted = to_webvtt(
        (
            HEADER
            + "Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a note\n"
            + event("x")
            + event(r"{\bord5}x")
            + event(r"{\p1}m 0 0 l 9 9")
            + event("x", times="soon,0:00:02.00")
            + event("x", times="-0:00:03.00,-0:00:02.00")
            + "Dialogue: too short\n"
        ).encode(),
        "ass",
    )
    first = HEADER.count("\n") + 2
    assert converted.cues == 1
    assert [(note.line - first, note.unreadable) for note in converted.dropped] == [
        (1, False),
        (2, False),
        (3, True),
        (4, False),
        (5, True),
    ]


def test_fields_are_in_the_order_that_the_file_gives() -> None:
    events = "Format: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,a, b\n"
    assert shown(events) == ["00:00:01.000 --> 00:00:02.000\na, b"]


def test_ssa_has_numbers_of_its_own_for_places() -> None:
    ssa = (
        "[Script Info]\n\n[V4 Styles]\nStyle: Top,Arial,20,1,1,1,1,0,0,1,2,2,6,10,10,10,0,1\n\n[Events]\n"
        "Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Top,,0,0,0,,x\n"
    )
    assert to_webvtt(ssa.encode(), "ssa").text.endswith("00:00:02.000 line:0\nx\n")

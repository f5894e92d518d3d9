"""What a file is that is no film, in words."""

from __future__ import annotations

import pytest

from partyapp.transcode.domain.probed_film import FilmRefused, PreparationFailed, not_a_film


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"", "empty"),
        (b"Dear all,\nnothing to see here.\n", "it is text"),
        ("Größe: ½".encode()[:-1], "it is text"),
        ("Dear all".encode("utf-16"), "it is text"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", "subtitles"),
        (b"\xef\xbb\xbfWEBVTT\n", "subtitles"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "list of other files"),
        (b"<?xml version='1.0'?><MPD/>", "text with tags"),
        (b"\x89PNG\r\n\x1a\n", "single picture"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "sound without a picture"),
        (b"PK\x03\x04\x00\x00", "ZIP"),
        (bytes(range(256)) * 4, "nothing in it is known"),
    ],
)
def test_it_says_what_the_file_is(head: bytes, words: str) -> None:
    refusal = not_a_film(head)
    assert words in refusal.reason
    assert refusal.reason.startswith("This isn't a film: ")


def test_only_what_is_not_the_films_fault_may_be_tried_again() -> None:
    assert not FilmRefused("").try_again
    assert PreparationFailed("").try_again

"""Letters: files don't say their encoding, and no letter may be lost for it."""

from __future__ import annotations

import pytest

from partyapp.transcode.domain.subtitles import MAX_SUBTITLE_BYTES, UnreadableSubtitles
from partyapp.transcode.infrastructure.subtitles.encoding import decoded

SRT = "1\n00:00:01,000 --> 00:00:02,000\nSchöne Grüße\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"]
)
def test_german_in_what_programs_write(encoding: str) -> None:
    assert decoded(SRT.encode(encoding)) == SRT


LINES = {
    "ru": "Привет, как твои дела?\nЯ не знаю, что тебе сказать.\nПойдём домой, уже поздно.",
    "pl": "Cześć, jak się masz?\nNie wiem, co ci powiedzieć, żałuję.\nŁódź płynie.",
    "el": "Γεια σου, τι κάνεις;\nΔεν ξέρω τι να πω.",
    "tr": "Şimdi ne yapacağız?\nGüneş doğuyor, ışık geliyor.",
    "he": "שלום מה שלומך\nאני לא יודע מה להגיד",
    "ar": "مرحبا كيف حالك اليوم\nلا أعرف ماذا أقول",
    "ja": "こんにちは、元気ですか\n私は何も知りません",
    "zh": "你好,你今天怎么样\n我不知道该说什么",
    "ko": "안녕하세요 오늘 어때요\n나는 모르겠어요",
    "fr": "Où êtes-vous allés hier soir ?\nÇa m'est égal, à vrai dire.",
    "es": "¿Qué tal estás, señor?\nMañana iré a España.",
    "hu": "Jó napot kívánok, hogy van?\nŐrült nő, tűz van.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy.",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "cp866"), ("pl", "cp1250"), ("el", "cp1253"),
        ("tr", "cp1254"),
        ("he", "cp1255"), ("ar", "cp1256"), ("ja", "cp932"), ("ja", "euc_jp"), ("zh", "gb18030"),
        ("ko", "cp949"), ("fr", "cp1252"), ("es", "cp1252"), ("hu", "cp1250"), ("cs", "cp1250"),
    ],
)  # fmt: skip
def test_the_language_tells_the_code_page(language: str, encoding: str) -> None:
    assert decoded(LINES[language].encode(encoding), f"{language}-XX") == LINES[language]


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("ru", "cp1251"),
        ("ru", "koi8_r"),
        ("el", "cp1253"),
        ("ja", "cp932"),
        ("zh", "gb18030"),
        ("ko", "cp949"),
    ],
)
def test_other_scripts_are_told_without_it(language: str, encoding: str) -> None:
    assert decoded(LINES[language].encode(encoding)) == LINES[language]


def test_a_few_strange_bytes_dont_spoil_a_file_in_utf8() -> None:
    text = "Schöne Grüße aus Köln, nicht wahr? " * 10
    assert decoded(text.encode() + b"caf\xe9 \xc3") == f"{text}café Ã"


def test_lines_end_in_one_way_and_control_characters_are_gone() -> None:
    assert (
        decoded(b"a long line of text\r\nb\rc\r\r\nd\x00\x1b\xef\xbb\xbfe") == "a long line of text\nb\nc\nde"
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"x" * (MAX_SUBTITLE_BYTES + 1), "larger"),
        (b"PG\x00\x00\x01", "pictures"),
        (b"PK\x03\x04rest", "ZIP"),
        (bytes(range(32)) * 100, "not text"),
    ],
)
def test_what_is_no_text_is_refused_in_words(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSubtitles, match=reason):
        decoded(raw)

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


#: A few lines, since that is little to go by.
LINES = {
    (
        "fr",
        "cp1252",
    ): "Où êtes-vous allés hier soir ?\nÇa m'est égal, à vrai dire.\nLa forêt brûle déjà là-bas.",
    ("es", "cp1252"): "¿Qué tal estás, señor?\nMañana iré a España.\n¡No me digas más!",
    ("pt", "cp1252"): "Não sei o que dizer.\nVocê está bem?\nAmanhã irei à praia, então.",
    ("sv", "cp1252"): "Jag älskar dig så mycket.\nVar är du någonstans?\nDet är för sent, förstår du.",
    ("pl", "cp1250"): "Cześć, jak się masz?\nNie wiem, co ci powiedzieć, żałuję.\nŁódź płynie.",
    ("cs", "cp1250"): "Příliš žluťoučký kůň úpěl ďábelské ódy.\nNevím, co ti mám říct.",
    ("hu", "cp1250"): "Jó napot kívánok, hogy van?\nŐrült nő, tűz van.\nNem tudom, mit mondjak.",
    ("ro", "cp1250"): "Unde ai fost aseară?\nNu ştiu ce să-ţi spun.\nMulţumesc, prietene, eşti bun.",
    ("tr", "cp1254"): "Şimdi ne yapacağız?\nGüneş doğuyor, ışık geliyor.\nİyi değilim, çok yorgunum.",
    ("lt", "cp1257"): "Aš nežinau, ką tau pasakyti.\nAčiū tau, mano drauge.\nIšeik iš čia, prašau, žmogau.",
    ("ru", "cp1251"): "Привет, как твои дела?\nЯ не знаю, что тебе сказать.\nПойдём домой, уже поздно.",
    ("ru", "koi8_r"): "Привет, как твои дела?\nЯ не знаю, что тебе сказать.\nПойдём домой, уже поздно.",
    ("el", "cp1253"): "Γεια σου, τι κάνεις;\nΔεν ξέρω τι να πω.",
    (
        "he",
        "cp1255",
    ): "שלום מה שלומך\nאני לא יודע מה להגיד\nאיפה היית אתמול בלילה?\nבוא הנה, אני רוצה להראות לך משהו",
    ("ar", "cp1256"): "مرحبا كيف حالك اليوم\nلا أعرف ماذا أقول",
    ("th", "cp874"): "สวัสดีครับ คุณสบายดีไหม\nผมไม่รู้จะพูดอะไร",
    ("ja", "cp932"): "こんにちは、元気ですか\n私は何も知りません",
    ("zh", "gb18030"): "你好,你今天怎么样\n我不知道该说什么",
    ("zh", "big5"): "你好,你今天怎麼樣\n我不知道該說什麼\n昨天晚上你在哪裡",
    ("ko", "cp949"): "안녕하세요 오늘 어때요\n나는 모르겠어요",
}


@pytest.mark.parametrize(("language", "page"), LINES)
def test_a_code_page_is_told_by_the_letters(language: str, page: str) -> None:
    text = LINES[language, page]
    srt = "".join(
        f"{number}\n00:00:01,000 --> 00:00:02,000\n{line}\n\n"
        for number, line in enumerate(text.split("\n"), 1)
    )
    assert decoded(srt.encode(page)) == srt


@pytest.mark.parametrize(
    ("text", "language", "page"),
    [
        ("До свидания", "ru-RU", "cp866"),
        ("こんにちは、元気ですか", "ja", "euc_jp"),
        ("Cześć, jak się masz?", "pl", "iso8859_2"),
        ("Őrült", "hu", "cp1250"),
        ("Schöne Grüße", "de-AT", "latin-1"),
        ("Señor", "en", "cp1252"),
    ],
)
def test_the_language_helps_with_a_single_line(text: str, language: str, page: str) -> None:
    assert decoded(text.encode(page), language) == text


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

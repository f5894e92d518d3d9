"""The letters of a file that doesn't say how they are encoded."""

import codecs
import re

from charset_normalizer import from_bytes

from partyapp.transcode.domain.subtitles import MAX_SUBTITLE_BYTES, UnreadableSubtitles
from partyapp.transcode.infrastructure.subtitles.latin_pages import PAGES, latin_page

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, whose mark it begins with.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_TEXT = (
    (b"PG", "These are pictures of text (PGS), not text."),
    (b"\x00\x00\x01\xba", "These are pictures of text (VobSub), not text."),
    (b"# VobSub index", "This is the index of pictures of text (VobSub), not text."),
    (b"PK\x03\x04", "This is a ZIP archive: take the file out of it first."),
    (b"Rar!", "This is a RAR archive: take the file out of it first."),
    (b"\x1f\x8b", "This is a compressed file: unpack it first."),
    (b"\x1a\x45\xdf\xa3", "This is a film, not subtitles."),
)
#: The code pages that subtitles in another script come in, the likeliest first.
_CYRILLIC = ("cp1251", "koi8_r", "iso8859_5", "cp866")
CODE_PAGES = {
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), _CYRILLIC),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256", "iso8859_6")),
    "el": ("cp1253",),
    "he": ("cp1255",),
    "ja": ("cp932", "euc_jp"),
    "ko": ("cp949",),
    "th": ("cp874",),
    "vi": ("cp1258",),
    "zh": ("gb18030", "big5"),
}
_OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874", "cp932", "euc_jp", "cp949", "gb18030", "big5",
)  # fmt: skip
_SAMPLE_BYTES = 64_000
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
#: What no line of text holds: control characters but tab and newline, and halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_END = re.compile("\r+\n|\r|\x85|\u2028|\u2029")


def decoded(raw: bytes, language: str | None = None) -> str:
    """The text of the file with `\\n` between its lines and without control characters.

    `language` (RFC 5646) helps where the bytes alone leave several code pages. Raises `UnreadableSubtitles`.
    """
    if len(raw) > MAX_SUBTITLE_BYTES:
        raise UnreadableSubtitles(1, f"The file is larger than {MAX_SUBTITLE_BYTES // 1_000_000} MB.")
    if not raw.strip():
        raise UnreadableSubtitles(1, "The file is empty.")
    for start, reason in _NOT_TEXT:
        if raw.startswith(start):
            raise UnreadableSubtitles(1, reason)
    text = _LINE_END.sub("\n", _letters_of(raw, language))
    controls = len(_CONTROLS.findall(text))
    if controls * 10 > len(text) + 40:
        raise UnreadableSubtitles(1, "This is not text.")
    return without_controls(text)


def without_controls(text: str) -> str:
    """The text without what no line of text holds."""
    return _CONTROLS.sub("", text)


def _letters_of(raw: bytes, language: str | None) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if wide := _utf16_without_mark(raw):
        return raw.decode(wide, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _mostly_utf8(raw) or _by_code_page(raw, language)


def _utf16_without_mark(raw: bytes) -> str | None:
    """Times and line ends are ASCII, so that many of every second byte are 0, and few of the others."""
    sample = raw[:4_000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 10 < len(sample) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _mostly_utf8(raw: bytes) -> str | None:
    """A UTF-8 file with a few lines of another encoding pasted in, or cut inside a letter; else None."""
    text = raw.decode("utf-8", "surrogateescape")
    strange = sum("\udc80" <= letter <= "\udcff" for letter in text)
    if strange * 10 > sum(letter > "\x7f" for letter in text):
        return None
    return re.sub(
        "[\udc80-\udcff]", lambda found: bytes([ord(found[0]) - 0xDC00]).decode("cp1252", "replace"), text
    )


def _by_code_page(raw: bytes, language: str | None) -> str:
    main = (language or "").split("-")[0].lower()
    # Only lines with something to judge: times and numbers are the same in all pages.
    lines = [line for line in raw.split(b"\n") if _BEYOND_ASCII.search(line)]
    sample = b"\n".join(_first(lines, _SAMPLE_BYTES))
    if main and main not in CODE_PAGES:
        return raw.decode(latin_page(sample, main), "replace")
    pages = CODE_PAGES.get(main, (*_OTHER_SCRIPTS, *sorted(PAGES)))
    best = from_bytes(sample, cp_isolation=list(pages)).best()
    page = best.encoding if best else pages[0]
    return raw.decode(page if page not in PAGES else latin_page(sample), "replace")


def _first(lines: list[bytes], at_most: int) -> list[bytes]:
    """The first lines of together `at_most` bytes: whole ones, since a cut letter would mislead."""
    taken, size = [], 0
    for line in lines:
        size += len(line)
        if size > at_most:
            break
        taken.append(line)
    return taken or [line[:at_most] for line in lines[:1]]

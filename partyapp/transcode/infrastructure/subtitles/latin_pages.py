"""Which code page a text in Latin letters is in, by the letters that languages have.

charset-normalizer tells scripts apart. Among the pages of Latin letters a few lines get the same marks, and
the first page wins: French is Baltic then, Portuguese Central European.
"""

from collections import Counter

_WESTERN = ("cp1252",)
_CENTRAL = ("cp1250", "iso8859_2")
_TURKISH = ("cp1254",)
_BALTIC = ("cp1257",)
#: By language its pages and its letters beyond ASCII, small ones.
LANGUAGES = {
    "fr": (_WESTERN, "àâæçèéêëîïôùûüÿœ"), "de": (_WESTERN, "äöüßé"), "es": (_WESTERN, "áéíñóúü"),
    "pt": (_WESTERN, "àáâãçéêíòóôõúü"), "it": (_WESTERN, "àèéìíòóùú"), "nl": (_WESTERN, "áäéëíïóöúüèê"),
    "sv": (_WESTERN, "åäöéà"), "da": (_WESTERN, "æøåéó"), "no": (_WESTERN, "æøåéèêóòôà"),
    "fi": (_WESTERN, "äöåšž"),
    "is": (_WESTERN, "áðéíóúýþæö"), "ca": (_WESTERN, "àçèéíïòóúü"), "sq": (_WESTERN, "çë"),
    "pl": (_CENTRAL, "ąćęłńóśźż"), "cs": (_CENTRAL, "áčďéěíňóřšťúůýž"), "sk": (_CENTRAL, "áäčďéíĺľňóôŕšťúýž"),
    "hu": (_CENTRAL, "áéíóöőúüű"), "ro": (_CENTRAL, "ăâîşţșț"), "hr": (_CENTRAL, "čćđšž"),
    "sl": (_CENTRAL, "čšž"),
    "tr": (_TURKISH, "çğıöşüâîûi̇"),
    "lt": (_BALTIC, "ąčęėįšųūž"), "lv": (_BALTIC, "āčēģīķļņšūž"), "et": (_BALTIC, "õäöüšž"),
}  # fmt: skip
PAGES = frozenset(page for pages, _ in LANGUAGES.values() for page in pages)
#: What all languages use.
_COMMON = frozenset("’‘“”„‚«»‹›…–—•·¿¡°€£©®™♪♫\xa0\xad")


def latin_page(sample: bytes, language: str | None = None) -> str:
    """The page in which most of the sample's letters are those of one language; of equals the first."""
    asked = [language] if language in LANGUAGES else list(LANGUAGES)
    pages = dict.fromkeys(page for name in asked if name for page in LANGUAGES[name][0])
    counts = {page: _beyond_ascii(sample, page) for page in pages}
    best, most = next(iter(pages)), -1
    for name in asked:
        for page in LANGUAGES[name or ""][0]:
            letters = LANGUAGES[name or ""][1]
            covered = sum(times for letter, times in counts[page].items() if letter in letters)
            if covered > most:
                best, most = page, covered
    return best


def _beyond_ascii(sample: bytes, page: str) -> Counter[str]:
    text = sample.decode(page, "replace").lower()
    return Counter(letter for letter in text if letter > "\x7f" and letter not in _COMMON)

"""Languages as media files name them (ISO 639-2, both variants) and as the web does (RFC 5646)."""

import re

#: RFC 5646's tag, the codes of ISO 639-2, and the language's name in English.
_KNOWN = """
ar ara Arabic|bg bul Bulgarian|bn ben Bengali|bs bos Bosnian|ca cat Catalan|cs cze ces Czech
cy wel cym Welsh|da dan Danish|de ger deu German|el gre ell Greek|en eng English|es spa Spanish
et est Estonian|eu baq eus Basque|fa per fas Persian|fi fin Finnish|fr fre fra French|ga gle Irish
gl glg Galician|he heb Hebrew|hi hin Hindi|hr hrv scr Croatian|hu hun Hungarian|hy arm hye Armenian
id ind Indonesian|is ice isl Icelandic|it ita Italian|ja jpn Japanese|ka geo kat Georgian|kk kaz Kazakh
ko kor Korean|lt lit Lithuanian|lv lav Latvian|mk mac mkd Macedonian|ml mal Malayalam|mn mon Mongolian
mr mar Marathi|ms may msa Malay|nb nob Norwegian Bokmål|nl dut nld Dutch|nn nno Norwegian Nynorsk
no nor Norwegian|pa pan Punjabi|pl pol Polish|pt por Portuguese|ro rum ron Romanian|ru rus Russian
sk slo slk Slovak|sl slv Slovenian|sq alb sqi Albanian|sr srp scc Serbian|sv swe Swedish|sw swa Swahili
ta tam Tamil|te tel Telugu|th tha Thai|tl tgl Tagalog|tr tur Turkish|uk ukr Ukrainian|ur urd Urdu
vi vie Vietnamese|zh chi zho Chinese|zxx zxx Without words
"""
_ENTRIES = [entry.split() for entry in _KNOWN.replace("\n", "|").split("|") if entry.strip()]
_IS_CODE = re.compile(r"[a-z]{2,3}$")
_TAG_OF: dict[str, str] = {}
_NAME_OF: dict[str, str] = {}
for _tag, *_rest in _ENTRIES:
    _codes = [word for word in _rest if _IS_CODE.match(word)]
    _NAME_OF[_tag] = " ".join(word for word in _rest if word not in _codes)
    _TAG_OF.update(dict.fromkeys([_tag, *_codes], _tag))

_WELL_FORMED = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def language_tag(code: str | None) -> str | None:
    """The RFC 5646 tag of a language that a media file names, None where it names none ("und")."""
    if not code or not _WELL_FORMED.fullmatch(code):
        return None
    first, _, rest = code.partition("-")
    first = first.lower()
    if first in ("und", "mis", "mul", "qaa"):
        return None
    tag = _TAG_OF.get(first, first)
    return f"{tag}-{rest}" if rest else tag


def language_name(tag: str | None) -> str | None:
    """The language's name in English, None where it isn't known."""
    return _NAME_OF.get(tag.partition("-")[0]) if tag else None

"""Languages by the names that those who speak them use, and from the names that files are given."""

from partyapp.transcode.domain.languages import language_name, language_tag

#: From Unicode's CLDR 48 ("languages", each in itself), with a capital as in a menu.
_OWN_NAMES = """
ar=العربية|bg=Български|bn=বাংলা|bs=Bosanski|ca=Català|cs=Čeština|cy=Cymraeg|da=Dansk|de=Deutsch
el=Ελληνικά|en=English|es=Español|et=Eesti|eu=Euskara|fa=فارسی|fi=Suomi|fr=Français|ga=Gaeilge
gl=Galego|he=עברית|hi=हिन्दी|hr=Hrvatski|hu=Magyar|hy=Հայերեն|id=Indonesia|is=Íslenska|it=Italiano
ja=日本語|ka=ქართული|kk=Қазақ тілі|ko=한국어|lt=Lietuvių|lv=Latviešu|mk=Македонски|ml=മലയാളം|mn=Монгол
mr=मराठी|ms=Melayu|nb=Norsk bokmål|nl=Nederlands|nn=Norsk nynorsk|no=Norsk|pa=ਪੰਜਾਬੀ|pl=Polski
pt=Português|ro=Română|ru=Русский|sk=Slovenčina|sl=Slovenščina|sq=Shqip|sr=Српски|sv=Svenska
sw=Kiswahili|ta=தமிழ்|te=తెలుగు|th=ไทย|tl=Filipino|tr=Türkçe|uk=Українська|ur=اردو|vi=Tiếng Việt
zh=中文|pt-BR=Português (Brasil)|pt-PT=Português (Portugal)|es-ES=Español (España)
es-419=Español (Latinoamérica)|en-GB=English (United Kingdom)|en-US=English (United States)
fr-CA=Français (Canada)|fr-FR=Français (France)|zh-Hans=简体中文|zh-Hant=繁體中文|sr-Latn=Srpski (latinica)
"""
OWN_NAMES = dict(entry.split("=") for entry in _OWN_NAMES.strip().replace("\n", "|").split("|"))
#: What files are called beside codes and names, by those who make them.
_ALSO_CALLED = {
    "brazilian": "pt-BR", "brazilian portuguese": "pt-BR", "pob": "pt-BR", "pb": "pt-BR",
    "european portuguese": "pt-PT", "european spanish": "es-ES", "castilian": "es-ES", "castellano": "es-ES",
    "latin american spanish": "es-419", "latin american": "es-419", "latino": "es-419",
    "simplified chinese": "zh-Hans", "chinese simplified": "zh-Hans", "chs": "zh-Hans", "zh-cn": "zh-Hans",
    "traditional chinese": "zh-Hant", "chinese traditional": "zh-Hant", "cht": "zh-Hant", "zh-tw": "zh-Hant",
    "canadian french": "fr-CA", "farsi": "fa", "flemish": "nl-BE", "norwegian": "no", "greek": "el",
}  # fmt: skip
_BY_NAME = {
    **{(language_name(tag) or tag).casefold(): tag for tag in OWN_NAMES if "-" not in tag},
    **{name.casefold(): tag for tag, name in OWN_NAMES.items()},
    **_ALSO_CALLED,
}


def own_name(tag: str | None) -> str | None:
    """The language's name in itself, with its variety if the tag has one; None where it isn't known."""
    if not tag:
        return None
    main, _, variety = tag.partition("-")
    name = OWN_NAMES.get(main)
    return OWN_NAMES.get(tag) or (f"{name} ({variety})" if name and variety else name)


def language_called(word: str) -> str | None:
    """The RFC 5646 tag of what a file name calls a language: `de`, `ger`, `pt_BR`, `German`, `Deutsch`.

    None for other words, also for codes of languages that hardly any film has, since those are words too.
    """
    word = word.strip().casefold().replace("_", "-")
    if word in _BY_NAME:
        return _BY_NAME[word]
    tag = language_tag(word)
    if tag is None or tag.partition("-")[0] not in OWN_NAMES:
        return None
    main, *varieties = tag.split("-")
    if any(
        len(variety) not in (2, 3, 4) or (len(variety) == 3) != variety.isdecimal() for variety in varieties
    ):
        return None
    # As RFC 5646 writes them: a script like Hant, a region like BR.
    return "-".join([main, *(part.title() if len(part) == 4 else part.upper() for part in varieties)])


def subtitle_label(
    language: str | None, *, forced: bool = False, sdh: bool = False, title: str = ""
) -> str | None:
    """What a menu calls subtitles: the language in itself, and what kind. None where nothing is known."""
    name = own_name(language) or title or None
    kinds = [
        *([title] if title and name != title else []),
        *(["forced"] if forced else []),
        *(["SDH"] if sdh else []),
    ]
    if name is None:
        told = ", ".join(kinds)
        return told[:1].upper() + told[1:] or None
    return f"{name} ({', '.join(kinds)})" if kinds else name

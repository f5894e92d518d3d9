"""Which subtitles in a folder are a film's own, and what their names say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partyapp.transcode.domain.sidecars import Sidecar, sidecars_of


def only(name: str, *beside: str) -> Sidecar:
    (sidecar,) = sidecars_of("Film.mkv", ["Film.mkv", name, *beside])
    assert sidecar.name == name
    return sidecar


@pytest.mark.parametrize(
    ("name", "language", "label"),
    [
        ("Film.srt", None, "Subtitles"),
        ("Film.de.srt", "de", "Deutsch"),
        ("Film.ger.srt", "de", "Deutsch"),
        ("Film.deu.SRT", "de", "Deutsch"),
        ("FILM.pt-br.vtt", "pt-BR", "Português (Brasil)"),
        ("Film.pt_BR.vtt", "pt-BR", "Português (Brasil)"),
        ("Film.en-AU.vtt", "en-AU", "English (AU)"),
        ("Film.zh-Hant.ass", "zh-Hant", "繁體中文"),
        ("Film.English.ssa", "en", "English"),
        ("Film.Deutsch.srt", "de", "Deutsch"),
        ("Film.Norwegian Bokmål.srt", "nb", "Norsk bokmål"),
        ("Film.Latin American Spanish.srt", "es-419", "Español (Latinoamérica)"),
        ("Film_es.srt", "es", "Español"),
        ("Film-fr.srt", "fr", "Français"),
        ("Film - English.srt", "en", "English"),
        ("Film (SDH).srt", None, "SDH"),
        ("Film [en].srt", "en", "English"),
        ("Film.Director's Cut.en.srt", "en", "English (Director's Cut)"),
        ("Film.hi.srt", "hi", "हिन्दी"),
        ("English.srt", "en", "English"),
        ("Subs/2_English.srt", "en", "English"),
        ("Subs/Film/2_English.srt", "en", "English"),
        ("subtitles/Film.en.srt", "en", "English"),
        ("Film/en.srt", "en", "English"),
    ],
)
def test_language_and_label_are_in_the_name(name: str, language: str | None, label: str) -> None:
    sidecar = only(name)
    assert (sidecar.language, sidecar.label, sidecar.forced) == (language, label, False)


@pytest.mark.parametrize(
    ("name", "label", "forced", "sdh"),
    [
        ("Film.pt-BR.forced.srt", "Português (Brasil) (forced)", True, False),
        ("Film.forced.en.srt", "English (forced)", True, False),
        ("Film.forced.srt", "Forced", True, False),
        ("Film.en.sdh.srt", "English (SDH)", False, True),
        ("Film.en.hi.srt", "English (SDH)", False, True),
        ("Film.en.cc.forced.default.srt", "English (forced, SDH)", True, True),
    ],
)
def test_kinds(name: str, label: str, forced: bool, sdh: bool) -> None:
    sidecar = only(name)
    assert (sidecar.label, sidecar.forced, sidecar.sdh) == (label, forced, sdh)


@pytest.mark.parametrize(
    "name",
    [
        "Film 2.srt",
        "Films.srt",
        "Other.srt",
        "Film.txt",
        "Film.sub",
        "extras/Film.srt",
        "../Film.srt",
        "Fil.srt",
        "Film",
    ],
)
def test_what_is_no_subtitle_of_the_film(name: str) -> None:
    assert sidecars_of("Film.mkv", ["Film.mkv", name]) == ()


def test_each_film_of_a_folder_has_its_own() -> None:
    names = [
        "Film.mkv", "Film 2.mkv", "Film.part2.mkv", "Film.de.srt", "Film 2.de.srt", "Film.part2.de.srt",
        "en.srt",         "Subs/en.srt", "Subs/Film/en.srt", "Subs/Film 2/fr.srt", "Subs/Film 2.en.srt",
    ]  # fmt: skip
    found = {film: [one.name for one in sidecars_of(film, names)] for film in names[:3]}
    assert found == {
        "Film.mkv": ["Film.de.srt", "Subs/Film/en.srt"],
        "Film 2.mkv": ["Film 2.de.srt", "Subs/Film 2.en.srt", "Subs/Film 2/fr.srt"],
        "Film.part2.mkv": ["Film.part2.de.srt"],
    }


def test_no_two_have_one_label_and_forced_ones_are_last() -> None:
    names = ["Film.en.forced.srt", "Film.en.srt", "Film.English.srt", "Subs/3_English.srt"]
    assert [(one.name, one.label) for one in sidecars_of("Film.mkv", names)] == [
        ("Film.en.srt", "English"),
        ("Film.English.srt", "English 2"),
        ("Subs/3_English.srt", "English 3"),
        ("Film.en.forced.srt", "English (forced)"),
    ]


def test_letters_may_be_composed_in_two_ways() -> None:
    assert [
        one.language for one in sidecars_of("Amélie.mkv", ["Ame\N{COMBINING ACUTE ACCENT}lie.fr.srt"])
    ] == ["fr"]


@given(st.text(max_size=30), st.lists(st.text(max_size=30).map(lambda name: f"{name}.srt"), max_size=5))
def test_any_names(film: str, names: list[str]) -> None:
    found = sidecars_of(film, [*names, *(film + name for name in names)])
    labels = [sidecar.label for sidecar in found]
    assert len(set(labels)) == len(labels)
    assert all(labels)

"""Languages by name: as those who speak them say, and as files are called."""

from __future__ import annotations

import pytest

from partyapp.transcode.domain.language_names import OWN_NAMES, language_called, own_name, subtitle_label
from partyapp.transcode.domain.languages import language_name, language_tag


@pytest.mark.parametrize(
    ("word", "tag"),
    [
        ("ger", "de"), ("deu", "de"), ("GERMAN", "de"), ("Deutsch", "de"), ("pt_br", "pt-BR"),
        ("zh-hant", "zh-Hant"),
        ("sr-latn-rs", "sr-Latn-RS"), ("es-419", "es-419"), ("zh-CN", "zh-Hans"), ("brazilian", "pt-BR"),
        ("the", None), ("und", None), ("x264", None), ("en-forced", None), ("", None), ("en-", None),
    ],
)  # fmt: skip
def test_what_files_call_languages(word: str, tag: str | None) -> None:
    assert language_called(word) == tag


def test_each_language_that_films_name_has_a_name_of_its_own() -> None:
    named = [tag for tag in OWN_NAMES if "-" not in tag]
    assert len(named) > 60
    assert [tag for tag in named if language_tag(tag) != tag or language_name(tag) is None] == []
    assert [own_name(tag) for tag in ("de", "pt-BR", "de-AT", "tlh", None)] == [
        "Deutsch", "Português (Brasil)", "Deutsch (AT)", None, None,
    ]  # fmt: skip


def test_labels_of_subtitles() -> None:
    assert subtitle_label("de") == "Deutsch"
    assert subtitle_label("de", forced=True, sdh=True, title="Signs") == "Deutsch (Signs, forced, SDH)"
    assert subtitle_label("de", title="Deutsch") == "Deutsch"
    assert subtitle_label(None, title="Signs", sdh=True) == "Signs (SDH)"
    assert subtitle_label(None, sdh=True) == "SDH"
    assert subtitle_label("tlh") is None

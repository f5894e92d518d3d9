"""Languages of media files as the web names them."""

from __future__ import annotations

import pytest

from partyapp.transcode.domain.languages import language_name, language_tag


@pytest.mark.parametrize(
    ("code", "tag", "name"),
    [
        ("ger", "de", "German"),
        ("deu", "de", "German"),
        ("de", "de", "German"),
        ("pt-BR", "pt-BR", "Portuguese"),
        ("nob", "nb", "Norwegian Bokmål"),
        ("ENG", "en", "English"),
        ("tlh", "tlh", None),
        ("und", None, None),
        ("", None, None),
        (None, None, None),
        ("English", None, None),
        ("e\nn", None, None),
    ],
)
def test_codes_become_tags(code: str | None, tag: str | None, name: str | None) -> None:
    assert language_tag(code) == tag
    assert language_name(tag) == name

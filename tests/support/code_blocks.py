"""The code that the project's pages show."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

#: What the pages call a service that is somewhere else, and the id that they give for whatever there is.
SERVICE, ANY_ID = "https://party.example", "0198b3a0-0000-7000-8000-000000000001"

_ROOT = Path(__file__).parents[2]


def blocks(page: str, kind: str, having: str = "") -> list[str]:
    """What the page (a path in the repository) has in blocks of this kind, such as `sh` or `python app`.

    Only those with the words `having` in them.
    """
    text = (_ROOT / page).read_text(encoding="utf-8")
    found = re.findall(rf"^ *```{re.escape(kind)}\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [dedent(code) for code in found if having in code]

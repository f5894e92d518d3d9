"""Every name that a module of the page imports is used there."""

from __future__ import annotations

import re

from tests.architecture.source_files import sources, text_of

IMPORTS = re.compile(r"^import \{([^}]*)\} from", re.M)


def unused_imports(text: str) -> list[str]:
    names = [
        one.split(" as ")[-1].strip()
        for names in IMPORTS.findall(text)
        for one in names.split(",")
        if one.strip()
    ]
    return [name for name in names if len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)) < 2]


def test_what_is_not_used_is_found() -> None:
    text = "import {\n  a, b as c,\n} from './x.js';\nimport { d } from './y.js';\nc(d);\n"
    assert unused_imports(text) == ["a"]


def test_the_page_imports_what_it_uses() -> None:
    files = sources("partyapp/web/static", endings=(".js",))
    assert len(files) > 100
    found = {str(file): unused for file in files if (unused := unused_imports(text_of(file)))}
    assert not found

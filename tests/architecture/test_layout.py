"""The test of a rule is found by the name of its module.

Each module of the program has a `test_<module>` of its own, in its context's folder of unit tests or
elsewhere, or a `test_<package>_<module>`, or stands in the list of those that another file tests.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.architecture.source_files import ROOT, sources
from tests.architecture.tested_elsewhere import TESTED_IN
from tests.support.run_order import LONG, LONGEST_FIRST

TESTS = ROOT / "tests"
#: A package's own file says what the package is for, and holds no rules.
MODULES = [path for path in sources("partyapp", "workers") if path.name != "__init__.py"]
_SAME_NAME = Counter(path.stem for path in MODULES)
_TEST_FILES: dict[str, list[Path]] = {}
for _path in sources("tests"):
    _TEST_FILES.setdefault(_path.stem, []).append(ROOT / _path)
LISTED = [ROOT / module for modules in TESTED_IN.values() for module in modules]
_IS_LISTED = set(LISTED)


def own_tests(module: Path) -> list[Path]:
    """The test files that are this module's by their names."""
    named = {f"test_{package}_{module.stem}" for package in module.parts[:-1]}
    with_package = [path for name in named for path in _TEST_FILES.get(name, ())]
    same_name = [path for path in _TEST_FILES.get(f"test_{module.stem}", ()) if _is_of(path, module)]
    return [*same_name, *with_package]


def _is_of(path: Path, module: Path) -> bool:
    """Two contexts may each have a module of this name; a test beside the unit tests could be of either."""
    if path.is_relative_to(TESTS / "unit"):
        return path.relative_to(TESTS / "unit").parts[0] in module.parts
    return _SAME_NAME[module.stem] == 1


def test_every_module_has_a_test_of_its_name_or_is_listed() -> None:
    nameless = [module for module in MODULES if not own_tests(module) and ROOT / module not in _IS_LISTED]
    assert nameless == [], "write a test_<module>, or list these in tests/architecture/tested_elsewhere.py"


def test_the_list_names_files_that_are_there() -> None:
    assert [path for path in TESTED_IN if not (TESTS / path).is_file()] == []
    assert [path for path in LISTED if not path.is_file()] == []


def test_the_files_that_run_first_are_there() -> None:
    assert [path for path in (*LONGEST_FIRST, *LONG) if not (TESTS / path).exists()] == []


def test_the_list_names_no_module_twice_and_none_with_a_test_of_its_own() -> None:
    assert [module for module, times in Counter(LISTED).items() if times > 1] == []
    assert [module for module in LISTED if own_tests(module.relative_to(ROOT))] == []


def test_a_test_in_another_contexts_folder_is_not_a_modules_own() -> None:
    assert own_tests(Path("partyapp/party/controllers/controllers.py")) == []
    assert own_tests(Path("partyapp/auth/controllers.py")) == [
        TESTS / "unit" / "auth" / "test_controllers.py"
    ]

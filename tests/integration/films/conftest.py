"""Tiny films, made once."""

from __future__ import annotations

import pytest

from tests.support.film_clips import Clips


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Clips that all tests of this process share; nobody changes them."""
    return Clips(tmp_path_factory.mktemp("clips"))

"""The names in Redis: today's by default, and a deployment's own where it has a prefix."""

from __future__ import annotations

import pytest

from partyapp.shared.ops.settings import BadSettings, Settings
from partyapp.shared.ops.task_queue import create_celery
from partyapp.shared.storage.redis_names import DEFAULT_NAMES, RedisNames
from tests.support.bare_program import SETTINGS


@pytest.mark.parametrize("name", ["party:tick", "party:room:1", "party:clock:epoch"])
def test_by_default_they_are_those_of_the_version_before(name: str) -> None:
    assert DEFAULT_NAMES(name) == DEFAULT_NAMES.inside(name) == name
    assert Settings.from_environment(SETTINGS).redis_names == DEFAULT_NAMES
    assert "global_keyprefix" not in create_celery("redis://r").conf.broker_transport_options


@pytest.mark.parametrize("prefix", ["house", "party2", "a.b-c_D"])
def test_a_prefix_stands_in_their_front(prefix: str) -> None:
    names = RedisNames(prefix)
    assert names("party:room:party:1") == f"{prefix}:room:party:1"
    assert names.inside(names("party:room:party:1")) == "party:room:party:1"
    assert Settings.from_environment(SETTINGS | {"PARTY_REDIS_PREFIX": prefix}).redis_names == names
    options = create_celery("redis://r", names).conf.broker_transport_options
    assert options["global_keyprefix"] == f"{prefix}:"


@pytest.mark.parametrize("prefix", ["a:b", "{a}", "a*", "-", "a b", "é", "a" * 65, "a\n"])
def test_what_would_be_a_pattern_or_a_slot_is_refused(prefix: str) -> None:
    with pytest.raises(BadSettings, match="PARTY_REDIS_PREFIX must be up to 64 letters"):
        Settings.from_environment(SETTINGS | {"PARTY_REDIS_PREFIX": prefix})

"""The State messages: what is read of any JSON, and what is written."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from partyapp.gateways.syncplay.states import ClientState, ServerState
from tests.support.examples import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
BODY = st.dictionaries(
    st.sampled_from(["playstate", "ping", "ignoringOnTheFly"]),
    JSON
    | st.dictionaries(
        st.sampled_from(
            [
                "position",
                "paused",
                "doSeek",
                "latencyCalculation",
                "clientLatencyCalculation",
                "server",
                "client",
            ]
        ),
        JSON,
    ),
)


def test_a_state_as_the_client_sends_it() -> None:
    body = {
        "playstate": {"position": 61.4, "paused": False, "doSeek": True},
        "ping": {"latencyCalculation": 1700000000.25, "clientLatencyCalculation": 1700000003.5},
        "ignoringOnTheFly": {"server": 2, "client": 1},
    }
    assert ClientState.of_message(body, 5.0) == ClientState(
        received_ms=5.0,
        sent_ms=1_700_000_000_250.0,
        client_ms=1_700_000_003_500.0,
        position_s=61.4,
        paused=False,
        seeks=True,
        server_count=2,
        client_count=1,
    )


def test_a_paused_that_is_no_boolean_is_unknown() -> None:
    said = ClientState.of_message({"playstate": {"position": 0, "paused": 0.0}}, 5.0)
    assert (said.position_s, said.paused) == (0.0, None)


@settings(max_examples=examples(100))
@given(body=BODY)
def test_whatever_comes_in_is_read_without_an_error(body: dict[str, object]) -> None:
    said = ClientState.of_message(body, 5.0)
    numbers = (said.sent_ms, said.client_ms, said.position_s)
    assert all(number is None or abs(number) <= 1e15 for number in numbers)
    assert said.paused in (None, True, False)


def test_a_state_to_the_client_has_what_each_version_needs_and_no_clock_of_its_own() -> None:
    plain = ServerState(sent_ms=1_700_000_000_250.0, position_s=61.5, paused=False)
    assert json.loads(json.dumps(plain.message())) == {
        "State": {
            "playstate": {"position": 61.5, "paused": False, "doSeek": False, "setBy": None},
            "ping": {"latencyCalculation": 1700000000.25},
        }
    }
    forced = ServerState(sent_ms=0.0, position_s=1.0, paused=True, seeks=True, server_count=1, client_count=3)
    assert forced.message()["State"]["ignoringOnTheFly"] == {"server": 1, "client": 3}

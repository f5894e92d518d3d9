"""A client of the Party backend, contract `party.v1`: watch together, with any player.

`PartyApi` and `PartyConnection` block; `AsyncPartyApi` and `AsyncPartyConnection` are for asyncio.
"""

from party_client.api import PartyApi
from party_client.async_api import AsyncPartyApi
from party_client.async_connection import AsyncPartyConnection
from party_client.clock import ClockEstimate, ClockEstimator
from party_client.connection import PartyConnection
from party_client.errors import (
    ConnectionOverError,
    NoAnswerError,
    PartyError,
    ProblemError,
    UnreachableError,
)
from party_client.follower import Follower
from party_client.player import CallbackPlayer, Player, Traits
from party_client.timeline import Point, Timeline, position_at

__all__ = [
    "AsyncPartyApi",
    "AsyncPartyConnection",
    "CallbackPlayer",
    "ClockEstimate",
    "ClockEstimator",
    "ConnectionOverError",
    "Follower",
    "NoAnswerError",
    "PartyApi",
    "PartyConnection",
    "PartyError",
    "Player",
    "Point",
    "ProblemError",
    "Timeline",
    "Traits",
    "UnreachableError",
    "position_at",
]

"""Tokens as JSON Web Tokens, and the sessions and device codes in Postgres."""

from partyapp.auth.infrastructure.any_token import AnyToken
from partyapp.auth.infrastructure.key_ring import KeyRing
from partyapp.auth.infrastructure.key_tokens import KeyTokens
from partyapp.auth.infrastructure.party_tokens import PartyTokens
from partyapp.auth.infrastructure.provider_tokens import ProviderTokens

__all__ = ["AnyToken", "KeyRing", "KeyTokens", "PartyTokens", "ProviderTokens"]

"""Whose tokens count in a web process, put together."""

from dataclasses import dataclass

from partyapp.auth.infrastructure.key_watcher import KeyWatcher
from partyapp.auth.infrastructure.session_watcher import PresentTokens, SessionWatcher
from partyapp.bootstrap import Resources
from partyapp.bootstrap.identity import Tokens, build_tokens
from partyapp.party.live.room_state import RoomState
from partyapp.realtime.messages import encode
from partyapp.realtime.pubsub.redis_pubsub import TICK_CHANNEL, Bus
from partyapp.realtime.rooms import Hub
from partyapp.shared.kernel.clock import WallClock
from partyapp.shared.kernel.principal import Principal


@dataclass(frozen=True, kw_only=True)
class People:
    """Whose tokens count: as they were issued, and with what is known of sessions since then."""

    issued: Tokens
    tokens: PresentTokens
    sessions: SessionWatcher
    keys: KeyWatcher

    @property
    def watchers(self) -> tuple[SessionWatcher, KeyWatcher]:
        """What looks for those whose tokens count no more."""
        return self.sessions, self.keys

    def current(self, principal: Principal) -> Principal:
        """The principal under their present name. Raises `Unauthenticated` once they count no more."""
        return self.sessions.current(self.keys.current(principal))


def build_people(resources: Resources, bus: Bus, hub: Hub[RoomState]) -> People:
    """What this process knows of tokens; it closes the sockets of those that count no more."""
    sessions = SessionWatcher(
        resources.auth_sessions,
        WallClock(),
        token_ttl_s=resources.settings.token_ttl_s,
        publish=lambda message: bus.publish(TICK_CHANNEL, encode(message)),
        on_revoked=hub.close_sessions,
        on_people=hub.close_people,
    )
    issued = build_tokens(resources.settings, resources.api_keys)
    # A socket goes on with a session, or with the key that its token was signed with; no ids are alike.
    keys = KeyWatcher(issued.ring.counting, hub.close_sessions)
    return People(issued=issued, tokens=PresentTokens(issued.any, sessions), sessions=sessions, keys=keys)

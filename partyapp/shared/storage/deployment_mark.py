"""Tells two deployments on one Redis apart, so that the second doesn't take the first one's commands.

Under a key lies which database the deployment works on, by a hash. It is held as long as a worker lives and a
little longer, so that whoever comes with another database under the same prefix is noticed at its start.
"""

import hashlib
from typing import Any

import redis

from partyapp.shared.storage.redis_client import RedisGone
from partyapp.shared.storage.redis_names import RedisNames

MARK_KEY = "party:deployment"
#: How long a mark outlives its deployment, in s: as long as a worker may be busy or paused.
HELD_S = 20

_HOLD = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


def identity_of(system_identifier: object, database: str) -> str:
    """What tells one database from every other: the cluster's own number, and the name in it.

    It stays through a failover to a standby. A copy of the cluster's files has it too.
    """
    return hashlib.sha256(f"{system_identifier} {database}".encode()).hexdigest()[:16]


class DeploymentMark:
    """The mark of the deployment on the database that `identity` names."""

    def __init__(self, client: redis.Redis, names: RedisNames, identity: str) -> None:
        self._key, self._identity = names(MARK_KEY), identity
        self._client = client
        self._script = client.register_script(_HOLD)

    def is_ours(self) -> bool:
        """False when another deployment is here. True when none is, or Redis can't say. Changes nothing."""
        try:
            held: Any = self._client.get(self._key)
        except RedisGone:
            return True
        return held is None or held.decode(errors="replace") == self._identity

    def hold(self) -> bool:
        """Say that this deployment is here. False when another one is; True when Redis can't say."""
        try:
            answer: Any = self._script(keys=[self._key], args=[self._identity, HELD_S])
        except RedisGone:
            return True
        return bool(answer)

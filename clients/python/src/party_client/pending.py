"""Commands without an answer yet. Each has an id of its own, and the service executes an id once."""

import asyncio

from party_client.errors import ConnectionOverError, ProblemError
from party_client.types import Json

#: At most so many at once; a person doesn't give more.
MOST_PENDING = 32
#: Commands whose effect is the end of the connection: their own answer may never come.
_ACHIEVED_BY = {"ended": ("end", "leave"), "removed": ("leave",)}


class PendingCommands:
    """What was asked, in its order, and who waits for the answer."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[Json, asyncio.Future[Json]]] = {}

    def add(self, message: Json) -> asyncio.Future[Json]:
        """The answer to this message, in time. Raises ProblemError where too many wait already.

        Raises ValueError for an id that waits already: there is one answer for it.
        """
        if message["id"] in self._asked:
            raise ValueError("this id waits for its answer already")
        if len(self._asked) >= MOST_PENDING:
            raise ProblemError(
                {"status": 429, "code": "rate_limited", "detail": "Too many commands still wait."}
            )
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._asked[message["id"]] = message, answer
        return answer

    def messages(self) -> list[Json]:
        """All that wait, to be sent again."""
        return [message for message, _ in self._asked.values()]

    def forget(self, command_id: str) -> None:
        """Nobody waits for it any more."""
        self._asked.pop(command_id, None)

    def answered(self, message: Json) -> None:
        """Take a message of the service, if it answers one."""
        kind = message["type"]
        if kind == "ack":
            self._settle(message.get("id"), message)
        elif kind == "playback":
            # The commit is proven by what all are told, even if the ack was lost on its way.
            self._settle(message.get("command_id"), message)
        elif kind == "chat":
            self._settle(message["message"].get("id"), message)
        elif kind == "error":
            self._settle(message.get("id"), ProblemError(message.get("problem") or {}))

    def over(self, reason: str, error: ConnectionOverError, revision: int) -> None:
        """There will be no more answers."""
        for command_id, (message, _) in list(self._asked.items()):
            achieved = message.get("action") in _ACHIEVED_BY.get(reason, ())
            self._settle(command_id, {"revision": revision} if achieved else error)

    def _settle(self, command_id: object, outcome: Json | Exception) -> None:
        _, answer = self._asked.get(str(command_id), (None, None))
        if answer is None or answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

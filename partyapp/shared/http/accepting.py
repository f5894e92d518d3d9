"""How many new connections a worker of gunicorn takes in one turn of its event loop.

With more than one worker gunicorn has each take one a turn, for the workers to share them out evenly. A turn
in which thousands of sockets are heard takes some ms, so somebody who comes back after the other worker's
death waits for thousands of turns, and each asks Postgres alone.
"""

from gevent.server import StreamServer
from gunicorn.workers import ggevent

#: So many a turn: enough for them to share their questions to Postgres (`realtime/gathered.py`), and few
#: enough for another worker to get its part of a burst, and for those who are there to be heard in between.
MOST_A_TURN = 16


class TurnServer(StreamServer):  # type: ignore[misc]
    """A listening socket from which so many are taken, whatever gunicorn sets."""

    max_accept = property(lambda _: MOST_A_TURN, lambda _self, _value: None)


def accept_several_a_turn() -> None:
    """Have gunicorn's gevent worker in this process, which isn't listening yet, do so."""
    ggevent.StreamServer = TurnServer

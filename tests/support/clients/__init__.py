"""The WebSocket clients of the tests and the benches.

`blocking`: one device, read by a thread of its own. `many`: a socket on an event loop, for many members in
one process. `raw`: a TCP connection on which frames are written by hand, well formed or not.

The benches' load generators (`bench/live/load_generator.py`, compiled, and `bench/load/busy_sockets.py`) have
clients of their own, which parse and mask as little as they can: theirs is the load, not the contract.
"""

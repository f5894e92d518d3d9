"""The WebSocket clients of the tests and the benches.

`blocking`: one device, read by a thread of its own. `many`: a socket on an event loop, for many members in
one process. `raw`: a TCP connection on which frames are written by hand, well formed or not.
"""

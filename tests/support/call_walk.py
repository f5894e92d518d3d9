"""Follows one value through the calls of the service, from a trace.

A *walk* is what somebody reads who wants to know how a value gets from one end of the service to the other.
It has a step for each Python function in a file under `partyapp/`, once, in the order of first calls, that

- carries the value: it is in an argument or in what the function returns (or yields), as a number, inside of
  text or bytes, or in a field of a record; or
- calls, directly or not, a function that carries it.

Set aside are comprehensions, lambdas, properties, the methods that dataclasses are given, whatever a test's
stand-in calls, and helpers: what is called from its own file only and neither calls anything outside of it
nor hands the value on, to a greenlet or a socket, is a part of its caller.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import BuiltinMethodType, CodeType, FrameType
from typing import Any

import gevent
import msgspec

from partyapp.party.domain.session import SyncedPartySession

PACKAGE = Path(__file__).parents[2] / "partyapp"
TESTS = Path(__file__).parents[1]
_DEEPEST = 6


@dataclass(frozen=True, order=True)
class Function:
    """A function by its file under `partyapp/` and its qualified name."""

    file: str
    name: str


@dataclass
class _Seen:
    callers: set[Function | None] = field(default_factory=set)
    callees: set[Function] = field(default_factory=set)
    carries: bool = False
    hands_on: bool = False


class CallWalk:
    """Records the calls in its block, for the walk of `value`, until so many `socket.send`s were made."""

    def __init__(self, value: float, sends: int) -> None:
        self._value = value
        self._text, self._bytes = repr(value), repr(value).encode()
        self._sends = sends
        self._seen: dict[Function, _Seen] = {}
        self._properties = _property_codes()

    @property
    def done(self) -> bool:
        """True once the last send was seen."""
        return self._sends == 0

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record in this block."""
        sys.setprofile(self._event)
        try:
            yield
        finally:
            sys.setprofile(None)

    def every_function(self) -> list[Function]:
        """All functions that were called, helpers and what doesn't carry the value included."""
        return list(self._seen)

    def steps(self) -> list[Function]:
        """The walk."""
        on_it = {function for function, seen in self._seen.items() if seen.carries}
        grown = True
        while grown:
            more = {function for function, seen in self._seen.items() if seen.callees & on_it} - on_it
            on_it |= more
            grown = bool(more)
        return [function for function in self._seen if function in on_it and not self._is_helper(function)]

    def spawn(self, work: Callable[[], None]) -> None:
        """Spawn a greenlet, as the service's own `spawn` does. Whoever asks for it hands the value on."""
        spawner = None if self.done else self._caller_of(sys._getframe(0))
        if spawner is not None:
            seen = self._seen[spawner]
            seen.hands_on = True
            started = self._function_of(getattr(work, "__func__", work).__code__)
            if started is not None:
                seen.callees.add(started)
        gevent.spawn(work)

    def _is_helper(self, function: Function) -> bool:
        seen = self._seen[function]
        at_home = all(caller is not None and caller.file == function.file for caller in seen.callers)
        leads_out = any(callee.file != function.file for callee in seen.callees)
        return at_home and not leads_out and not seen.hands_on

    def _event(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.done:
            return
        if event == "c_call":
            self._c_call(frame, argument)
            return
        if event not in ("call", "return"):
            return
        function = self._function_of(frame.f_code)
        if function is None or _is_below_a_test(frame):
            return
        if event == "call":
            seen = self._seen.setdefault(function, _Seen())
            caller = self._caller_of(frame)
            if caller != function:
                seen.callers.add(caller)
            if caller is not None and caller != function:
                self._seen[caller].callees.add(function)
            seen.carries = seen.carries or any(self._holds(each) for each in _arguments(frame))
        elif function in self._seen:
            seen = self._seen[function]
            seen.carries = seen.carries or self._holds(argument)

    def _c_call(self, frame: FrameType, called: Any) -> None:
        if isinstance(called, BuiltinMethodType) and called.__qualname__ == "socket.send":
            function = self._function_of(frame.f_code)
            if function is not None:
                self._seen[function].hands_on = True
                self._sends -= 1

    def _caller_of(self, frame: FrameType) -> Function | None:
        """The nearest caller that is a function of ours and was recorded."""
        back = frame.f_back
        while back is not None:
            function = self._function_of(back.f_code)
            if function in self._seen:
                return function
            back = back.f_back
        return None

    def _function_of(self, code: CodeType) -> Function | None:
        path = Path(code.co_filename)
        if code.co_name.startswith("<") or code in self._properties or not path.is_relative_to(PACKAGE):
            return None
        return Function(path.relative_to(PACKAGE).as_posix(), code.co_qualname)

    def _holds(self, value: Any, depth: int = 0) -> bool:
        if isinstance(value, str):
            return self._text in value
        if isinstance(value, bytes | bytearray):
            return self._bytes in value
        if isinstance(value, int | float):
            return value == self._value
        return depth < _DEEPEST and any(self._holds(each, depth + 1) for each in _inside(value))


def _is_below_a_test(frame: FrameType) -> bool:
    back = frame.f_back
    while back is not None:
        if Path(back.f_code.co_filename).is_relative_to(TESTS):
            return True
        back = back.f_back
    return False


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, SyncedPartySession):
        yield from (value.state, value.events)
    elif isinstance(value, msgspec.Struct):
        yield from (getattr(value, name) for name in value.__struct_fields__)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (getattr(value, each.name) for each in fields(value))
    elif isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset | deque):
        yield from value


def _arguments(frame: FrameType) -> Iterator[Any]:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    for name in code.co_varnames[:count]:
        if name not in ("self", "cls"):
            yield frame.f_locals[name]


def _property_codes() -> set[CodeType]:
    classes = [
        found
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "partyapp"
        for found in vars(module).values()
        if isinstance(found, type)
    ]
    attributes = [attribute for each in classes for attribute in vars(each).values()]
    getters = [each.fget for each in attributes if isinstance(each, property)]
    return {getter.__code__ for getter in getters if getter is not None and hasattr(getter, "__code__")}

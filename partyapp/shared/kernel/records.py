"""Copies of frozen dataclasses that differ in some fields, for what runs with every command."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # So that the names and types of the changes are checked as those of `dataclasses.replace` are.
    from dataclasses import replace
else:

    def replace(record: Any, **changes: Any) -> Any:
        """`dataclasses.replace` for a dataclass without slots, `__post_init__` or fields outside `__init__`.

        That one goes through all fields and the constructor: eight times as long for a party of 20 fields.
        """
        copy = object.__new__(type(record))
        fields = copy.__dict__
        fields.update(record.__dict__)
        fields.update(changes)
        return copy


__all__ = ["replace"]

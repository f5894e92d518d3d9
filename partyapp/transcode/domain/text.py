"""Text from outside, before it is kept or shown."""

import unicodedata


def printable(text: str) -> str:
    """The text without control, format, private and unpaired characters."""
    return "".join(character for character in text if not unicodedata.category(character).startswith("C"))

"""The rules of a party, in pure Python."""

"""Bots that fill a party, to build against: they watch, chat, stall, and one of them plays, pauses and seeks.

They know the contract alone, as any client does, and need a running service.
"""

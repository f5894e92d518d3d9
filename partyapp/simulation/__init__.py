"""Parties full of members that no person watches: what a deployment holds, and how exact it is then.

The members are the Python client (`clients/python`, the package `party_client`), whose clock and follower
they have; they know the contract alone. Several processes hold them, which one process leads.
"""

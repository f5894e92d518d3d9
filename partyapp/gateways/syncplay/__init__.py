"""The gateway for Syncplay's desktop clients: a Syncplay server towards them, a member towards the party."""

"""The authorization matrix of what is no party's: by the token of who asks, and by whose object it is.

A cell is a status, or the code of a problem. It follows from PROTOCOL's rules: a token that has ended renews
itself and opens nothing else, a session that was signed out opens nothing at all, and nobody is told of
another person's commands and notifications.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Who asks: without a token, with a forged one, with their own that ended an hour ago or was signed out, with
#: a good one for another person's object, with a good one for their own.
ASKING = ("nobody", "forged", "ended", "signed_out", "another", "owner")

_CODES = {"who": "unauthenticated", "none": "not_found", "other": "forbidden", "bad": "validation_failed"}

#: Operation of the description, then one cell for each of ASKING.
_ROWS = """
signInGuest           201 201 201 201 201  201
signInDevice          201 201 201 201 201  201
signInProxied         other other other other other other
beginAccountLogin     other other other other other other
signInAccount         other other other other other other
showProviderLogout    other other other other other other
renewToken            who who 200 who 200  200
showMe                who who who who 200  200
renameMe              who who who who 200  200
signOut               who who who who 204  204
makeDeviceCode        who who who who 201  201
listVideos            who who who who 200  200
registerVideo         who who who who 201  201
showVideo             who who who who 200  200
changeVideo           who who who who other 200
deleteVideo           who who who who other 204
prepareVideo          who who who who other 200
addSubtitles          who who who who other 201
removeSubtitles       who who who who other none
beginUpload           who who who who 201  201
writeUpload           who who who who none 204
removeUpload          who who who who none 204
overrideUpload        who who who who none 204
listParties           who who who who 200  200
showInvited           who who who who none none
createParty           who who who who 201  201
showCommand           who who who who none 200
listNotifications     who who who who 200  200
readNotification      who who who who none 204
readAllNotifications  who who who who 204  204
listChannels          who who who who 200  200
addChannel            who who who who 201  201
changeChannel         who who who who none 200
removeChannel         who who who who none 204
sendChannelCode       who who who who none 200
verifyChannel         who who who who none bad
setQuietHours         who who who who 200  200
endQuietHours         who who who who 204  204
healthz               200 200 200 200 200  200
readyz                200 200 200 200 200  200
metrics               200 200 200 200 200  200
showOpenapi           200 200 200 200 200  200
showAsyncapi          200 200 200 200 200  200
showDocs              200 200 200 200 200  200
"""

OPERATIONS = tuple(line.split()[0] for line in _ROWS.splitlines() if line)


@dataclass(frozen=True)
class PersonalCell:
    """One cell: `expected` is a status or a problem's code."""

    operation: str
    who: str
    expected: int | str

    def __str__(self) -> str:
        return f"{self.operation}-{self.who}"


def personal_cells() -> Iterator[PersonalCell]:
    """Every cell of the matrix."""
    for line in filter(None, _ROWS.splitlines()):
        name, *row = line.split()
        for who, word in zip(ASKING, row, strict=True):
            yield PersonalCell(name, who, int(word) if word.isdigit() else _CODES[word])

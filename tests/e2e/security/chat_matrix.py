"""The rows of the authorization matrix that are about the chat."""

from __future__ import annotations

#: As those of `authorization_matrix`. Nobody has written the message that is to be deleted.
CHAT_ROWS = """
chat      stranger   none none none none  out  out  out  none
chat      invited    none none none none  out  out  out  none
chat      left       none none none none  out  out  out  none
chat      returning  none none none none  out  out  out  none
chat      member     200  200  200  200   200  200  200  none
chat      host       200  200  200  200   200  200  200  none

say       stranger   none none none none  out  out  out  none
say       invited    none none none none  out  out  out  none
say       left       none none none none  out  out  out  none
say       returning  none none none none  out  out  out  none
say       member     201  over 201  201   201  over 201  none
say       host       201  over 201  201   201  over 201  none

unsay     stranger   none none none none  out  out  out  none
unsay     invited    none none none none  out  out  out  none
unsay     left       none none none none  out  out  out  none
unsay     returning  none none none none  out  out  out  none
unsay     member     none over none none  none over none none
unsay     host       none over none none  none over none none

muted     stranger   none none none none  out  out  out  none
muted     invited    none none none none  out  out  out  none
muted     left       none none none none  out  out  out  none
muted     returning  none none none none  out  out  out  none
muted     member     no   over no   no    no   over no   none
muted     host       200  over 200  200   200  over 200  none

mute      stranger   none none none none  out  out  out  none
mute      invited    none none none none  out  out  out  none
mute      left       none none none none  out  out  out  none
mute      returning  none none none none  out  out  out  none
mute      member     no   over no   no    no   over no   none
mute      host       200  over 200  200   200  over 200  none
"""

"""The rows of the authorization matrix that are about a party's film and its queue."""

FILM_ROWS = """
video     stranger   none none none none  out  out  out  none
video     invited    none none none none  out  out  out  none
video     left       none none none none  out  out  out  none
video     returning  none none none none  out  out  out  none
video     member     no   over no   200   no   over no   none
video     host       200  over 200  200   200  over 200  none

next         stranger   none none none none  out  out  out  none
next         invited    none none none none  out  out  out  none
next         left       none none none none  out  out  out  none
next         returning  none none none none  out  out  out  none
next         member     no   over no   empty  no   over no   none
next         host       empty over empty empty  empty over empty none

queue        stranger   none none none none  out  out  out  none
queue        invited    none none none none  out  out  out  none
queue        left       none none none none  out  out  out  none
queue        returning  none none none none  out  out  out  none
queue        member     200  200  200  200   200  200  200  none
queue        host       200  200  200  200   200  200  200  none

queue_add    stranger   none none none none  out  out  out  none
queue_add    invited    none none none none  out  out  out  none
queue_add    left       none none none none  out  out  out  none
queue_add    returning  none none none none  out  out  out  none
queue_add    member     no   over no   201   no   over no   none
queue_add    host       201  over 201  201   201  over 201  none

queue_remove stranger   none none none none  out  out  out  none
queue_remove invited    none none none none  out  out  out  none
queue_remove left       none none none none  out  out  out  none
queue_remove returning  none none none none  out  out  out  none
queue_remove member     no   over no   204   no   over no   none
queue_remove host       204  over 204  204   204  over 204  none

queue_move   stranger   none none none none  out  out  out  none
queue_move   invited    none none none none  out  out  out  none
queue_move   left       none none none none  out  out  out  none
queue_move   returning  none none none none  out  out  out  none
queue_move   member     no   over no   none  no   over no   none
queue_move   host       none over none none  none over none none

queue_vote   stranger   none none none none  out  out  out  none
queue_vote   invited    none none none none  out  out  out  none
queue_vote   left       none none none none  out  out  out  none
queue_vote   returning  none none none none  out  out  out  none
queue_vote   member     none over none none  none over none none
queue_vote   host       none over none none  none over none none

queue_unvote stranger   none none none none  out  out  out  none
queue_unvote invited    none none none none  out  out  out  none
queue_unvote left       none none none none  out  out  out  none
queue_unvote returning  none none none none  out  out  out  none
queue_unvote member     none over none none  none over none none
queue_unvote host       none over none none  none over none none

calendar  stranger   none none none none  out  out  out  none
calendar  invited    none none none none  out  out  out  none
calendar  left       none none none none  out  out  out  none
calendar  returning  none none none none  out  out  out  none
calendar  member     none none none none  none none none none
calendar  host       none none none none  none none none none
"""

"""How fast a clock may run away from party time, at most."""

#: 500 ppm, as in the service.
RATE_BOUND = 500e-6

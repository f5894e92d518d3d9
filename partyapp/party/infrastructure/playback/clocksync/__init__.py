"""The arithmetic of the clock estimator: edges, envelopes, skew, changes of rate."""

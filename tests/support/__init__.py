"""What tests of several kinds share: a client of the contract, and scripts written with it."""

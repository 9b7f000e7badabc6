"""The part that thinks: no clock, no network, no log, no randomness."""

"""A simulated Extended exchange: the other party, reached only through sockets or on a virtual clock."""

"""The exchange's own clients, unmodified, in an environment of their own, against the simulated exchange.

Modules whose name begins with `sdk` or `ccxt` run inside that environment and import nothing of the project but `cases`.
"""

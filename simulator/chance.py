"""Seeded randomness: every random source of the exchange is made here, from the run's seed and a name."""

from random import Random


def seeded(seed: int, *names: object) -> Random:
    """Return a generator that depends only on `seed` and `names`; for market behaviour, never for secrets."""
    return Random(":".join(str(part) for part in (seed, *names)))  # noqa: S311 - reproducible on purpose

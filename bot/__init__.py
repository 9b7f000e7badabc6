"""A market maker for the Extended exchange."""

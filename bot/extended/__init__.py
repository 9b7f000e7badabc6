"""The only package that speaks the exchange's language."""

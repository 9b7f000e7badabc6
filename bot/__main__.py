"""`python -m bot` is `mmbot`."""

from bot.cli import main

main()

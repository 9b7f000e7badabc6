"""The web application around the bot."""

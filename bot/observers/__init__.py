"""Those who watch: they may read everything and change nothing."""

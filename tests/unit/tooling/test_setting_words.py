"""Every setting of the configuration has a name in both languages and a Polish explanation on the screen."""

import json
from pathlib import Path

from bot.config_schema import settings

WORDS = Path(__file__).parents[3] / "frontend" / "src" / "features" / "bot" / "setting-words.json"


def shown_paths() -> set[str]:
    """Return the paths of the form's fields: weights have one for each view, further markets are no field."""
    paths: set[str] = set()
    for row in settings():
        if row.kind == "weights":
            paths |= {f"{row.path}.{choice}" for choice in row.choices or ()}
        elif row.kind != "markets":
            paths.add(row.path)
    return paths


def test_every_setting_has_words_and_no_words_are_left_over() -> None:
    told = set(json.loads(WORDS.read_text(encoding="utf-8")))

    assert shown_paths() - told == set(), "settings without words: add them to setting-words.json"
    assert told - shown_paths() == set(), "words for settings that are gone"

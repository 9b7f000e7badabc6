"""Whoever starts from the snapshot and applies differences holds the server's picture, through any trouble."""

import pytest

from tests.support.virtual_chaos import Chaos
from tests.support.virtual_viewers import Gallery
from tests.support.virtual_world import World

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_viewers_hold_the_servers_picture_while_everything_goes_wrong(seed: int) -> None:
    with World(seed=seed, tick_s=0.25) as world:
        gallery = Gallery(world, seed)
        chaos = Chaos(world, seed)
        chaos.run(200)

    assert gallery.wrong == []
    assert gallery.compared > 3_000
    assert gallery.drops > 0, "one viewer is too slow by nature"
    assert gallery.snapshots > gallery.drops

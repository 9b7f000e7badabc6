"""What a person decided about one market, already validated and in exact types."""

from decimal import Decimal

import msgspec


class MakerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one market is quoted. Fractions are fractions (0.001 is 0.1 %), sizes in the base asset, times as their names say."""

    market: str
    spread: Decimal
    """Distance of each quote from the price, on each side."""
    order_size: Decimal
    refresh_interval_ms: int
    """A check happens at least this often."""
    price_move_threshold: Decimal
    """The price must move by more than this fraction before quotes are refreshed."""
    max_position: Decimal
    """The side that would grow the position beyond this size is withheld."""
    min_refresh_ms: int = 0
    """Quotes are not refreshed more often than this; hot."""
    requote_after_fill_ms: int = 1_000
    edit_in_place: bool = True
    """Replace a resting order in one request; False: cancel, wait for the confirmation, place."""
    max_divergence: Decimal = Decimal("0.005")
    """Largest distance between mark and mid, as a fraction of mid, at which quotes are shown."""
    max_mark_age_ms: int = 5_000
    max_touch_age_ms: int = 30_000
    order_lifetime_ms: int = 90_000
    """The book drops an order of ours after this time by itself."""
    renew_before_ms: int = 30_000
    """Orders are renewed when less than this is left of their lifetime."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and rhythms that belong to the account, not to a market."""

    use_switch: bool = True
    """False only where a test wants to see the other nets hold alone; no configuration turns it off."""
    switch_countdown_s: int = 30
    switch_renewal_ms: int = 10_000
    refresh_account_ms: int = 10_000
    requests_per_minute: int = 1_000
    """What the exchange allows one address, all requests together."""
    max_clock_offset_ms: int = 120_000
    """Largest difference to the exchange's clock at which quotes are shown; our orders' ends are corrected by it."""

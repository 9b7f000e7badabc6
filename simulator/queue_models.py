"""Where our order stands in a recorded queue. Pure arithmetic on sizes in lots.

A recording shows how large a level is, never who is where in it. `ahead` is the size in front of us; trades at our price always
come from the front; when the level shrinks for other reasons the models disagree about who left. Sources: Rigtorp (2013) for the
risk-averse estimate, and the family of probabilistic models known from public backtesters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log1p
from types import MappingProxyType
from typing import Final

ShareBehind = Callable[[float, float], float]
"""(size ahead, size behind) -> share of cancelled size that stood behind us."""


@dataclass(frozen=True, slots=True)
class QueueModel:
    """How `ahead` moves; `share_behind` None is the risk-averse model: only what the level forces."""

    name: str
    share_behind: ShareBehind | None = None


@dataclass(slots=True)
class QueuePlace:
    """Our place in one level: size ahead, the level's recorded size, and trades seen since it last changed."""

    ahead: float
    level: int
    traded: int = 0

    def on_trade(self, lots: int) -> int:
        """Let `lots` trade at our price; return how many of them reached us."""
        self.ahead -= lots
        self.traded += lots
        reached = int(-self.ahead) if self.ahead < 0 else 0
        if reached:
            self.ahead = 0.0
        return reached

    def on_level(self, model: QueueModel, now: int) -> None:
        """Note the level's new recorded size."""
        left_early = self.level - now - self.traded
        if model.share_behind is not None and left_early > 0:
            behind = max(self.level - self.ahead, 0.0)
            share = model.share_behind(max(self.ahead, 0.0), behind)
            self.ahead += -(1.0 - share) * left_early + min(behind - share * left_early, 0.0)
        self.ahead = max(min(self.ahead, float(now)), 0.0)
        self.level = now
        self.traded = 0


def _ratio(weigh: Callable[[float], float]) -> ShareBehind:
    def share(ahead: float, behind: float) -> float:
        total = weigh(behind) + weigh(ahead)
        return weigh(behind) / total if total else 1.0

    return share


def _of_whole(weigh: Callable[[float], float]) -> ShareBehind:
    def share(ahead: float, behind: float) -> float:
        whole = weigh(behind + ahead)
        return weigh(behind) / whole if whole else 1.0

    return share


def _complement(power: float) -> ShareBehind:
    def share(ahead: float, behind: float) -> float:
        whole = ahead + behind
        return 1.0 - (ahead / whole) ** power if whole else 1.0

    return share


def _power(exponent: float) -> Callable[[float], float]:
    return lambda size: float(size**exponent)


RISK_AVERSE: Final = QueueModel("risk-averse")
QUEUE_MODELS: Final[Mapping[str, QueueModel]] = MappingProxyType(
    {
        model.name: model
        for model in (
            RISK_AVERSE,
            QueueModel("power1", _ratio(_power(1.0))),
            QueueModel("power2", _ratio(_power(2.0))),
            QueueModel("power3", _complement(3.0)),
            QueueModel("log", _ratio(log1p)),
            QueueModel("power-whole", _of_whole(_power(2.0))),
            QueueModel("log-whole", _of_whole(log1p)),
        )
    }
)

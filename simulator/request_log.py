"""What was asked of the exchange: counters per route and account, and the latest requests."""

from collections import Counter, deque
from typing import Final

import msgspec

KEPT: Final = 2_000


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """One answered request; no keys, no bodies."""

    ms: int
    method: str
    path: str
    route: str
    status: int
    account_id: int | None
    elapsed_ms: float
    code: int | None = None


class RequestLog:
    """Bounded memory of requests."""

    def __init__(self) -> None:
        self.total = 0
        self.by_route: Counter[str] = Counter()
        self.by_account: Counter[int] = Counter()
        self.by_status: Counter[int] = Counter()
        self.recent: deque[RequestLine] = deque(maxlen=KEPT)

    def add(self, line: RequestLine) -> None:
        self.total += 1
        self.by_route[f"{line.method} {line.route}"] += 1
        self.by_status[line.status] += 1
        if line.account_id is not None:
            self.by_account[line.account_id] += 1
        self.recent.append(line)

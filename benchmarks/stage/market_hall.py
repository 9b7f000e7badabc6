"""An exchange with as many markets as asked for, over sockets; run as a module. The first line says where it listens.

python -m benchmarks.stage.market_hall MARKETS FLOW
"""

import asyncio
import json
import sys
from dataclasses import replace

from simulator.accounts import derive_accounts
from simulator.exchange import synthetic_exchange
from simulator.markets import BTC_USD
from simulator.options import ServerOptions
from simulator.server import serving
from simulator.site import Site, VenueClock
from simulator.verify import TESTNET


async def main(markets: int, flow: str) -> None:
    clock = VenueClock()
    specs = [replace(BTC_USD, name=f"M{number:02d}-USD", asset=f"M{number:02d}") for number in range(1, markets + 1)]
    exchange = synthetic_exchange(
        seed=1, accounts=derive_accounts(1, 1, None), start_ms=clock.now_ms(), specs=specs, flow_name=flow
    )
    options = ServerOptions(verify_signatures=False)
    site = Site(exchange, clock=clock, options=options, domain=TESTNET, seed=1, announce=lambda _: None)
    async with serving(site, "127.0.0.1", 0) as port:
        sys.stdout.write(json.dumps({"stream": f"ws://127.0.0.1:{port}/stream.extended.exchange/v1"}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))

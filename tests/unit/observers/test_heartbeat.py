"""A sign of life, while all is well and only then."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from bot.clock import TurnableClock
from bot.observers.heartbeat import EVERY_S, Heartbeat, ask
from bot.secret import Secret


async def test_it_beats_while_all_is_well_and_stops_when_it_is_not() -> None:
    clock, asked, turns = TurnableClock(0), 0, 0

    def answer(url: Secret) -> bool:
        nonlocal asked
        asked += 1
        return asked != 2

    def is_well() -> bool:
        nonlocal turns
        turns += 1
        return turns <= 3

    heartbeat = Heartbeat(Secret("https://example.com"), is_well, clock=clock, ask_once=answer)
    beating = asyncio.create_task(heartbeat.run())
    async with asyncio.timeout(10):
        while turns < 6:  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.001)
    beating.cancel()

    assert (asked, heartbeat.beats, heartbeat.failures) == (3, 2, 1)
    assert clock.now_ms() >= 5 * EVERY_S * 1000


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/well")
        else:
            self.send_response(200 if self.path == "/well" else 500)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def test_only_success_counts_and_no_redirect_is_followed() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        answers = [ask(Secret(f"{base}{path}")) for path in ("/well", "/ill", "/moved")]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert answers == [True, False, False]
    assert ask(Secret(f"{base}/well")) is False, "nobody answers any more"

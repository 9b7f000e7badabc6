"""The exchange as a process: one JSON line, the same keys for the same seed, a clean end."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def exchange_process(*arguments: str, stdin: int | None = None) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "serve", *arguments,
        cwd=ROOT, stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        yield process, json.loads(line or b"null")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_first_line_says_where_and_for_whom() -> None:
    async with exchange_process("--accounts", "3", "--seed", "9") as (_, line), aiohttp.ClientSession() as http:
        headers = {"User-Agent": "t", "X-Api-Key": line["accounts"][2]["api_key"]}
        async with http.get(line["rest"] + "/user/account/info", headers=headers) as answer:
            info = (await answer.json())["data"]

    assert set(line) == {"rest", "stream", "stream_rpc", "starknet_domain", "accounts"}
    assert line["starknet_domain"] == {"name": "Perpetuals", "version": "v0", "chainId": "SN_SEPOLIA", "revision": "1"}
    assert set(line["accounts"][0]) == {"account_id", "vault", "api_key", "public_key", "private_key"}
    assert (info["accountId"], info["l2Key"]) == (line["accounts"][2]["account_id"], line["accounts"][2]["public_key"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    async with exchange_process("--flow", "none") as (process, _):
        process.send_signal(number)

        assert await asyncio.wait_for(process.wait(), 10) == 0
        assert process.stderr is not None
        assert await process.stderr.read() == b""


async def test_a_restart_on_the_same_port_knows_the_same_keys() -> None:
    async with exchange_process("--seed", "4", "--flow", "none") as (_, first):
        port = first["rest"].split(":")[2].split("/")[0]
    async with exchange_process("--seed", "4", "--flow", "none", "--port", port) as (_, second):
        assert second == first


async def test_it_can_end_with_its_parent() -> None:
    async with exchange_process("--flow", "none", "--exit-on-stdin-close", stdin=asyncio.subprocess.PIPE) as (process, _):
        assert process.stdin is not None
        process.stdin.close()

        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.parametrize(
    "arguments", [["--flow", "rain"], ["--flow", "replay:/nowhere.gz"], ["--speed", "0"], ["--faults", "/nowhere.json"]]
)
async def test_impossible_arguments_are_named_and_refused(arguments: list[str]) -> None:
    async with exchange_process(*arguments) as (process, line):
        assert line is None
        assert await asyncio.wait_for(process.wait(), 10) == 2
        assert process.stderr is not None
        assert await process.stderr.read()

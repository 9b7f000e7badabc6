"""The command line: `mmbot VERB`, each verb a few lines.

Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 refused by risk, 5 unreachable. `--json` prints one JSON value and nothing
else on standard output.
"""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli_answers import Json, answer, exit_code, remote, shown_rows
from bot.cli_config import config_app
from bot.core.errors import ConfigurationError, ExchangeUnreachable, InvalidInput, MakerError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="A market maker for the Extended exchange."
)
token_app = typer.Typer(no_args_is_help=True, help="The access token of the API.")
order_app = typer.Typer(no_args_is_help=True, help="Orders by hand, through the running bot.")
alerts_app = typer.Typer(no_args_is_help=True, help="Messages to people.")
records_app = typer.Typer(no_args_is_help=True, help="The database that is read from the journal.")
app.add_typer(config_app, name="config")
app.add_typer(token_app, name="token")
app.add_typer(order_app, name="order")
app.add_typer(records_app, name="records")
app.add_typer(alerts_app, name="alerts")

EnvironmentOption = Annotated[str | None, typer.Option("--env", help="paper, testnet or live; MMBOT_ENV otherwise.")]
PortOption = Annotated[int | None, typer.Option("--port", help="Port of the API and the screen; PORT otherwise.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
RoleOption = Annotated[str, typer.Option(help="read or control; the owner's token otherwise.")]
FileOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (YAML); MMBOT_CONFIG otherwise.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="One setting, such as quoting.rho=0.5; may be repeated.")]


def _serve(
    host: str,
    port: int | None,
    environment: str | None,
    file: Path | None,
    *,
    demo: bool,
    assignments: list[str] | None,
    seed: int | None = None,
    shadow: bool = False,
) -> None:
    from backend.serve import serve  # noqa: PLC0415 - heavy; `--help` must stay quick

    try:
        code = serve(
            host=host,
            port=port,
            environment=environment,
            config_file=file,
            assignments=assignments or (),
            demo=demo,
            seed=seed,
            shadow=shadow,
        )
    except MakerError as error:
        typer.echo(f"mmbot: {error}", err=True)
        raise typer.Exit(exit_code(error)) from None
    raise typer.Exit(code)


@app.command()
def demo(
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    config: FileOption = None,
    assignments: SetOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated exchange; random otherwise.")] = None,
) -> None:
    """Quote at once on the simulated exchange: no keys, no network, nothing real."""
    _serve(host, port, "paper", config, demo=True, assignments=assignments, seed=seed)


@app.command()
def run(  # noqa: PLR0917 - options of a command line; typer reads them by name
    host: HostOption = "127.0.0.1",
    port: PortOption = None,
    env: EnvironmentOption = None,
    config: FileOption = None,
    assignments: SetOption = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="Decide and show everything, send nothing.")] = False,
) -> None:
    """Serve the API and the screen; quote when started, or at once with `enabled: true`."""
    _serve(host, port, env, config, demo=False, assignments=assignments, shadow=shadow)


@app.command()
def status(as_json: Json = False) -> None:
    """Show what the running bot does."""
    answer(remote(lambda bot: bot.get("/api/bot/status")), as_json, _shown_status)


@app.command()
def start(as_json: Json = False) -> None:
    """Start quoting."""
    answer(remote(lambda bot: bot.post("/api/bot/start")), as_json, lambda result: str(result["status"]))


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop quoting, cancel the bot's orders and verify that none is left."""
    answer(remote(lambda bot: bot.post("/api/bot/stop")), as_json, _shown_stop)


@app.command()
def pause(as_json: Json = False) -> None:
    """Pull the quotes and open nothing new until the next start."""
    answer(remote(lambda bot: bot.post("/api/bot/pause")), as_json, lambda result: str(result["status"]))


@app.command()
def flatten(as_json: Json = False) -> None:
    """Pause, then close the position with reduce-only orders whose price cap widens step by step."""

    def work(bot: Any) -> Any:
        market = bot.get("/api/bot/status")["config"]["market"]
        return bot.post("/api/bot/flatten", {"market": market, "confirm": f"flatten {market}"})

    answer(remote(work), as_json, _shown_flat)


@app.command("cancel-all")
def cancel_all(as_json: Json = False) -> None:
    """Leave a HALT marker, cancel every order of the account, and verify. Needs no running bot."""

    def work() -> dict[str, Any]:
        from bot.environment import load_environment  # noqa: PLC0415 - `--help` must stay quick
        from bot.kill import cancel_everything  # noqa: PLC0415 - likewise

        return asyncio.run(cancel_everything(load_environment(os.environ)))

    answer(work, as_json, _shown_kill)


def _shown_kill(result: dict[str, Any]) -> str:
    halt = "HALT stands: remove the marker to start"
    if result["unmarked"]:
        halt = f"No HALT marker could be left ({result['unmarked']}): stop the bot, or it may quote again"
    return f"no order is open; {result['found']} were found. {halt}"


@token_app.command("show")
def token_show(role: RoleOption = "", as_json: Json = False) -> None:
    """Show the access token; it opens the API of this user's bot. A lesser role's token is made when it is first shown."""

    def work() -> dict[str, str]:
        home, chosen = _home(), _role(role)
        token = (home.role_token(chosen) or home.rotate_token(chosen)) if chosen else home.token()
        return {"token": token}

    answer(work, as_json, lambda result: str(result["token"]))


@token_app.command("rotate")
def token_rotate(role: RoleOption = "", as_json: Json = False) -> None:
    """Make a new access token; the old one stops working at once."""
    answer(lambda: {"token": _home().rotate_token(_role(role))}, as_json, lambda result: str(result["token"]))


def _role(name: str) -> str:
    if name not in ("", "read", "control"):
        raise InvalidInput("role", name, "read or control; without one it is the owner's token")
    return name


@order_app.command("create")
def order_create(  # noqa: PLR0917 - the fields of an order, each an option of its own
    market: str,
    side: Annotated[str, typer.Argument(help="BUY or SELL")],
    price: str,
    size: str,
    time_in_force: Annotated[str, typer.Option("--type", help="POST_ONLY, GTC, GTT, IOC or FOK")] = "POST_ONLY",
    reduce_only: Annotated[bool, typer.Option("--reduce-only")] = False,
    as_json: Json = False,
) -> None:
    """Make an order."""
    body = {
        "market": market,
        "side": side.upper(),
        "price": price,
        "size": size,
        "timeInForce": time_in_force,
        "reduceOnly": reduce_only,
    }
    answer(remote(lambda bot: bot.post("/api/orders/create", body)), as_json, shown_rows)


@order_app.command("list")
def order_list(market: Annotated[str | None, typer.Option()] = None, as_json: Json = False) -> None:
    """List open orders with their owner."""
    answer(remote(lambda bot: bot.get("/api/orders", market=market)["orders"]), as_json, _shown_orders)


@order_app.command("cancel")
def order_cancel(order_id: str, as_json: Json = False) -> None:
    """Cancel an order by the exchange's id or ours."""
    answer(remote(lambda bot: bot.cancel(order_id)), as_json, lambda result: str(result["status"]))


@records_app.command("rebuild")
def records_rebuild(env: EnvironmentOption = None, as_json: Json = False) -> None:
    """Empty the records and read the whole journal anew; no bot may run with the state folder."""

    def work() -> dict[str, Any]:
        from bot.environment import load_environment  # noqa: PLC0415 - `--help` must stay quick
        from bot.export import rebuild  # noqa: PLC0415 - likewise

        return rebuild(load_environment(os.environ, name=env))

    answer(work, as_json, lambda result: f"{result['rows']} rows were written")


@app.command()
def export(  # noqa: PLR0917 - each an option of its own
    what: Annotated[str, typer.Option(help="fills (with funding), orders, equity, decisions, commands, alerts, …")] = "fills",
    kind: Annotated[str, typer.Option("--format", help="csv or parquet")] = "csv",
    output: Annotated[Path | None, typer.Option(help="File to write; standard output otherwise.")] = None,
    market: Annotated[str, typer.Option(help="One market only.")] = "",
    since_ms: Annotated[int, typer.Option("--since", help="Milliseconds since 1970, UTC.")] = 0,
    env: EnvironmentOption = None,
    as_json: Json = False,
) -> None:
    """Write one kind of record as a table, oldest first; needs no running bot."""

    def work() -> dict[str, Any]:
        from bot.environment import load_environment  # noqa: PLC0415 - `--help` must stay quick
        from bot.export import export as write  # noqa: PLC0415 - likewise

        chosen = load_environment(os.environ, name=env)
        return write(chosen, what=what, kind=kind, output=output, market=market, since_ms=since_ms)

    if output is None:
        _to_standard_output(work)
    else:
        answer(work, as_json, lambda result: f"{result['rows']} rows of {result['what']} written to {result['file']}")


@alerts_app.command("test")
def alerts_test(as_json: Json = False) -> None:
    """Send a message to every address of MMBOT_ALERT_URLS and say whether it arrived."""

    def work() -> dict[str, Any]:
        from bot.observers.alerts import AlertLevel, apprise_sender, load_alert_settings  # noqa: PLC0415 - quick `--help`

        urls = load_alert_settings(os.environ).urls
        if not urls:
            raise ConfigurationError("MMBOT_ALERT_URLS is not set: nobody would be told")
        if not apprise_sender(urls)("mmbot: test", "This is what an alert looks like.", AlertLevel.WARNING):
            raise ExchangeUnreachable("at least one address did not take the message")
        return {"sent_to": len(urls)}

    answer(work, as_json, lambda result: f"sent to {result['sent_to']} addresses")


@app.command()
def doctor(env: EnvironmentOption = None, as_json: Json = False) -> None:
    """Look at everything that has to be right before the bot runs, and say what to do where it is not."""
    from bot.doctor import examine, is_healthy, shown  # noqa: PLC0415 - `--help` must stay quick

    findings = examine(os.environ, name=env)
    typer.echo(json.dumps(findings, ensure_ascii=False) if as_json else shown(findings))
    if not is_healthy(findings):
        raise typer.Exit(1)


@app.command("support-bundle")
def support_bundle(
    output: Annotated[Path, typer.Argument()] = Path("mmbot-support.zip"), env: EnvironmentOption = None, as_json: Json = False
) -> None:
    """Write one file for whoever is to help: state, settings, logs, findings, and no secret."""

    def work() -> dict[str, Any]:
        from bot.support_bundle import write_bundle  # noqa: PLC0415 - `--help` must stay quick

        return write_bundle(os.environ, output, name=env)

    answer(
        work,
        as_json,
        lambda result: f"wrote {result['file']} with {len(result['parts'])} parts; look through it before you send it",
    )


def _to_standard_output(work: Callable[[], Any]) -> None:
    """Do work that writes to standard output by itself; an error is one sentence beside it."""
    try:
        work()
    except MakerError as error:
        typer.echo(f"mmbot: {error}", err=True)
        raise typer.Exit(exit_code(error)) from None


def _home() -> Any:
    from bot.environment import load_environment  # noqa: PLC0415 - `--help` must stay quick
    from bot.state_folder import StateFolder  # noqa: PLC0415 - likewise

    return StateFolder(load_environment(os.environ).home)


def _shown_status(result: dict[str, Any]) -> str:
    quotes = result["current_quotes"]
    lines = [
        f"{result['state']}: {result['reason']}",
        f"{result['config']['market']}: bid {quotes['bid']} ask {quotes['ask']} (price {result['last_quote_price']})",
        f"orders {result['active_orders']}, " + ", ".join(f"{name} {value}" for name, value in result["metrics"].items()),
    ]
    return "\n".join(lines)


def _shown_stop(result: dict[str, Any]) -> str:
    return "stopped, no order left" if not result["remaining"] else f"still open: {', '.join(result['remaining'])}"


def _shown_flat(result: dict[str, Any]) -> str:
    return f"{result['status']}: position of {result['market']} is {result['position']} after {len(result['orders'])} orders"


def _shown_orders(orders: list[dict[str, Any]]) -> str:
    if not orders:
        return "no open orders"
    names = ("externalId", "owner", "market", "side", "price", "qty", "filledQty", "status")
    return "\n".join("  ".join(str(order[name]) for name in names) for order in orders)


def main() -> None:
    """Run the command line."""
    app(prog_name="mmbot")

"""`mmbot config VERB`: the configuration as a file, in the running bot, and through its versions."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli_answers import Json, answer, remote, shown_rows
from bot.core.errors import ConfigurationError

config_app = typer.Typer(no_args_is_help=True, help="Write, check, show and change the configuration.")
Assignments = Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Such as quoting.rho=0.5 or max_position=0.2.")]
Comment = Annotated[str, typer.Option(help="Kept in the history.")]


@config_app.command("init")
def config_init(file: Annotated[Path, typer.Argument()] = Path("mmbot.yaml"), as_json: Json = False) -> None:
    """Write a configuration file with every setting explained."""

    def work() -> str:
        from bot.config import example_config  # noqa: PLC0415 - `--help` must stay quick

        if file.exists():
            raise ConfigurationError(f"{file} exists already; nothing was changed")
        try:
            file.write_text(example_config(), encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None
        return str(file)

    answer(work, as_json, lambda written: f"wrote {written}")


@config_app.command("check")
def config_check(file: Annotated[Path, typer.Argument()], as_json: Json = False) -> None:
    """Check a configuration file and say what is unwise."""

    def work() -> dict[str, Any]:
        from bot.config import load_config  # noqa: PLC0415 - `--help` must stay quick

        loaded = load_config(file)
        return {"config": loaded.model_dump(mode="json"), "warnings": loaded.warnings()}

    answer(
        work, as_json, lambda result: "\n".join(["configuration is valid", *(f"warning: {each}" for each in result["warnings"])])
    )


@config_app.command("show")
def config_show(as_json: Json = False) -> None:
    """Show the configuration of the running bot."""
    answer(remote(lambda bot: bot.get("/api/bot/status")["config"]), as_json, shown_rows)


@config_app.command("limits")
def config_limits() -> None:
    """Print a limits.toml to begin with: hard caps, which no program writes."""
    from bot.limits_file import example_limits  # noqa: PLC0415 - `--help` must stay quick

    typer.echo(example_limits(), nl=False)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration, and a row with unit and meaning for every setting."""

    def work() -> Any:
        from msgspec import to_builtins  # noqa: PLC0415 - `--help` must stay quick

        from bot.config import BotConfig  # noqa: PLC0415 - likewise
        from bot.config_schema import settings  # noqa: PLC0415 - likewise

        return {**BotConfig.model_json_schema(), "settings": to_builtins(settings())}

    answer(work, as_json=True)


@config_app.command("set")
def config_set(assignments: Assignments, comment: Comment = "", as_json: Json = False) -> None:
    """Change settings of the running bot: all of them, or none."""

    def work(bot: Any) -> Any:
        held = bot.get("/api/config")
        return bot.post("/api/bot/config", _changes(held, assignments), expected=held["hash"], comment=comment)

    answer(remote(work), as_json, _shown_applied)


@config_app.command("preview")
def config_preview(
    assignments: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="Nothing: what is in force.")] = None,
    as_json: Json = False,
) -> None:
    """Show the quotes that settings would give now; nothing is changed."""

    def work(bot: Any) -> Any:
        return bot.post("/api/bot/config/preview", _changes(bot.get("/api/config"), assignments or []))

    answer(remote(work), as_json, _shown_preview)


@config_app.command("history")
def config_history(limit: Annotated[int, typer.Option(min=1, max=500)] = 20, as_json: Json = False) -> None:
    """List the versions that were in force, newest first."""
    answer(remote(lambda bot: bot.get("/api/config/history", limit=limit)["versions"]), as_json, _shown_versions)


@config_app.command("diff")
def config_diff(
    before: Annotated[int, typer.Argument(metavar="FROM", min=1)],
    after: Annotated[int | None, typer.Argument(metavar="[TO]", help="In force when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Show what leads from one version to another."""
    query = {"from": before, "to": after}
    answer(remote(lambda bot: bot.get("/api/config/diff", **query)), as_json, lambda result: _shown_changes(result["changes"]))


@config_app.command("rollback")
def config_rollback(version: Annotated[int, typer.Argument(min=1)], comment: Comment = "", as_json: Json = False) -> None:
    """Bring an earlier version back into force."""
    body = {"version": version, "comment": comment}
    answer(remote(lambda bot: bot.post("/api/bot/config/rollback", body)), as_json, _shown_applied)


@config_app.command("presets")
def config_presets(
    market: Annotated[str | None, typer.Option(help="The configured one otherwise.")] = None, as_json: Json = False
) -> None:
    """List whole sets of settings, sized for a market at its present price."""
    answer(remote(lambda bot: bot.get("/api/config/presets", market=market)["presets"]), as_json, _shown_presets)


def _changes(held: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """Return texts as changes of the configuration that the running bot has."""
    from bot.config import BotConfig, changed_config  # noqa: PLC0415 - `--help` must stay quick
    from bot.overrides import assigned  # noqa: PLC0415 - likewise

    return assigned(changed_config(BotConfig(), held["config"]), assignments)


def _shown_changes(changes: list[dict[str, Any]]) -> str:
    lines = [f"{each['path']}: {each['before']} -> {each['after']}" for each in changes]
    return "\n".join(lines) or "nothing differs"


def _shown_applied(result: dict[str, Any]) -> str:
    warnings = [f"warning: {each}" for each in result["warnings"]]
    return "\n".join([f"version {result['version']} is in force", _shown_changes(result["changes"]), *warnings])


def _shown_preview(result: dict[str, Any]) -> str:
    lines = [_shown_changes(result["changes"])]
    for market in result["markets"]:
        lines.append(f"{market['market']} by {market['strategy']}: mid {market['mid']}, spread {market['spread_bps']} bps")
        if market["reason"] is not None:
            lines.append(f"  not quoted: {market['reason']['text']}")
        lines += [f"  {each['side']} {each['size']} @ {each['price']} ({each['away_bps']} bps)" for each in market["quotes"]]
        lines += [f"  {reason['text']}" for reason in market["withheld"].values()]
    if result["needs_stop"]:
        lines.append(f"only while stopped: {', '.join(result['needs_stop'])}")
    return "\n".join(lines)


def _shown_versions(versions: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{each['version']}{' (in force)' if each['is_running'] else ''} {each['hash']} {each['verb']} by {each['who']}"
        f"{': ' + each['comment'] if each['comment'] else ''}; {', '.join(one['path'] for one in each['changes']) or 'first'}"
        for each in versions
    )


def _shown_presets(presets: list[dict[str, Any]]) -> str:
    return "\n".join(f"{each['name']}: {each['meaning']}" for each in presets)

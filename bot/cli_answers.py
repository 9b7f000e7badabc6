"""What every verb of the command line shares: one answer, one sentence for an error, and the promised exit codes."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from bot.core.errors import ConfigurationError, ExchangeUnreachable, InvalidInput, MakerError, RiskRefused

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
UNREACHABLE_CODES = frozenset({"no_running_bot", "exchange_unreachable", "not_sent"})


def exit_code(error: MakerError) -> int:
    """Return the promised exit code of an error."""
    match error:
        case ConfigurationError():
            return 3
        case InvalidInput():
            return 2
        case RiskRefused():
            return 4
        case ExchangeUnreachable():
            return 5
    return 5 if error.code in UNREACHABLE_CODES else 1


def answer(work: Callable[[], Any], as_json: bool, show: Callable[[Any], str] = str) -> None:
    """Do the work, print its result, and turn an error into one sentence and the promised exit code."""
    try:
        result = work()
    except MakerError as error:
        if as_json:
            typer.echo(json.dumps({"code": error.code, "message": str(error)}))
        else:
            typer.echo(f"mmbot: {error}", err=True)
        raise typer.Exit(exit_code(error)) from None
    typer.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else show(result))


def remote(work: Callable[[Any], Any]) -> Callable[[], Any]:
    """Return work on the running bot of this user."""

    def ask() -> Any:
        from bot.remote import find_running  # noqa: PLC0415 - `--help` must stay quick

        return work(find_running())

    return ask


def shown_rows(row: dict[str, Any]) -> str:
    """Return one line for each member."""
    return "\n".join(f"{name}: {value}" for name, value in row.items())

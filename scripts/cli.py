"""The `lading` command. Each sub-command lives in `scripts/commands`; this file only puts them together."""

import typer

from ledger.errors import LadingError
from scripts import output
from scripts.commands import keys
from scripts.commands.audit import audit
from scripts.commands.bundles import export, trust, verify
from scripts.commands.demo import demo
from scripts.commands.found import found
from scripts.commands.numbers import bonuses, penalties, scores
from scripts.commands.replay import replay
from scripts.commands.serve import serve

app = typer.Typer(
    name="lading",
    help="A permissioned ledger for supply chain traceability.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(keys.app, name="keys")
app.command()(serve)
app.command()(replay)
app.command()(demo)
app.command()(found)
app.command()(audit)
app.command()(export)
app.command()(trust)
app.command()(verify)
app.command()(penalties)
app.command()(scores)
app.command()(bonuses)


def main() -> None:
    """Entry point: a deliberate error becomes a sentence and an exit status, never a stack trace."""
    try:
        app()
    except LadingError as error:
        output.fail(error)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()

"""The `lading` command. Each sub-command lives in `ledger/cli/commands`; this file only puts them together.

A command's module is imported when it is called: `lading verify` needs neither web server nor chain, and should not
wait for them.
"""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import typer

from ledger.cli import output
from ledger.errors import LadingError

COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "keys": "keys",
    "partners": "partners",
    "sign": "sign",
    "submit": "sign",
    "recall": "recall",
    "found": "found",
    "opening": "found",
    "join": "join",
    "contracts": "contracts",
    "replay": "replay",
    "audit": "audit",
    "rebuild": "rebuild",
    "erase": "rebuild",
    "erased": "rebuild",
    "export": "bundles",
    "trust": "bundles",
    "verify": "verify",
    "penalties": "numbers",
    "scores": "scores",
    "bonuses": "bonuses",
    "network": "network",
    "report": "report",
    "witness": "witness",
}
"""Each command and its module; the module holds a function of that name, or an `app` with commands of its own."""


def application(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="lading",
        help="A permissioned ledger for supply chain traceability.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_lading)
    for name in names:
        module: Any = import_module(f"ledger.cli.commands.{COMMANDS[name]}")
        command = getattr(module, name, None)
        if command is None:
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """Entry point: a deliberate error becomes a sentence and an exit status, never a stack trace."""
    # Databases, bundles and reports hold opened private parts: what a command writes is its owner's alone.
    os.umask(0o077)
    named = sys.argv[1:2]
    try:
        application(named if named and named[0] in COMMANDS else COMMANDS)()
    except LadingError as error:
        output.fail(error)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(1) from None


def _lading() -> None:
    """A permissioned ledger for supply chain traceability."""


if __name__ == "__main__":
    main()

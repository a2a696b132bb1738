"""`lading …` as its parser takes it, without running it."""

from typing import Any

from ledger.cli.main import COMMANDS, loaded


def check_command(arguments: list[str]) -> None:
    """Fails unless each command, option and value is one that there is; no file is looked for."""
    assert arguments[0] in COMMANDS, arguments
    name, rest = arguments[0], arguments[1:]
    command: Any = loaded(name)
    while hasattr(command, "commands"):
        assert rest, f"{arguments}: a command is missing"
        assert rest[0] in command.commands, arguments
        name, rest = rest[0], rest[1:]
        command = command.commands[name]
    command.make_context(name, list(rest))  # raises a usage error that says what is wrong

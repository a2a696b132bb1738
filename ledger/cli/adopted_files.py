"""Commands of files that the council adopts by their hash: check one, keep it here, prepare its adoption."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Generic

import typer

from ledger.cli.commands.keys import read_file
from ledger.cli.commands.partners import give
from ledger.cli.connect import connected
from ledger.cli.output import err
from ledger.codes import RegistryAction
from ledger.errors import RuleBroken
from ledger.explain.units import moment
from ledger.registry.adopted_files import F, FileKind
from ledger.registry.changes import change
from ledger.services.home import kept_rules
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from ledger.services.node.reader import open_ledger

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Start = Annotated[int, typer.Option(min=1, help="From when on it governs, UTC seconds: the start of a period.")]
Url = Annotated[str | None, typer.Option(help="The service to ask. Without it: the home in LADING_HOME.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the change. Without it, printed.")]


class FileCommands(Generic[F]):
    """*check*, *keep* and *adopt* of one kind of files."""

    def __init__(self, kind: FileKind[F], form: str, holds: str, tell: Callable[[F, bool], None]) -> None:
        """`form`: where an example is; `holds`: what *check* prints; `tell` prints a file, as one JSON object if so
        asked.
        """
        self._kind, self._holds, self._tell = kind, holds, tell
        self._file = typer.Argument(help=f"A {kind.name} file, TOML; {form}.")

    def add_to(self, app: typer.Typer) -> None:
        kind, file = self._kind, self._file

        @app.command(help=f"Check a {kind.name} file and print its SHA-256 and {self._holds}.")
        def check(file: Annotated[Path, file], json: Json = False) -> None:
            self._tell(kind.parse(read_file(file)), json)

        @app.command(help=f"Keep a {kind.name} file in this home, where it counts once the council has adopted it.")
        def keep(file: Annotated[Path, file], json: Json = False) -> None:
            text = read_file(file)
            with open_ledger(read_settings(), read_only=False) as reader, reader.home.database.write() as connection:
                kept = kept_rules.keep(connection, kind, text)
            self._tell(kept, json)

        @app.command(help=f"Prepare the change by which the council adopts a {kind.name} file, from --start on.")
        def adopt(file: Annotated[Path, file], start: Start, url: Url = None, out_folder: Out = None) -> None:
            adopt_file(kind, read_file(file), start, url, out_folder)


def adopt_file(kind: FileKind[F], text: bytes, start: int, url: str | None, folder: Path | None) -> None:
    """Print the unsigned change that adopts a file from `start` on, or write it to `folder`."""
    parsed = kind.parse(text)
    if start <= SystemClock().now():
        raise RuleBroken(
            "a file is adopted before it governs",
            where="--start",
            expected="a time to come, early enough for the council to sign and for partners to see what changes",
            found=moment(start),
        )
    if url is None and parsed.hash not in kind.shipped:
        with open_ledger(read_settings()) as reader, reader.home.database.read() as connection:
            kept_rules.kept(connection, kind, parsed.hash)  # raises when it is not kept
    with connected(url) as ledger:
        state = ledger.consortium()
    err.print(f"“{parsed.title}” would govern from {moment(start)} on", markup=False)
    if url is not None:
        err.print(f"Who serves it must keep the file first: {kind.command} keep FILE", markup=False)
    adoption = change(state["next_sequence"], RegistryAction.ADOPT_RULES, document=parsed.hash, number=start)
    give([adoption], state["trust"]["consortiumId"], state["council"]["threshold"], folder)

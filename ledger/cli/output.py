"""What every command shares: one JSON object or lines for people, errors without stack traces, exit statuses.

Exit status 0 = yes, 1 = no (refused, not found, not verified), 2 = misuse (bad input, bad settings).
"""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ledger import errors

WIDE = 400
"""Columns of what goes into a file or another program: nothing is folded or cut there. `COLUMNS` says otherwise."""


def _width() -> int | None:
    """None: as wide as the terminal."""
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE


out = Console(highlight=False, soft_wrap=True, width=_width())
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(data: Any) -> None:
    """One JSON object on standard output, keys in the order given."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def fail(error: errors.LadingError) -> NoReturn:
    """Say on standard error what is wrong and end with the status of the error's branch."""
    err.print(f"[bold red]{type(error).__name__}[/]: ", end="")
    err.print(str(error), markup=False)
    misuse = isinstance(error, errors.InvalidInput | errors.Misconfigured)
    raise SystemExit(2 if misuse else 1)


def lacking(error: ModuleNotFoundError, instead: str = "") -> errors.Misconfigured:
    """What to say when a library of the node is missing, as in a base installation; `instead` names another way."""
    mend = f"{instead or 'Install what serves and audits: '}pip install 'lading[node]'"
    return errors.Misconfigured("more than the base package is needed", found=f"no {error.name}", mend=mend)


def progress() -> Progress:
    """A progress bar on standard error, silent where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
    )


class Steps:
    """Progress of a long work in named steps, one bar each; a context manager."""

    def __init__(self) -> None:
        self._bar = progress()
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Steps":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tell(self, step: str, done: int, total: int) -> None:
        """So much of `step` is done; when another step begins, those before it are complete."""
        if step not in self._tasks:
            for task in self._bar.tasks:
                self._bar.update(task.id, completed=task.total)
            self._tasks[step] = self._bar.add_task(step, total=max(total, 1))
        self._bar.update(self._tasks[step], completed=done, total=max(total, 1))


def table(heads: Iterable[str], rows: Iterable[Iterable[object]], *, title: str = "") -> Table:
    grid = Table(
        title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for head in heads:
        grid.add_column(head, overflow="fold")  # an id that is cut is none
    for row in rows:
        grid.add_row(*(Text(str(cell)) for cell in row))  # no markup: names are what partners chose
    return grid

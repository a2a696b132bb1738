"""What every command prints: exit statuses by what the caller can do, and texts of partners never as markup."""

import io
import json
import re

import pytest
from rich.console import Console

from ledger.cli import output
from ledger.errors import LadingError
from ledger.explain.units import money
from tests.unit.test_errors import every_kind, one_of

MISUSE = {"InvalidInput", "MalformedRecord", "BadSignature", "Misconfigured"}


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.__name__)
def test_exit_status_and_one_sentence(kind: type[LadingError], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        output.fail(one_of(kind))
    assert caught.value.code == (2 if kind.__name__ in MISUSE else 1)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert " ".join(shown.err.split()) == " ".join(f"{kind.__name__}: {one_of(kind)}".split())


def test_brackets_in_errors_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        output.fail(LadingError("no such key [bold]", found="[/] [red]"))
    assert "[bold]" in capsys.readouterr().err


def test_tables_lose_nothing_where_nobody_looks() -> None:
    """As in a file, or in a narrow terminal."""
    digits = "0123456789" * 12
    for width in (output.WIDE, 40):
        console = Console(width=width, file=io.StringIO(), record=True)
        console.print(output.table(["name", "id"], [["a maker of something", digits], ["another", "1"]]))
        text = console.export_text()
        assert digits in re.sub(r"[^0-9]", "", text)
        assert (digits in text) is (width == output.WIDE)


def test_brackets_in_tables_are_text() -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(output.table(["name", "n"], [["[red]Maker[/red]", 1]], title="[b]All"))
    text = console.export_text()
    assert "[red]Maker[/red]" in text
    assert "[b]All" in text


def test_json_is_one_object_in_the_order_given(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"b": 1, "a": "é"})
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"a": "é", "b": 1}
    assert list(json.loads(shown)) == ["b", "a"]
    assert "é" in shown


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00 EUR"), (5, "0.05 EUR"), (12345, "123.45 EUR"), (-12345, "-123.45 EUR"), (123456789, "1,234,567.89 EUR")],
)
def test_money(amount: int, text: str) -> None:
    assert money(amount, "EUR") == text

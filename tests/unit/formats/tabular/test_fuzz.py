"""Whatever bytes and maps come: an answer, a question or a deliberate error, and never anything else."""

import tomllib
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import LadingError
from ledger.formats.tabular.judging.choices import Evidence, decide
from ledger.formats.tabular.lines import Line
from ledger.formats.tabular.mapping.map_file import map_of, parse_map
from ledger.formats.tabular.plan import plan_of
from ledger.formats.tabular.sums import sums_of
from tests.unit.formats.tabular.helpers import HEADING, MAP, NOW, map_with

CELLS = st.one_of(
    st.sampled_from(
        ["", "1", "0", "1,234", "1.234,5", "03/04/2026", "25/12/2026", "2-Jun-06", "42430", "2026-03-01T00:00", "Kea",
         "KEA", "Kea Ltd", '"', '"a;b"', "'", "\t", "\0", "9" * 50, "2026-03-01 10:00+14:00", "-5", "é", "١", "=1+1",
         "00:00", "NaN", "29-02-2026", "0000-00-00", "2026-02-29", "1e400", "\u2028", "\ufeff"]
    ),
    st.text(max_size=12),
)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, min_size=6, max_size=8), max_size=6)
VALUES: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["due", "no", "dmy", "."])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["column", "value", "values", "nth", "else", "order", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)
FILE = b"no,from,to,boxes,worth,due,arrived\n1,Kea,Panda,1,1.5,2026-03-01,\n"
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_what_is_fuzzed_is_read_when_it_is_left_alone() -> None:
    """Otherwise all below would be refused, whatever they are."""
    assert len(plan_of(FILE, map_of(tomllib.loads(MAP)), NOW).lines) == 1
    assert len(plan_of(FILE, parse_map(map_with()), NOW).lines) == 1


@SLOW
@given(ROWS, st.sampled_from(",;\t"))
def test_any_cells(rows: list[list[str]], separator: str) -> None:
    text = "\n".join([separator.join(HEADING), *(separator.join(row) for row in rows)])
    with suppress(LadingError):
        plan = plan_of(text.encode("utf-8", "replace"), parse_map(map_with()), NOW)
        sums = sums_of(plan)
        assert bool(plan.questions) <= (not plan.entries)
        assert sums.lines == sums.usable + sums.unusable + sums.left_out
        for line in plan.lines:
            assert 0 < line.promised_at < 2**40
            assert line.delivered_at is None or 0 < line.delivered_at <= NOW
            assert line.packages > 0
            assert line.value >= 0
        assert len({line.id for line in plan.lines}) == len(plan.lines)


@SLOW
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"no,from,to,boxes,worth,due,arrived\n", b"PK\x03\x04", b'{"no":'])
)
def test_any_bytes(content: bytes, start: bytes) -> None:
    with suppress(LadingError):
        plan_of(start + content, parse_map(map_with()), NOW)


@SLOW
@given(st.data())
def test_any_map(data: st.DataObject) -> None:
    table = tomllib.loads(MAP)
    part = data.draw(st.sampled_from([*table, "file", "numbers", "terms", "leave_out", "origin", "manifest"]))
    if isinstance(table.get(part), dict) and data.draw(st.booleans()):
        key = data.draw(st.sampled_from([*table[part], "order", "number", "midnight", "same", "different", "numbers"]))
        table[part][key] = data.draw(VALUES)
    else:
        table[part] = data.draw(VALUES)
    with suppress(LadingError):
        of = map_of(table)
        plan_of(FILE, of, NOW)


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3), max_size=8),
    st.sampled_from(["", "a"]),
)
def test_what_is_decided_can_be_read_and_what_is_open_is_not_decided(cells: list[dict[str, int]], given_: str) -> None:
    """Against the rule itself, over all cells at once."""
    evidence = [Evidence(i, str(i), says) for i, says in enumerate(cells)]
    decision = decide(evidence, "abc", given_)
    read = [says for says in cells if says]
    possible = [one for one in "abc" if all(one in says for says in read)]
    if given_:
        assert decision.chosen == given_
        against = [says for says in read if given_ not in says]
        proved = any(set(says) == {given_} for says in read)
        assert bool(decision.against) == (bool(against) and not proved)
        return
    same = all(len({says[one] for one in possible}) <= 1 for says in read)
    if possible and same:
        assert decision.chosen in possible
        assert not decision.open
    else:
        assert not decision.chosen
        assert decision.open
    if decision.proof is not None:
        assert decision.chosen in decision.proof.says


def test_the_lines_of_a_plan_are_the_files() -> None:
    """None is lost: each line of the file is a shipment, unusable or left out, once."""
    rows = [f"{i},Kea,Panda,{'x' if i % 3 == 0 else 1},1.5,2026-03-01," for i in range(1, 60)]
    plan = plan_of("\n".join([",".join(HEADING), *rows]).encode(), parse_map(map_with()), NOW)
    assert [entry.line for entry in plan.entries] == list(range(2, 61))
    assert sum(isinstance(entry, Line) for entry in plan.entries) == 40

"""Deciding between readings of a column: what only one of them can read proves it, what several read apart is asked."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

MOST_PROOF = 4


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A cell and what it says under each reading that can read it at all."""

    line: int
    text: str
    says: Mapping[str, Hashable]


@dataclass(frozen=True, slots=True)
class Decision:
    """`chosen` is empty where it is open, or no matter. `open`: the lines that show why nobody can tell.

    `proof`: a line that only what was chosen can read. `apart`: lines that another reading would read otherwise.
    `against`: lines that what the map chose cannot read, though others could, while nothing speaks for it.
    """

    chosen: str = ""
    open: tuple[Evidence, ...] = ()
    proof: Evidence | None = None
    apart: tuple[Evidence, ...] = ()
    against: tuple[Evidence, ...] = ()


def decide(cells: Iterable[Evidence], readings: Sequence[str], given: str = "") -> Decision:
    """Which of `readings` a column is written in. `given`: the map's word, which stands unless all evidence is against
    it."""
    apart: dict[tuple[str, str], list[Evidence]] = {pair: [] for pair in combinations(readings, 2)}
    without: dict[str, list[Evidence]] = {one: [] for one in readings}
    sole: dict[str, Evidence] = {}
    for cell in cells:
        if not cell.says:
            continue
        if len(cell.says) == 1:
            sole.setdefault(next(iter(cell.says)), cell)
        for one in readings:
            if one not in cell.says:
                _keep(without[one], cell)
        for (one, other), kept in apart.items():
            if one in cell.says and other in cell.says and cell.says[one] != cell.says[other]:
                _keep(kept, cell)
    possible = [one for one in readings if not without[one]]
    if given:
        return Decision(given, against=() if given in sole else tuple(without[given]))
    seen = tuple(dict.fromkeys(cell for kept in apart.values() for cell in kept))[:MOST_PROOF]
    if not possible:
        firsts = dict.fromkeys(kept[0] for kept in without.values())
        return Decision(open=tuple(firsts), apart=seen)
    if len(possible) > 1:
        undecided = [cell for pair in combinations(possible, 2) for cell in apart[pair]]
        return Decision("" if undecided else possible[0], open=tuple(dict.fromkeys(undecided))[:MOST_PROOF], apart=seen)
    chosen = possible[0]
    others = (kept[0] for one, kept in without.items() if kept and one != chosen)
    return Decision(chosen, proof=sole.get(chosen) or next(others, None), apart=seen)


def _keep(kept: list[Evidence], cell: Evidence) -> None:
    if len(kept) < MOST_PROOF:
        kept.append(cell)

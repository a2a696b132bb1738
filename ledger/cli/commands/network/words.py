"""What `lading network show` prints for people: figures of all together in sentences, of groups beside each other."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ledger.cli.output import out, table
from ledger.common.periods import DAY
from ledger.explain import network as network_text
from ledger.explain.words import spaced
from ledger.network.performance import NetworkFigures
from ledger.network.routes import By
from ledger.services.figures.network import NetworkAnswer

_CODES = (By.MODE, By.FULFILMENT)
_WANTED = (*network_text.FIGURES, *network_text.MODES)
ABREAST = 6
"""Groups that stand beside each other in one table; of more, each has a line."""
Cells = Iterable[Sequence[object]]
_TABLES: tuple[tuple[tuple[str, ...], Callable[[NetworkFigures], Cells]], ...] = (
    (("link", "mode", "amount"), network_text.links),
    (("section", "legs due", "in time", "share"), network_text.sections),
    (("returned because", "packages", "borne out"), network_text.reasons),
)


def tell(answer: NetworkAnswer, names: Mapping[str, str]) -> None:
    """`names`: of the partners, by their numbers."""
    titles = {group: _title(answer.by, group, names) for group in answer.names}
    if not answer.groups:
        out.print("no shipment in this period")
    if answer.by is None:
        for figures in answer.groups.values():
            for line in (*network_text.words(figures), *network_text.more_words(figures)):
                out.print(line, markup=False)
    else:
        _groups(answer, titles)
    _side_by_side(answer, titles)
    _stock(answer, titles, names)
    if answer.by is None:
        for figures in answer.groups.values():
            nodes = ((names.get(str(partner), partner), *rest) for partner, *rest in network_text.nodes(figures))
            out.print(table(("node", "items passed on", "failed", "rate"), list(nodes)))
    _costs(answer)
    _periods(answer, titles)


def _title(by: By | None, group: str, names: Mapping[str, str]) -> str:
    return names.get(group, group) if by is By.CARRIER else spaced(group) if by in _CODES else group


def _groups(answer: NetworkAnswer, titles: Mapping[str, str]) -> None:
    cells = {group: network_text.cells(figures, _WANTED) for group, figures in answer.groups.items()}
    if 0 < len(cells) <= ABREAST:
        columns = zip(*cells.values(), strict=True)
        rows = [(figure.title, *row) for figure, row in zip(_WANTED, columns, strict=True)]
        out.print(table((f"by {answer.by}", *(titles[group] for group in cells)), rows))
        return
    for group, row in cells.items():
        said = ", ".join(f"{figure.title.lower()} {cell}" for figure, cell in zip(_WANTED, row, strict=True))
        out.print(f"{titles[group]}: {said}", markup=False)


def _side_by_side(answer: NetworkAnswer, titles: Mapping[str, str]) -> None:
    for head, cells in _TABLES:
        _table(answer, head, [(titles[group], *row) for group, one in answer.groups.items() for row in cells(one)])


def _stock(answer: NetworkAnswer, titles: Mapping[str, str], names: Mapping[str, str]) -> None:
    longest = max((one.seconds for held in answer.turnover.values() for one in held), default=0)
    rows = [
        (titles[group], names.get(str(partner), partner), *rest)
        for group, held in answer.turnover.items()
        for partner, *rest in network_text.stocks(held)
    ]
    _table(answer, ("stock of", "went out", "held on average", f"turns in {-(-longest // DAY)} days"), rows)


def _costs(answer: NetworkAnswer) -> None:
    if answer.costs and answer.benchmark is not None:
        out.print(f"{answer.benchmark.title}. {answer.benchmark.source}", markup=False)
        rows = network_text.benchmarks(answer.costs)
        out.print(table(("fulfilment", "link", "per", "benchmark", "measured", "difference"), rows))


def _periods(answer: NetworkAnswer, titles: Mapping[str, str]) -> None:
    if answer.before is None:
        return
    if answer.uneven:
        out.print("The periods are not equally long: compare shares and times, and no sums.")
    groups = [group for group in answer.names if group in answer.groups or group in answer.before]
    for group in groups:
        rows = network_text.changes(answer.before.get(group), answer.groups.get(group))
        out.print(table((titles[group], "before", "after", "difference"), rows))
    if not groups:
        out.print("no shipment in either period")


def _table(answer: NetworkAnswer, head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    """`rows` begin with their group, which is told where there are several."""
    if rows and answer.by is None:
        out.print(table(head, [row[1:] for row in rows]))
    elif rows:
        out.print(table((str(answer.by), *head), rows))

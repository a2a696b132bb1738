"""Network figures as JSON: integers and codes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger.common.canonical import wide_as_text
from ledger.common.ids import to_hex
from ledger.network.performance import Change, NetworkFigures, compare


def to_json(
    groups: Mapping[str, NetworkFigures],
    before: Mapping[str, NetworkFigures] | None = None,
    *,
    prices: bool,
    evidence: bool,
) -> list[dict[str, Any]]:
    """Each group's figures, and where there is an earlier period, each plain figure in both.

    Without `prices`, what it cost is null and no record is named.
    """
    result = []
    for name in sorted({*groups, *(before or {})}):
        figures, earlier = groups.get(name), (before or {}).get(name)
        entry: dict[str, Any] = {"group": name, "figures": _figures(figures, prices, evidence) if figures else None}
        if before is not None:
            entry["before"] = _figures(earlier, prices, evidence) if earlier else None
            entry["changes"] = [_change(c) for c in compare(earlier, figures)] if earlier and figures else []
        result.append(wide_as_text(entry))
    return result


def _figures(figures: NetworkFigures, prices: bool, evidence: bool) -> dict[str, Any]:
    plain = {change.figure: change.after for change in compare(figures, figures)}
    named = currencies(figures)

    def by_currency(amount: Callable[[str], int | None]) -> dict[str, int | None] | None:
        return {currency: amount(currency) for currency in named} if prices else None

    return {
        **plain,
        "customs_seconds": {cause.name.lower(): seconds for cause, seconds in figures.customs_seconds.items()},
        "freight": by_currency(lambda currency: figures.freight.get(currency, 0)),
        "penalties": by_currency(lambda currency: figures.penalties.get(currency, 0)),
        "indicative": by_currency(lambda currency: figures.indicative.get(currency, 0)),
        "cost_per_shipment": by_currency(figures.cost_per_shipment),
        "cost_per_package": by_currency(figures.cost_per_package),
        "nodes": [
            {"partner": partner, "handled": node.handled, "failed": node.failed, "failure_ppm": node.failure_ppm}
            for partner, node in figures.nodes.items()
        ],
        "records": len(figures.evidence),
        "evidence": [to_hex(record) for record in figures.evidence] if prices and evidence else None,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "figure": change.figure,
        "before": change.before,
        "after": change.after,
        "difference": change.difference,
    }


def currencies(figures: NetworkFigures) -> Sequence[str]:
    """Every currency that something was stated in, in order."""
    return sorted({*figures.freight, *figures.penalties, *figures.indicative})

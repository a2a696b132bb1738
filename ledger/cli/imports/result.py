"""What came of a history, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.explain.units import money


def told_result(result: Mapping[str, Any], liable: str = "whom the map names") -> Iterator[str]:
    """Shipments, lateness, penalties by currency and the checkpoint, a line each."""
    due = f", {result['open']} still due" if result["open"] else ""
    yield (
        f"{result['shipments']} shipments in {result['manifests']} manifests{due}; {result['late']} late, "
        f"{result['late_days']} days together"
    )
    for currency, owed in result["owed"].items():
        yield f"penalties as if {liable} were liable: {money(owed['penalty'], currency)}"
        yield f"  before the caps: {money(owed['penalty_uncapped'], currency)}"
    if checkpoint := result["checkpoint"]:
        yield f"checkpoint: {checkpoint['size']} leaves, root {checkpoint['root']}"

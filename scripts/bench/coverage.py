"""How long it takes to plan which of 1,000 warehouses serve 10,000 areas, and how far from the best the plan may be.

    python -m scripts.bench.coverage [WAREHOUSES AREAS SITES]

Places lie at random on a square, and the share on time falls with the distance: nearly every pair may serve, which is
the hardest case. The bound is exact; the gap is what may be missing at most. Seconds are those of the clock and, since
other processes may run beside it, of CPU.
"""

import json
import sys
import time
from typing import Any

from ledger.planning.cover import Coverage, Demand, ShareTable, Site, cover
from ledger.planning.libraries import library

SIZE = (1_000, 10_000, 50)
TARGET = 60
DELIVERIES = 1_000


def measure(warehouses: int = SIZE[0], areas: int = SIZE[1], sites: int = SIZE[2]) -> dict[str, Any]:
    """With any capacity, and with room for three tenths more than all demand in the open warehouses."""
    return {
        "pairs": warehouses * areas,
        "open": sites,
        "any capacity": _timed(_network(warehouses, areas, sites, capacity=False)),
        "capacities": _timed(_network(warehouses, areas, sites, capacity=True)),
        "target seconds": TARGET,
    }


def _timed(network: Coverage) -> dict[str, Any]:
    clock, cpu = time.perf_counter(), time.process_time()
    plan = cover(network)
    return {
        "seconds": round(time.perf_counter() - clock, 1),
        "CPU seconds": round(time.process_time() - cpu, 1),
        "objective": plan.optimum.objective,
        "bound": plan.optimum.bound,
        "gap in ppm": plan.optimum.gap_ppm,
        "covered in ppm": plan.covered_ppm,
        "unserved areas": len(plan.unserved),
    }


def _network(warehouses: int, areas: int, sites: int, *, capacity: bool) -> Coverage:
    numpy = library("numpy")
    rng = numpy.random.default_rng(1)
    ends = rng.random((warehouses, 1, 2)), rng.random((1, areas, 2))
    distance = numpy.sqrt(((ends[0] - ends[1]) ** 2).sum(axis=2))
    on_time = numpy.clip(DELIVERIES * (1 - 1.2 * distance), 0, None).astype(numpy.int64)
    demand = rng.integers(1, 100, areas).tolist()
    room = sum(demand) * 13 // (10 * sites) if capacity else None
    return Coverage(
        {number: Site(room) for number in range(1, warehouses + 1)},
        {f"area {number:06}": Demand(packages) for number, packages in enumerate(demand)},
        {},
        sites,
        ShareTable(on_time, numpy.where(on_time > 0, DELIVERIES, 0)),
    )


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:4]) if len(sys.argv) > 3 else SIZE), indent=1))

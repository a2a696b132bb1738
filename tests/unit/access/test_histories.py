"""Random histories against an oracle that never reads the ledger's figures: no wrongful loss of access.

What is proved, and what is not:

1. *By construction.* Every history is planned delivery by delivery, with what truly happened. A loss is wrongful where
   in one of the two quarters at least the threshold's share of delivery events was truly in time, or fewer than thirty
   counted. None may be due, whatever others sign, contest, sign late or close. This holds always, not only often: the
   better end of Wilson's interval never lies below the share itself, and what is in doubt counts for the partner.
2. *By chance.* Of a partner whose deliveries are in time with a probability of exactly the threshold, two quarters by
   bad luck can look certainly below. `test_the_chance_of_bad_luck` sums the binomial: at most 5 % a quarter under the
   least samples that a gates file may ask for, so at most 0.25 % for two quarters that are independent of each other.
"""

import random
from collections import Counter
from decimal import Decimal, getcontext
from math import exp, lgamma, log

import pytest

from ledger.access.course import Stage
from ledger.access.gates_file import LEAST_FAILURES
from ledger.codes import StatementKind
from ledger.records.types import ShipmentTerms
from ledger.scores.confidence import wilson
from tests.drills import SEED, amount
from tests.unit.access.world import CLOSED, FIRST_DAYS, GATE, World, closed
from tests.unit.history import CARRIER, DAY, HOUR, SHOP

THRESHOLD = Decimal(GATE.threshold) / 1_000_000
THIRD = 40
WAYS = ("in_time", "late", "tendered", "signed_late", "borne_out", "fallen", "relieved")
"""How a shipment goes: `tendered` and never contested; `signed_late` by the receiver after a tender in time; contested
and `borne_out` by a third; contested and `fallen`; late, and `relieved` in the window to appeal."""
TRULY_LATE = frozenset({"late"})
CONTESTED = frozenset({"borne_out", "fallen"})
OFFERED = CONTESTED | {"tendered", "signed_late"}


def planned(rng: random.Random) -> list[list[str]]:
    """Two quarters of shipments, one a day."""
    kind = rng.choice(["good", "mixed", "bad", "bad", "few", "contested", "appealed"])
    quarters = []
    for _ in FIRST_DAYS:
        count = rng.randint(24, 29) if kind == "few" else rng.randint(30, 45)
        if kind == "bad":
            quarters.append(["late" if rng.random() < 0.6 else "in_time" for _ in range(count)])
        elif kind == "appealed":
            quarters.append([rng.choice(["relieved", "relieved", "late", "in_time"]) for _ in range(count)])
        elif kind == "contested":
            quarters.append([rng.choice(["fallen", "fallen", "borne_out", "in_time"]) for _ in range(count)])
        else:
            late = rng.uniform(0, 0.25) if kind == "good" else rng.uniform(0, 0.8)
            wronged = [way for way in WAYS if way not in TRULY_LATE]
            quarters.append(["late" if rng.random() < late else rng.choice(wronged) for _ in range(count)])
    return quarters


def played(quarters: list[list[str]]) -> World:
    world = World()
    forgiven = []
    for quarter, (first, ways) in enumerate(zip(FIRST_DAYS, quarters, strict=True)):
        for i, way in enumerate(ways):
            name, day = 100 * quarter + i, first + i
            promised = (day + 3) * DAY
            world.opened(name, day)
            tender = world.stated(StatementKind.TENDER, name, CARRIER, promised - HOUR) if way in OFFERED else []
            if way in CONTESTED:
                world.stated(StatementKind.CONTEST, name, SHOP, promised + DAY)
            if way == "borne_out":
                world.endorsed(tender, THIRD, promised + 2 * DAY)
            if way == "relieved":
                forgiven.append(name)
            if way == "in_time":
                world.delivered(name, promised - HOUR)
            elif way in ("late", "relieved"):
                world.delivered(name, promised + 4 * DAY)
            elif way == "signed_late":
                world.delivered(name, promised - HOUR, known=promised + 9 * DAY)
    world.relieved(forgiven, CLOSED + DAY)
    return world.play()


def certainly_below(good: int, count: int) -> bool:
    """Wilson's better end in decimals of fifty digits."""
    getcontext().prec = 50
    z2, n, p = Decimal("3.8416"), Decimal(count), Decimal(good) / count
    root = (z2 * (4 * n * p * (1 - p) + z2)).sqrt()
    return (2 * n * p + z2 + root) / (2 * (n + z2)) < THRESHOLD


def truly(quarters: list[list[str]]) -> tuple[bool, bool]:
    """Whether a loss would be wrongful, and whether one must be due: from the plan alone."""
    every = [way for ways in quarters for way in ways]
    offered, contested = (sum(way in group for way in every) for group in (OFFERED, CONTESTED))
    again_and_again = offered >= 10 and 5 * contested > offered
    wrongful, must = False, not any(way in OFFERED or way == "relieved" for way in every)
    for ways in quarters:
        counted = [way for way in ways if not (again_and_again and way in CONTESTED)]
        good = sum(way not in TRULY_LATE for way in counted)
        wrongful = wrongful or len(counted) < 30 or good >= THRESHOLD * len(counted)
        must = must and len(counted) >= 30 and certainly_below(good, len(counted))
    return wrongful, must


def histories(count: int, seed: int) -> Counter[str]:
    rng, seen = random.Random(seed), Counter[str]()
    for i in range(count):
        quarters = planned(rng)
        world = played(quarters)
        if rng.random() < 0.2:
            _close_some(rng, world)
            seen["closed"] += 1
            must = False
            wrongful, _ = truly(quarters)
        else:
            wrongful, must = truly(quarters)
        stage = world.course().stage
        seen[stage] += 1
        seen["wrongful" if wrongful else "fair"] += 1
        seen["probation"] += world.course(CLOSED).stage is Stage.PROBATION
        assert not (wrongful and stage is Stage.DUE), (seed, i)
        assert stage is Stage.DUE or not must, (seed, i)
        seen["must"] += must
    return seen


def _close_some(rng: random.Random, world: World) -> None:
    world.records = [
        closed(one) if isinstance(one.record, ShipmentTerms) and rng.random() < 0.3 else one for one in world.records
    ]


def test_no_history_costs_access_wrongfully() -> None:
    seen = histories(50, SEED)
    assert seen["must"] > 5, seen
    assert seen["wrongful"] > 15, seen
    assert seen["probation"] > seen[Stage.DUE], "some of what opened a window was mended in it"
    assert seen["closed"] > 3, seen


@pytest.mark.drill
def test_no_history_of_ten_thousand_costs_access_wrongfully() -> None:
    count = amount("ACCESS_HISTORIES", 10_000)
    seen = histories(count, SEED)
    assert 8 * seen["must"] > count, seen
    assert 3 * seen["wrongful"] > count, seen
    assert seen["probation"] > seen[Stage.DUE], seen


def chance(samples: int, threshold: int) -> float:
    """That a quarter of so many samples is certainly below, of a partner whose probability is the threshold."""
    good = next((k for k in range(samples, -1, -1) if wilson(k, samples, samples)[1] < threshold), -1)
    p, n = threshold / 1_000_000, samples
    return sum(
        exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))
        for k in range(good + 1)
    )


def test_the_chance_of_bad_luck() -> None:
    worst = max(
        chance(samples, threshold)
        for samples in (30, 31, 40, 50, 60, 100, 150, 273)
        for threshold in range(50_000, 1_000_000, 50_000)
        if samples * (1_000_000 - threshold) >= LEAST_FAILURES * 1_000_000
    )
    assert 0.02 < worst <= 0.05
    assert chance(30, 995_000) > 0.1, "what the least samples of a gates file keep out"

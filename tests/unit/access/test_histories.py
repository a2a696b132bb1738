"""Random histories against an oracle that never reads the ledger's figures: no wrongful loss of access.

What is proved, and what is not:

1. *By construction.* Every history is planned delivery by delivery, with what truly happened. A loss is wrongful where
   in one of the two quarters at least the threshold's share of delivery events was truly in time (or the true score
   was at the threshold), or fewer than thirty counted. None may be due, whatever others sign, contest, sign late, hold
   or close. This holds always, not only often: the better end of Wilson's interval never lies below the share itself,
   and what is in doubt counts for the partner.
2. *By chance.* Of a partner whose deliveries are in time with a probability of exactly the threshold, two quarters by
   bad luck can look certainly below. `test_the_chance_of_bad_luck` sums the binomial: at most 5 % a quarter under the
   least samples that a gates file may ask for, so at most 0.25 % for two quarters that are independent of each other.
"""

import random
from collections import Counter
from decimal import Decimal, getcontext
from fractions import Fraction
from math import exp, lgamma, log

import pytest

from ledger.access.course import Stage
from ledger.access.gates_file import LEAST_FAILURES
from ledger.codes import StatementKind
from ledger.records.types import ShipmentTerms
from ledger.scores.confidence import wilson
from tests.drills import SEED, amount
from tests.unit.access.world import CLOSED, FIRST_DAYS, GATE, PARSED, World, closed
from tests.unit.history import CARRIER, DAY, HOUR, SHOP

THRESHOLD = Decimal(GATE.threshold) / 1_000_000
SCORE_GATE = PARSED.gates["score"]
THIRD, STRANGER = 40, 41
WAYS = (
    "in_time", "late", "tendered", "signed_late", "borne_out", "fallen", "awarded", "contested_by_stranger", "held",
    "corrected", "relieved",
)  # fmt: skip
"""How a shipment goes. `late` is the one that truly is. `tendered` and never contested; `signed_late` by the receiver
after a tender in time; contested and `borne_out` by a third, or `fallen`, or `awarded`: a third bore out the contest,
and another one in the window to appeal the tender; contested by a `stranger`; `held` by customs past the promise;
noted a day late and `corrected` in the window by both sides; late, and `relieved` in it."""
OFFERED = frozenset({"tendered", "signed_late", "borne_out", "fallen", "awarded", "contested_by_stranger"})
CONTESTED = frozenset({"borne_out", "fallen", "awarded"})
APPEALED = frozenset({"awarded", "corrected", "relieved"})


def planned(rng: random.Random) -> list[list[str]]:
    """Two quarters of shipments, one a day each from the first on; the `sniped` have two a day."""
    kind = rng.choice(["good", "mixed", "bad", "bad", "few", "contested", "appealed", "sniped"])
    quarters = []
    for _ in FIRST_DAYS:
        count = rng.randint(24, 29) if kind == "few" else rng.randint(30, 45)
        if kind == "bad":
            quarters.append(["late" if rng.random() < 0.6 else "in_time" for _ in range(count)])
        elif kind == "appealed":
            quarters.append([rng.choice([*APPEALED, "relieved", "late", "in_time"]) for _ in range(count)])
        elif kind == "contested":
            quarters.append([rng.choice(["fallen", "fallen", "borne_out", "in_time"]) for _ in range(count)])
        elif kind == "sniped":  # somebody contests as many as do not stand out, beside lateness near the threshold
            ways = ["late"] * 15 + ["fallen"] * 15 + ["tendered"] * 60
            quarters.append(rng.sample(ways, k=rng.randint(75, len(ways))))
        else:
            late = rng.uniform(0, 0.25) if kind == "good" else rng.uniform(0, 0.8)
            wronged = [way for way in WAYS if way != "late"]
            quarters.append(["late" if rng.random() < late else rng.choice(wronged) for _ in range(count)])
    return quarters


def played(quarters: list[list[str]]) -> World:
    world = World()
    forgiven = []
    for quarter, (first, ways) in enumerate(zip(FIRST_DAYS, quarters, strict=True)):
        for i, way in enumerate(ways):
            name, day = 100 * quarter + i, first + i % 45
            promised = (day + 3) * DAY
            world.opened(name, day)
            tender = world.stated(StatementKind.TENDER, name, CARRIER, promised - HOUR) if way in OFFERED else []
            disputed = way in CONTESTED or way == "contested_by_stranger"
            by = STRANGER if way == "contested_by_stranger" else SHOP
            contest = world.stated(StatementKind.CONTEST, name, by, promised + DAY) if disputed else []
            if way == "borne_out":
                world.endorsed(tender, THIRD, promised + 2 * DAY)
            if way == "awarded":
                world.endorsed(contest, THIRD, promised + 2 * DAY)
                world.endorsed(tender, THIRD + 2, CLOSED + DAY)
            if way == "relieved":
                forgiven.append(name)
            if way == "in_time":
                world.delivered(name, promised - HOUR)
            elif way in ("late", "relieved"):
                world.delivered(name, promised + 4 * DAY)
            elif way == "held":
                world.held(name, promised - DAY, promised + 4 * DAY)
                world.delivered(name, promised + 4 * DAY)
            elif way == "corrected":
                delivery = world.delivered(name, promised + 12 * HOUR)
                world.corrected(delivery, promised - HOUR, CLOSED + DAY, (CARRIER, SHOP))
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


def true_points(ways: list[str]) -> Fraction:
    """At least what the true score is, in hundredths of a point, by RECORDS' table: on time 35 (80 → 98 %), in full 25
    (always), mean late 10 (1 day → 0), records in a day 10 (always, where only others sign late), penalty over freight
    5 (at its worst). No leg has a deadline, so 15 are spread.
    """
    late = Fraction(ways.count("late"), len(ways))
    on_time = min(Fraction(1), max(Fraction(0), (1 - late - Fraction(80, 100)) / Fraction(18, 100)))
    mean_late = max(Fraction(0), 1 - 4 * late)
    return 10_000 * (35 * on_time + 25 + 10 * mean_late + 10) / 85


def truly(quarters: list[list[str]]) -> tuple[bool, bool, bool]:
    """Whether a loss would be wrongful, by share and by score, and whether one by share must be due: from the plan."""
    by_share, by_score, must = False, False, True
    for ways in quarters:
        good, few = len(ways) - ways.count("late"), len(ways) < 30
        by_share = by_share or few or good >= THRESHOLD * len(ways)
        by_score = by_score or few or true_points(ways) >= SCORE_GATE.threshold
        must = must and not few and certainly_below(good, len(ways))
    return by_share, by_score, must


def histories(count: int, seed: int) -> Counter[str]:
    rng, seen = random.Random(seed), Counter[str]()
    for i in range(count):
        quarters = planned(rng)
        world = played(quarters)
        by_share, by_score, must = truly(quarters)
        if rng.random() < 0.2:
            _close_some(rng, world)
            seen["closed"] += 1
            must = False
        stage, scored = world.course().stage, world.course(gate=SCORE_GATE).stage
        assert not (by_share and stage is Stage.DUE), (seed, i)
        assert not (by_score and scored is Stage.DUE), (seed, i)
        assert stage is Stage.DUE or not must, (seed, i)
        seen[stage] += 1
        seen["by_score"] += scored is Stage.DUE
        seen["wrongful" if by_share else "fair"] += 1
        seen["wrongful_by_score"] += by_score
        seen["probation"] += world.course(CLOSED).stage is Stage.PROBATION
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
    assert seen["by_score"] > 3, seen
    assert seen["wrongful_by_score"] > 15, seen


@pytest.mark.drill
def test_no_history_of_ten_thousand_costs_access_wrongfully() -> None:
    count = amount("ACCESS_HISTORIES", 10_000)
    seen = histories(count, SEED)
    assert 8 * seen["must"] > count, seen
    assert 3 * seen["wrongful"] > count, seen
    assert seen["probation"] > seen[Stage.DUE], seen
    assert 12 * seen["by_score"] > count, seen


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

"""How fast penalties, scores and a bonus are computed over many plain handoffs, from records already in memory.

    python -m scripts.bench.numbers [HANDOFFS]

Records are made up, with fixed dice: shipments of two or three handoffs each, many of them late. Signatures are no part
of it: loading and verifying records is another matter.
"""

import gc
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from ledger.bonus_rules import parse_rule
from ledger.bonuses import charges_on, compute_award, scorecards_of
from ledger.codes import Outcome
from ledger.ids import RecordId, to_hex
from ledger.journeys import Journeys
from ledger.owed import Owed, all_owed
from ledger.records import (
    BonusAgreement,
    Commercial,
    Details,
    Handoff,
    HandoffItem,
    Load,
    Place,
    Share,
    ShipmentTerms,
)
from ledger.score_card import parse_card
from ledger.score_samples import Period
from ledger.scores import Tallies
from ledger.services.scorecards import default_card_text
from ledger.verification import Facts, VerifiedRecord, already_verified

DAY = 86_400
HANDOFFS = 1_000_000
SUPPLIERS, CARRIERS, SHOPS = range(1, 51), range(100, 140), range(200, 260)
T = TypeVar("T")
RULE = """format = "lading/bonus-rule/1"
title = "Benchmark"
card = "{card}"

[carrier.benchmark]
indicator = "on-time"
threshold = 800_000
samples = 10

[carrier.quality]
indicator = "in-full-undamaged"
threshold = 900_000
samples = 10
"""


def records(handoffs: int, seed: int = 1) -> Iterator[VerifiedRecord]:
    """Verified records of about so many handoffs, in log order; ids are counters, for nothing here hashes."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    salt, nothing = bytes(16), bytes(32)
    details, place, load = Details(salt, ""), Place(salt, "NZ", "", "", ""), Load(salt, "")
    index = 0

    def made(record: Any, signers: tuple[int, ...], now: int) -> VerifiedRecord:
        nonlocal index
        index += 1
        facts = Facts(index, now, index, now + 5, 0, (Outcome.APPLIED,), index)
        return already_verified(RecordId(index.to_bytes(32, "big")), record, signers, facts, roles=(0,) * len(signers))

    count = 0
    while count < handoffs:
        opened = 1_700_000_000 + dice.randrange(300 * DAY)
        supplier, carrier, shop = dice.choice(SUPPLIERS), dice.choice(CARRIERS), dice.choice(SHOPS)
        commercial = Commercial(
            salt, "PO", 1_000_000, "EUR", 20_000, "DAP", opened + 9 * DAY, 0, 200, 20_000, carrier, shop, 30 * DAY,
            3 * DAY, DAY, nothing,
        )  # fmt: skip
        terms = ShipmentTerms(
            salt,
            supplier,
            shop,
            supplier,
            bytes(20),
            1,
            (),
            10,
            3,
            0,
            place,
            place,
            (),
            commercial,
            (),
            opened,
            details,
        )
        opening = made(terms, (supplier, carrier), opened)
        yield opening
        way = (supplier, carrier, *dice.sample(CARRIERS, dice.randrange(2)), shop)
        now = opened
        for sequence, (releaser, receiver) in enumerate(pairwise(way)):
            if releaser == receiver:
                continue
            now += dice.randrange(2 * DAY, 5 * DAY)
            item = HandoffItem(opening.id, sequence, 10, 0)
            handoff = Handoff((item,), releaser, receiver, place, load, now, now + 4 * DAY, now, details)
            yield made(handoff, (releaser, receiver), now + dice.randrange(2 * DAY))
            count += 1


def measure(handoffs: int = HANDOFFS) -> dict[str, Any]:
    """Seconds of each part on one core, and the most memory that the process had."""
    gc.disable()  # objects that live to the end: the collector would walk them again and again
    journeys, indexing = _timed(lambda: Journeys(records(handoffs)))
    shipments = sum(1 for _ in journeys.shipments())
    period = Period(1_690_000_000, 1_800_000_000, 1_800_000_000)
    card = parse_card(default_card_text())
    owed, penalties = _timed(lambda: list(all_owed(journeys)))
    tallies, counting = _timed(lambda: Tallies(journeys, period))
    cards, scoring = _timed(
        lambda: [tallies.score(partner, role, card) for role in card.roles for partner in tallies.partners(role)]
    )
    _, bonus = _timed(lambda: _award(journeys, owed, tallies, period))
    return {
        "handoffs": handoffs,
        "shipments": shipments,
        "late": sum(one.late_seconds > 0 for one in owed),
        "penalty": sum(one.amount for one in owed),
        "scorecards": len(cards),
        "seconds": {
            "made up and indexed": indexing,
            "penalties": penalties,
            "scores": round(counting + scoring, 2),
            "bonus": bonus,
            "penalties, scores and bonus": round(penalties + counting + scoring + bonus, 2),
        },
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _award(journeys: Journeys, owed: Sequence[Owed], tallies: Tallies, period: Period) -> object:
    card = parse_card(default_card_text())
    rule = parse_rule(RULE.format(card=to_hex(card.hash)).encode())
    parties = tuple(Share(partner, 1_000) for partner in list(CARRIERS)[:5])
    agreement = BonusAgreement(
        bytes(16), parties, 1, 1, bytes(20), "EUR", rule.hash, period.start, period.end, DAY, 2, DAY, period.end,
        period.end, Details(bytes(16), ""),
    )  # fmt: skip
    charges = charges_on(agreement, journeys, owed)
    return compute_award(
        RecordId(bytes(32)), agreement, rule, 1, 10**9, scorecards_of(agreement, rule, tallies, card), charges
    )


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    result = run()
    return result, round(time.process_time() - start, 2)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else HANDOFFS), indent=2))

"""How fast penalties, scores and a bonus are computed over many handoffs, from records already in memory.

    python -m scripts.bench.numbers [HANDOFFS]

Records are made up, with fixed dice: shipments of two or three handoffs each, many of them late. Signatures are no part
of it: loading and verifying records is another matter. The garbage collector runs, with the loaded records set aside,
as in the service.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, TypeVar

from ledger.bonuses.award import charges_on, compute_award, scorecards_of
from ledger.bonuses.rule_file import parse_rule
from ledger.codes import ClearanceStatus, ExceptionBit, Gate, HoldCause, Outcome
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR, Period
from ledger.records.types import (
    BonusAgreement,
    Clearance,
    Commercial,
    Details,
    Duty,
    Handoff,
    HandoffItem,
    Load,
    Place,
    Require,
    Share,
    ShipmentRef,
    ShipmentTerms,
)
from ledger.records.verification import Facts, VerifiedRecord, already_verified
from ledger.scores.card import parse_card
from ledger.scores.tallies import Tallies
from ledger.services.figures.cache import settle_in
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys

HANDOFFS = 1_000_000
TARGET = 10
"""CPU seconds for a million handoffs."""
BROKER, CUSTOMS = 90, 91
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
    """Verified records of about so many handoff items, in log order; ids are counters, for nothing here hashes.

    Of the shipments 85 % are plain, 10 % were held by customs, 5 % damaged or short; some travel ten to a manifest.
    """
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    salt, nothing = bytes(16), bytes(32)
    details, place, load = Details(salt, ""), Place(salt, "NZ", "", "", ""), Load(salt, "")
    duty = Duty(salt, "", "", "", "", ())
    requires = (Require(b"NZ", 1, int(Gate.DELIVERY), relay=True),)
    index = 0

    def made(record: Any, signers: tuple[int, ...], now: int, items: int = 1) -> VerifiedRecord:
        nonlocal index
        index += 1
        facts = Facts(index, now, index, now + 5, 0, (Outcome.APPLIED,) * items, index)
        return already_verified(RecordId(index.to_bytes(32, "big")), record, signers, facts, roles=(0,) * len(signers))

    def customs(shipment: bytes, now: int) -> Iterator[VerifiedRecord]:
        for sequence, status in enumerate((ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.RELEASED)):
            cause = HoldCause.RANDOM if status is ClearanceStatus.HELD else 0
            refs = (ShipmentRef(shipment, sequence),)
            at = now + sequence * HOUR
            clearance = Clearance(CUSTOMS, BROKER, refs, b"NZ", 1, status, cause, 0, 3, at, duty, details)
            yield made(clearance, (CUSTOMS,), at)

    count = 0
    while count < handoffs:
        opened = 1_700_000_000 + dice.randrange(300 * DAY)
        supplier, carrier, shop = dice.choice(SUPPLIERS), dice.choice(CARRIERS), dice.choice(SHOPS)
        commercial = Commercial(
            salt, "PO", 1_000_000, "EUR", 20_000, "DAP", opened + 9 * DAY, 0, 200, 20_000, carrier, shop, 30 * DAY,
            3 * DAY, DAY, nothing,
        )  # fmt: skip
        terms = ShipmentTerms(
            salt, supplier, shop, supplier, bytes(20), 1, (), 10, 3, 0, place, place, (), commercial, requires, opened,
            details,
        )  # fmt: skip
        ids = []
        for _ in range(10 if dice.random() < 0.01 else 1):
            opening = made(terms, (supplier, carrier), opened)
            ids.append(opening.id)
            yield opening
        fate = dice.random()
        way = (
            supplier,
            carrier,
            *dice.sample([other for other in CARRIERS if other != carrier], dice.randrange(2)),
            shop,
        )
        now, packages = opened, 10
        for sequence, (releaser, receiver) in enumerate(pairwise(way)):
            now += dice.randrange(2 * DAY, 5 * DAY)
            exceptions = 0
            if sequence == 1 and fate < 0.10:
                for shipment in ids:
                    yield from customs(shipment, now - DAY)
            elif sequence == 1 and fate < 0.15:
                exceptions = int(ExceptionBit.SHORT if fate < 0.11 else ExceptionBit.DAMAGED)
                packages -= exceptions == ExceptionBit.SHORT
            items = tuple(HandoffItem(shipment, sequence, packages, exceptions) for shipment in ids)
            handoff = Handoff(items, releaser, receiver, place, load, now, now + 4 * DAY, now, details)
            yield made(handoff, (releaser, receiver), now + dice.randrange(2 * DAY), len(ids))
            count += len(ids)


def measure(handoffs: int = HANDOFFS) -> dict[str, Any]:
    """CPU seconds of each part on one core once records are in memory, and the most memory that the process had."""
    journeys, indexing = _timed(lambda: Journeys(records(handoffs)))
    shipments = sum(1 for _ in journeys.shipments())
    period = Period(1_690_000_000, 1_800_000_000, 1_800_000_000)
    card = parse_card(default_card_text())
    settle_in()
    loaded = _megabytes()
    tallies, counting = _timed(lambda: Tallies(journeys, period, penalties=True))
    cards, scoring = _timed(
        lambda: [tallies.score(partner, role, card) for role in card.roles for partner in tallies.partners(role)]
    )
    _, bonus = _timed(lambda: _award(journeys, tallies, period))
    return {
        "handoffs": handoffs,
        "shipments": shipments,
        "late": sum(one.late_seconds > 0 for one in tallies.owed),
        "penalty": sum(one.amount for one in tallies.owed),
        "scorecards": len(cards),
        "seconds": {
            "made up and indexed": round(indexing, 2),
            "penalties and samples, in one pass": round(counting, 2),
            "scores": round(scoring, 2),
            "bonus": round(bonus, 2),
            "penalties, scores and bonus": round(counting + scoring + bonus, 2),
            "target": round(TARGET * handoffs / HANDOFFS, 2),
        },
        "megabytes": {"records": loaded, "at most": _megabytes()},
    }


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _award(journeys: Journeys, tallies: Tallies, period: Period) -> object:
    card = parse_card(default_card_text())
    rule = parse_rule(RULE.format(card=to_hex(card.hash)).encode())
    parties = tuple(Share(partner, 1_000) for partner in list(CARRIERS)[:5])
    agreement = BonusAgreement(
        bytes(16), parties, 1, 1, bytes(20), "EUR", rule.hash, period.start, period.end, DAY, 2, DAY, period.end,
        period.end, Details(bytes(16), ""),
    )  # fmt: skip
    charges = charges_on(agreement, journeys, tallies.owed, agreement.periodEnd)
    return compute_award(
        RecordId(bytes(32)), agreement, rule, 1, 10**9, scorecards_of(agreement, rule, tallies, card), charges
    )


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else HANDOFFS), indent=2))

"""How fast penalties, scores and a bonus are computed over many handoffs, from what was read of them before.

    python -m scripts.bench.numbers [HANDOFFS]
    python -m scripts.bench.numbers ways [SHIPMENTS]

Records are made up, with fixed dice: shipments of two or three handoffs each, many of them late. Signatures are no part
of it: loading and verifying records is another matter. What is plain is kept in columns, what is not as records.

`ways`: the figures of the network by fulfilment, and the turnover of everybody's stock, from journeys in memory.
"""

import ctypes
import gc
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from ledger.bonuses.award import compute_award, scorecards_of
from ledger.bonuses.rule_file import parse_rule
from ledger.codes import ClearanceStatus, ExceptionBit, Gate, HoldCause, Outcome
from ledger.columns.charges import charges_on
from ledger.columns.families import FamilyRecords
from ledger.columns.parts import Asked, part_of, tallies_of
from ledger.columns.plain_columns import PlainColumns, joined
from ledger.columns.sealing import sealed, together
from ledger.columns.tallies import ColumnTallies
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR, Period
from ledger.network.contributions import KeptContributions
from ledger.network.performance import network
from ledger.network.routes import GROUPS, By
from ledger.network.turnover import turnover_by
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
from ledger.scores.card import Card, parse_card
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from ledger.stock.holdings import Stock

HANDOFFS = 1_000_000
SHIPMENTS = 100_000
"""Of the ways of delivery."""
TARGET = 10
"""CPU seconds for a million handoffs."""
RESIDENT = 200
"""Bytes a handoff."""
BATCH = 5_000
"""Records that are put into columns together."""
MEGABYTE = 2**20
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


def records(handoffs: int, seed: int = 1, start: int = 0) -> Iterator[VerifiedRecord]:
    """Verified records of about so many handoff items, in log order after `start` others; ids are counters, for nothing
    here hashes.

    Of the shipments 85 % are plain, 10 % were held by customs, 5 % damaged or short; some travel ten to a manifest.
    """
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    salt, nothing = bytes(16), bytes(32)
    details, place, load = Details(salt, ""), Place(salt, "NZ", "", "", ""), Load(salt, "")
    duty = Duty(salt, "", "", "", "", ())
    requires = (Require(b"NZ", 1, int(Gate.DELIVERY), relay=True),)
    index = start

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
    """CPU seconds of each part on one core, and the bytes that stay resident a handoff once all is read."""
    _made(1_000)  # what is imported and made once is nobody's handoff
    before = _resident()
    (columns, rest), reading = _timed(lambda: _made(handoffs))
    resident = _resident() - before
    card, parties = parse_card(default_card_text()), list(CARRIERS)[:5]
    asked = Asked(Period(1_690_000_000, 1_800_000_000, 1_800_000_000), frozenset(parties))
    part, counting = _timed(lambda: part_of(rest, asked, columns))
    tallies, adding = _timed(lambda: tallies_of([part], asked.period))
    cards, scoring = _timed(
        lambda: [tallies.score(partner, role, card) for role in card.roles for partner in tallies.partners(role)]
    )
    owed, penalties = _timed(lambda: tallies.owed)
    _, bonus = _timed(lambda: _award(parties, tallies, card))
    return {
        "handoffs": handoffs,
        "shipments": len(owed),
        "late": sum(one.late_seconds > 0 for one in owed),
        "penalty": sum(one.amount for one in owed),
        "scorecards": len(cards),
        "seconds": {
            "made up, and put into columns": round(reading, 2),
            "samples and penalties of what is not plain": round(counting, 2),
            "penalties": round(penalties, 2),
            "scores": round(adding + scoring, 2),
            "bonus": round(bonus, 2),
            "penalties, scores and bonus": round(counting + adding + scoring + penalties + bonus, 2),
            "target": round(TARGET * handoffs / HANDOFFS, 2),
        },
        "bytes a handoff": {
            "columns": round(columns.size / handoffs),
            "resident": round(resident / handoffs),
            "target": RESIDENT,
        },
        "megabytes at most": _most() // MEGABYTE,
    }


def ways(shipments: int = SHIPMENTS) -> dict[str, Any]:
    """CPU seconds of figures by fulfilment and of turnover over about so many shipments, and megabytes for them."""
    period = Period(1_690_000_000, 1_800_000_000, 1_740_000_000)
    journeys = Journeys(records(shipments * 5 // 2))
    before = _resident()
    stock, holding = _timed(lambda: Stock(journeys))
    held = _resident() - before
    (found,), turning = _timed(lambda: turnover_by(journeys, period, By.FULFILMENT, stock=stock).values())
    kept = KeptContributions(journeys)
    _, first = _timed(lambda: network(journeys, period, GROUPS[By.FULFILMENT], kept=kept))
    contributed = _resident() - before - held
    _, again = _timed(lambda: network(journeys, period, GROUPS[By.FULFILMENT], kept=kept))
    return {
        "shipments": sum(1 for _ in journeys.shipments()),
        "partners with stock": len(found),
        "seconds": {
            "stock, after a record": round(holding, 2),
            "turnover from it": round(turning, 2),
            "figures, at first": round(first, 2),
            "figures, kept": round(again, 2),
        },
        "megabytes": {"stock": held // MEGABYTE, "contributions": contributed // MEGABYTE},
    }


def _made(handoffs: int) -> tuple[PlainColumns, FamilyRecords]:
    """So many handoffs as a reader of the log keeps them: what is plain in columns, what is not as records."""
    columns, rest, batch = list[PlainColumns](), list[FamilyRecords](), list[VerifiedRecord]()

    def put() -> None:
        sealing = sealed(batch)
        columns.append(sealing.columns)
        rest.append(sealing.rest)
        batch.clear()

    for record in records(handoffs):
        # Whole families: the next shipment begins where terms follow something else.
        begins = isinstance(record.record, ShipmentTerms)
        if len(batch) >= BATCH and begins and not isinstance(batch[-1].record, ShipmentTerms):
            put()
        batch.append(record)
    put()
    return joined(columns), together(rest)


def _resident() -> int:
    """Bytes of this process in memory, once what is free was given back."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # otherwise free pieces of batches long gone would count
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _most() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _award(parties: Sequence[int], tallies: ColumnTallies, card: Card) -> object:
    rule, period = parse_rule(RULE.format(card=to_hex(card.hash)).encode()), tallies.period
    shares = tuple(Share(partner, 1_000) for partner in parties)
    agreement = BonusAgreement(
        bytes(16), shares, 1, 1, bytes(20), "EUR", rule.hash, period.start, period.end, DAY, 2, DAY, period.end,
        period.end, Details(bytes(16), ""),
    )  # fmt: skip
    scorecards = scorecards_of(agreement, rule, tallies, card)
    return compute_award(RecordId(bytes(32)), agreement, rule, 1, 10**9, scorecards, charges_on(agreement, tallies))


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


if __name__ == "__main__":
    what, given = (ways, sys.argv[2:]) if sys.argv[1:2] == ["ways"] else (measure, sys.argv[1:])
    print(json.dumps(what(*map(int, given[:1])), indent=2))

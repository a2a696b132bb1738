"""Shipments that go their way through whatever service answers, and what was acknowledged of them."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

import requests

from ledger.cli.demo.scribe import Deal, place
from ledger.codes import APPLIED, ExceptionBit, Mode
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.records.signing import SignedRecord
from ledger.records.types import Handoff, Outcome, Record, ShipmentTerms
from ledger.store import outbox, records
from ledger.store.database import Database
from ledger.store.projections import outcomes, shipments
from tests.e2e.scale.deployment import Deployment
from tests.e2e.stage import ALPHA, CAP, CARRIER, MAKER, SHOP

NONE = ExceptionBit(0)
PACKAGES = 4
STEPS = 3
"""Records of a shipment: its terms and two handoffs."""
_TAKEN = (200, 201)
_COME_BACK = (429, 502, 503)


@dataclass
class Journey:
    """A shipment's records as they were acknowledged, in that order: id, and index in the log."""

    acknowledged: list[tuple[RecordId, int]] = field(default_factory=list)


class Load(Thread):
    """A client that sends one shipment after another on its way until told to end, each record until it is taken."""

    def __init__(self, deployment: Deployment, urls: Sequence[str], seed: int) -> None:
        super().__init__(name=f"load {seed}", daemon=True)
        self._deployment = deployment
        self._domain = deployment.trial.node.home.domain
        self._urls = urls
        self._rng = random.Random(seed)
        self._ended = Event()
        self.journeys: list[Journey] = []
        self.sent_again = 0
        self.slowest = 0.0
        """Seconds that the slowest answer took."""
        self.refused: list[str] = []

    def end(self) -> None:
        """Let the shipment under way finish."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.is_set() and not self.refused:
            self.journey()

    def journey(self) -> Journey:
        made = Journey()
        self.journeys.append(made)
        for signed in self.steps():
            record_id = self._domain.record_id(signed.record)
            index = self._taken(signed)
            if index is None:
                break
            made.acknowledged.append((record_id, index))
        return made

    def steps(self) -> Iterator[SignedRecord]:
        scribe = self._deployment.scribe
        deal = Deal("PO-1", 10_000_00, CAP, scribe.now + 10 * DAY, ALPHA, CAP, CARRIER, SHOP)
        terms = scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=PACKAGES, mode=Mode.ROAD)
        yield self.signed(terms, MAKER)
        shipment = self._domain.record_id(terms)
        for sequence, (releaser, receiver) in enumerate(((MAKER, CARRIER), (CARRIER, SHOP))):
            items = [(shipment, sequence, PACKAGES, NONE)]
            handoff = scribe.handoff(items, releaser, receiver, place("NZ", "NZAKL", "Auckland"))
            yield self.signed(handoff, releaser, receiver)

    def signed(self, record: Record, *partners: int) -> SignedRecord:
        keys = [self._deployment.trial.parties[partner].key for partner in partners]
        return SignedRecord(record, tuple(key.sign(self._domain, record) for key in keys))

    def _taken(self, signed: SignedRecord) -> int | None:
        """The index that a service acknowledged; whichever it is, the next is asked when one is away or busy."""
        while True:
            begun = time.monotonic()
            try:
                answer = requests.post(f"{self._rng.choice(self._urls)}/v1/records", json=signed.to_json(), timeout=15)
            except requests.RequestException:
                answer = None
            self.slowest = max(self.slowest, time.monotonic() - begun)
            if answer is not None and answer.status_code in _TAKEN:
                return int(answer.json()["receipt"]["index"])
            if answer is not None and answer.status_code not in _COME_BACK:
                self.refused.append(f"{answer.status_code} {answer.text}")
                return None
            self.sent_again += 1
            time.sleep(0.3)


def waiting(database_url: str) -> int:
    """How many records have no final outcome yet."""
    database = Database.existing(database_url)
    try:
        with database.read() as connection:
            return outbox.left(connection)
    finally:
        database.close()


def differences(database_url: str, journeys: Sequence[Journey]) -> list[str]:
    """What of all that was acknowledged is lost, doubled, reordered, or did not come to what it comes to without
    faults: each shipment opened, handed over twice, and with the receiver.
    """
    database, found = Database.existing(database_url), []
    try:
        with database.read() as connection:
            acknowledged = {record_id for one in journeys for record_id, _ in one.acknowledged}
            rows = records.get_many(connection, acknowledged)
            settled = outcomes.of_many(connection, acknowledged)
            logged = list(records.stream(connection))
            for one in journeys:
                indexes = [index for _, index in one.acknowledged]
                if len(indexes) != STEPS or indexes != sorted(set(indexes)):
                    found.append(f"acknowledged at {indexes}")
                for record_id, index in one.acknowledged:
                    row, items = rows.get(record_id), settled.get(record_id, [])
                    if row is None or row.log_index != index:
                        found.append(f"{to_hex(record_id)} was acknowledged at {index}, and is {row and row.log_index}")
                    if len(items) != 1 or items[0].outcome not in APPLIED:
                        found.append(f"{to_hex(record_id)} came to {[item.outcome for item in items]}")
                shipment = shipments.get(connection, one.acknowledged[0][0])
                if shipment is None or (shipment.custodian, shipment.sequence) != (SHOP, STEPS - 1):
                    found.append(f"{to_hex(one.acknowledged[0][0])} is {shipment}")
    finally:
        database.close()
    moves = {row.record_id for row in logged if isinstance(row.record, ShipmentTerms | Handoff)}
    if moves != acknowledged:
        found.append(f"{len(moves)} records in the log, {len(acknowledged)} acknowledged")
    told = [row.record.record for row in logged if isinstance(row.record, Outcome) and row.record.record in moves]
    if len(told) != len(set(told)):
        found.append("an outcome was logged twice")
    return found

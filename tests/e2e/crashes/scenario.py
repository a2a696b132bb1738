"""A short day of a home, played while the disk fails, and what must hold of the home afterwards."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ledger import merkle
from ledger.chain.contracts import has_chain_track
from ledger.chain.events import item_count
from ledger.cli.demo.cast import GTIN
from ledger.cli.demo.scribe import NO_HASH, NO_KEY, details, place, salt
from ledger.codes import NOT_FINAL, Fulfilment, Mode, Purpose, StatementKind
from ledger.codes import Outcome as Code
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import LadingError
from ledger.records.signing import SignedRecord
from ledger.records.types import (
    Commercial,
    Endorsement,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Outcome,
    Record,
    ShipmentTerms,
    Statement,
)
from ledger.services.audit.run import audit
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import Settings
from ledger.services.intake.submission import Accepted
from ledger.services.node.node import Node
from ledger.store import records
from tests.e2e.stage import ALPHA, CAP, CARRIER, LOT, MAKER, PROMISED, SHOP, parties

Tell = Callable[[str], None]
ENDED_WELL, SAID_WHY = 0, 1
ROUNDS = 40
"""Most rounds until a home that came back has nothing left to do."""


def script(settings: Settings, now: int) -> tuple[SignedRecord, ...]:
    """The day's records, signed: two shipments open, go to the carrier together, and one is offered for delivery."""
    domain = read_consortium(settings.home).deployment.domain()
    cast = parties()

    def signed(record: Record, *signers: int) -> SignedRecord:
        return SignedRecord(record, tuple(cast[signer].key.sign(domain, record) for signer in signers))

    first, second = (terms(number, now) for number in (1, 2))
    ids = [domain.record_id(terms) for terms in (first, second)]
    items = tuple(HandoffItem(shipment, 0, 10, 0) for shipment in sorted(ids))
    where = place("NZ", "NZAKL", "Auckland")
    handoff = Handoff(items, MAKER, CARRIER, where, Load(salt(), ""), now, 0, now + DAY, details())
    tender = Statement(CARRIER, SHOP, int(StatementKind.TENDER), ids[0], 1, now, where, details())
    return (
        signed(first, MAKER),
        signed(second, MAKER),
        signed(handoff, MAKER, CARRIER),
        signed(Endorsement(CARRIER, ids[0]), CARRIER),
        signed(tender, CARRIER),
    )


def terms(number: int, now: int) -> ShipmentTerms:
    goods = Goods(salt(), GTIN, LOT, NO_HASH, 60, "tin", "190110", "Infant formula")
    commercial = Commercial(
        salt(), f"PO-{number}", 10_000_00, "EUR", CAP, "FCA", now + PROMISED, 0, ALPHA, CAP, CARRIER, SHOP,
        30 * DAY, 3 * DAY, DAY, NO_HASH,
    )  # fmt: skip
    places = place("NZ", "NZAKL", "Auckland"), place("CN", "CNNGB", "Ningbo")
    return ShipmentTerms(
        salt(), MAKER, SHOP, MAKER, NO_KEY, int(Purpose.ORIGINAL), (), 10, int(Mode.ROAD),
        int(Fulfilment.BONDED_WAREHOUSE), *places, (goods,), commercial, (), now + DAY, details(),
    )  # fmt: skip


def day(settings: Settings, now: int, records_of_day: Sequence[SignedRecord], tell: Tell) -> int:
    """Play the day, telling what was acknowledged; the status with which a process that played it ends.

    Raises nothing but defects: whatever the disk does is told in words.
    """
    try:
        node = Node(settings, ManualClock(now))
    except LadingError as error:
        tell(f"refused {error}")
        return SAID_WHY
    status = ENDED_WELL
    for step in [*_steps(node, records_of_day, tell), node.close]:
        try:
            step()
        except LadingError as error:
            tell(f"refused {error}")
            status = SAID_WHY
    return status


def _steps(node: Node, records_of_day: Sequence[SignedRecord], tell: Tell) -> Iterator[Callable[[], None]]:
    """Records and rounds in turn, as a served home has them."""
    first, second, handoff, endorsement, tender = (partial(_submit, node, one, tell) for one in records_of_day)
    carry_on = partial(_carry_on, node, tell)
    yield from (first, second, carry_on, handoff, endorsement, carry_on, tender, carry_on, carry_on)


def _submit(node: Node, signed: SignedRecord, tell: Tell) -> None:
    result = node.submission.submit(signed)
    assert isinstance(result, Accepted)
    tell(f"receipt {to_hex(result.record_id)} {result.receipt.index} {to_hex(result.receipt.leaf_hash)}")


def _carry_on(node: Node, tell: Tell) -> None:
    node.tick()
    published = node.reader.publisher.current()
    if published is not None:
        tell(f"checkpoint {published.head.size} {to_hex(published.head.root)}")


def afterwards(settings: Settings, now: int, records_of_day: Sequence[SignedRecord], told: list[str]) -> str:
    """What does not hold of the home once it came back and the partners sent again what they had; empty if all does."""
    node = Node(settings, ManualClock(now))
    try:
        for signed in records_of_day:
            _submit(node, signed, told.append)
        for _ in range(ROUNDS):
            if not node.tick():
                break
        else:
            return "it never comes to rest"
        with node.home.database.read() as connection:
            rows = list(records.stream(connection))
        leaves = [row.leaf_hash for row in rows]
        if len({row.record_id for row in rows}) != len(rows):
            return "a record stands twice in the log"
        for line in told:
            match line.split(maxsplit=3):
                case ["receipt", record_id, index, leaf]:
                    if int(index) >= len(rows) or to_hex(rows[int(index)].leaf_hash) != leaf:
                        return f"the receipt of {record_id} is broken"
                case ["checkpoint", size, root]:
                    if to_hex(merkle.root(leaves[: int(size)])) != root:
                        return f"the tree of size {size} is another one"
        if wrong := _outcomes(rows):
            return wrong
        published = node.reader.publisher.current()
        if published is None or published.head.size != len(rows):
            return "not everything is published"
        report = audit(node)
        return "" if report.ok else f"the audit finds {report.to_json()['findings']}"
    finally:
        node.close()


def _outcomes(rows: Sequence[records.StoredRecord]) -> str:
    """Each item of each record that the chain takes was applied, by its first final outcome."""
    settled: dict[bytes, dict[int, Code]] = defaultdict(dict)
    for outcome in (row.record for row in rows if isinstance(row.record, Outcome)):
        for item, code in enumerate(map(Code, outcome.outcomes)):
            if code not in NOT_FINAL:
                settled[outcome.record].setdefault(item, code)
    for row in rows:
        if has_chain_track(type(row.record)) and not isinstance(row.record, Outcome):
            expected = dict.fromkeys(range(item_count(row.record)), Code.APPLIED)
            if settled[row.record_id] != expected:
                return f"{type(row.record).__name__} {to_hex(row.record_id)}: {settled[row.record_id]}"
    return ""

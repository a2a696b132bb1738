"""Collecting the seals of a bundle from a CometBFT node: blocks of outcomes and anchors, and the state after them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ledger import merkle
from ledger.bundle.sealed.seals import SealedState, Seals
from ledger.bundle.sealed.state import COUNCIL_SLOT, cell_of, custody_contracts
from ledger.bundle.subject import Subject, SubjectKind
from ledger.bundle.times import TimedCheckpoint
from ledger.chain.cometbft import CometNode
from ledger.codes import Outcome as Code
from ledger.common.ids import RecordId, to_hex
from ledger.errors import ChainUnavailable, NotFound, NotSealed
from ledger.log.multi_proof import subset_path
from ledger.records.types import Outcome, Record
from ledger.seals.block import SealedBlock
from ledger.seals.results import TransactionResult
from ledger.seals.validators import Network
from ledger.services.home.home import Home
from ledger.services.home.validators import open_comet
from ledger.services.relay.missed_events import CURSOR
from ledger.store import cursors, records
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class SealSource:
    """Whom the seals are asked of, and by which validators they must hold before they are handed out."""

    node: CometNode
    network: Network
    registry: bytes


@contextmanager
def open_source(home: Home) -> Iterator[SealSource | None]:
    """Where seals come from by the settings of a home; None where they name no CometBFT node.

    Raises `NotFound` when they do, and nobody settled who the validators are.
    """
    if home.settings.cometbft is None:
        yield None
        return
    network = home.consortium.network
    if network is None:
        raise NotFound(
            "LADING_COMETBFT is set, and this home does not know the network's validators",
            where="validators.json",
            mend="Settle them with `lading validators`, or leave LADING_COMETBFT out to export without seals.",
        )
    node = open_comet(home.settings)
    try:
        yield SealSource(node, network, home.deployment.registry)
    finally:
        node.close()


def collect(
    source: SealSource,
    connection: Connection,
    size: int,
    subject: Subject,
    contents: tuple[Sequence[Record], Sequence[TimedCheckpoint]],
) -> Seals:
    """The seals of a bundle about `subject` as of `size` leaves; `contents`: its records and timed checkpoints.

    Raises `ChainUnavailable` when the node does not give what is needed, `NotSealed` when what it gives is not sealed
    by the trusted validators.
    """
    bundled, timed = contents
    wanted: dict[int, set[bytes]] = {}
    for record in bundled:
        if isinstance(record, Outcome) and not _is_given_up(record):
            wanted.setdefault(record.blockNumber, set()).add(record.transaction)
    last = max(wanted, default=1)
    for entry in timed:
        if entry.anchored is not None:
            wanted.setdefault(entry.anchored.block_number, set()).add(entry.anchored.transaction)
    blocks = tuple(_block(source, height, wanted[height]) for height in sorted(wanted))
    until = _settled_until(connection, size, source.node.latest())
    taken = {RecordId(o.record) for o in bundled if isinstance(o, Outcome) and not _is_given_up(o)}
    rows = sorted(records.get_many(connection, taken).values(), key=lambda row: row.log_index)
    return Seals(blocks, _state(source, subject, [row.record for row in rows], max(until, last)))


def _settled_until(connection: Connection, size: int, newest: int) -> int:
    """The last block of which `size` leaves have everything: followed, before that of the first outcome that is not
    among them, and before the `newest`, whose state nobody has sealed yet.
    """
    cursor = cursors.get(connection, CURSOR)
    later = (row.record for row in records.stream(connection, size, types=(Outcome.NUMBER,)))
    first = next((o.blockNumber for o in later if isinstance(o, Outcome) and not _is_given_up(o)), newest)
    return min(cursor.block if cursor else 0, first - 1, newest - 1)


def _is_given_up(outcome: Outcome) -> bool:
    """Whether the log gave the record up, or what was left of it: then no block holds the outcome."""
    return Code.REJECTED in outcome.outcomes


def _block(source: SealSource, height: int, wanted: set[bytes]) -> SealedBlock:
    results = source.node.results(height)
    hashes = [merkle.leaf_hash(result.encode()) for result in results]
    found = {result.index: _transactions_in(result, height) & wanted for result in results}
    if missing := wanted.difference(*found.values()):
        raise ChainUnavailable(
            "the node's results of the block lack a transaction",
            where=f"block {height}",
            expected=", ".join(map(to_hex, sorted(missing))),
            mend="Name a node that keeps all blocks with LADING_COMETBFT.",
        )
    chosen = [result for result in results if found[result.index]]
    indexes = [result.index for result in chosen]
    block = SealedBlock(
        source.node.sealed_header(height).header,
        source.node.sealed_header(height + 1),
        len(results),
        tuple(chosen),
        tuple(subset_path(indexes, len(results), lambda start, stop: merkle.root(hashes[start:stop]))),
    )
    list(block.events(source.network))
    return block


def _transactions_in(result: TransactionResult, height: int) -> set[bytes]:
    """The transactions whose events are in a result; none of one that failed."""
    with suppress(NotSealed):
        return {event.transaction for event in result.events(height)}
    return set()


def _state(source: SealSource, subject: Subject, recorded: Sequence[Record], height: int) -> SealedState:
    following = source.node.sealed_header(height + 1)
    following.verify(source.network)
    registry, _ = source.node.storage(source.registry, COUNCIL_SLOT, height)
    custody = []
    if subject.kind is SubjectKind.SHIPMENT:
        for contract in custody_contracts(recorded):
            proof, word = source.node.storage(contract, cell_of(subject.id), height)
            custody.append(proof)
            if word:
                break
    return SealedState(following, registry, tuple(custody))

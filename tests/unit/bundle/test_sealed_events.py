"""Which of the events that validators have sealed count as records."""

from dataclasses import replace

from ledger.bundle.sealed.events import SealedEvents
from ledger.bundle.sealed.seals import SealedState, Seals
from ledger.seals.storage import StorageProof
from scripts.vectors.keys import digest
from scripts.vectors.paper_network import PaperNetwork, answer, log_message, recorded, result

PAPER = PaperNetwork()


def test_a_strangers_event_beside_a_record_hides_nothing() -> None:
    """Anybody may submit another's record through a contract of their own, which emits what it likes."""
    transaction = digest("t")
    record = recorded(digest("record"), 5, b"call", b"\1", digest("contract")[:20], (7, transaction, 1))
    strange = replace(record, address=digest("stranger")[:20], data=b"\xff", index=0)
    block = PAPER.block(7, 1_000, [result(0, answer(transaction, [log_message(strange), log_message(record)]))], [0])
    events = SealedEvents(Seals((block,), SealedState(block.following, StorageProof(b"", b""), ())), PAPER.network)
    one = events.at(7, 1)
    assert one is not None
    assert (one.said.record_id, len(events)) == (digest("record"), 1)
    assert events.at(7, 0) is None

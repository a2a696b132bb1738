"""How far the chain is with a record, as a reader is told."""

from collections.abc import Sequence

from ledger.codes import Outcome
from ledger.common.ids import to_hex
from ledger.explain.words import spaced
from ledger.services.intake.out_of_order import RecordedState, ahead_of, in_words
from ledger.services.views.models import AwaitedView, ChainTrack, ItemView, awaited_view
from ledger.store import outbox
from ledger.store.database import Connection
from ledger.store.outbox import OutboxRow
from ledger.store.projections.outcomes import ItemOutcome
from ledger.store.records import StoredRecord


def chain_track(
    connection: Connection, row: StoredRecord, settled: Sequence[ItemOutcome], under_way: OutboxRow | None
) -> ChainTrack:
    """Of a record that is for the chain: its final outcomes so far, and its row of the outbox."""
    items = tuple(
        ItemView(o.item, spaced(Outcome(o.outcome).name), o.block_number, o.block_time, to_hex(o.transaction))
        for o in settled
    )
    codes = {item.outcome for item in items}
    # Of a manifest some items may be final while others wait for their predecessors.
    problem = under_way.problem if under_way and under_way.state != outbox.FINAL else ""
    awaits: tuple[AwaitedView, ...] = ()
    if under_way and under_way.state == outbox.WAITING:
        ahead = ahead_of(row.record, RecordedState(connection))
        problem = problem or in_words({one.item for one in ahead})
        awaits = tuple(awaited_view(one) for one in ahead)
    if not items:
        return ChainTrack("pending", problem=problem, waitsFor=awaits)
    if codes & {"applied", "applied in breach"}:
        return ChainTrack("recorded", items, problem, awaits)
    return ChainTrack("rejected" if codes == {"rejected"} else "skipped", items, problem, awaits)

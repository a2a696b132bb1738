"""What submitting a record again would bring, judged on what the chain has recorded: a look before a transaction."""

from ledger.custody.transition import MOVES_SHIPMENTS
from ledger.errors import LadingError
from ledger.services.home.clock import Clock
from ledger.services.intake.checks import consumed_slots
from ledger.services.intake.out_of_order import RecordedState, in_words, prospect
from ledger.services.relay.relayer import Outlook
from ledger.services.state.current_registry import CurrentRegistry, customs_of, signers_of
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from ledger.store.records import StoredRecord


class Lookout:
    """The relayer's `Foresee`."""

    def __init__(self, registry: CurrentRegistry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def __call__(self, connection: Connection, stored: StoredRecord) -> Outlook:
        record = stored.record
        if not isinstance(record, MOVES_SHIPMENTS):
            return Outlook()
        view = self._registry.refreshed(connection).now()
        signers = signers_of(view, record, self._registry.signer_keys.of(stored))
        try:
            found = prospect(
                record, stored.record_id, signers, customs_of(view), RecordedState(connection), self._clock.now()
            )
        except LadingError:
            return Outlook()  # the contract will say why, when it is asked
        if found.stands_still(record, {item.item for item in outcomes.of(connection, stored.record_id)}):
            return Outlook(rests=in_words({one.item for one in found.awaited}))
        return Outlook(slots=consumed_slots(record, found))

"""What submitting a record again would bring, judged on what the chain has recorded: a look before a transaction."""

from ledger.custody.transition import MOVES_SHIPMENTS
from ledger.errors import LadingError
from ledger.registry.custody_answers import RegistryFacts, signers_of
from ledger.services.home.clock import Clock
from ledger.services.intake.checks import consumed_slots
from ledger.services.intake.out_of_order import RecordedState, expected_effect, in_words
from ledger.services.relay.relayer import Foresight
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.database import Connection
from ledger.store.projections import outcomes
from ledger.store.records import StoredRecord


class RecordedForesight:
    """The relayer's `Foresee`, on what the chain has recorded."""

    def __init__(self, registry: CurrentRegistry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def __call__(self, connection: Connection, stored: StoredRecord) -> Foresight:
        record = stored.record
        if not isinstance(record, MOVES_SHIPMENTS):
            return Foresight()
        view = self._registry.refreshed(connection).now()
        signers = signers_of(view, record, self._registry.signer_keys.of(stored))
        try:
            expected = expected_effect(
                record, stored.record_id, signers, RegistryFacts(view), RecordedState(connection), self._clock.now()
            )
        except LadingError:
            return Foresight()  # the contract will say why, when it is asked
        if expected.stands_still(record, {item.item for item in outcomes.of(connection, stored.record_id)}):
            return Foresight(rests=in_words({one.item for one in expected.awaited}))
        return Foresight(slots=consumed_slots(record, expected), moves=True)

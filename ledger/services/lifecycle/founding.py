"""What the council still has to decide before a founded consortium is open for business."""

from dataclasses import replace

from ledger.codes import RegistryAction
from ledger.common.ids import KeyAddress, bytes_from_hex
from ledger.errors import RuleBroken
from ledger.records.types import RegistryChange
from ledger.registry.changes import change, opening_changes
from ledger.services.home.clock import Clock
from ledger.services.home.consortium import ANCHOR, read_consortium
from ledger.services.home.keystores import keystore_address
from ledger.services.home.settings import Settings
from ledger.services.state.current_registry import CurrentRegistry
from ledger.store.database import Database


def outstanding_changes(settings: Settings, clock: Clock, operator: int | None) -> list[RegistryChange]:
    """Changes that open the contracts and, given the operator's number, register its log: those not recorded yet.

    Numbered on from what the registry has recorded. The home may be served by another process meanwhile. Raises
    `Misconfigured` without a consortium in this home, `RuleBroken` when the operator is not admitted.
    """
    consortium = read_consortium(settings.home)
    db = Database.open(settings.database_url, begin=False)
    try:
        with db.read() as connection:
            history = CurrentRegistry(consortium.genesis, clock).refreshed(connection).history
    finally:
        db.close()
    held = history.now(clock.now())
    contracts = [(int(kind), address) for kind, address in consortium.deployment.contracts.items()]
    changes = [c for c in opening_changes(contracts, 0) if held.address(KeyAddress(c.key)) is None]
    if operator is not None and held.log(consortium.log.log_id) is None:
        if held.partner(operator) is None:
            raise RuleBroken(
                "the operator is no partner yet", where="operator", found=operator, mend="Enrol and admit it first."
            )
        anchor = bytes_from_hex(keystore_address(settings.home / "keys" / ANCHOR), 20, "anchor")
        log_id = consortium.log.log_id
        changes.append(change(0, RegistryAction.REGISTER_LOG, partner=operator, key=anchor, scope=log_id))
    return [replace(record, sequence=history.next_sequence + i) for i, record in enumerate(changes)]

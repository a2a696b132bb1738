"""What the registry says to the rules of custody and clearances: whose key signed, with which roles."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.codes import Role
from ledger.common.ids import KeyAddress
from ledger.common.scopes import ascii_scope
from ledger.custody import clearance
from ledger.custody.rules import Signer
from ledger.records.types import Override, Record
from ledger.registry.history import RegistryView


def signers_of(view: RegistryView, record: Record, keys: Sequence[KeyAddress]) -> list[Signer]:
    """Who made each signature (`keys` behind them), as the custody rules ask; of an override the receiver alone."""
    if isinstance(record, Override):
        keys = keys[-1:]
    return [_signer(view, key, record.NUMBER) for key in keys]


@dataclass(frozen=True, slots=True)
class RegistryFacts:
    """`transition.RegistryAnswers` at one moment of the registry's history."""

    view: RegistryView

    def customs_roles(self, partner: int, jurisdiction: bytes) -> clearance.CustomsRoles:
        """What a partner may do about the clearances of a jurisdiction; nothing while suspended."""
        return clearance.CustomsRoles(
            customs=self.view.has_role(partner, Role.CUSTOMS, ascii_scope(jurisdiction)),
            broker=self.view.has_role(partner, Role.BROKER),
            suspended=self.view.suspended(partner),
        )

    def knows(self, key: bytes) -> bool:
        return self.view.address(KeyAddress(key)) is not None


def _signer(view: RegistryView, key: KeyAddress, type_number: int) -> Signer:
    holder = view.signer(key, type_number)
    if holder is None:
        return Signer(key, known=view.address(key) is not None)
    return Signer(key, holder.partner, holder.roles, holder.suspended, known=True)

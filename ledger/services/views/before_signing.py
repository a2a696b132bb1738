"""What stands beside the numbers of a record for whoever is to sign it: names of partners, orders and goods."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ledger.common.ids import checksum_address, to_hex
from ledger.explain.record import Kind, Line, describe
from ledger.records.eip712 import Withheld
from ledger.records.signers import (
    CouncilSigners,
    GrantedKeySigner,
    MasterSigner,
    PartnerSigner,
    RecipientSigner,
    Signer,
    shipments_of,
)
from ledger.records.types import Commercial, Record, ShipmentTerms
from ledger.services.home.home import Home
from ledger.services.state import shipment_state
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.partner_names import COUNCIL, RECIPIENT, Names, PartnerName
from ledger.services.views.records import Reader, may_open_terms


@dataclass(frozen=True, slots=True)
class SignerView:
    """Who has to sign, and which field of the record says so; `partner` 0 for the recipient key and the council."""

    partner: int
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class CarriedGoods:
    gtin: str
    lot: str
    description: str
    quantity: int
    unit: str


@dataclass(frozen=True, slots=True)
class CarriedView:
    """What a shipment's terms say of its order and goods, as far as the reader may know it."""

    shipment: str
    order: str
    goods: tuple[CarriedGoods, ...]


class SigningViews:
    def __init__(self, home: Home, registry: CurrentRegistry) -> None:
        self._db = home.database
        self._registry = registry
        self._names = Names(registry, home.domain.consortium_id)

    def signers(self, signers: Iterable[Signer]) -> tuple[SignerView, ...]:
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            result = []
            for signer in signers:
                match signer:
                    case PartnerSigner(partner, role):
                        name = self._names.of(connection, partner)
                    case MasterSigner(partner):
                        name, role = self._names.of(connection, partner), "partner"
                    case GrantedKeySigner(key):
                        name, role = PartnerName(0, f"the granted key {checksum_address(key)}"), "key"
                    case RecipientSigner(_, role):
                        name = RECIPIENT
                    case CouncilSigners():
                        name, role = COUNCIL, "council"
                    case _:
                        name, role = PartnerName(0, "the log's anchor key"), "anchor"
                result.append(SignerView(name.id, name.name, role))
            return tuple(result)

    def names(self, record: Record) -> Mapping[int, str]:
        """The names of all partners in the record, by number."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            return {partner: self._names.of(connection, partner).name for partner in sorted(partners_in(record))}

    def carried(self, record: Record, reader: Reader) -> tuple[CarriedView, ...]:
        """Order and goods of each shipment that the record names, where the reader may see its terms."""
        with self._db.read() as connection:
            self._registry.refreshed(connection)
            terms = {shipment: shipment_state.terms_of(connection, shipment) for shipment in shipments_of(record)}
            return tuple(
                _carried(shipment, one)
                for shipment, one in terms.items()
                if one is not None and may_open_terms(one, reader)
            )


def partners_in(record: Record) -> set[int]:
    """The numbers of all partners that the record names, nobody's 0 aside."""
    return {int(line.value) for line in _flat(describe(record)) if line.kind == Kind.PARTNER and line.value}


def _flat(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from _flat(line.lines)


def _carried(shipment: bytes, terms: ShipmentTerms) -> CarriedView:
    commercial, contents = terms.commercial, () if isinstance(terms.contents, Withheld) else terms.contents
    return CarriedView(
        to_hex(shipment),
        commercial.orderRef if isinstance(commercial, Commercial) else "",
        tuple(
            CarriedGoods(goods.gtin, goods.lot, goods.description, goods.quantity, goods.unit)
            for goods in contents
            if not isinstance(goods, Withheld)
        ),
    )

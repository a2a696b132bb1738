"""Custody and clearance twice: the contracts on a chain in memory and the pure rules, which must never disagree.

Every clearance that a test submits goes to both; outcomes, clearance slots and custody slots are compared each time.
What the contract reverts the pure rules must refuse, and the other way round.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from ledger.codes import Assurance, ClearanceStatus, Gate, HoldCause, Outcome, Purpose, Regime, Role
from ledger.common.ids import RecordId
from ledger.common.keccak import keccak256
from ledger.custody.clearance import EMPTY, ClearanceSlot, CustomsRoles, SlotKey
from ledger.custody.rules import NO_KEY, Holding, Signer, Slot
from ledger.custody.transition import Effect, effect_of
from ledger.errors import InvalidInput, Refused
from ledger.records.eip712 import Withheld
from ledger.records.signers import signing_partners
from ledger.records.signing import SigningKey, recover
from ledger.records.types import (
    Child,
    Clearance,
    Handoff,
    HandoffItem,
    Record,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
)
from tests.chain.contracts.consortium import (
    CUSTOMS,
    DOMAIN,
    MAKER,
    RETAILER,
    ZERO,
    Consortium,
    consortium,
    sign,
)
from tests.chain.contracts.harness import Contract, Reverted

FRENCH_CUSTOMS, TRADING_CUSTOMS, TRADING_BROKER, IDLE_CUSTOMS, IDLE_BROKER = range(20, 25)
"""Customs of France alone; partners who are customs or broker and supplier too; partners that tests suspend."""

EXTRA_ROLES: dict[int, tuple[tuple[Role, bytes], ...]] = {
    FRENCH_CUSTOMS: ((Role.CUSTOMS, b"FR".ljust(32, b"\0")),),
    TRADING_CUSTOMS: (
        (Role.CUSTOMS, b"DE".ljust(32, b"\0")),
        (Role.SUPPLIER, ZERO),
        (Role.WAREHOUSE, ZERO),
    ),
    TRADING_BROKER: ((Role.BROKER, ZERO), (Role.SUPPLIER, ZERO), (Role.WAREHOUSE, ZERO)),
    IDLE_CUSTOMS: ((Role.CUSTOMS, b"DE".ljust(32, b"\0")),),
    IDLE_BROKER: ((Role.BROKER, ZERO),),
}
FUNCTIONS = {ShipmentTerms: "open", Handoff: "handoff", Split: "split", Clearance: "clear"}
HOUR = 3600
Who = int | SigningKey
S = ClearanceStatus


def hidden(text: str) -> Withheld:
    return Withheld(keccak256(text.encode()))


def require(
    jurisdiction: str = "DE", regime: int = Regime.IMPORT, gate: int = Gate.DELIVERY, *, relay: bool = False
) -> Require:
    return Require(jurisdiction.encode(), regime, gate, relay)


@dataclass
class World:
    """The contracts, and what the pure rules say they hold. It is the `effects.State` of the rules."""

    members: Consortium
    holdings: dict[bytes, Holding] = field(default_factory=dict)
    clearances: dict[SlotKey, ClearanceSlot] = field(default_factory=dict)
    salt: int = 0

    @property
    def now(self) -> int:
        """The time of the next block."""
        return self.members.evm.now

    def holding(self, shipment: bytes) -> Holding | None:
        return self.holdings.get(shipment)

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:
        return self.clearances.get(key)

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002 - the protocol's
        return None

    # --- records with useful defaults --------------------------------------------------------------------------------

    def clear(self, *shipments: bytes | ShipmentRef, **fields: Any) -> Clearance:
        """A release by customs of Germany, at the sequences that stand, unless `fields` say otherwise.

        What is not the authority's own word has the maker as its declarant.
        """
        values: dict[str, Any] = {
            "by": CUSTOMS, "declarant": None, "jurisdiction": b"DE", "regime": Regime.IMPORT, "status": S.RELEASED,
            "holdCause": None, "causedBy": 0, "assurance": Assurance.AUTHORITY_SIGNED, "occurredAt": self.now,
            "duty": hidden("duty"), "details": hidden("details"),
        } | fields  # fmt: skip
        if values["holdCause"] is None:
            values["holdCause"] = HoldCause.RANDOM if values["status"] == S.HELD else 0
        if values["declarant"] is None:
            values["declarant"] = 0 if values["assurance"] == Assurance.AUTHORITY_SIGNED else MAKER
        items = [
            s
            if isinstance(s, ShipmentRef)
            else ShipmentRef(s, self.sequence(s, values["jurisdiction"], values["regime"]))
            for s in shipments
        ]
        return Clearance(items=tuple(sorted(items, key=lambda i: i.shipment)), **values)

    def terms(self, *requires: Require, **fields: Any) -> ShipmentTerms:
        self.salt += 1
        values: dict[str, Any] = {
            "salt": self.salt.to_bytes(16, "big"), "consignor": MAKER, "consignee": RETAILER, "holder": None,
            "recipientKey": NO_KEY, "purpose": Purpose.ORIGINAL, "parents": (), "packages": 10, "mode": 3,
            "fulfilment": 3, "origin": hidden("origin"), "destination": hidden("destination"),
            "contents": hidden("contents"), "commercial": hidden("commercial"), "requires": requires,
            "submitBy": self.now + HOUR, "details": hidden("details"),
        } | fields  # fmt: skip
        if values["holder"] is None:
            values["holder"] = values["consignor"]
        return ShipmentTerms(**values)

    def open(self, *requires: Require, **fields: Any) -> bytes:
        """Open a shipment held by its consignor; its id."""
        terms = self.terms(*requires, **fields)
        assert self.submit(terms, terms.consignor) == (Outcome.APPLIED,)
        return DOMAIN.record_id(terms)

    def hand(self, shipment: bytes, releaser: int, receiver: int) -> Outcome:
        """Hand a shipment over as it stands; its outcome."""
        slot = self.holdings[shipment].slot
        item = HandoffItem(shipment, slot.sequence, slot.packages, 0)
        record = Handoff(
            (item,),
            releaser,
            receiver,
            hidden("place"),
            hidden("load"),
            self.now,
            0,
            self.now + HOUR,
            hidden("details"),
        )
        (outcome,) = self.submit(record, releaser, receiver)
        return outcome

    def split(self, shipment: bytes, *packages: int) -> None:
        slot = self.holdings[shipment].slot
        children = tuple(Child(count, hidden("contents")) for count in packages)
        record = Split(slot.custodian, shipment, slot.sequence, children, 1, self.now, hidden("details"))
        assert self.submit(record, slot.custodian) == (Outcome.APPLIED,)

    # --- to both -----------------------------------------------------------------------------------------------------

    def submit(self, record: Record, *who: Who) -> tuple[Outcome, ...]:
        """Outcomes of the record; asserts that contracts and rules agree on them and on every slot.

        Raises `Reverted` when both refuse it.
        """
        signatures = sign(record, *who)
        contract = self.members.clearance if isinstance(record, Clearance) else self.members.custody
        try:
            effect = self.decide(record, signatures)
        except (InvalidInput, Refused) as refused:
            with pytest.raises(Reverted) as reverted:
                contract.record(FUNCTIONS[type(record)], record, signatures)
            raise reverted.value from refused
        taken = contract.record(FUNCTIONS[type(record)], record, signatures)
        assert taken.id == DOMAIN.record_id(record)
        assert taken.outcomes == bytes(effect.outcomes)
        self.holdings |= effect.holdings
        self.clearances |= effect.clearances
        if isinstance(record, Clearance):
            for item in record.items:
                self.agree(SlotKey(RecordId(item.shipment), record.jurisdiction, record.regime))
        return effect.outcomes

    def clears(self, *shipments: bytes | ShipmentRef, **fields: Any) -> tuple[Outcome, ...]:
        """Submit what `clear` makes, signed by those who have to."""
        record = self.clear(*shipments, **fields)
        return self.submit(record, *signing_partners(record))

    def refused(self, record: Clearance, *who: Who) -> str:
        """Name of the error with which the contract reverts; the rules refuse too, and nothing has changed."""
        before = {item.shipment: self.slot_words(item.shipment, record) for item in record.items}
        with pytest.raises(Reverted) as reverted:
            self.submit(record, *(who or signing_partners(record)))
        assert before == {item.shipment: self.slot_words(item.shipment, record) for item in record.items}
        return reverted.value.name

    def decide(self, record: Record, signatures: bytes) -> Effect:
        """What the pure rules say; for a clearance, who signed is checked here as acceptance does."""
        digest = DOMAIN.record_id(record)
        pieces = [signatures[i : i + 65] for i in range(0, len(signatures), 65)]
        signers = [self.signer(recover(digest, piece), record.NUMBER) for piece in pieces]
        if isinstance(record, Clearance):
            expected = signing_partners(record)
            if [signer.partner for signer in signers] != list(expected) or 0 in expected:
                raise Refused("not signed by its author and its declarant")
        return effect_of(record, digest, signers, self, self, self.now)

    def signer(self, key: bytes, number: int) -> Signer:
        partner, roles, suspended = self.members.registry.read("signer", key, number)
        return Signer(key, partner, roles, suspended, self.knows(key))

    def knows(self, key: bytes) -> bool:
        """Whether the registry has the address as anything."""
        return bool(self.members.registry.read("addressInfo", key)[0])

    def customs_roles(self, partner: int, jurisdiction: bytes) -> CustomsRoles:
        has_role = self.members.registry.read
        return CustomsRoles(
            has_role("hasRole", partner, Role.CUSTOMS, jurisdiction.ljust(32, b"\0")),
            has_role("hasRole", partner, Role.BROKER, ZERO),
            has_role("partnerInfo", partner)[1] > self.now,
        )

    # --- looking -----------------------------------------------------------------------------------------------------

    def agree(self, key: SlotKey) -> None:
        """The contracts hold what the rules hold."""
        slot = self.clearances.get(key, EMPTY)
        assert self.slot_of(self.members.clearance, key) == slot
        holding = self.holdings.get(key.shipment)
        word = self.members.custody.read("slotOf", key.shipment)
        assert word == (holding.slot.pack() if holding else 0)

    def slot_words(self, shipment: bytes, record: Clearance) -> tuple[Any, ...]:
        key = SlotKey(RecordId(shipment), record.jurisdiction, record.regime)
        return self.slot_of(self.members.clearance, key), self.members.custody.read("slotOf", shipment)

    @staticmethod
    def slot_of(contract: Contract, key: SlotKey) -> ClearanceSlot:
        return ClearanceSlot(*contract.read("slotOf", key.shipment, key.jurisdiction, key.regime))

    def slot(self, shipment: bytes) -> Slot:
        return self.holdings[shipment].slot

    def released(self, shipment: bytes) -> list[bool]:
        return [requirement.released for requirement in self.slot(shipment).requirements]

    def standing_of(self, shipment: bytes, jurisdiction: bytes = b"DE", regime: int = Regime.IMPORT) -> ClearanceSlot:
        return self.clearances.get(SlotKey(RecordId(shipment), jurisdiction, regime), EMPTY)

    def sequence(self, shipment: bytes, jurisdiction: bytes = b"DE", regime: int = Regime.IMPORT) -> int:
        return self.standing_of(shipment, jurisdiction, regime).sequence


def world() -> World:
    """A world of its own, nothing opened yet."""
    return World(_original().fork())


@cache
def _original() -> Consortium:
    members = consortium()
    for partner, roles in EXTRA_ROLES.items():
        members.admit(partner, roles)
    members.wait()
    members.suspend(IDLE_CUSTOMS)
    members.suspend(IDLE_BROKER)
    return members

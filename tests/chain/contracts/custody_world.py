"""Custody twice: the contract on a chain in memory and the pure rules, which must never disagree.

Every record that a test submits goes to both; outcomes and slots are compared each time, and what the contract
reverts the pure rules must refuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from ledger.codes import ContractKind, Outcome, Purpose, ShipmentState, StatementKind
from ledger.common.keccak import keccak256
from ledger.custody import rules
from ledger.custody.rules import NO_KEY, Decision, Holding, Signer, Slot
from ledger.errors import InvalidInput, Refused
from ledger.records.eip712 import Withheld
from ledger.records.signing import SigningKey, recover
from ledger.records.types import (
    Child,
    Handoff,
    HandoffItem,
    Override,
    Record,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.registry.state import NO_END, AddressKind
from tests.chain.contracts.consortium import (
    CARRIER,
    COUNCIL,
    DOMAIN,
    MAKER,
    RETAILER,
    THRESHOLD,
    Consortium,
    consortium,
    sign,
)
from tests.chain.contracts.harness import SENDER, Reverted

FUNCTIONS = {
    ShipmentTerms: "open",
    Handoff: "handoff",
    Split: "split",
    Statement: "recordStatement",
    Override: "overrideCustody",
}
HOUR = 3600
Who = int | SigningKey


ADDRESSES_SLOT = 2
"""Where `PartnerRegistry` keeps what every address is: after the two slots of its council."""


def hidden(text: str) -> Withheld:
    return Withheld(keccak256(text.encode()))


def require(jurisdiction: str = "DE", regime: int = 1, gate: int = 7, *, relay: bool = False) -> Require:
    return Require(jurisdiction.encode(), regime, gate, relay)


@dataclass
class World:
    """The contract, and what the pure rules say it holds. The tests themselves push as the clearance contract."""

    members: Consortium
    holdings: dict[bytes, Holding] = field(default_factory=dict)
    ready_at: dict[bytes, int] = field(default_factory=dict)
    salt: int = 0

    @property
    def now(self) -> int:
        """The time of the next block."""
        return self.members.evm.now

    def wait(self, seconds: int) -> None:
        self.members.wait(seconds)

    # --- records with useful defaults --------------------------------------------------------------------------------

    def terms(self, **fields: Any) -> ShipmentTerms:
        self.salt += 1
        values: dict[str, Any] = {
            "salt": self.salt.to_bytes(16, "big"), "consignor": MAKER, "consignee": RETAILER, "holder": None,
            "recipientKey": NO_KEY, "purpose": None, "parents": (), "packages": 10, "mode": 3, "fulfilment": 3,
            "origin": hidden("origin"), "destination": hidden("destination"), "contents": hidden("contents"),
            "commercial": hidden("commercial"), "requires": (), "submitBy": self.now + HOUR,
            "details": hidden("details"),
        } | fields  # fmt: skip
        if values["holder"] is None:
            values["holder"] = values["consignor"]
        if values["purpose"] is None:
            values["purpose"] = Purpose.ONWARD if values["parents"] else Purpose.ORIGINAL
        return ShipmentTerms(**values)

    def manifest(self, releaser: int, receiver: int, *items: HandoffItem, **fields: Any) -> Handoff:
        values: dict[str, Any] = {
            "items": tuple(sorted(items, key=lambda i: i.shipment)), "releaser": releaser, "receiver": receiver,
            "place": hidden("place"), "load": hidden("load"), "occurredAt": self.now, "dueAt": 0,
            "submitBy": self.now + HOUR, "details": hidden("details"),
        } | fields  # fmt: skip
        return Handoff(**values)

    def statement(
        self, kind: StatementKind | int, shipment: bytes, by: int, counterparty: int = 0, **fields: Any
    ) -> Statement:
        values: dict[str, Any] = {
            "sequence": self.sequence(shipment), "occurredAt": self.now, "place": hidden("place"),
            "details": hidden("details"),
        } | fields  # fmt: skip
        return Statement(by=by, counterparty=counterparty, kind=kind, shipment=shipment, **values)

    def splitting(self, shipment: bytes, by: int, packages: Sequence[int], **fields: Any) -> Split:
        values: dict[str, Any] = {
            "sequence": self.sequence(shipment), "reason": 1, "occurredAt": self.now, "details": hidden("details"),
            "children": tuple(Child(count, hidden(f"contents {i}")) for i, count in enumerate(packages)),
        } | fields  # fmt: skip
        return Split(by=by, shipment=shipment, **values)

    def overriding(self, shipment: bytes, releaser: int, receiver: int, **fields: Any) -> Override:
        values: dict[str, Any] = {
            "sequence": self.sequence(shipment), "packages": 10, "exceptions": 0, "details": hidden("details"),
        } | fields  # fmt: skip
        return Override(shipment=shipment, releaser=releaser, receiver=receiver, **values)

    # --- to both -----------------------------------------------------------------------------------------------------

    def submit(self, record: Record, *who: Who, signatures: bytes | None = None) -> tuple[Outcome, ...]:
        """Outcomes of the record, signed by `who` in that order, of an override by the council before them.

        Asserts that contract and rules agree, on the outcomes and on every slot that changed. Raises `Reverted`.
        """
        if signatures is None:
            council = COUNCIL[:THRESHOLD] if isinstance(record, Override) else ()
            signatures = sign(record, *council, *who)
        try:
            decision = self.decide(record, signatures)
        except (InvalidInput, Refused) as refused:
            with pytest.raises(Reverted) as reverted:
                self.members.custody.record(FUNCTIONS[type(record)], record, signatures)
            raise reverted.value from refused
        taken = self.members.custody.record(FUNCTIONS[type(record)], record, signatures)
        assert taken.id == DOMAIN.record_id(record)
        assert taken.outcomes == bytes(decision.outcomes)
        self.keep(decision)
        return decision.outcomes

    def refused(self, record: Record, *who: Who, signatures: bytes | None = None) -> str:
        """Name of the error with which the contract reverts; the rules refuse too."""
        with pytest.raises(Reverted) as reverted:
            self.submit(record, *who, signatures=signatures)
        return reverted.value.name

    def decide(self, record: Record, signatures: bytes) -> Decision:
        """What the pure rules say."""
        digest = DOMAIN.record_id(record)
        pieces = [signatures[i : i + 65] for i in range(0, len(signatures), 65)]
        if isinstance(record, Override):
            pieces = pieces[-1:]
        signers = [self.signer(recover(digest, piece), record.NUMBER) for piece in pieces]
        match record:
            case ShipmentTerms():
                return rules.open_shipment(record, digest, signers, self.holdings.get, self.now, self.knows)
            case Handoff():
                return rules.handoff(record, signers, self.holdings.get, self.now)
            case Split():
                return rules.split(record, signers[0], self.holdings.get, self.now)
            case Statement():
                return rules.state(record, signers, self.holdings.get, self.now)
            case Override():
                announced = self.ready_at.get(digest)
                decision = rules.override(record, signers[0], self.holdings.get, self.now, announced)
                if decision.outcomes == (Outcome.ANNOUNCED,):
                    self.ready_at.setdefault(digest, self.now + self.members.registry.read("delay"))
                return decision
        raise AssertionError(record)

    def signer(self, key: bytes, number: int) -> Signer:
        partner, roles, suspended = self.members.registry.read("signer", key, number)
        return Signer(key, partner, roles, suspended, self.knows(key))

    def knows(self, key: bytes) -> bool:
        """Whether the registry has the address as anything."""
        return bool(self.members.registry.read("addressInfo", key)[0])

    def keep(self, decision: Decision) -> None:
        self.holdings.update(decision.changes)
        for shipment, holding in decision.changes.items():
            self.agree(shipment, holding)

    def agree(self, shipment: bytes, holding: Holding) -> None:
        """The contract holds what the rules hold."""
        word = self.members.custody.read("slotOf", shipment)
        assert Slot.unpack(word) == holding.slot
        assert word == holding.slot.pack()
        needs_key = 0 in (holding.slot.custodian, holding.slot.consignee)
        if needs_key or holding.recipient_key == NO_KEY:
            found = bytes.fromhex(self.members.custody.read("recipientKeyOf", shipment)[2:])
            assert found == holding.recipient_key

    def release(self, shipments: Sequence[bytes], masks: Sequence[int], *, released: bool = True) -> None:
        """Release, or close again, these requirements (bits) of each shipment, as the clearance contract."""
        for shipment, mask in zip(shipments, masks, strict=True):
            for i, requirement in enumerate(self.slot(shipment).requirements):
                if mask >> i & 1:
                    effect = (0, 0, requirement.jurisdiction, requirement.regime, False, 1 if released else 2, 0)
                    self.members.custody.send("applyClearance", effect, [shipment])
            self.holdings[shipment] = rules.set_released(self.holdings[shipment], mask, released)
            self.agree(shipment, self.holdings[shipment])

    def end(self, shipments: Sequence[bytes], ended: ShipmentState) -> None:
        """Seizure or destruction as the clearance contract, each under the first pair that it requires, or another."""
        for shipment in shipments:
            slot = self.slot(shipment)
            pair = (slot.requirements[0].jurisdiction, slot.requirements[0].regime) if slot.requirements else (b"ZZ", 1)
            self.members.custody.send("applyClearance", (0, 0, *pair, False, 0, ended), [shipment])
            if slot.requirements or slot.state == ShipmentState.SEIZED:
                self.holdings[shipment] = rules.end_by_customs(self.holdings[shipment], ended)
            self.agree(shipment, self.holdings[shipment])

    # --- shorthands --------------------------------------------------------------------------------------------------

    def slot(self, shipment: bytes) -> Slot:
        return self.holdings[shipment].slot

    def sequence(self, shipment: bytes) -> int:
        holding = self.holdings.get(shipment)
        return holding.slot.sequence if holding else 0

    def item(self, shipment: bytes, packages: int | None = None, exceptions: int = 0, **fields: Any) -> HandoffItem:
        """The item that hands the shipment on as it stands."""
        held = self.holdings[shipment].slot.packages if shipment in self.holdings else 10
        sequence = fields.get("sequence", self.sequence(shipment))
        return HandoffItem(shipment, sequence, held if packages is None else packages, exceptions)

    def reference(self, shipment: bytes) -> ShipmentRef:
        return ShipmentRef(shipment, self.sequence(shipment))

    def open(self, *who: Who, **fields: Any) -> bytes:
        """Open a shipment; its id. Signed by consignor and another holder unless `who` says otherwise."""
        terms = self.terms(**fields)
        named = (terms.consignor,) if terms.holder in (terms.consignor, 0) else (terms.consignor, terms.holder)
        assert self.submit(terms, *(who or named)) == (Outcome.APPLIED,)
        return DOMAIN.record_id(terms)

    def hand(self, shipment: bytes, releaser: int, receiver: int, **fields: Any) -> Outcome:
        """Hand one shipment over as it stands; its outcome."""
        (outcome,) = self.submit(self.manifest(releaser, receiver, self.item(shipment), **fields), releaser, receiver)
        return outcome

    def on_the_road(self, **fields: Any) -> bytes:
        """A shipment that MAKER opened and CARRIER holds, at sequence 1."""
        shipment = self.open(**fields)
        assert self.hand(shipment, MAKER, CARRIER) == Outcome.APPLIED
        return shipment


def world() -> World:
    """A world of its own, nothing opened yet."""
    return World(_original().fork())


@cache
def _original() -> Consortium:
    members = consortium()
    # The sender of the harness pushes as the clearance contract would, so the registry's own storage has to say so: a
    # council cannot open what is no such contract.
    entry = AddressKind.CONTRACT | NO_END << 88 | ContractKind.CLEARANCE << 168
    place = keccak256(SENDER.address.rjust(32, b"\0") + ADDRESSES_SLOT.to_bytes(32, "big"))
    members.evm.write(members.registry.address, int.from_bytes(place, "big"), entry)
    assert members.registry.read("isOpen", ContractKind.CLEARANCE, SENDER.address)
    return members

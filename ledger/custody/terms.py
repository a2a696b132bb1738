"""Opening a shipment by its terms, over parents or without.

Opening has no items, so whatever is wrong refuses the whole record.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ledger.codes import Gate, Outcome, Purpose, Role, ShipmentState
from ledger.custody.checks import check_not_both_sides, check_signers, check_submit_by, refuse_known_key
from ledger.custody.slot import (
    LAST_SEQUENCE,
    NO_KEY,
    Decision,
    Holding,
    Lookup,
    Requirement,
    Signer,
    Slot,
    pair_of,
)
from ledger.errors import BadSignature, Conflict, MalformedRecord, NotPermitted, RuleBroken
from ledger.records.signers import signing_partners
from ledger.records.types import NOBODY, Require, ShipmentRef, ShipmentTerms

CONSIGNOR_ROLES = (Role.SUPPLIER, Role.WAREHOUSE, Role.PLATFORM, Role.RETAILER, Role.BRAND)
CONSIGNOR = sum(1 << role for role in CONSIGNOR_ROLES)
_NEW_GOODS = (Purpose.ORIGINAL, Purpose.REPLACEMENT)
_ALL_GATES = Gate.HANDOVER | Gate.DELIVERY | Gate.SALE


def open_shipment(
    terms: ShipmentTerms,
    shipment: bytes,
    signers: Sequence[Signer],
    lookup: Lookup,
    now: int,
    knows: Callable[[bytes], bool],
) -> Decision:
    """What terms with the digest `shipment` do when the chain records them at block time `now`.

    `holder` has custody of the new shipment at sequence 0; parents close, but those of a replacement. `knows`: whether
    the registry has entered an address. Raises `MalformedRecord`, `Conflict` (opened before), `RuleBroken`,
    `BadSignature` or `NotPermitted`.
    """
    # 1. Shape.
    check_terms(terms)
    requirements = _requirements(terms.requires)
    # 2. Times.
    check_submit_by(terms.submitBy, now)
    if lookup(shipment) is not None:
        raise Conflict("opened before", where="terms", first=f"0x{shipment.hex()}", second=f"0x{shipment.hex()}")
    # 3. Signatures and keys.
    if terms.recipientKey != NO_KEY and knows(terms.recipientKey):
        refuse_known_key(terms.recipientKey, "recipientKey")
    check_signers(signing_partners(terms), signers)
    if len(signers) == 2:
        check_not_both_sides(signers[0], signers[1])
    # 4. Roles.
    _check_roles(terms, signers)
    # 5. Parents.
    changes: dict[bytes, Holding] = {}
    for i, reference in enumerate(terms.parents):
        parent = changes.get(reference.shipment) or lookup(reference.shipment)
        closed = _parent(terms, reference, parent, signers[-1].key, f"parents[{i}]")
        if closed is not None:
            changes[reference.shipment] = closed
    slot = Slot(
        custodian=terms.holder,
        consignee=terms.consignee,
        consignor=terms.consignor,
        packages=terms.packages,
        requirements=requirements,
    )
    changes[shipment] = Holding(slot, terms.recipientKey)
    return Decision((Outcome.APPLIED,), changes)


def check_terms(terms: ShipmentTerms) -> None:
    """Raise `MalformedRecord` where purpose, parents, holder and recipient key do not fit each other."""
    terms.check()
    if terms.purpose not in set(Purpose):
        raise MalformedRecord("unknown code", where="purpose", expected=f"1 to {max(Purpose)}", found=terms.purpose)
    if terms.consignor == NOBODY:
        raise MalformedRecord("nobody consigns", where="consignor", expected="a partner", found=NOBODY)
    if terms.packages == 0:
        raise MalformedRecord("nothing to ship", where="packages", expected="1 or more", found=0)
    if (terms.purpose == Purpose.ORIGINAL) != (not terms.parents):
        expected = "none" if terms.purpose == Purpose.ORIGINAL else "1 or more"
        raise MalformedRecord("parents do not fit the purpose", where="parents", expected=expected)
    if terms.holder == NOBODY and (terms.purpose != Purpose.RETURN or terms.consignee == NOBODY):
        raise MalformedRecord(
            "only a consumer's return is held by the recipient key",
            where="holder",
            expected="a partner, or purpose return to a partner",
        )
    needs_key = NOBODY in (terms.consignee, terms.holder)
    if needs_key != (terms.recipientKey != NO_KEY):
        raise MalformedRecord(
            "the recipient key stands for partner 0 and for nothing else",
            where="recipientKey",
            expected="a key" if needs_key else "none",
            found=f"0x{terms.recipientKey.hex()}",
        )
    _requirements(terms.requires)


def _requirements(requires: Sequence[Require]) -> tuple[Requirement, ...]:
    for i, require in enumerate(requires):
        if not 1 <= require.gate <= _ALL_GATES:
            raise MalformedRecord("no such gate", where=f"requires[{i}].gate", expected="1 to 7", found=require.gate)
        pair = pair_of(require.jurisdiction, require.regime)
        if any(pair == pair_of(other.jurisdiction, other.regime) for other in requires[:i]):
            raise MalformedRecord("required twice", where=f"requires[{i}]")
    return tuple(Requirement(r.jurisdiction, r.regime, Gate(r.gate), r.relay) for r in requires)


def _check_roles(terms: ShipmentTerms, signers: Sequence[Signer]) -> None:
    consignor = signers[0]
    if consignor.suspended:
        raise NotPermitted("a suspended partner opens nothing", where="consignor", found=terms.consignor)
    if not consignor.roles & CONSIGNOR:
        raise NotPermitted(
            "this partner may not consign",
            where="consignor",
            expected=", ".join(role.name.lower() for role in CONSIGNOR_ROLES),
            found=terms.consignor,
        )
    # Whoever holds the parents already may go on holding their goods; new goods are a receipt.
    if signers[-1].suspended and terms.purpose in _NEW_GOODS:
        raise NotPermitted("a suspended partner receives nothing", where="holder", found=terms.holder)


def _parent(
    terms: ShipmentTerms, reference: ShipmentRef, parent: Holding | None, key: bytes, where: str
) -> Holding | None:
    """The parent as the terms leave it; None for one that a replacement only names."""
    if parent is None:
        raise RuleBroken("unknown shipment", where=where, found=f"0x{reference.shipment.hex()}")
    slot = parent.slot
    if reference.sequence != slot.sequence:
        raise RuleBroken("not the parent's sequence", where=where, expected=slot.sequence, found=reference.sequence)
    if terms.purpose == Purpose.REPLACEMENT:
        if slot.state == ShipmentState.OPEN:
            raise RuleBroken("a replacement is for goods whose journey has ended", where=where, found=slot.state.name)
        return None
    if slot.state not in (ShipmentState.OPEN, ShipmentState.DELIVERED):
        raise RuleBroken("the parent has ended", where=where, expected="open or delivered", found=slot.state.name)
    if slot.custodian != terms.holder:
        raise RuleBroken("the holder does not hold it", where=where, expected=slot.custodian, found=terms.holder)
    if terms.holder == NOBODY and parent.recipient_key != key:
        raise BadSignature(
            "not the parent's recipient key",
            where=where,
            expected=f"0x{parent.recipient_key.hex()}",
            found=f"0x{key.hex()}",
        )
    if slot.state == ShipmentState.OPEN and terms.consignor not in (slot.consignor, slot.consignee):
        raise RuleBroken(
            "only its consignor or consignee diverts an undelivered shipment",
            where=where,
            expected=f"partner {slot.consignor} or {slot.consignee}",
            found=terms.consignor,
        )
    if slot.sequence == LAST_SEQUENCE:
        raise RuleBroken("no sequence follows", where=where, expected=f"under {LAST_SEQUENCE}", found=slot.sequence)
    closed = replace(slot, state=ShipmentState.CLOSED_INTO_ONWARD, sequence=slot.sequence + 1)
    return replace(parent, slot=closed)

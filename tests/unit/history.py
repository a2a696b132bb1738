"""A history of verified records for tests of the numbers: days are counted from 0, one second apart in the log.

Records are made by `already_verified`, so that thousands of journeys need no signatures; that signatures hold is
proved elsewhere.
"""

from collections.abc import Sequence
from typing import Any

from ledger.codes import (
    AmendmentKind,
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    HoldCause,
    Outcome,
    Purpose,
    Regime,
    RegistryAction,
    Role,
    SplitReason,
    StatementKind,
)
from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId
from ledger.common.scopes import scope_bytes
from ledger.records.eip712 import Withheld
from ledger.records.shipment_ids import child_id
from ledger.records.signing import Domain
from ledger.records.types import (
    REMAINDER_INDEX,
    Amendment,
    Attestation,
    Child,
    Claims,
    Clearance,
    Commercial,
    Details,
    Duty,
    Endorsement,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Override,
    Place,
    Record,
    RegistryChange,
    Require,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
)
from ledger.records.verification import Facts, VerifiedRecord, already_verified

EIGHT_DAYS_COST: dict[str, Any] = {"alpha": 7_813, "penaltyCap": 500_000}
"""Terms under which a delivery that is eight days late, or more, owes 500,000."""
DAY = 86_400
HOUR = 3_600
UNLIMITED = 2**40 - 1
DOMAIN = Domain(ConsortiumId(bytes(31) + b"\x07"))
MAKER, CARRIER, SECOND, LOCKER, SHOP, BROKER, CUSTOMS, COUNCIL = 1, 2, 3, 4, 5, 6, 7, 0
SALT = bytes(16)
NO_DETAILS = Details(SALT, "")
NO_PLACE = Place(SALT, "", "", "", "")
NO_DUTY = Duty(SALT, "", "", "", "", ())
US_IMPORT = Require(b"US", Regime.IMPORT, 0, relay=True)
"""A clearance that terms require at no gate: holds of it count, and nothing breaches it."""


def commercial(**fields: Any) -> Commercial:
    """Promised for the end of day 10, α 100 a day², cap 10,000, the carrier liable to the shop."""
    values: dict[str, Any] = {
        "salt": SALT,
        "orderRef": "",
        "value": 1_000_000,
        "currency": "EUR",
        "freight": 10_000,
        "incoterm": "DAP",
        "promisedAt": 10 * DAY,
        "grace": 0,
        "alpha": 100,
        "penaltyCap": 10_000,
        "liable": CARRIER,
        "beneficiary": SHOP,
        "lostAfter": 30 * DAY,
        "tenderWindow": 3 * DAY,
        "reportLag": DAY,
        "rules": bytes(32),
    }
    return Commercial(**(values | fields))


class History:
    """Verified records in log order. Each method adds one record and answers with it; times are seconds."""

    def __init__(self) -> None:
        self.records: list[VerifiedRecord] = []
        self.sequences: dict[bytes, int] = {}
        self._salt = 0

    def log(
        self,
        record: Record,
        signers: Sequence[int],
        known: int,
        *,
        outcomes: Sequence[Outcome] = (),
        block_time: int | None = None,
        roles: Sequence[int] = (),
        own_clock: bool = False,
    ) -> VerifiedRecord:
        """`own_clock`: on the operator's embedded chain, whose block times are no evidence."""
        index = len(self.records)
        block = known if block_time is None else block_time
        facts = Facts(index, known, index, block, 0, tuple(outcomes), index, block_time_counts=not own_clock)
        if not outcomes:
            facts = Facts(index, known)
        verified = already_verified(DOMAIN.record_id(record), record, signers, facts, roles=roles)
        self.records.append(verified)
        return verified

    def details(self) -> Details:
        self._salt += 1
        return Details(self._salt.to_bytes(16, "big"), "")

    def terms(
        self,
        *,
        known: int = 0,
        packages: int = 10,
        consignor: int = MAKER,
        consignee: int = SHOP,
        holder: int = CARRIER,
        purpose: Purpose = Purpose.ORIGINAL,
        parents: Sequence[bytes] = (),
        signers: Sequence[int] | None = None,
        mode: int = 3,
        requires: Sequence[Require] = (),
        origin: Place = NO_PLACE,
        destination: Place | Withheld = NO_PLACE,
        contents: Sequence[Goods] = (),
        applied: bool = True,
        recipient: bytes = bytes(20),
        fulfilment: int = 0,
        details: Details | Withheld = NO_DETAILS,
        **fields: Any,
    ) -> bytes:
        """Opened terms; answers with the shipment's id."""
        self._salt += 1
        record = ShipmentTerms(
            salt=self._salt.to_bytes(16, "big"),
            consignor=consignor,
            consignee=consignee,
            holder=holder,
            recipientKey=recipient,
            purpose=purpose,
            parents=tuple(ShipmentRef(parent, self.sequences.get(parent, 0)) for parent in parents),
            packages=packages,
            mode=mode,
            fulfilment=fulfilment,
            origin=origin,
            destination=destination,
            contents=tuple(contents),
            commercial=commercial(**fields),
            requires=tuple(requires),
            submitBy=UNLIMITED,
            details=details,
        )
        both = (consignor,) if consignor == holder else (consignor, holder)
        outcomes = (Outcome.APPLIED,) if applied else ()
        return self.log(record, both if signers is None else signers, known, outcomes=outcomes).id

    def handoff(
        self,
        shipment: bytes | Sequence[bytes],
        releaser: int,
        receiver: int,
        at: int,
        *,
        known: int | None = None,
        packages: int = 10,
        exceptions: int = 0,
        due: int = 0,
        outcome: Outcome = Outcome.APPLIED,
        receiver_roles: int = 0,
        block_time: int | None = None,
        place: Place | Withheld = NO_PLACE,
    ) -> VerifiedRecord:
        shipments = (shipment,) if isinstance(shipment, bytes) else tuple(shipment)
        if packages == 0:
            exceptions |= ExceptionBit.REFUSED
        items = tuple(HandoffItem(s, self.sequences.get(s, 0), packages, exceptions) for s in shipments)
        record = Handoff(items, releaser, receiver, place, Load(SALT, ""), at, due, UNLIMITED, self.details())
        if outcome in (Outcome.APPLIED, Outcome.APPLIED_IN_BREACH):
            for s in shipments:
                self.sequences[s] = self.sequences.get(s, 0) + 1
        return self.log(
            record,
            (releaser, receiver),
            at if known is None else known,
            outcomes=[outcome] * len(items),
            roles=(0, receiver_roles),
            block_time=block_time,
        )

    def short(self, shipment: bytes, releaser: int, receiver: int, at: int, counted: int, **more: Any) -> bytes:
        """A short handoff; answers with the id of the remainder that it leaves behind."""
        sequence = self.sequences.get(shipment, 0)
        self.handoff(shipment, releaser, receiver, at, packages=counted, exceptions=ExceptionBit.SHORT, **more)
        return child_id(shipment, sequence, REMAINDER_INDEX)

    def split(
        self,
        shipment: bytes,
        by: int,
        at: int,
        packages: Sequence[int],
        *,
        known: int | None = None,
        contents: Sequence[Sequence[Goods]] = (),
    ) -> list[bytes]:
        """Answers with the children's ids. `contents`: of each child, or of none."""
        sequence = self.sequences.get(shipment, 0)
        named = contents or [()] * len(packages)
        children = tuple(Child(count, tuple(goods)) for count, goods in zip(packages, named, strict=True))
        record = Split(by, shipment, sequence, children, SplitReason.PARCELS, at, self.details())
        self.sequences[shipment] = sequence + 1
        self.log(record, (by,), at if known is None else known, outcomes=(Outcome.APPLIED,))
        return [child_id(shipment, sequence, i) for i in range(len(packages))]

    def statement(
        self,
        kind: StatementKind,
        shipment: bytes,
        by: int,
        at: int,
        *,
        counterparty: int = 0,
        known: int | None = None,
        sequence: int | None = None,
        place: Place | Withheld = NO_PLACE,
        block_time: int | None = None,
        own_clock: bool = False,
        outcome: Outcome = Outcome.APPLIED,
    ) -> VerifiedRecord:
        sequence = self.sequences.get(shipment, 0) if sequence is None else sequence
        record = Statement(by, counterparty, kind, shipment, sequence, at, place, self.details())
        known = at if known is None else known
        return self.log(record, (by,), known, outcomes=(outcome,), block_time=block_time, own_clock=own_clock)

    def override(
        self, shipment: bytes, releaser: int, receiver: int, at: int, packages: int = 10, exceptions: int = 0
    ) -> VerifiedRecord:
        sequence = self.sequences.get(shipment, 0)
        record = Override(shipment, sequence, releaser, receiver, packages, exceptions, self.details())
        self.sequences[shipment] = sequence + 1
        return self.log(record, (COUNCIL, receiver), at, outcomes=(Outcome.APPLIED,))

    def clearance(
        self,
        status: ClearanceStatus,
        shipments: bytes | Sequence[bytes],
        at: int,
        *,
        by: int = CUSTOMS,
        declarant: int = BROKER,
        caused_by: int = 0,
        cause: HoldCause | None = None,
        assurance: Assurance = Assurance.AUTHORITY_SIGNED,
        jurisdiction: bytes = b"US",
        regime: Regime = Regime.IMPORT,
        known: int | None = None,
        block_time: int | None = None,
        signers: Sequence[int] | None = None,
        own_clock: bool = False,
        duty: Duty | Withheld = NO_DUTY,
    ) -> VerifiedRecord:
        """By customs itself, unless told otherwise."""
        names = (shipments,) if isinstance(shipments, bytes) else tuple(shipments)
        refs = []
        for name in names:
            slot = name + jurisdiction + bytes([regime])
            refs.append(ShipmentRef(name, self.sequences.get(slot, 0)))
            self.sequences[slot] = self.sequences.get(slot, 0) + 1
        if cause is None:
            cause = HoldCause.RANDOM if status == ClearanceStatus.HELD else HoldCause(1)
        held = status == ClearanceStatus.HELD
        record = Clearance(
            by,
            declarant,
            tuple(refs),
            jurisdiction,
            regime,
            status,
            cause if held else 0,
            caused_by,
            assurance,
            at,
            duty,
            self.details(),
        )
        outcomes = [Outcome.APPLIED] * len(refs)
        signed = (by,) if signers is None else signers
        known = at if known is None else known
        return self.log(record, signed, known, outcomes=outcomes, block_time=block_time, own_clock=own_clock)

    def endorse(self, target: bytes, by: int, at: int, *, roles: int = 0) -> VerifiedRecord:
        return self.log(Endorsement(by, target), (by,), at, roles=(roles,))

    def amend(
        self,
        target: bytes,
        kind: AmendmentKind,
        changes: dict[str, Any],
        signers: Sequence[int],
        at: int,
        previous: bytes = bytes(32),
    ) -> VerifiedRecord:
        details = Details(self.details().salt, canonical_json(changes).decode())
        return self.log(Amendment(target, previous, kind, details), signers, at)

    def brand(
        self, partner: int, action: RegistryAction = RegistryAction.GRANT_ROLE, at: int = 0, prefix: str = "9506000"
    ) -> VerifiedRecord:
        """The council grants or revokes the brand's role for a GS1 prefix."""
        sequence, scope = len(self.records) + 1, scope_bytes(Role.BRAND, prefix)
        change = RegistryChange(sequence, 0, action, partner, bytes(20), Role.BRAND, scope, 0, bytes(32))
        return self.log(change, (COUNCIL,), at, outcomes=(Outcome.APPLIED,))

    def attest(self, by: int, subject: str, schema: bytes = bytes(32), at: int = 8 * DAY) -> VerifiedRecord:
        none = bytes(32)
        record = Attestation(by, schema, subject, none, 0, 400 * DAY, none, Claims(SALT, ""), none, self.details())
        return self.log(record, (by,), at, outcomes=(Outcome.APPLIED,))

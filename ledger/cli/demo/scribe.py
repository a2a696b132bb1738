"""Writing records for the demo: every private part with a fresh random salt, every party's key from the cast."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.cli.demo.cast import GTIN
from ledger.cli.sandbox import Party, Trial
from ledger.codes import Assurance, ClearanceStatus, ExceptionBit, Fulfilment, HoldCause, Mode, Purpose, Regime
from ledger.common.ids import RecordId
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash
from ledger.records.types import (
    Attestation,
    Claims,
    Clearance,
    Commercial,
    Details,
    Duty,
    Goods,
    Handoff,
    HandoffItem,
    Load,
    Place,
    Require,
    ShipmentRef,
    ShipmentTerms,
    TaxLine,
)
from ledger.shipments.default_terms import LOST_AFTER, REPORT_LAG, TENDER_WINDOW

CURRENCY = "EUR"
NO_KEY = bytes(20)
NO_HASH = bytes(32)


def salt() -> bytes:
    return secrets.token_bytes(16)


def details(text: str = "") -> Details:
    return Details(salt(), text)


def place(country: str, locode: str, name: str) -> Place:
    return Place(salt(), country, locode, "", name)


def no_duty() -> Duty:
    return Duty(salt(), "", "", "", "", ())


@dataclass(frozen=True, slots=True)
class Deal:
    """The commercial side of a shipment: minor units of EUR, UTC seconds."""

    order: str
    value: int
    freight: int
    promised_at: int
    alpha: int
    cap: int
    liable: int
    beneficiary: int


class Scribe:
    """Makes records as of the trial's clock, signs them and submits them."""

    def __init__(self, trial: Trial, parties: dict[int, Party]) -> None:
        self.trial = trial
        self.parties = parties

    @property
    def now(self) -> int:
        return self.trial.node.home.clock.now()

    def terms(
        self,
        deal: Deal,
        lot: str,
        *,
        consignor: int,
        consignee: int,
        packages: int,
        holder: int | None = None,
        requires: Sequence[Require] = (),
        mode: Mode = Mode.MARITIME,
        fulfilment: Fulfilment = Fulfilment.BONDED_WAREHOUSE,
        purpose: Purpose = Purpose.ORIGINAL,
        parents: Sequence[ShipmentRef] = (),
        recipient_key: bytes = NO_KEY,
        destination: Place | None = None,
        contents: Sequence[Goods] = (),
        note: str = "",
    ) -> ShipmentTerms:
        """Terms from Auckland, to Ningbo unless another destination is named; six tins a package unless `contents` say
        otherwise."""
        return ShipmentTerms(
            salt=salt(),
            consignor=consignor,
            consignee=consignee,
            holder=consignor if holder is None else holder,
            recipientKey=recipient_key,
            purpose=int(purpose),
            parents=tuple(parents),
            packages=packages,
            mode=int(mode),
            fulfilment=int(fulfilment),
            origin=place("NZ", "NZAKL", "Auckland"),
            destination=destination or place("CN", "CNNGB", "Ningbo"),
            contents=tuple(contents)
            or (Goods(salt(), GTIN, lot, NO_HASH, packages * 6, "tin", "190110", "Infant formula, stage 1, 800 g"),),
            commercial=Commercial(
                salt=salt(),
                orderRef=deal.order,
                value=deal.value,
                currency=CURRENCY,
                freight=deal.freight,
                incoterm="FCA",
                promisedAt=deal.promised_at,
                grace=DAY // 2,
                alpha=deal.alpha,
                penaltyCap=deal.cap,
                liable=deal.liable,
                beneficiary=deal.beneficiary,
                lostAfter=LOST_AFTER,
                tenderWindow=TENDER_WINDOW,
                reportLag=REPORT_LAG,
                rules=NO_HASH,
            ),
            requires=tuple(requires),
            submitBy=self.now + 14 * DAY,
            details=details(note),
        )

    def handoff(
        self,
        items: Sequence[tuple[RecordId, int, int, ExceptionBit]],
        releaser: int,
        receiver: int,
        where: Place,
        *,
        due_at: int = 0,
        load: str = "",
    ) -> Handoff:
        """`items`: shipment, sequence, packages, exceptions."""
        return Handoff(
            items=tuple(HandoffItem(*item[:3], int(item[3])) for item in sorted(items)),
            releaser=releaser,
            receiver=receiver,
            place=where,
            load=Load(salt(), load),
            occurredAt=self.now,
            dueAt=due_at,
            submitBy=self.now + 14 * DAY,
            details=details(),
        )

    def clearance(
        self,
        by: int,
        items: Sequence[tuple[RecordId, int]],
        jurisdiction: str,
        regime: Regime,
        status: ClearanceStatus,
        *,
        declarant: int,
        cause: HoldCause | None = None,
        caused_by: int = 0,
        assurance: Assurance = Assurance.AUTHORITY_SIGNED,
        duty: Duty | None = None,
    ) -> Clearance:
        """`items`: shipment and its clearance sequence."""
        return Clearance(
            by=by,
            declarant=declarant,
            items=tuple(ShipmentRef(*item) for item in sorted(items)),
            jurisdiction=jurisdiction.encode(),
            regime=int(regime),
            status=int(status),
            holdCause=int(cause or 0),
            causedBy=caused_by,
            assurance=int(assurance),
            occurredAt=self.now,
            duty=duty or no_duty(),
            details=details(),
        )

    def attestation(
        self, by: int, schema: str, subject: str, *, claims: str = "", until: int = 0, document: bytes = NO_HASH,
        codes: bytes = NO_HASH,
    ) -> Attestation:  # fmt: skip
        """Valid from now to `until` (0: without an end)."""
        return Attestation(
            by=by,
            schema=schema_hash(schema),
            subject=subject,
            accreditation=NO_HASH,
            validFrom=self.now,
            validUntil=until,
            document=document,
            claims=Claims(salt(), claims),
            itemCodes=codes,
            details=details(),
        )

    def import_duty(self, mrn: str, base: int) -> Duty:
        """Cross-border e-commerce rates: no duty, 70 % of 13 % VAT."""
        vat = base * 91 // 1000
        lines = (TaxLine("duty", base, 0, 0, 0), TaxLine("VAT", base, 91_000, vat, vat))
        return Duty(salt(), mrn, "1210", "green", CURRENCY, lines)

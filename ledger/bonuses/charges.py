"""Delay penalties as a bonus counts them: of its parties and period, in its currency; or why they do not count."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from math import floor
from typing import Annotated

from ledger.attested.claims import Closed
from ledger.attested.fx import Rates, day_of, day_text, rates_of
from ledger.bonuses.currencies import RateDay, interested
from ledger.bonuses.rule_file import BonusRule
from ledger.common.figure import Amount, Currency, Pattern, figure
from ledger.common.ids import PartnerId, RecordId
from ledger.penalties.amounts import Owed, evidence_of
from ledger.records.types import BonusAgreement
from ledger.shipments.history import Journeys

NO_RATES = Rates(())


@figure("shipment", "amount", "currency")
@dataclass(frozen=True, slots=True)
class Charge:
    """A delay penalty as far as a bonus is concerned. `indicative`: `partner` never signed or endorsed the terms.
    `promised_at`: the second of the promise, grace included.
    """

    shipment: bytes
    partner: PartnerId
    amount: Amount
    currency: Currency
    indicative: bool
    evidence: tuple[RecordId, ...] = ()
    promised_at: int = field(default=0, compare=False)

    @property
    def counted(self) -> int:
        """What it takes, in the agreement's currency, if it counts."""
        return self.amount


Day = Annotated[str, Pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}")]


@figure(
    ("shipment", "charge.shipment"),
    "amount",
    ("currency", "charge.currency"),
    ("converted", "counted"),
    "rate",
    "day",
)
@dataclass(frozen=True, slots=True)
class ConvertedCharge:
    """A penalty of another currency: `counted` in the agreement's, rounded down, by the attestation `rate` of `day`."""

    charge: Charge
    counted: Amount
    rate: RecordId
    day: Day

    @property
    def shipment(self) -> bytes:
        return self.charge.shipment

    @property
    def amount(self) -> Amount:
        """In its own currency."""
        return self.charge.amount

    @property
    def evidence(self) -> tuple[RecordId, ...]:
        return (*self.charge.evidence, self.rate)


class SetAside(StrEnum):
    """Why a penalty does not count against a bonus. The last three: the rule names rates, but nobody attested one for
    the day; it may be in claims that are not shown here; or the issuer is one of those whom the agreement concerns.
    """

    OTHER_CURRENCY = "other_currency"
    INDICATIVE = "indicative"
    NO_RATE = "no_rate"
    RATE_WITHHELD = "rate_withheld"
    INTERESTED_ISSUER = "interested_issuer"


@figure(("penalty", "charge"), "reason")
@dataclass(frozen=True, slots=True)
class ChargeSetAside:
    """A penalty that does not count here, and why."""

    charge: Charge
    reason: SetAside


def rates_for(rule: BonusRule, journeys: Journeys, at: int) -> Rates:
    """The rates that the rule names as they stood at the second `at`; none where it names none."""
    chosen = rule.currencies
    return NO_RATES if chosen is None else rates_of(journeys, chosen.issuer, chosen.schema, at)


def charges_on(agreement: BonusAgreement, journeys: Journeys, owed: Iterable[Owed], at: int) -> tuple[Charge, ...]:
    """The penalties that the agreement's parties owe for goods due in its period (as scorecards count), zeros left out.

    `owed` are judged at `at`, the period's end or later: what is neither delivered nor tendered by then runs on to its
    cap, so that keeping goods back never pays.
    """
    parties = {share.partner for share in agreement.parties}
    return tuple(
        Charge(
            o.shipment,
            PartnerId(o.liable),
            o.amount,
            o.currency,
            o.indicative,
            evidence_of(journeys, o.shipment, at),
            o.promised_at,
        )
        for o in owed
        if o.amount > 0 and o.liable in parties and agreement.periodStart <= o.promised_at < agreement.periodEnd
    )


def in_currency(
    charge: Charge, agreement: BonusAgreement, rule: BonusRule, rates: Rates
) -> Charge | ConvertedCharge | ChargeSetAside:
    """The penalty as it counts in the agreement's currency, or why it does not."""
    chosen, currency = rule.currencies, agreement.currency
    if charge.currency != currency and chosen is None:
        return ChargeSetAside(charge, SetAside.OTHER_CURRENCY)
    if charge.indicative:
        return ChargeSetAside(charge, SetAside.INDICATIVE)
    if charge.currency == currency or chosen is None:
        return charge
    if interested(agreement, chosen.issuer):
        return ChargeSetAside(charge, SetAside.INTERESTED_ISSUER)
    second = agreement.periodEnd - 1 if chosen.day is RateDay.PERIOD_END else charge.promised_at
    rate = rates.on(day_of(second), (charge.currency, currency), chosen.older)
    if rate is None or isinstance(rate, Closed):
        return ChargeSetAside(charge, SetAside.NO_RATE if rate is None else SetAside.RATE_WITHHELD)
    return ConvertedCharge(charge, floor(charge.amount * rate.ratio), rate.record, day_text(rate.day))

"""What shipment terms contain unless their parties agree otherwise: windows, lags, penalty cap and rate."""

from dataclasses import dataclass

from ledger.common.periods import DAY, HOUR

LOST_AFTER = 30 * DAY
TENDER_WINDOW = 72 * HOUR
REPORT_LAG = 24 * HOUR
DAYS_TO_CAP = 10


@dataclass(frozen=True, slots=True)
class DefaultTerms:
    """What terms contain unless their parties agree otherwise: minor units, minor units per day², seconds."""

    penalty_cap: int
    alpha: int
    lost_after: int = LOST_AFTER
    tender_window: int = TENDER_WINDOW
    report_lag: int = REPORT_LAG


def default_terms(value: int, freight: int) -> DefaultTerms:
    """Cap: the smaller of freight and 10 % of value (CMR art. 23(5)); α: a hundredth of it, so ten days reach it."""
    cap = min(freight, value // 10)
    return DefaultTerms(penalty_cap=cap, alpha=alpha_for(cap))


def alpha_for(cap: int) -> int:
    """The rate at which ten days late reach `cap`, rounded down."""
    return cap // (DAYS_TO_CAP * DAYS_TO_CAP)

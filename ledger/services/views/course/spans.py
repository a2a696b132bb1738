"""Spans of a shipment's time in answers: with whom it was, and when customs held it."""

from dataclasses import dataclass

from ledger.services.state.partner_names import PartnerName


@dataclass(frozen=True, slots=True)
class StayView:
    """Who had the packages from when to when; `until` None: still."""

    partner: PartnerName
    since: int
    until: int | None
    packages: int


@dataclass(frozen=True, slots=True)
class HeldView:
    """Customs of `jurisdiction` held the goods under `regime`, for `cause`; `until` None: still. What a hold takes out
    of a penalty is said by the penalty's statement."""

    jurisdiction: str
    regime: str
    cause: str
    since: int
    until: int | None

"""What a provenance answer looks like: shipments with who, where, when, how much and what share; and balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.common.ids import to_hex
from ledger.explain.provenance import gap_text
from ledger.provenance.balance import Balance
from ledger.provenance.contents import Line
from ledger.provenance.gaps import Finding, Gap
from ledger.provenance.loss import Loss
from ledger.provenance.shares import Share
from ledger.records.types import Place, Record
from ledger.services.products.shown_graph import place_of
from ledger.services.state.partner_names import PartnerName

MOST_DIGITS = 100
"""Of either part of a fraction that is told; longer ones are told in millionths alone."""


class Direction(StrEnum):
    """Where a shipment stands to what was asked about."""

    ASKED = "asked"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ShareView:
    """`exact`: the fraction `n/d` in lowest terms, null where it is not known or has over 100 digits; `millionths` is
    rounded down. `basis`: stated, packages or unknown.
    """

    exact: str | None
    millionths: int | None
    basis: str


@dataclass(frozen=True, slots=True)
class GoodsView:
    """So much of a GTIN and lot (empty: not told), as it was stated or, not `exact`, shared out by packages."""

    gtin: str
    lot: str
    unit: str
    quantity: str
    exact: bool


@dataclass(frozen=True, slots=True)
class PlaceView:
    country: str
    locode: str
    gln: str
    name: str


@dataclass(frozen=True, slots=True)
class StopView:
    """`partner` had `packages` from `since` to `until` (UTC seconds; null: still). `place`: where that was signed; null
    where nothing says, or it is not shown to this reader. `record`: which says so.
    """

    partner: PartnerName
    since: int
    until: int | None
    packages: int
    place: PlaceView | None
    record: str


@dataclass(frozen=True, slots=True)
class NodeView:
    """A shipment: `record` made it of `parents`. `share`: upwards, what share of the goods asked about came from it;
    downwards, what share of its goods is of those asked about. `goods` null: not named, or not shown (`closed`).
    """

    shipment: str
    direction: str
    made: str
    record: str
    parents: tuple[str, ...]
    certainty: str
    status: str
    packages: int
    consignor: PartnerName
    goods: tuple[GoodsView, ...] | None
    closed: bool
    share: ShareView
    stops: tuple[StopView, ...]


@dataclass(frozen=True, slots=True)
class InputView:
    """A shipment that went into goods, and what share of them came from it; `goods` null: not named, or not shown."""

    shipment: str
    goods: tuple[GoodsView, ...] | None
    closed: bool
    share: ShareView


@dataclass(frozen=True, slots=True)
class MadeView:
    """`shipment`, made by transformation at `at` (UTC seconds, as recorded); `by` signed for it."""

    shipment: str
    by: PartnerName
    at: int
    inputs: tuple[InputView, ...]


@dataclass(frozen=True, slots=True)
class MadeOfView:
    """Transformations behind goods, the nearest first; `more`: there may be others."""

    made: tuple[MadeView, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class SumView:
    """A sum of a balance, in base units (grams, millilitres, pieces); see `ledger.provenance.balance.Sum`."""

    gtin: str
    lot: str
    unit: str
    went_in: str
    came_out: str
    lost: str
    difference: str | None
    verdict: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BalanceView:
    """Whether what `record` made of `parents` is what went in. `loss_reason`: in the words of who signed it."""

    record: str
    made: str
    parents: tuple[str, ...]
    children: tuple[str, ...]
    verdict: str
    sums: tuple[SumView, ...]
    loss_reason: str


@dataclass(frozen=True, slots=True)
class ProvenanceView:
    """Shipments in order of opening. `limited`: only those that the reader may read, and what hangs together through
    these; there may be others.
    """

    subject: str
    limited: bool
    shipments: tuple[NodeView, ...]
    balances: tuple[BalanceView, ...]


def place_view(record: Record | None) -> PlaceView | None:
    place = place_of(record)
    if not isinstance(place, Place) or not any((place.country, place.locode, place.gln, place.name)):
        return None
    return PlaceView(place.country, place.locode, place.gln, place.name)


def goods_view(line: Line) -> GoodsView:
    return GoodsView(line.gtin, line.lot, line.unit, fraction_text(line.quantity), line.exact)


def fraction_text(value: Fraction) -> str:
    return f"{value.numerator}" if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def share_view(share: Share) -> ShareView:
    if share.value is None:
        return ShareView(None, None, share.basis.name.lower())
    short = max(share.value.numerator, share.value.denominator) < 10**MOST_DIGITS
    exact = fraction_text(share.value) if short else None
    return ShareView(exact, share.value.numerator * 10**6 // share.value.denominator, share.basis.name.lower())


def balance_view(balance: Balance) -> BalanceView:
    return BalanceView(
        record=to_hex(balance.record),
        made=str(balance.made),
        parents=tuple(map(to_hex, balance.parents)),
        children=tuple(map(to_hex, balance.children)),
        verdict=str(balance.verdict),
        sums=tuple(
            SumView(
                one.gtin,
                one.lot,
                one.unit,
                fraction_text(one.into),
                fraction_text(one.out_of),
                fraction_text(one.loss),
                None if one.difference is None else fraction_text(one.difference),
                str(one.verdict),
                tuple(map(str, one.unknown)),
            )
            for one in balance.sums
        ),
        loss_reason=balance.loss.reason if isinstance(balance.loss, Loss) else "",
    )


@dataclass(frozen=True, slots=True)
class FindingView:
    """A question about `shipment`, and `others`; `at`: since when (UTC seconds). `records`: on which it rests."""

    code: Gap
    text: str
    shipment: str
    others: tuple[str, ...]
    at: int
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingsView:
    """The first findings, by code and time; `total`: how many there are."""

    total: int
    findings: tuple[FindingView, ...]


def findings_view(findings: Sequence[Finding], limit: int) -> FindingsView:
    """The first `limit` of them."""
    return FindingsView(
        len(findings),
        tuple(
            FindingView(
                one.code,
                gap_text(one.code),
                to_hex(one.shipment),
                tuple(map(to_hex, one.others)),
                one.at,
                tuple(map(to_hex, one.records)),
            )
            for one in findings[:limit]
        ),
    )

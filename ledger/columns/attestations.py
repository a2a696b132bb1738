"""Attestations owed by the suppliers of plain shipments: they hang on what others attested and revoked, whenever."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ledger.columns.arrays import Ints, whole
from ledger.columns.clocks import Clocks
from ledger.columns.plain_columns import PlainColumns
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.common.periods import Period
from ledger.errors import RuleBroken
from ledger.scores.roles.supplier import attested
from ledger.shipments.history import Journeys


class Attested(NamedTuple):
    """Shipments by row, whether all of their products were attested at release, and the attestations by row."""

    rows: Ints
    good: Ints
    proofs: Mapping[int, tuple[RecordId, ...]]


def attested_of(columns: PlainColumns, journeys: Journeys, period: Period) -> Attested:
    """Of shipments with products that went in the period; `journeys` have all attestations, revocations and brands."""
    carrying = np.array([bool(products) for products in columns.names.products], np.bool_)
    if not carrying.any():
        return Attested(whole([]), whole([]), {})
    clocks, products = Clocks(columns), columns.shipments["products"]
    went = np.where(clocks.first >= 0, clocks.at[np.maximum(clocks.first, 0)], columns.shipments["known"])
    rows = [int(row) for row in np.flatnonzero(carrying[products]) if int(went[row]) in period]
    good, proofs = [], {}
    for row in rows:
        found = [attested(journeys, product, int(went[row])) for product in columns.names.products[products[row]]]
        good.append(int(None not in found))
        proofs[row] = tuple(proof for proof in found if proof is not None)
    return Attested(whole(rows), whole(good), proofs)


def require_no_recall(columns: PlainColumns, journeys: Journeys) -> None:
    """Raise `RuleBroken` where a recall is known and products are among the columns: it may make them defects."""
    if journeys.recalls and any(columns.names.products):
        raise RuleBroken("products in columns, of which some may be recalled", where="columns", expected="no recall")


def carrying(columns: PlainColumns, gtins: Sequence[str]) -> Ints:
    """The shipments, by row, that carry one of these products."""

    def named(products: tuple[Product, ...]) -> bool:
        return any(product.gtin in gtins for product in products)

    matches = np.array([named(products) for products in columns.names.products], np.bool_)
    return np.flatnonzero(matches[columns.shipments["products"]])


def joined(parts: Sequence[Attested], shipments: Sequence[int]) -> Attested:
    """Of columns with so many shipments each, one after the other."""
    starts = np.cumsum([0, *shipments])
    rows = [part.rows + start for part, start in zip(parts, starts, strict=False)]
    proofs = {
        row + int(start): told for part, start in zip(parts, starts, strict=False) for row, told in part.proofs.items()
    }
    return Attested(np.concatenate(rows), np.concatenate([part.good for part in parts]), proofs)

"""Every kind of answer, and how it is made."""

from collections.abc import Mapping

from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds import figures, goods, markets, plans, standings
from ledger.services.answers.kinds.question import Make

MAKE: Mapping[Kind, Make] = {
    Kind.ACCESS: standings.standings,
    Kind.LEAGUE: figures.league,
    Kind.NETWORK: figures.network,
    Kind.STOCK: goods.stock,
    Kind.GAPS: goods.gaps,
    Kind.TRACE: goods.trace,
    Kind.MARKET_SHIPMENT: markets.shipment,
    Kind.DEVIATIONS: markets.deviations,
    Kind.CHANGES: markets.changes,
    Kind.ROUTE: plans.route,
    Kind.CONSOLIDATION: plans.consolidation,
    Kind.FORECAST: plans.forecast,
    Kind.WAREHOUSES: plans.warehouses,
}

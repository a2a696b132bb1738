"""Goods that a market refuses are refused before anybody signs; what all have signed is recorded, for it is a fact."""

from ledger.errors import RuleBroken
from ledger.explain.markets.terms import need_text
from ledger.markets.adopted_markets import adopted_markets, in_force
from ledger.markets.needs import case_of, needs_of, refused_by
from ledger.records.types import Record, ShipmentTerms
from ledger.registry.history import RegistryView
from ledger.services.home import kept_rules
from ledger.store.database import Connection


def check_goods(connection: Connection, view: RegistryView, record: Record) -> None:
    """Raise `RuleBroken`, naming the rule, for terms of goods that a market in force refuses for certain."""
    if not isinstance(record, ShipmentTerms):
        return
    adopted = adopted_markets(view, kept_rules.kept_others(connection, view))
    markets = [one.market for one in in_force(adopted, view.time)]
    refused = refused_by(needs_of(markets, case_of(record), view.time))
    if refused is not None:
        raise RuleBroken(
            "a market refuses these goods",
            where="contents",
            expected=f"goods that rule {refused.rule} lets pass",
            found=need_text(refused),
            mend="Check the tariff code, the lane and the value. Terms that all have signed are recorded all the same.",
        )

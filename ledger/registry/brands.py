"""Which partners own a brand: the holders of a GTIN's GS1 prefix, by the registry."""

from collections.abc import Callable

from ledger.codes import Role
from ledger.common import gs1
from ledger.records.verification import Facts
from ledger.registry.history import RegistryHistory, RegistryView


def brands_of(view: RegistryView, gtin: str) -> list[int]:
    """The partners whose brand role covers the product."""
    return [
        partner
        for partner, entry in view.partners()
        for (role, scope), since in entry.roles.items()
        if role == Role.BRAND and since <= view.time and gs1.has_prefix(gtin, gs1.prefix_of_scope(scope))
    ]


def brands_over_time(history: RegistryHistory, view: RegistryView) -> Callable[..., list[int]]:
    """`brands_of` as `ledger.products.verdict.PrefixHolders`: by `view`, or by `history` where a record stands."""

    def holders(gtin: str, place: Facts | None = None, /) -> list[int]:
        return brands_of(view if place is None else history.at(place), gtin)

    return holders

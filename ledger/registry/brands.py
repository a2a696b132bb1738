"""Which partners own a brand: the holders of a GTIN's GS1 prefix, by the registry."""

from ledger.codes import Role
from ledger.common import gs1
from ledger.registry.history import RegistryView


def brands_of(view: RegistryView, gtin: str) -> list[int]:
    """The partners whose brand role covers the product."""
    return [
        partner
        for partner, entry in view.partners()
        for (role, scope), since in entry.roles.items()
        if role == Role.BRAND and since <= view.time and gs1.has_prefix(gtin, gs1.prefix_of_scope(scope))
    ]

"""`/epcis`: the REST binding of EPCIS 2.0 (section 12)."""

from ledger.api.routers.epcis import capture, events, names, queries, resources, sockets, subscriptions
from ledger.api.routers.epcis.streams import Places

ROUTERS = (
    capture.router,
    events.router,
    subscriptions.router,
    queries.router,
    sockets.router,
    resources.router,
    names.router,
)
__all__ = ("ROUTERS", "Places")

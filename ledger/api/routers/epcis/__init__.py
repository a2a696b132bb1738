"""`/epcis`: the REST binding of EPCIS 2.0 (section 12)."""

from ledger.api.routers.epcis import capture, events, names, queries, resources

ROUTERS = (capture.router, events.router, queries.router, resources.router, names.router)

"""Everything behind the EPCIS interface."""

from dataclasses import dataclass

from ledger.services.epcis.capture import Capturing
from ledger.services.epcis.delivering import Results
from ledger.services.epcis.named import NamedQueries
from ledger.services.epcis.queries import Querying
from ledger.services.epcis.recorded import Recording
from ledger.services.epcis.subscriptions import Subscriptions
from ledger.services.events.rights import Rights
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.records import RecordViews


@dataclass(frozen=True, slots=True)
class Epcis:
    """`results`: what a sender of webhooks delivers to subscriptions."""

    recording: Recording
    querying: Querying
    capturing: Capturing
    named: NamedQueries
    subscriptions: Subscriptions
    rights: Rights
    results: Results

    @classmethod
    def of(cls, home: Home, registry: CurrentRegistry, views: RecordViews, home_key: bytes) -> "Epcis":
        """`home_key`: the bytes of `keys/session.key`."""
        recording = Recording(home, registry, home.settings.public_url.rstrip("/"))
        querying, named = Querying(home, views, recording), NamedQueries(home)
        rights = Rights(home, registry)
        return cls(
            recording,
            querying,
            Capturing(home, recording),
            named,
            Subscriptions(home, home_key, named, querying, rights),
            rights,
            Results(home, home_key, views, querying, rights),
        )

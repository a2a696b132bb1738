"""Everything behind the EPCIS interface."""

from dataclasses import dataclass

from ledger.services.epcis.capture import Capturing
from ledger.services.epcis.named import NamedQueries
from ledger.services.epcis.queries import Querying
from ledger.services.epcis.recorded import Recording
from ledger.services.node.node import Node


@dataclass(frozen=True, slots=True)
class Epcis:
    recording: Recording
    querying: Querying
    capturing: Capturing
    named: NamedQueries

    @classmethod
    def of(cls, node: Node) -> "Epcis":
        home, reader = node.home, node.reader
        recording = Recording(home, reader.registry, home.settings.public_url.rstrip("/"))
        return cls(recording, Querying(home, reader.views, recording), Capturing(home, recording), NamedQueries(home))

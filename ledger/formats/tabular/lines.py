"""What the lines of a file become: a shipment each, or nothing, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from ledger.codes import Fulfilment, Mode
from ledger.formats.tabular.table import Unusable


class Where(NamedTuple):
    """A place as records hold it; each part may be empty."""

    country: str = ""
    locode: str = ""
    gln: str = ""
    name: str = ""


NOWHERE = Where()


@dataclass(frozen=True, slots=True)
class Line:
    """One usable line. Times in UTC seconds, amounts in minor units of the currency.

    `id` names it in its file; `manifest` what it travels by; `delivered_at` None: not yet. `carrier` is empty
    where the consignor keeps the goods until then. `liable` and `beneficiary` are names of these partners.
    """

    line: int
    id: str
    manifest: str
    consignor: str
    consignee: str
    liable: str
    beneficiary: str
    promised_at: int
    delivered_at: int | None
    packages: int
    value: int
    freight: int
    currency: str
    order: str = ""
    incoterm: str = ""
    mode: Mode = Mode.NOT_SPECIFIED
    fulfilment: Fulfilment | None = None
    description: str = ""
    gtin: str = ""
    lot: str = ""
    hs: str = ""
    origin: Where = NOWHERE
    destination: Where = NOWHERE
    carrier: str = ""

    @property
    def holder(self) -> str:
        """Who has the goods until they are delivered."""
        return self.carrier or self.consignor

    @property
    def partners(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.consignor, self.consignee, self.holder)))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is no shipment, by the map's word."""

    line: int
    column: str
    text: str


Entry = Line | Unusable | LeftOut


def manifests_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Delivered lines by manifest; those of one with other parties, destination or time are a manifest of their own."""

    def key(line: Line) -> tuple[str, str, str, Where, int]:
        return (line.manifest, line.holder, line.consignee, line.destination, line.delivered_at or 0)

    delivered = sorted((line for line in lines if line.delivered_at is not None), key=key)
    return [list(group) for _, group in groupby(delivered, key)]

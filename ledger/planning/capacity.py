"""Room in warehouses as issuers attest it: schema `capacity`, about ``partner/7``, in packages' worth of room.

The claims' text is ``{"lading": "number/1", "value": 500, "unit": "package"}``. Of several issuers' the least counts:
nobody is sent more than somebody entitled says there is room for.
"""

from collections.abc import Callable, Iterable

from ledger.attested.rate_card import in_force
from ledger.common.canonical import parse_json
from ledger.common.json_fields import fields_of, integer, text
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.planning.allocate import Available
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation
from ledger.shipments.history import Journeys
from ledger.shipments.portions import Found

CAPACITY = schema_hash("capacity")
FORMAT = "number/1"
UNIT = "package"
_LARGEST = 10**9


def capacities(
    journeys: Journeys, warehouses: Iterable[int], at: int, may_open: Callable[[Found[Attestation]], bool]
) -> dict[int, Available]:
    """What is attested at `at`, by warehouse: of each issuer its newest that can be read, of those whose claims whoever
    plans `may_open`.
    """
    result: dict[int, Available] = {}
    for warehouse in warehouses:
        newest: dict[int, Available] = {}
        for found in journeys.attestations.get(f"partner/{warehouse}", ()):  # in log order, so the newest stays
            if found.record.schema == CAPACITY and in_force(journeys, found, at) and may_open(found):
                packages = _stated(found)
                if packages is not None:
                    newest[found.record.by] = Available(packages, (found.verified.id,))
        if newest:
            result[warehouse] = min(newest.values(), key=lambda each: (each.packages, each.records))
    return result


def _stated(found: Found[Attestation]) -> int | None:
    claims = found.record.claims
    if isinstance(claims, Withheld):
        return None
    try:
        stated = fields_of(parse_json(claims.text.encode(), where="capacity"), "", ("lading", "value", "unit"))
        if stated["lading"] != FORMAT or text(stated["unit"], "unit") != UNIT:
            return None
        return integer(stated["value"], "value", 0, _LARGEST)
    except MalformedRecord:
        return None

"""How Lading's own things are named in events: shipments, partners, places, goods and orders as URIs.

A GS1 key is written as a GS1 Digital Link. What has none gets an address under this service's own, in the forms of CBV
2.0 (sections 8.2 to 8.5) for identifiers that are no GS1 keys.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from ledger.common.gs1_keys import check_gln, check_gtin
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.formats.epcis.identifiers import GS1, quoted
from ledger.records.types import Goods, Place

NAMESPACE = "urn:lading:epcis:"
PREFIX = "lading"
"""Of the members that are ours."""
DECLARED = {PREFIX: NAMESPACE}


@dataclass(frozen=True, slots=True)
class Naming:
    """`base`: the public address, without a slash at its end; `gln`: a partner's number as it enrolled, or ""."""

    base: str
    gln: Callable[[int], str]

    def shipment(self, shipment: bytes) -> str:
        return f"{self.base}/obj/{to_hex(shipment)}"

    def shipment_named(self, uri: str) -> bytes | None:
        """The shipment that `shipment` names so; None for any other text."""
        text = uri.removeprefix(f"{self.base}/obj/0x")
        if text == uri or len(text) != 64:
            return None
        try:
            return bytes.fromhex(text)
        except ValueError:
            return None

    def partner(self, partner: int) -> str:
        if gln := self.gln(partner):
            return f"{GS1}417/{gln}"
        return f"{self.base}/partners/{partner}" if partner else f"{self.base}/sd/recipient"

    def place(self, place: Place) -> str:
        """ "" for a place that says nothing of where it is."""
        if _right(check_gln, place.gln):
            return f"{GS1}414/{place.gln}"
        code = place.locode or place.country
        return f"{self.base}/loc/{quoted(code)}" if code else ""

    def goods(self, goods: Goods) -> str:
        """The class of some goods; "" for goods without a right GTIN."""
        if not _right(check_gtin, goods.gtin):
            return ""
        return f"{GS1}01/{goods.gtin}" + (f"/10/{quoted(goods.lot)}" if goods.lot else "")

    def order(self, consignor: int, reference: str) -> str:
        return f"{self.base}/bt/{consignor}/{quoted(reference)}"

    def record(self, record_id: bytes) -> str:
        return f"{self.base}/v1/records/{to_hex(record_id)}"

    def proof(self, record_id: bytes) -> str:
        return f"{self.record(record_id)}/proof"


def sscc_of(load: str) -> str:
    """The Digital Link of a load's number, if that is a serial shipping container code."""
    digits = load.replace(" ", "").removeprefix("(00)")
    if len(digits) != 18 or not digits.isascii() or not digits.isdigit():
        return ""
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(digits[:-1])))
    return f"{GS1}00/{digits}" if str(-total % 10) == digits[-1] else ""


def _right(check: Callable[[str], None], text: str) -> bool:
    try:
        check(text)
    except MalformedRecord:
        return False
    return True


def code_word(codes: type[IntEnum], number: int) -> str:
    """A code by its name; one that this release does not know, as another operator may have recorded it, by number."""
    try:
        return codes(number).name
    except ValueError:
        return str(number)

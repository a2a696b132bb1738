"""Terms that name a partner as liable for delay, and that it has put its name to neither by a signature nor by an
endorsement: until it has, what a delay costs is indicative, and owed by nobody.
"""

from collections.abc import Iterable

from ledger.codes import AmendmentKind
from ledger.common.canonical import parse_json
from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import NOBODY, Amendment, Commercial, ShipmentTerms
from ledger.worklist.items import Action, Item, Kind


def lacks_name_of(terms: ShipmentTerms, amendments: Iterable[Amendment]) -> int:
    """The partner that `terms` make liable and that signed neither them nor new terms for all of their shipments;
    `NOBODY` where there is none, or the prices are closed here. Endorsements are not asked.

    As `ledger.shipments.amendments.terms_in_force` has it, but signatures are not judged: the ledger takes in no terms
    that their consignor or holder has not signed, and no new terms that lack who is liable.
    """
    commercial = terms.commercial
    if not isinstance(commercial, Commercial) or commercial.liable in (NOBODY, terms.consignor, terms.holder):
        return NOBODY
    return NOBODY if any(map(_binds_all, amendments)) else commercial.liable


def item_of(terms: bytes, liable: int, opened_at: int) -> Item:
    """What waits for who is liable under `terms`, of which something is under way since `opened_at`."""
    draft = {"by": liable, "target": to_hex(terms)}
    return Item(Kind.ENDORSEMENT, Action.ENDORSE, terms, opened_at, draft=draft)


def _binds_all(amendment: Amendment) -> bool:
    """Whether these are new terms, and not for one shipment alone; what is closed may be."""
    if amendment.kind != AmendmentKind.TERMS:
        return False
    if isinstance(amendment.changes, Withheld):
        return True
    try:
        changes = parse_json(amendment.changes.text.encode(), where="changes")
    except MalformedRecord:
        return False
    return isinstance(changes, dict) and "shipment" not in changes and isinstance(changes.get("commercial"), dict)

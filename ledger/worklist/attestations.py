"""Attestations that end soon, and that their issuer has not renewed: by another of the same subject that ends later."""

from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.records.eip712 import Withheld
from ledger.records.types import Attestation
from ledger.worklist.items import Action, Item, Kind

NOTICE = 30 * DAY
"""Seconds before an attestation ends from which on its issuer is told."""


def item_of(record_id: bytes, subject: str, valid_from: int, valid_until: int) -> Item:
    """What waits for the issuer of an attestation in force until `valid_until`, that second included; its draft is that
    of `renewal`, which takes the whole record.
    """
    return Item(Kind.ATTESTATION, Action.RENEW, record_id, valid_from, until=valid_until, facts={"subject": subject})


def renewal(ending: Attestation) -> dict[str, object]:
    """The fields of an attestation that goes on where `ending` ends, for as long again. Empty where its claims are
    closed here: nobody can say the same again without knowing it.
    """
    if isinstance(ending.claims, Withheld):
        return {}
    start = ending.validUntil + 1
    return {
        "by": ending.by,
        "schema": to_hex(ending.schema),
        "subject": ending.subject,
        "accreditation": to_hex(ending.accreditation),
        "validFrom": start,
        "validUntil": start + ending.validUntil - ending.validFrom,
        "document": to_hex(ending.document),
        "claims": {"text": ending.claims.text},
        "itemCodes": to_hex(ending.itemCodes),
    }

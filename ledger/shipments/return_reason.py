"""Why goods go back, as those who sign the return say: `{"reason": code}` in the details of its terms."""

from enum import StrEnum

from ledger.common.canonical import parse_json
from ledger.common.json_fields import shown
from ledger.errors import MalformedRecord
from ledger.records.eip712 import Withheld
from ledger.records.types import ShipmentTerms


class ReturnReason(StrEnum):
    """Codes of `{"reason": code}`; the list grows only at its end. `withdrawn`: the buyer need say no more."""

    WITHDRAWN = "withdrawn"
    DEFECTIVE = "defective"
    DAMAGED = "damaged"
    WRONG_GOODS = "wrong_goods"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    REFUSED = "refused"
    UNDELIVERABLE = "undeliverable"
    CUSTOMS = "customs"
    RECALLED = "recalled"
    UNSOLD = "unsold"
    OTHER = "other"
    UNKNOWN = "unknown"


STATED = tuple(reason for reason in ReturnReason if reason is not ReturnReason.UNKNOWN)
"""What may be signed: nobody says that nothing is said."""


def parse_reason(details: str) -> ReturnReason | None:
    """The reason that the text of `Details` states; None where it states none. Other members may stand beside it.

    Raises `MalformedRecord` for a code that is not among `STATED`, and for a text that is no JSON object.
    """
    if not details:
        return None
    whole = parse_json(details.encode(errors="surrogatepass"), where="details")
    if not isinstance(whole, dict):
        raise MalformedRecord("not an object", where="details", expected="a JSON object, or nothing")
    if "reason" not in whole:
        return None
    reason = whole["reason"]
    if not isinstance(reason, str) or reason not in STATED:
        expected = ", ".join(STATED)
        raise MalformedRecord("no such reason", where="details.reason", expected=expected, found=shown(reason))
    return ReturnReason(reason)


def reason_of(terms: ShipmentTerms) -> ReturnReason:
    """`UNKNOWN` without a code that the list knows, and where the details are withheld."""
    if isinstance(terms.details, Withheld):
        return ReturnReason.UNKNOWN
    try:
        return parse_reason(terms.details.text) or ReturnReason.UNKNOWN
    except MalformedRecord:
        return ReturnReason.UNKNOWN

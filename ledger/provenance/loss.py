"""What terms of a transformation say was lost: `{"loss":{"quantity","unit","reason"}}` in their details (RECORDS)."""

from dataclasses import dataclass

from ledger.common.canonical import parse_json
from ledger.common.json_fields import fields_of, integer, text, wide_integer
from ledger.errors import MalformedRecord

QUANTITY_BITS = 64
"""As the quantity of `Goods`."""
MOST_UNIT = 64
MOST_REASON = 200


@dataclass(frozen=True, slots=True)
class Loss:
    """So much was lost, in a unit as of `Goods`, for a reason in the words of who signed."""

    quantity: int
    unit: str
    reason: str


def parse_loss(details: str) -> Loss | None:
    """The loss that the text of `Details` states; None where it states none.

    Strict: an object with exactly `quantity` (an integer, over 53 bits a decimal string), `unit` and `reason`, none of
    them empty. Raises `MalformedRecord` for anything else under that name, and for a text that is no JSON object.
    """
    if not details:
        return None
    whole = parse_json(details.encode(errors="surrogatepass"), where="details")
    if not isinstance(whole, dict):
        raise MalformedRecord("not an object", where="details", expected="a JSON object, or nothing")
    if "loss" not in whole:
        return None
    where = "details.loss"
    given = fields_of(whole["loss"], where, ("quantity", "unit", "reason"))
    quantity = given["quantity"]
    return Loss(
        wide_integer(quantity, f"{where}.quantity", QUANTITY_BITS)
        if isinstance(quantity, str)
        else integer(quantity, f"{where}.quantity"),
        text(given["unit"], f"{where}.unit", 1, MOST_UNIT),
        text(given["reason"], f"{where}.reason", 1, MOST_REASON),
    )

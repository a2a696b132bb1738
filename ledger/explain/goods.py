"""What a shipment carries, in a line."""

from ledger.common.ids import to_hex
from ledger.common.visible import visible
from ledger.records.eip712 import Withheld
from ledger.records.types import Commercial, Goods, ShipmentTerms


def carried_text(shipment: bytes, terms: ShipmentTerms) -> str:
    """`shipment 0x…: order PO-1, 2,400 EA of Infant formula (GTIN 09506000134352, lot L2601)`."""
    contents = () if isinstance(terms.contents, Withheld) else terms.contents
    order = terms.commercial.orderRef if isinstance(terms.commercial, Commercial) else ""
    told = [f"order {visible(order)}"] if order else []
    told += [_goods(goods) for goods in contents if not isinstance(goods, Withheld)]
    return f"shipment {to_hex(shipment)}: {', '.join(told) or 'order and goods are withheld'}"


def _goods(goods: Goods) -> str:
    numbers = [f"{name} {visible(value)}" for name, value in (("GTIN", goods.gtin), ("lot", goods.lot)) if value]
    what = visible(goods.description) or "goods"
    return f"{goods.quantity:,} {visible(goods.unit)} of {what}".replace("  ", " ") + (
        f" ({', '.join(numbers)})" if numbers else ""
    )

"""Lines of a made-up history, for measuring."""

from ledger.codes import Mode
from ledger.common.periods import DAY
from ledger.formats.tabular.lines import Line, Where


def bench_line(i: int, promised_at: int) -> Line:
    """One shipment that came a day late."""
    return Line(
        line=i,
        id=str(i),
        manifest=f"N{i}",
        consignor="Vendor: Maker",
        consignee="Programme: Land",
        liable="Vendor: Maker",
        beneficiary="Programme: Land",
        promised_at=promised_at,
        delivered_at=promised_at + DAY,
        packages=10,
        value=1000,
        freight=0,
        currency="USD",
        order="PO",
        incoterm="EXW",
        mode=Mode.AIR,
        description="goods",
        destination=Where(name="Land"),
    )

"""Element strings: from scanners, and in brackets as people write them."""

import pytest

from ledger.errors import MalformedRecord
from ledger.formats.gs1 import element_string

GTIN = "09506000134352"
GS = "\x1d"


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [
        (f"]d201{GTIN}10L{GS}21S", f"(01){GTIN}(10)L(21)S"),
        (f"]C101{GTIN}17261231{GS}10L", f"(01){GTIN}(17)261231(10)L"),
        (f"]Q3{GS}01{GTIN}", f"(01){GTIN}"),
        (f"]e001{GTIN}10L", f"(01){GTIN}(10)L"),
        (f"^01{GTIN}10L^21S", f"(01){GTIN}(10)L(21)S"),
        (f"{GS}10L{GS}01{GTIN}", f"(10)L(01){GTIN}"),
        (f"01{GTIN}3103000195", f"(01){GTIN}(3103)000195"),
        ("]C100106141412345678908", "(00)106141412345678908"),
        (f"]E0{GTIN[1:]}", f"(01){GTIN}"),
        ("]E496385074", "(01)00000096385074"),
        (f"]I1{GTIN}", f"(01){GTIN}"),
        (f"01{GTIN}01{GTIN}", f"(01){GTIN}"),
        (f"]d201{GTIN}10A(1)B", rf"(01){GTIN}(10)A\(1)B"),
        (rf"(01){GTIN}(10)A\(1)B\((21)S", rf"(01){GTIN}(10)A\(1)B\((21)S"),
        (f"(01) {GTIN} (10) L ", f"(01){GTIN}(10)L"),
        ("(254)X(414)9506000111117", "(254)X(414)9506000111117"),
    ],
)
def test_messages(text: str, bracketed: str) -> None:
    assert element_string.parse(text).bracketed() == bracketed


@pytest.mark.parametrize(
    "text",
    [
        "", "^", "]d2", GS, "(", "()", "(01)", f"(01){GTIN}(10)", f"(01){GTIN}(10)A(1)B", f"(01){GTIN}(10)A(99999)B",
        f"(01){GTIN} y (10)L", f"01{GTIN}10L{GS}10M", f"(01){GTIN}(01)09421900000012",
        f"01{GTIN[:-1]}", f"01{GTIN}10" + "L" * 21, f"]d201{GTIN}89X", f"]d201{GTIN}1726",
        f"]d201{GTIN}10L^21S{GS}{GS}",
        "]E0123", "]X1abc", f"(01){GTIN[:-1]}3", f"(1){GTIN}", f"(011){GTIN}", "(10)L" * 200, f"(01){GTIN}(21)é",
        "(00)106141412345678909",
    ],
)  # fmt: skip
def test_what_is_no_message(text: str) -> None:
    with pytest.raises(MalformedRecord):
        element_string.parse(text)


def test_a_bracket_within_a_lot_is_never_taken_for_its_end() -> None:
    with pytest.raises(MalformedRecord, match=r"written \\\("):
        element_string.parse(f"(01){GTIN}(10)A(1)B")


@pytest.mark.parametrize(
    ("message", "elements"),
    [
        ("]E02112345678900|]e099COMPOSITE\x1d98XYZ", "^010211234567890099COMPOSITE^98XYZ"),
        ("]E402345673|]e017261231", "^010000000234567317261231"),
    ],
)
def test_a_retail_barcode_comes_with_the_composite_component_above_it(message: str, elements: str) -> None:
    assert str(element_string.parse(message)) == elements
    for broken in (message.replace("|", ""), message.partition("]e0")[0] + "]e0", message.replace("|]e0", "|]e1")):
        with pytest.raises(MalformedRecord):
            element_string.parse(broken)

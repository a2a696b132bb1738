"""Labels as they come, and the product that they name."""

import pytest

from ledger.common.gs1 import Product
from ledger.errors import MalformedRecord
from ledger.formats.gs1.scanned import completed, parse, product_of_code, sought

GTIN = "09506000134352"


@pytest.mark.parametrize(
    ("text", "product"),
    [
        (f"https://id.gs1.org/01/{GTIN}/10/ABC/21/1?17=251231", Product(GTIN, "ABC", "1")),
        (f"https://brand.example/shop/01/{GTIN[1:]}/21/1", Product(GTIN, serial="1")),
        (f"https://brand.example/gtin/{GTIN[1:]}/lot/L/ser/S", Product(GTIN, "L", "S")),
        (f"HTTPS://EXAMPLE.ORG/01/{GTIN}", Product(GTIN)),
        (f"]Q1https://example.org/01/{GTIN}", Product(GTIN)),
        (f"]d1HTTPS://example.org/01/{GTIN}/22/V", Product(GTIN, variant="V")),
        (f"https://example.org/01/{GTIN}/235/T", Product(GTIN)),
        (f"https://example.org/8006/{GTIN}0102/21/S", Product(GTIN, serial="S")),
        ("https://example.org/CwnYUc1gmo1XgkY", Product("05412345000013", "ABC123")),
        (f"https://example.org/01/{GTIN}/", Product(GTIN)),
        ("/01/614141123452", Product("00614141123452")),
        (f"01/{GTIN}/10/a%2fb", Product(GTIN, lot="a/b")),
        (f"https://example.org/01/{GTIN}/10/A/", Product(GTIN, lot="A")),
        (f"https://example.org/01/{GTIN}/10/A/?x=1", Product(GTIN, lot="A")),
        (f"{GTIN[1:4]} {GTIN[4:9]}-{GTIN[9:]}", Product(GTIN)),
        (f"(21)S1(01){GTIN}", Product(GTIN, serial="S1")),
        (f"]d201{GTIN}10L\x1d21S", Product(GTIN, "L", "S")),
        (f"01{GTIN}10L", Product(GTIN, "L")),
        ("96385074", Product("00000096385074")),
        (f"https://example.org/01/{GTIN}?88=new", Product(GTIN)),
    ],
)
def test_products(text: str, product: Product) -> None:
    assert product_of_code(text) == product
    assert sought(text)[1] == product


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "hello", "123", "(10)L1", f"(01){GTIN}(10){'L' * 21}", "x" * 3000, "(01)", "(01)x",
        f"(01){GTIN}(10)A(1)B", "https://example.org/", "https://example.org/01/abc",
        "https://example.org/01/09506000134353", "01", "01/", "/",
        f"https://example.org/?01={GTIN}", f"https://example.org/01/{GTIN}/99/1", f"01/{GTIN}/10", f"01/{GTIN}?10=L",
        "https://example.org/about", "106141412345678908", "(00)106141412345678908", "https://", "http:///x/y", "]Q1",
        "partner/7",
    ],
)  # fmt: skip
def test_what_names_no_product(text: str) -> None:
    with pytest.raises(MalformedRecord):
        product_of_code(text)
    assert sought(text)[1] is None


def test_eighteen_digits_are_a_logistic_unit() -> None:
    assert parse("1 0614141 234567890 8").bracketed() == "(00)106141412345678908"


def test_what_a_code_leaves_open_is_completed_and_what_it_says_stands() -> None:
    assert completed(Product(GTIN, lot="L"), lot="M", serial=" S ", variant="") == Product(GTIN, "L", "S")
    for lot in ("a b", "x" * 21, "é"):
        with pytest.raises(MalformedRecord):
            completed(Product(GTIN), lot=lot)

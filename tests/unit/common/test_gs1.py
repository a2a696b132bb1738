"""GS1 keys, paths, prefixes and the lots of a recall."""

import random

import pytest

from ledger.codes import Role
from ledger.common.gs1 import (
    Lot,
    Product,
    SerialRange,
    gtin14,
    has_prefix,
    parse_lots,
    parse_product,
    prefix_of_scope,
    print_lots,
    recall_covers,
)
from ledger.common.gs1_keys import check_digit, check_gln, check_gtin, check_load, check_sscc, sscc_in
from ledger.common.scopes import scope_bytes
from ledger.errors import MalformedRecord

GTIN = "09506000134352"
CHARACTER_SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


# --- check digits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "09506000134352",  # GTIN of the GS1 Digital Link standard's examples
        "04006381333931",  # EAN-13 of countless textbooks
        "00614141123452",  # UPC-A, GS1 General Specifications
        "106141412345678908",  # SSCC, GS1 General Specifications
        "9506000111117",  # GLN
        "96385074",  # GTIN-8
    ],
)
def test_published_check_digits(key: str) -> None:
    assert check_digit(key[:-1]) == key[-1]


def test_every_single_digit_error_is_found() -> None:
    for position in range(14):
        for digit in "0123456789":
            if digit != GTIN[position]:
                with pytest.raises(MalformedRecord, match="check digit"):
                    check_gtin(GTIN[:position] + digit + GTIN[position + 1 :])


@pytest.mark.parametrize("text", ["106141412345678908", "00106141412345678908", "(00) 1 0614141 234567890 8"])
def test_an_sscc_is_known_by_its_digits(text: str) -> None:
    assert sscc_in(text) == "106141412345678908"
    check_load(text)
    with pytest.raises(MalformedRecord, match="wrong check digit of an SSCC"):
        check_load(text[:-1] + "9")


def test_a_load_may_be_any_other_number() -> None:
    for text in ("", "MSKU 123456-7", "SF1234567890", "10614141234567890", "GLS 106141412345678909", "00" * 12):
        assert sscc_in(text) == ""
        check_load(text)
    check_sscc("106141412345678908")
    for bad in ("106141412345678909", "00106141412345678908", "1061414123456789O8"):
        with pytest.raises(MalformedRecord):
            check_sscc(bad)


def test_keys_of_the_right_length_only() -> None:
    check_gtin(GTIN)
    check_gln("9506000111117")
    for bad in ("", GTIN[1:], "0" + GTIN, "0950600013435٢", "0950600013435 ", "-9506000134352"):
        with pytest.raises(MalformedRecord, match="not a GTIN"):
            check_gtin(bad)
    with pytest.raises(MalformedRecord, match="GLN"):
        check_gln("9506000111118")


@pytest.mark.parametrize(
    ("short", "long"),
    [("96385074", "00000096385074"), ("614141123452", "00614141123452"), ("9506000134352", GTIN), (GTIN, GTIN)],
)
def test_shorter_gtins_are_padded(short: str, long: str) -> None:
    assert gtin14(short) == long


@pytest.mark.parametrize("bad", ["", "1", "0963850741", "96385075", "4006381333932"])
def test_not_a_gtin(bad: str) -> None:
    with pytest.raises(MalformedRecord):
        gtin14(bad)


# --- prefixes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", range(4, 13))
def test_a_prefix_is_compared_after_the_indicator_digit(digits: int) -> None:
    prefix = GTIN[1 : 1 + digits]
    assert has_prefix(GTIN, prefix)
    assert has_prefix("1" + GTIN[1:], prefix), "another packaging level of the same maker"
    assert not has_prefix(GTIN, GTIN[:digits]), "the indicator digit is no part of it"
    assert prefix_of_scope(scope_bytes(Role.BRAND, prefix)) == prefix


@pytest.mark.parametrize("bad", ["", "123", "1234567890123", "95x6", "٩٥٠٦", " 9506"])
def test_not_a_prefix(bad: str) -> None:
    with pytest.raises(MalformedRecord):
        scope_bytes(Role.BRAND, bad)


@pytest.mark.parametrize("bad", [bytes(32), b"95", b"9506" + bytes(27), b"9506\0x".ljust(32, b"\0"), b"\xff" * 32])
def test_not_a_scope(bad: bytes) -> None:
    with pytest.raises(MalformedRecord):
        prefix_of_scope(bad)


# --- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "path"),
    [
        (Product(GTIN), "01/09506000134352"),
        (Product(GTIN, lot="ABC123"), "01/09506000134352/10/ABC123"),
        (Product(GTIN, serial="12345"), "01/09506000134352/21/12345"),
        (Product(GTIN, lot="LOT", serial="SERIAL"), "01/09506000134352/10/LOT/21/SERIAL"),
        (Product(GTIN, "L", "S", "2A"), "01/09506000134352/22/2A/10/L/21/S"),
        (Product(GTIN, lot="A/B 1".replace(" ", "+")), "01/09506000134352/10/A%2FB%2B1"),
        (Product(GTIN, serial="%41"), "01/09506000134352/21/%2541"),
        (Product(GTIN, serial=".."), "01/09506000134352/21/.."),
    ],
)
def test_paths(product: Product, path: str) -> None:
    assert product.path() == path
    assert parse_product(path) == product


def test_every_character_of_set_82_survives() -> None:
    for start in range(0, len(CHARACTER_SET_82), 20):
        product = Product(GTIN, lot=CHARACTER_SET_82[start : start + 20])
        path = product.path()
        assert parse_product(path) == product
        assert set(path) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/%")


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/01/09506000134352", "01", "01/", "01/9506000134352", "01/09506000134353", "01/09506000134352/",
        "01/09506000134352/10", "01/09506000134352/10/", "01/09506000134352/21/S/10/L", "01/09506000134352/10/A/10/B",
        "01/09506000134352/99/X", "01/09506000134352/10/%41", "01/09506000134352/10/a%2fb", "01/09506000134352/10/A+B",
        "01/09506000134352/10/A%20B", "01/09506000134352/10/%C3%A9", "01/09506000134352/10/" + "x" * 21,
        "01/09506000134352/10/A%", "01/09506000134352?10=A", "00/106141412345678908", "partner/7",
        "https://id.example.org/01/09506000134352",
    ],
)  # fmt: skip
def test_only_what_would_be_printed_is_parsed(path: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_product(path)


def test_random_products_round_trip() -> None:
    rng = random.Random(82)
    for _ in range(500):
        digits = "".join(rng.choices("0123456789", k=13))
        texts = ["".join(rng.choices(CHARACTER_SET_82, k=rng.randint(0, 20))) for _ in range(3)]
        product = Product(digits + check_digit(digits), *texts)
        assert parse_product(product.path()) == product


def test_what_is_said_of_the_general_is_said_of_the_special() -> None:
    gtin, lot, item = Product(GTIN), Product(GTIN, lot="L"), Product(GTIN, lot="L", serial="S")
    for general, special in ((gtin, gtin), (gtin, lot), (gtin, item), (lot, item)):
        assert general.covers(special)
        assert general in special.generalised()
    for general, special in (
        (lot, gtin),
        (item, lot),
        (lot, Product(GTIN, lot="M")),
        (gtin, Product("04006381333931")),
    ):
        assert not general.covers(special)
    assert item.generalised() == (item, Product(GTIN, serial="S"), lot, gtin)
    assert gtin.generalised() == (gtin,)


# --- lots of a recall ----------------------------------------------------------------------------------------------


def test_lots_and_serial_ranges() -> None:
    text = '[{"lot":"A1"},{"from":"0010","to":"0020"}]'
    lots = (Lot("A1"), SerialRange("0010", "0020"))
    assert parse_lots(text) == lots
    assert print_lots(lots) == text
    assert parse_lots("") == parse_lots("[]") == ()
    assert print_lots(()) == ""


@pytest.mark.parametrize(
    "text",
    [
        "{}", "1", "[1]", "[{}]", '[{"lot":""}]', '[{"lot":1}]', '[{"lot":"A","x":"B"}]', '[{"from":"1"}]',
        '[{"from":"2","to":"1"}]', '[{"from":"1","to":"10"}]', '[{"to":"2","from":"1"}]', '[ {"lot":"A"}]',
        '[{"lot":"caf\u00e9"}]', '[{"lot":"' + "x" * 21 + '"}]', '[{"lot":"A"}', "[" * 2000, "[" + " " * 4100 + "]",
    ],
)  # fmt: skip
def test_malformed_lots(text: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_lots(text)


def test_serials_are_compared_among_those_of_equal_length() -> None:
    serials = SerialRange("0099", "0101")
    assert [s for s in ("0098", "0099", "0100", "0101", "0102", "100", "00100") if serials.holds(s)] == [
        "0099",
        "0100",
        "0101",
    ]


@pytest.mark.parametrize(
    ("subject", "lots", "product", "covered"),
    [
        (Product(GTIN), "", Product(GTIN, "A", "1"), True),
        (Product(GTIN), "", Product(GTIN), True),
        (Product(GTIN), "", Product("04006381333931"), False),
        (Product(GTIN, "A"), "", Product(GTIN, "A", "1"), True),
        (Product(GTIN, "A"), "", Product(GTIN, "B", "1"), False),
        (Product(GTIN, "A"), "", Product(GTIN), None),
        (Product(GTIN, "A"), "", Product(GTIN, serial="1"), None),
        (Product(GTIN), '[{"lot":"A"}]', Product(GTIN, "A"), True),
        (Product(GTIN), '[{"lot":"A"}]', Product(GTIN, "B"), False),
        (Product(GTIN), '[{"lot":"A"}]', Product(GTIN), None),
        (Product(GTIN), '[{"from":"10","to":"20"}]', Product(GTIN, serial="15"), True),
        (Product(GTIN), '[{"from":"10","to":"20"}]', Product(GTIN, serial="25"), False),
        (Product(GTIN), '[{"from":"10","to":"20"}]', Product(GTIN, "A"), None),
        (Product(GTIN), '[{"lot":"A"},{"from":"10","to":"20"}]', Product(GTIN, "B", "15"), True),
        (Product(GTIN), '[{"lot":"A"},{"from":"10","to":"20"}]', Product(GTIN, "B", "25"), False),
        (Product(GTIN), '[{"lot":"A"},{"from":"10","to":"20"}]', Product(GTIN, "B"), None),
        (Product(GTIN, "A"), '[{"from":"10","to":"20"}]', Product(GTIN, "A", "15"), True),
        (Product(GTIN, "A"), '[{"from":"10","to":"20"}]', Product(GTIN, serial="25"), False),
        (Product(GTIN, "A"), '[{"from":"10","to":"20"}]', Product(GTIN, serial="15"), None),
    ],
)
def test_whether_a_recall_takes_in_a_product(
    subject: Product, lots: str, product: Product, covered: bool | None
) -> None:
    assert recall_covers(subject, parse_lots(lots), product) is covered

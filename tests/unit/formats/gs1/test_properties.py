"""What holds of every label: each way of writing says the same, and no two objects share a link."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.common.gs1 import Product, parse_product
from ledger.common.gs1_keys import check_digit
from ledger.errors import MalformedRecord
from ledger.formats.gs1 import compression, digital_link, element_string, scanned
from ledger.formats.gs1.application_identifiers import KEYS, described, may_be_attribute
from ledger.formats.gs1.bits import BitWriter
from ledger.formats.gs1.components import write_value
from ledger.formats.gs1.elements import Element, Elements
from ledger.formats.gs1.linkset import walk_up

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
SET_39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits(least: int, most: int = 0) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most or least)


def text(least: int, most: int, letters: str = SET_82) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=least, max_size=most)


def key(length: int) -> st.SearchStrategy[str]:
    return digits(length - 1).map(lambda body: body + check_digit(body))


def day() -> st.SearchStrategy[str]:
    return st.dates().map(lambda date: date.strftime("%y%m%d")).filter(lambda text: text[2:] != "0229")


VALUES: dict[str, st.SearchStrategy[str]] = {
    "00": key(18), "01": key(14), "02": key(14), "402": key(17), "410": key(13), "414": key(13), "417": key(13),
    "8018": key(18),
    "253": st.builds(str.__add__, key(13), text(0, 17)),
    "255": st.builds(str.__add__, key(13), digits(0, 12)),
    "401": st.builds(str.__add__, digits(4), text(0, 26)),
    "8003": st.builds("0{}{}".format, key(13), text(0, 16)),
    "8004": st.builds(str.__add__, digits(4), text(0, 26)),
    "8006": st.builds("{}{:02d}99".format, key(14), st.integers(1, 99)),
    "8010": st.builds(str.__add__, digits(5), text(0, 25, SET_39)),
    "8011": digits(1, 12).filter(lambda value: value[0] != "0"), "8019": digits(1, 10), "7040": st.just("1AB-"),
    "10": text(1, 20), "21": text(1, 20), "22": text(1, 20), "235": text(1, 28), "254": text(1, 20),
    "11": day(), "13": day(), "15": day(), "16": day(), "17": day(), "30": digits(1, 8), "37": digits(1, 8),
    "240": text(1, 30), "400": text(1, 30), "403": text(1, 30), "91": text(1, 90),
    "3103": digits(6), "3302": digits(6), "3922": digits(1, 15),
    "7003": day().map(lambda date: date + "2359"), "8008": day().map(lambda date: date + "07"),
}  # fmt: skip
"""Values of identifiers, as their formats and checks have them."""


@st.composite
def labels(draw: Any) -> Elements:
    """What a link may say: a key, some qualifiers in one of their orders, and attributes."""
    first = draw(st.sampled_from(sorted(set(KEYS) & set(VALUES))))
    order = draw(st.sampled_from(KEYS[first] or ((),)))
    qualifiers = [ai for ai in order if draw(st.booleans())]
    own = {ai for one in KEYS[first] for ai in one}
    others = sorted(ai for ai in VALUES if may_be_attribute(ai) and ai not in own and ai != first)
    attributes = draw(st.lists(st.sampled_from(others), unique=True, max_size=4))
    return Elements(tuple(Element(ai, draw(VALUES[ai])) for ai in (first, *qualifiers, *attributes)))


def same(one: Elements, other: Elements) -> bool:
    return sorted((e.ai, e.value) for e in one) == sorted((e.ai, e.value) for e in other)


def read(label: Elements) -> Elements | None:
    """As it is read from brackets; None where its key's company prefix or another rule is not met by chance."""
    try:
        return element_string.parse(label.bracketed())
    except MalformedRecord:
        return None


@given(labels())
def test_every_way_of_writing_says_the_same(label: Elements) -> None:
    assume(read(label) is not None)
    link = digital_link.uri_of(label)
    assert element_string.parse(label.bracketed()) == label
    assert element_string.parse(str(label)) == label
    assert element_string.parse("]d2" + label.scanned()) == label
    assert same(digital_link.parse(link), label)
    assert digital_link.uri_of(digital_link.parse(link)) == link, "a canonical link is its own"
    short = compression.compressed(label)
    assert same(digital_link.parse(compression.decompressed(short)), label)
    assert same(compression.parse(short), label)
    for spelling in (link, short, label.bracketed(), str(label), "]Q3" + label.scanned()):
        assert same(scanned.parse(spelling), label), spelling


@given(labels())
def test_a_link_may_be_compressed_but_for_its_key(label: Elements) -> None:
    assume(read(label) is not None and len(label) > 1)
    rest = Elements(label.items[1:])
    writer = BitWriter()
    for one in rest:
        writer.put(int(one.ai, 16), 4 * len(one.ai))
        write_value(one.ai, one.value, writer, "label")
    head = f"https://a/{label.items[0].ai}/{digital_link.escaped(label.items[0].value)}"
    assert same(compression.parse(f"{head}/{writer.text()}"), label)
    assert compression.decompressed(f"{head}/{writer.text()}").startswith(f"{head}")


@given(labels(), labels())
def test_no_two_labels_have_one_link(one: Elements, other: Elements) -> None:
    assume(read(one) is not None and read(other) is not None)
    if not same(one, other):
        assert digital_link.uri_of(one) != digital_link.uri_of(other)
        assert compression.compressed(one) != compression.compressed(other)
    elif one == other:
        assert digital_link.uri_of(one) == digital_link.uri_of(other)


ITEMS = st.builds(
    Product, key(14).filter(lambda gtin: gtin[1:5].isdigit()), *(st.one_of(st.just(""), text(1, 20)) for _ in range(3))
)


@given(ITEMS, ITEMS)
def test_no_two_products_have_one_path_and_each_is_read_from_its_own(one: Product, other: Product) -> None:
    assert (one.path() == other.path()) == (one == other)
    for product in (one, other):
        assert parse_product(product.path()) == product
        assert scanned.product_of_code(product.path()) == product
        assert scanned.product_of_code(f"https://example.org/shop/{product.path()}?x=1") == product
        assert list(walk_up(product.path()))[-1] == f"01/{product.gtin}"
        assert scanned.sought(f"/{product.path()}")[1] == product


@given(labels(), st.integers(0, 200), st.sampled_from("0123456789AZaz%/?=&+-_~ é２\x1d^"))
@settings(max_examples=300)
def test_a_link_with_one_character_changed_is_another_or_none(label: Elements, at: int, letter: str) -> None:
    assume(read(label) is not None)
    link = digital_link.uri_of(label)
    path_at = len(digital_link.CANONICAL_STEM) + at % (len(link) - len(digital_link.CANONICAL_STEM))
    wrong = link[:path_at] + letter + link[path_at + 1 :]
    assume(wrong != link)
    try:
        found = digital_link.parse(wrong)
    except MalformedRecord:
        return
    if same(found, label):
        assert digital_link.uri_of(found) == link, "another spelling of the same, which is written in one way"
    else:
        assert digital_link.uri_of(found) != link


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=2, max_size=60))
@settings(max_examples=300)
def test_what_decompresses_at_all_is_a_link_that_compresses_to_itself(segment: str) -> None:
    try:
        found = compression.parse(f"https://a/{segment}")
    except MalformedRecord:
        return
    assert same(compression.parse(compression.compressed(found)), found)


def test_the_values_are_those_of_their_identifiers() -> None:
    assert all(described(ai) is not None for ai in VALUES)
    assert {"00", "01", "414", "417", "8003", "8004"} <= set(VALUES)

"""Whoever takes a GTIN, GLN or SSCC refuses it with any one digit changed: each way in, walked through."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.client.drafts import completed
from ledger.common import gs1, gs1_keys
from ledger.common.canonical import canonical_json
from ledger.common.gs1_keys import check_digit
from ledger.errors import InvalidInput, MalformedRecord
from ledger.formats.documents.desadv import read_desadv
from ledger.formats.documents.despatch_advice import read_despatch_advice
from ledger.formats.documents.ship_notice import read_ship_notice
from ledger.formats.epcis.identity import Naming, sscc_of
from ledger.formats.gs1 import compression, digital_link, element_string, scanned
from ledger.formats.gs1.bits import BitWriter
from ledger.formats.gs1.components import write_value
from ledger.formats.gs1.digital_link import CANONICAL_STEM
from ledger.formats.gs1.elements import Element, Elements
from ledger.products.description import parse_description
from ledger.records.content_checks import check_content
from ledger.records.types import Attestation, Child, Goods, Place, Recall, Split, Statement
from tests.samples import changed
from tests.unit.formats.documents import samples
from tests.unit.formats.tabular.helpers import file, plan
from tests.unit.records.test_content_checks import NOW, SALT, handoff, terms, valid

GTIN, GLN, SSCC = samples.GTIN, samples.SUPPLIER, samples.SSCC
Way = Callable[[str], Any]


def goods(gtin: str) -> tuple[Goods, ...]:
    return (Goods(SALT, gtin, "L1", bytes(32), 1, "EA", "", ""),)


def at(gln: str) -> Place:
    return Place(SALT, "", "", gln, "")


def described(gtin: str) -> Any:
    data = {"brand": "Kea", "descriptions": {}, "gtin": gtin, "lading": "product/1", "names": {"en": "Milk"}}
    return parse_description(canonical_json(data))


def draft(sscc: str) -> Any:
    return completed({"type": "Handoff", "message": {"load": {"identifier": sscc}}}, NOW)


def unit_in_ubl(sscc: str) -> Any:
    unit = f"<cac:TransportHandlingUnit><cbc:ID>{sscc}</cbc:ID></cac:TransportHandlingUnit></cac:Shipment>"
    return read_despatch_advice(samples.DESPATCH_ADVICE.replace(b"</cac:Shipment>", unit.encode()))


def imported(more: str, key: str, section: str = "") -> Any:
    changes = [('packages = "boxes"', f'packages = "boxes"\n{more}')] if more else []
    changes += [("[line]", f"{section}\n[line]")] if section else []
    made = plan(file({"from": key}), *changes, ('consignor = "from"', 'consignor = { value = "Kea" }'))
    if made.unusable:
        raise MalformedRecord(made.unusable[0].reason, where=made.unusable[0].column)
    return made.lines[0]


def in_document(read: Callable[[bytes], Any], document: bytes, key: str) -> Way:
    """With another key in its place, where the document writes it in 13 digits too."""
    return lambda other: read(
        document.replace(key.encode(), other.encode()).replace(key[1:].encode(), other[1:].encode())
    )


def in_brackets(ai: str, more: str = "") -> Way:
    return lambda key: element_string.parse(f"({ai}){key}{more}")


def in_a_link(ai: str, more: str) -> Way:
    return lambda key: digital_link.parse(f"https://a/{ai}/{key}{more}")


DOCUMENTS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "DESADV": (read_desadv, samples.DESADV),
    "X12 856": (read_ship_notice, samples.SHIP_NOTICE),
    "UBL": (read_despatch_advice, samples.DESPATCH_ADVICE),
}
GTINS: dict[str, Way] = {
    "terms": lambda key: check_content(terms(contents=goods(key)), NOW),
    "a split": lambda key: check_content(changed(valid(Split), children=(Child(1, goods(key)),)), NOW),
    "an attestation": lambda key: check_content(changed(valid(Attestation), subject=f"01/{key}/10/L"), NOW),
    "a recall": lambda key: check_content(changed(valid(Recall), subject=f"01/{key}"), NOW),
    "a path": lambda key: gs1.parse_product(f"01/{key}/21/S"),
    "a GTIN": gs1.gtin14,
    "a description": described,
    "an import": lambda key: imported('gtin = "from"', key),
    "digits": scanned.product_of_code,
    "a search": lambda key: scanned.sought(key)[1] or refused(key),
    "a product's brackets": lambda key: scanned.product_of_code(f"(01){key}(10)L"),
    **{
        f"({ai})": in_brackets(ai, more)
        for ai, more in (("01", ""), ("02", "(37)1"), ("03", ""), ("8006", "0102"), ("8026", "0102"))
    },
    "a link": lambda key: digital_link.parse(f"https://a/01/{key}"),
    "a link's query": lambda key: digital_link.parse(f"https://a/00/{SSCC}?02={key}&37=1"),
    "a compressed link": lambda key: compression.parse(compressed("01", key)),
    **{name: in_document(read, text, GTIN) for name, (read, text) in DOCUMENTS.items()},
}
GLNS: dict[str, Way] = {
    "terms, origin": lambda key: check_content(terms(origin=at(key)), NOW),
    "terms, destination": lambda key: check_content(terms(destination=at(key)), NOW),
    "a handoff": lambda key: check_content(handoff(place=at(key)), NOW),
    "a statement": lambda key: check_content(changed(valid(Statement), place=at(key)), NOW),
    "an import": lambda key: imported("", key, '[destination]\ngln = "from"'),
    "a GLN": gs1_keys.check_gln,
    **{f"({ai})": in_brackets(ai) for ai in ("410", "411", "412", "413", "414", "415", "416", "417")},
    **{
        f"a link by {ai}{more}": in_a_link(ai, more)
        for ai, more in (("414", "/254/7"), ("417", ""), ("417", "/7040/1AB-"))
    },
    "a compressed link": lambda key: compression.parse(compressed("417", key)),
    **{name: in_document(read, text, GLN) for name, (read, text) in DOCUMENTS.items()},
}
SSCCS: dict[str, Way] = {
    "a draft": draft,
    "a draft in brackets": lambda key: draft(f"(00) {key}"),
    "an SSCC": gs1_keys.check_sscc,
    "digits": scanned.parse,
    "(00)": lambda key: element_string.parse(f"(00){key}"),
    "a scan": lambda key: element_string.parse(f"]C100{key}"),
    "a link": lambda key: digital_link.parse(f"https://a/00/{key}"),
    "a compressed link": lambda key: compression.parse(compressed("00", key)),
    "an event's load": lambda key: sscc_of(key) or refused(key),
    "DESADV": in_document(read_desadv, samples.DESADV, SSCC),
    "X12 856": in_document(read_ship_notice, samples.SHIP_NOTICE, SSCC),
    "UBL": unit_in_ubl,
}  # fmt: skip


def refused(key: str) -> Any:
    raise MalformedRecord("not read", where="key", found=key)


def compressed(ai: str, key: str) -> str:
    """A compressed link to a key that need not be right: compressing would refuse it."""
    digits = {"00": 18, "01": 14, "417": 13}[ai]
    writer = BitWriter()
    writer.put(int(ai, 16), 4 * len(ai))
    write_value(ai, key.rjust(digits, "0"), writer, "key")
    return f"{CANONICAL_STEM}/{writer.text()}"


def test_a_key_that_is_right_is_taken_by_every_way_in() -> None:
    for ways, key in ((GTINS, GTIN), (GLNS, GLN), (SSCCS, SSCC)):
        for way in ways.values():
            way(key)


@pytest.mark.parametrize(
    ("name", "way", "key"),
    [
        *((name, way, GTIN) for name, way in GTINS.items()),
        *((name, way, GLN) for name, way in GLNS.items()),
        *((name, way, SSCC) for name, way in SSCCS.items()),
    ],
)
def test_any_one_digit_changed_is_refused(name: str, way: Way, key: str) -> None:
    first = 1 if name == "DESADV" and key == GTIN else 0  # which writes it without its first
    for place in range(first, len(key)):
        for digit in "0123456789":
            wrong = key[:place] + digit + key[place + 1 :]
            if digit == key[place]:
                continue
            with pytest.raises(InvalidInput):
                way(wrong)


def test_what_each_module_calls_a_check_digit_is_the_same() -> None:
    naming = Naming("https://a", lambda _: "")
    for body, key in (("0942190000001", GTIN), ("942190000000", GLN), ("39421900000000001", SSCC)):
        assert body + check_digit(body) == key
    for wrong in (str(digit) for digit in range(10) if str(digit) != SSCC[-1]):
        assert sscc_of(SSCC[:-1] + wrong) == ""
    assert naming.place(at(GLN[:-1] + "6")) == "", "no event names a place that there is not"
    assert naming.goods(goods(GTIN[:-1] + "3")[0]) == ""


def test_a_key_is_written_into_no_link_with_a_wrong_digit() -> None:
    for ai, key in (("01", GTIN), ("414", GLN), ("417", GLN), ("00", SSCC)):
        wrong = key[:-1] + str((int(key[-1]) + 1) % 10)
        for write in (digital_link.uri_of, compression.compressed):
            assert write(Elements((Element(ai, key),)))
            with pytest.raises(MalformedRecord, match="check digit"):
                write(Elements((Element(ai, wrong),)))

"""The part of a map that says who takes part, who is liable, and how partners are told apart."""

from typing import Any

from ledger.formats.tabular.mapping.import_map import PARTIES, Parties
from ledger.formats.tabular.mapping.map_values import fail, one_of, source, table, texts, whole


def parse_parties(value: Any) -> Parties:
    names = (*PARTIES, "liable", "beneficiary", "spelling", "same", "different", "numbers")
    data = table(value, "parties", names)
    for name in ("consignor", "consignee", "liable"):
        if name not in data:
            fail("the map does not say who this is", f"parties.{name}", _who(name), "nothing")
    liable = one_of(data["liable"], "parties.liable", ("consignor", "carrier"))
    if liable == "carrier" and "carrier" not in data:
        fail("the map does not say who carries", "parties.carrier", _who("carrier"), "nothing")
    beneficiary = one_of(data.get("beneficiary", "consignee"), "parties.beneficiary", ("consignee", "consignor"))
    if beneficiary == liable:
        fail("nobody owes himself", "parties.beneficiary", "consignee", beneficiary)
    spelling = one_of(data["spelling"], "parties.spelling", ("exact", "letters")) if "spelling" in data else None
    same: dict[str, str] = {}
    for name, spellings in table(data.get("same", {}), "parties.same").items():
        for spelt in texts(spellings, f"parties.same.{name}"):
            if same.setdefault(spelt, name) != name:
                fail("one spelling for two partners", f"parties.same.{name}", f"only one of {same[spelt]!r}", spelt)
    different = data.get("different", ())
    if not isinstance(different, list | tuple):
        fail("not a list", "parties.different", 'lists of spellings: [["A", "a"]]', different)
    numbers = {
        name: whole(number, f"parties.numbers.{name}", 1, 2**40 - 1)
        for name, number in table(data.get("numbers", {}), "parties.numbers").items()
    }
    return Parties(
        source(data["consignor"], "parties.consignor"),
        source(data["consignee"], "parties.consignee"),
        liable,
        beneficiary,
        source(data["carrier"], "parties.carrier") if "carrier" in data else None,
        spelling,
        same,
        tuple(frozenset(texts(one, "parties.different")) for one in different),
        numbers,
    )


def _who(name: str) -> str:
    return "consignor or carrier" if name == "liable" else 'a column, or { value = "NAME" }'

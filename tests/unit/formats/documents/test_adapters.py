"""docs/guides/adapters.md is enough to write an adapter: its example runs, and an installed package is asked."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.commands.document.adapters import installed_formats
from ledger.errors import LadingError, MalformedRecord, Misconfigured
from ledger.formats.documents.advice import Format, Moment
from ledger.formats.documents.drafts import Choices, terms_draft
from ledger.formats.documents.reading import FORMATS, read_advice
from tests.unit.formats.documents.samples import CUSTOMER, DESPATCH_ADVICE, GTIN, SUPPLIER

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "guides" / "adapters.md"
ADAPTER, OBSERVED = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
PICKED: dict[str, Any] = {
    "no": "P-1",
    "printed": "2026-11-20T12:00:00+01:00",
    "from": {"gln": SUPPLIER, "name": "Kea Dairy", "country": "NZ"},
    "to": {"gln": CUSTOMER},
    "order": "PO-7",
    "boxes": 20,
    "lines": [{"no": 1, "gtin": GTIN, "lot": "L2601", "pieces": 240}],
}
PICK_LIST = json.dumps(PICKED).encode()


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in (ADAPTER, OBSERVED):
        exec(compile(block, str(GUIDE), "exec"), found)  # noqa: S102 - our own guide
    return found


def test_the_guides_adapter_reads_its_document_into_a_draft(names: dict[str, Any]) -> None:
    advice = read_advice(PICK_LIST, [names["FORMAT"]])
    assert (advice.supplier.gln, advice.packages, advice.issued) == (
        SUPPLIER,
        20,
        Moment("2026-11-20", "12:00:00", 3600),
    )
    draft = terms_draft(advice, Choices(2, 10), PICK_LIST)["message"]
    assert (draft["packages"], draft["contents"][0]["lot"], draft["commercial"]) == (20, "L2601", {"orderRef": "PO-7"})


@pytest.mark.parametrize("lost", PICKED)
def test_what_it_lacks_is_refused_in_words(names: dict[str, Any], lost: str) -> None:
    rest = {name: value for name, value in PICKED.items() if name != lost}
    if lost == "order":
        assert names["read_pick_list"](json.dumps(rest).encode()).order == ""
        return
    for told in (rest, {**PICKED, lost: 0.5}, {**PICKED, lost: None}):
        with pytest.raises(MalformedRecord):
            names["read_pick_list"](json.dumps(told).encode())


def test_no_damage_ends_in_anything_but_a_problem_in_words(names: dict[str, Any]) -> None:
    for size in range(len(PICK_LIST)):
        with pytest.raises(LadingError):
            names["read_pick_list"](PICK_LIST[:size])


def test_nobody_elses_format_takes_what_is_read_here() -> None:
    def steal(_: bytes) -> Any:
        raise AssertionError("asked")

    mine = Format("thief", steal, begins=(b"<", b"ISA", b"UN"))
    assert read_advice(DESPATCH_ADVICE, [mine]).kind == "DespatchAdvice"
    with pytest.raises(MalformedRecord, match=r"UBL DespatchAdvice, X12 856, EDIFACT DESADV.*found .urn:other.x"):
        read_advice(b"<x xmlns='urn:other'/>")
    assert [form.name for form in FORMATS] == ["UBL DespatchAdvice", "X12 856", "EDIFACT DESADV"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [("acme:FORMAT", ""), ("acme:GUIDE", "found str"), ("acme:gone", "AttributeError"), ("nowhere:x", "No module")],
)
def test_an_installed_package_is_asked(
    value: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "acme.py").write_text(f"{ADAPTER}\nGUIDE = 'adapters.md'\n", encoding="utf-8")
    about = tmp_path / "acme-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[lading.documents]\npick-list = {value}\n", encoding="utf-8")
    assert installed_formats() == []
    monkeypatch.syspath_prepend(str(tmp_path))
    if problem:
        with pytest.raises(Misconfigured, match=problem):
            installed_formats()
    else:
        (found,) = installed_formats()
        assert read_advice(PICK_LIST, [found]).number == "P-1"


def test_an_observation_names_the_message_as_it_came(names: dict[str, Any]) -> None:
    class Told:
        def draft(self, kind: str, message: dict[str, Any]) -> Any:
            return kind, message

        sign = submit = staticmethod(lambda one: one)

    body = b'{"scannedAt":1790000000}'
    digest = f"0x{hashlib.sha256(body).hexdigest()}"
    expected = ("Observation", {"by": 3, "eventHash": digest, "occurredAt": 1790000000})
    assert names["observed"](Told(), 3, body) == expected

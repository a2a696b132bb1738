"""Bundles of products: all that can turn a verdict, nothing private, and as strictly held as the others."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger import merkle
from ledger.bundle.format import Trust, parse_bundle, parse_trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import Step
from ledger.bundle.subject import bears_on, parse_subject
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import NO_HASH, details, salt
from ledger.codes import Hazard, RecallAction, RegistryAction, RevocationReason, Role
from ledger.common.canonical import canonical_json
from ledger.common.gs1 import parse_product
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import schema_hash, scope_bytes
from ledger.explain.bundle import step_text
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records.signing import SignedRecord
from ledger.records.types import Attestation, Claims, Outcome, Recall, Record, Revocation
from ledger.services.exports.bundle import Exporter
from ledger.store import records
from tests.api.world import GTIN, OTHER_GTIN
from tests.e2e.stage import MAKER, SCHEMA, SHOP, Stage, staged
from tests.vectors.test_bundles import SCHEMA as BUNDLE_SCHEMA
from tests.vectors.test_bundles import valid

LOT, ITEM = f"01/{GTIN}/10/L1", f"01/{GTIN}/10/L1/21/000003"
OTHER_LOT, OTHER_PRODUCT = f"01/{GTIN}/10/L2", f"01/{OTHER_GTIN}"
SUBJECTS = (f"01/{GTIN}", LOT, ITEM, OTHER_LOT, OTHER_PRODUCT, f"{OTHER_PRODUCT}/10/L1/21/9")
SECRET = "made on line three"


@dataclass
class Shelf:
    """A stage with products in every state, its trust file and records by name."""

    stage: Stage
    trust: Trust
    ids: dict[str, RecordId]
    receipts: dict[str, HeldReceipt]

    def bundle(self, path: str) -> bytes:
        return Exporter(self.stage.node.reader).product(parse_product(path))

    def sign(self, name: str, record: Record, *signers: int) -> None:
        signed = self.stage.trial.signed(record, *self.stage.keys(signers))
        accepted = self.stage.node.submission.submit(signed)
        self.ids[name] = accepted.record_id
        self.receipts[name] = HeldReceipt(signed, accepted.receipt)
        self.stage.settle()


def attestation(stage: Stage, subject: str, by: int = MAKER, **changes: Any) -> Attestation:
    fields = {
        "by": by, "schema": schema_hash(SCHEMA), "subject": subject, "accreditation": NO_HASH,
        "validFrom": stage.now, "validUntil": stage.now + 90 * DAY, "document": NO_HASH,
        "claims": Claims(salt(), canonical_json({"note": SECRET}).decode()), "itemCodes": NO_HASH, "details": details(),
    }  # fmt: skip
    return Attestation(**{**fields, **changes})


@pytest.fixture(scope="module")
def shelf(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with staged(founded, tmp_path_factory.mktemp("products") / "home") as stage:
        trust = parse_trust(canonical_json(stage.node.home.consortium.trust_file()))
        made = Shelf(stage, trust, {}, {})
        for partner, scope in ((MAKER, "brand authorisation"), (SHOP, SCHEMA)):
            role = Role.ISSUER
            stage.decide(RegistryAction.GRANT_ROLE, partner=partner, role=int(role), scope=scope_bytes(role, scope))
        stage.pass_time(DAY)
        codes = [f"{LOT}/21/{number:06}" for number in range(5)]
        listed = merkle.sorted_root(code.encode() for code in codes)
        made.sign("lot", attestation(stage, LOT), MAKER)
        made.sign("listed", attestation(stage, LOT, itemCodes=listed), MAKER)
        stage.node.reader.products.keep_codes(made.ids["listed"], codes)
        made.sign("item", attestation(stage, ITEM), MAKER)
        made.sign("other lot", attestation(stage, OTHER_LOT), MAKER)
        made.sign("authorised", attestation(stage, f"partner/{SHOP}", schema=BRAND_AUTHORISATION), MAKER)
        made.sign("by the shop", attestation(stage, f"01/{GTIN}", SHOP), SHOP)
        made.sign("about the shop", attestation(stage, f"partner/{SHOP}"), MAKER)
        recall = Recall(
            MAKER, OTHER_LOT, "", int(Hazard.ALLERGEN), int(RecallAction.DESTROY), "", NO_HASH, stage.now, details()
        )
        made.sign("recall", recall, MAKER)
        reason = int(RevocationReason.ERROR)
        made.sign("revocation", Revocation(MAKER, made.ids["item"], reason, stage.now, details()), MAKER)
        stage.node.settle()
        yield made


def steps_of(data: bytes, shelf: Shelf, *held: HeldReceipt) -> list[Step]:
    return verify_bundle(data, shelf.trust, held)


def failing(steps: list[Step]) -> Step:
    assert [step.ok for step in steps] == [True] * (len(steps) - 1) + [False], steps
    return steps[-1]


@pytest.mark.parametrize("path", SUBJECTS)
def test_a_stranger_verifies_the_bundle_of_any_product(shelf: Shelf, path: str) -> None:
    data = shelf.bundle(path)
    steps = steps_of(data, shelf)
    assert [step.name for step in steps if not step.ok] == []
    assert path in step_text(steps[-1])
    assert valid(json.loads(data), BUNDLE_SCHEMA)


@pytest.mark.parametrize(
    ("path", "verdict"),
    [(LOT, "authentic"), (ITEM, "authentic"), (OTHER_LOT, "recalled"), (f"{LOT}/21/000009", "authentic"),
     (f"01/{GTIN}", "incomplete"), (OTHER_PRODUCT, "unknown")],
)  # fmt: skip
def test_the_last_step_says_the_verdict_offline(shelf: Shelf, path: str, verdict: str) -> None:
    """The same as the service's, for all that records say."""
    said = step_text(steps_of(shelf.bundle(path), shelf)[-1])
    assert f"{path}: {verdict}, by what was known at " in said
    assert shelf.stage.node.reader.products.look_up(path)["verdict"] == verdict


@pytest.mark.parametrize("path", SUBJECTS)
def test_it_holds_what_bears_on_the_product_in_the_whole_log(shelf: Shelf, path: str) -> None:
    """What is found by index is what the rule finds when it reads every record."""
    bundle = parse_bundle(shelf.bundle(path))
    domain = shelf.stage.node.home.domain
    have = {domain.record_id(entry.signed.record): entry.signed.record for entry in bundle.records}
    subject, size = parse_subject(path), bundle.complete.size
    wanted: dict[RecordId, Record] = {}
    with shelf.stage.node.home.database.read() as connection:
        rows = list(records.stream(connection, stop=size))
    while True:
        before = len(wanted)
        for row in rows:
            if bears_on(subject, row.record_id, row.record, row.log_index, wanted):
                wanted[row.record_id] = row.record
        if len(wanted) == before:
            break
    about = {i for i, record in have.items() if isinstance(record, Attestation | Recall | Revocation)}
    assert about == set(wanted)
    told = {record.record for record in have.values() if isinstance(record, Outcome)}
    assert told == {i for i, record in have.items() if not isinstance(record, Outcome)}


@pytest.mark.parametrize("path", SUBJECTS)
def test_no_private_part_is_opened(shelf: Shelf, path: str) -> None:
    text = shelf.bundle(path).decode()
    assert SECRET not in text
    assert '"salt"' not in text


def test_partners_are_named_by_the_documents_that_the_council_admitted(shelf: Shelf) -> None:
    bundle = parse_bundle(shelf.bundle(ITEM))
    assert {json.loads(text)["name"] for text in bundle.rules} == {f"Partner {MAKER}", f"Partner {SHOP}"}


Change = Callable[[dict[str, Any]], None]


def _renamed(bundle: dict[str, Any]) -> None:
    bundle["rules"][0] = bundle["rules"][0].replace("Partner", "Famous")


def _other_index(bundle: dict[str, Any]) -> None:
    bundle["figures"]["codes"][0]["index"] = 1


def _other_attestation(bundle: dict[str, Any]) -> None:
    bundle["figures"]["codes"][0]["attestation"] = "0x" + "11" * 32


def _twice(bundle: dict[str, Any]) -> None:
    bundle["figures"]["codes"] *= 2


def _no_claims(bundle: dict[str, Any]) -> None:
    bundle["figures"] = {}


def _other_lot(bundle: dict[str, Any]) -> None:
    bundle["subject"] = OTHER_LOT


@pytest.mark.parametrize(
    ("change", "step"),
    [(_renamed, "figures"), (_other_index, "figures"), (_other_attestation, "figures"), (_twice, "figures"),
     (_no_claims, "figures"), (_other_lot, "complete")],
)  # fmt: skip
def test_an_altered_bundle_fails_at_its_step(shelf: Shelf, change: Change, step: str) -> None:
    bundle = json.loads(shelf.bundle(ITEM))
    change(bundle)
    bundle["rules"].sort()
    assert failing(steps_of(canonical_json(bundle), shelf)).name == step


def test_every_flipped_byte_is_found(shelf: Shelf) -> None:
    data, rng = shelf.bundle(ITEM), random.Random(11)
    for _ in range(60):
        at = rng.randrange(len(data))
        edited = data[:at] + bytes([data[at] ^ 1 << rng.randrange(7)]) + data[at + 1 :]
        assert not all(step.ok for step in steps_of(edited, shelf)), at


@pytest.mark.parametrize("name", ["lot", "recall", "revocation", "authorised", "item", "listed", "by the shop"])
def test_the_receipt_of_an_omitted_record_convicts_the_log(shelf: Shelf, name: str) -> None:
    """A log that signs a list without it, and a proof that fits: whoever holds the receipt can prove the lie."""
    bundle = json.loads(shelf.bundle(ITEM))
    domain = shelf.stage.node.home.domain
    ids = {
        domain.record_id(SignedRecord.from_json({n: r[n] for n in ("type", "message", "signatures")}).record): r
        for r in bundle["records"]
    }
    gone = {shelf.ids[name]}
    while more := {
        i
        for i, r in ids.items()
        if i not in gone and {r["message"].get("record"), r["message"].get("target")} & {to_hex(g) for g in gone}
    }:
        gone |= more
    bundle["records"] = [record for i, record in ids.items() if i not in gone]
    if name == "listed":
        bundle["figures"]["codes"] = []
    if name == "by the shop":
        bundle["rules"] = [text for text in bundle["rules"] if f"Partner {SHOP}" not in text]
    reader, size = shelf.stage.node.reader, bundle["complete"]["size"]
    indexes = [record["index"] for record in bundle["records"]]
    bundle["proof"] = [to_hex(value) for value in reader.publisher.tree().subset_proof(indexes, size)]
    bundle["complete"] = reader.keys.log.complete(ITEM, size, set(ids) - gone).to_json()
    data = canonical_json(bundle)
    assert all(step.ok for step in steps_of(data, shelf))
    assert failing(steps_of(data, shelf, shelf.receipts[name])).name == "receipts"


def test_receipts_of_other_records_convict_nobody(shelf: Shelf) -> None:
    others = [shelf.receipts[name] for name in ("other lot", "about the shop", "lot")]
    assert all(step.ok for step in steps_of(shelf.bundle(ITEM), shelf, *others))

"""Bundles of a small consortium: exported, checked by a stranger, and tampered with in every way we could think of."""

import json
import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger import merkle
from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.figures import partner_figures, shipment_figures
from ledger.bundle.format import Trust, parse_bundle, parse_trust
from ledger.bundle.omitted_records import HeldReceipt
from ledger.bundle.steps import Step
from ledger.bundle.verify import verify_bundle
from ledger.cli.demo.scribe import place
from ledger.cli.main import app
from ledger.codes import AmendmentKind, ClearanceStatus, ExceptionBit, HoldCause, Regime, StatementKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId, RecordId, to_hex
from ledger.common.periods import DAY, Period
from ledger.explain.bundle import step_text
from ledger.log.leaf import LogIdentity
from ledger.log.multi_proof import subset_path
from ledger.records.eip712 import part_hash
from ledger.records.signing import SignedRecord
from ledger.records.types import Amendment, Details, Endorsement, Require
from ledger.records.verification import as_known_at
from ledger.scores.adopted_card import Measure
from ledger.scores.card import parse_card
from ledger.services.exports.bundle import Exporter
from ledger.services.home.consortium import read_consortium
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.history import Journeys
from tests.e2e.stage import (
    BROKER,
    CARRIER,
    CN,
    CONSUMER,
    MAKER,
    OCEAN,
    SECOND,
    SHOP,
    SHORT,
    Stage,
    remainder,
    staged,
)
from tests.vectors.test_bundles import SCHEMA, valid

FOREVER = 2**40 - 1
STEPS = (
    "format", "log", "checkpoint", "times", "inclusion", "registry", "signatures", "complete", "outcomes", "figures",
)  # fmt: skip


@dataclass
class Written:
    """What the play left: bundles by name, and what the node itself says."""

    trust: Trust
    trust_file: bytes
    bundles: dict[str, bytes] = field(default_factory=dict)
    older: bytes = b""
    shipments: dict[str, RecordId] = field(default_factory=dict)
    receipts: dict[str, HeldReceipt] = field(default_factory=dict)
    penalty: int = 0
    scores: list[Any] = field(default_factory=list)


@pytest.fixture(scope="module")
def written(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """A late shipment with a hold and a relief, a short one whose rest is lost, and a consumer with two parcels."""
    home = tmp_path_factory.mktemp("bundles") / "home"
    with staged(founded, home) as stage:
        trust = canonical_json(read_consortium(home).trust_file())
        written = Written(parse_trust(trust), trust)
        _play(stage, written)
        stage.node.settle()
        exporter = Exporter(stage.node.reader)
        at = stage.now
        for name in ("late", "short", "parcel", "under way"):
            written.bundles[name] = exporter.shipment(written.shipments[name], at if name == "under way" else None)
        for partner in (MAKER, CARRIER, BROKER):
            written.bundles[f"partner {partner}"] = exporter.partner(partner, Period(0, FOREVER, at), at)
        written.penalty = stage.penalty(written.shipments["late"]).amount
        written.scores = list(stage.node.reader.numbers.scorecards(period=Period(0, FOREVER, at)))
        yield written


def _play(stage: Stage, written: Written) -> None:
    goods = written.shipments
    gate = Require(b"CN", int(Regime.IMPORT), 2, False)
    for name in ("late", "short", "under way"):
        goods[name] = stage.open(10, requires=(gate,))
    stage.hand(MAKER, CARRIER, *((goods[name], 0, 10) for name in sorted(goods, key=goods.__getitem__)))
    stage.node.settle()
    written.older = Exporter(stage.node.reader).shipment(goods["late"])
    stage.pass_time(8 * DAY)
    refs = [(goods["late"], 0), (goods["short"], 0)]
    stage.clear(CN, ClearanceStatus.PRESENTED, *refs, jurisdiction="CN", regime=Regime.IMPORT)
    stage.pass_time(DAY)
    held = [(goods["late"], 1)]
    stage.clear(CN, ClearanceStatus.HELD, *held, jurisdiction="CN", regime=Regime.IMPORT, cause=HoldCause.RANDOM)
    stage.clear(CN, ClearanceStatus.RELEASED, (goods["short"], 1), jurisdiction="CN", regime=Regime.IMPORT)
    stage.pass_time(DAY)
    stage.clear(CN, ClearanceStatus.RELEASED, (goods["late"], 2), jurisdiction="CN", regime=Regime.IMPORT)
    stage.pass_time(6 * DAY)
    stage.hand(CARRIER, SHOP, (goods["late"], 1, 10))
    stage.hand(CARRIER, SHOP, (goods["short"], 1, 7, SHORT | ExceptionBit.DAMAGED))
    stage.hand(CARRIER, SECOND, (remainder(goods["short"], 1), 0, 3))
    stage.hand(SECOND, SHOP, (remainder(goods["short"], 1), 1, 3))
    parcels = [stage.open(1, consignee=0, beneficiary=SHOP, recipient_key=CONSUMER.address) for _ in range(2)]
    goods["parcel"] = parcels[0]
    stage.hand(MAKER, SECOND, *((parcel, 0, 1) for parcel in sorted(parcels)))
    door = [(RecordId(parcel), 1, 1, ExceptionBit(0)) for parcel in sorted(parcels)]
    record = stage.scribe.handoff(door, SECOND, 0, place("NZ", "", "door"))
    signed = stage.trial.signed(record, *stage.keys((SECOND, CONSUMER)))
    written.receipts["door"] = _submitted(stage, signed)
    endorsement = Endorsement(OCEAN, goods["late"])
    written.receipts["endorsement"] = _submitted(stage, stage.trial.signed(endorsement, *stage.keys((OCEAN,))))
    stage.settle()


def _submitted(stage: Stage, signed: SignedRecord) -> HeldReceipt:
    accepted = stage.node.submission.submit(signed)
    stage.settle()
    return HeldReceipt(signed, accepted.receipt)


def failing(steps: list[Step]) -> Step:
    """The one step that failed: always the last."""
    assert all(step.ok for step in steps[:-1])
    assert not steps[-1].ok, "accepted"
    assert steps[-1].why
    return steps[-1]


def edited(data: bytes, edit: Callable[[Any], None]) -> bytes:
    value = json.loads(data)
    edit(value)
    return canonical_json(value)


def records_of(value: Any, kind: str) -> list[Any]:
    return [record for record in value["records"] if record["type"] == kind]


# --- what holds ------------------------------------------------------------------------------------------------------


def test_every_bundle_is_accepted_and_says_what_is_proved_and_what_attested(written: Written) -> None:
    for name, data in written.bundles.items():
        steps = verify_bundle(data, written.trust)
        assert all(step.ok for step in steps), (name, steps[-1])
        assert tuple(step.name for step in steps) == STEPS
        attested = {step.name for step in steps if step.basis == "attested by the log"}
        assert attested == {"times", "complete", "outcomes"}


def test_every_bundle_fits_the_published_schema(written: Written) -> None:
    """Figures in full: holds, tenders, portions, samples, flags; a field more, or of another kind, does not fit."""
    for name, data in written.bundles.items():
        assert valid(json.loads(data), SCHEMA), name
    value = json.loads(written.bundles[f"partner {CARRIER}"])
    statement, card = value["figures"]["penalties"]["statements"][0], value["figures"]["scores"]["cards"][0]
    for part, name, other in (
        (statement, "amount", "05"), (statement, "amount", "9" * 200), (statement, "why", ""),
        (card, "role", "swindler"),
        (card["indicators"][0], "points", 10_001), (value["figures"], "award", {}), (value, "subject", "shipment/7"),
    ):  # fmt: skip
        kept = dict(part)
        part[name] = other
        assert not valid(value, SCHEMA), name
        part.clear()
        part.update(kept)
    assert valid(value, SCHEMA)


def test_the_figures_are_those_of_the_node(written: Written) -> None:
    late = json.loads(written.bundles["late"])["figures"]["penalties"]["statements"]
    assert [statement["amount"] for statement in late] == [written.penalty]
    assert written.penalty > 0
    for partner in (MAKER, CARRIER, BROKER):
        cards = json.loads(written.bundles[f"partner {partner}"])["figures"]["scores"]["cards"]
        mine = [card for card in written.scores if card.partner == partner]
        assert [(c["role"], [i["value"] for i in c["indicators"]]) for c in cards] == [
            (card.role.name.lower(), [i.value for i in card.indicators]) for card in mine
        ]


def test_the_rest_of_a_short_delivery_is_in_its_penalty(written: Written) -> None:
    (statement,) = json.loads(written.bundles["short"])["figures"]["penalties"]["statements"]
    assert [(p["packages"], p["stopped_by"]) for p in statement["portions"]] == [(7, "delivery"), (3, "delivery")]


def test_goods_under_way_are_judged_at_the_time_that_the_bundle_names(written: Written) -> None:
    (statement,) = json.loads(written.bundles["under way"])["figures"]["penalties"]["statements"]
    assert statement["judged_at"] is not None
    assert statement["delivered_at"] is None
    assert statement["late_seconds"] > 0

    def later(value: Any) -> None:
        value["figures"]["penalties"]["statements"][0]["judged_at"] += DAY

    assert failing(verify_bundle(edited(written.bundles["under way"], later), written.trust)).name == "figures"


def test_verifying_needs_no_database_no_node_and_no_network(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*arguments: object, **more: object) -> None:
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "socket", closed)
    assert all(step.ok for step in verify_bundle(written.bundles["late"], written.trust))
    monkeypatch.undo()
    (tmp_path / "bundle.json").write_bytes(written.bundles["late"])
    (tmp_path / "trust.json").write_bytes(written.trust_file)
    code = (
        "import sys, socket\n"
        "socket.socket = None\n"
        "from ledger.cli.commands.verify import verify\n"
        "from pathlib import Path\n"
        "try:\n    verify(Path('bundle.json'), None, None, False)\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        "loaded = {'sqlalchemy', 'web3', 'eth', 'fastapi', 'ledger.services', 'ledger.store'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[3]), "LADING_HOME": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.json", "trust.json"]


# --- tampering -------------------------------------------------------------------------------------------------------


def _byte_edits(data: bytes, trust_file: bytes, start: int, step: int, seed: int) -> tuple[Counter[str], list[int]]:
    rng = random.Random(seed)
    trust = parse_trust(trust_file)
    found: Counter[str] = Counter()
    undetected = []
    for i in range(start, len(data), step):
        new = data[i] ^ (1 << rng.randrange(8))
        if rng.random() < 0.5:
            new = rng.choice([b for b in b"0123456789abcdef" if b != data[i]])
        steps = verify_bundle(data[:i] + bytes([new]) + data[i + 1 :], trust)
        if all(entry.ok for entry in steps):
            undetected.append(i)
        else:
            found[failing(steps).name] += 1
    return found, undetected


def test_an_edited_byte_is_detected_wherever_it_stands(written: Written) -> None:
    for n, name in enumerate(("late", "partner 3")):
        data = written.bundles[name]
        found, undetected = _byte_edits(data, written.trust_file, n, max(1, len(data) // 60), n)
        assert not undetected
        assert found["inclusion"] > 10  # edits inside records are named by the record, not waved off as bad JSON


@pytest.mark.drill
def test_every_byte_edited_is_detected(written: Written) -> None:
    data = written.bundles["late"]
    with ProcessPoolExecutor(2) as pool:
        parts = [pool.submit(_byte_edits, data, written.trust_file, n, 2, n) for n in range(2)]
        results = [part.result() for part in parts]
    assert [undetected for _, undetected in results] == [[], []]
    assert sum(sum(found.values()) for found, _ in results) == len(data)


@pytest.mark.parametrize("kind", ["ShipmentTerms", "Handoff", "Clearance", "Outcome", "Endorsement"])
def test_a_dropped_record_is_missed(written: Written, kind: str) -> None:
    def drop(value: Any) -> None:
        value["records"].remove(records_of(value, kind)[-1])

    step = failing(verify_bundle(edited(written.bundles["late"], drop), written.trust))
    assert step.name == "inclusion"  # the proof was made for all of them


def _proof_by_hand(value: Any, dropped: list[Any]) -> None:
    """Drop records and mend the proof, as an operator who made the tree could: their leaf hashes become proof."""
    size = int(value["checkpoint"].split("\n")[1])
    leaves = {record["index"]: bytes.fromhex(record["leafHash"][2:]) for record in value["records"]}
    known = iter([bytes.fromhex(text[2:]) for text in value["proof"]])
    ranges: dict[tuple[int, int], bytes] = {}

    def walk(start: int, stop: int) -> bytes:
        if not any(start <= index < stop for index in leaves):
            found = next(known)
        elif stop - start == 1:
            found = leaves[start]
        else:
            middle = start + merkle.split_point(stop - start)
            left = walk(start, middle)
            found = merkle.node_hash(left, walk(middle, stop))
        ranges[start, stop] = found
        return found

    walk(0, size)
    for record in dropped:
        value["records"].remove(record)
    kept = [record["index"] for record in value["records"]]
    value["proof"] = [to_hex(entry) for entry in subset_path(kept, size, lambda start, stop: ranges[start, stop])]


def test_an_operator_who_leaves_a_record_out_contradicts_its_own_statement(written: Written) -> None:
    for kind in ("Handoff", "Endorsement"):

        def omit(value: Any, kind: str = kind) -> None:
            _proof_by_hand(value, [records_of(value, kind)[-1]])

        step = failing(verify_bundle(edited(written.bundles["late"], omit), written.trust))
        assert step.name == "complete", step


def test_an_omitted_outcome_is_missed(written: Written) -> None:
    def omit(value: Any) -> None:
        last = records_of(value, "Handoff")[-1]
        told = max((o for o in records_of(value, "Outcome")), key=lambda o: o["index"])
        assert told["index"] > last["index"]
        _proof_by_hand(value, [told])

    assert failing(verify_bundle(edited(written.bundles["late"], omit), written.trust)).name == "complete"


def test_an_omitted_registry_change_leaves_a_gap_that_is_named(written: Written) -> None:
    def omit(value: Any) -> None:
        change = records_of(value, "RegistryChange")[4]
        assert change["message"]["sequence"] == 5
        _proof_by_hand(value, [change])

    step = failing(verify_bundle(edited(written.bundles["late"], omit), written.trust))
    assert step.name == "registry"
    assert (step.expected, step.found) == ("5", "6")


def test_an_omitted_outcome_of_a_registry_change_is_a_gap_too(written: Written) -> None:
    def omit(value: Any) -> None:
        _proof_by_hand(value, [records_of(value, "Outcome")[4]])

    assert failing(verify_bundle(edited(written.bundles["late"], omit), written.trust)).name == "registry"


def test_an_added_record_is_noticed(written: Written) -> None:
    def add(value: Any) -> None:
        other = json.loads(written.bundles["parcel"])
        known = {record["index"] for record in value["records"]}
        value["records"].append(next(r for r in other["records"] if r["index"] not in known))
        value["records"].sort(key=lambda record: record["index"])

    assert failing(verify_bundle(edited(written.bundles["late"], add), written.trust)).name == "inclusion"


def test_swapped_records_are_noticed(written: Written) -> None:
    def swap(value: Any) -> None:
        one, other = records_of(value, "Handoff")[:2]
        one["index"], other["index"] = other["index"], one["index"]
        value["records"].sort(key=lambda record: record["index"])

    assert failing(verify_bundle(edited(written.bundles["late"], swap), written.trust)).name == "inclusion"

    def unsorted(value: Any) -> None:
        value["records"].reverse()

    assert failing(verify_bundle(edited(written.bundles["late"], unsorted), written.trust)).name == "format"


def test_an_edited_opened_part_names_the_record(written: Written) -> None:
    def cheaper(value: Any) -> None:
        records_of(value, "ShipmentTerms")[0]["message"]["commercial"]["alpha"] = "1"

    step = failing(verify_bundle(edited(written.bundles["late"], cheaper), written.trust))
    assert step.name == "inclusion"
    assert "ShipmentTerms" in step.why

    def consistent(value: Any) -> None:
        cheaper(value)
        value["records"][0]["leafHash"] = "0x" + "00" * 32

    assert failing(verify_bundle(edited(written.bundles["late"], consistent), written.trust)).name == "inclusion"


def test_a_signature_made_anew_is_another_leaf(written: Written) -> None:
    def resign(value: Any) -> None:
        record = records_of(value, "Handoff")[0]
        record["signatures"].reverse()

    step = failing(verify_bundle(edited(written.bundles["late"], resign), written.trust))
    assert (step.name, "Handoff" in step.why) == ("inclusion", True)


@pytest.mark.parametrize("name", ["amount", "late_seconds", "customs_seconds", "currency", "evidence", "judged_at"])
def test_an_edited_figure_is_named(written: Written, name: str) -> None:
    def edit(value: Any) -> None:
        statement = value["figures"]["penalties"]["statements"][0]
        old = statement[name]
        statement[name] = old + 1 if isinstance(old, int) else 2**40 if old is None else old[1:]

    step = failing(verify_bundle(edited(written.bundles["late"], edit), written.trust))
    assert step.name == "figures"
    assert name in step.why


def test_an_edited_score_or_card_is_named(written: Written) -> None:
    data = written.bundles[f"partner {CARRIER}"]

    def better(value: Any) -> None:
        value["figures"]["scores"]["cards"][0]["indicators"][0]["good"] += 1

    assert failing(verify_bundle(edited(data, better), written.trust)).name == "figures"

    def other_card(value: Any) -> None:
        value["rules"][0] = value["rules"][0].replace("weight = 60", "weight = 59")

    step = failing(verify_bundle(edited(data, other_card), written.trust))
    assert (step.name, "rule" in step.why) == ("figures", True)

    def one_more(value: Any) -> None:
        value["rules"].append("x = 1")

    assert failing(verify_bundle(edited(data, one_more), written.trust)).name == "figures"

    def silent(value: Any) -> None:
        value["figures"]["penalties"]["statements"].pop()

    assert failing(verify_bundle(edited(data, silent), written.trust)).name == "figures"

    def none(value: Any) -> None:
        value["figures"] = {}

    assert failing(verify_bundle(edited(data, none), written.trust)).name == "figures"


def test_figures_of_another_subject_are_refused(written: Written) -> None:
    def other(value: Any) -> None:
        value["figures"] = json.loads(written.bundles["short"])["figures"]

    assert failing(verify_bundle(edited(written.bundles["late"], other), written.trust)).name == "figures"

    def renamed(value: Any) -> None:
        value["subject"] = f"shipment/{to_hex(written.shipments['short'])}"

    assert failing(verify_bundle(edited(written.bundles["late"], renamed), written.trust)).name == "complete"


def test_an_edited_proof_is_refused(written: Written) -> None:
    for edit in (
        lambda value: value["proof"].pop(),
        lambda value: value["proof"].append(value["proof"][0]),
        lambda value: value["proof"].reverse(),
        lambda value: value["proof"].__setitem__(0, "0x" + "ab" * 32),
    ):
        assert failing(verify_bundle(edited(written.bundles["late"], edit), written.trust)).name == "inclusion"


def test_another_trust_file_fails_where_it_differs(written: Written) -> None:
    def with_trust(edit: Callable[[Any], None]) -> str:
        return failing(verify_bundle(written.bundles["late"], parse_trust(edited(written.trust_file, edit)))).name

    assert with_trust(lambda t: t["logs"][0].__setitem__("origin", "another/log")) == "log"
    assert with_trust(lambda t: t["logs"][0].__setitem__("key", "0x" + "11" * 32)) == "checkpoint"
    assert with_trust(lambda t: t.__setitem__("consortiumId", "0x" + "22" * 32)) == "inclusion"
    assert with_trust(lambda t: t.__setitem__("registry", "0x" + "33" * 20)) == "registry"
    assert with_trust(lambda t: t["genesis"].__setitem__("threshold", 3)) == "registry"
    council = ["0x" + f"{n:02x}" * 20 for n in (1, 2, 3)]
    assert with_trust(lambda t: t["genesis"].__setitem__("council", council)) == "registry"


def test_an_older_checkpoint_does_not_carry_newer_records(written: Written) -> None:
    def older(value: Any) -> None:
        value["checkpoint"] = json.loads(written.older)["checkpoint"]

    step = failing(verify_bundle(edited(written.bundles["late"], older), written.trust))
    assert (step.name, "older" in step.why) == ("inclusion", True)
    assert all(step.ok for step in verify_bundle(written.older, written.trust))  # true as of its size, and says so


def test_a_statement_of_another_size_is_refused(written: Written) -> None:
    def other(value: Any) -> None:
        value["complete"] = json.loads(written.older)["complete"]

    assert failing(verify_bundle(edited(written.bundles["late"], other), written.trust)).name == "complete"


# --- receipts --------------------------------------------------------------------------------------------------------


def test_receipts_of_records_in_the_bundle_hold(written: Written) -> None:
    steps = verify_bundle(written.bundles["late"], written.trust, [written.receipts["endorsement"]])
    assert steps[-1].name == "receipts"
    assert all(step.ok for step in steps)
    steps = verify_bundle(written.bundles["late"], written.trust, [written.receipts["door"]])
    assert "does not bear on" in steps[-1].why
    assert steps[-1].ok
    steps = verify_bundle(written.older, written.trust, [written.receipts["endorsement"]])
    assert "after this checkpoint" in steps[-1].why
    assert steps[-1].ok


def test_whoever_holds_the_receipt_of_an_omitted_record_proves_the_lie(
    written: Written, founded: Path, tmp_path: Path
) -> None:
    """An operator that signs a false complete statement passes all steps but the one of the holder's receipt."""
    with staged(founded, tmp_path / "home") as stage:
        shipment = stage.open(5, endorsed=False)
        signed = stage.trial.signed(Endorsement(CARRIER, shipment), *stage.keys((CARRIER,)))
        held = _submitted(stage, signed)
        stage.node.settle()
        data = Exporter(stage.node.reader).shipment(shipment)
        trust = parse_trust(canonical_json(read_consortium(tmp_path / "home").trust_file()))
        log = stage.node.reader.keys.log

        def lie(value: Any) -> None:
            _proof_by_hand(value, [records_of(value, "Endorsement")[0]])
            kept = parse_bundle(canonical_json(value)).records
            ids = [stage.node.home.domain.record_id(record.signed.record) for record in kept]
            value["complete"] = log.complete(value["subject"], int(value["checkpoint"].split("\n")[1]), ids).to_json()
            value["figures"] = _figures_without(stage, kept, shipment)

        lied = edited(data, lie)
        assert all(step.ok for step in verify_bundle(lied, trust))
        step = failing(verify_bundle(lied, trust, [held]))
        assert step.name == "receipts"
        assert "prove" in step.why
        forged = HeldReceipt(held.signed, written.receipts["door"].receipt)
        assert failing(verify_bundle(lied, trust, [forged])).name == "receipts"


def _figures_without(stage: Stage, kept: Any, shipment: RecordId) -> dict[str, Any]:
    ids = {stage.node.home.domain.record_id(record.signed.record) for record in kept}
    with stage.node.home.database.read() as connection:
        registry = stage.node.reader.registry.refreshed(connection)
        reader = VerifiedRecords(connection, stage.node.home.consortium, registry)
        verified = list(reader.of_shipment(shipment))
    known = [v for v in as_known_at(verified, 10**9, reader.evidence.times) if v.id in ids]
    return shipment_figures(Journeys(known), shipment, None)


# --- hostile input ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"lading":"bundle/2"}',
        b"\xff\xfe",
        b'{"a":1e400}',
        b"[" + b"[]," * 100_000 + b"[]]",
        b'{"records":' + b"9" * 1_000_000 + b"}",
    ],
    ids=["empty", "object", "deep", "short", "not utf-8", "float", "many lists", "long number"],
)
def test_what_is_no_bundle_fails_the_format(written: Written, data: bytes) -> None:
    assert failing(verify_bundle(data, written.trust)).name == "format"


def test_wrong_types_anywhere_fail_a_step_and_never_crash(written: Written) -> None:
    """Every value of the figures, and every field of the bundle's frame, replaced by things of other types."""
    value = json.loads(written.bundles[f"partner {CARRIER}"])
    paths: list[list[Any]] = []

    def walk(node: Any, path: list[Any]) -> None:
        if path:
            paths.append(path)
        if isinstance(node, dict):
            for name in node:
                walk(node[name], [*path, name])
        elif isinstance(node, list) and node:
            walk(node[0], [*path, 0])

    for name in ("figures", "complete", "rules", "proof"):
        walk(value[name], [name])
    paths += [[name] for name in ("origin", "subject", "checkpoint", "records")]
    rng = random.Random(3)
    for path in rng.sample(paths, min(len(paths), 15)):
        others: tuple[Any, ...] = (None, -1, "x", [{}], {"a": None})
        for other in others:

            def replace(found: Any, path: list[Any] = path, other: Any = other) -> None:
                for part in path[:-1]:
                    found = found[part]
                found[path[-1]] = other

            data = edited(written.bundles[f"partner {CARRIER}"], replace)
            if data != written.bundles[f"partner {CARRIER}"]:
                failing(verify_bundle(data, written.trust))


def test_withheld_parts_are_told_apart_from_wrong_figures(written: Written) -> None:
    """Terms whose commercial part is withheld are still in the log; the penalty cannot be computed, and it says so."""

    def withhold(value: Any) -> None:
        for record in records_of(value, "ShipmentTerms"):
            signed = SignedRecord.from_json({k: record[k] for k in ("type", "message", "signatures")})
            commercial = getattr(signed.record, "commercial")  # noqa: B009 - the record's static type is wider
            record["message"]["commercial"] = to_hex(commercial.hash_struct())

    step = failing(verify_bundle(edited(written.bundles["late"], withhold), written.trust))
    assert step.name == "figures"
    assert "withheld" in step.why

    def restate(value: Any) -> None:
        withhold(value)
        value["figures"] |= {"penalties": {"statements": []}, "withheld": [_closed_prices(value)]}

    steps = verify_bundle(edited(written.bundles["late"], restate), written.trust)
    assert all(step.ok for step in steps), steps[-1]
    assert "No penalty can be stated" in step_text(steps[-1])


def _closed_prices(value: Any) -> dict[str, str]:
    (terms,) = (record for record in records_of(value, "ShipmentTerms"))
    record_id = value["subject"].removeprefix("shipment/")
    assert terms["message"]["commercial"].startswith("0x")
    return {"part": "commercial", "record": record_id, "shipment": record_id}


def test_withholding_a_part_changes_figures_only_where_the_bundle_says_so(written: Written) -> None:
    """Prices hidden and figures made anew: refused while hidden parts go unsaid, counted in the answer when said."""
    data = written.bundles[f"partner {CARRIER}"]
    before = json.loads(data)["figures"]

    def withhold(value: Any) -> None:
        for record in records_of(value, "ShipmentTerms")[:2]:
            signed = SignedRecord.from_json({k: record[k] for k in ("type", "message", "signatures")})
            record["message"]["commercial"] = to_hex(part_hash(getattr(signed.record, "commercial")))  # noqa: B009

    def restate(value: Any) -> None:
        withhold(value)
        value["figures"] = _made_again(value, written)

    assert before["withheld"] == []
    step = failing(verify_bundle(edited(data, withhold), written.trust))
    assert (step.name, step.why.split(":")[0]) == ("figures", "withheld")

    def hide(value: Any) -> None:
        restate(value)
        value["figures"]["withheld"] = []

    assert failing(verify_bundle(edited(data, hide), written.trust)).why.startswith("withheld")
    steps = verify_bundle(edited(data, restate), written.trust)
    assert all(step.ok for step in steps), steps[-1]
    assert "Of 2 shipments a part is withheld" in step_text(steps[-1])


def test_verify_ends_with_3_while_parts_are_withheld(written: Written, tmp_path: Path) -> None:
    """Figures that hold as ranges are no figures that hold: whoever accepts that has to say so."""

    def restate(value: Any) -> None:
        for record in records_of(value, "ShipmentTerms")[:1]:
            signed = SignedRecord.from_json({k: record[k] for k in ("type", "message", "signatures")})
            record["message"]["commercial"] = to_hex(part_hash(getattr(signed.record, "commercial")))  # noqa: B009
        value["figures"] = _made_again(value, written)

    whole = written.bundles[f"partner {CARRIER}"]
    (tmp_path / "trust.json").write_bytes(written.trust_file)
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "withheld").write_bytes(edited(whole, restate))
    (tmp_path / "lie").write_bytes(whole.replace(b'"score":', b'"score": ', 1))
    for name, options, status in (
        ("whole", [], 0), ("withheld", [], 3), ("withheld", ["--allow-withheld"], 0), ("lie", ["--allow-withheld"], 1),
    ):  # fmt: skip
        result = CliRunner().invoke(app, ["verify", str(tmp_path / name), "--json", *options])
        assert result.exit_code == status, (name, options, result.output)
        assert json.loads(result.output)["ok"] is (status != 1)


@pytest.mark.parametrize(
    ("kind", "field", "part"), [("Amendment", "changes", "changes"), ("Statement", "place", "place")]
)
def test_hiding_a_correction_or_where_goods_were_tendered_ends_with_3(
    founded: Path, tmp_path: Path, kind: str, field: str, part: str
) -> None:
    """Both would take what a late delivery owes out of a bundle that verifies with status 0."""
    with staged(founded, tmp_path / "home") as stage:
        trust = canonical_json(read_consortium(tmp_path / "home").trust_file())
        shipment = stage.open()
        stage.pass_time(DAY)
        stage.hand(MAKER, CARRIER, (shipment, 0, 10))
        stage.pass_time(9 * DAY)
        stage.state(StatementKind.TENDER, CARRIER, shipment, 1, SHOP)
        stage.pass_time(9 * DAY)
        early = stage.now
        delivery = stage.hand(CARRIER, SHOP, (shipment, 1, 10))
        stage.pass_time(20 * DAY)
        changes = Details(bytes(range(16)), canonical_json({"occurredAt": early + 9 * DAY}).decode())
        stage.sign(Amendment(delivery, bytes(32), int(AmendmentKind.CORRECTION), changes), CARRIER, SHOP)
        stage.node.settle()
        period = Period(stage.now - 100 * DAY, stage.now, stage.now)
        whole = Exporter(stage.node.reader).partner(CARRIER, period, stage.now)
    written = Written(parse_trust(trust), trust)

    def restate(value: Any) -> None:
        (record,) = records_of(value, kind)
        signed = SignedRecord.from_json({k: record[k] for k in ("type", "message", "signatures")})
        record["message"][field] = to_hex(part_hash(getattr(signed.record, field)))
        value["figures"] = _made_again(value, written)
        assert [told["part"] for told in value["figures"]["withheld"]] == [part]

    (tmp_path / "trust.json").write_bytes(trust)
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "hidden").write_bytes(edited(whole, restate))
    for name, status in (("whole", 0), ("hidden", 3)):
        result = CliRunner().invoke(app, ["verify", str(tmp_path / name), "--json"])
        assert result.exit_code == status, (name, result.output)


def test_a_trust_file_of_another_consortium_is_named_as_that(written: Written) -> None:
    data = written.bundles["late"]
    genesis = replace(written.trust.genesis, consortium_id=ConsortiumId(bytes(range(32))))
    step = failing(verify_bundle(data, replace(written.trust, genesis=genesis)))
    assert "another consortium" in step.why
    for logs in (
        (LogIdentity("elsewhere.example/log", bytes(32)),),
        (LogIdentity(written.trust.logs[0].origin, bytes(31) + b"\1"),),
    ):
        step = failing(verify_bundle(data, replace(written.trust, logs=logs)))
        assert "another consortium" in step.why, step


def _made_again(value: Any, written: Written) -> dict[str, Any]:
    """Figures from the records as the bundle shows them, by its own period and card."""
    work = BundleChecks(parse_bundle(canonical_json(value)), written.trust)
    for step in (
        work.find_log, work.check_checkpoint, work.check_times, work.check_inclusion, work.build_registry,
        work.check_signatures,
    ):  # fmt: skip
        step()
    scores = value["figures"]["scores"]
    period = Period(*(scores["period"][name] for name in ("start", "end", "at")))
    measure = Measure(parse_card(value["rules"][0].encode()), None)
    return partner_figures(Journeys(work.verified), CARRIER, period, period.at, measure)

"""`lading sign` on two devices without a network, and `lading submit` later: by file, by codes, from a template."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.cli.qr_frames import from_frames, read_signed, to_frames
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.errors import InvalidInput, MalformedRecord
from ledger.explain.units import moment
from ledger.records.types import BonusAgreement, Details, Share
from ledger.services.home.clock import ManualClock
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.e2e.stage import CARRIER, MAKER, SHOP, WAREHOUSE, Stage


@pytest.fixture
def docks(stage: Stage, tmp_path: Path) -> Path:
    """Two devices: each with its key and the consortium's trust file, and nothing else."""
    for partner in (MAKER, CARRIER, SHOP):
        write_keystore(tmp_path / f"{partner}.json", stage.parties[partner].key, DEMO_PASSPHRASE, demo=True)
    (tmp_path / "trust.json").write_bytes(canonical_json(stage.trial.node.home.consortium.trust_file()))
    return tmp_path


def run(docks: Path, *arguments: str) -> str:
    found = CliRunner().invoke(app, ["sign", *arguments, "--trust", str(docks / "trust.json"), "--yes"])
    assert found.exit_code == 0, found.output + str(found.exception)
    return found.output


def catch_up(stage: Stage, text: bytes) -> None:
    """The devices' clocks are of today: the ledger's must not be behind."""
    clock = stage.clock
    assert isinstance(clock, ManualClock)
    clock.move_to(max(clock.now(), json.loads(text)["message"]["occurredAt"]))


def test_a_handoff_built_on_one_device_is_signed_on_the_other_and_handed_in_later(stage: Stage, docks: Path) -> None:
    goods = stage.open(4, endorsed=False)
    one, both = docks / "one.json", docks / "both.json"
    item = f"0x{goods.hex()}:0:3:short,damaged"
    told = run(
        docks, str(docks / f"{MAKER}.json"), "--item", item, "--releaser", str(MAKER), "--receiver", str(CARRIER),
        "--place", "NZ,NZAKL,Ramp 3", "--load", "CONT-1", "--out", str(one),
    )  # fmt: skip
    assert "Ramp 3" in told
    assert "short" in told
    run(docks, str(docks / f"{CARRIER}.json"), str(one), "--out", str(both))
    catch_up(stage, both.read_bytes())
    assert stage.trial.node.submission.submit(read_signed(both.read_bytes(), "both")).record_id
    stage.settle()
    assert stage.held_by(goods) == (CARRIER, 3, 1)


def test_codes_carry_a_record_between_devices_in_any_order(stage: Stage, docks: Path) -> None:
    goods = [stage.open(1, endorsed=False) for _ in range(3)]
    items = [part for one in goods for part in ("--item", f"0x{one.hex()}:0:1")]
    paper = docks / "paper.png"
    run(
        docks, str(docks / f"{MAKER}.json"), *items, "--releaser", str(MAKER), "--receiver", str(CARRIER),
        "--out", str(docks / "one.json"), "--qr", str(paper),
    )  # fmt: skip
    assert list(docks.glob("paper*.png"))
    frames = to_frames(read_signed((docks / "one.json").read_bytes(), "one"))
    scanned = docks / "scanned.txt"
    scanned.write_text("\n".join(reversed(frames)))
    run(docks, str(docks / f"{CARRIER}.json"), str(scanned), "--out", str(docks / "both.json"))
    assert len(read_signed((docks / "both.json").read_bytes(), "both").signatures) == 2


def test_a_missing_or_misread_code_is_noticed(stage: Stage) -> None:
    handoff = stage.scribe_handoff(MAKER, CARRIER, *((bytes([i + 1]) * 32, i, 7) for i in range(100)))
    signed = stage.trial.signed(handoff, stage.parties[MAKER])
    frames = to_frames(signed)
    assert len(frames) > 1
    assert from_frames("\n".join(frames)) == signed
    with pytest.raises(MalformedRecord, match="missing"):
        from_frames("\n".join(frames[1:]))
    with pytest.raises(MalformedRecord, match="misread"):
        from_frames("\n".join([frames[0][:-1] + ("A" if frames[0][-1] != "A" else "B"), *frames[1:]]))
    with pytest.raises(MalformedRecord, match="not frames"):
        from_frames("hello")


def test_an_amendment_is_signed_beside_what_it_changes(stage: Stage, docks: Path) -> None:
    goods = stage.open(4, endorsed=False)
    leg = stage.scribe_handoff(MAKER, CARRIER, (goods, 0, 4))
    target, draft = docks / "leg.json", docks / "correction.json"
    target.write_text(json.dumps(stage.trial.signed(leg, *stage.keys([MAKER, CARRIER])).to_json()))
    later = leg.occurredAt + 3600
    message = {
        "target": to_hex(stage.node.home.domain.record_id(leg)),
        "kind": "correction",
        "changes": {"text": f'{{"occurredAt":{later}}}'},
    }
    draft.write_text(json.dumps({"type": "Amendment", "message": message}))
    told = run(docks, str(docks / f"{MAKER}.json"), str(draft), "--about", str(target), "--out", str(docks / "x.json"))
    assert f"was: {moment(leg.occurredAt)}" in told
    assert f"becomes: {moment(later)}" in told
    other = stage.trial.signed(stage.scribe_handoff(MAKER, CARRIER, (goods, 1, 4)), *stage.keys([MAKER]))
    target.write_text(json.dumps(other.to_json()))
    arguments = [str(docks / f"{MAKER}.json"), str(draft), "--about", str(target)]
    found = CliRunner().invoke(app, ["sign", *arguments, "--trust", str(docks / "trust.json"), "--yes"])
    assert isinstance(found.exception, InvalidInput)


def test_defaults_of_the_penalty_are_told_before_anybody_signs(stage: Stage, docks: Path) -> None:
    template, signed = docks / "terms.json", docks / "terms.signed.json"
    commercial = {"value": "400000", "freight": "9000", "currency": "EUR", "liable": CARRIER, "beneficiary": SHOP}
    message = {"consignor": MAKER, "consignee": SHOP, "holder": MAKER, "purpose": "original", "mode": "road"}
    message |= {"packages": 2, "commercial": commercial}
    template.write_text(json.dumps({"type": "ShipmentTerms", "message": message}))
    told = run(docks, str(docks / f"{MAKER}.json"), str(template), "--out", str(signed))
    assert "Filled in by default: the penalty is at most 90.00 EUR" in told
    assert json.loads(signed.read_text())["message"]["commercial"]["penaltyCap"] == "9000"
    again = run(docks, str(docks / f"{MAKER}.json"), str(signed), "--out", str(docks / "again.json"))
    assert "Filled in" not in again, "what is signed is whole"


def test_a_template_may_leave_out_what_is_empty(stage: Stage, docks: Path) -> None:
    goods = stage.open(4, endorsed=False)
    template = docks / "lost.json"
    message = {"by": MAKER, "kind": "lost", "shipment": f"0x{goods.hex()}", "sequence": 0}
    template.write_text(json.dumps({"type": "Statement", "message": message}))
    run(docks, str(docks / f"{MAKER}.json"), str(template), "--out", str(docks / "signed.json"))
    catch_up(stage, (docks / "signed.json").read_bytes())
    stage.trial.node.submission.submit(read_signed((docks / "signed.json").read_bytes(), "signed"))
    stage.settle()
    assert stage.status(goods) == "lost"


def test_an_agreement_is_signed_with_its_warnings_in_words_and_as_codes(docks: Path) -> None:
    """The awarder gets what it does not award: the rules allow it, and whoever signs is told."""
    terms = BonusAgreement(
        bytes(16), (Share(CARRIER, 5_000), Share(SHOP, 5_000)), MAKER, MAKER, b"\x22" * 20, "EUR", bytes(32), 1, 2, 10,
        WAREHOUSE, 10, 100, 200, Details(bytes(16), ""),
    )  # fmt: skip
    draft, key = docks / "agreement.json", str(docks / f"{CARRIER}.json")
    draft.write_bytes(canonical_json({"type": "BonusAgreement", "message": terms.to_json(), "signatures": []}))
    told = run(docks, key, str(draft), "--out", str(docks / "signed.json"))
    assert "Beware: The awarder is the residual partner" in told
    trust = ["--trust", str(docks / "trust.json"), "--yes", "--json"]
    found = CliRunner().invoke(app, ["sign", key, str(draft), *trust])
    answer = json.loads(found.stdout)
    assert answer["warnings"] == ["awarder-is-residual"]
    assert answer["record"] == json.loads((docks / "signed.json").read_bytes())
    assert answer["id"] in told

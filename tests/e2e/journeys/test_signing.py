"""`lading sign` on two devices without a network, and `lading submit` later: by file, by codes, from a template."""

import copy
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.demo.scribe import Deal, details
from ledger.cli.main import app
from ledger.cli.qr_frames import from_frames, read_signed, to_frames
from ledger.codes import AmendmentKind, Mode, StatementKind
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.errors import InvalidInput, LadingError, MalformedRecord, NotPermitted, VerificationFailed
from ledger.explain.units import moment
from ledger.records.content_checks import check_content
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import (
    Amendment,
    BonusAgreement,
    Commercial,
    Details,
    Goods,
    Handoff,
    HandoffItem,
    KeyGrant,
    Place,
    Record,
    Require,
    Share,
)
from ledger.services.home.clock import ManualClock
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.e2e.stage import CARRIER, CONSUMER, MAKER, SHOP, WAREHOUSE, Stage


@pytest.fixture
def docks(stage: Stage, tmp_path: Path) -> Path:
    """Two devices: each with its key and the consortium's trust file, and nothing else."""
    for partner in (MAKER, CARRIER, SHOP):
        write_keystore(tmp_path / f"{partner}.json", stage.parties[partner].key, DEMO_PASSPHRASE, demo=True)
    write_trust(stage, tmp_path)
    return tmp_path


def write_trust(stage: Stage, folder: Path, **changes: Any) -> None:
    """The trust file with its partner book, as `lading trust` writes it."""
    book = stage.node.reader.views.partner_book().to_json()
    trust = stage.node.home.consortium.trust_file() | {"partners": book} | changes
    (folder / "trust.json").write_bytes(canonical_json(trust))


def run(docks: Path, *arguments: str) -> str:
    found = CliRunner().invoke(app, ["sign", *arguments, "--trust", str(docks / "trust.json"), "--yes"])
    assert found.exit_code == 0, found.output + str(found.exception)
    return found.output


def refused(docks: Path, *arguments: str) -> LadingError:
    """Why `lading sign` refuses; nothing is signed then."""
    before = sorted(docks.iterdir())
    found = CliRunner().invoke(app, ["sign", *arguments, "--trust", str(docks / "trust.json"), "--yes"])
    assert isinstance(found.exception, LadingError), found.output
    assert sorted(docks.iterdir()) == before
    return found.exception


def draft_of(docks: Path, record: Record) -> str:
    draft = docks / "draft.json"
    draft.write_bytes(canonical_json(SignedRecord(record, ()).to_json()))
    return str(draft)


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
        WAREHOUSE, 10, deadline := int(time.time()) + DAY, deadline + 20, Details(bytes(16), ""),
    )  # fmt: skip
    draft, key = docks / "agreement.json", str(docks / f"{CARRIER}.json")
    draft.write_bytes(canonical_json({"type": "BonusAgreement", "message": terms.to_json(), "signatures": []}))
    told = run(docks, key, str(draft), "--out", str(docks / "signed.json"))
    assert "Beware: The awarder is the residual partner" in told
    trust = ["--trust", str(docks / "trust.json"), "--yes", "--json"]
    found = CliRunner().invoke(app, ["sign", key, str(draft), *trust])
    answer = json.loads(found.stdout)
    assert answer["warnings"] == ["awarder-is-residual", "claims-are-public"]
    assert answer["record"] == json.loads((docks / "signed.json").read_bytes())
    assert answer["id"] in told


# --- what acceptance knows ----------------------------------------------------------------------------------------


def todays_handoff(stage: Stage, receiver: int = CARRIER, **changes: Any) -> Handoff:
    """A handoff of today's clock, which is the devices'."""
    record = stage.scribe_handoff(MAKER, receiver, (b"\x01" * 32, 0, 4))
    now = int(time.time())
    return replace(record, occurredAt=now, submitBy=now + DAY, **changes)


def test_who_signs_is_told_by_name_and_a_key_without_part_signs_nothing(stage: Stage, docks: Path) -> None:
    draft = draft_of(docks, todays_handoff(stage))
    names = stage.node.reader.views.names([MAKER, CARRIER, SHOP])
    told = run(docks, str(docks / f"{CARRIER}.json"), draft, "--out", str(docks / "x.json"))
    assert f": {names[MAKER].name} (partner {MAKER})\n" in told
    assert f"You sign for {names[CARRIER].name} (partner {CARRIER}) as receiver" in told
    problem = refused(docks, str(docks / f"{SHOP}.json"), draft, "--out", str(docks / "y.json"))
    assert isinstance(problem, NotPermitted)
    assert problem.what == "this key has no part in this record"
    assert names[SHOP].name in str(problem.found)
    assert f"{names[MAKER].name} (partner {MAKER}) as releaser" in str(problem.expected)


def test_a_device_key_signs_only_what_it_was_granted_for_and_a_newer_one_only_when_told(
    stage: Stage, docks: Path
) -> None:
    scanner, newer = SigningKey(b"\x51" * 32), SigningKey(b"\x52" * 32)
    scopes = 1 << (Handoff.NUMBER - 1)
    grant = KeyGrant(CARRIER, scanner.address, 0, scopes, stage.now, stage.now + 30 * DAY, details())
    stage.sign(grant, CARRIER, scanner)
    write_trust(stage, docks)
    for name, key in (("scanner", scanner), ("newer", newer)):
        write_keystore(docks / f"{name}.json", key, DEMO_PASSPHRASE, demo=True)
    handoff = draft_of(docks, todays_handoff(stage))
    assert f"partner {CARRIER}) as receiver" in run(docks, str(docks / "scanner.json"), handoff)
    problem = refused(docks, str(docks / "newer.json"), handoff)
    assert "--unlisted" in problem.mend
    assert "does not know your key" in run(docks, str(docks / "newer.json"), handoff, "--unlisted")
    statement = stage.statement(StatementKind.LOST, CARRIER, b"\x01" * 32, 0)
    refused(docks, str(docks / "scanner.json"), draft_of(docks, statement), "--unlisted")


def test_a_recipient_key_is_no_partners(stage: Stage, docks: Path) -> None:
    write_keystore(docks / "consumer.json", CONSUMER, DEMO_PASSPHRASE, demo=True)
    draft = draft_of(docks, todays_handoff(stage, receiver=0))
    assert "the recipient key as receiver" in run(docks, str(docks / "consumer.json"), draft)
    refused(docks, str(docks / f"{SHOP}.json"), draft)  # a partner's key is never the recipient's
    refused(docks, str(docks / "consumer.json"), draft_of(docks, todays_handoff(stage)))


def test_nobody_signs_what_the_ledger_would_refuse(stage: Stage, docks: Path) -> None:
    """Without a network, by the very check that acceptance makes."""
    now, handoff = int(time.time()), todays_handoff(stage)
    assert isinstance(handoff.place, Place)
    deal = Deal("PO-7", 100_00, 10_00, now + DAY, 1, 10_00, CARRIER, SHOP)
    terms = stage.scribe.terms(deal, "L1", consignor=MAKER, consignee=SHOP, packages=1, mode=Mode.ROAD)
    terms = replace(terms, submitBy=now + DAY)
    assert isinstance(terms.commercial, Commercial)
    assert isinstance(terms.contents, tuple)
    goods = terms.contents[0]
    assert isinstance(goods, Goods)
    run(docks, str(docks / f"{MAKER}.json"), draft_of(docks, terms))
    slips: list[tuple[Record, str]] = [
        (replace(handoff, submitBy=now - 5), "submitBy"),
        (replace(handoff, submitBy=now + 31 * DAY), "submitBy"),
        (replace(handoff, occurredAt=now + DAY, submitBy=now + 2 * DAY), "occurredAt"),
        (replace(handoff, place=replace(handoff.place, country="QQ", locode="")), "place.country"),
        (replace(handoff, place=replace(handoff.place, locode="AUSYD")), "place.locode"),
        (replace(terms, commercial=replace(terms.commercial, currency="EUO")), "commercial.currency"),
        (replace(terms, contents=(replace(goods, gtin="09421900000013"),)), "contents[0].gtin"),
        (replace(terms, requires=(Require(b"UK", 1, 4, False),)), "requires[0].jurisdiction"),
        (replace(terms, mode=77), "mode"),
    ]
    for record, where in slips:
        problem = refused(docks, str(docks / f"{MAKER}.json"), draft_of(docks, record))
        assert problem.where == where
        with pytest.raises(type(problem), match=re.escape(problem.what)):
            check_content(record, now)


def test_an_amendment_without_effect_is_not_signed(stage: Stage, docks: Path) -> None:
    leg = stage.scribe_handoff(MAKER, CARRIER, (stage.open(4, endorsed=False), 0, 4))
    target, key = docks / "leg.json", str(docks / f"{MAKER}.json")
    target.write_text(json.dumps(stage.trial.signed(leg, *stage.keys([MAKER, CARRIER])).to_json()))
    changes = Details(bytes(16), '{"packages":9}')
    amendment = Amendment(stage.node.home.domain.record_id(leg), bytes(32), int(AmendmentKind.CORRECTION), changes)
    problem = refused(docks, key, draft_of(docks, amendment), "--about", str(target))
    assert problem.what == "these fields are not corrected"


def test_order_and_goods_stand_beside_a_handoff_whose_terms_are_given(stage: Stage, docks: Path) -> None:
    deal = Deal("PO-7", 100_00, 10_00, stage.now + DAY, 1, 10_00, CARRIER, SHOP)
    terms = stage.scribe.terms(deal, "L-SIGN", consignor=MAKER, consignee=SHOP, packages=4, mode=Mode.ROAD)
    handoff = todays_handoff(stage, items=(HandoffItem(stage.node.home.domain.record_id(terms), 0, 4, 0),))
    file = docks / "terms.json"
    file.write_bytes(canonical_json(stage.trial.signed(terms, *stage.keys([MAKER])).to_json()))
    arguments = (str(docks / f"{MAKER}.json"), draft_of(docks, handoff))
    told = run(docks, *arguments, "--about", str(file))
    assert "order PO-7" in told
    assert "lot L-SIGN" in told
    other = draft_of(docks, todays_handoff(stage))
    assert "not a record that it names" in str(refused(docks, arguments[0], other, "--about", str(file)))


def test_names_come_from_a_book_that_the_log_signed_or_from_nowhere(stage: Stage, docks: Path) -> None:
    """Whoever hands over a trust file with another's name over his key is found out when it is read."""
    draft = draft_of(docks, todays_handoff(stage))
    book = stage.node.reader.views.partner_book().to_json()
    renamed = copy.deepcopy(book)
    renamed["entries"][0]["name"] = "Somebody else"
    swapped = copy.deepcopy(book)
    entries = {entry["id"]: entry for entry in swapped["entries"]}
    entries[MAKER]["keys"], entries[SHOP]["keys"] = entries[SHOP]["keys"], entries[MAKER]["keys"]
    for forged in (renamed, swapped, book | {"size": book["size"] + 1}, book | {"council": []}):
        write_trust(stage, docks, partners=forged)
        problem = refused(docks, str(docks / f"{MAKER}.json"), draft)
        assert isinstance(problem, VerificationFailed)
        assert problem.where == "partner book"
    write_trust(stage, docks, partners=book | {"logId": "0x" + "11" * 32})
    assert "signed by a log that is not named here" in str(refused(docks, str(docks / f"{MAKER}.json"), draft))
    (docks / "trust.json").write_bytes(canonical_json(stage.node.home.consortium.trust_file()))
    told = run(docks, str(docks / f"{MAKER}.json"), draft)
    assert "there is no signed partner book" in told
    assert f": partner {MAKER}\n" in told

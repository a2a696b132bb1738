"""A device's request, scanned from its screen, is signed where the master key lies: `lading sign KEY TEXT`."""

from pathlib import Path

from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.cli.qr_frames import to_frames
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import key_scopes
from ledger.explain.units import moment
from ledger.records.signing import SignedRecord
from ledger.records.types import Details, KeyGrant
from ledger.records.wallet_input import envelope_from_wallet
from ledger.services.home.keystores import DEMO_PASSPHRASE, write_keystore
from tests.e2e.stage import CARRIER, Stage, key_of


def test_the_text_of_a_request_is_signed_and_taken_in(stage: Stage, tmp_path: Path) -> None:
    phone, domain = key_of("phone"), stage.node.home.domain
    named = Details(bytes(16), '{"device":"Phone at gate 3"}')
    record = KeyGrant(CARRIER, phone.address, 0, key_scopes((5, 7)), stage.now, stage.now + 90 * DAY, named)
    request = tmp_path / "request.txt"
    request.write_text("\n".join(to_frames(SignedRecord(record, (phone.sign(domain, record),)))))
    keystore = tmp_path / "carrier.json"
    write_keystore(keystore, stage.parties[CARRIER].key, DEMO_PASSPHRASE, demo=True)
    trust = tmp_path / "trust.json"
    book = stage.node.reader.views.partner_book().to_json()
    trust.write_bytes(canonical_json(stage.node.home.consortium.trust_file() | {"partners": book}))

    grant = tmp_path / "grant.json"
    words = [str(keystore), str(request), "--trust", str(trust), "--yes", "--out", str(grant)]
    done = CliRunner().invoke(app, ["sign", *words], env={"LADING_HOME": str(tmp_path)}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"may sign: Handoff, Statement\n  valid from: {moment(stage.now)}" in done.output
    assert "device: Phone at gate 3" in done.output
    assert f"You sign for a master key of Partner {CARRIER}" in done.output

    signed = envelope_from_wallet(parse_json(grant.read_bytes()))
    stage.node.submission.submit(signed)
    stage.settle()
    assert to_hex(phone.address) in stage.node.reader.views.partner(CARRIER).keys

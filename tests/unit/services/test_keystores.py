"""Keys at rest: encrypted, for their owner only, never overwritten, never shown; and `lading keys` on top."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from eth_account import Account
from typer.testing import CliRunner

from ledger.cli.main import app
from ledger.codes import Role
from ledger.common.canonical import canonical_json
from ledger.common.ids import ConsortiumId, to_hex
from ledger.common.keccak import keccak256
from ledger.errors import InvalidInput, MalformedRecord, Misconfigured
from ledger.records.eip712 import Withheld
from ledger.records.signing import Domain, SignedRecord, SigningKey, recover
from ledger.records.types import Details, Dispute, Endorsement, KeyRevoke
from ledger.registry.enrolment import Enrolment, RoleRequest, check_possession, parse_enrolment
from ledger.services.home.keystores import (
    DEMO_PASSPHRASE,
    is_demo,
    keystore_address,
    new_key,
    read_keystore,
    read_log_key,
    write_keystore,
    write_log_key,
    write_private,
)

SECRET = bytes.fromhex("c0ffee" * 10 + "0102")
KEY = SigningKey(SECRET)
CONSORTIUM = ConsortiumId(b"\x09" * 32)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A demo keystore: cheap to open."""
    path = tmp_path / "keys" / "maker.json"
    write_keystore(path, KEY, DEMO_PASSPHRASE, demo=True)
    return path


# --- keystores -------------------------------------------------------------------------------------------------------


def test_a_keystore_gives_its_key_back_and_to_other_wallets(tmp_path: Path, slow_keystores: None) -> None:
    path = tmp_path / "maker.json"
    write_keystore(path, KEY, "correct horse")
    assert read_keystore(path, "correct horse").address == KEY.address
    assert bytes(Account.decrypt(path.read_text(), "correct horse")) == SECRET
    assert keystore_address(path) == to_hex(KEY.address)
    assert not is_demo(path)
    parameters = json.loads(path.read_text())["crypto"]["kdfparams"]
    assert parameters["n"] >= 2**18


def test_a_demo_keystore_is_marked(store: Path) -> None:
    assert is_demo(store)
    assert json.loads(store.read_text())["lading"] == "demo"
    assert read_keystore(store, DEMO_PASSPHRASE).address == KEY.address


def test_only_the_owner_can_read_it(store: Path) -> None:
    assert mode(store) == 0o600
    assert mode(store.parent) == 0o700


def test_a_wrong_passphrase_opens_nothing(store: Path) -> None:
    for wrong in ("", "Demo", "demo ", "demo\1"):
        with pytest.raises(Misconfigured, match="wrong passphrase") as caught:
            read_keystore(store, wrong)
        assert caught.value.where == str(store)


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="empty passphrase"):
        write_keystore(tmp_path / "a.json", KEY, "")
    with pytest.raises(Misconfigured, match="empty passphrase"):
        write_log_key(tmp_path / "a.pem", Ed25519PrivateKey.from_private_bytes(b"\x0b" * 32), "")
    assert list(tmp_path.iterdir()) == []


def test_keys_are_never_overwritten(store: Path) -> None:
    before = store.read_bytes()
    with pytest.raises(Misconfigured, match="the file exists"):
        write_keystore(store, new_key(), DEMO_PASSPHRASE, demo=True)
    with pytest.raises(Misconfigured, match="the file exists"):
        write_private(store, b"other")
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b"7", b'"text"', b"\xff\xfe", b"not json", b'{"version":3}',
        b'{"version":1,"crypto":{}}', b'{"version":3,"crypto":null}', b'{"version":3,"crypto":{"kdf":"md5"}}',
        b'{"address":"0x12","version":3}', b'{"address":null}', b'{"address":["00"],"crypto":[]}',
        b'{"address":"zz0000000000000000000000000000000000000000"}',
    ],
)  # fmt: skip
def test_files_that_are_no_keystore_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "none.json"
    path.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        read_keystore(path, "x")
    assert caught.value.where == str(path)
    with pytest.raises(Misconfigured):
        keystore_address(path)
    assert not is_demo(path)


def test_a_damaged_keystore_is_refused(store: Path) -> None:
    data = json.loads(store.read_text())
    data["crypto"]["ciphertext"] = "00" * 32
    store.write_text(json.dumps(data))
    with pytest.raises(Misconfigured, match="damaged"):
        read_keystore(store, DEMO_PASSPHRASE)


def test_a_missing_keystore_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="lading keys new"):
        read_keystore(tmp_path / "none.json", "x")
    with pytest.raises(Misconfigured):
        read_keystore(tmp_path, "x")
    assert not is_demo(tmp_path / "none.json")


def test_new_keys_differ() -> None:
    assert len({new_key().address for _ in range(50)}) == 50


def test_secrets_show_neither_in_files_nor_errors_nor_representations(store: Path) -> None:
    shown = [store.read_text(), repr(KEY), repr(read_keystore(store, DEMO_PASSPHRASE))]
    attempts: list[Callable[[], object]] = [
        lambda: read_keystore(store, "a wrong passphrase"),
        lambda: write_keystore(store, KEY, "a wrong passphrase", demo=True),
    ]
    for attempt in attempts:
        with pytest.raises(Misconfigured) as caught:
            attempt()
        shown += [str(caught.value), repr(caught.value), repr(caught.value.__dict__)]
    for text in shown:
        assert SECRET.hex() not in text
        assert str(SECRET) not in text
        assert "a wrong passphrase" not in text


# --- the log's key ---------------------------------------------------------------------------------------------------


def test_the_log_key_reads_back(tmp_path: Path) -> None:
    path, key = tmp_path / "log.pem", Ed25519PrivateKey.from_private_bytes(b"\x0b" * 32)
    write_log_key(path, key, "correct horse")
    assert read_log_key(path, "correct horse").private_bytes_raw() == b"\x0b" * 32
    assert mode(path) == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    with pytest.raises(Misconfigured, match="wrong passphrase"):
        read_log_key(path, "other")
    with pytest.raises(Misconfigured, match="the file exists"):
        write_log_key(path, key, "correct horse")


def test_log_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_log_key(tmp_path / "none.pem", "x")
    path = tmp_path / "garbage.pem"
    path.write_bytes(b"garbage")
    with pytest.raises(Misconfigured):
        read_log_key(path, "x")
    plain = tmp_path / "plain.pem"
    key = Ed25519PrivateKey.from_private_bytes(b"\x0b" * 32)
    plain.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Misconfigured, match="not encrypted"):
        read_log_key(plain, "x")
    other = tmp_path / "other.pem"
    write_log_key(other, generate_private_key(SECP256R1()), "x")  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match="not an Ed25519 key"):
        read_log_key(other, "x")


# --- lading keys -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`run("keys", "new", …)` calls the command and gives its standard output; errors are raised as such."""
    monkeypatch.setenv("LADING_HOME", str(tmp_path))
    monkeypatch.setenv("LADING_PASSPHRASE", "correct horse")

    def command(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return command


def test_new_show_and_sign(run: Callable[..., str], tmp_path: Path) -> None:
    made = json.loads(run("keys", "new", "maker", "--demo", "--json"))
    assert json.loads(run("keys", "show", "maker", "--json")) == made
    assert run("keys", "show", "maker").startswith(made["address"])
    assert made["keystore"] == str(tmp_path.resolve() / "keys" / "maker.json")
    key = read_keystore(Path(made["keystore"]), DEMO_PASSPHRASE)

    record, domain = Endorsement(3, b"\x04" * 32), Domain(CONSORTIUM)
    file = tmp_path / "record.json"
    file.write_bytes(canonical_json({"type": "Endorsement", "message": record.to_json()}))
    once = run("sign", "--yes", "maker", str(file), "--consortium", to_hex(CONSORTIUM))
    signed = SignedRecord.from_json(json.loads(once))
    assert signed.record == record
    assert [recover(domain.record_id(record), s) for s in signed.signatures] == [key.address]

    file.write_text(once)
    twice = run("sign", "--yes", "maker", str(file), "--consortium", to_hex(CONSORTIUM))
    assert SignedRecord.from_json(json.loads(twice)).signatures == signed.signatures, "the same key again adds nothing"


def test_an_enrolment_is_signed_by_its_own_key_only(run: Callable[..., str], tmp_path: Path, store: Path) -> None:
    run("keys", "new", "other", "--demo")
    enrolment = Enrolment(CONSORTIUM, "Maker", "", KEY.address, (RoleRequest(Role.SUPPLIER),))
    file = tmp_path / "enrolment.json"
    file.write_bytes(enrolment.document() + b"\n")
    answer = json.loads(run("sign", "--yes", str(store), str(file), "--consortium", to_hex(CONSORTIUM)))
    assert parse_enrolment(answer["document"].encode(), CONSORTIUM) == enrolment
    check_possession(enrolment, bytes.fromhex(answer["signature"][2:]))
    with pytest.raises(InvalidInput, match="names another key"):
        run("sign", "--yes", "other", str(file), "--consortium", to_hex(CONSORTIUM))


def test_what_cannot_be_signed_is_refused(run: Callable[..., str], tmp_path: Path, store: Path) -> None:
    hidden = KeyRevoke(1, bytes(20), Withheld(Details(bytes(16), "{}").hash_struct()))
    file = tmp_path / "record.json"

    def sign(content: bytes, consortium: str = to_hex(CONSORTIUM)) -> str:
        file.write_bytes(content)
        return run("sign", "--yes", str(store), str(file), "--consortium", consortium)

    with pytest.raises(MalformedRecord, match="withheld"):
        sign(canonical_json(SignedRecord(hidden, ()).to_json()))
    for content in (
        b"",
        b"[]",
        b"{}",
        b'{"type":"Endorsement"}',
        b'{"lading":1}',
        b"\xff",
        b'{"type":"X","message":{}}',
    ):
        with pytest.raises(MalformedRecord):
            sign(content)
    good = canonical_json(SignedRecord(Endorsement(1, bytes(32)), ()).to_json())
    with pytest.raises(MalformedRecord, match="--consortium"):
        sign(good, "0x1234")
    with pytest.raises(MalformedRecord, match="cannot be read"):
        run("sign", "--yes", str(store), str(tmp_path / "none.json"), "--consortium", to_hex(CONSORTIUM))
    with pytest.raises(MalformedRecord, match=r"trust\.json: the file cannot be read"):
        run("sign", "--yes", str(store), str(file))


def test_a_trust_file_names_the_domain_of_every_record(run: Callable[..., str], tmp_path: Path, store: Path) -> None:
    pool = b"\x07" * 20
    genesis = {"council": [to_hex(KEY.address)], "threshold": 1, "delay": 0}
    trust = {"lading": "trust/1", "consortiumId": to_hex(CONSORTIUM), "genesis": genesis, "chainId": 9}
    trust |= {"registry": to_hex(bytes(20)), "bonusPool": to_hex(pool)}
    trust |= {"logs": [{"origin": "log.example", "key": to_hex(bytes(32))}]}
    (tmp_path / "trust.json").write_bytes(canonical_json(trust))
    record = Dispute(3, b"\x01" * 32, 1, bytes(32))
    file = tmp_path / "record.json"
    file.write_bytes(canonical_json({"type": "Dispute", "message": record.to_json()}))

    by_file = run("sign", "--yes", str(store), str(file), "--trust", str(tmp_path / "trust.json"))
    options = ("--consortium", to_hex(CONSORTIUM), "--chain-id", "9", "--bonus-pool", to_hex(pool))
    assert by_file == run("sign", "--yes", str(store), str(file), *options)
    signed = SignedRecord.from_json(json.loads(by_file))
    assert recover(Domain(CONSORTIUM, 9, pool).record_id(record), signed.signatures[0]) == KEY.address


def test_names_that_are_taken_or_missing_are_refused(run: Callable[..., str]) -> None:
    run("keys", "new", "maker", "--demo")
    with pytest.raises(Misconfigured, match="the file exists"):
        run("keys", "new", "maker", "--demo")
    with pytest.raises(Misconfigured, match="no such keystore"):
        run("keys", "show", "nobody")


def test_a_keystore_whose_mac_binds_no_passphrase_or_that_names_another_key_is_refused(store: Path) -> None:
    """With a derived key of 16 bytes the MAC is of the ciphertext alone: any passphrase would open it to some key."""
    content = json.loads(store.read_bytes())
    short = json.loads(store.read_bytes())
    short["crypto"]["kdfparams"]["dklen"] = 16
    short["crypto"]["mac"] = keccak256(bytes.fromhex(short["crypto"]["ciphertext"])).hex()
    store.chmod(0o600)
    store.write_text(json.dumps(short))
    for passphrase in (DEMO_PASSPHRASE, "wrong"):
        with pytest.raises(Misconfigured, match="damaged"):
            read_keystore(store, passphrase)
    store.write_text(json.dumps(content | {"address": "00" * 20}))
    with pytest.raises(Misconfigured, match="damaged"):
        read_keystore(store, DEMO_PASSPHRASE)
    store.write_text(json.dumps(content))
    assert read_keystore(store, DEMO_PASSPHRASE).address == KEY.address

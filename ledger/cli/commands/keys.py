"""`lading keys`: make, show and use signing keys."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import parse_trust
from ledger.cli.output import out, print_json
from ledger.common.canonical import parse_json
from ledger.common.ids import ConsortiumId, bytes_from_hex, checksum_address, to_hex
from ledger.errors import InvalidInput, MalformedRecord, Misconfigured
from ledger.records.signing import Domain, SignedRecord, SigningKey
from ledger.registry.enrolment import parse_enrolment, sign_enrolment
from ledger.services.home.keystores import (
    DEMO_PASSPHRASE,
    is_demo,
    keystore_address,
    new_key,
    read_keystore,
    write_keystore,
)
from ledger.services.home.settings import Settings, read_settings

app = typer.Typer(help="Make, show and use signing keys (encrypted keystores).", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
NO_POOL = "0x" + "00" * 20
Name = Annotated[str, typer.Argument(help="Name of a keystore under LADING_HOME/keys, or a path to one.")]


@app.command()
def new(
    name: Name,
    demo: Annotated[bool, typer.Option(help="A demo key: its passphrase is public, it protects nothing.")] = False,
    json: Json = False,
) -> None:
    """Make a key and store it encrypted. The passphrase comes from LADING_PASSPHRASE(_FILE) or is asked for."""
    settings = read_settings()
    key = new_key()
    path = keystore_path(settings, name)
    write_keystore(path, key, DEMO_PASSPHRASE if demo else passphrase(settings, confirm=True), demo=demo)
    _show(path, to_hex(key.address), json)


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show a key's address, never the key."""
    path = keystore_path(read_settings(), name)
    if not path.exists():
        raise Misconfigured("no such keystore", where=str(path), mend="Make one with `lading keys new`.")
    _show(path, keystore_address(path), json)


@app.command()
def sign(
    name: Name,
    file: Annotated[Path, typer.Argument(help="A record {type, message, signatures}, or an enrolment document.")],
    trust: Annotated[Path | None, typer.Option(help="The consortium's trust file; enough for every record.")] = None,
    consortium: Annotated[
        str | None, typer.Option(help="Without a trust file: consortium id, 32 bytes in hex.")
    ] = None,
    chain_id: Annotated[int, typer.Option(help="With --consortium, for records of the bonus family.")] = 0,
    bonus_pool: Annotated[
        str, typer.Option(help="With --consortium, for records of the bonus family: the pool's address.")
    ] = NO_POOL,
) -> None:
    """Sign a record or an enrolment document, without any network, and print it with the signature added."""
    settings = read_settings()
    path = keystore_path(settings, name)
    content = read_file(file)
    data = parse_json(content, where=str(file))
    if (trust is None) == (consortium is None):
        raise InvalidInput("which consortium is it for?", expected="--trust FILE, or --consortium ID")
    if trust is not None:
        domain = trusted_domain(trust)
    else:
        consortium_id = ConsortiumId(bytes_from_hex(consortium or "", 32, "--consortium"))
        domain = Domain(consortium_id, chain_id, bytes_from_hex(bonus_pool, 20, "--bonus-pool"))
    if isinstance(data, dict) and "lading" in data:
        enrolment = parse_enrolment(content.strip(), domain.consortium_id)
        key = open_key(settings, path)
        if key.address != enrolment.key:
            raise InvalidInput(
                "the document names another key", expected=to_hex(key.address), found=to_hex(enrolment.key)
            )
        print_json({"document": enrolment.document().decode(), "signature": to_hex(sign_enrolment(enrolment, key))})
        return
    signed = SignedRecord.from_json({"signatures": [], **data} if isinstance(data, dict) else data)
    domain.typed_data(signed.record)  # refuses withheld parts: nobody signs what he cannot see
    signature = open_key(settings, path).sign(domain, signed.record)
    print_json(SignedRecord(signed.record, (*signed.signatures, signature)).to_json())


def trusted_domain(path: Path) -> Domain:
    """What signatures bind, by the consortium's trust file."""
    known = parse_trust(read_file(path))
    if known.bonus_pool is None:
        raise MalformedRecord("no bonusPool", where=str(path), expected="a trust file as `lading trust` prints it")
    return Domain(known.genesis.consortium_id, known.chain_id, known.bonus_pool)


def keystore_path(settings: Settings, name: str) -> Path:
    return Path(name) if "/" in name or name.endswith(".json") else settings.home / "keys" / f"{name}.json"


def open_key(settings: Settings, path: Path) -> SigningKey:
    return read_keystore(path, DEMO_PASSPHRASE if is_demo(path) else passphrase(settings))


def passphrase(settings: Settings, *, confirm: bool = False) -> str:
    if settings.passphrase is not None:
        return settings.passphrase
    entered = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    if not entered:
        raise Misconfigured("an empty passphrase protects nothing", where="passphrase")
    return str(entered)


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedRecord("the file cannot be read", where=str(path), found=error.strerror or "") from None


def _show(path: Path, address: str, as_json: bool) -> None:
    checksummed = checksum_address(bytes.fromhex(address[2:]))
    if as_json:
        print_json({"address": checksummed, "keystore": str(path)})
    else:
        out.print(f"{checksummed}  {path}")

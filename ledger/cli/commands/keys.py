"""`lading keys`: make and show signing keys; and how every command opens them."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle.format import Trust, parse_trust
from ledger.cli.output import out, print_json
from ledger.common.canonical import without_mark
from ledger.common.ids import checksum_address, to_hex
from ledger.errors import MalformedRecord, Misconfigured
from ledger.records.signing import Domain, SigningKey
from ledger.services.home.keystores import (
    DEMO_PASSPHRASE,
    is_demo,
    keystore_address,
    new_key,
    read_keystore,
    write_keystore,
)
from ledger.services.home.settings import Settings, read_settings

app = typer.Typer(help="Make and show signing keys (encrypted keystores).", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
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


def trusted_domain(path: Path) -> Domain:
    """What signatures bind, by the consortium's trust file; about money, those for its first bonus pool."""
    return domains_of(parse_trust(read_file(path)), path)[0]


def domains_of(known: Trust, path: Path) -> list[Domain]:
    """What signatures bind, by the trust file that was read from `path`: a domain for each bonus pool, oldest first."""
    if known.bonus_pool is None:
        raise MalformedRecord("no bonusPool", where=str(path), expected="a trust file as `lading trust` prints it")
    pools = (known.bonus_pool, *known.later_pools)
    return [Domain(known.genesis.consortium_id, known.chain_id, pool) for pool in pools]


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
    """Without a byte order mark, as editors put it in front; raises `MalformedRecord`."""
    try:
        return without_mark(path.read_bytes())
    except OSError as error:
        raise MalformedRecord("the file cannot be read", where=str(path), found=error.strerror or "") from None


def read_text(path: Path) -> str:
    """As `read_file`, of what is text in UTF-8; raises `MalformedRecord` for other bytes, too."""
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRecord("not UTF-8", where=str(path), mend="Save the file as UTF-8.") from None


def _show(path: Path, address: str, as_json: bool) -> None:
    checksummed = checksum_address(bytes.fromhex(address[2:]))
    if as_json:
        print_json({"address": checksummed, "keystore": str(path)})
    else:
        out.print(f"{checksummed}  {path}")

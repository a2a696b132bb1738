"""consortium.json and the operator's keys: they say the same, as far as they can be opened."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.common.ids import checksum_address, to_hex
from ledger.errors import LadingError, Misconfigured
from ledger.log.leaf import LogSigner
from ledger.registry.history import RegistryView
from ledger.services.audit.findings import Findings
from ledger.services.home.consortium import ANCHOR, LOG, RELAYER, Consortium, operator_passphrase
from ledger.services.home.keystores import is_demo, keystore_address, read_keystore, read_log_key
from ledger.services.home.settings import Settings

_PEM = re.compile(rb"-----BEGIN (ENCRYPTED PRIVATE KEY)-----\n([A-Za-z0-9+/=\n]+)\n-----END \1-----\n")
_KEY = "the key file was edited, exchanged or damaged"


def check_consortium_file(home: Path, consortium: Consortium, findings: Findings) -> None:
    """The file says what is read from it, and nothing besides, as Lading writes it."""
    text = (home / "consortium.json").read_bytes()
    data, expected = json.loads(text), consortium.to_json()
    for where, right, wrong in _differences(expected, data, ""):
        what = "the file was edited: Lading does not write this"
        findings.add("", f"consortium.json: {where}", right, wrong, what)
    if text != json.dumps(data, indent=1).encode():
        findings.add("", "consortium.json", "as Lading writes it", "spelt otherwise", "the file was edited")


def _differences(expected: Any, found: Any, where: str) -> Iterator[tuple[str, object, object]]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in expected | found:
            path = f"{where}.{name}" if where else name
            if name in expected and name in found:
                yield from _differences(expected[name], found[name], path)
            else:
                yield path, expected.get(name, "nothing"), found.get(name, "nothing")
    elif expected != found or type(expected) is not type(found):
        yield where, expected, found


def check_keys(settings: Settings, consortium: Consortium, view: RegistryView, findings: Findings) -> None:
    """The operator's keys are those that consortium.json and the registry name; what is not here is a note, because a
    copy for an auditor needs none. They are opened where the passphrase is at hand.
    """
    keys = settings.home / "keys"
    passphrase = _passphrase(settings)
    for name in (RELAYER, ANCHOR, LOG, "consortium-id"):
        if not (keys / name).exists():
            findings.note("", f"keys/{name}", "a file", "none", "not here: the service does not start without it")
    _check_id(keys / "consortium-id", consortium, findings)
    addresses = {name: _check_keystore(keys / name, passphrase, findings) for name in (RELAYER, ANCHOR)}
    registered = view.log(consortium.log.log_id)
    if (anchor := addresses[ANCHOR]) and registered is not None and to_hex(registered.key) != anchor:
        what = "the registry knows another anchor key of this log: the file was exchanged"
        findings.add("", f"keys/{ANCHOR}", registered.key, anchor, what)
    _check_log_key(keys / LOG, passphrase, consortium, findings)
    check_demo(settings.home, consortium, findings)


def check_demo(home: Path, consortium: Consortium, findings: Findings) -> None:
    """consortium.json and the keystores that are here agree whether keys and money are worthless."""
    for name in (RELAYER, ANCHOR):
        path = home / "keys" / name
        if path.exists() and is_demo(path) != consortium.demo:
            demo = "for demonstration" if consortium.demo else "in earnest"
            what = f"consortium.json and keys/{name} do not agree whether this is a demonstration: one was edited"
            findings.add("", "consortium.json: demo", f"keys/{name} {demo}", f"otherwise in keys/{name}", what)


def _passphrase(settings: Settings) -> str | None:
    try:
        return operator_passphrase(settings)
    except Misconfigured:
        return None


def _check_id(path: Path, consortium: Consortium, findings: Findings) -> None:
    if path.exists() and (result := _content(path)) != consortium.genesis.consortium_id:
        findings.add("", "keys/consortium-id", consortium.genesis.consortium_id, result, "the file was edited")


def _content(path: Path) -> bytes:
    """What a file holds; nothing where it is a folder, or cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _check_keystore(path: Path, passphrase: str | None, findings: Findings) -> str:
    """The address of the key in it; empty when there is none, or none that can be believed."""
    if not path.exists():
        return ""
    where = f"keys/{path.name}"
    try:
        address = keystore_address(path)
        if not _is_keystore(_content(path), address):
            findings.add("", where, "a keystore, as Lading writes it", "something else", _KEY)
        if passphrase is not None:
            read_keystore(path, passphrase)
    except (LadingError, ValueError, RecursionError) as error:
        findings.add("", where, "a keystore that the operator's passphrase opens", str(error), _KEY)
        return ""
    return address


def _is_keystore(data: bytes, address: str) -> bool:
    """Whether it is written as `write_keystore` does: its parts, their order, and how they are spelt."""
    content = json.loads(data)
    parts = [name for name in content if name != "lading"]
    spelt = checksum_address(bytes.fromhex(address[2:])).removeprefix("0x")
    others = json.dumps({**content, "address": ""})
    return (
        parts == ["address", "crypto", "id", "version"]
        and content["address"] == spelt
        and others == others.lower()
        and data == json.dumps(content, indent=1).encode()
    )


def _check_log_key(path: Path, passphrase: str | None, consortium: Consortium, findings: Findings) -> None:
    if not path.exists():
        return
    where = f"keys/{path.name}"
    if not _is_pem(_content(path)):
        findings.add("", where, "an encrypted key, as Lading writes it", "something else", _KEY)
    elif passphrase is not None:
        try:
            result = LogSigner(consortium.log.origin, read_log_key(path, passphrase)).identity.public_key
        except LadingError as error:
            findings.add("", where, "a key that the operator's passphrase opens", str(error), _KEY)
            return
        if result != consortium.log.public_key:
            what = "consortium.json names another key of this log: one of the two files was exchanged"
            findings.add("", where, consortium.log.public_key, result, what)


def _is_pem(data: bytes) -> bool:
    """Whether it is one PEM block whose text is as its bytes are written."""
    match = _PEM.fullmatch(data)
    if match is None:
        return False
    lines = match[2].split(b"\n")
    try:
        content = base64.b64decode(b"".join(lines), validate=True)
    except ValueError:
        return False
    text = base64.b64encode(content)
    return [text[i : i + 64] for i in range(0, len(text), 64)] == lines

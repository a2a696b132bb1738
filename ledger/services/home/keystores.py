"""Private keys at rest: encrypted keystores (Web3 Secret Storage v3), readable by their owner only.

A keystore made for demonstration carries `"lading": "demo"` in its JSON and a cheap key derivation: its passphrase
is public, and it protects nothing.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.common.ids import bytes_from_hex, checksum_address, to_hex
from ledger.errors import MalformedRecord, Misconfigured
from ledger.records.signing import SigningKey
from ledger.services.home.secret_storage import decrypt, encrypt

DEMO_PASSPHRASE = "demo"  # noqa: S105 - public on purpose, and marked so in every keystore that uses it
_STRONG = 2**18
_CHEAP = 2


def new_key() -> SigningKey:
    """A key from the operating system's randomness."""
    return SigningKey(secrets.token_bytes(32))


def write_keystore(path: Path, key: SigningKey, passphrase: str, *, demo: bool = False) -> None:
    """Encrypt `key` into a new file with mode 0600.

    Raises `Misconfigured` when the file exists or the passphrase is empty.
    """
    _refuse_empty(passphrase, path)
    address = checksum_address(key.address).removeprefix("0x")
    content = {"address": address, **encrypt(key.secret(), passphrase.encode(), n=_CHEAP if demo else _STRONG)}
    data = {"lading": "demo", **content} if demo else content
    write_private(path, json.dumps(data, indent=1).encode())


def read_keystore(path: Path, passphrase: str) -> SigningKey:
    """The key in the keystore at `path`; raises `Misconfigured` for a wrong passphrase or a file that is none."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Misconfigured("no such keystore", where=str(path), mend="Make one with `lading keys new`.") from None
    except (OSError, ValueError, RecursionError):
        raise Misconfigured("not a readable keystore", where=str(path), expected="Web3 Secret Storage JSON") from None
    try:
        key = SigningKey(decrypt(content, passphrase.encode()))
        if "address" in content and bytes.fromhex(content["address"].removeprefix("0x")) != key.address:
            raise ValueError("another key than the keystore names")
        return key
    except ValueError:
        raise Misconfigured("wrong passphrase, or a damaged keystore", where=str(path)) from None
    except (KeyError, TypeError, AttributeError, NotImplementedError):
        raise Misconfigured("not a keystore", where=str(path), expected="Web3 Secret Storage v3") from None


def keystore_address(path: Path) -> str:
    """The 0x-address that the keystore says it holds, without opening it."""
    try:
        address = bytes_from_hex(str(json.loads(path.read_bytes())["address"]), 20, "address")
    except (OSError, RecursionError, ValueError, KeyError, TypeError, MalformedRecord):
        raise Misconfigured("not a readable keystore", where=str(path)) from None
    return to_hex(address)


def is_demo(path: Path) -> bool:
    """Whether the keystore is marked as one for demonstration, whose passphrase is public."""
    try:
        return bool(json.loads(path.read_bytes()).get("lading") == "demo")
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def write_log_key(path: Path, key: Ed25519PrivateKey, passphrase: str) -> None:
    """The log's Ed25519 key as encrypted PKCS #8 PEM with mode 0600; raises as `write_keystore` does."""
    _refuse_empty(passphrase, path)
    write_private(
        path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    )


def read_log_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except OSError as error:
        raise Misconfigured("the log's key cannot be read", where=str(path), found=error.strerror or "") from None
    except ValueError:
        raise Misconfigured("wrong passphrase, or a damaged key file", where=str(path)) from None
    except TypeError:
        raise Misconfigured("the log's key is not encrypted", where=str(path)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured("not an Ed25519 key", where=str(path))
    return key


def _refuse_empty(passphrase: str, path: Path) -> None:
    if not passphrase:
        raise Misconfigured("an empty passphrase protects nothing", where=str(path))


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read; afterwards it is there in full, on disk.

    Raises `Misconfigured` when it exists or cannot be written; then nothing is there under its name.
    """
    with _draft(path, content) as draft:
        path.hardlink_to(draft)


def replace_private(path: Path, content: bytes) -> None:
    """Put a file that only its owner can read in the place of the one there; after a crash it is the old or the new.

    Raises `Misconfigured` when it cannot be written; then the old one stays.
    """
    with _draft(path, content) as draft:
        draft.replace(path)


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    """`content` on disk beside `path`, for the block to give it its name, which is then made durable."""
    # A crash half-way leaves a draft, never half a key under the key's name.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield draft
        finally:
            draft.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise Misconfigured(
            "the file exists", where=str(path), mend="Choose another name: keys are never overwritten."
        ) from None
    except OSError as error:
        raise Misconfigured("cannot be written", where=str(path), found=error.strerror or "") from None

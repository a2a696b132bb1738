"""Web3 Secret Storage, version 3: the JSON in which Ethereum wallets keep a private key under a passphrase.

The Ethereum wiki's definition: scrypt (RFC 7914) or PBKDF2 makes 32 bytes of the passphrase; their first half is the
key of AES-128 in counter mode, their second half and the ciphertext give the MAC by Keccak-256. Written here, on the
primitives of the standard library and `cryptography`, because the usual library brings 14 packages and a third of a
second to every command that signs.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ledger.common.keccak import keccak256

_LENGTH = 32
_SCRYPT_R = 8
_SCRYPT_P = 1
_MOST_MEMORY = 2**30
_MOST_ROUNDS = 2**24


def encrypt(secret: bytes, passphrase: bytes, *, n: int) -> dict[str, Any]:
    """The members `crypto`, `id` and `version` of a keystore for `secret`; `n` is scrypt's cost, a power of two."""
    salt, iv = secrets.token_bytes(32), secrets.token_bytes(16)
    parameters = {"dklen": _LENGTH, "n": n, "r": _SCRYPT_R, "p": _SCRYPT_P, "salt": salt.hex()}
    derived = _derived("scrypt", parameters, passphrase)
    ciphertext = _aes(derived, iv, secret)
    return {
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": "scrypt",
            "kdfparams": parameters,
            "mac": _mac(derived, ciphertext).hex(),
        },
        "id": str(uuid.uuid4()),
        "version": 3,
    }


def decrypt(content: Mapping[str, Any], passphrase: bytes) -> bytes:
    """The secret in a keystore.

    Raises `ValueError` for a wrong passphrase, a damaged keystore or one that asks for too much work; `KeyError`,
    `TypeError` or `AttributeError` for JSON of another form; `NotImplementedError` for another version, cipher or
    derivation.
    """
    content = {name.lower(): value for name, value in content.items()}  # some wallets write "Crypto"
    crypto = content["crypto"]
    if content["version"] != 3 or crypto["cipher"] != "aes-128-ctr":
        raise NotImplementedError("another version or cipher")
    derived = _derived(crypto["kdf"], crypto["kdfparams"], passphrase)
    ciphertext = _bytes(crypto["ciphertext"])
    if not hmac.compare_digest(_mac(derived, ciphertext), _bytes(crypto["mac"])):
        raise ValueError("another MAC")
    return _aes(derived, _bytes(crypto["cipherparams"]["iv"]), ciphertext)


def _derived(kdf: str, parameters: Mapping[str, Any], passphrase: bytes) -> bytes:
    salt, length = _bytes(parameters["salt"]), parameters["dklen"]
    if length != _LENGTH:
        raise ValueError("another length of the derived key: with a shorter one the MAC would bind no passphrase")
    if kdf == "scrypt":
        n, r, p = parameters["n"], parameters["r"], parameters["p"]
        if 128 * n * r * p > _MOST_MEMORY:
            raise ValueError("more memory than a keystore needs")
        if n >= 1 << 16 * r:
            raise NotImplementedError("parameters that RFC 7914, section 2, does not allow")
        return hashlib.scrypt(passphrase, salt=salt, n=n, r=r, p=p, maxmem=2 * _MOST_MEMORY - 1, dklen=length)
    if kdf == "pbkdf2" and parameters["prf"] == "hmac-sha256":
        if parameters["c"] > _MOST_ROUNDS:
            raise ValueError("more rounds than a keystore needs")
        return hashlib.pbkdf2_hmac("sha256", passphrase, salt, parameters["c"], length)
    raise NotImplementedError("another key derivation")


def _mac(derived: bytes, ciphertext: bytes) -> bytes:
    return keccak256(derived[16:32] + ciphertext)


def _aes(derived: bytes, iv: bytes, data: bytes) -> bytes:
    """AES-128 in counter mode, which encrypts and decrypts alike."""
    counting = Cipher(AES(derived[:16]), CTR(iv)).encryptor()
    return counting.update(data) + counting.finalize()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))

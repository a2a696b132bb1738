"""What SCITT's reference API answers with beside receipts: keys, and problems as CBOR.

Sources: draft-ietf-scitt-scrapi sections 2 to 2.2; RFC 9052 section 7 (keys); RFC 8037 section 2 (Ed25519 keys);
RFC 9290 section 2 (concise problem details).
"""

import base64
import binascii

import cbor2

from ledger.errors import LadingError
from ledger.log.cose_head import key_thumbprint
from ledger.log.leaf import LogIdentity

CBOR = "application/cbor"
PROBLEM = "application/concise-problem-details+cbor"
_KEY_TYPE, _KEY_ID, _ALGORITHM, _OPERATIONS, _CURVE, _X = 1, 2, 3, 4, -1, -2
_OKP, _EDDSA, _VERIFY, _ED25519 = 1, -8, 2, 6
_TITLE, _DETAIL = -1, -2


def key_set(logs: list[LogIdentity]) -> bytes:
    """The keys of logs as a COSE_KeySet."""
    return cbor2.dumps([_key(log) for log in logs], canonical=True)


def one_key(log: LogIdentity) -> bytes:
    """The key of a log as a COSE_Key."""
    return cbor2.dumps(_key(log), canonical=True)


def key_name(log: LogIdentity) -> str:
    """How a path names the key: its thumbprint in base64url without padding."""
    return base64.urlsafe_b64encode(key_thumbprint(log.public_key)).decode().rstrip("=")


def is_key_name(text: str, log: LogIdentity) -> bool:
    """Whether a path names the key of `log`."""
    try:
        given = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return False
    return given == key_thumbprint(log.public_key) and text == key_name(log)


def problem(error: LadingError) -> bytes:
    """An error as concise problem details: what is wrong, and all that is known of it."""
    return cbor2.dumps({_TITLE: error.what, _DETAIL: str(error)}, canonical=True)


def _key(log: LogIdentity) -> dict[int, object]:
    return {
        _KEY_TYPE: _OKP,
        _KEY_ID: key_thumbprint(log.public_key),
        _ALGORITHM: _EDDSA,
        _OPERATIONS: [_VERIFY],
        _CURVE: _ED25519,
        _X: log.public_key,
    }

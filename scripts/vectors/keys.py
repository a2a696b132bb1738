"""Keys, salts and names of the published vectors: all follow from a label, so that anyone can make them again.

The secrets are public. Whatever they sign is worth nothing outside of tests.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.common.ids import ConsortiumId
from ledger.log.leaf import LogSigner
from ledger.records.signing import Domain, SigningKey

SPACE = "lading/vectors/v1/"
ORIGIN = "vectors.lading.example/log"


def digest(label: str) -> bytes:
    """SHA-256 of ``lading/vectors/v1/`` and the label."""
    return hashlib.sha256((SPACE + label).encode()).digest()


def secret(name: str) -> bytes:
    """The 32 secret bytes of the key called `name`, such as ``partner/1`` or ``council/2``."""
    return digest("key/" + name)


def key(name: str) -> SigningKey:
    return SigningKey(secret(name))


def address(name: str) -> bytes:
    return key(name).address


def salt(label: str) -> bytes:
    return digest("salt/" + label)[:16]


CONSORTIUM = ConsortiumId(digest("consortium"))
DOMAIN = Domain(CONSORTIUM, chain_id=31337, bonus_pool=digest("bonus pool")[:20])
LOG = LogSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("log")))
COUNCIL = tuple(sorted((f"council/{n}" for n in (1, 2, 3)), key=address))
"""Names of the council's keys, ascending by address: the order of their signatures."""

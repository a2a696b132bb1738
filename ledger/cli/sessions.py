"""Signing in to a service with a key that lies here (EIP-4361)."""

from typing import Any

from ledger.client import Client
from ledger.common.ids import checksum_address, to_hex
from ledger.errors import MalformedRecord
from ledger.records.signing import SigningKey
from ledger.registry.enrolment import personal_digest


def sign_in(service: Client, signer: SigningKey) -> dict[str, Any]:
    """`{address, token}`; raises `MalformedRecord` when the service asks to sign anything else."""
    message = service.get(f"/v1/session/challenge?address={to_hex(signer.address)}")["message"]
    _check_challenge(message, signer.address)
    signature = signer.sign_digest(personal_digest(message.encode()))
    return service.post("/v1/session", {"message": message, "signature": to_hex(signature)})


def _check_challenge(message: str, address: bytes) -> None:
    """Refuse to sign anything but a sign-in text for this very key."""
    lines = message.split("\n")
    if (
        len(lines) < 2
        or not lines[0].endswith(" wants you to sign in with your Ethereum account:")
        or lines[1] != checksum_address(address)
    ):
        raise MalformedRecord("the service asks to sign something else", where="challenge", found=lines[0][:80])

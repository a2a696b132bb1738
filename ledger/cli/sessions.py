"""Signing in to a service with a key that lies here (EIP-4361)."""

from typing import Any

from ledger.client import Client
from ledger.records.signing import SigningKey


def sign_in(service: Client, signer: SigningKey) -> dict[str, Any]:
    """`{address, token}`; raises `MalformedRecord` when the service asks to sign anything else."""
    return service.sign_in(signer)

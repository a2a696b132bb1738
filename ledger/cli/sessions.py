"""Signing in to a service with a key that lies here (EIP-4361)."""

from ledger.client import Client, answers
from ledger.records.signing import SigningKey


def sign_in(service: Client, signer: SigningKey) -> answers.SignedIn:
    """`{address, token}`; raises `MalformedRecord` when the service asks to sign anything else."""
    return service.sign_in(signer)

"""The document of what a query found, with the proofs of captured events that were signed since."""

from datetime import UTC, datetime
from typing import Any

from ledger.formats.epcis.document import query_document
from ledger.services.epcis.queries import Answer


def results_document(base: str, answer: Answer, name: str, now: int, subscription: str = "") -> dict[str, Any]:
    """`base`: the service's address; `name`: the query's; `subscription`: the id of that to which it is delivered."""
    with_proof: dict[str, dict[str, str]] = {}
    for event, proved_by in zip(answer.events, answer.proved_by, strict=True):
        if proved_by is not None and "lading:record" not in event.members:
            with_proof[str(event.members["eventID"])] = proof_of(base, proved_by)
    more: dict[str, Any] = {"subscriptionID": subscription} if subscription else {}
    more |= {"lading:observations": with_proof} if with_proof else {}
    return query_document(answer.events, created=moment_text(now), name=name, more=more)


def proof_of(base: str, record_id: bytes) -> dict[str, str]:
    record = f"{base}/v1/records/0x{record_id.hex()}"
    return {"record": record, "proof": f"{record}/proof"}


def moment_text(seconds: int) -> str:
    """UTC seconds as EPCIS writes a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

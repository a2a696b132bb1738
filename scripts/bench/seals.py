"""What it costs to prove an outcome down to the validators' seals: the published bundle, in milliseconds of CPU and in
verified signatures.
"""

import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bundle.format import parse_bundle, parse_trust
from ledger.bundle.outcome_checks import events_of
from ledger.bundle.sealed.events import SealedEvents, check_sealed_outcomes
from ledger.bundle.verify import verify_bundle
from ledger.records.signing import Domain

BUNDLES = Path(__file__).resolve().parents[2] / "docs" / "vectors" / "bundles"
TARGET_MS = 5
ROUNDS = 20


def measure() -> dict[str, float]:
    """Milliseconds of CPU for each outcome of a shipment's bundle, blocks and seals included; the same in single
    Ed25519 verifications; and the target in milliseconds.
    """
    data, trust = (
        (BUNDLES / "sealed.json").read_bytes(),
        parse_trust((BUNDLES / "trust-with-validators.json").read_bytes()),
    )
    if not all(step.ok for step in verify_bundle(data, trust)):
        raise ValueError("the published bundle does not hold")
    bundle = parse_bundle(data)
    seals, network = bundle.seals, trust.network
    if seals is None or network is None:
        raise ValueError("the published bundle has no seals")
    domain = Domain(trust.genesis.consortium_id, trust.chain_id)
    told = events_of(bundle.records)
    records = {domain.record_id(record.signed.record): record for record in bundle.records}
    told = {record_id: events for record_id, events in told.items() if record_id in records}
    count = sum(map(len, told.values()))
    begun = time.process_time()
    for _ in range(ROUNDS):
        check_sealed_outcomes(told, records, SealedEvents(seals, network))
    each = (time.process_time() - begun) / ROUNDS / count
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(data[:120]), key.public_key()
    begun = time.process_time()
    for _ in range(100 * ROUNDS):
        public.verify(signature, data[:120])
    one = (time.process_time() - begun) / (100 * ROUNDS)
    return {"milliseconds": each * 1000, "signatures": each / one, "target": TARGET_MS, "outcomes": count}

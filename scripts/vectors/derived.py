"""Vectors of what follows from records without being signed, and of what the log says and signs."""

import hashlib
from collections.abc import Sequence
from typing import Any

from ledger import merkle
from ledger.bonuses.amounts import Line, amounts_root, leaf
from ledger.codes import Role
from ledger.common.ids import KeyAddress, LogId, PartnerId, RecordId, to_hex
from ledger.common.periods import DAY
from ledger.records.shipment_ids import child_id
from ledger.records.types import REMAINDER_INDEX
from ledger.registry.enrolment import Enrolment, RoleRequest, personal_digest, sign_enrolment
from scripts.vectors.keys import CONSORTIUM, LOG, ORIGIN, address, key, secret

AMOUNTS = (Line(PartnerId(1), 250_000), Line(PartnerId(2), 0), Line(PartnerId(7), 391_180))


def log_vectors(leaves: Sequence[tuple[str, bytes, int]]) -> dict[str, Any]:
    """A log of `leaves` (name, leaf bytes, log time), in order: root, checkpoint, receipts, proofs, `complete`."""
    hashes = [merkle.leaf_hash(data) for _, data, _ in leaves]
    size, root = len(hashes), merkle.root(hashes)
    identity = LOG.identity
    ids = [RecordId(data[2:34]) for _, data, _ in leaves[4:7]]
    complete = LOG.complete("partner/1", size, ids)
    receipts = [LOG.receipt(i, hashes[i], leaves[i][2]) for i in (0, 1, size - 1)]
    return {
        "origin": ORIGIN,
        "ed25519Seed": to_hex(secret("log")),
        "publicKey": to_hex(identity.public_key),
        "verifierKey": identity.verifier_key(),
        "logId": to_hex(identity.log_id),
        "leaves": [
            {"vector": name, "leaf": to_hex(data), "hash": to_hex(merkle.leaf_hash(data))} for name, data, _ in leaves
        ],
        "checkpoints": [
            {
                "size": n,
                "root": to_hex(merkle.root(hashes[:n])),
                "note": LOG.checkpoint(n, merkle.root(hashes[:n])).decode(),
            }
            for n in (1, 2, 7, size)
        ],
        "receipts": [
            {**r.to_json(), "signed": to_hex(receipt_message(r.log_id, r.index, r.leaf_hash))} for r in receipts
        ],
        "inclusion": [
            {
                "index": i,
                "size": n,
                "leafHash": to_hex(hashes[i]),
                "proof": [to_hex(h) for h in merkle.inclusion_proof(hashes[:n], i)],
                "root": to_hex(merkle.root(hashes[:n])),
            }
            for i, n in ((0, 1), (0, 7), (6, 7), (3, size), (size - 1, size))
        ],
        "consistency": [
            {
                "size1": first,
                "size2": second,
                "root1": to_hex(merkle.root(hashes[:first])),
                "root2": to_hex(merkle.root(hashes[:second])),
                "proof": [to_hex(h) for h in merkle.consistency_proof(hashes[:second], first)],
            }
            for first, second in ((0, size), (1, 7), (4, 7), (7, size), (size, size))
        ],
        "complete": {
            **complete.to_json(),
            "recordIds": [to_hex(i) for i in sorted(ids)],
            "signed": to_hex(
                b"lading/complete/v1\0"
                + identity.log_id
                + size.to_bytes(8, "big")
                + hashlib.sha256(b"partner/1").digest()
                + complete.root
            ),
        },
        "size": size,
        "root": to_hex(root),
    }


def derived_vectors(shipment: bytes, agreement: RecordId) -> dict[str, Any]:
    """Child ids, sorted roots, amounts, penalties and an enrolment."""
    serials = [f"terms-{n}".encode() for n in range(3)]
    return {
        "childIds": [
            {"parent": to_hex(shipment), "sequence": s, "index": i, "id": to_hex(child_id(shipment, s, i))}
            for s, i in ((0, REMAINDER_INDEX), (4, 0), (4, 149), (65534, 1))
        ],
        "sortedRoots": [
            {"items": [], "root": to_hex(merkle.sorted_root([]))},
            {"items": [to_hex(s) for s in reversed(serials)], "root": to_hex(merkle.sorted_root(serials))},
            {"items": [to_hex(serials[0])] * 2, "root": to_hex(merkle.sorted_root(serials[:1]))},
        ],
        "amounts": {
            "agreement": to_hex(agreement),
            "version": 1,
            "lines": [
                {"partner": line.partner, "amount": str(line.amount), "leaf": to_hex(leaf(agreement, 1, line))}
                for line in AMOUNTS
            ],
            "root": to_hex(amounts_root(agreement, 1, AMOUNTS)),
        },
        "penalties": [_penalty(*case) for case in PENALTIES],
        "enrolment": _enrolment(),
    }


PROMISED, GRACE, LOST_AFTER = 1_768_435_199, 6 * 3600, 30 * DAY
PENALTIES = (
    # alpha, cap, seconds after t0, customs seconds
    (980, 98_000, -GRACE, 0),
    (980, 98_000, 0, 0),
    (980, 98_000, 1, 0),
    (980, 98_000, 3 * DAY, 0),
    (980, 98_000, 5 * DAY, 2 * DAY + 3600),
    (980, 98_000, 5 * DAY, 6 * DAY),
    (980, 98_000, 10 * DAY, 0),
    (980, 98_000, 20 * DAY, 0),
    (980, 2**127, 900 * DAY, 0),
    (2**128 - 1, 2**128 - 1, 1, 0),
)
"""Promised at the end of 2026-01-14, six hours of grace, accrual for thirty days."""


def _penalty(alpha: int, cap: int, after: int, customs: int) -> dict[str, Any]:
    late = max(0, min(after, LOST_AFTER) - customs)
    return {
        "alpha": str(alpha),
        "penaltyCap": str(cap),
        "promisedAt": PROMISED,
        "grace": GRACE,
        "lostAfter": LOST_AFTER,
        "countedAt": PROMISED + GRACE + after,
        "customsSeconds": customs,
        "lateSeconds": late,
        "amount": str(min(alpha * late * late // (DAY * DAY), cap)),
    }


def _enrolment() -> dict[str, Any]:
    enrolment = Enrolment(
        CONSORTIUM,
        "Käserei Grün & Söhne",
        "9506000134352",
        KeyAddress(address("partner/1")),
        (RoleRequest(Role.SUPPLIER), RoleRequest(Role.BRAND, "950600013")),
    )
    return {
        "document": enrolment.document().decode(),
        "sha256": to_hex(enrolment.document_hash()),
        "digest": to_hex(personal_digest(enrolment.document())),
        "key": "partner/1",
        "signature": to_hex(sign_enrolment(enrolment, key("partner/1"))),
        "scopes": {"950600013": to_hex(enrolment.roles[1].scope_bytes())},
    }


def receipt_message(log_id: LogId, index: int, leaf_hash: bytes) -> bytes:
    """What a receipt's signature is over."""
    return b"lading/receipt/v1\0" + log_id + index.to_bytes(8, "big") + leaf_hash

"""What a liar makes of a product's bundle: by edits on its way, or by an operator that signs whatever it likes.

An `Edit` changes the JSON of an honest bundle in place: whoever stands between service and browser can do that. A
`Forgery` gives the entries of a log of its own, which the keys of the operator and of its witnesses then sign: only
those of council and partners are beyond it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ledger import merkle
from ledger.bundle.times import times_digest
from ledger.codes import ContractKind
from ledger.codes import Outcome as Code
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.log.cosignature import WitnessPolicy, with_cosignatures
from ledger.log.leaf import Leaf, LogSigner
from ledger.log.signed_note import TreeHead
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import KeyGrant, KeyRevoke, Outcome, Record, RegistryChange
from tests.browser.shelf import Shelf

Json = dict[str, Any]
Edit = Callable[[Json, Shelf], None]


def of_type(bundle: Json, kind: str) -> list[Json]:
    return [record for record in bundle["records"] if record["type"] == kind]


def about(bundle: Json, kind: str) -> Json:
    """The first record of this type that is about a product, not about a partner."""
    return next(r for r in of_type(bundle, kind) if not str(r["message"].get("subject", "")).startswith("partner/"))


def outcome_of(bundle: Json, record_id: bytes) -> Json:
    (outcome,) = [o for o in of_type(bundle, "Outcome") if o["message"]["record"] == to_hex(record_id)]
    return outcome


def flipped(text: str, at: int = -1) -> str:
    """Hex with one digit changed."""
    digits = list(text)
    digits[at] = format(int(digits[at], 16) ^ 1, "x")
    return "".join(digits)


def drop(bundle: Json, shelf: Shelf, record_ids: Iterable[bytes]) -> None:
    """Leave out records with their outcomes, and mend the proof so that the rest are under the same root."""
    gone = {to_hex(record_id) for record_id in record_ids}
    ids = {id_of(shelf, record): record for record in bundle["records"]}
    assert gone <= set(ids)
    bundle["records"] = [
        record
        for record_id, record in ids.items()
        if record_id not in gone and not (record["type"] == "Outcome" and record["message"]["record"] in gone)
    ]
    prove(bundle, shelf)


def prove(bundle: Json, shelf: Shelf) -> None:
    """The proof of just the records that are there, in the log as it is."""
    size = int(bundle["checkpoint"].split("\n")[1])
    indexes = [record["index"] for record in bundle["records"]]
    proof = shelf.stage.node.reader.publisher.tree().subset_proof(indexes, size)
    bundle["proof"] = [to_hex(value) for value in proof]


def id_of(shelf: Shelf, record: Json) -> str:
    signed = SignedRecord.from_json({name: record[name] for name in ("type", "message", "signatures")})
    return to_hex(shelf.stage.node.home.domain.record_id(signed.record))


@dataclass
class Forgery:
    """Entries of a log of one's own, all in one bundle; begins with what an honest bundle holds."""

    shelf: Shelf
    entries: list[tuple[SignedRecord, int]]

    @classmethod
    def of(cls, shelf: Shelf, bundle: Json) -> "Forgery":
        names = ("type", "message", "signatures")
        return cls(shelf, [(SignedRecord.from_json({n: r[n] for n in names}), r["logTime"]) for r in bundle["records"]])

    def remove(self, *types: type[Record], but: Iterable[bytes] = ()) -> "Forgery":
        """Without the records of these types and what became of them."""
        kept, gone = set(but), set()
        for signed, _ in self.entries:
            record_id = self._id(signed.record)
            if isinstance(signed.record, types) and record_id not in kept:
                gone.add(record_id)
        self.entries = [
            (signed, time)
            for signed, time in self.entries
            if self._id(signed.record) not in gone
            and not (isinstance(signed.record, Outcome) and RecordId(signed.record.record) in gone)
        ]
        return self

    def add(self, record: Record, *keys: SigningKey, at: int | None = None, target: bytes | None = None) -> "Forgery":
        """A record signed with `keys`, and the word that the chain applied it in a block of its own at time `at`."""
        record_id = self._id(record)
        signatures = tuple(key.sign_digest(record_id) for key in keys)
        time = self.shelf.stage.now if at is None else at
        outcomes = [s.record for s, _ in self.entries if isinstance(s.record, Outcome)]
        contracts = self.shelf.stage.node.home.deployment
        if target is None:
            ours = isinstance(record, RegistryChange | KeyGrant | KeyRevoke)
            target = contracts.registry if ours else contracts.contracts[ContractKind.ATTESTATION]
        block = max(outcome.blockNumber for outcome in outcomes) + 1
        time = max(time, *(outcome.blockTime for outcome in outcomes))
        done = Outcome(record_id, target, block, time, record_id, 0, bytes([Code.APPLIED]))
        self.entries += [(SignedRecord(record, signatures), time), (SignedRecord(done, ()), time)]
        return self

    def bundle(self, subject: str, honest: Json, log: LogSigner | None = None) -> Json:
        """Signed by the log and all of its witnesses."""
        signer: LogSigner = log or self.shelf.stage.node.reader.keys.log
        ids = [self._id(signed.record) for signed, _ in self.entries]
        hashes = [
            merkle.leaf_hash(Leaf.of(s.record.NUMBER, i, s.signature_bytes(), time).encode())
            for (s, time), i in zip(self.entries, ids, strict=True)
        ]
        size, root = len(hashes), merkle.root(hashes)
        head = TreeHead(signer.identity.origin, size, root)
        cosigned = [witness.cosign(head, self.shelf.stage.now) for witness in self.shelf.witnesses]
        records = [
            {**signed.to_json(), "index": i, "logTime": time, "leafHash": to_hex(hashes[i])}
            for i, (signed, time) in enumerate(self.entries)
        ]
        return {
            **honest, "subject": subject, "records": records, "proof": [],
            "checkpoint": with_cosignatures(signer.checkpoint(size, root), cosigned).decode(),
            "complete": signer.complete(subject, size, ids).to_json(),
            "times": {
                **honest["times"], "checkpoints": [],
                "signature": to_hex(signer.times(subject, size, times_digest(_policy(honest), ()))),
            },
        }  # fmt: skip

    def _id(self, record: Record) -> RecordId:
        return RecordId(self.shelf.stage.node.home.domain.record_id(record))


def _policy(bundle: Json) -> WitnessPolicy | None:
    policy = bundle["times"]["witnesses"]
    return None if policy is None else WitnessPolicy.from_json(policy, "witnesses")


def shown_by_the_log(bundle: Json) -> dict[str, Callable[[str], str]]:
    """The answers of a service that shows this bundle, and its checkpoint to everybody."""
    return {
        "/v1/products/bundle/": lambda _: text_of(bundle),
        "/v1/log/checkpoint": lambda _: str(bundle["checkpoint"]),
    }


def text_of(bundle: Json) -> str:
    return canonical_json(bundle).decode()

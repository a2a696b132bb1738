"""Write the published vectors, `docs/vectors/**/*.json`, from `scripts/vectors` and the code that they pin down.

    python -m scripts.generate_vectors           writes the files
    python -m scripts.generate_vectors --check   writes nothing; exit status 1 and a list if they differ

Everything in them is deterministic. `tests/vectors` verifies them with eth_account, hashlib and cryptography alone, and
`docs/records.md` and `docs/bundle.md` explain them.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ledger import merkle
from ledger.common.ids import checksum_address, to_hex
from ledger.log.leaf import Leaf
from ledger.records.eip712 import encode_type, type_hash
from ledger.records.types import BY_NAME, Checkpoint, Record
from scripts.vectors.bundles import bundles
from scripts.vectors.derived import derived_vectors, log_vectors
from scripts.vectors.examples import AGREEMENT_ID, SHIPMENT, START, Example, examples
from scripts.vectors.keys import DOMAIN, SPACE, address, key, secret
from scripts.vectors.lists import lists
from scripts.vectors.malformed import bad_signatures, bad_texts
from scripts.vectors.more_bundles import more_bundles
from scripts.vectors.sealed_bundles import sealed_bundles
from scripts.vectors.seals import seals

TARGET = Path(__file__).resolve().parent.parent / "docs" / "vectors"
LIST_LENGTHS = (1, 2, 200)


def main(arguments: Sequence[str]) -> int:
    files = generate()
    if "--check" not in arguments:
        TARGET.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (TARGET / name).parent.mkdir(exist_ok=True)
            (TARGET / name).write_text(text, encoding="utf-8")
        return 0
    stale = [name for name, text in files.items() if _committed(name) != text]
    for name in stale:
        print(f"docs/vectors/{name} is not what the code gives: run `make generate`", file=sys.stderr)
    return 1 if stale else 0


def generate() -> dict[str, str]:
    """File name to its text."""
    plain = examples()
    by_name = {example.name: example for example in plain}
    # A record is one leaf, however much of it is withheld where it is shown.
    times = {example.name: START + 60 * n for n, example in enumerate(plain)}
    records = [_record(example, times[example.opened or example.name]) for example in plain]
    many = [_record(example, START) for count in LIST_LENGTHS for example in lists(count)]
    leaves = [
        (example.name, bytes.fromhex(vector["leaf"][2:]), vector["logTime"])
        for example, vector in zip(plain, records, strict=True)
        if "leaf" in vector and not example.opened
    ]
    return {
        "structures.json": _text({"structures": _structures()}),
        "records.json": _text({"domains": _domains(), "keys": _keys(plain), "vectors": records}),
        "lists.json": _text({"domains": _domains(), "keys": f"SHA-256({SPACE}key/ and the name)", "vectors": many}),
        "log.json": _text(log_vectors(leaves)),
        "derived.json": _text(derived_vectors(SHIPMENT, AGREEMENT_ID)),
        "bad.json": _text({"texts": bad_texts(by_name), "signatures": bad_signatures()}),
        **bundles(),
        **more_bundles(),
        **seals(),
        **sealed_bundles(),
    }


def _structures() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            **({"number": kind.NUMBER, "money": kind.MONEY} if issubclass(kind, Record) else {"private": kind.PRIVATE}),
            "encodeType": encode_type(kind),
            "typeHash": to_hex(type_hash(kind)),
        }
        for name, kind in BY_NAME.items()
    ]


def _domains() -> dict[str, Any]:
    common = {"name": "Lading", "version": "1"}
    salt = to_hex(DOMAIN.consortium_id)
    pool = {"chainId": DOMAIN.chain_id, "verifyingContract": to_hex(DOMAIN.bonus_pool)}
    return {
        "evidence": {"domain": {**common, "salt": salt}, "separator": to_hex(DOMAIN.evidence_separator)},
        "money": {"domain": {**common, **pool, "salt": salt}, "separator": to_hex(DOMAIN.money_separator)},
    }


def _keys(plain: Sequence[Example]) -> dict[str, Any]:
    """Every key that signs, with its secret: these are public test keys and protect nothing."""
    names = sorted({name for example in plain for name in example.signers} | {"recipient/2"})
    return {
        "remark": f"public test keys; the secret is SHA-256({SPACE}key/ and the name)",
        **{name: {"secret": to_hex(secret(name)), "address": checksum_address(address(name))} for name in names},
    }


def _record(example: Example, log_time: int) -> dict[str, Any]:
    record, kind = example.record, type(example.record)
    record.check()
    record_id = DOMAIN.record_id(record)
    signatures = [key(name).sign_digest(record_id) for name in example.signers]
    vector: dict[str, Any] = {
        "name": example.name,
        "type": kind.__name__,
        "number": kind.NUMBER,
        "domain": "money" if kind.MONEY else "evidence",
        "encodeType": encode_type(kind),
        "typeHash": to_hex(type_hash(kind)),
        "message": record.to_json(),
        "hashStruct": to_hex(record.hash_struct()),
        "id": to_hex(record_id),
        "signers": list(example.signers),
        "signatures": [to_hex(signature) for signature in signatures],
        "signaturesHash": to_hex(hashlib.sha256(b"".join(signatures)).digest()),
    }
    if example.opened:
        vector["opened"] = example.opened
    if kind is not Checkpoint:
        leaf = Leaf.of(kind.NUMBER, record_id, b"".join(signatures), log_time).encode()
        vector |= {"logTime": log_time, "leaf": to_hex(leaf), "leafHash": to_hex(merkle.leaf_hash(leaf))}
    return vector


def _text(data: Any) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _committed(name: str) -> str:
    path = TARGET / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

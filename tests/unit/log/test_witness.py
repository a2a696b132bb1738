"""A witness cosigns one history a log: requests to the byte, every refusal, and a thousand forked histories."""

import base64
import hashlib
import random
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.errors import MalformedRecord, VerificationFailed
from ledger.log.cosignature import Cosigner, WitnessPolicy, with_cosignatures
from ledger.log.leaf import LogIdentity, LogSigner, parse_verifier_key
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.log.witness import (
    AddCheckpoint,
    Refusal,
    WitnessedLog,
    decide,
    nothing_yet,
    parse_add_checkpoint,
    parse_log_list,
    print_log_list,
)
from ledger.log.witness_policy import parse_policy

ORIGIN = "example.com/log"
LOG = LogSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KNOWN = WitnessedLog(ORIGIN, LOG.identity)
LEAVES = [hashlib.sha256(bytes([i])).digest() for i in range(40)]

# The request that C2SP tlog-witness prints.
C2SP = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa \
opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()

# The log of the tests of transparency-dev/witness: two checkpoints of its key, and the proof between them.
MONKEYS = WitnessedLog("monkeys", parse_verifier_key("monkeys+db4d9f7e+AULaJMvTtDLHPUcUrjdDad9vDlh/PTfC2VV60JUtCfWT"))
MONKEYS_5 = (
    "monkeys\n5\n41smjBUiAU70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n\n"
    "— monkeys 202fftzGl3LVoqjXfwCFZZXs8I+5G22+Ek2K0AOyBuSJ/8/CZawNF+6fNlTKOCd622pbzJNkkJFWuw9DbicZCkEx9AY=\n"
).encode()
MONKEYS_8 = (
    "monkeys\n8\nV8K9aklZ4EPB+RMOk1/8VsJUdFZR77GDtZUQq84vSbo=\n\n"
    "— monkeys 202ffoUEboiQYpHzICeaFmoy3RNviHTpAxYrq/eO4QQVQMvu9UebKBMX2MJC76NLthZaKsnKbCA8GxrjePZhvDCH7Ag=\n"
).encode()
MONKEYS_PROOF = (
    "b9e1d62618f7fee8034e4c5010f727ab24d8e4705cb296c374bf2025a87a10d2",
    "aac66cd7a79ce4012d80762fe8eec3a77f22d1ca4145c3f4cee022e7efcd599d",
    "89d0f753f66a290c483b39cd5e9eafb12021293395fad3d4a2ad053cfbcfdc9e",
    "29e40bb79c966f4c6fe96aff6f30acfce5f3e8d84c02215175d6e018a5dee833",
)


def request(old: int, size: int, leaves: Sequence[bytes] = LEAVES, signer: LogSigner = LOG) -> AddCheckpoint:
    """What an honest log of these leaves sends."""
    note = signer.checkpoint(size, merkle.root(leaves[:size]))
    proof = merkle.consistency_proof(leaves[:size], old) if old <= size else []
    return AddCheckpoint(old, tuple(proof), parse_checkpoint(note))


def head(size: int, leaves: Sequence[bytes] = LEAVES) -> TreeHead:
    return TreeHead(ORIGIN, size, merkle.root(leaves[:size]))


def refused(answer: TreeHead | Refusal) -> tuple[int, int | None]:
    assert isinstance(answer, Refusal)
    assert answer.why
    return answer.status, answer.size


# --- requests -------------------------------------------------------------------------------------------------------


def test_the_request_of_c2sp_is_read_and_printed_unchanged() -> None:
    parsed = parse_add_checkpoint(C2SP)
    assert parsed.old_size == 20852014
    assert len(parsed.proof) == 4
    assert parsed.checkpoint.head.size == 20852163
    assert len(parsed.checkpoint.signatures) == 2
    assert parsed.encode() == C2SP


NOTE = LOG.checkpoint(5, merkle.root(LEAVES[:5])).decode()
HASH = base64.b64encode(LEAVES[0]).decode() + "\n"
MALFORMED = {
    "nothing": "",
    "no old size": f"\n{NOTE}",
    "no empty line": f"old 0\n{NOTE}".replace("\n\n", "\n"),
    "leading zero": f"old 00\n\n{NOTE}",
    "plus sign": f"old +1\n\n{NOTE}",
    "two spaces": f"old  1\n\n{NOTE}",
    "capital": f"Old 0\n\n{NOTE}",
    "too large a size": f"old {2**63}\n\n{NOTE}",
    "no number": f"old x\n\n{NOTE}",
    "carriage return": f"old 0\r\n\n{NOTE}",
    "other digits": f"old ٣\n\n{NOTE}",
    "no base64": f"old 1\n!!!\n\n{NOTE}",
    "short hash": f"old 1\nAAAA\n\n{NOTE}",
    "other base64": f"old 1\n{HASH.replace('=', '')}\n{NOTE}",
    "64 hashes": f"old 1\n{HASH * 64}\n{NOTE}",
    "no checkpoint": "old 0\n\n",
    "no signature": f"old 0\n\n{NOTE.partition('—')[0]}",
    "checkpoint cut": f"old 0\n\n{NOTE[:-1]}",
    "control characters": "old 0\n\n" + NOTE.replace("example", "exam\tple"),
    "no origin": f"old 0\n\n{NOTE[len(ORIGIN) :]}",
    "not UTF-8": f"old 0\n\n{NOTE}".encode() + b"\xff",
    "too large": f"old 0\n\n{NOTE}".encode() + b"x" * (1 << 18),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request(body: str | bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse_add_checkpoint(body if isinstance(body, bytes) else body.encode())


def test_checkpoints_of_other_logs_may_have_what_ours_have_not() -> None:
    body = b"go.sum database tree\n5\n" + base64.b64encode(bytes(32)) + b"\nmore\nand more\n"
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    own = LogSigner("sum.example", key).identity
    line = base64.b64encode(own.key_id + key.sign(body)).decode()
    parsed = parse_add_checkpoint(b"old 0\n\n" + body + f"\n— sum.example {line}\n".encode())
    assert parsed.checkpoint.head.extensions == ("more", "and more")
    log = WitnessedLog("go.sum database tree", own)
    assert decide(log, nothing_yet(log.origin), parsed) == parsed.checkpoint.head
    cosigner = Cosigner("w", key)
    cosigned = cosigner.cosign(parsed.checkpoint.head, 9)
    message = b"cosignature/v1\ntime 9\n" + body
    key.public_key().verify(cosigned.signature, message)


# --- decisions ------------------------------------------------------------------------------------------------------


def test_checkpoints_of_a_public_test_log_are_taken_as_its_own_witness_does() -> None:
    first = decide(MONKEYS, nothing_yet("monkeys"), AddCheckpoint(0, (), parse_checkpoint(MONKEYS_5)))
    assert first == parse_checkpoint(MONKEYS_5).head
    proof = tuple(bytes.fromhex(value) for value in MONKEYS_PROOF)
    assert decide(MONKEYS, first, AddCheckpoint(5, proof, parse_checkpoint(MONKEYS_8))) == TreeHead(
        "monkeys", 8, base64.b64decode("V8K9aklZ4EPB+RMOk1/8VsJUdFZR77GDtZUQq84vSbo=")
    )
    for i in range(4):
        altered = (*proof[:i], bytes(32), *proof[i + 1 :])
        assert refused(decide(MONKEYS, first, AddCheckpoint(5, altered, parse_checkpoint(MONKEYS_8))))[0] == 422


def test_every_step_between_small_sizes_is_taken() -> None:
    for old in range(12):
        for size in range(old, 12):
            latest = head(old) if old else nothing_yet(ORIGIN)
            assert decide(KNOWN, latest, request(old, size)) == head(size)


def test_an_unknown_log_is_404() -> None:
    assert refused(decide(None, nothing_yet(ORIGIN), request(0, 5))) == (404, None)


def test_a_checkpoint_that_the_log_did_not_sign_is_403() -> None:
    stranger = LogSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    assert refused(decide(KNOWN, nothing_yet(ORIGIN), request(0, 5, signer=stranger))) == (403, None)
    both = NOTE + stranger.checkpoint(5, merkle.root(LEAVES[:5])).decode().partition("\n\n")[2]
    assert decide(KNOWN, nothing_yet(ORIGIN), AddCheckpoint(0, (), parse_checkpoint(both.encode()))) == head(5)
    other = LOG.checkpoint(6, bytes(32)).decode().partition("\n\n")[2]
    spoilt = NOTE.partition("\n\n")[0] + "\n\n" + other
    assert (
        refused(decide(KNOWN, nothing_yet(ORIGIN), AddCheckpoint(0, (), parse_checkpoint(spoilt.encode()))))[0] == 403
    )
    with pytest.raises(MalformedRecord, match="a key has signed twice"):
        parse_add_checkpoint(f"old 0\n\n{NOTE}{other}".encode())


def test_an_old_size_above_the_checkpoint_is_400() -> None:
    assert refused(decide(KNOWN, head(7), request(7, 5))) == (400, None)


@pytest.mark.parametrize("old", [0, 1, 4, 6])
def test_another_old_size_is_409_with_the_latest(old: int) -> None:
    assert refused(decide(KNOWN, head(5), request(old, 8))) == (409, 5)


def test_a_rollback_is_refused_whatever_old_size_it_names() -> None:
    for old in range(6):
        assert refused(decide(KNOWN, head(9), request(old, 5)))[0] == 409
    assert refused(decide(KNOWN, head(9), request(9, 5)))[0] == 400


def test_another_root_of_the_same_size_is_409() -> None:
    other = [*LEAVES[:4], bytes(32)]
    assert refused(decide(KNOWN, head(5), request(5, 5, other))) == (409, 5)
    empty = parse_checkpoint(LOG.checkpoint(0, bytes(32)))
    assert refused(decide(KNOWN, nothing_yet(ORIGIN), AddCheckpoint(0, (), empty))) == (409, 0)


def test_a_proof_that_does_not_hold_is_422() -> None:
    good = request(5, 8)
    for proof in ((), good.proof[:-1], (*good.proof, bytes(32)), (bytes(32), *good.proof[1:])):
        assert refused(decide(KNOWN, head(5), AddCheckpoint(5, proof, good.checkpoint))) == (422, None)
    first = request(0, 8)
    assert refused(decide(KNOWN, nothing_yet(ORIGIN), AddCheckpoint(0, (bytes(32),), first.checkpoint)))[0] == 422
    same = request(8, 8)
    assert refused(decide(KNOWN, head(8), AddCheckpoint(8, (bytes(32),), same.checkpoint)))[0] == 422


# --- split views ----------------------------------------------------------------------------------------------------


class _Witness:
    """A witness of the policy; one that is not honest cosigns whatever it is shown."""

    def __init__(self, number: int, *, honest: bool) -> None:
        self.cosigner = Cosigner(f"w{number}", Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32))
        self.honest = honest
        self.latest = nothing_yet(ORIGIN)

    def show(self, leaves: Sequence[bytes], size: int, forged: Sequence[bytes], time: int) -> bytes:
        """Try everything to get a cosignature; the note, cosigned or not."""
        note = LOG.checkpoint(size, merkle.root(leaves[:size]))
        parsed = parse_checkpoint(note)
        if not self.honest:
            return with_cosignatures(note, [self.cosigner.cosign(parsed.head, time)])
        latest = self.latest.size
        proofs = [tuple(merkle.consistency_proof(leaves[:size], old)) for old in {0, latest} if old <= size]
        for old in (0, latest, size):
            for proof in (*proofs, (), tuple(forged)):
                answer = decide(KNOWN, self.latest, AddCheckpoint(old, proof, parsed))
                if isinstance(answer, TreeHead):
                    self.latest = answer
                    return with_cosignatures(note, [self.cosigner.cosign(answer, time)])
        return note


def _fork(rng: random.Random, witnesses: Sequence[_Witness], policy: WitnessPolicy) -> tuple[set[int], set[int]]:
    """Two histories that part at a random leaf, shown to all witnesses in a random order; the sizes accepted."""
    common = rng.randrange(12)
    left = LEAVES[:common] + [rng.randbytes(32) for _ in range(rng.randrange(1, 8))]
    right = LEAVES[:common] + [rng.randbytes(32) for _ in range(rng.randrange(1, 8))]
    shows = [
        (branch, size, witness)
        for branch, leaves in enumerate((left, right))
        for size in {rng.randrange(1, len(leaves) + 1), len(leaves)}
        for witness in witnesses
    ]
    rng.shuffle(shows)
    notes: dict[tuple[int, int], bytes] = {}
    for time, (branch, size, witness) in enumerate(shows):
        leaves = (left, right)[branch]
        cosigned = witness.show(leaves, size, [rng.randbytes(32) for _ in range(rng.randrange(4))], time)
        before = notes.get((branch, size), cosigned)
        lines = policy.cosignatures(parse_checkpoint(cosigned))
        notes[branch, size] = with_cosignatures(before, lines)
    accepted: tuple[set[int], set[int]] = (set(), set())
    for (branch, size), note in notes.items():
        try:
            policy.verify(note)
        except VerificationFailed:
            continue
        if size > common:  # up to there the two histories are one
            accepted[branch].add(size)
    return accepted


@pytest.mark.parametrize("histories", [200, pytest.param(1000, marks=pytest.mark.drill)])
def test_of_many_forked_histories_none_is_accepted_beside_the_other(histories: int) -> None:
    """With one honest witness in every two quorums: the operator holds the log's key, and all other witnesses' keys."""
    rng = random.Random(20852163)
    alone = split = 0
    for history in range(histories):
        count = rng.randrange(1, 6)
        threshold = rng.randrange(count // 2 + 1, count + 1)
        # Two quorums share at least 2k - n witnesses; one of these is honest.
        liars = rng.randrange(2 * threshold - count)
        honest = [i >= liars for i in range(count)]
        rng.shuffle(honest)
        witnesses = [_Witness(i, honest=fair) for i, fair in enumerate(honest)]
        policy = WitnessPolicy(threshold, tuple(witness.cosigner.identity for witness in witnesses))
        left, right = _fork(rng, witnesses, policy)
        assert not (left and right), (history, left, right)
        alone += bool(left or right)
        # The same with liars only: both are accepted, so it is the honest witness that refuses.
        liars_only = [_Witness(i, honest=False) for i in range(count)]
        split += all(_fork(rng, liars_only, policy))
    assert alone > histories // 2, "one of the histories is accepted often enough for the test to mean something"
    assert split == histories


# --- the lists ------------------------------------------------------------------------------------------------------


def test_a_list_of_logs_prints_as_it_is_read() -> None:
    other = LogSigner("sum.example", Ed25519PrivateKey.from_private_bytes(b"o" * 32)).identity
    logs: dict[str, LogIdentity] = {ORIGIN: LOG.identity, "go.sum database tree": other}
    text = print_log_list(logs, 86400, "ops@example.com")
    assert parse_log_list(text) == {origin: WitnessedLog(origin, key) for origin, key in logs.items()}
    assert parse_log_list("# none yet\n\n  logs/v0\t\n") == {}


VKEY = LOG.identity.verifier_key()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "logs/v1\n",
        f"vkey {VKEY}\nqpd 1\ncontact x\n",
        f"logs/v0\nvkey {VKEY}\n",
        f"logs/v0\nvkey {VKEY}\ncontact x\nqpd 1\n",
        f"logs/v0\nvkey {VKEY}\nqpd 0\ncontact x\n",
        f"logs/v0\nvkey {VKEY}\nqpd 2147483648\ncontact x\n",
        f"logs/v0\nvkey {VKEY}x\nqpd 1\ncontact x\n",
        f"logs/v0\nvkey {VKEY}\nqpd 1\ncontact x\nvkey {VKEY}\nqpd 1\ncontact x\n",
    ],
)
def test_what_is_no_list_of_logs(text: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_log_list(text)


WITNESSES = [Cosigner(f"w{i}", Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32)).identity for i in range(3)]
LINES = "".join(f"witness n{i} {key.verifier_key()} https://w{i}.example/sub/\n" for i, key in enumerate(WITNESSES))


@pytest.mark.parametrize(
    ("text", "threshold", "count"),
    [
        (LINES + "group g 2 n0 n1 n2\nquorum g\n", 2, 3),
        (LINES + "group g any n0 n1\nquorum g\n", 1, 2),
        (LINES + "group g all n2 n1 n0\nquorum g\n", 3, 3),
        (LINES + "quorum n1\n", 1, 1),
        (f"# ours\n\n \tlog {VKEY} https://log.example\n{LINES}\tgroup  g\t2 n0 n1 \n quorum g", 2, 2),
    ],
)
def test_a_policy_file_says_k_of_n(text: str, threshold: int, count: int) -> None:
    asked = parse_policy(text.encode())
    assert asked is not None
    assert (asked.policy.threshold, len(asked.policy.keys)) == (threshold, count)
    assert set(asked.urls) <= {"https://w0.example/sub", "https://w1.example/sub", "https://w2.example/sub"}
    assert parse_policy(asked.to_text("as read").encode()) == asked


def test_no_quorum_is_no_policy() -> None:
    assert parse_policy(LINES.encode() + b"quorum none\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        LINES,
        LINES + "quorum g\n",
        LINES + "quorum n0\nquorum n0\n",
        LINES + "group g 0 n0\nquorum g\n",
        LINES + "group g 2 n0\nquorum g\n",
        LINES + "group g 02 n0 n1\nquorum g\n",
        LINES + f"group g {'9' * 5000} n0 n1\nquorum g\n",
        LINES + "group g 1 n0 n0\nquorum g\n",
        LINES + "group g any\nquorum g\n",
        LINES + "group g any n9\nquorum g\n",
        LINES + "group g any n0\ngroup h any g\nquorum h\n",
        LINES + "group n0 any n1\nquorum n0\n",
        LINES + "group none any n1\nquorum none\n",
        LINES + LINES + "quorum n0\n",
        LINES + "nonsense\nquorum n0\n",
        f"witness a {WITNESSES[0].verifier_key()}\nquorum a\n",
        f"witness a {WITNESSES[0].verifier_key()} ftp://a\nquorum a\n",
        f"witness a {WITNESSES[0].verifier_key()} https://a/?b=c\nquorum a\n",
        f"witness a {VKEY} https://a\nquorum a\n",
        LINES + LINES.replace("witness n", "witness m") + "group g any n0 m0\nquorum g\n",
        "#" * 70_000,
    ],
)
def test_what_is_no_policy_file(text: str) -> None:
    with pytest.raises(MalformedRecord):
        parse_policy(text.encode())

"""Until when figures may be judged: by evidence that the trust file counts, else by the log's own last word."""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import merkle
from ledger.bundle.figures import partner_figures
from ledger.bundle.format import parse_trust
from ledger.bundle.last_leaf import latest_judgement
from ledger.bundle.steps import Step
from ledger.bundle.times import TimedCheckpoint, times_digest
from ledger.bundle.verify import verify_bundle
from ledger.common.canonical import canonical_json
from ledger.common.ids import to_hex
from ledger.common.periods import DAY, Period
from ledger.log.cosignature import Cosigner, WitnessPolicy, with_cosignatures
from ledger.log.signed_note import parse_checkpoint
from ledger.records.evidence import Basis, CheckpointTime
from ledger.scores.adopted_card import Measure
from ledger.scores.card import parse_card
from ledger.shipments.history import Journeys
from scripts.vectors.keys import LOG
from scripts.vectors.paper import CARD, CARRIER, PERIOD, Played, play

SUBJECT = f"partner/{CARRIER}"


def test_the_earliest_evidence_of_the_whole_checkpoint_decides_and_else_its_last_leaf() -> None:
    chain, witnesses = CheckpointTime(9, 500, Basis.CHAIN), CheckpointTime(9, 450, Basis.WITNESSES)
    smaller = CheckpointTime(8, 100, Basis.CHAIN)
    assert latest_judgement(9, 400, [smaller, chain, witnesses]) == witnesses
    assert latest_judgement(9, 400, [smaller, chain]) == chain
    assert latest_judgement(9, 400, [smaller]) == CheckpointTime(9, 400, Basis.OPERATOR)


def judged(played: Played, at: int, *more: TimedCheckpoint, policy: WitnessPolicy | None = None) -> Step:
    """The carrier's bundle with scores judged `at` and `more` evidence of its times; the last step by a trust file
    without witnesses.
    """
    log, measure = played.log, Measure(parse_card(CARD), PERIOD)
    period = Period(PERIOD, PERIOD + DAY, at)
    apart = [*played.others, *played.money, played.later]
    value = json.loads(
        log.bundle(
            SUBJECT, apart, lambda known: partner_figures(Journeys(known), CARRIER, period, None, measure),
            [CARD.decode()],
        )
    )  # fmt: skip
    listed = (TimedCheckpoint.from_json(entry, "times") for entry in value["times"]["checkpoints"])
    timed = [entry for entry in listed if parse_checkpoint(entry.note.encode()).head.size < len(log.entries)]
    timed += more
    signature = LOG.times(SUBJECT, len(log.entries), times_digest(policy, timed))
    value["times"] = {
        "witnesses": None if policy is None else policy.to_json(),
        "checkpoints": [entry.to_json() for entry in timed],
        "signature": to_hex(signature),
    }
    return verify_bundle(canonical_json(value), parse_trust(log.trust()))[-1]


def test_an_anchored_checkpoint_bears_out_until_its_block_and_no_longer() -> None:
    played = play()
    log, hashes = played.log, played.log.leaf_hashes()
    logged = log.entries[-1][2]
    log.pass_time(3 * DAY)
    size, block = log.anchor(), log.now()
    own = log._timed(size, hashes)
    assert judged(played, block, own).ok
    assert "when the chain took it" in judged(played, block + 1, own).expected
    assert judged(played, logged).ok
    assert "when its last leaf was logged" in judged(played, logged + 1).expected


def test_witnesses_whom_only_the_log_names_bear_out_nothing() -> None:
    """An operator's own witness cosigns its checkpoint sixty days ahead; the trust file names nobody."""
    played = play()
    log = played.log
    later = log.now() + 60 * DAY
    own = Cosigner("own.example", Ed25519PrivateKey.generate())
    note = LOG.checkpoint(len(log.entries), merkle.root(log.leaf_hashes()))
    note = with_cosignatures(note, [own.cosign(parse_checkpoint(note).head, later)])
    cosigned = TimedCheckpoint(note.decode(), ())
    policy = WitnessPolicy(1, (own.identity,))
    assert judged(played, log.entries[-1][2], cosigned, policy=policy).ok
    step = judged(played, later, cosigned, policy=policy)
    assert (step.name, step.ok, "when its last leaf was logged" in step.expected) == ("figures", False, True)

"""Cosignatures: each is by its witness and of a tree that the log contains, and what readers see is kept."""

from pathlib import Path

from ledger.errors import LadingError
from ledger.log.cosignature import Cosignature, WitnessKey, parse_witness_key
from ledger.log.signed_note import TreeHead, parse_checkpoint
from ledger.records.evidence import Basis, CheckpointTime
from ledger.services.audit.checkpoints import SHOWN
from ledger.services.audit.findings import Findings
from ledger.services.audit.log_rows import WalkedLog
from ledger.services.home.consortium import Consortium
from ledger.services.publish.durable_files import LogFolder
from ledger.store import rowwise
from ledger.store.database import Connection
from ledger.store.rowwise import Row


def check_cosignatures(
    source: Connection, log: WalkedLog, home: Path, consortium: Consortium, findings: Findings
) -> list[CheckpointTime]:
    """Every row holds, and is of the log's own tree; the checkpoint that readers see shows none that is not kept.

    That it has no quorum is a note: witnesses may be away, and the log goes on. Answers with the checkpoints that a
    quorum cosigned, by the rows that hold.
    """
    rows = list(rowwise.stream(source, "cosignatures"))
    roots = log.roots([row["size"] for row in rows if isinstance(row["size"], int)])
    kept = set()
    sound: dict[int, dict[str, int]] = {}
    for row in rows:
        where = f"cosignatures of size {row['size']} by {str(row['witness']).split('+')[0]}"
        try:
            witness = parse_witness_key(str(row["witness"]))
            _verify(witness, TreeHead(consortium.log.origin, row["size"], row["root"]), row)
        except (LadingError, TypeError, AttributeError, OverflowError) as error:
            findings.add("", where, "a cosignature that holds", str(error), "the witness did not sign this: edited")
            continue
        kept.add((row["size"], row["witness"]))
        sound.setdefault(row["size"], {})[str(row["witness"])] = row["time"]
        if row["root"] != roots.get(row["size"]):
            result = roots.get(row["size"], f"{log.size} leaves only")
            findings.add(
                "",
                where,
                row["root"],
                result,
                "the witness saw another tree than the log's leaves make now: the log was rewritten after it was seen",
            )
    if consortium.witnesses is None:
        return []
    _check_shown(home, consortium, kept, findings)
    policy = consortium.witnesses.policy
    asked = {key.verifier_key() for key in policy.keys}
    evidenced = []
    for size, by_witness in sound.items():
        times = sorted(time for witness, time in by_witness.items() if witness in asked)
        if len(times) >= policy.threshold:
            evidenced.append(CheckpointTime(size, times[policy.threshold - 1], Basis.WITNESSES))
    return evidenced


def _verify(witness: WitnessKey, head: TreeHead, row: Row) -> None:
    witness.verify(head, Cosignature(witness, row["time"], row["signature"]).note_signature())


def _check_shown(home: Path, consortium: Consortium, kept: set[tuple[int, str]], findings: Findings) -> None:
    policy = consortium.witnesses.policy if consortium.witnesses else None
    try:
        shown = parse_checkpoint(LogFolder(home).read(SHOWN))
        found = policy.cosignatures(shown) if policy else ()
    except LadingError as error:
        if (home / SHOWN).exists():
            findings.add("", SHOWN, "cosignatures that hold", str(error), "the file was altered")
        return
    for cosignature in found:
        if (shown.head.size, cosignature.witness.verifier_key()) not in kept:
            findings.add(
                "",
                f"cosignatures of size {shown.head.size} by {cosignature.witness.name}",
                "a row",
                "no such row",
                f"{SHOWN} shows this cosignature, but the database has forgotten it: it was deleted",
            )
    if policy and policy.time_of(found) is None:
        findings.note(
            "",
            SHOWN,
            f"{policy.threshold} cosignatures",
            f"{len(found)}",
            "the newest checkpoint lacks a quorum of witnesses: they are away, or they refuse; the log says which",
        )

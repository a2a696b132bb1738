"""Cosignatures: each is by its witness and of a tree that the log contains, and what readers see is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import LadingError
from ledger.log.cosignature import Cosignature, WitnessPolicy, parse_witness_key
from ledger.log.signed_note import NoteSignature, TreeHead, parse_checkpoint
from ledger.records.evidence import Basis, CheckpointTime
from ledger.services.audit.checkpoints import SHOWN, SignedHead
from ledger.services.audit.findings import Findings
from ledger.services.audit.rows.log_rows import WalkedLog
from ledger.services.home.consortium import Consortium
from ledger.store import rowwise
from ledger.store.database import Connection


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The cosignatures that hold: by size, when which witness (its verifier key) cosigned."""

    by_size: Mapping[int, Mapping[str, int]]

    def times(self, policy: WitnessPolicy | None) -> list[CheckpointTime]:
        """The checkpoints that a quorum of `policy` cosigned, and by when."""
        if policy is None:
            return []
        asked = {key.verifier_key() for key in policy.keys}
        result = []
        for size, by_witness in self.by_size.items():
            times = sorted(time for witness, time in by_witness.items() if witness in asked)
            if len(times) >= policy.threshold:
                result.append(CheckpointTime(size, times[policy.threshold - 1], Basis.WITNESSES))
        return result


def check_cosignatures(
    source: Connection,
    log: WalkedLog,
    heads: Sequence[SignedHead],
    shown: bytes | None,
    consortium: Consortium,
    findings: Findings,
) -> Cosigned:
    """Every row holds, and is of the log's own tree, and of a checkpoint that is kept; no checkpoint of `heads` shows
    one that is not kept. `shown`: the one that readers see, as it was before the database was read.

    That it has no quorum is a note: witnesses may be away, and the log goes on. Answers with the rows that
    hold.
    """
    rows = list(rowwise.stream(source, "cosignatures"))
    roots = log.roots([row["size"] for row in rows if isinstance(row["size"], int)])
    kept: dict[int, set[NoteSignature]] = {}
    signed = {row["size"] for row in rowwise.stream(source, "checkpoints")}
    sound: dict[int, dict[str, int]] = {}
    for row in rows:
        where = f"cosignatures of size {row['size']} by {str(row['witness']).split('+')[0]}"
        try:
            witness = parse_witness_key(str(row["witness"]))
            cosignature = Cosignature(witness, row["time"], row["signature"])
            witness.verify(TreeHead(consortium.log.origin, row["size"], row["root"]), cosignature.note_signature())
        except (LadingError, TypeError, AttributeError, OverflowError) as error:
            findings.add("", where, "a cosignature that holds", str(error), "the witness did not sign this: edited")
            continue
        kept.setdefault(row["size"], set()).add(cosignature.note_signature())
        if row["size"] not in signed:
            what = "a witness cosigned this checkpoint, but the database has forgotten it: its row was deleted"
            findings.add("", f"checkpoints of size {row['size']}", "a row", "no such row", what)
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
    for head in heads:
        _check_lines(head, consortium, kept, findings)
    _check_shown(shown, consortium, findings)
    return Cosigned(sound)


def _check_lines(
    signed: SignedHead, consortium: Consortium, kept: Mapping[int, set[NoteSignature]], findings: Findings
) -> None:
    """A line that nobody signed would be shown with the others, and too many of them make the note unreadable."""
    checkpoint = parse_checkpoint(signed.note)
    for number, line in enumerate(checkpoint.signatures):
        if number == 0 and line.name == consortium.log.origin:
            continue  # the log's own, which was verified
        if line not in kept.get(checkpoint.head.size, set()):
            findings.add(
                "",
                f"cosignatures of size {checkpoint.head.size} by {line.name} in {signed.where}",
                "a row of the table cosignatures",
                "no such row",
                f"{signed.where} shows this cosignature, but the database has none such: it was deleted, or the note "
                "altered",
            )


def _check_shown(shown: bytes | None, consortium: Consortium, findings: Findings) -> None:
    policy = consortium.witness_policy
    if shown is None or policy is None:
        return
    checkpoint = parse_checkpoint(shown)
    try:
        found = policy.cosignatures(checkpoint)
    except LadingError as error:
        findings.add("", SHOWN, "cosignatures that hold", str(error), "the file was altered")
        return
    if policy.time_of(found) is None:
        findings.note(
            "",
            SHOWN,
            f"{policy.threshold} cosignatures",
            f"{len(found)}",
            "the newest checkpoint lacks a quorum of witnesses: they are away, or they refuse; the log says which",
        )

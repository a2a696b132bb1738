"""What witnesses say against this log: their word beside ours, for people and for the processes that ask no witness."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ledger.common.ids import to_hex
from ledger.errors import MalformedRecord
from ledger.log.signed_note import parse_checkpoint
from ledger.services.publish.publisher import Publisher
from ledger.services.publish.witnesses import Contradiction


@dataclass(frozen=True, slots=True)
class TreeClaim:
    """`root`: 0x-hex, empty where it was not told."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class TreeContradiction:
    """What a witness says that it has cosigned, beside what this log showed it: both cannot be. `checkpoint`: the note
    that it names as proof; empty where it named none, and then it is the witness's word.
    """

    witness: str
    what: str
    theirs: TreeClaim
    ours: TreeClaim
    checkpoint: str


def contradictions_told(publisher: Publisher) -> tuple[TreeContradiction, ...]:
    """By witness, as far as this process has asked them."""
    if publisher.witnesses is None:
        return ()
    return tuple(_told(name, said) for name, said in sorted(publisher.witnesses.contradictions().items()))


def contradictions_to_json(told: Iterable[TreeContradiction]) -> list[dict[str, Any]]:
    return [asdict(contradiction) for contradiction in told]


def contradictions_of_json(values: Iterable[Mapping[str, Any]]) -> tuple[TreeContradiction, ...]:
    """What `contradictions_to_json` wrote, in another process of this home."""
    return tuple(
        TreeContradiction(**{**value, "theirs": TreeClaim(**value["theirs"]), "ours": TreeClaim(**value["ours"])})
        for value in values
    )


def _told(witness: str, said: Contradiction) -> TreeContradiction:
    """The witness's tree as the checkpoint that it names has it; without one its size is its word, its root unknown."""
    ours = said.error.second
    try:
        head = parse_checkpoint(said.latest, foreign=True).head
        theirs = TreeClaim(head.size, to_hex(head.root))
    except MalformedRecord:
        theirs = TreeClaim(said.size, "")
    checkpoint = said.latest.decode("utf-8", "replace")
    return TreeContradiction(witness, said.error.what, theirs, TreeClaim(ours.size, ours.root), checkpoint)

"""What the API answers about its log, its checkpoints and who else has seen them, typed."""

from pydantic import Field

from ledger.api.schemas.answers import Answer, Page
from ledger.services.views.contradictions import TreeContradiction
from ledger.services.views.explorer import AnchorView, Rival


class InclusionProof(Answer):
    """RFC 9162 audit path of `leafHash` at `index` up to `root`, the root of the tree of `size` leaves."""

    index: int
    size: int
    leafHash: str
    root: str
    proof: list[str]
    checkpoint: str | None = Field(description="The signed note, when `size` is that of the newest checkpoint")


class ConsistencyProof(Answer):
    first: int
    second: int
    proof: list[str]


class TreeView(Answer):
    size: int
    root: str


class AnchoredView(Answer):
    size: int
    block: int | None
    transaction: str | None


class WitnessView(Answer):
    """A witness of the log; `cosignedAt` is when it cosigned the published checkpoint, by its own clock."""

    name: str
    verifierKey: str = Field(description="Name, hash and key as C2SP signed-note verifiers take them")
    cosignedAt: int | None
    problem: str = Field(description="What went wrong when it was asked last; empty when it answered")


class WitnessesView(Answer):
    """`cosignedAt`: by when a quorum had cosigned the published checkpoint; null while `missing` is not 0."""

    threshold: int
    cosignedAt: int | None
    missing: int = Field(description="Cosignatures that the published checkpoint still needs")
    witnesses: list[WitnessView]


class LogState(Answer):
    origin: str
    logId: str
    publicKey: str
    verifierKey: str = Field(description="Origin, hash and key as C2SP signed-note verifiers take them")
    size: int
    published: TreeView | None
    anchored: AnchoredView | None
    records: dict[str, int]
    witnesses: WitnessesView | None = Field(description="Null where the log asks no witnesses")


class AnchorPage(Page):
    anchors: list[AnchorView]


class Contradictions(Answer):
    contradictions: list[TreeContradiction]


class Rivals(Answer):
    rivals: list[Rival]

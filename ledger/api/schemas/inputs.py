"""What answers name as their inputs, typed: see `ledger.services.answers.inputs.Inputs`."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from ledger.api.schemas.answers import Answer, Page
from ledger.services.answers.inputs import Kind
from ledger.services.products.provenance_views import FindingsView, ProvenanceView


class AskedBy(BaseModel):
    """By whose rights: a partner, an auditor, and what the key may read (bit n − 1: records of type n)."""

    partner: int
    auditor: bool
    scopes: int


class PointView(BaseModel):
    size: int
    root: str


class CountedView(BaseModel):
    """The first `size` records of the log `origin` count; `checkpoint`: the newest that was published then."""

    origin: str
    size: int
    checkpoint: PointView | None


class NewestEvidence(BaseModel):
    """By `time` (UTC seconds) a checkpoint of `size` leaves stood with others."""

    size: int
    time: int
    basis: Literal["operator", "witnesses", "chain"]


class InputsView(BaseModel):
    """From what the answer is made again: `lading verify ANSWER --bundle BUNDLE`."""

    lading: Literal["answer/1"]
    kind: Kind
    asked: dict[str, Any] = Field(description="Every parameter, by name")
    reader: AskedBy | None
    at: int = Field(description="As of when it was asked, UTC seconds")
    log: CountedView
    evidence: NewestEvidence | None = Field(description="The newest evidence of time that counts; null without any")
    rules: list[str] = Field(description="SHA-256 of the adopted files that were at hand, ascending")


class FromInputs(Answer):
    inputs: InputsView | None = Field(
        default=None, description="Null where the log grew meanwhile, and for what is published"
    )


class PageFromInputs(Page, FromInputs):
    """A page of a list that names its inputs."""


@dataclass(frozen=True, slots=True)
class FindingsAnswer(FindingsView):
    inputs: InputsView | None


@dataclass(frozen=True, slots=True)
class ProvenanceAnswer(ProvenanceView):
    inputs: InputsView | None

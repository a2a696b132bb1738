"""`/v1/partners`: who takes part, with which roles and keys; how to be enrolled; and what the consortium stands on."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from ledger.api.deps import Cursor, JsonBody, Limit, Moment, NodeOf, PartnerPath, ReaderOf, Rolling, fields
from ledger.api.schemas import examples
from ledger.api.schemas.answers import (
    ConsortiumView,
    Enrolled,
    EnrolmentDocument,
    EnrolmentPage,
    OpenView,
    PartnerPage,
)
from ledger.api.schemas.figures import JudgementView, ScoreView, TrendView
from ledger.bonuses.judgement import SAMPLES, judgements, threshold_of
from ledger.bonuses.rule_file import SCORE
from ledger.common.ids import bytes_from_hex
from ledger.common.periods import Step
from ledger.common.scopes import ALL_SCOPES
from ledger.errors import MalformedRecord, NotPermitted
from ledger.records.wallet_input import signature_from_wallet
from ledger.services.node.node import Node
from ledger.services.views.models import PartnerView
from ledger.services.views.records import Reader

router = APIRouter(prefix="/v1", tags=["partners"])
MOST_POINTS = 12


@router.get("/consortium", response_model=ConsortiumView)
def consortium(node: NodeOf) -> dict[str, Any]:
    """Genesis, council, contracts in force, and what the next registry change must carry."""
    return node.reader.enrolment.consortium(node.home.consortium)


@router.get("/partners", response_model=PartnerPage, responses=examples.READ_RESPONSES)
def listing(node: NodeOf, after: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Every partner that was ever admitted, by id: pass `next` as `after`."""
    result = node.reader.views.partners(after=after or 0, limit=limit)
    return {"partners": result, "next": result[-1].id if len(result) == limit else None}


@router.get("/partners/{partner}", responses=examples.READ_RESPONSES)
def read(partner: PartnerPath, node: NodeOf) -> PartnerView:
    """One partner: name and GLN as enrolled, roles with scope, keys in force."""
    return node.reader.views.partner(partner)


@router.get("/partners/{partner}/open", response_model=OpenView, responses=examples.READ_RESPONSES)
def open_against(partner: PartnerPath, node: NodeOf) -> dict[str, Any]:
    """What is open against a partner: packages that were missing when it handed goods over, until they are handed on or
    what became of them is declared; the newest first, at most 200.
    """
    return {"partner": partner, "open": node.reader.views.open_against(partner)}


@router.get("/partners/{partner}/score", response_model=ScoreView, responses=examples.READ_RESPONSES)
def score(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
) -> dict[str, Any]:
    """The partner's scorecards, one a role: interval, indicators, and by how much which records raised or lowered it.

    For the partner itself and for auditors: of the period from `start` to before `end`, or the last `rolling` days; by
    default of all that today's card governs. Judged at the last full hour. For everybody else: of closed calendar
    quarters, by default the newest, taken once, 30 days after their end, in whole points and per cent, without what is
    about money.
    """
    return score_for(node, partner, reader, start, end, rolling)


@router.get("/partners/{partner}/score/judgement", response_model=JudgementView, responses=examples.READ_RESPONSES)
def judgement(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    threshold: Annotated[int, Query(ge=0, le=1_000_000, description="In the indicator's unit")],
    indicator: Annotated[
        str, Query(max_length=80, description="`score` in hundredths of a point, or a share in parts per million")
    ] = SCORE,
    samples: Annotated[
        int, Query(ge=1, le=1_000_000, description="Delivery events below which nothing follows")
    ] = SAMPLES,
    start: Moment = None,
    end: Moment = None,
    rolling: Rolling = None,
) -> dict[str, Any]:
    """What may follow from the partner's scores, role by role: a reward needs the worse end of the interval beyond the
    threshold, a sanction the better end short of it; otherwise neither follows.

    The period is that of `/v1/partners/{partner}/score`. For the partner itself and for auditors: by asking for one
    threshold after another everybody else could tell the figure to its last digit.
    """
    if not knows_scores(reader, partner):
        raise NotPermitted(
            "scores are judged for the partner itself and for auditors",
            where="reader",
            mend="Sign in with a key of the partner; what is published is at /v1/partners/{partner}/score.",
        )
    wanted = threshold_of(indicator, threshold, samples)
    node.reader.views.partner(partner)
    cards = node.reader.numbers.scorecards(partner, node.reader.numbers.asked(start, end, rolling))
    return {
        "partner": partner,
        "indicator": indicator,
        "threshold": threshold,
        "samples": samples,
        "judgements": [match.to_json() for match in judgements(wanted, cards)],
    }


@router.get("/partners/{partner}/score/trend", response_model=TrendView, responses=examples.READ_RESPONSES)
def trend(
    partner: PartnerPath,
    node: NodeOf,
    reader: ReaderOf,
    by: Annotated[Step, Query(description="Calendar quarters or months, UTC")] = Step.QUARTER,
    count: Annotated[int, Query(ge=1, le=MOST_POINTS, description="How many, the running one last")] = 8,
) -> dict[str, Any]:
    """The partner's score in each of the last quarters or months, oldest first, by the card that governed it.

    For everybody but the partner itself and auditors: of published quarters.
    """
    return trend_for(node, partner, reader, by, count)


@router.post(
    "/enrolments",
    status_code=status.HTTP_201_CREATED,
    response_model=Enrolled,
    responses=examples.write_responses({}),
    openapi_extra=examples.body(examples.ENROLMENT),
)
def enrol(data: JsonBody, node: NodeOf) -> dict[str, Any]:
    """Ask to be admitted: `{document, signature}`, the document signed by the key it names (EIP-191).

    It proves possession of the key. The council decides with signed registry changes.
    """
    document, signature = fields(data, "document", "signature")
    if not isinstance(document, str):
        raise MalformedRecord("not a document", where="document", expected="RFC 8785 JSON as a string")
    return node.reader.enrolment.ask(document.encode(), signature_from_wallet(signature, "signature"))


@router.get("/enrolments", response_model=EnrolmentPage, responses=examples.READ_RESPONSES)
def enrolments(
    node: NodeOf,
    after: Annotated[str | None, Query(max_length=80, description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Who has asked to be admitted, oldest first, and whether the council has done so."""
    result = node.reader.enrolment.listing(after=_cursor(after), limit=limit)
    last = result[-1] if len(result) == limit else None
    return {"enrolments": result, "next": f"{last['asked_at']}-{last['document']}" if last else None}


@router.get("/enrolments/{document}", response_model=EnrolmentDocument, responses=examples.READ_RESPONSES)
def enrolment(document: str, node: NodeOf) -> dict[str, Any]:
    """An enrolment's signed document by its SHA-256: what a council member reads before signing an admission."""
    return node.reader.enrolment.document(bytes_from_hex(document, 32, "document"))


def _cursor(text: str | None) -> tuple[int, bytes] | None:
    if text is None:
        return None
    moment, _, document = text.partition("-")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 13):
        raise MalformedRecord("not a cursor", where="after", expected="`next` of the page before", found=text)
    return int(moment), bytes_from_hex(document, 32, "after")


def score_for(
    node: Node, partner: int, reader: Reader, start: int | None, end: int | None, rolling: int | None
) -> dict[str, Any]:
    """A partner's scorecards as far as the reader may see them; raises `NotFound` and `NotPermitted`."""
    if knows_scores(reader, partner):
        return node.reader.numbers.score_of(partner, node.reader.numbers.asked(start, end, rolling))
    node.reader.views.partner(partner)
    return node.reader.publication.score_of(partner, node.reader.publication.asked(start, end, rolling))


def trend_for(node: Node, partner: int, reader: Reader, by: Step, count: int) -> dict[str, Any]:
    """A partner's trend as far as the reader may see it; raises `NotFound` and `NotPermitted`."""
    if knows_scores(reader, partner):
        return node.reader.numbers.trend_of(partner, by, count)
    node.reader.views.partner(partner)
    if by is not Step.QUARTER:
        raise NotPermitted(
            "only closed calendar quarters are public",
            where="by",
            expected=str(Step.QUARTER),
            mend="Sign in with a key of the partner, or of an auditor.",
        )
    return node.reader.publication.trend_of(partner, count)


def knows_scores(reader: Reader, partner: int) -> bool:
    """Whether the reader may see all of a partner's scores: the partner itself, and auditors, with a whole key."""
    return reader.scopes == ALL_SCOPES and (reader.auditor or reader.partner == partner)

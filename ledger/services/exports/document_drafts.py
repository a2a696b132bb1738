"""A partner's document as drafts, by who is who and by the records here: nothing is kept, and nothing signed."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from ledger.client.drafts import completed
from ledger.common.ids import RecordId, to_hex
from ledger.errors import NotFound, NotPermitted, RuleBroken
from ledger.formats.documents.advice import Advice
from ledger.formats.documents.choosing import check_came_of, offset_in, partner_of
from ledger.formats.documents.drafts import Choices, manifest_draft, terms_draft
from ledger.formats.documents.reading import read_advice
from ledger.records.types import ShipmentTerms
from ledger.records.wallet_input import envelope_from_wallet
from ledger.services.node.reader import LedgerReader
from ledger.services.views.records import Reader


@dataclass(frozen=True, slots=True)
class Said:
    """What whoever hands in a document says of it. `terms`: signed ones that came of it, whose manifest is wanted, None
    for a draft of terms. Partners and `packages` are 0, `zone` is empty, where the document is to tell.
    """

    terms: RecordId | None = None
    consignor: int = 0
    consignee: int = 0
    carrier: int = 0
    packages: int = 0
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """`draft`: the template `{type, message}` of terms, or of the manifest where terms were named."""

    advice: Advice
    draft: dict[str, Any]


def draft_of(ledger: LedgerReader, document: bytes, said: Said, reader: Reader) -> Drafted:
    """The draft. Raises `InvalidInput` for what cannot be read or is not said, `NotFound` and `NotPermitted` for terms
    that are not there, or whose details the reader may not see, `RuleBroken` where their goods have been handed over.
    """
    advice = read_advice(document)
    known = partial(_with_gln, ledger)
    if said.terms is None:
        sender = said.consignor or partner_of(advice.supplier, "consignor", known)
        receiver = said.consignee or partner_of(advice.customer, "consignee", known)
        choices = Choices(sender, receiver, 0, said.packages, offset_in(said.zone, advice))
        draft = terms_draft(advice, choices, document)
    else:
        terms = _terms(ledger, said.terms, reader)
        check_came_of(str(terms["details"].get("text", "")), advice, document, "terms")
        carrier = said.carrier or partner_of(advice.carrier, "carrier", known)
        choices = Choices(terms["holder"], terms["consignee"], carrier, 0, offset_in(said.zone, advice))
        draft = manifest_draft(advice, choices, to_hex(said.terms), terms["packages"])
    envelope_from_wallet(completed(draft, ledger.home.clock.now()))  # what no signer could read is refused here
    return Drafted(advice, draft)


def _with_gln(ledger: LedgerReader, gln: str) -> list[int]:
    return [one.id for one in ledger.views.partners() if one.gln == gln]


def _terms(ledger: LedgerReader, terms: RecordId, reader: Reader) -> dict[str, Any]:
    found = ledger.views.record(terms, reader)
    if found.type != ShipmentTerms.__name__:
        raise NotFound("not terms", where="terms", expected=ShipmentTerms.__name__, found=found.type)
    if not isinstance(found.message["details"], dict):
        raise NotPermitted(
            "whether terms came of a document is for who may see their details",
            where="terms",
            mend="Sign in with a key of a party.",
        )
    try:
        moved = ledger.views.shipment(terms, reader).summary.sequence
    except NotFound:  # not recorded yet: nothing has moved
        moved = 0
    if moved:
        raise RuleBroken("these goods have been handed over", where="terms", expected="goods still with their holder")
    return found.message

"""Who must sign, in which order, where a record alone does not say it. The plain cases are in the published vectors."""

import random

import pytest

from ledger.codes import AmendmentKind, StatementKind
from ledger.errors import MalformedRecord, NotFound
from ledger.records.eip712 import Withheld
from ledger.records.signers import PartnerSigner, RecipientSigner, Signer, expected_signers, shipments_of
from ledger.records.types import (
    Amendment,
    BonusAgreement,
    Commercial,
    Details,
    Handoff,
    HandoffItem,
    Outcome,
    Record,
    Share,
    ShipmentRef,
    ShipmentTerms,
    Split,
    Statement,
)
from tests.samples import changed, sample

RNG = random.Random(1)
A, B = b"\xaa" * 32, b"\xbb" * 32


class Context:
    def __init__(self, terms: ShipmentTerms | None = None, **records: Record) -> None:
        self.terms = terms
        self.records = {bytes.fromhex(name): record for name, record in records.items()}

    def terms_of(self, shipment: bytes) -> ShipmentTerms | None:
        return self.terms if shipment in (A, B) else None

    def record(self, record_id: bytes) -> Record | None:
        return self.records.get(record_id)


def order(signers: tuple[Signer, ...]) -> list[int]:
    """Partner numbers; 0 for the recipient key."""
    return [signer.partner if isinstance(signer, PartnerSigner) else 0 for signer in signers]


def handoff(releaser: int, receiver: int) -> Handoff:
    items = (HandoffItem(A, 0, 1, 0), HandoffItem(B, 0, 1, 0))
    return changed(sample(Handoff, RNG), items=items, releaser=releaser, receiver=receiver)


def terms(**fields: object) -> ShipmentTerms:
    commercial = changed(sample(Commercial, RNG), liable=3, beneficiary=2)
    base = changed(sample(ShipmentTerms, RNG, items=0), consignor=1, holder=1, consignee=2, commercial=commercial)
    return changed(base, **fields)


@pytest.mark.parametrize(("releaser", "receiver", "expected"), [(7, 8, [7, 8]), (7, 0, [7, 0]), (0, 8, [8, 0])])
def test_a_recipient_key_signs_last_whichever_side_it_is(releaser: int, receiver: int, expected: list[int]) -> None:
    signers = expected_signers(handoff(releaser, receiver), Context())
    assert order(signers) == expected
    if 0 in expected:
        assert signers[-1] == RecipientSigner((A, B), "releaser" if releaser == 0 else "receiver")


def test_terms_are_signed_by_the_holder_too_if_it_is_another() -> None:
    assert order(expected_signers(terms(), Context())) == [1]
    assert order(expected_signers(terms(holder=4), Context())) == [1, 4]
    returned = terms(holder=0, parents=(ShipmentRef(A, 3),))
    assert expected_signers(returned, Context())[-1] == RecipientSigner((A,), "holder")


@pytest.mark.parametrize("kind", StatementKind)
def test_only_destruction_and_abandonment_need_a_witness(kind: StatementKind) -> None:
    statement = changed(sample(Statement, RNG), by=4, counterparty=5, kind=kind)
    witnessed = kind in (StatementKind.DESTROYED, StatementKind.ABANDONED)
    assert order(expected_signers(statement, Context())) == ([4, 5] if witnessed else [4])
    assert order(expected_signers(changed(statement, by=0, kind=StatementKind.CONTEST), Context())) == [0]


def test_parties_sign_in_the_order_of_the_list() -> None:
    agreement = changed(sample(BonusAgreement, RNG), parties=(Share(9, 1), Share(2, 1), Share(5, 1)))
    assert order(expected_signers(agreement, Context())) == [9, 2, 5]


def amendment(kind: AmendmentKind) -> Amendment:
    return Amendment(A, bytes(32), kind, Details(bytes(16), "{}"))


def test_amendments_are_signed_by_the_signers_of_their_target() -> None:
    context = Context(terms(), **{A.hex(): handoff(7, 0)})
    assert order(expected_signers(amendment(AmendmentKind.CORRECTION), context)) == [7, 0]


@pytest.mark.parametrize("kind", [AmendmentKind.TERMS, AmendmentKind.RELIEF])
def test_money_is_amended_by_who_owes_and_who_is_owed_too(kind: AmendmentKind) -> None:
    assert order(expected_signers(amendment(kind), Context(**{A.hex(): terms()}))) == [1, 3, 2]
    # Of another record of the shipment: the terms say who they are, and the recipient key stays last.
    context = Context(terms(), **{A.hex(): handoff(7, 0)})
    assert order(expected_signers(amendment(kind), context)) == [7, 3, 2, 0]
    # Who signs already signs once; nobody does not sign.
    own = terms(holder=3, commercial=changed(sample(Commercial, RNG), liable=3, beneficiary=0))
    assert order(expected_signers(amendment(kind), Context(**{A.hex(): own}))) == [1, 3]


def test_what_is_not_here_cannot_be_amended() -> None:
    relief = amendment(AmendmentKind.RELIEF)
    with pytest.raises(NotFound, match="the amended record is not here"):
        expected_signers(relief, Context())
    with pytest.raises(NotFound, match="terms of the amended record"):
        expected_signers(relief, Context(None, **{A.hex(): handoff(7, 8)}))
    with pytest.raises(NotFound, match="withheld"):
        expected_signers(relief, Context(**{A.hex(): terms(commercial=Withheld(A))}))
    targets: tuple[Record, ...] = (relief, sample(Outcome, RNG))
    for target in targets:
        with pytest.raises(MalformedRecord, match="are not amended"):
            expected_signers(relief, Context(None, **{A.hex(): target}))


def test_nobody_signs_an_outcome() -> None:
    assert expected_signers(sample(Outcome, RNG), Context()) == ()


def test_shipments_of_a_record() -> None:
    assert shipments_of(handoff(1, 2)) == (A, B)
    assert shipments_of(changed(sample(Split, RNG), shipment=A)) == (A,)
    assert shipments_of(terms()) == ()

"""The amounts of an award: one line a party, and the tree whose root the award commits to.

`amounts` of a BonusAward is the RFC 9162 root over the leaves abi.encode(agreement, version, partner, amount), one a
party, ascending by partner, zeros included. The residual partner gets the total less their sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import merkle
from ledger.common.ids import PartnerId, RecordId, to_hex
from ledger.errors import MalformedRecord, NotFound, VerificationFailed
from ledger.records.types import BonusAgreement, BonusAward

WHOLE = 10_000
"""Basis points of a whole."""
_U128 = 2**128


@dataclass(frozen=True, slots=True)
class Line:
    """What `partner` gets, in minor units."""

    partner: PartnerId
    amount: int


@dataclass(frozen=True, slots=True)
class AmountProof:
    """That a line is in an award: what `BonusPool.claim` takes beside the record. RFC 9162, section 2.1.3."""

    index: int
    size: int
    path: tuple[bytes, ...]


def leaf(agreement: RecordId, version: int, line: Line) -> bytes:
    """The leaf of one line: abi.encode(bytes32 agreement, uint16 version, uint40 partner, uint128 amount)."""
    words = (version, line.partner, line.amount)
    return agreement + b"".join(word.to_bytes(32, "big") for word in words)


def amounts_root(agreement: RecordId, version: int, lines: Sequence[Line]) -> bytes:
    """What the award commits to. `lines` ascend strictly by partner; raises `MalformedRecord`."""
    return merkle.root(_leaf_hashes(agreement, version, lines))


def amount_proof(agreement: RecordId, version: int, lines: Sequence[Line], partner: int) -> AmountProof:
    """The proof of `partner`'s line; raises `NotFound` when it has none."""
    for index, line in enumerate(lines):
        if line.partner == partner:
            path = merkle.inclusion_proof(_leaf_hashes(agreement, version, lines), index)
            return AmountProof(index, len(lines), tuple(path))
    raise NotFound("no line for this partner", where="award", expected="a party of the agreement", found=partner)


def check_lines_are(agreement: BonusAgreement, award: BonusAward, lines: Sequence[Line]) -> None:
    """Raise `VerificationFailed` unless `lines` are the ones, one a party, to which `award` commits."""
    parties = sorted(share.partner for share in agreement.parties)
    if [line.partner for line in lines] != parties:
        raise VerificationFailed(
            "not one line for each party, ascending",
            where="award.amounts",
            expected=", ".join(map(str, parties)),
            found=", ".join(str(line.partner) for line in lines),
        )
    root = amounts_root(RecordId(award.agreement), award.version, lines)
    if root != award.amounts:
        raise VerificationFailed(
            "the award commits to other amounts",
            where="award.amounts",
            expected=to_hex(award.amounts),
            found=to_hex(root),
        )


def check_lines(agreement: BonusAgreement, award: BonusAward, lines: Sequence[Line]) -> int:
    """Check the list behind an award as a party does within the dispute window; returns what is left to `residual`.

    1. The lines are those to which the award commits, one for each party.
    2. They do not exceed what is awarded, and none exceeds its party's share.

    The pool itself sees the list only when the residual partner claims, so an award whose list is not shown, or fails
    here, is to be disputed. Raises `VerificationFailed`.
    """
    # 1. The list.
    check_lines_are(agreement, award, lines)
    # 2. The sums.
    points = {share.partner: share.basisPoints for share in agreement.parties}
    for line in lines:
        most = award.total * points[line.partner] // WHOLE
        if line.amount > most:
            raise VerificationFailed(
                "more than the party's share",
                where=f"award line of {line.partner}",
                expected=f"at most {most}",
                found=line.amount,
            )
    left = award.total - sum(line.amount for line in lines)
    if left < 0:
        raise VerificationFailed(
            "more is shared out than is awarded", where="award.total", expected=award.total, found=award.total - left
        )
    return left


def _leaf_hashes(agreement: RecordId, version: int, lines: Sequence[Line]) -> list[bytes]:
    last = 0
    for line in lines:
        if line.partner <= last:
            raise MalformedRecord("lines do not ascend", where="award lines", found=f"{line.partner} after {last}")
        if not 0 <= line.amount < _U128:
            raise MalformedRecord("no amount", where=f"award line of {line.partner}", expected="uint128")
        last = line.partner
    return [merkle.leaf_hash(leaf(agreement, version, line)) for line in lines]

"""Who speaks for a brand: the holders of a GTIN's GS1 prefix, and whom they authorised, directly or through others.

An authorisation is an attestation with the schema `BRAND_AUTHORISATION` about ``partner/<id>``. Without this rule
anyone could attest a rival's goods.
"""

from collections.abc import Collection, Iterable
from typing import Protocol

from ledger.codes import RegistryAction, Role
from ledger.common.gs1 import has_prefix, prefix_of_scope
from ledger.common.ids import RecordId
from ledger.common.scopes import schema_hash
from ledger.errors import MalformedRecord
from ledger.records.types import RegistryChange
from ledger.records.verification import VerifiedRecord

BRAND_AUTHORISATION = schema_hash("brand authorisation")
"""Schema of the attestation by which a brand lets a partner speak for its products."""
_AUTHORISATION_DEPTH = 8  # a brand, its licensee, the licensee's plant: eight leaves room and bounds the search


class Attested(Protocol):
    """Of an attestation: who attests, under which schema, about what."""

    @property
    def by(self) -> int: ...

    @property
    def schema(self) -> bytes: ...

    @property
    def subject(self) -> str: ...


def speakers(
    holders: Collection[int], authorisations: Iterable[tuple[RecordId, Attested]]
) -> dict[int, tuple[RecordId, ...]]:
    """Everybody who speaks for the brand, each with the authorisations from a holder to it: none for a holder itself.

    `authorisations` are attestations valid at the time in question; those of another schema or subject are ignored.
    """
    chains: dict[int, tuple[RecordId, ...]] = dict.fromkeys(holders, ())
    told = [
        (record_id, attestation.by, partner)
        for record_id, attestation in authorisations
        if attestation.schema == BRAND_AUTHORISATION and (partner := _partner(attestation.subject)) is not None
    ]
    for _ in range(_AUTHORISATION_DEPTH):
        result = {
            partner: (*chains[by], record_id)
            for record_id, by, partner in told
            if by in chains and partner not in chains
        }
        if not result:
            break
        chains |= result
    return chains


def is_brand_change(record: RegistryChange) -> bool:
    """Whether the change grants or revokes a brand's role for a GS1 prefix."""
    return record.role == Role.BRAND and record.action in (RegistryAction.GRANT_ROLE, RegistryAction.REVOKE_ROLE)


def holders_at(changes: Iterable[VerifiedRecord], gtin: str, at: int) -> set[int]:
    """The partners that had the brand's role for a prefix of `gtin` at `at`, by the registry's recorded `changes`.

    A grant counts from the later of its `notBefore` and its block, a revocation from its block. The registry's delay,
    which is no part of a record, is left out.
    """
    held: dict[tuple[int, bytes], None] = {}
    recorded = ((verified, verified.record) for verified in changes)
    result = [(verified, record) for verified, record in recorded if isinstance(record, RegistryChange)]
    for verified, record in sorted(result, key=lambda change: change[1].sequence):
        time = verified.block_time if verified.block_time is not None else verified.known
        if record.action == RegistryAction.GRANT_ROLE and max(record.notBefore, time) <= at:
            held[record.partner, record.scope] = None
        elif record.action == RegistryAction.REVOKE_ROLE and time <= at:
            held.pop((record.partner, record.scope), None)
    return {partner for partner, scope in held if _covers(scope, gtin)}


def _covers(scope: bytes, gtin: str) -> bool:
    try:
        return has_prefix(gtin, prefix_of_scope(scope))
    except MalformedRecord:
        return False


def _partner(subject: str) -> int | None:
    kind, _, number = subject.partition("/")
    if kind != "partner" or not number.isascii() or not number.isdigit() or str(int(number)) != number:
        return None
    return int(number)

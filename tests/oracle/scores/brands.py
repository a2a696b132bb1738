"""What was attested and recalled, by who speaks for the brand: RECORDS.md, *Attestations* and *Encodings*.

Readings: an attestation of all of a GTIN or of a lot covers the goods of it, one of a single serial covers no lot; it
is valid from its first second to its last, and must be known within a day of when it was needed. Who speaks for a
brand holds the brand's role for its prefix, or was authorised by one who speaks for it.
"""

import hashlib
import json
from collections.abc import Iterator

from ledger.codes import RegistryAction, Role
from ledger.records.types import Attestation, Goods, Recall, RegistryChange, Revocation
from tests.oracle.facts import DAY, Seen
from tests.oracle.travels import World

AUTHORISATION = hashlib.sha256(b"brand authorisation").digest()


def attested(world: World, goods: Goods, when: int) -> bool:
    """Whether an attestation covers these goods and is valid at `when`, as was known by then."""
    return any(
        record.schema != AUTHORISATION
        and _covers(record.subject, goods.gtin, goods.lot)
        and _valid(world, one, record, when)
        and _speaks(world, record.by, goods.gtin, when)
        for one, record in _attestations(world)
    )


def recalled(world: World, goods: Goods, when: int) -> bool:
    """Whether a recall covers these goods at `when`, neither revoked nor replaced."""
    return any(_recalls(record, goods) and _stands(world, one, record, when) for one, record in _recalls_of(world))


def _attestations(world: World) -> Iterator[tuple[Seen, Attestation]]:
    return ((one, one.record) for one in world.all if isinstance(one.record, Attestation) and one.applied())


def _recalls_of(world: World) -> Iterator[tuple[Seen, Recall]]:
    return ((one, one.record) for one in world.all if isinstance(one.record, Recall) and one.applied())


def _valid(world: World, one: Seen, record: Attestation, when: int) -> bool:
    if record.validFrom > when or (record.validUntil and when > record.validUntil) or one.known > when + DAY:
        return False
    return not any(r.known <= when for r in _revocations(world, one))


def _revocations(world: World, target: Seen) -> Iterator[Seen]:
    return (one for one in world.all if isinstance(one.record, Revocation) and one.record.target == target.id)


def _speaks(world: World, partner: int, gtin: str, when: int, behind: frozenset[int] = frozenset()) -> bool:
    if any(_granted(one, partner, gtin, when) for one in world.all):
        return True
    return any(
        record.schema == AUTHORISATION
        and record.subject == f"partner/{partner}"
        and record.by not in behind
        and _valid(world, one, record, when)
        and _speaks(world, record.by, gtin, when, behind | {partner})
        for one, record in _attestations(world)
    )


def _granted(one: Seen, partner: int, gtin: str, when: int) -> bool:
    change = one.record
    return (
        isinstance(change, RegistryChange)
        and change.action == RegistryAction.GRANT_ROLE
        and (change.partner, change.role) == (partner, Role.BRAND)
        and (one.block_time or one.known) <= when
        and gtin[1:].startswith(change.scope.rstrip(b"\0").decode())
    )


def _path(subject: str) -> dict[str, str]:
    words = subject.split("/")
    return dict(zip(words[::2], words[1::2], strict=True))


def _covers(subject: str, gtin: str, lot: str) -> bool:
    path = _path(subject)
    return path.get("01") == gtin and "21" not in path and path.get("10", lot) == lot


# --- recalls ---


def _recalls(record: Recall, goods: Goods) -> bool:
    path = _path(record.subject)
    lots = [entry.get("lot") for entry in json.loads(record.lots or "[]")]
    return (
        path.get("01") == goods.gtin
        and "21" not in path
        and path.get("10", goods.lot) == goods.lot
        and (not lots or goods.lot in lots)
    )


def _stands(world: World, one: Seen, record: Recall, when: int) -> bool:
    """Its author spoke for the brand when it became known, or is an authority; it was not taken back or replaced."""
    authority = bool(one.roles.get(record.by, 0) >> Role.AUTHORITY & 1)
    if one.known > when or not (authority or _speaks(world, record.by, _path(record.subject)["01"], one.known)):
        return False
    if _revoked(world, one, when):
        return False
    return not any(
        later.supersedes == one.id
        and after.known <= when
        and _path(later.subject)["01"] == _path(record.subject)["01"]
        and not _revoked(world, after, when)
        for after, later in _recalls_of(world)
    )


def _revoked(world: World, target: Seen, when: int) -> bool:
    return any(
        isinstance(r.record, Revocation) and r.known <= when and r.record.effectiveFrom <= when
        for r in _revocations(world, target)
    )

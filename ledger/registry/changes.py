"""Registry changes before the council has signed them: admissions, roles, contracts put in force."""

from collections.abc import Sequence

from ledger.codes import RegistryAction
from ledger.records.types import RegistryChange
from ledger.registry.enrolment import Enrolment

NO_KEY = bytes(20)
NO_HASH = bytes(32)


def admission(enrolment: Enrolment, partner: int, sequence: int) -> list[RegistryChange]:
    """The changes that admit an enrolled partner under id `partner`, for the council to sign: admission, then roles.

    `sequence` is the number of the first; the others follow on.
    """
    changes = [
        change(sequence, RegistryAction.ADMIT, partner=partner, key=enrolment.key, document=enrolment.document_hash())
    ]
    for request in enrolment.roles:
        changes.append(
            change(
                sequence + len(changes),
                RegistryAction.GRANT_ROLE,
                partner=partner,
                role=int(request.role),
                scope=request.scope_bytes(),
            )
        )
    return changes


def change(
    sequence: int,
    action: RegistryAction,
    *,
    partner: int = 0,
    key: bytes = NO_KEY,
    role: int = 0,
    scope: bytes = NO_HASH,
    number: int = 0,
    document: bytes = NO_HASH,
    not_before: int = 0,
) -> RegistryChange:
    """A registry change with every field that its action does not use at zero."""
    return RegistryChange(sequence, not_before, int(action), partner, key, role, scope, number, document)


def opening_changes(contracts: Sequence[tuple[int, bytes]], sequence: int) -> list[RegistryChange]:
    """The changes that put contracts (kind, address) in force."""
    return [
        change(sequence + i, RegistryAction.OPEN_CONTRACT, key=address, number=kind)
        for i, (kind, address) in enumerate(contracts)
    ]

"""When the council withdrew a partner's access and gave it back, from the registry's changes in the chain's order."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ledger.access.course import Act
from ledger.access.evidence import GOVERNS_NOTHING, Evidence
from ledger.codes import RegistryAction, Role
from ledger.records.types import RegistryChange


class Recorded(NamedTuple):
    """A change of the registry, in force from `at` on."""

    at: int
    change: RegistryChange


def acts_of(
    partner: int, role: tuple[Role, bytes], changes: Iterable[Recorded], evidence: Callable[[bytes], Evidence | None]
) -> Iterator[Act]:
    """What the council did to a partner's access in a role and scope, from when it first lost it.

    `evidence` gives the file with a SHA-256, where it is kept here: a loss belongs to a gate if the change right before
    it adopted evidence of that gate, partner and change.
    """
    held, suspended, lost = False, False, False
    document, after = bytes(32), 0
    for at, one in changes:
        named = document if one.sequence == after + 1 else bytes(32)
        document = one.document if _adopts(one) else bytes(32)
        after = one.sequence
        if one.partner != partner:
            continue
        if one.action in (RegistryAction.SUSPEND, RegistryAction.REINSTATE):
            suspended = one.action == RegistryAction.SUSPEND
        elif (one.role, one.scope) == (int(role[0]), role[1]):
            held = one.action == RegistryAction.GRANT_ROLE
        else:
            continue
        open_now = held and not suspended
        if one.action in (RegistryAction.SUSPEND, RegistryAction.REVOKE_ROLE) and not lost and not open_now:
            lost = True
            yield Act(at, lost=True, gate=_gate(one, evidence(named) if any(named) else None))
        elif lost and open_now:
            lost = False
            yield Act(at, lost=False)


def _adopts(one: RegistryChange) -> bool:
    return one.action == RegistryAction.ADOPT_RULES and one.number == GOVERNS_NOTHING


def _gate(one: RegistryChange, found: Evidence | None) -> str:
    """The name of the gate whose evidence bears out this change; empty where none does."""
    if found is None or found.partner != one.partner or int(found.change) != one.action:
        return ""
    return found.gate.name

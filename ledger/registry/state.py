"""What the registry holds, kept in versions: every question can be asked as of any of its records.

Each value is the Python twin of a storage slot of `PartnerRegistry`. Nothing is overwritten: a record, number n of the
history, puts new versions, and a slice at n sees those of the first n records.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

from ledger.codes import ContractKind, Role
from ledger.common.ids import KeyAddress, LogId, PartnerId
from ledger.common.scopes import key_covers

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

NO_END = 2**40 - 1
"""End of a key, log, contract or suspension of which no end is known."""
NOBODY_ID = PartnerId(0)


class AddressKind(IntEnum):
    """What an address is; it enters the registry once, as one thing."""

    MASTER_KEY = 1
    DEVICE_KEY = 2
    COUNCIL_KEY = 3
    ANCHOR_KEY = 4
    CONTRACT = 5


@dataclass(frozen=True, slots=True)
class Address:
    """An address and its time: in force from `since` until just before `until`.

    `scopes`: bit n - 1 lets a partner's key sign type n; other addresses have none. `actor`: for whom a device's bearer
    works. `contract_kind`: of contracts, else 0. `partner` is 0 for council keys and contracts.
    """

    kind: AddressKind
    partner: PartnerId
    since: int
    until: int
    scopes: int
    actor: PartnerId
    contract_kind: int = 0

    def in_force(self, time: int) -> bool:
        return self.since <= time < self.until

    def may_sign(self, type_number: int) -> bool:
        return key_covers(self.scopes, type_number)


@dataclass(frozen=True, slots=True)
class Partner:
    """`roles`: since when each role and scope is in force. `document`: SHA-256 of the enrolment, from its admission."""

    since: int
    document: bytes
    suspended_until: int = 0
    roles: Mapping[tuple[Role, bytes], int] = field(default_factory=dict)

    def suspended(self, time: int) -> bool:
        return time < self.suspended_until

    def role_bits(self, time: int) -> int:
        """Bit `1 << Role` for each role in force; a scoped one when held for any scope."""
        bits = 0
        for (role, _), since in self.roles.items():
            if since <= time:
                bits |= 1 << role
        return bits


@dataclass(frozen=True, slots=True)
class Head:
    """`lasting`: members in force or coming, and not told to leave; `ever`: all that there have been."""

    sequence: int
    threshold: int
    next_threshold: int
    next_threshold_from: int
    lasting: tuple[KeyAddress, ...]
    ever: tuple[KeyAddress, ...]

    def needed(self, time: int) -> int:
        return self.next_threshold if 0 < self.next_threshold_from <= time else self.threshold


@dataclass(frozen=True, slots=True)
class Log:
    """A log and, when it goes on after a spoilt one, that log and the size up to which it does (else zeros)."""

    key: KeyAddress
    partner: PartnerId
    predecessor: LogId
    predecessor_size: int


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contract of a kind opened last, and the one before it."""

    latest: KeyAddress
    before: KeyAddress | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Start of the period for which rules were adopted, and the block time at which they were."""

    start: int
    adopted_at: int


@dataclass(frozen=True, slots=True)
class Effects:
    """New versions that one record puts."""

    head: Head | None = None
    addresses: Mapping[KeyAddress, Address] = field(default_factory=dict)
    partners: Mapping[PartnerId, Partner] = field(default_factory=dict)
    logs: Mapping[LogId, Log] = field(default_factory=dict)
    contracts: Mapping[ContractKind, Contracts] = field(default_factory=dict)
    rules: Mapping[bytes, Rules] = field(default_factory=dict)


class Timeline(Generic[K, V]):
    """Versions of values by key, in the order of the records that put them."""

    def __init__(self) -> None:
        self._numbers: dict[K, list[int]] = {}
        self._values: dict[K, list[V]] = {}

    def copy(self) -> "Timeline[K, V]":
        """One that goes its own way from here on."""
        made: Timeline[K, V] = Timeline()
        made._numbers = {key: list(numbers) for key, numbers in self._numbers.items()}
        made._values = {key: list(values) for key, values in self._values.items()}
        return made

    def put(self, key: K, number: int, value: V) -> None:
        self._numbers.setdefault(key, []).append(number)
        self._values.setdefault(key, []).append(value)

    def get(self, key: K, number: int) -> V | None:
        """The value after record `number`; None when it was not known by then."""
        numbers = self._numbers.get(key)
        if numbers is None:
            return None
        place = bisect_right(numbers, number)
        return self._values[key][place - 1] if place else None

    def known(self, key: K, number: int) -> V:
        """The value of a key that other values refer to, so it must be there."""
        value = self.get(key, number)
        if value is None:
            raise KeyError(key)
        return value

    def items(self, number: int) -> Iterator[tuple[K, V]]:
        for key in list(self._numbers):  # others read while new records are put
            value = self.get(key, number)
            if value is not None:
                yield key, value


class Versions:
    """All that the registry ever held."""

    def __init__(self, head: Head, addresses: Mapping[KeyAddress, Address]) -> None:
        self.head: Timeline[None, Head] = Timeline()
        self.addresses: Timeline[KeyAddress, Address] = Timeline()
        self.partners: Timeline[PartnerId, Partner] = Timeline()
        self.logs: Timeline[LogId, Log] = Timeline()
        self.contracts: Timeline[ContractKind, Contracts] = Timeline()
        self.rules: Timeline[bytes, Rules] = Timeline()
        self.put(0, Effects(head, addresses))

    def copy(self) -> "Versions":
        """One that goes its own way from here on."""
        made = copy(self)
        made.head, made.addresses, made.partners = self.head.copy(), self.addresses.copy(), self.partners.copy()
        made.logs, made.contracts, made.rules = self.logs.copy(), self.contracts.copy(), self.rules.copy()
        return made

    def put(self, number: int, effects: Effects) -> None:
        if effects.head is not None:
            self.head.put(None, number, effects.head)
        _put_all(self.addresses, number, effects.addresses)
        _put_all(self.partners, number, effects.partners)
        _put_all(self.logs, number, effects.logs)
        _put_all(self.contracts, number, effects.contracts)
        _put_all(self.rules, number, effects.rules)


def _put_all(timeline: Timeline[K, V], number: int, values: Mapping[K, V]) -> None:
    for key, value in values.items():
        timeline.put(key, number, value)


@dataclass(frozen=True, slots=True)
class Slice:
    """The registry after its first `number` records (all kinds counted, genesis is 0)."""

    versions: Versions
    number: int

    def head(self) -> Head:
        return self.versions.head.known(None, self.number)

    def address(self, key: KeyAddress) -> Address | None:
        return self.versions.addresses.get(key, self.number)

    def entered(self, key: KeyAddress) -> Address:
        """An address that a log, a contract kind or the council refers to."""
        return self.versions.addresses.known(key, self.number)

    def partner(self, partner: int) -> Partner | None:
        return self.versions.partners.get(PartnerId(partner), self.number)

    def owner(self, address: Address) -> Partner:
        """The partner of a key: keys are entered for known partners only."""
        return self.versions.partners.known(address.partner, self.number)

    def log(self, log_id: LogId) -> Log | None:
        return self.versions.logs.get(log_id, self.number)

    def contracts(self, kind: ContractKind) -> Contracts | None:
        return self.versions.contracts.get(kind, self.number)

    def rules(self, document: bytes) -> Rules | None:
        return self.versions.rules.get(document, self.number)

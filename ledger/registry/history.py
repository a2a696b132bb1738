"""The registry's history: who held which key, role and office at any moment, from its records alone.

`PartnerRegistry` on the chain and this module have the same rules. A history is built from the `RegistryChange`,
`KeyGrant` and `KeyRevoke` records in the order in which the chain recorded them, and refuses what the contract reverts.
Changes of the council carry a gap-free sequence, so a stranger can see that none is missing.

Keys are judged by order, never by a claimed time. A record with a chain track is judged where the chain recorded it: by
the registry records before it, at its block's time. A record with a log track only is judged where the log has it: by
the registry records whose `Outcome` leaf comes before it, at its log time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from ledger.codes import ContractKind, Role
from ledger.common.ids import ConsortiumId, KeyAddress, LogId, PartnerId
from ledger.common.scopes import NO_SCOPE
from ledger.errors import MalformedRecord, Refused, VerificationFailed
from ledger.records.types import BY_NUMBER, LOG_ONLY, KeyGrant, KeyRevoke, RegistryChange
from ledger.records.verification import Council, Facts, KeyStanding
from ledger.registry.rules import MAX_COUNCIL, MAX_DELAY, decide
from ledger.registry.state import NO_END, NOBODY_ID, Address, AddressKind, Head, Log, Partner, Rules, Slice, Versions

RegistryRecord = RegistryChange | KeyGrant | KeyRevoke


@dataclass(frozen=True, slots=True)
class Genesis:
    """What the registry's constructor was given, and what a trust file says. `delay` in seconds, `council` ascending.

    Raises `MalformedRecord` for what the constructor reverts.
    """

    consortium_id: ConsortiumId
    threshold: int
    delay: int
    council: tuple[KeyAddress, ...]

    def __post_init__(self) -> None:
        members = [bytes(20), *self.council]
        if len(self.consortium_id) != 32 or not any(self.consortium_id):
            raise MalformedRecord("no consortium id", where="PartnerRegistryNoConsortium")
        if not 0 <= self.delay <= MAX_DELAY:
            raise MalformedRecord(
                "the delay is too long",
                where="PartnerRegistryDelayTooLong",
                expected=f"at most {MAX_DELAY} s",
                found=self.delay,
            )
        if len(self.council) > MAX_COUNCIL:
            raise MalformedRecord("too many council members", where="PartnerRegistryCouncilTooLarge")
        if self.threshold == 0:
            raise MalformedRecord("nobody would have to sign", where="PartnerRegistryNoThreshold")
        if not 1 <= self.threshold <= len(self.council):
            raise MalformedRecord(
                "the council cannot reach its threshold",
                where="PartnerRegistryCouncilTooSmall",
                expected=f"1 to {len(self.council)}",
                found=self.threshold,
            )
        if any(a >= b for a, b in pairwise(members)):
            raise MalformedRecord("council addresses do not ascend", where="PartnerRegistryCouncilOrder")


@dataclass(frozen=True, slots=True)
class RecordedAt:
    """Where a registry record stands. `log_index` is that of its `Outcome` leaf; None while the log has none."""

    block_number: int
    block_time: int
    event_index: int
    log_index: int | None


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key it is. `roles`: bit `1 << Role` for each in force, scoped ones when held for any scope.

    A suspended partner's keys remain valid; what it may not do is for the rules of each record.
    """

    partner: PartnerId
    roles: int
    suspended: bool
    master: bool
    actor: PartnerId


@dataclass(frozen=True, slots=True)
class RegistryView:
    """The registry at one moment: after `state.number` of its records, at `time`."""

    state: Slice
    time: int
    _signers: dict[tuple[KeyAddress, int], KeyHolder | None] = field(default_factory=dict, repr=False, compare=False)

    def signer(self, key: KeyAddress, type_number: int) -> KeyHolder | None:
        """Who holds `key`; None when it is not in force, or may not sign this type."""
        asked = (key, type_number)
        if asked not in self._signers:
            self._signers[asked] = self._signer(key, type_number)
        return self._signers[asked]

    def _signer(self, key: KeyAddress, type_number: int) -> KeyHolder | None:
        address = self.state.address(key)
        if address is None or not address.in_force(self.time) or not address.may_sign(type_number):
            return None
        partner = self.state.owner(address)
        return KeyHolder(
            address.partner,
            partner.role_bits(self.time),
            partner.suspended(self.time),
            address.kind == AddressKind.MASTER_KEY,
            address.actor,
        )

    def has_role(self, partner: int, role: int, scope: bytes = NO_SCOPE) -> bool:
        """Whether `partner` holds the role in force and is not suspended. `scope` as in the records: 32 bytes."""
        known = self.state.partner(partner)
        if known is None or known.suspended(self.time) or role not in Role.__members__.values():
            return False
        since = known.roles.get((Role(role), scope))
        return since is not None and since <= self.time

    def roles(self, partner: int) -> dict[tuple[Role, bytes], int]:
        """Role and scope → since when, for those in force."""
        known = self.state.partner(partner)
        return {} if known is None else {key: since for key, since in known.roles.items() if since <= self.time}

    def suspended(self, partner: int) -> bool:
        known = self.state.partner(partner)
        return known is not None and known.suspended(self.time)

    def council(self) -> Council:
        """Members in force, and how many of them must sign."""
        head = self.state.head()
        members = (key for key in head.ever if self._in_force(key))
        return Council(frozenset(members), head.needed(self.time))

    def contract(self, kind: int) -> KeyAddress | None:
        """The contract of this kind in force."""
        known = self.state.contracts(ContractKind(kind))
        if known is None:
            return None
        if self._in_force(known.latest):
            return known.latest
        return known.before if known.before is not None and self._in_force(known.before) else None

    def anchor_key(self, log_id: LogId) -> KeyAddress | None:
        """The key that signs the log's checkpoints; None unless it is registered, in force and not retired."""
        log = self.state.log(log_id)
        return log.key if log is not None and self._in_force(log.key) else None

    def log(self, log_id: LogId) -> Log | None:
        return self.state.log(log_id)

    def logs(self) -> Iterator[tuple[LogId, Log]]:
        """All logs ever registered, retired ones too."""
        return self.state.versions.logs.items(self.state.number)

    def rules(self, document: bytes) -> Rules | None:
        """The adopted rules with this SHA-256."""
        return self.state.rules(document)

    def adopted_rules(self) -> Iterator[tuple[bytes, Rules]]:
        return self.state.versions.rules.items(self.state.number)

    def address(self, key: KeyAddress) -> Address | None:
        """What is known of an address, in force or not."""
        return self.state.address(key)

    def partner(self, partner: int) -> Partner | None:
        """A partner that was admitted, be it for a later time."""
        return self.state.partner(partner)

    def addresses(self) -> Iterator[tuple[KeyAddress, Address]]:
        """All that were entered, as whatever they be, in that order."""
        return self.state.versions.addresses.items(self.state.number)

    def partners(self) -> Iterator[tuple[PartnerId, Partner]]:
        return self.state.versions.partners.items(self.state.number)

    def keys_of(self, partner: int) -> Iterator[tuple[KeyAddress, Address]]:
        """All keys a partner ever had, in the order in which they were entered."""
        for key, address in self.state.versions.addresses.items(self.state.number):
            if address.partner == partner and address.kind <= AddressKind.DEVICE_KEY:
                yield key, address

    def _in_force(self, key: KeyAddress) -> bool:
        address = self.state.address(key)
        return address is not None and address.in_force(self.time)


class RegistryHistory:
    """All registry records in chain order, and every question as of any moment. Records are only ever added.

    It serves as `KeyBook` of `ledger.records.verification`.
    """

    def __init__(self, genesis: Genesis) -> None:
        self.genesis = genesis
        head = Head(0, genesis.threshold, 0, 0, genesis.council, genesis.council)
        members = {key: Address(AddressKind.COUNCIL_KEY, NOBODY_ID, 0, NO_END, 0, NOBODY_ID) for key in genesis.council}
        self._versions = Versions(head, members)
        self._places: list[tuple[int, int]] = []
        self._latest_time = 0
        self._log_indexes: list[int] = []
        """Of the first records, as far as the log has their outcomes: the highest outcome index so far."""
        self._latest_view = (0, 0), RegistryView(self._slice(0), 0)

    def __len__(self) -> int:
        """Registry records so far, of all three types."""
        return len(self._places)

    @property
    def next_sequence(self) -> int:
        """What the next `RegistryChange` must carry."""
        return self._slice(len(self)).head().sequence + 1

    def check(self, record: RegistryRecord, keys: Sequence[KeyAddress], time: int) -> None:
        """Raise what `apply` would raise if the next block, at `time`, recorded this. `keys` signed it, in order."""
        decide(self._slice(len(self)), self.genesis.delay, record, keys, time)

    def apply(self, record: RegistryRecord, keys: Sequence[KeyAddress], at: RecordedAt) -> None:
        """Add a record that the chain recorded `at`, signed by `keys` in the order of its signatures.

        Raises `RuleBroken` or `NotPermitted` for what the contract reverts, `where` being the name of its error, and
        `VerificationFailed` for records out of chain order; the history is then unchanged.
        """
        place = (at.block_number, at.event_index)
        if self._places and (place <= self._places[-1] or at.block_time < self._latest_time):
            raise VerificationFailed(
                "registry records are not in chain order",
                where="registry history",
                expected=f"after block {self._places[-1][0]}, event {self._places[-1][1]}, time {self._latest_time}",
                found=f"block {at.block_number}, event {at.event_index}, time {at.block_time}",
            )
        effects = decide(self._slice(len(self)), self.genesis.delay, record, keys, at.block_time)
        self._versions.put(len(self) + 1, effects)  # first: views that others ask meanwhile know all of it
        if at.log_index is not None and len(self._log_indexes) == len(self):
            # A running maximum: an outcome counts for the log once those of all earlier records are there too.
            self._log_indexes.append(max(at.log_index, self._log_indexes[-1] if self._log_indexes else 0))
        self._places.append(place)
        self._latest_time = at.block_time

    def expecting(self, records: Iterable[tuple[RegistryRecord, Sequence[KeyAddress]]], time: int) -> "RegistryHistory":
        """A history of its own in which the next block, at `time`, records these too; those it would revert are left
        out."""
        made = RegistryHistory(self.genesis)
        made._versions, made._places, made._log_indexes = (
            self._versions.copy(),
            list(self._places),
            list(self._log_indexes),
        )
        made._latest_time = max(time, self._latest_time)
        block = made._places[-1][0] + 1 if made._places else 0
        for i, (record, keys) in enumerate(records):
            with suppress(Refused, MalformedRecord):
                made.apply(record, keys, RecordedAt(block, made._latest_time, i, None))
        return made

    # --- moments ---

    def now(self, time: int) -> RegistryView:
        """After all records so far, at `time` (the clock's or the head block's)."""
        return RegistryView(self._slice(len(self)), time)

    def at_block(self, number: int, time: int, event_index: int | None = None) -> RegistryView:
        """Before event `event_index` of block `number`, or at the block's end; `time` is the block's."""
        place = (number + 1, 0) if event_index is None else (number, event_index)
        count = bisect_left(self._places, place)
        asked, view = self._latest_view
        if asked != (count, time):  # events come block by block, and what a view was asked it knows
            view = RegistryView(self._slice(count), time)
            self._latest_view = (count, time), view
        return view

    def at_log(self, index: int, time: int) -> RegistryView:
        """Before leaf `index` of the log, at log time `time`."""
        return RegistryView(self._slice(bisect_left(self._log_indexes, index)), time)

    def at(self, facts: Facts) -> RegistryView:
        """Where a record stands: on the chain if it has a final outcome there, else in the log."""
        if facts.block_number is not None and facts.block_time is not None:
            return self.at_block(facts.block_number, facts.block_time, facts.event_index)
        return self.at_log(facts.log_index, facts.logged_at)

    # --- KeyBook ---

    def standing(self, key: KeyAddress, type_number: int, at: Facts) -> KeyStanding | None:
        view = self.at(at)
        standing = view.signer(key, type_number)
        if standing is not None:
            return KeyStanding(standing.partner, standing.roles, standing.master)
        if at.block_number is None and BY_NUMBER.get(type_number) not in LOG_ONLY:
            return self._entered_later(key, type_number, view)
        return None

    def _entered_later(self, key: KeyAddress, type_number: int, view: RegistryView) -> KeyStanding | None:
        """Of a record that the chain has not judged: a key that came into force after the log took the record.

        Its grant was pending then. It has no roles, for what it signed has no effect yet.
        """
        before, after = view.address(key), self._slice(len(self)).address(key)
        if (before is not None and before.since <= view.time) or after is None or not after.may_sign(type_number):
            return None
        return KeyStanding(after.partner, 0, after.kind == AddressKind.MASTER_KEY)

    def council(self, at: Facts) -> Council:
        return self.at(at).council()

    def anchor_key(self, log_id: LogId, at: Facts) -> KeyAddress | None:
        return self.at(at).anchor_key(log_id)

    def _slice(self, number: int) -> Slice:
        return Slice(self._versions, number)

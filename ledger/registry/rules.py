"""What each registry record does, and why it may be refused: the rules of `PartnerRegistry`, check by check.

A refusal's `where` is the name of the contract's error, its `expected` and `found` the values. The order of checks is
the contract's: form, signatures, effect.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ledger.codes import ContractKind, RegistryAction, Role
from ledger.common.ids import KeyAddress, LogId, PartnerId, to_hex
from ledger.records.types import KeyGrant, KeyRevoke, RegistryChange
from ledger.registry.keys import (
    enter,
    grant_key,
    not_permitted,
    refuse,
    require_lasting,
    revoke_key,
    revoke_own_key,
)
from ledger.registry.state import (
    ALL_SCOPES,
    NO_END,
    NO_SCOPE,
    NOBODY_ID,
    Address,
    AddressKind,
    Contracts,
    Effects,
    Head,
    Log,
    Partner,
    Rules,
    Slice,
)

MAX_COUNCIL = 32
MAX_SCOPES = 200
MAX_DELAY = 365 * 86400

_A = RegistryAction
USED_FIELDS: dict[RegistryAction, frozenset[str]] = {
    _A.ADMIT: frozenset({"notBefore", "partner", "key", "document"}),
    _A.SUSPEND: frozenset({"partner"}),
    _A.REINSTATE: frozenset({"notBefore", "partner"}),
    _A.ADD_KEY: frozenset({"notBefore", "partner", "key"}),
    _A.REVOKE_KEY: frozenset({"partner", "key"}),
    _A.GRANT_ROLE: frozenset({"notBefore", "partner", "role", "scope"}),
    _A.REVOKE_ROLE: frozenset({"partner", "role", "scope"}),
    _A.ADD_COUNCIL_MEMBER: frozenset({"notBefore", "key"}),
    _A.REMOVE_COUNCIL_MEMBER: frozenset({"notBefore", "key"}),
    _A.SET_THRESHOLD: frozenset({"notBefore", "number"}),
    _A.REGISTER_LOG: frozenset({"notBefore", "partner", "key", "scope", "number", "document"}),
    _A.RETIRE_LOG: frozenset({"scope"}),
    _A.OPEN_CONTRACT: frozenset({"notBefore", "key", "number"}),
    _A.CLOSE_CONTRACT: frozenset({"notBefore", "key", "number"}),
    _A.ADOPT_RULES: frozenset({"number", "document"}),
}
"""What each action uses beside sequence and action; the other fields must be 0."""
_OPTIONAL = ("notBefore", "partner", "key", "role", "scope", "number", "document")
_NO_LOG = LogId(bytes(32))
_SCOPED = (Role.CUSTOMS, Role.ISSUER, Role.BRAND)


def decide(
    state: Slice, delay: int, record: RegistryChange | KeyGrant | KeyRevoke, keys: Sequence[KeyAddress], time: int
) -> Effects:
    """What `record`, signed by `keys`, puts when a block at `time` records it.

    Raises `RuleBroken` or `NotPermitted`.
    """
    match record:
        case RegistryChange():
            return _change(state, delay, record, keys, time)
        case KeyGrant():
            return grant_key(state, record, keys, time)
        case KeyRevoke():
            return revoke_own_key(state, record, keys, time)


def _change(state: Slice, delay: int, r: RegistryChange, keys: Sequence[KeyAddress], time: int) -> Effects:
    head = state.head()
    # 1. Form.
    if r.sequence != head.sequence + 1:
        refuse("Sequence", "not the next change", expected=head.sequence + 1, found=r.sequence)
    if r.action not in RegistryAction.__members__.values():
        refuse("UnknownAction", "no such action", found=r.action)
    action = RegistryAction(r.action)
    for name in _OPTIONAL:
        value = getattr(r, name)
        if name not in USED_FIELDS[action] and (any(value) if isinstance(value, bytes) else value):
            refuse("UnusedField", f"{action.name} does not use {name}", expected=0, found=value)
    # 2. Signatures.
    require_council(state, keys, time)
    # 3. Effect.
    effects = _Change(state, delay, r, time).effects(action)
    return replace(effects, head=replace(effects.head or head, sequence=r.sequence))


def require_council(state: Slice, keys: Sequence[KeyAddress], time: int) -> None:
    """Raise unless enough council members in force are among `keys`, ascending, and nobody else."""
    needed = state.head().needed(time)
    if not keys:
        refuse("SignatureLength", "nobody signed", expected=f"{needed} council members")
    if len(keys) < needed:
        not_permitted("TooFewSignatures", "too few council members signed", expected=needed, found=len(keys))
    for previous, key in pairwise([KeyAddress(bytes(20)), *keys]):
        if key <= previous:
            refuse("CouncilOrder", "council signatures do not ascend by address", found=to_hex(key))
        address = state.address(key)
        if address is None or address.kind != AddressKind.COUNCIL_KEY or not address.in_force(time):
            not_permitted("NotCouncil", "signed by somebody outside the council", found=to_hex(key))


class _Change:
    """One council change on its way to its effects; methods are named after the actions."""

    def __init__(self, state: Slice, delay: int, r: RegistryChange, time: int) -> None:
        self.state, self.r, self.time = state, r, time
        self.key, self.partner_id = KeyAddress(r.key), PartnerId(r.partner)
        self.delay = delay

    def effects(self, action: RegistryAction) -> Effects:
        match action:
            case RegistryAction.ADMIT:
                return self.admit()
            case RegistryAction.SUSPEND:
                return self.suspend()
            case RegistryAction.REINSTATE:
                return self.reinstate()
            case RegistryAction.ADD_KEY:
                self.partner()
                return self.enter(AddressKind.MASTER_KEY, self.force_for_partner(), ALL_SCOPES)
            case RegistryAction.REVOKE_KEY:
                return revoke_key(self.state, self.r.partner, self.key, self.time)
            case RegistryAction.GRANT_ROLE:
                return self.grant_role()
            case RegistryAction.REVOKE_ROLE:
                return self.revoke_role()
            case RegistryAction.ADD_COUNCIL_MEMBER:
                return self.add_council_member()
            case RegistryAction.REMOVE_COUNCIL_MEMBER:
                return self.remove_council_member()
            case RegistryAction.SET_THRESHOLD:
                return self.set_threshold()
            case RegistryAction.REGISTER_LOG:
                return self.register_log()
            case RegistryAction.RETIRE_LOG:
                return self.retire_log()
            case RegistryAction.OPEN_CONTRACT:
                return self.open_contract()
            case RegistryAction.CLOSE_CONTRACT:
                return self.close_contract()
            case RegistryAction.ADOPT_RULES:
                return self.adopt_rules()

    # --- partners and keys ---

    def admit(self) -> Effects:
        if self.partner_id == 0:
            refuse("PartnerZero", "partner 0 is nobody", found=0)
        if self.state.partner(self.partner_id) is not None:
            refuse("PartnerKnown", "the partner is admitted already", found=self.partner_id)
        since = self.force()
        entered = self.enter(AddressKind.MASTER_KEY, since, ALL_SCOPES)
        return replace(entered, partners={self.partner_id: Partner(since, self.r.document)})

    def suspend(self) -> Effects:
        partner = self.partner()
        if partner.suspended_until == NO_END:
            refuse("AlreadySuspended", "the partner is suspended already", found=self.partner_id)
        return Effects(partners={self.partner_id: replace(partner, suspended_until=NO_END)})

    def reinstate(self) -> Effects:
        partner = self.partner()
        until = self.force()
        if partner.suspended_until != NO_END:
            refuse("NotSuspended", "the partner is not suspended", found=self.partner_id)
        return Effects(partners={self.partner_id: replace(partner, suspended_until=until)})

    # --- roles ---

    def grant_role(self) -> Effects:
        partner, held = self.partner(), self.role()
        if held in partner.roles:
            refuse("RoleHeld", "the partner has this role already", found=_role_name(*held))
        since = self.force_for_partner()
        if held[0] in _SCOPED and sum(1 for role, _ in partner.roles if role == held[0]) == MAX_SCOPES:
            refuse("TooManyScopes", "too many scopes of one role", expected=f"at most {MAX_SCOPES}")
        return Effects(partners={self.partner_id: replace(partner, roles={**partner.roles, held: since})})

    def revoke_role(self) -> Effects:
        partner, held = self.partner(), self.role()
        if held not in partner.roles:
            refuse("RoleNotHeld", "the partner does not have this role", found=_role_name(*held))
        left = {key: since for key, since in partner.roles.items() if key != held}
        return Effects(partners={self.partner_id: replace(partner, roles=left)})

    def role(self) -> tuple[Role, bytes]:
        if self.r.role not in Role.__members__.values():
            refuse("UnknownRole", "no such role", found=self.r.role)
        role, scope = Role(self.r.role), self.r.scope
        if not _scope_fits(role, scope):
            refuse("BadScope", f"no scope for {role.name}", found=to_hex(scope))
        return role, scope

    # --- council ---

    def add_council_member(self) -> Effects:
        head = self.state.head()
        entered = self.enter(AddressKind.COUNCIL_KEY, self.force(), 0)
        if len(head.lasting) == MAX_COUNCIL:
            refuse("CouncilTooLarge", "the council is full", expected=f"at most {MAX_COUNCIL}")
        grown = replace(head, lasting=(*head.lasting, self.key), ever=(*head.ever, self.key))
        return replace(entered, head=grown)

    def remove_council_member(self) -> Effects:
        head, until = self.state.head(), self.force()
        address = self.state.address(self.key)
        if address is None or address.kind != AddressKind.COUNCIL_KEY:
            not_permitted("NotAMember", "no council member", found=to_hex(self.key))
        require_lasting(self.key, address)
        shrunk = replace(head, lasting=tuple(key for key in head.lasting if key != self.key))
        self.require_members(shrunk, max(head.needed(self.time), head.next_threshold))
        return Effects(head=shrunk, addresses={self.key: replace(address, until=until)})

    def set_threshold(self) -> Effects:
        head, since = self.state.head(), self.force()
        if self.r.number == 0:
            refuse("NoThreshold", "nobody would have to sign", expected="1 or more", found=0)
        self.require_members(head, self.r.number)
        # One that is not in force yet is replaced.
        return Effects(
            head=replace(
                head,
                threshold=head.needed(self.time),
                next_threshold=self.r.number,
                next_threshold_from=since,
            )
        )

    def require_members(self, head: Head, needed: int) -> None:
        """Members in force who stay must be enough for `needed` signatures."""
        members = sum(1 for key in head.lasting if self.state.entered(key).since <= self.time)
        if members < needed:
            refuse("CouncilTooSmall", "the council could not reach its threshold", expected=needed, found=members)

    # --- logs, contracts, rules ---

    def register_log(self) -> Effects:
        r, log_id, predecessor = self.r, LogId(self.r.scope), LogId(self.r.document)
        self.partner()
        if log_id == _NO_LOG:
            refuse("NoLogId", "no log id", found=to_hex(log_id))
        if self.state.log(log_id) is not None:
            refuse("LogKnown", "the log is registered already", found=to_hex(log_id))
        if predecessor == _NO_LOG and r.number != 0:
            refuse("NoPredecessor", "a size without the log it is of", expected=0, found=r.number)
        if predecessor != _NO_LOG and self.state.log(predecessor) is None:
            refuse("UnknownLog", "the predecessor is not registered", found=to_hex(predecessor))
        entered = self.enter(AddressKind.ANCHOR_KEY, self.force_for_partner(), 0)
        return replace(entered, logs={log_id: Log(self.key, self.partner_id, predecessor, r.number)})

    def retire_log(self) -> Effects:
        log = self.state.log(LogId(self.r.scope))
        if log is None:
            refuse("UnknownLog", "the log is not registered", found=to_hex(self.r.scope))
        address = self.state.entered(log.key)
        if address.until != NO_END:
            refuse("LogRetired", "the log is retired already", found=to_hex(self.r.scope))
        return Effects(addresses={log.key: replace(address, until=self.time)})

    def open_contract(self) -> Effects:
        since = self.force()
        kind = self.contract_kind()
        known = self.state.contracts(kind)
        before: KeyAddress | None = None
        if known is not None:
            before = known.latest
            latest = self.state.entered(known.latest)
            earlier = None if known.before is None else self.state.entered(known.before)
            if latest.until == NO_END:
                refuse("KindOpen", f"a {kind.name} contract is open", found=to_hex(known.latest))
            # The one before the latest would be forgotten while it is still in force.
            if earlier is not None and earlier.until > self.time:
                refuse("StillClosing", f"the {kind.name} contract before is not closed yet", found=before)
            since = max(since, latest.until)
        entered = enter(
            self.state, self.key, Address(AddressKind.CONTRACT, NOBODY_ID, since, NO_END, 0, NOBODY_ID, kind)
        )
        return replace(entered, contracts={kind: Contracts(self.key, before)})

    def close_contract(self) -> Effects:
        until = self.force()
        kind, address = self.contract_kind(), self.state.address(self.key)
        if address is None or address.contract_kind != kind:
            refuse("UnknownContract", f"never was a {kind.name} contract", found=to_hex(self.key))
        require_lasting(self.key, address)
        return Effects(addresses={self.key: replace(address, until=until)})

    def contract_kind(self) -> ContractKind:
        if self.r.number not in ContractKind.__members__.values():
            refuse("UnknownContractKind", "no such kind of contract", found=self.r.number)
        return ContractKind(self.r.number)

    def adopt_rules(self) -> Effects:
        document = self.r.document
        if not any(document):
            refuse("NoDocument", "no document", found=to_hex(document))
        if self.state.rules(document) is not None:
            refuse("RulesKnown", "these rules are adopted already", found=to_hex(document))
        return Effects(rules={document: Rules(self.r.number, self.time)})

    # --- pieces ---

    def partner(self) -> Partner:
        partner = self.state.partner(self.partner_id)
        if partner is None:
            refuse("UnknownPartner", "no such partner", found=self.partner_id)
        return partner

    def force(self) -> int:
        """When a change recorded now comes into force."""
        since = max(self.r.notBefore, self.time + self.delay)
        if since >= NO_END:
            refuse("TimeTooFar", "never in force", expected=f"before {NO_END}", found=since)
        return since

    def force_for_partner(self) -> int:
        return max(self.force(), self.partner().since)

    def enter(self, kind: AddressKind, since: int, scopes: int) -> Effects:
        owner = NOBODY_ID if kind == AddressKind.COUNCIL_KEY else self.partner_id
        return enter(self.state, self.key, Address(kind, owner, since, NO_END, scopes, NOBODY_ID))


def _scope_fits(role: Role, scope: bytes) -> bool:
    text = scope.rstrip(b"\0")
    match role:
        case Role.CUSTOMS:
            return len(text) == 2 and all(0x41 <= c <= 0x5A for c in text)
        case Role.BRAND:
            return 4 <= len(text) <= 12 and all(0x30 <= c <= 0x39 for c in text)
        case Role.ISSUER:
            return scope != NO_SCOPE
        case _:
            return scope == NO_SCOPE


def _role_name(role: Role, scope: bytes) -> str:
    return f"{role.name} {to_hex(scope)}" if any(scope) else role.name

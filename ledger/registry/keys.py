"""Addresses of the registry: how keys enter and end, and what partners themselves may do with theirs.

Part of the rules of `PartnerRegistry`, see `ledger.registry.rules`. A refusal's `where` is the name of the contract's
error.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from ledger.common.ids import KeyAddress, PartnerId, to_hex
from ledger.common.periods import DAY
from ledger.common.scopes import key_scopes
from ledger.errors import NotPermitted, RuleBroken
from ledger.records.types import KeyGrant, KeyRevoke
from ledger.registry.state import NO_END, Address, AddressKind, Effects, Slice

MAX_DEVICE_PERIOD = 90 * DAY
DEVICE_SCOPES = key_scopes((*range(4, 17), *range(18, 23)))
"""Types that a device key can be allowed to sign: a partner's, without the registry's own and checkpoints."""


def grant_key(state: Slice, r: KeyGrant, keys: Sequence[KeyAddress], time: int) -> Effects:
    """A `KeyGrant`, by a master key of the partner, then by the granted key, which so proves that it exists and agrees.

    A device key, in force at once or from `validFrom`.
    """
    # 1. Form.
    if r.validFrom >= r.validUntil:
        refuse("EmptyPeriod", "no period for a device key", found=f"{r.validFrom} to {r.validUntil}")
    if r.validUntil - r.validFrom > MAX_DEVICE_PERIOD:
        refuse(
            "PeriodTooLong",
            "no period for a device key: it is too long",
            expected=f"at most {MAX_DEVICE_PERIOD} s",
            found=f"{r.validFrom} to {r.validUntil}",
        )
    if r.validUntil <= time:
        refuse("PeriodOver", "no period for a device key: it is over", expected=f"after {time}", found=r.validUntil)
    if r.scopes == 0 or r.scopes & ~DEVICE_SCOPES:
        refuse("BadScopes", "no scopes for a device key", expected=f"within {DEVICE_SCOPES:#x}", found=f"{r.scopes:#x}")
    # 2. Signatures.
    if len(keys) != 2:
        refuse("SignatureLength", "not the master key's and the granted key's signature", expected=2, found=len(keys))
    master = require_master(state, r.partner, keys[0], time)
    if keys[1] != r.key:
        not_permitted("NotGrantedKey", "the granted key has not signed", expected=to_hex(r.key), found=to_hex(keys[1]))
    # 3. Effect.
    if r.actor != 0 and state.partner(r.actor) is None:
        refuse("UnknownPartner", "the actor is no partner", found=r.actor)
    if state.owner(master).suspended(time):
        refuse("Suspended", "a suspended partner grants no keys", found=r.partner)
    entry = Address(
        AddressKind.DEVICE_KEY,
        PartnerId(r.partner),
        max(r.validFrom, time),
        r.validUntil,
        r.scopes,
        PartnerId(r.actor),
    )
    return enter(state, KeyAddress(r.key), entry)


def revoke_own_key(state: Slice, r: KeyRevoke, keys: Sequence[KeyAddress], time: int) -> Effects:
    """A `KeyRevoke`: by a master key of the partner, or by the key itself. In force at once."""
    require_one_signature(keys)
    if keys[0] != r.key:
        require_master(state, r.partner, keys[0], time)
    return revoke_key(state, r.partner, KeyAddress(r.key), time)


def revoke_key(state: Slice, partner: int, key: KeyAddress, time: int) -> Effects:
    """End a key of this partner now. Whoever asks was checked before."""
    address = state.address(key)
    if address is None or address.kind > AddressKind.DEVICE_KEY or address.partner != partner:
        refuse("NotItsKey", "not a key of this partner", expected=f"partner {partner}", found=to_hex(key))
    if address.until <= time:
        refuse("KeyEnded", "the key is not valid any more", found=to_hex(key))
    return Effects(addresses={key: replace(address, until=time)})


def enter(state: Slice, key: KeyAddress, entry: Address) -> Effects:
    """Enter an address, which happens once."""
    if not any(key):
        refuse("NoAddress", "no address")
    known = state.address(key)
    if known is not None:
        refuse("AddressKnown", f"the address is known as {known.kind.name}", found=to_hex(key))
    return Effects(addresses={key: entry})


def require_lasting(key: KeyAddress, address: Address) -> None:
    if address.until != NO_END:
        refuse("EndRecorded", "its end is recorded already", found=to_hex(key))


def require_one_signature(keys: Sequence[KeyAddress]) -> None:
    if len(keys) != 1:
        refuse("SignatureLength", "not one signature", expected=1, found=len(keys))


def require_master(state: Slice, partner: int, key: KeyAddress, time: int) -> Address:
    address = state.address(key)
    if (
        address is None
        or address.kind != AddressKind.MASTER_KEY
        or address.partner != partner
        or not address.in_force(time)
    ):
        not_permitted("NotMasterKey", "not signed by a master key", expected=f"partner {partner}", found=to_hex(key))
    return address


def refuse(error: str, what: str, *, expected: object = "", found: object = "") -> NoReturn:
    raise RuleBroken(what, where=f"PartnerRegistry{error}", expected=expected, found=found)


def not_permitted(error: str, what: str, *, expected: object = "", found: object = "") -> NoReturn:
    raise NotPermitted(what, where=f"PartnerRegistry{error}", expected=expected, found=found)

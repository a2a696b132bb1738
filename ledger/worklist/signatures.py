"""What waits for a signature, and the keys that make them."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ledger.codes import RegistryAction
from ledger.common.ids import KeyAddress, to_hex
from ledger.common.periods import DAY, FOREVER
from ledger.errors import LadingError
from ledger.records.signers import CouncilSigners, GrantedKeySigner, MasterSigner, PartnerSigner, expected_signers
from ledger.records.types import RECORDS, Amendment, KeyGrant, Record, RegistryChange
from ledger.registry.keys import MAX_DEVICE_PERIOD
from ledger.registry.state import Address, AddressKind
from ledger.worklist.items import Action, Item, Kind

WAITING = tuple(kind.NUMBER for kind in RECORDS if kind is not KeyGrant)
"""Types of which a proposal may wait for a partner's signature: of grants anybody can make any number, in anybody's
name, and they would stand before all others."""
KEY_NOTICE = 14 * DAY
"""Seconds before a device key expires from which on its partner is told."""


def proposal_item(record_id: bytes, record: Record, created_at: int, expires: int) -> Item:
    """The item of whoever has to sign a proposal; `expires`: the first second in which it is none any more."""
    submit_by = getattr(record, "submitBy", 0) or FOREVER
    return Item(
        Kind.SIGNATURE,
        Action.SIGN,
        record_id,
        created_at,
        until=min(expires - 1, submit_by),
        type_number=record.NUMBER,
        facts={"type": type(record).__name__},
    )


def waits_for_partner(record: Record, partner: int, signed: Collection[int]) -> bool:
    """Whether a proposal that concerns `partner` lacks its signature; `signed`: the partners whose keys have signed.

    Whom an amendment concerns by its proposal is who has to sign it: its target, which says so, is not asked again. A
    grant of a key waits for nobody: anybody may propose one, so a master key takes it from the device's own screen.
    """
    if partner in signed or isinstance(record, KeyGrant):
        return False
    if isinstance(record, Amendment):
        return True
    return any(
        isinstance(signer, PartnerSigner | MasterSigner) and signer.partner == partner
        for signer in expected_signers(record, _NOTHING)
    )


def waits_for_key(record: Record, key: bytes, signed: Collection[bytes], council: Collection[KeyAddress]) -> bool:
    """Whether a proposal lacks the signature of this very key: a council member's, or that which a grant enters."""
    if key in signed or isinstance(record, Amendment):
        return False
    return any(
        (isinstance(signer, CouncilSigners) and key in council)
        or (isinstance(signer, GrantedKeySigner) and signer.key == key)
        for signer in expected_signers(record, _NOTHING)
    )


def expiring_keys(
    keys: Iterable[tuple[KeyAddress, Address]], partner: int, own_key: bytes, scopes_grant: bool, now: int
) -> Iterator[Item]:
    """Device keys in force that expire soon: of `partner`, or whose bearers work for it.

    Who may sign no grants (`scopes_grant`) is told of its `own_key` alone, and can only ask for another.
    """
    for address, entry in keys:
        concerned = entry.kind == AddressKind.DEVICE_KEY and partner in (entry.partner, entry.actor)
        if not concerned or not entry.in_force(now) or entry.until - now > KEY_NOTICE:
            continue
        grants = scopes_grant and entry.partner == partner
        if not grants and not (address == own_key or entry.actor == partner):
            continue
        draft: dict[str, Any] = {
            "partner": int(entry.partner),
            "actor": int(entry.actor),
            "scopes": entry.scopes,
            "validFrom": entry.until,
            "validUntil": entry.until + MAX_DEVICE_PERIOD,
        }
        yield Item(
            Kind.KEY,
            Action.GRANT if grants else Action.LOOK,
            address,
            entry.since,
            until=entry.until - 1,
            partner=0 if entry.partner == partner else int(entry.partner),
            draft=draft if grants else {},
        )


def enrolment_item(document: bytes, key: bytes, name: str, asked_at: int, next_sequence: int) -> Item:
    """What waits for the council: somebody asks to be admitted. `next_sequence`: of its next registry change."""
    draft = {
        "sequence": next_sequence,
        "action": int(RegistryAction.ADMIT),
        "key": to_hex(key),
        "document": to_hex(document),
    }
    return Item(Kind.ENROLMENT, Action.ADMIT, document, asked_at, draft=draft, facts={"name": name})


def admitted_by(records: Iterable[Record]) -> frozenset[bytes]:
    """The documents whose admission is proposed already."""
    return frozenset(
        record.document
        for record in records
        if isinstance(record, RegistryChange) and record.action == RegistryAction.ADMIT
    )


class _NoContext:
    """For records whose signers follow from themselves: of all but amendments."""

    def terms_of(self, shipment: bytes) -> None:
        raise LadingError("nothing is asked of other records", where=to_hex(shipment))

    def record(self, record_id: bytes) -> None:
        raise LadingError("nothing is asked of other records", where=to_hex(record_id))


_NOTHING = _NoContext()

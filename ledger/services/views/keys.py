"""The keys of a partner as the registry has them: master keys and devices, what each may sign, and until when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.common.canonical import parse_json
from ledger.common.ids import KeyAddress, to_hex
from ledger.common.scopes import key_covers
from ledger.errors import LadingError
from ledger.explain.titles import scopes_text
from ledger.records import index_keys
from ledger.records.types import BY_NUMBER, KeyGrant
from ledger.registry.key_status import KeyStatus, key_status
from ledger.registry.state import NO_END, Address, AddressKind
from ledger.services.home.home import Home
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.views.models import RecordView
from ledger.services.views.records import Reader, RecordViews
from ledger.store.database import Connection

MOST_GRANTS = 1_000
"""Newest grants of a partner that are looked at for names of devices: four a year for each of 250."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """`kind` is master or device. `types`: names of the record types that it may sign; `may_sign` says so in words.

    `valid_from`, `valid_until`: UTC seconds; no end of a key that has none. `granted_by`: the record that granted a
    device, none for master keys, which the council enters. `device`: the name that its partner gave it, which only the
    partner itself and auditors see, where the grant says one.
    """

    address: str
    kind: str
    status: KeyStatus
    types: tuple[str, ...]
    may_sign: str
    actor: int
    valid_from: int
    valid_until: int | None
    granted_by: str | None
    device: str

    def valid_at(self, time: int) -> bool:
        """Whether it was in force then, UTC seconds."""
        return self.valid_from <= time and (self.valid_until is None or time < self.valid_until)


class KeyViews:
    def __init__(self, home: Home, registry: CurrentRegistry, views: RecordViews) -> None:
        self._db = home.database
        self._registry = registry
        self._views = views

    def of_partner(self, partner: int, reader: Reader) -> tuple[KeyView, ...]:
        """All keys that the partner has or had, those in force first, the newest of each first; raises `NotFound`."""
        self._views.partner(partner)
        grants = {
            str(view.message["key"]): view
            for view in self._views.records(
                reader,
                kind=index_keys.PARTNER,
                key=str(partner),
                types=(KeyGrant.NUMBER,),
                limit=MOST_GRANTS,
                newest_first=True,
            )
            if view.message["partner"] == partner
        }
        with self._db.read() as connection:
            keys = list(self._keys(connection, partner, grants))
        order = {KeyStatus.IN_FORCE: 0, KeyStatus.COMING: 0, KeyStatus.EXPIRED: 1, KeyStatus.REVOKED: 1}
        return tuple(sorted(keys, key=lambda key: (order[key.status], key.kind == "device", -key.valid_from)))

    def _keys(self, connection: Connection, partner: int, grants: Mapping[str, RecordView]) -> Iterator[KeyView]:
        now = self._registry.refreshed(connection).now()
        for key, address in now.keys_of(partner):
            yield _view(key, address, now.time, grants.get(to_hex(key)))


def _view(key: KeyAddress, address: Address, time: int, grant: RecordView | None) -> KeyView:
    device = address.kind == AddressKind.DEVICE_KEY
    until = int(grant.message["validUntil"]) if grant else NO_END
    return KeyView(
        address=to_hex(key),
        kind="device" if device else "master",
        status=key_status(address, time, until),
        types=tuple(kind.__name__ for number, kind in BY_NUMBER.items() if key_covers(address.scopes, number)),
        may_sign=scopes_text(address.scopes),
        actor=address.actor,
        valid_from=address.since,
        valid_until=None if address.until == NO_END else address.until,
        granted_by=grant.id if grant else None,
        device=_name(grant.message["details"]) if grant else "",
    )


def _name(details: Any) -> str:
    """The device's name in a grant's details; empty where they are withheld or name none."""
    try:
        said = parse_json(str(details["text"]).encode()) if isinstance(details, dict) else None
    except LadingError:
        return ""
    return str(said.get("device", ""))[:80] if isinstance(said, dict) else ""

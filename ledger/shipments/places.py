"""Whether something happened at the destination that terms name: by codes alone, never by names."""

from ledger.records.eip712 import Withheld
from ledger.records.types import Place

_TENDER, _LOCKER = ("gln", "locode", "country"), ("locode", "country")


def tendered_at(destination: Place | Withheld, place: Place | Withheld) -> bool | None:
    """Whether a tender's place is the destination, by the finest of GLN, UN/LOCODE and country that the terms name
    (none: anywhere is); None while either is closed.
    """
    return _agrees(destination, place, _TENDER)


def received_at(destination: Place | Withheld, place: Place | Withheld) -> bool | None:
    """The same for a locker's receipt, which need not be at the door: by UN/LOCODE, where none is named by country."""
    return _agrees(destination, place, _LOCKER)


def _agrees(destination: Place | Withheld, place: Place | Withheld, fields: tuple[str, ...]) -> bool | None:
    if isinstance(destination, Withheld) or isinstance(place, Withheld):
        return None
    for name in fields:
        if wanted := getattr(destination, name):
            return bool(getattr(place, name) == wanted)
    return True

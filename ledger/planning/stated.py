"""What whoever asks for a plan states where no record tells: distances, times of legs, and what to do without."""

import re
from collections.abc import Iterable

from ledger.attested.rate_card import PLACE
from ledger.codes import Mode
from ledger.errors import MalformedRecord
from ledger.planning.leg_times import Basis, LegTime, Stated

MODES = {mode.name.lower(): mode for mode in Mode if mode not in (Mode.NOT_SPECIFIED, Mode.NOT_APPLICABLE)}
"""Modes of transport by name."""
LONGEST = 100_000
"""Kilometres, and hours, of one leg."""
MOST = 50
"""Statements of one kind."""
_DISTANCE = re.compile(r"([A-Z2-9]{2,5})-([A-Z2-9]{2,5}):([0-9]{1,6})", re.ASCII)
_TIME = re.compile(r"([A-Z2-9]{2,5})-([A-Z2-9]{2,5}):([a-z_]+):([0-9]{1,6}):([0-9]{1,6})", re.ASCII)


def place_of(text: str, where: str) -> str:
    """A country or a UN/LOCODE. Raises `MalformedRecord`."""
    if not PLACE.fullmatch(text):
        raise MalformedRecord("not a place", where=where, expected="a UN/LOCODE or a country", found=text[:40])
    return text


def mode_of(text: str, where: str) -> Mode:
    if text not in MODES:
        raise MalformedRecord("no such mode", where=where, expected=", ".join(MODES), found=text[:40])
    return MODES[text]


def distances_of(texts: Iterable[str]) -> dict[frozenset[str], int]:
    """Of statements such as ``CNSHA-DEHAM:19500`` (kilometres). Raises `MalformedRecord`."""
    result: dict[frozenset[str], int] = {}
    for text in _few(texts, "distance"):
        match = _DISTANCE.fullmatch(text)
        if match is None or int(match[3]) > LONGEST:
            raise MalformedRecord(
                "not a distance", where="distance", expected="CNSHA-DEHAM:19500 (km)", found=text[:60]
            )
        pair = frozenset(place_of(match[end], "distance") for end in (1, 2))
        if result.setdefault(pair, int(match[3])) != int(match[3]):
            raise MalformedRecord("two distances of one pair", where="distance", found=text[:60])
    return result


def times_of(texts: Iterable[str]) -> Stated:
    """Of statements such as ``CN-DE:maritime:720:960``: half take no longer than 720 hours, nine in ten no longer than
    960. Raises `MalformedRecord`."""
    result: dict[tuple[str, str, Mode], LegTime] = {}
    for text in _few(texts, "time"):
        match = _TIME.fullmatch(text)
        hours = (int(match[4]), int(match[5])) if match else (1, 0)
        if match is None or not hours[0] <= hours[1] <= LONGEST:
            expected = "CN-DE:maritime:720:960 (hours of half, and of nine in ten)"
            raise MalformedRecord("not a time", where="time", expected=expected, found=text[:60])
        ends = place_of(match[1], "time"), place_of(match[2], "time")
        time = LegTime(hours[0] * 3600, hours[1] * 3600, Basis.STATED)
        if result.setdefault((*ends, mode_of(match[3], "time")), time) != time:
            raise MalformedRecord("two times of one leg", where="time", found=text[:60])
    return result


def _few(texts: Iterable[str], where: str) -> list[str]:
    result = list(texts)
    if len(result) > MOST:
        raise MalformedRecord("too many", where=where, expected=f"at most {MOST}", found=len(result))
    return result

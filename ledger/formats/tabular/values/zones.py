"""Local days and times as UTC seconds. A day without a time ends with its last second where the goods went."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.formats.tabular.table import Unreadable, shown
from ledger.formats.tabular.values.dates import LATEST, Told

_LAST = time(23, 59, 59)


@lru_cache(maxsize=600)
def zone_of(name: str) -> ZoneInfo:
    """The time zone called `name` in the IANA database. Raises `Unreadable`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unreadable(f"no such time zone: {shown(name)}") from None


def second_of(told: Told, zone: ZoneInfo | None, plus_days: int = 0) -> int:
    """The UTC second that a cell tells, `plus_days` calendar days on.

    `zone` is the destination's; None where no cell needs one. Raises `Unreadable` for a time of day that the clocks
    there showed twice or never, and for what lies outside of 1970 and the years that records can hold.
    """
    try:
        day = told.day + timedelta(days=plus_days)
    except OverflowError:
        raise Unreadable("out of range") from None
    if told.zone is not None and told.clock is not None:
        return _in_range(datetime.combine(day, told.clock, told.zone))
    if zone is None:
        raise Unreadable("a date without a time zone")
    local = datetime.combine(day, told.clock or _LAST, zone)
    early, late = (local.replace(fold=fold) for fold in (0, 1))
    if _shown_there(early, zone) != early.replace(tzinfo=None):
        raise Unreadable(f"{local:%Y-%m-%d %H:%M:%S} never was in {zone.key}: the clocks went forward")
    if told.clock is None:
        # Where the last hour came twice, the day ends with the second.
        return _in_range(late)
    if early.utcoffset() != late.utcoffset():
        raise Unreadable(f"{local:%Y-%m-%d %H:%M:%S} was twice in {zone.key}: write it with its offset")
    return _in_range(early)


def _shown_there(local: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in `zone` show at the moment that `local` names."""
    offset = local.utcoffset() or timedelta()
    utc = (local.replace(tzinfo=None) - offset).replace(tzinfo=ZoneInfo("UTC"))
    return utc.astimezone(zone).replace(tzinfo=None, fold=0)


def _in_range(moment: datetime) -> int:
    seconds = int(moment.timestamp())
    if not 0 < seconds < LATEST:
        raise Unreadable(f"out of range: {moment:%Y-%m-%d}")
    return seconds

"""Which devices looked at an item's code, and when: what a one-time code in second hands gives itself away by."""

from sqlalchemy import Connection, func, select

from ledger.common.periods import DAY
from ledger.store.tables import sightings


def note(connection: Connection, path: str, time: int, device: str) -> None:
    """Note that `device`, a random token, looked at the code with this GS1 path; once a day is enough."""
    again = select(sightings.c.id).where(
        sightings.c.path == path, sightings.c.reader == device, sightings.c.time > time - DAY
    )
    if connection.execute(again.limit(1)).first() is None:
        values = {"path": path, "time": time, "place": "", "reader": device}
        connection.execute(sightings.insert().values(values))


def first(connection: Connection, path: str, device: str | None = None) -> int | None:
    """The time of the first look at a code, of `device` or of all."""
    query = select(func.min(sightings.c.time)).where(sightings.c.path == path)
    time: int | None = connection.scalar(query if device is None else query.where(sightings.c.reader == device))
    return time


def first_newcomer(connection: Connection, path: str, after: int) -> int | None:
    """The time of the first look of the first device that came after `after`."""
    looked = func.min(sightings.c.time)
    query = select(looked).where(sightings.c.path == path).group_by(sightings.c.reader).having(looked > after)
    time: int | None = connection.scalar(query.order_by(looked).limit(1))
    return time


def devices(connection: Connection, path: str, since: int) -> int:
    """How many devices looked at a code since then."""
    query = select(func.count(sightings.c.reader.distinct())).where(sightings.c.path == path, sightings.c.time >= since)
    return connection.scalar(query) or 0

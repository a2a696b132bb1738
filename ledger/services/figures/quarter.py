"""One closed quarter's public figures, with all that they were taken from: so an audit can take them again.

What they rest on is listed beside them: the evidence of time that was there then, and which private parts were open.
Evidence that comes in later, and parts that are opened or erased later, change nothing of them.
"""

import hashlib
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from ledger.common.figure import to_json
from ledger.common.ids import to_hex
from ledger.common.json_fields import entries, fields_of, integer
from ledger.common.periods import Period
from ledger.errors import MalformedRecord
from ledger.explain.score import measure_stated, stated_public
from ledger.log.cosignature import WitnessPolicy
from ledger.network.publication import PUBLIC_GROUPS, public_network
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.verification import VerifiedRecord, as_known_at
from ledger.scores.adopted_card import Measure
from ledger.scores.publication import public_card
from ledger.scores.tallies import Tallies
from ledger.shipments.history import Journeys
from ledger.store import openings
from ledger.store.database import Connection


def quarter_figures(
    name: str,
    period: Period,
    checkpoint: CheckpointTime,
    measure: Measure,
    records: Iterable[VerifiedRecord],
    times: CheckpointTimes,
) -> dict[str, Any]:
    """What is published of a quarter, taken at `checkpoint`: `records` in log order, `times` all evidence there is."""
    early = takewhile(lambda record: record.log_index < checkpoint.size, records)
    journeys = Journeys(as_known_at(early, checkpoint.size, times))
    judged = Period(period.start, period.end, checkpoint.time)
    tallies = Tallies(journeys, judged)
    cards = [
        public_card(tallies.score(partner, role, measure.card))
        for role in measure.card.roles
        for partner in tallies.partners(role)
    ]
    return {
        "name": name,
        "period": to_json(judged),
        "taken": {"log_size": checkpoint.size, "time": checkpoint.time, "basis": checkpoint.basis.name.lower()},
        "measure": measure_stated(measure),
        "scores": [stated_public(card) for card in cards],
        "network": {
            str(PUBLIC_GROUPS): {group: to_json(figures) for group, figures in public_network(journeys, judged).items()}
        },
    }


def taken_from(
    connection: Connection, size: int, times: CheckpointTimes, policy: WitnessPolicy | None
) -> dict[str, Any]:
    """What figures at `size` rest on besides the records: `times`, the policy of the witnesses who bear them out (null
    without any), for the log may ask others later, and the SHA-256 of which parts are open.
    """
    return {
        "witnesses": policy and policy.to_json(),
        "times": [[one.size, one.time, one.basis.name.lower()] for one in times.until(size)],
        "parts": to_hex(open_parts(connection, size)),
    }


def open_parts(connection: Connection, size: int) -> bytes:
    """SHA-256 of which private parts of records below `size` are open here."""
    digest = hashlib.sha256()
    for record_id, path in openings.paths_below(connection, size):
        digest.update(record_id + path.encode() + b"\n")
    return digest.digest()


def listed_times(value: object, where: str) -> list[CheckpointTime]:
    """The evidence that `taken_from` listed; raises `MalformedRecord`."""
    result = []
    for place, entry in entries(value, where):
        size, time, basis = (one for _, one in entries(entry, place, most=3))
        result.append(CheckpointTime(integer(size, place), integer(time, place), basis_named(basis, place)))
    return result


def checkpoint_named(value: object, where: str) -> CheckpointTime:
    """The checkpoint at which a quarter was taken; raises `MalformedRecord`."""
    fields = fields_of(value, where, ("log_size", "time", "basis"))
    size, time = (integer(fields[name], f"{where}.{name}") for name in ("log_size", "time"))
    return CheckpointTime(size, time, basis_named(fields["basis"], f"{where}.basis"))


def basis_named(value: object, where: str) -> Basis:
    try:
        return Basis[str(value).upper()]
    except KeyError:
        raise MalformedRecord("nobody on whose word a time rests", where=where, found=str(value)[:40]) from None

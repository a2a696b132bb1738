"""A consortium of several operators on one chain, whose blocks are evidence and whose clock the test moves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import requests

from ledger.bundle.format import parse_trust
from ledger.chain.deploy import TokenPlan
from ledger.chain.rpc import RpcChain
from ledger.cli.demo.scribe import Scribe
from ledger.cli.sandbox import OPERATOR, Party, Trial, found_trial, open_for_business, open_trial
from ledger.codes import RegistryAction, Role
from ledger.common.canonical import canonical_json
from ledger.common.figure import to_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import FOREVER, Period
from ledger.network.routes import By
from ledger.records.signing import SignedRecord, SigningKey
from ledger.records.types import LOG_ONLY, Checkpoint, Outcome, RegistryChange
from ledger.registry.changes import change
from ledger.registry.enrolment import RoleRequest
from ledger.services.figures import award_files
from ledger.services.home.clock import ManualClock
from ledger.services.home.consortium import read_consortium
from ledger.services.home.settings import Settings, read_settings
from ledger.services.lifecycle.joining import join
from ledger.services.node.node import Node
from ledger.services.state.verified_records import VerifiedRecords
from ledger.shipments.gate_breaches import breaches
from ledger.store import log, openings, records
from tests.chain.conftest import start_anvil
from tests.e2e.stage import PURSE, ROLES, START, Stage, key_of, parties

NEWCOMER = 20


class ChainClock(ManualClock):
    """A clock that all operators share, and the chain: its blocks bear the time at which the test made them."""

    def __init__(self, start: int, url: str) -> None:
        super().__init__(start)
        self.url = url
        self._ask("anvil_setBlockTimestampInterval", 0)

    def move_to(self, moment: int) -> None:
        if moment == self.now():
            return
        super().move_to(moment)
        self._ask("evm_setNextBlockTimestamp", moment)
        self._ask("evm_mine")

    def _ask(self, method: str, *parameters: Any) -> None:
        question: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = requests.post(self.url, json=question, timeout=10).json()
        assert "error" not in answer, answer


@dataclass
class Seat(Stage):
    """One operator's side. While it is `away`, it takes records, and neither relays, publishes, anchors nor follows."""

    away: bool = False
    submitted: list[RecordId] = field(default_factory=list)

    def settle(self) -> None:
        if not self.away:
            self.node.settle()

    def submit(self, record: Any, *signers: int | SigningKey) -> RecordId:
        self.clock.advance(1)  # as between people
        self.submitted.append(super().submit(record, *signers))
        return self.submitted[-1]

    def copies(self) -> Iterator[SignedRecord]:
        """Every record of partners, with its opened parts, in log order: what they have of their own to hand in."""
        with self.node.home.database.read() as connection:
            for row in list(records.stream(connection)):
                if not isinstance(row.record, Checkpoint | Outcome | RegistryChange):
                    yield SignedRecord(openings.richest(connection, row), row.signature_list)

    def take(self, handed: list[SignedRecord], *, log_only: bool) -> None:
        """Take what partners hand in: opened parts of what the chain has, or what only logs have."""
        for signed in handed:
            if isinstance(signed.record, LOG_ONLY) == log_only:
                self.node.submission.submit(signed)
        self.settle()


@dataclass
class Network:
    """A chain and its clock, and the operator that founded the consortium; `join` adds another."""

    folder: Path
    clock: ChainClock
    first: Seat
    chain: Popen[str]
    """The process of the only node."""

    def settings(self, name: str) -> Settings:
        return settings_of(self.folder, self.clock, name)

    def join(self, name: str) -> Seat:
        """A further operator, its log registered by the council; it has what the chain has."""
        settings, trust = self.settings(name), read_consortium(self.first.node.home.settings.home).trust_file()
        with closing(RpcChain(settings.chain)) as chain:
            join(settings, chain, parse_trust(canonical_json(trust)), bytes.fromhex(trust["bonusPool"][2:]), demo=True)
        one = self.first.trial
        seat = self.seat(settings)
        one.admit([(Party(NEWCOMER, "Newcomer", key_of("newcomer")), "", [RoleRequest(Role.OPERATOR)])])
        anchor, log_id = seat.node.reader.keys.anchor.address, seat.node.home.consortium.log.log_id
        one.decide([change(0, RegistryAction.REGISTER_LOG, partner=NEWCOMER, key=anchor, scope=log_id)])
        seat.settle()
        return seat

    def seat(self, settings: Settings) -> Seat:
        """The operator of this home; close its node when done."""
        trial, cast = Trial(Node(settings, self.clock), self.first.trial.council), parties()
        trial.parties = cast
        return Seat(trial, self.clock, cast, Scribe(trial, cast))


def settings_of(folder: Path, clock: ChainClock, name: str) -> Settings:
    environment = {
        "LADING_HOME": str(folder / name),
        "LADING_CHAIN": clock.url,
        "LADING_ORIGIN": f"{name}.example/log",
    }
    return read_settings(environment)


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    """A consortium whose partners are admitted, and whose first operator's log is registered."""
    with start_anvil("--slots-in-an-epoch", "0", "--timestamp", str(START)) as anvil:
        clock = ChainClock(START, anvil.url)
        settings = settings_of(folder, clock, "first")
        found_trial(settings, clock, delay=0, token=TokenPlan("Stage Euro", "sEUR", PURSE.address, 10**10))
        trial = open_trial(settings, clock)
        cast = parties()
        open_for_business(trial, cast[OPERATOR])
        clock.advance(60)
        trial.admit([(cast[number], "", roles) for number, roles in ROLES.items()])
        clock.advance(60)
        trial.node.settle()
        trial.parties = cast
        with closing(trial.node):
            yield Network(folder, clock, Seat(trial, clock, cast, Scribe(trial, cast)), anvil.process)


# --- all figures ------------------------------------------------------------------------------------------------------

_OF_ONE_LOG = frozenset({"times"})
"""Checkpoints of the log that a figure was made from."""
_UNORDERED = frozenset({"evidence", "records", "raised", "lowered", "penalties"})
"""Listed in the order of a log, which is each operator's own."""
_ID = re.compile("0x[0-9a-f]{64}")
AWARDED = 10_000_00
"""What is shared out, in minor units."""
NO_NAMES: Mapping[str, str] = {}
Figures = dict[str, Any]


def figures(
    seat: Seat, at: int, scans: Sequence[str], agreement: RecordId | None = None, names: Mapping[str, str] = NO_NAMES
) -> Figures:
    """Every figure that an operator can make of its records, judged at `at`, by kind and, in it, by what it is of.

    `names` stand for ids, so that the same lives led twice can be compared.
    """
    reader, period = seat.node.reader, Period(0, FOREVER, at)
    numbers = reader.numbers
    journeys = numbers.journeys()
    children = [one for one in journeys.shipments() if one in journeys.origins]
    every = {
        "penalties": {to_hex(s.shipment): to_json(s) for s in numbers.penalties(at=at)},
        "children": {to_hex(one): to_json(numbers.penalty(one, at)) for one in children},
        "scorecards": {f"{c.partner} {c.role.name}": to_json(c) for c in numbers.scorecards(period=period)},
        "network": {
            f"{by} {name}": to_json(one) for by in (None, *By) for name, one in numbers.network(period, by).items()
        },
        "award": _award(seat, agreement) if agreement else {},
        **public_figures(seat, scans),
    }
    return {kind: comparable(value, names) for kind, value in every.items()}


def _award(seat: Seat, agreement: RecordId) -> dict[str, Any]:
    """What the whole log gives each party. Which part of it an award may count, each log says for itself."""
    reader = seat.node.reader
    with seat.node.home.database.read() as connection:
        verified = VerifiedRecords(connection, seat.node.home.consortium, reader.registry.refreshed(connection))
        size = log.head(connection).size
        award = award_files.computed(connection, verified, agreement, 1, AWARDED, size).award
    return {str(line.partner): to_json(line) for line in award.lines}


def public_figures(seat: Seat, scans: Sequence[str]) -> Figures:
    """What rests on no opened part: breaches of gates, and verdicts about products."""
    reader = seat.node.reader
    journeys = reader.numbers.journeys()
    return {
        "breaches": {
            to_hex(one): [[int(b.gate), to_hex(b.record.id), b.occurred_at] for b in breaches(journeys, one)]
            for one in journeys.shipments()
        },
        "verdicts": {path: _verdict(reader.products.look_up(path)) for path in scans},
    }


def _verdict(answer: dict[str, Any]) -> dict[str, Any]:
    why = [{"code": r["code"], "records": r["records"], "at": r["at"]} for r in answer["why"]]
    return {"verdict": answer["verdict"], "why": sorted(why, key=repr), "asks": answer["asks"]}


def comparable(value: Any, names: Mapping[str, str] = NO_NAMES, key: str = "") -> Any:
    """Without what belongs to one log alone."""
    if isinstance(value, dict):
        found = ((_named(k, names), comparable(v, names, k)) for k, v in value.items() if k not in _OF_ONE_LOG)
        return dict(sorted(found))
    if isinstance(value, list):
        result = [comparable(one, names) for one in value]
        return sorted(result, key=repr) if key in _UNORDERED else result
    return _named(value, names) if isinstance(value, str) else value


def _named(text: str, names: Mapping[str, str]) -> str:
    return _ID.sub(lambda found: names.get(found[0], found[0]), text)


def differences(one: Any, two: Any, where: str = "") -> dict[str, tuple[Any, Any]]:
    """What differs, by its path."""
    if isinstance(one, dict) and isinstance(two, dict):
        pairs: list[tuple[Any, Any, Any]] = [(k, one.get(k), two.get(k)) for k in sorted({*one, *two})]
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        pairs = [(i, *pair) for i, pair in enumerate(zip(one, two, strict=True))]
    else:
        return {} if one == two else {where: (one, two)}
    found: dict[str, tuple[Any, Any]] = {}
    for key, first, second in pairs:
        found |= differences(first, second, f"{where}/{key}")
    return found

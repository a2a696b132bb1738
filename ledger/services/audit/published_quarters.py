"""What was published of closed quarters, taken again from the records: a figure that differs was edited or invented."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ledger.common.json_fields import fields_of, hex_bytes
from ledger.common.periods import Period, quarter
from ledger.errors import LadingError, MalformedRecord
from ledger.log.cosignature import WitnessPolicy
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes, Evidence
from ledger.records.verification import VerifiedRecord
from ledger.scores.publication import PUBLISHED_AFTER
from ledger.services.audit.cosignatures import Cosigned
from ledger.services.audit.findings import Findings
from ledger.services.figures.publication import KEPT_AS
from ledger.services.figures.quarter import checkpoint_named, listed_times, open_parts, quarter_figures
from ledger.services.home.consortium import Consortium
from ledger.services.home.score_cards import measure_for
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.verified_records import VerifiedRecords
from ledger.store import rowwise
from ledger.store.database import Connection

_MISSHAPEN = (LadingError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class PublishedQuarters:
    """Takes quarters again from the audit's `copy`. `evidence`: what the audit found to hold of it."""

    def __init__(
        self,
        source: Connection,
        copy: Connection,
        consortium: Consortium,
        registry: CurrentRegistry,
        evidence: Evidence,
    ) -> None:
        self._source = source
        self._copy = copy
        self._consortium = consortium
        self._registry = registry
        self._evidence = evidence

    def check(self, cosigned: Cosigned, findings: Findings) -> None:
        """`cosigned`: all cosignatures that hold, by whomever the log asked."""
        asked = self._consortium.witness_policy
        for row in rowwise.stream(self._source, "meta"):
            name = str(row["name"])
            if not name.startswith(KEPT_AS):
                continue
            try:
                kept = json.loads(row["value"])
                title, period = quarter(int(name.removeprefix(KEPT_AS)), kept["period"]["end"])
                if name != f"{KEPT_AS}{period.start}":
                    raise MalformedRecord("another spelling of its first second", where="name", found=name)
                checkpoint = checkpoint_named(kept["taken"], "taken")
                listed = kept.get("from")  # what was published before this was listed is only noted where it differs
                if listed is not None:
                    fields_of(listed, "from", ("witnesses", "times", "parts"))
                times = list(self._evidence.times) if listed is None else listed_times(listed["times"], "from.times")
                parts = b"" if listed is None else hex_bytes(listed["parts"], "from.parts", 32)
                counted = asked if listed is None else self._witnesses_listed(name, listed["witnesses"], findings)
                self._check_evidence(period, checkpoint, times, cosigned.times(counted))
            except _MISSHAPEN as error:
                what = "the value was edited, or cosignatures or anchors that bear it out are gone"
                findings.add("", f"meta.{name}", "a published quarter", str(error), what)
                continue
            try:
                measure = measure_for(self._source, self._registry.now(), period.start)
                records = self._records(CheckpointTimes(times))
                wanted = quarter_figures(title, period, checkpoint, measure, records, CheckpointTimes(times))
                here = open_parts(self._copy, checkpoint.size)
            except LadingError as error:
                findings.note("", f"meta.{name}", "the same figures", str(error), "what it counted is not whole here")
                continue
            try:
                differing = list(_differing(json.loads(json.dumps(wanted)), kept))
            except _MISSHAPEN as error:
                findings.add("", f"meta.{name}", "a published quarter", str(error), "the value was edited")
                continue
            if here == parts:
                what = "the records give another published figure: it was edited, or never followed from them"
                for field, expected, found in differing:
                    findings.add("", f"meta.{name}.{field}", expected, found, what)
                continue
            what = "other private parts were open when this was published: it cannot be taken again"
            for field, expected, found in differing:
                findings.note("", f"meta.{name}.{field}", expected, found, what)
            if parts:
                findings.note("", f"meta.{name}.from.parts", here, parts, what)

    def _records(self, times: CheckpointTimes) -> Iterator[VerifiedRecord]:
        evidence = Evidence(times, self._evidence.block_time_counts)
        return VerifiedRecords(self._copy, self._consortium, self._registry.refreshed(self._copy), evidence).all()

    def _witnesses_listed(self, name: str, listed: object, findings: Findings) -> WitnessPolicy | None:
        """The policy that it counted by: a log may ask other witnesses since, which is noted."""
        policy = None if listed is None else WitnessPolicy.from_json(listed, "from.witnesses")
        asked = self._consortium.witness_policy
        if policy is not None and policy != asked:
            what = "it counts by other witnesses than the log asks now: were these the ones that were agreed on then?"
            now = "no witnesses" if asked is None else json.dumps(asked.to_json())
            findings.note("", f"meta.{name}.from.witnesses", now, json.dumps(listed), what)
        return policy

    def _check_evidence(
        self,
        period: Period,
        checkpoint: CheckpointTime,
        times: Sequence[CheckpointTime],
        cosigned: Sequence[CheckpointTime],
    ) -> None:
        """Raises `MalformedRecord` unless all evidence that it lists is there, and it was taken late enough by it."""
        if checkpoint.time < period.end + PUBLISHED_AFTER:
            raise MalformedRecord("taken too early", where="taken.time", found=checkpoint.time)
        if checkpoint.basis is not Basis.OPERATOR and checkpoint not in times:
            raise MalformedRecord("not among the evidence", where="taken", found=checkpoint.size)
        by_witnesses = CheckpointTimes(cosigned)
        for one in times:
            if not (by_witnesses if one.basis is Basis.WITNESSES else self._evidence.times).bears_out(one):
                raise MalformedRecord("nobody bears this time out", where="from.times", found=f"{one.size}, {one.time}")


def _differing(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    """The fields in which two published quarters differ: cards by partner and role, the others by name."""
    mine, theirs = _cards(expected), _cards(found)
    for key in sorted(mine.keys() | theirs.keys()):
        for name in sorted({*mine.get(key, {}), *theirs.get(key, {})}):
            one, other = mine.get(key, {}).get(name), theirs.get(key, {}).get(name)
            if _text(one) != _text(other):
                yield f"scores[{key}].{name}", one, other
    for name in sorted((expected.keys() | found.keys()) - {"scores", "from"}):
        if _text(expected.get(name)) != _text(found.get(name)):
            yield name, expected.get(name), found.get(name)


def _text(value: object) -> str:
    """As it is written: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def _cards(quarter: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By role and partner; raises `ValueError` where one has several."""
    cards = {f"{card['role']} {card['partner']}": card for card in quarter["scores"]}
    if len(cards) != len(quarter["scores"]):
        raise ValueError("several cards of one partner in one role")
    return cards

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
from ledger.store.checkpoints import signed_times
from ledger.store.database import Connection

_FROM = ("witnesses", "times", "parts")
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
                listed = fields_of(kept["from"], "from", _FROM)
                counted = self._witnesses_listed(name, listed["witnesses"], findings)
                times = self._evidence_listed(listed["times"], cosigned.times(counted))
                parts = hex_bytes(listed["parts"], "from.parts", 32)
                self._check_taken(period, checkpoint, times, by_operator=counted is None)
            except _MISSHAPEN as error:
                what = "the value was edited, or cosignatures or anchors that bear it out are gone"
                findings.add("", f"meta.{name}", "a published quarter", str(error), what)
                continue
            try:
                measure = measure_for(self._source, self._registry.now(), period.start)
                wanted = quarter_figures(title, period, checkpoint, measure, self._records(times), times)
                here = open_parts(self._copy, checkpoint.size)
            except LadingError as error:
                findings.note("", f"meta.{name}", "the same figures", str(error), "what it counted is not whole here")
                continue
            try:
                differing = list(_differing(json.loads(json.dumps(wanted)), kept))
            except _MISSHAPEN as error:
                findings.add("", f"meta.{name}", "a published quarter", str(error), "the value was edited")
                continue
            if list(times) != list(self._evidence.times.until(checkpoint.size)):
                what = "it counts without evidence that is here now: did that come in afterwards?"
                findings.note("", f"meta.{name}.from.times", "all evidence until then", "a part of it", what)
            if here == parts:
                written = json.dumps({**wanted, "from": {field: listed[field] for field in _FROM}})
                if not differing and row["value"] != written:
                    differing = [("", "as Lading writes it", "the same in another order, or spelt otherwise")]
                what = "the records give another published figure: it was edited, or never followed from them"
                for field, expected, found in differing:
                    findings.add("", f"meta.{name}.{field}".rstrip("."), expected, found, what)
                continue
            what = "other private parts were open when this was published: it cannot be taken again"
            for field, expected, found in differing:
                findings.note("", f"meta.{name}.{field}", expected, found, what)
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

    def _evidence_listed(self, value: object, cosigned: Sequence[CheckpointTime]) -> CheckpointTimes:
        """What it counts by; raises `MalformedRecord` unless all of it is there."""
        listed = listed_times(value, "from.times")
        by_witnesses, times = CheckpointTimes(cosigned), CheckpointTimes(listed)
        for one in listed:
            if not (by_witnesses if one.basis is Basis.WITNESSES else self._evidence.times).bears_out(one):
                raise MalformedRecord("nobody bears this time out", where="from.times", found=f"{one.size}, {one.time}")
        if list(times) != listed:
            raise MalformedRecord("times that say nothing, or in another order", where="from.times")
        return times

    def _check_taken(
        self, period: Period, checkpoint: CheckpointTime, times: CheckpointTimes, *, by_operator: bool
    ) -> None:
        """Raises `MalformedRecord` unless this was the first checkpoint that stood late enough, by the word of those
        who were asked.
        """
        stood = times
        if by_operator and not self._evidence.block_time_counts:
            signed = [CheckpointTime(*one, Basis.OPERATOR) for one in signed_times(self._source)]
            stood = CheckpointTimes(signed).until(checkpoint.size)
        first = stood.first_from(period.end + PUBLISHED_AFTER)
        if checkpoint != first:
            said = "none" if first is None else f"{first.size}, {first.time}, {first.basis.name.lower()}"
            found = f"{checkpoint.size}, {checkpoint.time}, {checkpoint.basis.name.lower()}"
            raise MalformedRecord("not the first that stood late enough", where="taken", expected=said, found=found)


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

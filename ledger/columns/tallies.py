"""Scores and penalties over many shipments: as `ledger.scores.tallies`, from columns and what is not plain.

What is global is reckoned here, over all shipments together, however they came: which deliveries are one sample,
records that count once a partner, the medians of offices and lanes, and flags.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple, cast

import numpy as np

from ledger.attested.numbers import Said
from ledger.codes import Role
from ledger.columns.arrays import Ints, id_codes, id_rows, narrow, runs, wide
from ledger.columns.attestations import Attested
from ledger.columns.clocks import Clocks
from ledger.columns.deliveries import Deliveries
from ledger.columns.others import Others, What
from ledger.columns.plain_columns import BOUND, PlainColumns
from ledger.columns.plain_samples import PlainSamples
from ledger.columns.rows import Reading, Samples, SampleTable, listed, samples, stacked
from ledger.common.ids import PartnerId, RecordId
from ledger.common.periods import Period
from ledger.penalties.amounts import Owed
from ledger.penalties.causes import LateCause
from ledger.scores.attested import NumberTally, interest_flags, number_tally
from ledger.scores.card import OF_ROLE, Card, Indicator, Weighted
from ledger.scores.composite import Counted, Scorecard, scorecard
from ledger.scores.estimate import Tally, doubled_median, mean_seconds, weigh_of
from ledger.scores.flags import FEWEST_ON_A_LANE, Seen, flags_of, is_padded
from ledger.scores.tender_flags import Tenders

TABLES = {role: (*{*indicators, Indicator.RECORDS},) for role, indicators in OF_ROLE.items()}
_SUPPLIED = Role.SUPPLIER, Indicator.ATTESTED


class ColumnTallies:
    """Everything about everybody in one period."""

    def __init__(self, columns: PlainColumns, others: Others, attested: Attested, period: Period) -> None:
        self.period = period
        self._columns, self._others, self._attested = columns, others, attested
        self._clocks = Clocks(columns)
        self._deliveries = Deliveries(self._clocks, others)
        self._groups: dict[str, int] = {"": 0}
        self._plain = PlainSamples(
            self._clocks, period, self._codes(columns.names.currency), self._codes(columns.names.office)
        )
        self._tenders = Tenders(others.tenders)
        self._tables: dict[What, SampleTable] = {}
        # Beyond this a sample's source is one that is not plain.
        self._base = max(len(columns.shipments), len(columns.handoffs), len(columns.holds))

    def _codes(self, names: tuple[str, ...]) -> Ints:
        return np.array([self._groups.setdefault(name, len(self._groups)) for name in names], np.int64)

    # --- scores --------------------------------------------------------------------------------------------

    def partners(self, role: Role) -> list[PartnerId]:
        """Everybody about whom something was due in this role, ascending."""
        due: set[int] = set()
        for indicator in OF_ROLE.get(role, ()):
            due |= self._table((role, indicator)).partners
        return sorted(map(PartnerId, due))

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """The score of `partner`; raises `NotFound` for a role that the card does not score."""
        weights = card.of(role)
        tallies = [self._tally(role, weighted, partner) for weighted in weights]
        numbers = self._counted(role, partner)
        seen = self._seen(role, partner, numbers)
        counted = Counted(
            samples=len(np.unique(self._deliveries.event[numbers])),
            shipments=seen.shipments,
            hidden=len(self._hidden_of(partner, role)),
            compared=bool(self._others.hidden),
            flags=(*flags_of(role, partner, seen, self._tenders), *interest_flags(tallies, seen.customers)),
        )
        return scorecard((role, partner), self.period, card, tallies, counted)

    def _tally(self, role: Role, weighted: Weighted, partner: int) -> Tally | NumberTally:
        indicator = weighted.indicator
        if not isinstance(indicator, Indicator):
            return number_tally(indicator, self._said.get(partner, ()))
        names = tuple(self._groups)
        own = self._table((role, indicator)).groups(partner)
        rows = dict(sorted(((names[group], rows) for group, rows in own.items()), key=itemgetter(0)))
        medians = {office: self._medians[office] for office in rows} if indicator is Indicator.OVER_MEDIAN else {}
        return Tally(indicator, rows, medians)

    @cached_property
    def _medians(self) -> dict[str, int]:
        """Twice the median of each office's samples, by which every broker's are judged."""
        offices: dict[int, list[int]] = {}
        for office, rows in self._table((Role.BROKER, Indicator.OVER_MEDIAN)).by_group():
            offices.setdefault(office, []).extend(mean_seconds(rows))
        names = tuple(self._groups)
        return {names[office]: doubled_median(seconds) for office, seconds in offices.items()}

    def _hidden_of(self, partner: int, role: Role) -> set[bytes]:
        """The shipments that may be any sample of this partner."""
        hidden = {shipment for shipment, concerned in self._others.hidden if partner in concerned}
        hidden |= self._closed(partner, role)
        return hidden | self._contents_closed.get(partner, set()) if role is Role.SUPPLIER else hidden

    def _closed(self, partner: int, role: Role) -> set[bytes]:
        """The shipments of a partner's samples of which a place is withheld."""
        if not len(self._deliveries.closed):
            return set()
        pieces = [
            rows.table.delivery[rows.start : rows.end]
            for indicator in TABLES[role]
            for rows in self._table((role, indicator)).groups(partner).values()
        ]
        if not pieces:
            return set()
        closed = np.intersect1d(np.concatenate(pieces), self._deliveries.closed).tolist()
        return {self._deliveries.delivery(number).shipment for number in closed}

    @cached_property
    def _said(self) -> dict[int, list[Said]]:
        """What is attested in numbers, by partner; every part has it all."""
        said: dict[int, list[Said]] = {}
        for one in {one.record: one for one in self._others.said}.values():
            said.setdefault(one.partner, []).append(one)
        return said

    @cached_property
    def _contents_closed(self) -> dict[int, set[bytes]]:
        closed: dict[int, set[bytes]] = {}
        for supplier, shipment in self._others.contents_closed:
            closed.setdefault(supplier, set()).add(shipment)
        return closed

    # --- samples -------------------------------------------------------------------------------------------

    def _table(self, what: What) -> SampleTable:
        if what not in self._tables:
            self._tables[what] = self._made(what)
        return self._tables[what]

    def _made(self, what: What) -> SampleTable:
        deliveries, others = self._deliveries, self._others.samples.get(what, [])
        rows = [
            (
                sample.partner,
                self._groups.setdefault(sample.group, len(self._groups)),
                deliveries.number_of(sample.delivery),
                sample.good,
                sample.due,
                self._base + i,
            )
            for i, (_, sample) in enumerate(others)
        ]
        counted = stacked([self._plain_samples(what), listed(rows)])
        if what[1] is Indicator.RECORDS:
            counted = self._once(counted, what)
        worst = {self._base + i: sample.worst for i, (_, sample) in enumerate(others) if sample.worst is not None}
        reading = Reading(deliveries.place, self._reader(what), deliveries.delivery, worst)
        return SampleTable(counted, deliveries.event, deliveries.packages, weigh_of(what[1]), reading)

    def _plain_samples(self, what: What) -> Samples:
        if what == _SUPPLIED:
            rows = self._attested.rows
            return samples(self._columns.shipments["consignor"][rows], rows, self._attested.good, 1, rows)
        return self._plain.of(what) or listed([])

    def _reader(self, what: What) -> Callable[[Ints], list[tuple[RecordId, ...]]]:
        others, base = self._others.samples.get(what, []), self._base

        def plain(sources: Ints) -> list[tuple[RecordId, ...]]:
            if what != _SUPPLIED:
                return self._plain.records_of(what, sources)
            proofs = map(self._attested.proofs.__getitem__, sources.tolist())
            return [(terms, *own) for terms, own in zip(self._columns.shipments.id_list(sources), proofs, strict=True)]

        def records(sources: Ints) -> list[tuple[RecordId, ...]]:
            own = iter(plain(sources[sources < base]))
            return [next(own) if source < base else others[source - base][1].records for source in sources.tolist()]

        return records

    def _once(self, counted: Samples, what: What) -> Samples:
        """A record of several lines counts once a partner: with the first shipment, in the chain's order, of all."""
        others, source, records = self._others.samples.get(what, []), counted.source, self._columns.records
        plain = np.flatnonzero(source < self._base)
        plain = plain[records["lines"][self._clocks.record[source[plain]]] > 1]
        general = np.flatnonzero(source >= self._base)
        general = general[np.array([bool(others[i][1].once) for i in source[general] - self._base], np.bool_)]
        ids = [
            records.ids[self._clocks.record[source[plain]]],
            id_rows(others[i][1].once for i in source[general] - self._base),
        ]
        rows, code = np.concatenate([plain, general]), id_codes(np.concatenate(ids))
        keys = code, counted.partner[rows]
        order = np.lexsort((source[rows], self._deliveries.place[counted.delivery[rows]], *keys))
        kept = np.ones(len(source), np.bool_)
        kept[rows] = False
        kept[rows[order[runs(*(key[order] for key in keys))]]] = True
        return Samples(*(column[kept] for column in counted))

    # --- flags ---------------------------------------------------------------------------------------------

    def _counted(self, role: Role, partner: int) -> Ints:
        """The deliveries of all samples of a partner but for records."""
        pieces = [
            rows.table.delivery[rows.start : rows.end]
            for indicator in TABLES[role]
            if indicator is not Indicator.RECORDS
            for rows in self._table((role, indicator)).groups(partner).values()
        ]
        return wide(np.unique(np.concatenate(pieces))) if pieces else np.zeros(0, np.int64)

    def _seen(self, role: Role, partner: int, numbers: Ints) -> Seen:
        deliveries = self._deliveries
        shipments = np.unique(deliveries.shipment[numbers])
        plain = shipments[: np.searchsorted(shipments, deliveries.plain)]
        first = deliveries.plain + deliveries.holds
        others = {one.shipment: one for one in (deliveries.objects[n - first] for n in numbers[numbers >= first])}
        customers = self._customers[role][plain]
        names, counts = np.unique(customers, return_counts=True)
        theirs = Counter(dict(zip(names.tolist(), counts.tolist(), strict=True)))
        parted = {(deliveries.customer(role, one), one.terms) for one in others.values()}
        theirs.update(customer for customer, _ in parted)

        def opened(customer: int) -> Iterator[RecordId]:
            yield from self._columns.shipments.id_list(plain[customers == customer])
            yield from (terms for of, terms in parted if of == customer)

        excused = [one for one in others.values() if one.holds]
        padded = set(self._columns.shipments.id_list(plain[self._padded.plain[plain]]))
        records = self._table((role, Indicator.RECORDS)).groups(partner).get(0)
        return Seen(
            customers=theirs,
            opened=opened,
            padded=padded | {terms for _, terms in parted if terms in self._padded.others},
            excused=int(deliveries.excused[plain].sum()) + sum(one.excused for one in excused),
            on_word=sum(one.on_word for one in excused),
            word=(record for one in excused for record in one.word),
            holds=int((deliveries.excused[plain] > 0).sum()) + sum(one.holds for one in excused),
            told_late={*deliveries.told_late(plain), *(record for one in excused for record in one.told_late)},
            records=records,
        )

    @cached_property
    def _customers(self) -> dict[Role, Ints]:
        return {role: narrow(self._deliveries.customers(role)) for role in TABLES}

    @cached_property
    def _padded(self) -> "_Padded":
        """Whose promise took over one and a half times the median of its lane, where one is usual."""
        shipments, lanes = self._columns.shipments, self._columns.names.lane
        promised, seconds = shipments["promised"], shipments["promised"] - shipments["known"]
        within = (promised >= self.period.start) & (promised < min(self.period.end, 2**62)) & (seconds > 0)
        rows = np.flatnonzero(within)
        code = {lane: i for i, lane in enumerate(lanes)}
        promises = self._others.promises
        others = np.array([code.setdefault(one.lane, len(code)) for one in promises], np.int64)
        lane = np.concatenate([shipments["lane"][rows], others])
        spans = np.concatenate([seconds[rows], np.array([one.seconds for one in promises], np.int64)])
        order = np.lexsort((spans, lane))
        starts = runs(lane[order])
        padded = np.zeros(len(spans), np.bool_)
        for start, end in pairwise([*starts.tolist(), len(order)]):
            if end - start >= FEWEST_ON_A_LANE:
                own = order[start:end]
                usual = doubled_median(spans[own[(end - start - 1) // 2 : (end - start) // 2 + 1]].tolist())
                padded[own] = is_padded(cast(Any, spans[own]), usual)
        plain = np.zeros(len(shipments), np.bool_)
        plain[rows] = padded[: len(rows)]
        told = frozenset(one.terms for one, is_one in zip(promises, padded[len(rows) :], strict=True) if is_one)
        return _Padded(plain, told)

    # --- penalties -----------------------------------------------------------------------------------------

    @property
    def owed(self) -> list[Owed]:
        """What falls on each shipment, in the chain's order."""
        places, others = self._deliveries.places, self._others.owed
        rows = np.argsort(places[: self._deliveries.plain])
        if not others:
            return list(self.owed_of(rows))
        numbers = np.array([self._deliveries.plain + number for number, _ in others], np.int64)
        every = [*self.owed_of(rows), *(one for _, one in others)]
        order = np.argsort(np.concatenate([places[rows], places[numbers]]), kind="stable")
        return list(map(every.__getitem__, order.tolist()))

    def owed_by(self, parties: Ints) -> Iterator[tuple[Owed, Callable[[], tuple[RecordId, ...]]]]:
        """What some partners owe, in the chain's order, each with what gives its evidence. Raises `KeyError` for
        evidence that was not asked for when the parts were read.
        """
        places = self._deliveries.places
        rows = np.flatnonzero(np.isin(self._columns.shipments["liable"], parties))
        found: list[tuple[int, Owed, Callable[[], tuple[RecordId, ...]]]] = [
            (int(places[row]), one, partial(self._evidence_of, int(row)))
            for row, one in zip(rows, self.owed_of(rows), strict=True)
        ]
        wanted = set(parties.tolist())
        for number, one in self._others.owed:
            if one.liable in wanted:
                told = partial(self._others.evidence.__getitem__, one.shipment)
                found.append((int(places[self._deliveries.plain + number]), one, told))
        for _, one, evidence in sorted(found, key=itemgetter(0)):
            yield one, evidence

    def _evidence_of(self, row: int) -> tuple[RecordId, ...]:
        """Every record that the penalty of a plain shipment rests on, in log order."""
        columns, clocks = self._columns, self._clocks
        records = clocks.record[clocks.starts[row] : clocks.ends[row]]
        endorsed = self._endorsements.get(row, ())
        used = [
            (int(columns.shipments.columns["leaf"][row]), columns.shipments.id(row)),
            *((int(columns.endorsements.columns["leaf"][one]), columns.endorsements.id(one)) for one in endorsed),
            *zip(columns.records.columns["leaf"][records].tolist(), columns.records.id_list(records), strict=True),
        ]
        hold, holds = self._deliveries.hold_of(row), columns.holds
        if hold is not None:
            names = ("first_leaf", "held_leaf", "released_leaf")
            said = [(int(holds.columns[name][hold]), holds.id(hold, i)) for i, name in enumerate(names)]
            used += said if holds.columns["presented"][hold] else said[1:]
        return tuple(dict.fromkeys(record for _, record in sorted(used, key=itemgetter(0))))

    @cached_property
    def _endorsements(self) -> dict[int, list[int]]:
        """By shipment, those of its terms by who is liable."""
        result: dict[int, list[int]] = {}
        for number, row in enumerate(self._columns.endorsements["shipment"].tolist()):
            result.setdefault(row, []).append(number)
        return result

    def owed_of(self, rows: Ints) -> Iterator[Owed]:
        """What falls on some plain shipments."""
        accrued, shipments = self._clocks.accrued(), self._columns.shipments
        names = "liable", "beneficiary", "currency", "cap", "marks"
        columns = [shipments[name][rows].tolist() for name in names]
        times = self._clocks.promised_at[rows].tolist(), self._clocks.delivered[rows].tolist(), accrued[rows].tolist()
        uncapped = self._clocks.uncapped(rows, accrued)
        currencies = self._columns.names.currency
        for name, liable, to, currency, cap, marks, promised, delivered, late, whole in zip(
            shipments.id_list(rows), *columns, *times, uncapped, strict=True
        ):
            amount, indicative = (min(cap, whole)), not marks & BOUND
            yield Owed(
                name, liable, to, currencies[currency], promised, delivered, late, whole, amount, amount, 0, indicative,
                True, LateCause.DELIVERED,
            )  # fmt: skip


class _Padded(NamedTuple):
    """Plain shipments by row, and the terms of others."""

    plain: Ints
    others: frozenset[RecordId]

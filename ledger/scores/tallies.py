"""Everything that journeys say about everybody in a period, added up for scores."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ledger.attested.numbers import said_about
from ledger.codes import Role
from ledger.common.ids import PartnerId
from ledger.common.periods import Period
from ledger.penalties.amounts import Owed, of_plain, of_statement
from ledger.penalties.fast_path import plain
from ledger.scores.attested import NumberTally, interest_flags, judged_at, number_tally
from ledger.scores.card import OF_ROLE, Card, Indicator, Weighted
from ledger.scores.composite import Counted, Scorecard, scorecard
from ledger.scores.counters import Book, Books
from ledger.scores.estimate import Tally, doubled_median, mean_seconds
from ledger.scores.fast_path import count_plain
from ledger.scores.flags import Usual, UsualPromises, flags_of, promises_of, seen_in
from ledger.scores.hidden import concerned_by, contents_closed_of
from ledger.scores.indicators import known_samples
from ledger.scores.samples import Sample, case_of
from ledger.scores.tender_flags import Tendered, Tenders, tendered
from ledger.shipments.history import Journeys


class Tallies:
    """Everything that the journeys say about everybody in one period; each journey is read once."""

    def __init__(
        self,
        journeys: Journeys,
        period: Period,
        *,
        shortcut: bool = True,
        penalties: bool = False,
        samples: Iterable[Sample] | None = None,
        hidden: Sequence[bytes] = (),
        left_out: Collection[bytes] = (),
        at_best: bool = False,
        seen: tuple[Usual, Iterable[Tendered]] | None = None,
    ) -> None:
        """`shortcut`: plain journeys are counted the short way (`ledger.penalties.fast_path`), which gives the same.

        With `penalties`, `owed` holds what falls on each shipment at the period's `at`, from the same pass; together
        that is what `ledger.penalties.amounts.all_owed` gives. `samples`, in the order of their shipments, and `hidden`
        were taken before: then nothing is read again. Shipments that are `left_out` count for nobody. `at_best`: each
        sample is at its `best`. `seen`: what is usual on each lane and all tenders of the period, where they are known.
        """
        self.period = period
        self.hidden = list(hidden)
        """Shipments of which a part is withheld here, so that nothing is known about them."""
        self._journeys = journeys
        self.owed: list[Owed] = []
        self._books = Books()
        usual, tenders = seen or (UsualPromises(promises_of(journeys, period)), tendered(journeys, period))
        self._usual: Usual = usual
        self._tenders = Tenders(tenders)
        for sample in self._read(journeys, shortcut, penalties, left_out) if samples is None else samples:
            self._books.add(sample if sample.best is None or not at_best else sample._replace(good=sample.best))
        self._medians = self._office_medians()

    def _read(self, journeys: Journeys, shortcut: bool, penalties: bool, but: Collection[bytes]) -> Iterator[Sample]:
        for shipment in (known for known in journeys.shipments() if known not in but):
            result = plain(journeys, shipment) if shortcut else None
            if result is not None and count_plain(result, journeys, self.period, self._books):
                if penalties:
                    self.owed.append(of_plain(shipment, result))
                continue
            case = case_of(journeys, shipment, self.period)
            if case is not None and penalties:
                self.owed.append(of_statement(case.statement))
            samples = None if case is None else known_samples(case)
            if samples is None:
                self.hidden.append(shipment)
            else:
                yield from samples

    def partners(self, role: Role) -> list[PartnerId]:
        """Everybody about whom something was due in this role, ascending."""
        scored = {indicator.value for indicator in OF_ROLE.get(role, ())}
        return sorted(
            PartnerId(partner)
            for partner, book in self._books.shelves.get(role, {}).items()
            if any(name in scored for name, _ in book)
        )

    def score(self, partner: int, role: Role, card: Card) -> Scorecard:
        """The score of `partner`; raises `NotFound` for a role that the card does not score."""
        weights = card.of(role)
        book = self._books.shelves[role].get(partner, Book())
        tallies = [self._tally(weighted, partner, book) for weighted in weights]
        seen = seen_in(role, book, self._usual)
        counted = Counted(
            samples=len(book.events),
            shipments=seen.shipments,
            hidden=len(self._hidden_of(partner, role, book)),
            compared=bool(self.hidden),
            flags=(*flags_of(role, partner, seen, self._tenders), *interest_flags(tallies, seen.customers)),
        )
        return scorecard((role, partner), self.period, card, tallies, counted)

    def _hidden_of(self, partner: int, role: Role, book: Book) -> set[bytes]:
        """The shipments that may be any sample of this partner: hidden here, or a part of them that decides it is."""
        hidden = {
            shipment for shipment in self.hidden if partner in concerned_by(self._journeys, shipment)
        } | book.closed
        return hidden | contents_closed_of(self._journeys, partner) if role is Role.SUPPLIER else hidden

    def _tally(self, weighted: Weighted, partner: int, book: Book) -> Tally | NumberTally:
        indicator = weighted.indicator
        if not isinstance(indicator, Indicator):
            return number_tally(indicator, said_about(self._journeys, partner, judged_at(self.period)))
        groups = book.groups(indicator)
        medians = {office: self._medians[office] for office in groups} if indicator is Indicator.OVER_MEDIAN else {}
        return Tally(indicator, groups, medians)

    def _office_medians(self) -> dict[str, int]:
        """Twice the median of each office's samples, by which every broker's are judged."""
        offices: dict[str, list[int]] = {}
        for book in self._books.shelves[Role.BROKER].values():
            for office, rows in book.groups(Indicator.OVER_MEDIAN).items():
                offices.setdefault(office, []).extend(mean_seconds(rows))
        return {office: doubled_median(seconds) for office, seconds in offices.items()}


def score_of(partner: int, role: Role, journeys: Journeys, card: Card, period: Period) -> Scorecard:
    """The score of one partner. For many, make `Tallies` once and ask it for each."""
    return Tallies(journeys, period).score(partner, role, card)

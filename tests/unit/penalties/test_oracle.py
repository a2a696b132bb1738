"""Thousands of random journeys, judged a second time by an oracle that knows neither portions nor intervals.

The oracle follows every single package and counts every single second. It is fed by the generator, not by the records,
and shares no code with the rules it checks.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, cast

from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, Purpose, Regime, StatementKind
from ledger.penalties.statement import penalties, penalty_of
from ledger.records.shipment_ids import child_id
from ledger.records.types import REMAINDER_INDEX
from ledger.shipments.history import Journeys
from ledger.shipments.tenders import LOCKER as LOCKER_ROLE
from tests.unit.history import BROKER, CARRIER, DAY, LOCKER, MAKER, SECOND, SHOP, History

THIRD = 9
HANDLERS = (CARRIER, SECOND, THIRD)
START = 100
PAIRS = ((b"US", Regime.IMPORT), (b"MX", Regime.EXPORT))


@dataclass
class Customs:
    """What customs said about one package: (jurisdiction, regime, status, second, caused by, counts), of which shipment
    it was said, how many names the package had borne until then, and how many splits deep that shipment is.
    """

    pair: tuple[bytes, Regime]
    status: int
    second: int
    caused_by: int = 0
    counts: bool = True
    shipment: bytes = b""
    generation: int = 0
    depth: int = 0
    after_split: bool = False


@dataclass
class Parcel:
    """One package. `spells`: (holder, in, due, handoff); `stops`: (depth of splits, counted second); `parted`: the
    names that it bore before, each with the second in which it got another, that name's depth of splits, and whether
    a split ended it.
    """

    units: list[bytes]
    parted: list[tuple[bytes, int, int, bool]] = field(default_factory=list)
    customs: list[Customs] = field(default_factory=list)
    spells: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    stops: list[tuple[int, int]] = field(default_factory=list)
    ended: bool = False


@dataclass
class Pile:
    shipment: bytes
    holder: int
    parcels: list[Parcel]
    open: bool = True
    visited: tuple[int, ...] = ()
    tenders: list[tuple[int, int, int, list[Parcel]]] = field(default_factory=list)


class Tale:
    """A random journey, told to the ledger (`history`) and to the oracle (`parcels`) at the same time."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        dice = self.dice
        self.history = self.new_history(seed)
        self.now = START
        self.count = dice.randint(1, 6)
        self.terms: dict[str, int] = {
            "promisedAt": START + dice.randint(1, 25),
            "grace": dice.choice((0, 0, 3)),
            "alpha": dice.choice((DAY * DAY, DAY * DAY * 7 // 3, 123456789012)),
            "penaltyCap": dice.choice((10**6, 200, 50)),
            "lostAfter": dice.choice((10, 30, 1000)),
            "tenderWindow": dice.choice((4, 10)),
            "reportLag": dice.choice((0, 2, 100)),
            "liable": dice.choice((CARRIER, SECOND, MAKER)),
        }
        self.shipment = self.history.terms(known=START, packages=self.count, **cast("dict[str, Any]", self.terms))
        self.bound = self.terms["liable"] in (MAKER, CARRIER)
        self.relief: set[int] = set()
        self.relief_seconds = 0
        self.newest = bytes(32)
        self.parcels = [Parcel([self.shipment]) for _ in range(self.count)]
        self.piles = [Pile(self.shipment, CARRIER, list(self.parcels), visited=(CARRIER,))]
        for _ in range(dice.randint(1, 14)):
            self.now += dice.randint(0, 6)
            self.step()

    def new_history(self, seed: int) -> History:  # noqa: ARG002 - tales that are lived tell themselves apart by it
        return History()

    def counted(self, claimed: int, known: int) -> int:
        return max(claimed, known - self.terms["reportLag"])

    def step(self) -> None:
        dice = self.dice
        pile = dice.choice(self.piles)
        actions = [self.customs, self.customs]
        if pile.open:
            actions += [self.move, self.move, self.move, self.deliver, self.refuse, self.tender, self.locker]
            actions += [self.split] if dice.random() < 0.5 else []
            actions += [self.lose, self.override] if dice.random() < 0.3 else []
            actions += [self.onward] if dice.random() < 0.3 else []
        if pile.tenders:
            actions.append(self.contest)
        if dice.random() < 0.3:
            actions += [self.relieve, self.renegotiate]
        dice.choice(actions)(pile)

    def move(self, pile: Pile, receiver: int | None = None, roles: int = 0, stops: bool = False) -> None:
        dice = self.dice
        if receiver is None:
            receiver = dice.choice([h for h in HANDLERS if h != pile.holder])
        claimed = self.now - dice.choice((0, 0, 1, 4))
        due = dice.choice((0, self.now + dice.randint(1, 15)))
        held = len(pile.parcels)
        taken = dice.randint(1, held) if dice.random() < 0.3 else held
        at = self.counted(claimed, self.now)
        sequence = self.history.sequences.get(pile.shipment, 0)
        record = self.history.handoff(
            pile.shipment,
            pile.holder,
            receiver,
            claimed,
            known=self.now,
            packages=taken,
            exceptions=1 if taken < held else 0,
            due=due,
            receiver_roles=roles,
        )
        left = pile.parcels[taken:]
        pile.parcels = pile.parcels[:taken]
        for parcel in pile.parcels:
            parcel.spells.append((receiver, at, due, record.id))
            if stops:
                parcel.stops.append((len(parcel.units) - 1, at))
        if left:
            for parcel in left:
                part(parcel, pile.shipment, claimed, split=False)
            name = child_id(pile.shipment, sequence, REMAINDER_INDEX)
            self.piles.append(Pile(name, pile.holder, left, visited=pile.visited))
        pile.holder = receiver
        pile.visited += (receiver,)

    def deliver(self, pile: Pile) -> None:
        self.move(pile, SHOP, stops=True)
        pile.open = False

    def refuse(self, pile: Pile) -> None:
        claimed = self.now - self.dice.choice((0, 2))
        self.history.handoff(pile.shipment, pile.holder, SHOP, claimed, known=self.now, packages=0)
        for parcel in pile.parcels:
            parcel.stops.append((len(parcel.units) - 1, self.counted(claimed, self.now)))

    def locker(self, pile: Pile) -> None:
        """The locker ends this tale of the goods, or their consignee fetches them there."""
        self.move(pile, LOCKER, LOCKER_ROLE, stops=True)
        if self.dice.random() < 0.5:
            self.now += 1
            self.deliver(pile)
        for other in self.piles:
            other.open = other.open and other.holder != LOCKER

    def tender(self, pile: Pile) -> None:
        claimed = self.now - self.dice.choice((0, 3))
        sequence = self.history.sequences.get(pile.shipment, 0)
        self.history.statement(
            StatementKind.TENDER, pile.shipment, pile.holder, claimed, counterparty=SHOP, known=self.now
        )
        pile.tenders.append((self.now, self.counted(claimed, self.now), sequence, list(pile.parcels)))
        for parcel in pile.parcels:
            parcel.stops.append((len(parcel.units) - 1, self.counted(claimed, self.now)))

    def contest(self, pile: Pile) -> None:
        sequence = self.dice.choice(pile.tenders)[2]
        self.history.statement(StatementKind.CONTEST, pile.shipment, SHOP, self.now, sequence=sequence)
        for known, at, tendered, parcels in list(pile.tenders):
            if tendered == sequence and self.now - known <= self.terms["tenderWindow"]:
                pile.tenders.remove((known, at, tendered, parcels))
                for parcel in parcels:
                    depth = max(d for d in range(len(parcel.units)) if (d, at) in parcel.stops)
                    parcel.stops.remove((depth, at))

    def lose(self, pile: Pile) -> None:
        kind = self.dice.choice((StatementKind.LOST, StatementKind.SOLD, StatementKind.LEFT))
        self.history.statement(kind, pile.shipment, pile.holder, self.now)
        pile.open = False
        for parcel in pile.parcels:
            parcel.ended = True

    def override(self, pile: Pile) -> None:
        """The council moves the goods: a leg ends, and nothing is delivered."""
        receiver = self.dice.choice([h for h in HANDLERS if h != pile.holder])
        record = self.history.override(pile.shipment, pile.holder, receiver, self.now, len(pile.parcels))
        for parcel in pile.parcels:
            parcel.spells.append((receiver, self.now, 0, record.id))
        pile.holder = receiver
        pile.visited += (receiver,)

    def relieve(self, pile: Pile) -> None:  # noqa: ARG002 - of all goods under the terms
        """Relief for spells of time and for so many seconds; it replaces the relief before."""
        dice = self.dice
        starts = [dice.randint(START, self.now + 5) for _ in range(dice.randint(0, 2))]
        periods = [{"from": start, "until": start + dice.randint(1, 12)} for start in starts]
        seconds = dice.randint(0, 4)
        self.amend(AmendmentKind.RELIEF, {"periods": periods, "seconds": seconds})
        self.relief = {second for span in periods for second in range(span["from"], span["until"])}
        self.relief_seconds = seconds

    def renegotiate(self, pile: Pile) -> None:  # noqa: ARG002 - the same
        """New terms: what is not named stays, and the newest holds from the beginning."""
        dice = self.dice
        offers = {
            "promisedAt": self.terms["promisedAt"] + dice.randint(-3, 12),
            "grace": dice.choice((0, 2, 5)),
            "alpha": dice.choice((DAY * DAY * 3, 987654321012)),
            "penaltyCap": dice.choice((80, 10**5)),
            "lostAfter": dice.choice((8, 400)),
        }
        chosen = {name: offers[name] for name in dice.sample(sorted(offers), dice.randint(1, 3))}
        self.amend(AmendmentKind.TERMS, {"commercial": as_json(chosen)})
        self.terms |= chosen

    def amend(self, kind: AmendmentKind, changes: dict[str, Any]) -> None:
        """All who signed the terms sign, with who is liable and to whom; new terms bind whoever signs them."""
        signers = tuple(dict.fromkeys((MAKER, CARRIER, self.terms["liable"], SHOP)))
        self.newest = self.history.amend(self.shipment, kind, changes, signers, self.now, self.newest).id
        self.bound = self.bound or kind == AmendmentKind.TERMS

    def onward(self, pile: Pile) -> None:
        self.history.terms(known=self.now, parents=[pile.shipment], purpose=Purpose.ONWARD, promisedAt=10**6)
        pile.open = False
        for parcel in pile.parcels:
            parcel.stops.append((len(parcel.units) - 1, self.now))

    def split(self, pile: Pile) -> None:
        if len(pile.parcels) < 2:
            return
        cut = self.dice.randint(1, len(pile.parcels) - 1)
        groups = [pile.parcels[:cut], pile.parcels[cut:]]
        names = self.history.split(pile.shipment, pile.holder, self.now, [len(group) for group in groups])
        pile.open = False
        for name, group in zip(names, groups, strict=True):
            for parcel in group:
                part(parcel, pile.shipment, self.now, split=True)
                parcel.units.append(name)
            self.piles.append(Pile(name, pile.holder, group, visited=pile.visited))
        pile.parcels = []

    def customs(self, pile: Pile) -> None:
        """Customs say something, now and then late or of a time that they correct afterwards."""
        dice = self.dice
        status = dice.choice(
            (ClearanceStatus.HELD, ClearanceStatus.HELD, ClearanceStatus.RELEASED, ClearanceStatus.PRESENTED)
        )
        pair = dice.choice(PAIRS)
        caused_by = dice.choice((0, BROKER, CARRIER, SECOND)) if status == ClearanceStatus.HELD else 0
        word = status == ClearanceStatus.HELD and dice.random() < 0.3
        endorsed = word and dice.random() < 0.5
        claimed = self.now - dice.choice((0, 0, 0, 0, 1, 3, 8))
        record = self.history.clearance(
            status,
            pile.shipment,
            claimed,
            known=self.now,
            caused_by=caused_by,
            assurance=Assurance.BROKER_WORD if word else Assurance.CUSTOMS_MESSAGE,
            jurisdiction=pair[0],
            regime=pair[1],
        )
        if endorsed:
            self.history.endorse(record.id, SHOP, self.now)
        if dice.random() < 0.1:
            claimed = self.now - dice.choice((0, 2, 5, 12))
            self.history.amend(record.id, AmendmentKind.CORRECTION, {"occurredAt": claimed}, record.signers, self.now)
        said = Customs(pair, status, claimed, caused_by, endorsed or not word, pile.shipment)
        for parcel in pile.parcels:
            parcel.customs.append(replace(said, generation=len(parcel.parted), depth=len(parcel.units) - 1))
        # It also holds for goods that have gone under another name since, if it was so before they parted. What is said
        # of a shipment after its split holds for no child; it matters where the clock had stopped before.
        for parcel in self.parcels:
            for generation, (name, parted_at, depth, split) in enumerate(parcel.parted):
                after = claimed >= parted_at
                if name == pile.shipment and (split or not after):
                    parcel.customs.append(replace(said, generation=generation, depth=depth, after_split=after))


def as_json(terms: dict[str, int]) -> dict[str, Any]:
    """As records have it in JSON: amounts are decimal strings."""
    return {name: str(value) if name in ("alpha", "penaltyCap") else value for name, value in terms.items()}


def part(parcel: Parcel, name: bytes, second: int, split: bool) -> None:
    """A package leaves the shipment `name`: what customs said of it until then stays true of the package."""
    if not split:
        parcel.customs = [said for said in parcel.customs if said.shipment != name or said.second <= second]
    parcel.parted.append((name, second, len(parcel.units) - 1, split))


# --- the oracle ---


@dataclass
class Judgement:
    unit: bytes
    late: int
    until: int
    excused: set[int]
    all_held: set[int]


def judge(parcel: Parcel, tale: Tale, at: int | None) -> Judgement:
    """One package, second by second."""
    t0 = tale.terms["promisedAt"] + tale.terms["grace"]
    depths = sorted({depth for depth, _ in parcel.stops})
    unit = parcel.units[depths[0]] if depths else parcel.units[-1]
    # What happened after the goods were split is the children's story, and here the parent's clock had stopped.
    deepest = depths[0] if depths else len(parcel.units)
    said = [c for c in parcel.customs if c.depth == deepest or (c.depth < deepest and not c.after_split)]
    parcel = replace(parcel, customs=said)
    if depths:
        until = min(second for depth, second in parcel.stops if depth == depths[0])
    elif at is not None:
        until = at
    else:
        until = t0 + tale.terms["lostAfter"] if parcel.ended else t0
    until = min(until, t0 + tale.terms["lostAfter"])
    excused, held = set(), set()
    for second in range(START, until):
        causes = held_by(parcel, second)
        if causes:
            held.add(second)
        if causes - {tale.terms["liable"]}:
            excused.add(second)
    relieved = {second for second in tale.relief if second < until}
    late = max(0, until - t0 - len(excused | relieved) - tale.relief_seconds)
    return Judgement(unit, late, until, excused | relieved, held)


def held_by(parcel: Parcel, second: int) -> set[int]:
    """Who caused the holds under which the package stood during this second."""
    causes: set[int] = set()
    for pair in PAIRS:
        said = sorted(
            (entry for entry in parcel.customs if entry.pair == pair), key=lambda said: (said.second, said.generation)
        )
        presented = min((e.second for e in said if e.status == ClearanceStatus.PRESENTED), default=0)
        if second < presented:
            continue
        standing: set[int] = set()
        for entry in said:
            if entry.second > second:
                break
            if entry.status == ClearanceStatus.HELD and entry.counts:
                standing.add(entry.caused_by)
            elif entry.status == ClearanceStatus.RELEASED:
                standing.clear()
        causes |= standing
    return causes


def overruns(parcel: Parcel, judged: Judgement, liable: int) -> list[tuple[int, int]]:
    """(partner, seconds beyond its deadline) of each leg of one package, in order."""
    found = []
    for i, (partner, came, due, _) in enumerate(parcel.spells):
        if not due or partner == SHOP or came > judged.until:
            continue
        gone = parcel.spells[i + 1][1] if i + 1 < len(parcel.spells) else judged.until
        gone = max(came, min(gone, judged.until))
        net = judged.excused if partner == liable else judged.excused | judged.all_held
        found.append((partner, max(0, gone - due - sum(1 for s in range(came, gone) if s in net))))
    return found


def check(seed: int) -> tuple[int, int]:
    tale = Tale(seed)
    at = tale.dice.choice((None, tale.now, tale.now + 15, tale.now + 60))
    journeys = Journeys(tale.history.records)
    shuffled = tale.dice.sample(tale.history.records, len(tale.history.records))
    units: dict[bytes, list[tuple[Parcel, Judgement]]] = defaultdict(list)
    for parcel in tale.parcels:
        judged = judge(parcel, tale, at)
        units[judged.unit].append((parcel, judged))
    statements = {s.shipment: s for s in penalties(journeys, at)}
    compared = late = 0
    for shipment in {unit for parcel in tale.parcels for unit in parcel.units}:
        statement = statements[shipment]
        mine = units.get(shipment, [])
        worth = sum(judged.late**2 for _, judged in mine)
        uncapped = tale.terms["alpha"] * worth // (tale.count * DAY * DAY)
        inside = sum(1 for parcel in tale.parcels if shipment in parcel.units)
        cap = tale.terms["penaltyCap"] * opened_with(tale, shipment, inside) // tale.count
        assert statement.uncapped == uncapped, (seed, at)
        assert statement.amount == min(uncapped, cap), (seed, at)
        assert statement.late_seconds == max((judged.late for _, judged in mine), default=0), (seed, at)
        assert statement.indicative != tale.bound, (seed, at)
        assert statement == penalty_of(shipment, shuffled, at), "the order of arrival changes nothing"
        check_recourse(seed, statement.amount, [(leg.partner, leg.amount) for leg in statement.legs], mine, tale)
        compared += 1
        late += statement.amount > 0
    return compared, late


def opened_with(tale: Tale, shipment: bytes, inside: int) -> int:
    """Packages that the terms or a split gave the shipment: all that ever bore its name."""
    return tale.count if shipment == tale.shipment else inside


def check_recourse(
    seed: int, amount: int, legs: list[tuple[int, int]], mine: list[tuple[Parcel, Judgement]], tale: Tale
) -> None:
    """Each partner gets its exact part, give or take the unit that rounding hands to one leg or another."""
    worth = sum(judged.late**2 for _, judged in mine)
    exact: dict[int, Fraction] = defaultdict(Fraction)
    for parcel, judged in mine:
        found = overruns(parcel, judged, tale.terms["liable"])
        total = sum(seconds for _, seconds in found)
        for partner, seconds in found:
            if total and worth:
                exact[partner] += Fraction(amount * judged.late**2 * seconds, worth * total)
    got: dict[int, int] = defaultdict(int)
    for partner, part in legs:
        got[partner] += part
    for partner in {*exact, *got}:
        assert abs(got[partner] - exact[partner]) <= sum(1 for p, _ in legs if p == partner), (seed, partner)
    if len({id(j) for _, j in mine}) == 1 and any(exact.values()):
        assert sum(got.values()) == amount, seed


def test_random_journeys_equal_the_oracle_to_the_last_unit() -> None:
    compared = late = 0
    for seed in range(3000):
        more, money = check(seed)
        compared += more
        late += money
    assert compared > 3000
    assert late > 500

"""The short way for plain journeys gives what the general way gives, on random histories of all kinds."""

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from ledger.codes import Assurance, ClearanceStatus, Outcome, RegistryAction, Role
from ledger.common.periods import Period
from ledger.errors import NotFound
from ledger.penalties import amounts
from ledger.penalties.amounts import Owed, all_owed, evidence_of, of_statement
from ledger.penalties.fast_path import Plain, plain
from ledger.penalties.fast_path import plain as fast_path_of
from ledger.penalties.kept_sums import KeptSums
from ledger.penalties.statement import family_statements, penalties
from ledger.products.brand_authority import BRAND_AUTHORISATION
from ledger.records.types import Attestation, Claims, Commercial, Goods, Place, Recall, Revocation, ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.scores import fast_path
from ledger.scores import tallies as tallies_module
from ledger.scores.card import parse_card
from ledger.scores.incremental import Running
from ledger.scores.tallies import Tallies
from ledger.services.home.score_cards import default_card_text
from ledger.shipments.history import Journeys
from tests.unit.history import (
    BROKER,
    CARRIER,
    CUSTOMS,
    DAY,
    HOUR,
    LOCKER,
    MAKER,
    SALT,
    SECOND,
    SHOP,
    UNLIMITED,
    US_IMPORT,
    History,
)
from tests.unit.penalties.tales import Tale

CARD = parse_card(default_card_text())


def random_history(seed: int, shipments: int) -> Journeys:
    return Journeys(random_records(seed, shipments))


def random_records(seed: int, shipments: int) -> list[VerifiedRecord]:
    """Mostly plain journeys, with everything that makes a journey not plain now and then."""
    rng = random.Random(seed)
    history = History()
    goods = Goods(SALT, "09506000134352", "LOT", bytes(32), 10, "EA", "", "")
    for _ in range(shipments):
        if rng.random() < 0.05:
            history.brand(MAKER, at=rng.randrange(20) * DAY)
        if rng.random() < 0.05:
            history.attest(rng.choice((MAKER, SECOND)), "01/09506000134352", at=rng.randrange(20) * DAY)
        opened = rng.randrange(20) * DAY
        fields: dict[str, Any] = {
            "promisedAt": opened + rng.randrange(3, 12) * DAY if rng.random() < 0.95 else 0,
            "grace": rng.choice((0, HOUR, DAY)),
            "alpha": rng.choice((0, 1, 100, 10**9)),
            "liable": rng.choice((CARRIER, SECOND, MAKER, 0)),
            "incoterm": rng.choice(("DAP", "FCA", "", "exw")),
            "freight": rng.choice((0, 5_000)),
            "currency": rng.choice(("EUR", "USD")),
            "reportLag": rng.choice((DAY, 0, UNLIMITED)),
            "lostAfter": rng.choice((0, 2 * DAY, 30 * DAY)),
        }
        shipment = history.terms(
            known=opened, holder=MAKER, origin=Place(SALT, "NZ", "", "", ""), destination=Place(SALT, "DE", "", "", ""),
            contents=(goods,) if rng.random() < 0.3 else (), requires=(US_IMPORT,) if rng.random() < 0.8 else (),
            **fields,
        )  # fmt: skip
        if rng.random() < 0.5:
            history.endorse(shipment, rng.choice((CARRIER, SHOP)), opened + 1)
        holder, at = MAKER, opened
        if rng.random() < 0.3:
            some_customs(rng, history, shipment, opened)
        for receiver in (*rng.sample((CARRIER, SECOND, LOCKER), rng.randrange(3)), SHOP):
            if receiver == SHOP and rng.random() < 0.1:
                break
            at += rng.randrange(1, 6 * DAY)
            history.handoff(
                shipment, holder, receiver, at,
                known=at + rng.choice((0, HOUR, 3 * DAY)),
                exceptions=rng.choice((0, 0, 0, 0, 0, 2, 32, 128)),
                due=rng.choice((0, at + 2 * DAY)),
                receiver_roles=1 << 14 if receiver == LOCKER else 0,
            )  # fmt: skip
            holder = receiver
    return history.records


def manifest_records(seed: int) -> list[VerifiedRecord]:
    """Shipments that go together, several on each manifest and on each clearance, at times on a grid of half a day: so
    promises, due times, periods and their ends fall on the same second. Blocks are before or behind the log.
    """
    rng = random.Random(seed)
    history = History()
    goods = Goods(SALT, GTINS[0], "LOT", bytes(32), 10, "EA", "", "")
    for _ in range(6):
        opened = rng.randrange(20) * DAY // 2
        shipments = [
            history.terms(
                known=opened, holder=MAKER, promisedAt=opened + rng.randrange(1, 14) * DAY // 2,
                grace=rng.choice((0, DAY // 2)), lostAfter=rng.choice((0, DAY, 30 * DAY)),
                incoterm=rng.choice(("DAP", "FCA")), contents=(goods,) if rng.random() < 0.3 else (),
                requires=(US_IMPORT,),
            )
            for _ in range(rng.randrange(1, 4))
        ]  # fmt: skip
        at, holder = opened, MAKER
        if rng.random() < 0.4:
            for status in (ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.RELEASED):
                held_at = at + rng.randrange(3) * DAY // 2
                known = held_at + rng.choice((0, DAY))
                history.clearance(status, shipments, held_at, known=known, block_time=known - HOUR)
        for receiver in (*rng.sample((CARRIER, SECOND), rng.randrange(3)), SHOP):
            at += rng.randrange(5) * DAY // 2
            known = at + rng.choice((0, DAY, DAY + 1))
            history.handoff(
                shipments, holder, receiver, at, known=known, exceptions=rng.choice((0, 0, 0, 2)),
                due=rng.choice((0, at, at + DAY)), block_time=known + rng.choice((-HOUR, 0, HOUR)),
            )  # fmt: skip
            holder = receiver
    return history.records


GTINS = ("09506000134352", "09521321000018")
PREFIXES = ("9506000", "9521321")
GRANTED, TAKEN = RegistryAction.GRANT_ROLE, RegistryAction.REVOKE_ROLE


def product_records(seed: int) -> list[VerifiedRecord]:
    """Journeys of goods that carry products, with attestations, revocations and recalls of these in between."""
    rng = random.Random(seed)
    history = History()
    attested: list[bytes] = []
    recalled: list[bytes] = []
    none = bytes(32)
    for n in range(12):
        at = n * DAY
        goods = Goods(SALT, rng.choice(GTINS), rng.choice(("", "A")), none, 5, "EA", "", "")
        shipment = history.terms(known=at, holder=MAKER, promisedAt=at + 2 * DAY, contents=(goods,))
        history.handoff(shipment, MAKER, SHOP, at + rng.randrange(4 * DAY))
        subject = "01/" + rng.choice(GTINS) + rng.choice(("", "/10/A"))
        if rng.random() < 0.5:
            claims = Claims(SALT, "")
            record = Attestation(MAKER, none, subject, none, 0, 400 * DAY, none, claims, none, history.details())
            attested.append(history.log(record, (MAKER,), at, outcomes=(Outcome.APPLIED,)).id)
        if attested and rng.random() < 0.4:
            revoked = Revocation(MAKER, rng.choice(attested), 1, at, history.details())
            history.log(revoked, (MAKER,), at, outcomes=(Outcome.APPLIED,))
        if rng.random() < 0.3:
            history.brand(rng.choice((MAKER, SHOP)), rng.choice((GRANTED, GRANTED, TAKEN)), at, rng.choice(PREFIXES))
        if rng.random() < 0.2:
            claims = Claims(SALT, "")
            record = Attestation(
                MAKER, BRAND_AUTHORISATION, f"partner/{SHOP}", none, max(0, at + rng.randrange(-3, 4) * DAY),
                rng.choice((0, at + 5 * DAY)), none, claims, none, history.details(),
            )  # fmt: skip
            attested.append(history.log(record, (MAKER,), at, outcomes=(Outcome.APPLIED,)).id)
        if rng.random() < 0.3:
            by, replaced = rng.choice((MAKER, SHOP)), rng.choice((none, *recalled))
            recall = Recall(by, subject, "", 1, 1, "", replaced, at, history.details())
            roles = (rng.choice((0, 0, 1 << Role.AUTHORITY)),)
            recalled.append(history.log(recall, (by,), at, outcomes=(Outcome.APPLIED,), roles=roles).id)
            attested.append(recalled[-1])
    return history.records


def some_customs(rng: random.Random, history: History, shipment: bytes, opened: int) -> None:
    """Mostly one plain hold; now and then out of order, caused by somebody, on a broker's word, or endorsed."""
    at = opened + rng.randrange(-DAY, 8 * DAY)
    courses: list[tuple[ClearanceStatus, ...]] = [
        (ClearanceStatus.PRESENTED, ClearanceStatus.HELD, ClearanceStatus.RELEASED),
        (ClearanceStatus.HELD, ClearanceStatus.RELEASED),
        (ClearanceStatus.HELD, ClearanceStatus.PRESENTED, ClearanceStatus.RELEASED),
        (ClearanceStatus.HELD,),
    ]
    caused_by = rng.choice((0, 0, 0, 0, MAKER, CARRIER))
    assurance = rng.choice((Assurance.AUTHORITY_SIGNED, Assurance.AUTHORITY_SIGNED, Assurance.BROKER_WORD))
    itself = assurance == Assurance.AUTHORITY_SIGNED
    declarant = rng.choice((BROKER, BROKER, BROKER, MAKER, CARRIER)) if itself else MAKER
    for status in rng.choice((courses[0], courses[0], *courses)):
        at = max(0, at + rng.randrange(-1, 2 * DAY))
        held = status is ClearanceStatus.HELD
        record = history.clearance(
            status, shipment, at, by=CUSTOMS if itself else BROKER, declarant=declarant, assurance=assurance,
            caused_by=caused_by if held else 0, known=at + rng.choice((0, HOUR, 2 * DAY)),
        )  # fmt: skip
        if held and rng.random() < 0.2:
            history.endorse(record.id, SHOP, at)


def owed_the_general_way(journeys: Journeys, at: int | None) -> list[Owed]:
    found: list[Owed] = []
    for shipment in journeys.openings():
        try:
            found += map(of_statement, family_statements(journeys, shipment, at))
        except NotFound:
            continue
    return found


def cards(tallies: Tallies) -> list[Any]:
    return [tallies.score(partner, role, CARD) for role in CARD.roles for partner in tallies.partners(role)]


def assert_equal_both_ways(journeys: Journeys, at: int | None, period: Period) -> None:
    """Everything that the short way computes, beside the same by the general way alone."""
    assert list(all_owed(journeys, at)) == owed_the_general_way(journeys, at)
    short, general = Tallies(journeys, period), Tallies(journeys, period, shortcut=False)
    assert short.owed == general.owed
    assert cards(short) == cards(general)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the short way took each plain journey into the scores."""
    answers: list[bool] = []

    def count(*arguments: Any) -> bool:
        answers.append(fast_path.count_plain(*arguments))
        return answers[-1]

    monkeypatch.setattr(tallies_module, "count_plain", count)
    return answers


def test_penalties_and_scores_are_equal_both_ways_on_mostly_plain_histories(counted: list[bool]) -> None:
    short = held = 0
    for seed in range(30):
        journeys = random_history(seed, 30)
        found = [way for shipment in journeys.shipments() if (way := plain(journeys, shipment)) is not None]
        short += len(found)
        held += sum(way.hold is not None for way in found)
        rng = random.Random(seed)
        start = rng.randrange(15) * DAY
        assert_equal_both_ways(journeys, None, Period(0, UNLIMITED, 60 * DAY))
        assert_equal_both_ways(journeys, rng.randrange(40) * DAY, Period(start, start + 9 * DAY, start + 9 * DAY))
    assert short > 300
    assert held > 20
    assert sum(counted) > 500  # of two periods each


@pytest.mark.parametrize("seeds", [60, pytest.param(300, marks=pytest.mark.drill)])
def test_penalties_and_scores_are_equal_both_ways_on_shared_manifests_and_at_boundaries(
    counted: list[bool], seeds: int
) -> None:
    for seed in range(seeds):
        journeys, rng = Journeys(manifest_records(seed)), random.Random(seed)
        for _ in range(3):
            start = rng.randrange(24) * DAY // 2
            end = start + rng.randrange(1, 16) * DAY // 2
            assert_equal_both_ways(journeys, end, Period(start, end, rng.choice((start, end, end + DAY))))
    assert sum(counted) > 10 * seeds


def off_by_one(way: Plain | None, field: str) -> Plain | None:
    """The journey with one figure of it wrong."""
    if way is None:
        return None
    value = getattr(way, field)
    if field == "steps":
        last = way.steps[-1]
        return way._replace(steps=(*way.steps[:-1], last._replace(at=last.at + 1, known=last.known + 1)))
    if field == "hold":
        hold = way.hold and way.hold._replace(span=(way.hold.span[0], way.hold.span[1] + DAY))
        return way._replace(hold=hold)
    changed: dict[str, Any] = {field: not value if isinstance(value, bool) else value + 1}
    return way._replace(**changed)


@pytest.mark.parametrize("field", ["promised_at", "counted_until", "late_seconds", "amount", "bound", "steps", "hold"])
def test_a_wrong_figure_of_the_short_way_is_noticed(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is worth something: one figure off by one in the short way alone, and it fails."""
    for module in (amounts, tallies_module):
        monkeypatch.setattr(module, "plain", lambda journeys, name: off_by_one(fast_path_of(journeys, name), field))

    def compare() -> None:
        for seed in range(40):
            journeys = Journeys(manifest_records(seed))
            assert_equal_both_ways(journeys, 9 * DAY, Period(2 * DAY, 9 * DAY, 9 * DAY))

    with pytest.raises(AssertionError):
        compare()


def test_penalties_and_scores_are_equal_both_ways_on_crooked_histories() -> None:
    for seed in range(150):
        tale = Tale(seed)
        for _ in range(12):
            tale.step()
        journeys = Journeys(tale.history.records)
        assert_equal_both_ways(journeys, None, Period(0, UNLIMITED, 60 * DAY))


def test_a_plain_statement_says_the_same_as_the_short_figures() -> None:
    journeys = random_history(99, 50)
    for statement in penalties(journeys):
        assert evidence_of(journeys, statement.shipment) == statement.evidence
        found = plain(journeys, statement.shipment)
        if found is not None:
            assert (found.amount, found.late_seconds, found.delivered_at) == (
                statement.amount,
                statement.late_seconds,
                statement.delivered_at,
            )


def test_figures_kept_while_records_arrive_equal_those_computed_at_once() -> None:
    """In shuffled orders, as time passes and back, asked in between so that stale figures would show."""
    period = Period(0, UNLIMITED, 60 * DAY)
    for seed in range(60):
        rng = random.Random(seed)
        if seed % 4 == 1:
            records = list(random_records(seed, 12))
        elif seed % 4 == 3:
            records = product_records(seed)
        else:
            tale = Tale(seed)
            records = list(tale.history.records)
        if seed % 3:
            rng.shuffle(records)
        running = Running(replace(period, at=0))
        sums = KeptSums(running.journeys)
        running.watch(sums.kept)
        checks = {rng.randrange(len(records)) for _ in range(3)} | {len(records) - 1}
        for i, record in enumerate(records):
            running.add(record)
            if i in checks:
                start = rng.choice((0, 0, 0, rng.randrange(20) * DAY))
                period = Period(start, UNLIMITED, rng.choice((period.at, rng.randrange(60) * DAY, record.known)))
                running.judge(period)
                full = Journeys(sorted(records[: i + 1], key=lambda record: record.log_index))
                assert running.owed() == list(all_owed(full, period.at)), seed
                for at in (period.at, None, rng.randrange(60) * DAY):
                    assert owed_of(sums, at) == list(all_owed(full, at)), (seed, at)
                tallies = Tallies(full, period)
                for role in CARD.roles:
                    assert running.partners(role) == tallies.partners(role)
                    for partner in tallies.partners(role):
                        assert running.score(partner, role, CARD) == tallies.score(partner, role, CARD), seed


def test_an_attestation_concerns_only_the_shipments_that_carry_the_product() -> None:
    history = History()
    none = bytes(32)
    shipments = [
        history.terms(holder=MAKER, contents=(Goods(SALT, gtin, "", none, 5, "EA", "", ""),)) for gtin in GTINS
    ]
    for shipment in shipments:
        history.handoff(shipment, MAKER, SHOP, DAY)
    running = Running(Period(0, UNLIMITED, 60 * DAY), history.records)
    before = {owed.shipment: owed for owed in running.owed()}
    claims = Claims(SALT, "")
    record = Attestation(MAKER, none, f"01/{GTINS[0]}", none, 0, 400 * DAY, none, claims, none, history.details())
    running.add(history.log(record, (MAKER,), DAY, outcomes=(Outcome.APPLIED,)))
    after = {owed.shipment: owed for owed in running.owed()}
    assert [after[shipment] is before[shipment] for shipment in shipments] == [False, True], "the other was left alone"
    running.judge(Period(0, UNLIMITED, 70 * DAY))
    again = {owed.shipment: owed for owed in running.owed()}
    assert all(again[shipment] is after[shipment] for shipment in shipments), "nothing was due in between"


def owed_of(sums: KeptSums, at: int | None) -> list[Owed]:
    """As `all_owed`, of what was kept."""
    result: list[Owed] = []
    for shipment in sums.openings():
        with suppress(NotFound):
            result += sums.owed(shipment, at)
    return result


def test_shipments_are_found_under_every_party_that_their_terms_name_however_late_they_come() -> None:
    records = random_records(5, 30)
    journeys = Journeys()
    sums = KeptSums(journeys)
    for record in records:
        journeys.add(record)
        for party in (MAKER, SECOND, CARRIER, SHOP):
            assert list(sums.openings([party])) == [
                shipment for shipment in journeys.openings() if party in parties_of(journeys.terms[shipment].record)
            ]


def parties_of(terms: ShipmentTerms) -> set[int]:
    commercial = terms.commercial
    assert isinstance(commercial, Commercial)
    return {terms.consignor, terms.consignee, terms.holder, commercial.liable, commercial.beneficiary}

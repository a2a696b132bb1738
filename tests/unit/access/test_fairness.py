"""Nobody loses access by what others do: each wrong that one could do on purpose, against a gate that does bite."""

from dataclasses import replace

import pytest

from ledger.access.course import Stage
from ledger.access.evidence import Evidence, check_evidence, check_readings
from ledger.access.gates_file import gate_indicators, parse_gates
from ledger.access.known import Known
from ledger.access.reading import is_below
from ledger.codes import AmendmentKind, Assurance, ClearanceStatus, HoldCause, RegistryAction, Role, StatementKind
from ledger.common.periods import Period
from ledger.errors import VerificationFailed
from ledger.penalties.statement import penalty_of
from ledger.records.evidence import Basis, CheckpointTime, CheckpointTimes
from ledger.records.types import ShipmentTerms
from ledger.records.verification import VerifiedRecord
from ledger.registry.enrolment import RoleRequest
from ledger.scores.card import Indicator, parse_card
from ledger.scores.tallies import Tallies
from ledger.shipments.history import Journeys
from tests.unit.access.world import CARD, CLOSED, GATE, GATES, OVER, PARSED, QUARTERS, World, closed, every_day
from tests.unit.attested.saying import say_number
from tests.unit.history import BROKER, CARRIER, CUSTOMS, DAY, HOUR, MAKER, SECOND, SHOP, US_IMPORT

THIRD = 40


def bad_world(count: int = 35) -> World:
    """Everything three days late, truly."""
    world = World()
    for name, day in every_day(count):
        world.opened(name, day)
        world.delivered(name, (day + 6) * DAY)
    return world


def test_the_gate_does_bite() -> None:
    world = bad_world().play()
    assert world.course(CLOSED).stage is Stage.PROBATION
    due = world.course()
    assert due.stage is Stage.DUE
    assert [reading.samples for reading in (*due.below, *due.again)] == [35] * 4


def test_splits_make_no_samples_and_under_thirty_nothing_is_lost() -> None:
    whole, parted = bad_world(29).play(), World()
    for name, day in every_day(29):
        parted.opened(name, day)

        def parts(name: int = name, at: int = (day + 6) * DAY) -> None:
            for child in parted.history.split(parted.ids[name], CARRIER, at, [1] * 10):
                parted.history.handoff(child, CARRIER, SHOP, at, packages=1)

        parted.plan((day + 6) * DAY, parts)
    for one in (whole, parted.play()):
        assert one.course().stage is Stage.GOOD
        assert one.reading(QUARTERS[0], CLOSED).samples == 29


def contested(world: World, endorsed: bool, count: int = 35) -> None:
    """Delivery is offered in time every day, and the addressee contests each offer and signs nothing."""
    for name, day in every_day(count):
        world.opened(name, day)
        tender = world.stated(StatementKind.TENDER, name, CARRIER, (day + 3) * DAY - HOUR)
        world.stated(StatementKind.CONTEST, name, SHOP, (day + 4) * DAY)
        if endorsed:
            world.endorsed(tender, THIRD, (day + 5) * DAY)


@pytest.mark.parametrize("endorsed", [True, False])
def test_an_addressee_that_contests_everything_costs_nobody_access(endorsed: bool) -> None:
    """With a third's word the tenders stand; without, one word stands against another."""
    world = World()
    contested(world, endorsed)
    assert world.play().course().stage is Stage.GOOD
    assert world.reading(QUARTERS[0], CLOSED).samples == 35


def test_a_customer_that_contests_the_good_ones_and_signs_the_late_ones_costs_nobody_access() -> None:
    """A hundred a quarter in time and contested, thirty late and signed: the late ones alone would be below."""
    world = World()
    for quarter, first in enumerate((91, 182)):
        for i in range(130):
            name, day = 200 * quarter + i, first + i % 65
            world.opened(name, day)
            if i % 13 < 3:
                world.delivered(name, (day + 6) * DAY)
            else:
                world.stated(StatementKind.TENDER, name, CARRIER, (day + 3) * DAY - HOUR)
                world.stated(StatementKind.CONTEST, name, SHOP, (day + 4) * DAY)
    assert world.play().course().stage is not Stage.DUE


def test_a_contest_that_a_third_bears_out_counts_unless_another_bears_out_the_tender() -> None:
    """The second third speaks in the window to appeal, long after the thirty days of the dispute."""
    stages = []
    for awarded in (False, True):
        world = World()
        for name, day in every_day():
            world.opened(name, day)
            tender = world.stated(StatementKind.TENDER, name, CARRIER, (day + 3) * DAY - HOUR)
            contest = world.stated(StatementKind.CONTEST, name, SHOP, (day + 4) * DAY)
            world.endorsed(contest, THIRD, (day + 5) * DAY)
            if awarded:
                world.endorsed(tender, THIRD + 1, CLOSED + DAY)
        world.play()
        assert world.course(CLOSED).stage is Stage.PROBATION
        stages.append(world.course().stage)
    assert stages == [Stage.DUE, Stage.GOOD]


def test_a_contest_that_is_set_aside_is_named_with_what_the_reading_rests_on() -> None:
    world = World()
    contested(world, endorsed=False)
    world.play()
    _, records = world.read(QUARTERS[0], CLOSED)
    made = {one.id for one in world.records if getattr(one.record, "kind", None) == StatementKind.CONTEST}
    assert len(made & set(records)) == 35


@pytest.mark.parametrize(("signers", "stage"), [((CARRIER, SHOP), Stage.GOOD), ((CARRIER,), Stage.DUE)])
def test_a_correction_in_the_window_counts_if_the_other_side_signs_it(signers: tuple[int, ...], stage: Stage) -> None:
    """Deliveries were noted three days late by mistake; told in the window, when no penalty moves any more."""
    world = World()
    for name, day in every_day():
        world.opened(name, day)
        delivery = world.delivered(name, (day + 6) * DAY)
        world.corrected(delivery, (day + 3) * DAY - HOUR, CLOSED + DAY, signers)
    world.play()
    assert world.course(CLOSED).stage is Stage.PROBATION
    assert world.course().stage is stage
    late = penalty_of(world.ids[0], world.records, OVER)
    assert late.late_seconds == 3 * DAY, "what is owed is not corrected afterwards"


@pytest.mark.parametrize(("by_customs", "stage"), [(True, Stage.GOOD), (False, Stage.DUE)])
def test_lateness_that_customs_caused_costs_nobody_access(by_customs: bool, stage: Stage) -> None:
    world = World()
    for name, day in every_day():
        world.opened(name, day)
        if by_customs:
            world.held(name, (day + 2) * DAY, (day + 6) * DAY)
        world.delivered(name, (day + 6) * DAY)
    assert world.play().course().stage is stage


def test_late_goods_given_to_a_subcontractor_stay_with_who_is_liable() -> None:
    """The carrier hands everything on before it is late; the subcontractor delivers late."""
    world = World()
    for name, day in every_day():
        world.opened(name, day)
        at = day * DAY + 2 * HOUR

        def on(name: int = name, at: int = at) -> None:
            world.history.handoff(world.ids[name], CARRIER, SECOND, at)

        world.plan(at, on)
        world.delivered(name, (day + 6) * DAY, carrier=SECOND)
    world.play()
    assert world.course().stage is Stage.DUE
    assert world.course(partner=SECOND).stage is Stage.GOOD, "it promised nobody anything"


@pytest.mark.parametrize("signs", [False, True])
def test_a_supplier_answers_for_goods_that_come_late_and_not_for_who_does_not_take_them(signs: bool) -> None:
    """Under D terms its goods are due at the destination: offered there in time, or delivered there late."""
    gate = PARSED.gates["suppliers-on-time-in-full"]
    world = World()
    for name, day in every_day():
        world.opened(name, day)
        if signs:
            world.delivered(name, (day + 6) * DAY)
        else:
            world.stated(StatementKind.TENDER, name, CARRIER, (day + 3) * DAY - HOUR)
    world.play()
    assert world.course(gate=gate, partner=MAKER).stage is (Stage.DUE if signs else Stage.GOOD)
    plain = Tallies(Journeys(world.records), Period(QUARTERS[0].start, QUARTERS[0].end, OVER))
    card = plain.score(MAKER, Role.SUPPLIER, CARD)
    assert next(e for e in card.indicators if e.indicator is Indicator.ON_TIME_IN_FULL).value == 0, (
        "a score counts both"
    )


RATED = parse_card(b"""
format = "lading/scorecard/1"
title = "With a rating"

[[carrier]]
group = "performance"
weight = 60
indicators = [{ name = "on-time", weight = 100, zero = 800_000, full = 980_000 }]

[[carrier]]
group = "finance"
weight = 40
indicators = [{ name = "attested:rating", weight = 100, zero = 0, full = 100, unit = "points", missing = "zero" }]
""")


@pytest.mark.parametrize("rating", ["nobody said one", 3, None])
def test_what_an_issuer_says_or_does_not_say_costs_nobody_access(rating: int | str | None) -> None:
    """One issuer alone could say it, and no appeal would mend it. None: its claims are closed."""
    world = World()
    for name, day in every_day():
        world.opened(name, day)
        world.delivered(name, (day + 2) * DAY)
    if not isinstance(rating, str):
        world.plan(100 * DAY, lambda: say_number(world.history, 60, CARRIER, "rating", rating, at=100 * DAY))
    world.play()
    taken = CheckpointTime(len(world.records), CLOSED, Basis.OPERATOR)
    known = Known(world.records, CheckpointTimes(), QUARTERS[0], taken)
    reading, records = known.read(PARSED.gates["score"], CARRIER, RATED)
    assert (reading.samples, reading.high) == (35, 10_000)
    plain = Tallies(Journeys(world.records), replace(QUARTERS[0], at=CLOSED)).score(CARRIER, Role.CARRIER, RATED)
    assert plain.low is not None
    assert plain.low < 6_500, "the scorecard itself does count it"
    assert all(record in records for entry in plain.indicators for record in entry.evidence)


def test_a_leg_that_the_next_one_takes_late_closes_no_gate() -> None:
    assert Indicator.LEGS.value not in gate_indicators(Role.CARRIER)


@pytest.mark.parametrize(("role", "text"), [("main-carrier", ""), ("warehouse", ""), ("brand", "9506000")])
def test_whoever_handles_or_sends_goods_has_a_gate_for_its_role(role: str, text: str) -> None:
    """A main carrier is scored as a carrier, so a gate about carriers alone would let it pass."""
    own = f'role = "{role}"' + (f'\nscope = "{text}"' if text else "")
    indicator = "on-time-in-full" if role == "brand" else "on-time"
    file = GATES.replace(b'role = "carrier"', own.encode(), 1).replace(b'"on-time"', f'"{indicator}"'.encode(), 1)
    gate = parse_gates(file).gates["carriers"]
    assert gate.role.name.lower().replace("_", "-") == role
    assert gate.scope == text.encode().ljust(32, b"\0")
    partner = MAKER if role == "brand" else CARRIER
    world = bad_world().play()
    assert world.course(gate=gate, partner=partner).stage is Stage.DUE


def test_who_tenders_in_vain_beside_true_lateness_does_not_escape() -> None:
    """Forty true late deliveries a quarter, and two tenders."""
    world = bad_world(40)
    for name, day in [(900, 95), (901, 190)]:
        world.opened(name, day)
        world.stated(StatementKind.TENDER, name, CARRIER, (day + 3) * DAY - HOUR)
        world.stated(StatementKind.CONTEST, name, SHOP, (day + 4) * DAY)
    assert world.play().course().stage is Stage.DUE


def test_a_receiver_that_signs_late_costs_nobody_access_who_tendered() -> None:
    world = World()
    for name, day in every_day():
        world.opened(name, day)
        world.stated(StatementKind.TENDER, name, CARRIER, (day + 3) * DAY - HOUR)
        world.delivered(name, (day + 3) * DAY - HOUR, known=(day + 13) * DAY)
    world.play()
    assert world.course().stage is Stage.GOOD
    records = next(i for i in CARD.of(Role.CARRIER) if i.indicator is Indicator.RECORDS)
    assert records.weight > 0, "records within a day are in the composite"
    assert world.course(gate=PARSED.gates["score"]).stage is Stage.GOOD


def test_records_that_others_make_late_are_at_their_best_in_the_composite() -> None:
    """All in time, all countersigned two days later: within the report lag of the penalty or tendered for."""
    prompt, slow = World(), World()
    for world, lag in ((prompt, HOUR), (slow, 2 * DAY)):
        for name, day in every_day():
            world.opened(name, day)
            world.delivered(name, day * DAY + 2 * HOUR, known=day * DAY + 2 * HOUR + lag)
        world.play()
    gate = PARSED.gates["score"]
    highs = [world.reading(QUARTERS[0], CLOSED, gate).high for world in (prompt, slow)]
    assert highs[0] == highs[1]
    plain = [world.reading(QUARTERS[0], CLOSED, gate).low for world in (prompt, slow)]
    assert plain[0] is not None
    assert plain[1] is not None
    assert plain[1] < plain[0], "the scorecard itself does count them"


@pytest.mark.parametrize(("relieved", "stage"), [(35, Stage.WATCHED), (5, Stage.DUE)])
def test_reliefs_in_the_window_are_read_at_its_end(relieved: int, stage: Stage) -> None:
    world = bad_world()
    world.relieved([name for name, _ in every_day()[:relieved]], CLOSED + DAY)
    world.play()
    assert world.course(OVER - 1).stage is Stage.PROBATION
    assert world.course().stage is stage


def test_a_relief_that_only_the_carrier_signs_helps_nobody() -> None:
    world = bad_world()
    world.relieved([name for name, _ in every_day()], CLOSED + DAY, (CARRIER,))
    assert world.play().course().stage is Stage.DUE


def test_what_comes_after_the_window_is_too_late() -> None:
    world = bad_world()
    world.relieved([name for name, _ in every_day()], OVER + DAY)
    assert world.play().course(OVER + 2 * DAY).stage is Stage.DUE


def test_a_brokers_word_alone_closes_no_suppliers_gate() -> None:
    """It says that papers held every shipment; neither the supplier nor anybody for it signed or endorsed that."""
    gate, outcome = PARSED.gates["suppliers"], {}
    for assurance in (Assurance.BROKER_WORD, Assurance.AUTHORITY_SIGNED):
        world = World()
        for name, day in every_day():

            def opened(name: int = name, day: int = day, world: World = world) -> None:
                world.ids[name] = world.history.terms(
                    known=day * DAY, holder=MAKER, signers=(MAKER,), promisedAt=(day + 3) * DAY, requires=(US_IMPORT,)
                )

            world.plan(day * DAY, opened)
            for status, later in ((ClearanceStatus.HELD, HOUR), (ClearanceStatus.RELEASED, 3 * HOUR)):

                def clear(
                    name: int = name, at: int = day * DAY + later, status: ClearanceStatus = status,
                    world: World = world, assurance: Assurance = assurance,
                ) -> None:  # fmt: skip
                    lies = assurance is Assurance.BROKER_WORD
                    by = {"by": BROKER, "declarant": CARRIER, "signers": (BROKER, CARRIER)} if lies else {}
                    world.history.clearance(
                        status, world.ids[name], at, caused_by=MAKER, cause=HoldCause.DOCUMENTS, assurance=assurance,
                        **by,  # type: ignore[arg-type]
                    )  # fmt: skip

                world.plan(day * DAY + later, clear)
            world.delivered(name, (day + 1) * DAY, carrier=MAKER)
        world.play()
        outcome[assurance] = world.course(gate=gate, partner=MAKER).stage
    assert outcome[Assurance.AUTHORITY_SIGNED] is Stage.DUE, "what customs signs does count"
    assert outcome[Assurance.BROKER_WORD] is Stage.GOOD


@pytest.mark.parametrize(("corrected", "stage"), [(True, Stage.GOOD), (False, Stage.DUE)])
def test_a_hold_that_customs_takes_back_in_the_window_closes_no_suppliers_gate(corrected: bool, stage: Stage) -> None:
    """Customs said that the supplier's papers held its goods, and says in the window that the broker's did."""
    gate, world, held = PARSED.gates["suppliers"], World(), list[VerifiedRecord]()
    for name, day in every_day():
        world.opened(name, day)

        def hold(name: int = name, at: int = day * DAY + 2 * HOUR) -> None:
            by = {"caused_by": MAKER, "cause": HoldCause.DOCUMENTS}
            held.append(world.history.clearance(ClearanceStatus.HELD, world.ids[name], at, **by))  # type: ignore[arg-type]
            world.history.clearance(ClearanceStatus.RELEASED, world.ids[name], at + 1)

        world.plan(day * DAY + 2 * HOUR, hold)
        world.delivered(name, (day + 1) * DAY)
    world.play()
    assert world.course(CLOSED, gate=gate, partner=MAKER).stage is Stage.PROBATION
    for one in held if corrected else ():
        world.history.amend(one.id, AmendmentKind.CORRECTION, {"causedBy": BROKER}, (CUSTOMS,), CLOSED + DAY)
    assert world.course(gate=gate, partner=MAKER).stage is stage


def test_closed_parts_leave_a_range_and_the_partner_the_benefit_of_it() -> None:
    """Of 35 late shipments the prices of most are closed: any of them may have been in time."""
    world = bad_world().play()
    names = {world.ids[name] for name, _ in every_day() if name % 100 >= 5}
    world.records = [
        closed(record) if record.id in names and isinstance(record.record, ShipmentTerms) else record
        for record in world.records
    ]
    assert world.reading(QUARTERS[0], CLOSED).withheld == 60
    assert world.course().stage is Stage.GOOD


def evidence_of(world: World) -> Evidence:
    due = world.course()
    assert due.stage is Stage.DUE
    records = tuple(world.read(period, OVER)[1] for period in QUARTERS)
    return Evidence(
        bytes(31) + b"\x01", bytes(31) + b"\x02", CARRIER, RegistryAction.SUSPEND, GATE, GATES.decode(),
        due.below[:2], due.again, records,
    )  # fmt: skip


def test_an_operator_that_withholds_records_is_found_out_by_who_holds_them() -> None:
    """It leaves out that all was delivered in time. Its evidence is due by itself, and falls with the true records."""
    true = World()
    for name, day in every_day():
        true.opened(name, day)
        true.delivered(name, (day + 2) * DAY)
    true.play()
    assert true.course().stage is Stage.GOOD
    false = World()
    for name, day in every_day():
        false.opened(name, day)
    false.play()
    evidence = evidence_of(false)
    check_evidence(evidence)
    cards = {CARD.hash: CARD}
    check_readings(evidence, false.records, CheckpointTimes(), cards)
    with pytest.raises(VerificationFailed, match="does not bear out"):
        check_readings(evidence, true.records, CheckpointTimes(), cards)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"high": 800_000}, r"again\[0\]"),
        ({"samples": 29}, r"again\[0\]"),
        ({"records": 5}, r"records\[0\]"),
        ({"root": bytes(32)}, r"records\[0\]"),
    ],
)
def test_evidence_with_another_figure_is_refused(change: dict[str, object], where: str) -> None:
    evidence = evidence_of(bad_world().play())
    check_evidence(evidence)
    false = replace(evidence.again[0], **change)  # type: ignore[arg-type]
    with pytest.raises(VerificationFailed) as refused:
        check_evidence(replace(evidence, again=(false, evidence.again[1])))
    assert refused.value.where == where.replace("\\", "")


def test_evidence_without_its_window_is_refused() -> None:
    world = bad_world().play()
    evidence = evidence_of(world)
    early = tuple(world.reading(period, OVER - 1) for period in QUARTERS)
    with pytest.raises(VerificationFailed) as refused:
        check_evidence(replace(evidence, again=early))
    assert refused.value.where == "again[0].taken"
    with pytest.raises(VerificationFailed):
        check_evidence(replace(evidence, again=()))
    with pytest.raises(VerificationFailed):
        check_evidence(replace(evidence, change=RegistryAction.REINSTATE, again=()))


def test_the_gates_unit_is_the_registrys_role() -> None:
    assert RoleRequest(GATE.role, "").scope_bytes() == GATE.scope
    assert not is_below(GATE, World().reading(QUARTERS[0], CLOSED))

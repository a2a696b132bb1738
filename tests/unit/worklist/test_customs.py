"""Who has to do what about clearances, against the rules of clearance and a scan of what the rules would take."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.client.drafts import completed
from ledger.codes import APPLIED, Assurance, ClearanceStatus, Gate, Outcome, Regime, ShipmentState
from ledger.common.ids import RecordId
from ledger.custody.clearance import EMPTY, FOLLOWERS, ClearanceSlot, CustomsRoles, SlotKey
from ledger.custody.slot import Holding, Requirement, Slot
from ledger.custody.transition import Overlay, effect_of
from ledger.errors import NotPermitted
from ledger.records.types import Clearance
from ledger.worklist.customs import Goods, Matter, Paper, Required, detail_of, item_of, matters, pair_of
from ledger.worklist.items import Action, Kind

MAKER, SHOP, CARRIER, BROKER, OFFICER = 2, 3, 4, 5, 6
SHIPMENT, OPENED, NOW = RecordId(b"\7" * 32), 100, 500
CN = ("CN", int(Regime.IMPORT))
NEEDED = Required(*CN, relay=True, released=False)
S = ClearanceStatus


def goods(state: ShipmentState = ShipmentState.OPEN, custodian: int = CARRIER) -> Goods:
    return Goods(SHIPMENT, MAKER, SHOP, custodian, state, OPENED)


def paper(status: ClearanceStatus, at: int = 200, by: int = OFFICER, outcome: Outcome = Outcome.APPLIED) -> Paper:
    backed = Assurance.AUTHORITY_SIGNED if by == OFFICER else Assurance.BROKER_WORD
    return Paper(*CN, status, by, backed, outcome, at)


def waits(*papers: Paper, required: Required | None = NEEDED, where: Goods | None = None) -> set[tuple[str, str]]:
    found = matters(where or goods(), (required,) if required else (), papers)
    return {(matter.kind, matter.audience) for matter in found}


PARTIES = {str(MAKER), str(SHOP), str(CARRIER)}


def test_a_required_clearance_waits_for_the_parties_until_somebody_lodges() -> None:
    assert waits() == {(Kind.CLEARANCE, party) for party in PARTIES}
    assert waits(paper(S.AMENDED)) == {(Kind.CLEARANCE, party) for party in PARTIES}
    assert waits(paper(S.LODGED, by=SHOP)) == {(Kind.DECISION, "CN")}
    assert waits(required=None) == set()
    assert waits(where=goods(ShipmentState.DELIVERED)) == set()
    (matter, *_) = matters(goods(), (NEEDED,), ())
    assert (matter.since, matter.sequence, matter.status) == (OPENED, 0, 0)


def test_what_a_recipient_key_holds_waits_for_partners_alone() -> None:
    assert waits(where=replace(goods(custodian=0), consignee=0)) == {(Kind.CLEARANCE, str(MAKER))}


def test_a_skipped_paper_changes_nothing() -> None:
    assert waits(paper(S.RELEASED, outcome=Outcome.FORBIDDEN)) == waits()


@pytest.mark.parametrize("status", [S.HELD, S.REFUSED, S.RECALLED])
def test_what_customs_stopped_waits_for_parties_and_broker_until_somebody_lodges(status: ClearanceStatus) -> None:
    before = [paper(S.LODGED, by=BROKER), paper(status, 300)]
    stopped = {(Kind.CUSTOMS_HOLD, party) for party in (*PARTIES, str(BROKER))}
    office = {(Kind.DECISION, "CN")} if status is S.HELD else set()
    assert waits(*before) == stopped | office
    assert waits(*before, paper(S.AMENDED, 301)) == stopped | office
    lodged = waits(*before, paper(S.LODGED, 301, by=SHOP))
    assert lodged == {(Kind.DECISION, "CN"), (Kind.RELAY, str(BROKER))}


@pytest.mark.parametrize("status", [S.RELEASED, S.RELEASED_WITH_CONDITIONS, S.SEIZED, S.DESTROYED])
def test_what_is_decided_waits_for_nobody(status: ClearanceStatus) -> None:
    assert waits(paper(S.LODGED, by=BROKER), paper(status)) == set()
    assert waits(paper(status), paper(S.AMENDED)) == set()
    assert waits(required=replace(NEEDED, released=True)) == set()


@pytest.mark.parametrize("status", [S.PRESENTED, S.HELD, S.INSPECTED])
def test_customs_decides_what_is_before_it_of_any_pair_and_of_delivered_goods_too(status: ClearanceStatus) -> None:
    assert (Kind.DECISION, "CN") in waits(paper(status), required=None)
    assert waits(paper(status), where=goods(ShipmentState.DELIVERED)) == {(Kind.DECISION, "CN")}
    assert waits(paper(status), where=goods(ShipmentState.LOST)) == set()


def test_a_broker_relays_only_where_the_terms_let_it() -> None:
    lodged = paper(S.LODGED, by=BROKER)
    assert (Kind.RELAY, str(BROKER)) in waits(lodged)
    assert (Kind.RELAY, str(BROKER)) not in waits(lodged, required=replace(NEEDED, relay=False))
    assert (Kind.RELAY, str(BROKER)) not in waits(lodged, required=None)
    assert (Kind.RELAY, str(SHOP)) not in waits(paper(S.LODGED, by=SHOP))


@pytest.mark.parametrize(("letters", "regime"), [("CN", 1), ("EU", 9)])
def test_the_detail_of_an_item_tells_its_clearance(letters: str, regime: int) -> None:
    assert pair_of(detail_of(letters, regime)) == (letters, regime)
    assert pair_of("0xab12") == ("0x", 0)
    assert pair_of("") == ("", 0)


# --- random worlds: each action is taken by the rules, and done, it waits no more --------------------------------


@dataclass
class World:
    """A shipment and its papers as the rules of the chain make them."""

    state: Overlay
    papers: list[Paper] = field(default_factory=list)
    now: int = 1_000

    @property
    def slot(self) -> Slot:
        holding = self.state.holding(SHIPMENT)
        assert holding is not None
        return holding.slot

    def matters(self) -> tuple[Matter, ...]:
        needed = [Required(r.jurisdiction.decode(), r.regime, r.relay, r.released) for r in self.slot.requirements]
        return matters(self.goods(), needed, self.papers)

    def goods(self) -> Goods:
        slot = self.slot
        return Goods(SHIPMENT, slot.consignor, slot.consignee, slot.custodian, slot.state, OPENED)

    def take(self, record: Clearance) -> Outcome:
        """What the chain makes of it."""
        self.now += 1
        effect = effect_of(record, RecordId(bytes(32)), (), Registry(), self.state, self.now)
        self.state.apply(effect)
        (outcome,) = effect.outcomes
        letters = record.jurisdiction.decode()
        self.papers.append(Paper(letters, record.regime, record.status, record.by, record.assurance, outcome, self.now))
        return outcome

    def would_take(self, record: Clearance) -> bool:
        try:
            effect = effect_of(record, RecordId(bytes(32)), (), Registry(), self.state, self.now)
        except NotPermitted:
            return False
        return effect.outcomes[0] in APPLIED


class Nothing:
    def holding(self, shipment: bytes) -> Holding | None:  # noqa: ARG002
        return None

    def clearance(self, key: SlotKey) -> ClearanceSlot | None:  # noqa: ARG002
        return None

    def override_ready_at(self, record_id: bytes) -> int | None:  # noqa: ARG002
        return None


class Registry:
    def customs_roles(self, partner: int, jurisdiction: bytes) -> CustomsRoles:
        return CustomsRoles(partner == OFFICER and jurisdiction == b"CN", partner == BROKER)

    def knows(self, key: bytes) -> bool:  # noqa: ARG002
        return True


def world(relay: bool, custodian: int, required: bool) -> World:
    needs = (Requirement(b"CN", CN[1], Gate.DELIVERY, relay),) if required else ()
    slot = Slot(custodian, SHOP, MAKER, 5, needs)
    return World(Overlay(Nothing(), {SHIPMENT: Holding(slot)}))


def record(by: int, status: int, sequence: int, declarant: int) -> Clearance:
    backed = Assurance.AUTHORITY_SIGNED if by == OFFICER else Assurance.BROKER_WORD
    return drafted(
        {
            "by": by,
            "declarant": declarant,
            "items": [{"shipment": "0x" + SHIPMENT.hex(), "sequence": sequence}],
            "jurisdiction": "0x" + b"CN".hex(),
            "regime": CN[1],
            "status": status,
            "holdCause": 1 if status == S.HELD else 0,
            "assurance": int(backed),
        }
    )


def drafted(message: object) -> Clearance:
    return Clearance.from_json(completed({"type": "Clearance", "message": message}, NOW)["message"])


moves = st.tuples(
    st.sampled_from([OFFICER, OFFICER, BROKER, SHOP]), st.sampled_from(list(S)), st.sampled_from([MAKER, SHOP, CARRIER])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, max_size=8), st.booleans(), st.sampled_from([CARRIER, MAKER]), st.booleans())
def test_every_action_is_taken_and_nothing_that_needs_doing_is_missing(
    history: list[tuple[int, ClearanceStatus, int]], relay: bool, custodian: int, required: bool
) -> None:
    here = world(relay, custodian, required)
    for by, status, declarant in history:
        key = SlotKey(SHIPMENT, b"CN", CN[1])
        sequence = (here.state.clearance(key) or EMPTY).sequence
        candidate = record(by, status, sequence, by if by == SHOP else declarant)
        if here.would_take(candidate):
            here.take(candidate)
    found = here.matters()
    assert {(m.kind, m.audience) for m in found} == set(naive(here, required=required, relay=relay))
    for matter in found:
        reader = OFFICER if matter.audience == "CN" else int(matter.audience)
        item = item_of(matter, here.goods(), reader)
        after = World(Overlay(here.state), list(here.papers), here.now)
        assert after.take(drafted(item.draft)) in APPLIED
        again = {(m.kind, m.audience) for m in after.matters()}
        assert (matter.kind, matter.audience) not in again
        if item.action is Action.LODGE:
            assert (Kind.DECISION, "CN") in again


def naive(here: World, *, required: bool, relay: bool) -> Iterator[tuple[str, str]]:
    """The same told from the gate and the order of what was taken, record by record."""
    slot, stopped, before_customs, lodged, over, touched = here.slot, False, False, False, False, False
    brokers = []
    for one in here.papers:
        if one.by == BROKER:
            brokers.append(one.by)
        match one.status:
            case S.LODGED:
                lodged = touched = True
            case S.AMENDED:
                pass
            case _:
                lodged, touched = False, True
                stopped = one.status in (S.HELD, S.REFUSED, S.RECALLED)
                before_customs = one.status in (S.PRESENTED, S.HELD, S.INSPECTED)
                over = one.status in (S.RELEASED, S.RELEASED_WITH_CONDITIONS, S.SEIZED, S.DESTROYED)
    if over or slot.state not in (ShipmentState.OPEN, ShipmentState.DELIVERED):
        return
    if lodged or before_customs:
        yield (Kind.DECISION, "CN")
    if slot.state != ShipmentState.OPEN:
        return
    if stopped and not lodged:
        yield from ((Kind.CUSTOMS_HOLD, str(p)) for p in {slot.consignor, slot.consignee, slot.custodian, *brokers})
    elif required and not touched:
        yield from ((Kind.CLEARANCE, str(p)) for p in {slot.consignor, slot.consignee, slot.custodian})
    elif brokers and required and relay:
        yield (Kind.RELAY, str(BROKER))


def test_a_release_may_follow_wherever_customs_decides() -> None:
    """`Action.DECIDE` drafts a release: it may follow each status that waits for customs."""
    for status in (0, S.PRESENTED, S.HELD, S.INSPECTED, S.REFUSED, S.RECALLED):
        assert S.RELEASED in FOLLOWERS[status]

"""The plot: what happens to three shipments, a bonus and a product over some weeks. Nothing is pre-computed.

Before partners are admitted, a scorecard is adopted, and they trade for three quarters: `ledger.cli.demo.past`
Act 1  lots attested, terms and a bonus agreement signed and funded
Act 2  export clearance, two handoffs, one manifest with a stale item; a forged and a one-sided handoff are refused
Act 3  arrival with damage; a random hold, and a hold caused by papers; release
Act 4  a late delivery; another without clearance, in breach; a parcel to a consumer with a one-time key
Act 5  a recall; the award, computed, recorded and claimed
"""

from ledger import merkle
from ledger.access.adopted_gates import GATES
from ledger.bonuses.rule_file import parse_rule
from ledger.cli.demo import journeys
from ledger.cli.demo.blend import blend
from ledger.cli.demo.brand import describe
from ledger.cli.demo.cast import (
    AUDITOR,
    BAD_LOT,
    BROKER,
    CAST,
    CN_CUSTOMS,
    FORWARDER,
    LAST_MILE,
    LOT,
    MAKER,
    NZ_CUSTOMS,
    OCEAN,
    PLATFORM,
    SCHEMA,
    SCRATCH_LOT,
    SCRATCHED,
    WAREHOUSE,
    gln_of,
    subject,
)
from ledger.cli.demo.past import FIRST, PAST, Past
from ledger.cli.demo.plans import Plans
from ledger.cli.demo.play import Play
from ledger.cli.demo.rounds import gates_file
from ledger.cli.demo.scribe import CURRENCY, NO_HASH, Deal, details, no_duty, place, salt
from ledger.cli.sandbox import OPERATOR, open_for_business
from ledger.codes import (
    Assurance,
    ClearanceStatus,
    ExceptionBit,
    Fulfilment,
    Gate,
    Hazard,
    HoldCause,
    Mode,
    Purpose,
    RecallAction,
    Regime,
    RegistryAction,
)
from ledger.common.canonical import canonical_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY
from ledger.records.signers import signing_partners
from ledger.records.types import (
    BonusAgreement,
    Claim,
    Endorsement,
    Recall,
    Require,
    Share,
    ShipmentRef,
)
from ledger.registry.changes import change
from ledger.scores.adopted_card import CARDS
from ledger.scores.card import parse_card
from ledger.services.exports.award_drafts import draft_award
from ledger.services.figures import award_files
from ledger.services.home import kept_rules
from ledger.services.home.keystores import new_key
from ledger.services.home.score_cards import default_card_text
from ledger.services.relay import pool_payments

LAST_DAY = 44
POOL = 5_000_00
MEASURED_FROM = 4 * DAY
"""When the period of scorecard and bonus starts, counted from the start of the play."""
NONE = ExceptionBit(0)
RULE = """format = "lading/bonus-rule/2"
title = "On-time bonus of the formula lane"
card = "{card}"
penalties = true

[carrier.benchmark]
indicator = "shipments"
threshold = 1
samples = 0

[carrier.quality]
indicator = "legs-on-time"
threshold = 100_000
samples = 1
"""


def perform(play: Play) -> Plans:
    """All acts in order; the clock ends where the play ends. Returns the advice that was given on the way."""
    plans = Plans(play)
    _admit(play)
    Past(play).live()
    play.at(3)
    _promise(play)
    plans.ask_prices()
    _export(play)
    plans.send_stock()
    journeys.wander(play)
    blend(play)
    _arrive(play)
    plans.sell_stock()
    _deliver(play)
    plans.choose_route()
    journeys.dispute(play)
    plans.deliver_by_air()
    plans.move_stock()
    _reward(play)
    return plans


def card_file() -> bytes:
    """The consortium's scorecard: the indicators and weights that ship with Lading, under a title of its own."""
    return default_card_text().replace(b'"Lading default scorecard"', b'"Scorecard of the formula lane"')


def rule_file() -> bytes:
    """The rule that the parties have before they sign: measured by the scorecard that the council adopted."""
    return RULE.format(card=to_hex(parse_card(card_file()).hash)).encode()


# --- before, and act 1 -------------------------------------------------------------------------------------------


def _admit(play: Play) -> None:
    play.at(-PAST)
    open_for_business(play.trial, play.parties[OPERATOR])
    play.at(1 - PAST)
    play.trial.admit([(play.parties[m.number], gln_of(m.number), m.roles) for m in CAST])
    play.say(f"{len(CAST) + 1} partners enrolled, admitted by two of three council members")
    play.at(FIRST - 1 - PAST)
    with play.trial.node.home.database.write() as connection:
        card, gates = kept_rules.keep(connection, CARDS, card_file()), kept_rules.keep(connection, GATES, gates_file())
    now = play.clock.now()
    adopted = [change(0, RegistryAction.ADOPT_RULES, document=one.hash, number=now) for one in (card, gates)]
    play.trial.decide(adopted)
    play.say("the council adopts scorecard and gates before the first period that they govern")


def _attest(play: Play, lot: str, serials: list[str], claims: str) -> None:
    codes = [subject(lot, serial) for serial in serials]
    root = merkle.sorted_root(code.encode() for code in codes)
    said, until = canonical_json({"claim": claims}).decode(), play.clock.now() + 365 * DAY
    attestation = play.scribe.attestation(MAKER, SCHEMA, subject(lot), claims=said, until=until, codes=root)
    record_id = play.sign(f"the maker attests lot {lot}", attestation, MAKER)
    play.trial.node.reader.products.keep_codes(record_id, codes)


def _promise(play: Play) -> None:
    describe(play)
    _attest(play, LOT, [f"{i:06d}" for i in range(1, 41)], "made in Waikato, batch tested")
    _attest(play, BAD_LOT, [f"{i:06d}" for i in range(1, 11)], "made in Waikato, batch tested")
    _attest(play, SCRATCH_LOT, list(SCRATCHED), "made in Waikato, with a code under a scratch layer")
    export = Require(b"NZ", int(Regime.EXPORT), int(Gate.HANDOVER), False)
    imports = Require(b"CN", int(Regime.IMPORT), int(Gate.DELIVERY), False)
    promised = play.start + 24 * DAY - 1
    deals = {
        "ocean": Deal("PO-1001", 96_000_00, 6_000_00, promised, 60_00, 6_000_00, FORWARDER, PLATFORM),
        "uncleared": Deal("PO-1002", 24_000_00, 1_500_00, promised + 10 * DAY, 15_00, 1_500_00, FORWARDER, PLATFORM),
        "parcel": Deal("PO-1003", 300_00, 25_00, promised + 10 * DAY, 25, 25_00, FORWARDER, PLATFORM),
    }
    packages = {"ocean": 400, "uncleared": 100, "parcel": 1}
    for name, deal in deals.items():
        terms = play.scribe.terms(
            deal, LOT, consignor=MAKER, consignee=PLATFORM, packages=packages[name], requires=(export, imports)
        )
        play.shipments[name] = play.sign(f"terms of the {name} shipment", terms, MAKER)
        # Until the liable partner has signed or endorsed the terms, a penalty would be indicative only.
        for partner in (FORWARDER, PLATFORM):
            endorsement = Endorsement(partner, play.shipments[name])
            play.sign(f"{play.parties[partner].name} endorses them", endorsement, partner)
    play.records["agreement"] = _agree(play)


def _agree(play: Play) -> RecordId:
    token = play.trial.node.home.deployment.token or bytes(20)
    agreement = BonusAgreement(
        salt=salt(),
        parties=(Share(FORWARDER, 4_000), Share(OCEAN, 3_500), Share(WAREHOUSE, 2_500)),
        awarder=PLATFORM,
        residual=PLATFORM,
        token=token,
        currency=CURRENCY,
        rule=parse_rule(rule_file()).hash,
        periodStart=play.start + MEASURED_FROM,
        periodEnd=play.start + 40 * DAY,
        disputeWindow=2 * DAY,
        arbiter=AUDITOR,
        arbiterWindow=5 * DAY,
        deadline=play.start + 45 * DAY,
        claimUntil=play.start + 200 * DAY,
        details=details(),
    )
    play.agreement = agreement
    record_id = play.sign("bonus agreement of the lane", agreement, FORWARDER, OCEAN, WAREHOUSE)
    node = play.trial.node
    pool_payments.fund(node.home, node.chain, play.treasury, record_id, POOL)
    play.say("the platform funds the pool")
    return record_id


# --- act 2 -------------------------------------------------------------------------------------------------------


def _export(play: Play) -> None:
    scribe, goods = play.scribe, play.shipments
    auckland = place("NZ", "NZAKL", "Auckland")
    everything = [(goods["ocean"], 0, 400, NONE), (goods["uncleared"], 0, 100, NONE), (goods["parcel"], 0, 1, NONE)]
    play.at(5)
    first = scribe.handoff(everything, MAKER, FORWARDER, auckland, due_at=play.start + 8 * DAY)
    thief = new_key()
    play.refused(
        "a forged handoff: a stranger signs as the forwarder",
        lambda: play.trial.sign_and_submit(first, play.parties[MAKER].key, thief),
    )
    signed = play.trial.signed(first, play.parties[MAKER])
    play.refused("a one-sided handoff: only the releaser has signed", lambda: play.trial.node.submission.submit(signed))
    play.refused(
        "the one-sided handoff, straight to the contract",
        lambda: play.trial.submit_to_contract(signed),
    )
    play.sign("the forwarder takes everything", first, MAKER, FORWARDER)

    play.at(6)
    for status in (ClearanceStatus.LODGED, ClearanceStatus.RELEASED):
        by = BROKER if status == ClearanceStatus.LODGED else NZ_CUSTOMS
        items = [(shipment, 0) for shipment in goods.values()]
        export = scribe.clearance(by, items, "NZ", Regime.EXPORT, status, declarant=MAKER, assurance=_assurance(by))
        play.sign(f"export from New Zealand: {status.name.lower()}", export, *signing_partners(export))

    play.at(7)
    # One item is stale: its sequence was used when the forwarder took it over. The others apply.
    cargo = [(goods["ocean"], 1, 400, NONE), (goods["parcel"], 0, 1, NONE), (goods["uncleared"], 1, 100, NONE)]
    loading = scribe.handoff(cargo, FORWARDER, OCEAN, auckland, due_at=play.start + 23 * DAY, load="MEDU7654321")
    play.sign("loading by a manifest with one stale item", loading, FORWARDER, OCEAN)
    again = scribe.handoff([(goods["parcel"], 1, 1, NONE)], FORWARDER, OCEAN, auckland, due_at=play.start + 23 * DAY)
    play.sign("the parcel is loaded under its right sequence", again, FORWARDER, OCEAN)


def _assurance(by: int) -> Assurance:
    return Assurance.BROKER_WORD if by == BROKER else Assurance.AUTHORITY_SIGNED


# --- act 3 -------------------------------------------------------------------------------------------------------


def _arrive(play: Play) -> None:
    scribe, goods = play.scribe, play.shipments
    ningbo = place("CN", "CNNGB", "Ningbo")
    play.at(22)
    items = [
        (goods["ocean"], 2, 400, ExceptionBit.DAMAGED),
        (goods["uncleared"], 2, 100, NONE),
        (goods["parcel"], 2, 1, NONE),
    ]
    arrival = scribe.handoff(items, OCEAN, WAREHOUSE, ningbo, due_at=play.start + 24 * DAY, load="MEDU7654321")
    play.sign("the bonded warehouse takes it in and notes the damage", arrival, OCEAN, WAREHOUSE)

    def customs(status: ClearanceStatus, sequence: int, names: list[str], **more: object) -> None:
        items = [(goods[name], sequence) for name in names]
        record = scribe.clearance(
            CN_CUSTOMS,
            items,
            "CN",
            Regime.IMPORT,
            status,
            declarant=BROKER,
            **more,  # type: ignore[arg-type]
        )
        play.sign(f"import into China: {status.name.lower()} ({', '.join(names)})", record, CN_CUSTOMS)

    play.at(22, 12)
    customs(ClearanceStatus.PRESENTED, 0, ["ocean", "parcel", "uncleared"])
    play.at(23)
    customs(ClearanceStatus.HELD, 1, ["ocean"], cause=HoldCause.RANDOM)
    customs(ClearanceStatus.RELEASED, 1, ["parcel"], duty=no_duty())
    play.at(25)
    customs(ClearanceStatus.RELEASED, 2, ["ocean"])
    play.at(25, 15)
    customs(ClearanceStatus.HELD, 3, ["ocean"], cause=HoldCause.DOCUMENTS, caused_by=FORWARDER)
    play.at(28, 15)
    customs(ClearanceStatus.RELEASED, 4, ["ocean"], duty=scribe.import_duty("CN-2026-0001", 96_000_00))


# --- act 4 -------------------------------------------------------------------------------------------------------


def _deliver(play: Play) -> None:
    scribe, goods = play.scribe, play.shipments
    shanghai = place("CN", "CNSHA", "Shanghai")
    play.at(30)
    delivery = scribe.handoff([(goods["ocean"], 3, 400, ExceptionBit.DAMAGED)], WAREHOUSE, PLATFORM, shanghai)
    play.sign("the platform takes the late delivery", delivery, WAREHOUSE, PLATFORM)

    play.at(31)
    hasty = scribe.handoff([(goods["uncleared"], 3, 100, NONE)], WAREHOUSE, PLATFORM, shanghai)
    one_side = play.trial.signed(hasty, play.parties[WAREHOUSE])
    play.refused(
        "proposing a delivery that customs has not cleared", lambda: play.trial.node.submission.submit(one_side)
    )
    play.sign("both sign it all the same: recorded, in breach", hasty, WAREHOUSE, PLATFORM)
    play.refused(
        "the parcel handed off twice under one sequence",
        lambda: play.trial.sign_and_submit(
            scribe.handoff([(goods["parcel"], 2, 1, NONE)], WAREHOUSE, LAST_MILE, shanghai),
            play.parties[WAREHOUSE].key,
            play.parties[LAST_MILE].key,
        ),
    )

    play.at(32)
    # New terms over the undelivered parcel, from its consignee to a consumer: the key comes from the order link.
    deal = Deal("ORDER-77", 45_00, 5_00, play.start + 36 * DAY, 5, 5_00, PLATFORM, PLATFORM)
    onward = scribe.terms(
        deal,
        LOT,
        consignor=PLATFORM,
        consignee=0,
        holder=WAREHOUSE,
        packages=1,
        mode=Mode.ROAD,
        fulfilment=Fulfilment.BONDED_WAREHOUSE,
        purpose=Purpose.ONWARD,
        parents=(ShipmentRef(goods["parcel"], 3),),
        recipient_key=play.consumer.address,
    )
    goods["consumer"] = play.sign("onward terms to a consumer", onward, PLATFORM, WAREHOUSE)
    play.at(33)
    pickup = scribe.handoff([(goods["consumer"], 0, 1, NONE)], WAREHOUSE, LAST_MILE, shanghai)
    play.sign("the last-mile carrier takes the parcel", pickup, WAREHOUSE, LAST_MILE)
    play.at(34)
    door = scribe.handoff([(goods["consumer"], 1, 1, NONE)], LAST_MILE, 0, shanghai)
    play.sign("the consumer signs with the one-time key", door, LAST_MILE, play.consumer)


# --- act 5 -------------------------------------------------------------------------------------------------------


def _reward(play: Play) -> None:
    node = play.trial.node
    play.at(41)
    recall = Recall(
        by=MAKER,
        subject=f"01/{subject(BAD_LOT).split('/')[1]}",
        lots=canonical_json([{"lot": BAD_LOT}]).decode(),
        hazard=int(Hazard.BIOLOGICAL),
        action=int(RecallAction.RETURN),
        contact="recall@southern-pastures.example",
        supersedes=NO_HASH,
        occurredAt=play.clock.now(),
        details=details(),
    )
    play.records["recall"] = play.sign(f"the maker recalls lot {BAD_LOT}", recall, MAKER)
    journeys.answer(play, play.records["recall"])

    # The recall is what is logged first after the bonus period: the award counts all that was logged before it.
    with node.home.database.write() as connection:
        award_files.keep_rule(connection, rule_file())
    draft = draft_award(node.reader, play.records["agreement"])
    play.award = draft.award
    play.sign("the award, computed from the records", draft.record, PLATFORM)

    # Two phones look at a code that only who opened the tin can know, three days apart: one of them has a copy.
    copied, products = subject(SCRATCH_LOT, SCRATCHED[0]), node.reader.products
    products.look_up(copied, "the-buyers-phone", keep=True)
    play.at(LAST_DAY)
    products.look_up(copied, "somebody-elses-phone", keep=True)
    play.say("a code under a scratch layer is looked at again, from another phone")
    for line in draft.award.amounts:
        if line.amount:
            account = new_key().address
            claim = Claim(line.partner, play.records["agreement"], 1, line.amount, account)
            name = play.parties[line.partner].name
            play.claimed[line.partner] = play.sign(f"{name} claims its amount", claim, line.partner)

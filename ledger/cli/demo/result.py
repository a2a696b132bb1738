"""What the demo has shown: one object for `--json`, with a verdict on every promise, expected against found.

Expectations are written down here by hand, from the plot's calendar and the formula; nothing is taken from the code
that is judged.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ledger.cli.demo import advice
from ledger.cli.demo.cast import (
    BAD_LOT,
    FORWARDER,
    LAST_MILE,
    LOCKER,
    LOT,
    OTHER_GTIN,
    PLATFORM,
    SCRATCH_LOT,
    SCRATCHED,
    WAREHOUSE,
    subject,
)
from ledger.cli.demo.plans import Plans
from ledger.cli.demo.play import Play
from ledger.cli.demo.plot import MEASURED_FROM, POOL
from ledger.cli.demo.scribe import CURRENCY
from ledger.cli.demo.verdict import verdict
from ledger.cli.demo.witnesses import NAMES
from ledger.common.figure import to_json as figure_json
from ledger.common.ids import RecordId, to_hex
from ledger.common.periods import DAY, HOUR
from ledger.penalties.statement import PenaltyStatement
from ledger.records.types import Handoff
from ledger.services.audit.findings import AuditReport
from ledger.services.audit.run import audit
from ledger.services.home.settings import Settings
from ledger.services.views.records import Reader

PRODUCTS = (
    (subject(LOT, "000007"), "authentic"),
    (subject(BAD_LOT, "000003"), "recalled"),
    (subject(SCRATCH_LOT, SCRATCHED[0]), "risk"),
    (subject("L9999", "000001", OTHER_GTIN), "unknown"),
)
STATUSES = {
    "ocean": "delivered",
    "uncleared": "delivered",
    "parcel": "closed into onward",
    "consumer": "delivered",
    "cartons": "closed into children",
    "missing": "destroyed",
    "for the locker": "closed into onward",
    "for the doorstep": "closed into onward",
    "in stock": "open",
    "locker": "in transit",
    "doorstep": "tendered",
    "papers": "delivered",
    "disputed": "tendered",
    "milk powder": "closed into children",
    "lactose": "closed into onward",
    "powder used": "closed into onward",
    "powder left": "delivered",
    "blend": "closed into children",
    "stock": "closed into children",
    "stock left": "delivered",
    "sold": "delivered",
    "urgent": "delivered",
    "transfer": "open",
}
ALPHA = 60_00
LATE = 30 * DAY + 9 * HOUR - (24 * DAY - 1 + DAY // 2)
"""From promised time and grace to the counter-signed delivery on day 30 at nine."""
RANDOM_HOLD = 2 * DAY
"""Day 23 to day 25, both at nine. The hold caused by the forwarder's papers is not taken out."""
EXPECTED_PENALTY = ALPHA * (LATE - RANDOM_HOLD) ** 2 // DAY**2
PAPERS_LATE = 18 * DAY + 9 * HOUR - (15 * DAY + DAY // 2)
"""The shipment with the broker's wrong papers: promised at the end of day 14, half a day of grace, there on day 18."""
BROKERS_HOLD = 3 * DAY
"""Day 14 to day 17, both at nine; the carrier did not cause it."""
BEFORE_THE_STORY = 128
"""Consignments of 32 weeks, four a week, all of which arrive."""
DISPUTED_FROM, DISPUTED_ALPHA = 36 * DAY - 1 + DAY // 2, 2_00
"""Promised for the end of day 35, half a day of grace; tendered in time, which the platform contests."""
EDITED = "the platform takes the late delivery"


def result_of(play: Play, plans: Plans) -> dict[str, Any]:
    """The whole result. Edits a row of the database on the way, lets the audit find it, and puts it back."""
    node = play.trial.node
    statement = node.reader.numbers.penalty(play.shipments["ocean"], play.clock.now())
    products = [node.reader.products.look_up(path) for path, _ in PRODUCTS]
    before = audit(node)
    with edited_row(node.home.settings, play.records[EDITED]):
        after = audit(node)
    restored = audit(node)
    result = {
        "shipments": [_shipment(play, shipment) for shipment in play.shipments.values()],
        "records": node.reader.log_state()["records"],
        "checkpoint": _checkpoint(play),
        "penalty": _penalty(statement),
        "award": _award(play),
        "refusals": [{"attempt": attempt, "reason": reason} for attempt, reason in play.refusals],
        "products": [
            {
                "id": p["id"],
                "verdict": p["verdict"],
                "why": [reason["text"] for reason in p["why"]],
                "product": p["product"],
            }
            for p in products
        ],
        "audit": {
            "before": {"ok": before.ok},
            "after_edit": {"ok": after.ok, "findings": after.to_json()["findings"]},
        },
    }
    result["advice"] = advice.advice_of(play, plans)
    result["verdicts"] = [*_verdicts(play, result, after, restored), *advice.verdicts(play, plans)]
    return result


def _verdicts(
    play: Play, result: dict[str, Any], after: AuditReport, restored: AuditReport
) -> Iterator[dict[str, Any]]:
    node = play.trial.node
    for name, shipment in play.shipments.items():
        view = node.reader.views.shipment(shipment)
        yield verdict(f"status of the {name} shipment", STATUSES[name], view.summary.status)
    ocean = node.reader.views.shipment(play.shipments["ocean"])
    noted = sorted({e for step in ocean.steps for e in step.exceptions})
    yield verdict("the damaged receipt is counter-signed", ["damaged"], noted)
    parcel = node.reader.views.shipment(play.shipments["parcel"])
    skipped = [step.outcome for step in parcel.steps if step.outcome not in ("applied", "applied in breach")]
    yield verdict("one item of the manifest was stale, the others applied", ["stale"], skipped)
    uncleared = node.reader.views.shipment(play.shipments["uncleared"])
    yield verdict("the uncleared delivery is marked", "applied in breach", uncleared.steps[-1].outcome)
    consumer = node.reader.views.shipment(play.shipments["consumer"])
    yield verdict("the consumer signed with a one-time key", 0, consumer.steps[-1].by[-1].id)
    yield verdict("refused attempts", 8, len(result["refusals"]))
    yield from _before_the_story(play)
    yield from _journeys(play)
    yield verdict("late seconds, customs taken out", LATE - RANDOM_HOLD, result["penalty"]["late_seconds"])
    yield verdict("penalty by the formula", EXPECTED_PENALTY, result["penalty"]["amount"])
    yield verdict("who owes it", FORWARDER, result["penalty"]["liable"])
    shared = sum(share["amount"] for share in result["award"]["shares"])
    yield verdict("shares and residual sum to what was paid in", POOL, shared + result["award"]["residual"]["amount"])
    measure = node.reader.numbers.measure(play.agreement.periodStart if play.agreement else 0)
    in_time = measure.since is not None and measure.since < play.start + MEASURED_FROM
    yield verdict("the council adopted the scorecard before the bonus period", True, in_time)
    measured_by = play.award.rule.card if play.award else b""
    yield verdict("and the award is measured by it", to_hex(measure.card.hash), to_hex(measured_by))
    unclaimed = [s["partner"] for s in result["award"]["shares"] if s["amount"] and not s["claimed_in"]]
    yield verdict("every amount was claimed", [], unclaimed)
    for (path, expected), found in zip(PRODUCTS, result["products"], strict=True):
        yield verdict(f"verdict on {path}", expected, found["verdict"])
    shown = [bool(p["product"] and p["product"]["picture"]) for p in result["products"]]
    yield verdict("products whose brand shows name and picture", [True, True, True, False], shown)
    yield verdict("records still waiting for the chain", 0, _waiting(play))
    yield verdict("the newest checkpoint is anchored", result["checkpoint"]["size"], _anchored_size(play))
    yield verdict("the witnesses have cosigned it", sorted(NAMES), result["checkpoint"]["cosigned_by"])
    yield verdict("the audit finds nothing before the edit", True, result["audit"]["before"]["ok"])
    named = to_hex(play.records[EDITED]) in {finding.record for finding in after.findings}
    yield verdict("the audit catches the edit", False, after.ok)
    yield verdict("and names the edited record", True, named)
    yield verdict("with the row put back, it finds nothing", True, restored.ok)


def _before_the_story(play: Play) -> Iterator[dict[str, Any]]:
    """What the past leaves behind: deliveries, and scores of closed quarters for everybody to see."""

    node = play.trial.node
    statuses = [node.reader.views.shipment(shipment).summary.status for shipment in play.past]
    yield verdict("consignments delivered before the story", BEFORE_THE_STORY, statuses.count("delivered"))
    public = node.reader.publication.asked(None, None, None) or {}
    scored = {card["partner"] for card in public.get("scores", ()) if card["score"] is not None}
    yield verdict("carriers with a public score", [FORWARDER, LAST_MILE], sorted(scored & {FORWARDER, LAST_MILE}))


def _journeys(play: Play) -> Iterator[dict[str, Any]]:
    """What became of the goods that did not go straight; packages by the calendar of `ledger.cli.demo.journeys`."""

    node = play.trial.node
    children = node.reader.views.shipment(play.shipments["cartons"]).children
    yield verdict("the split's children and the missing cartons", 4, len(children))
    for name in ("locker", "doorstep"):
        late = node.reader.numbers.penalty(play.shipments[name], at=play.clock.now())
        yield verdict(f"the clock of the {name} parcel stopped in time", (0, 0), (late.late_seconds, late.amount))
    papers = node.reader.numbers.penalty(play.shipments["papers"], at=play.clock.now())
    yield verdict("the broker's hold is taken out of the carrier's delay", BROKERS_HOLD, papers.customs_seconds)
    yield verdict("what is left of it", max(0, PAPERS_LATE - BROKERS_HOLD), papers.late_seconds)
    disputed = node.reader.numbers.penalty(play.shipments["disputed"], at=play.clock.now())
    in_dispute = DISPUTED_ALPHA * (play.clock.now() - play.start - DISPUTED_FROM) ** 2 // DAY**2
    yield verdict("nothing is owed while a tender is disputed, and what may be is frozen", (0, min(in_dispute, 60_00)),
                  (disputed.amount, disputed.frozen))  # fmt: skip
    recall = node.reader.recalls.recall(play.records["recall"], Reader(auditor=True))
    holds = {one.partner.id: one.holds for one in recall.trace.holders if one.holds}
    yield verdict("who holds the recalled lot", {WAREHOUSE: 16, LAST_MILE: 1, LOCKER: 1}, holds)
    effect = recall.effect
    yield verdict(
        "how the recall goes",
        (3, 1, 18, 16, 2),
        effect and (effect.asked, effect.answered, effect.expected, effect.found, effect.outstanding),
    )


@contextmanager
def edited_row(settings: Settings, record_id: RecordId) -> Iterator[None]:
    """Do what a dishonest operator would: get past the triggers and change a signed number. Undone afterwards."""
    path = settings.database_url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'records'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        (original,) = connection.execute("SELECT message FROM records WHERE record_id = ?", (record_id,)).fetchone()
        change = "UPDATE records SET message = ? WHERE record_id = ?"
        connection.execute(change, (original.replace('"packages":400', '"packages":390'), record_id))
        try:
            yield
        finally:
            connection.execute(change, (original, record_id))
            for _, sql in triggers:
                connection.execute(sql)
    finally:
        connection.close()


def _shipment(play: Play, shipment: RecordId) -> dict[str, Any]:
    node = play.trial.node
    view = node.reader.views.shipment(shipment)
    about = node.reader.views.records(kind="shipment", key=to_hex(shipment), types=(Handoff.NUMBER,), limit=100)
    return {
        "id": view.summary.id,
        "terms": view.summary.terms,
        "handoffs": [row.id for row in about],
        "status": view.summary.status,
    }


def _checkpoint(play: Play) -> dict[str, Any]:
    node = play.trial.node
    published = node.reader.publisher.current()
    if published is None:
        raise LookupError("nothing was published")
    state = node.reader.log_state()
    anchored, witnesses = state["anchored"], state["witnesses"]
    return {
        "size": published.head.size,
        "root": to_hex(published.head.root),
        "origin": published.head.origin,
        "anchored_in": anchored["transaction"] if anchored else None,
        "cosigned_by": sorted(w["name"] for w in witnesses["witnesses"] if w["cosignedAt"] is not None),
    }


def _penalty(statement: PenaltyStatement) -> dict[str, Any]:
    return {
        "shipment": to_hex(statement.shipment),
        "liable": statement.liable,
        "beneficiary": statement.beneficiary,
        "alpha": statement.alpha,
        "cap": statement.cap,
        "promised_at": statement.promised_at,
        "delivered_at": statement.delivered_at,
        "customs_seconds": statement.customs_seconds,
        "late_seconds": statement.late_seconds,
        "amount": statement.amount,
        "amount_high": statement.amount_high,
        "frozen": statement.frozen,
        "indicative": statement.indicative,
        "currency": statement.currency,
        "judged_at": statement.judged_at,
        "legs": [
            {"partner": leg.partner, "overrun_seconds": leg.overrun_seconds, "amount": leg.amount}
            for leg in statement.legs
        ],
        "evidence": [to_hex(record_id) for record_id in statement.evidence],
        "times": [figure_json(time) for time in statement.times],
    }


def _award(play: Play) -> dict[str, Any]:
    award = play.award
    if award is None:
        raise LookupError("nothing was awarded")
    return {
        "agreement": to_hex(award.agreement),
        "paid_in": POOL,
        "currency": CURRENCY,
        "shares": [
            {
                "partner": line.partner,
                "basis_points": line.basis_points,
                "amount": line.amount,
                "claimed_in": to_hex(play.claimed[line.partner]) if line.partner in play.claimed else None,
            }
            for line in award.lines
        ],
        "residual": {"partner": PLATFORM, "amount": award.residual_amount},
    }


def _waiting(play: Play) -> int:
    node = play.trial.node
    return sum(view.chain.status == "pending" for view in node.reader.views.records(limit=1000))


def _anchored_size(play: Play) -> int | None:
    anchored = play.trial.node.reader.log_state()["anchored"]
    return anchored["size"] if anchored else None

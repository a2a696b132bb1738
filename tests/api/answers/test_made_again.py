"""Whoever has a bundle of the ledger makes every answer again, as far as its reader may read; another is told apart."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger.api.pages.plans.positions import positions
from ledger.attested.rate_card import RATE_CARD
from ledger.bundle.bundle_checks import BundleChecks
from ledger.bundle.format import BundledRecord, parse_bundle
from ledger.bundle.steps import ATTESTED
from ledger.bundle.verify import examined
from ledger.errors import LadingError, MalformedRecord, Misconfigured, VerificationFailed
from ledger.planning import cover, optimum, relaxation
from ledger.records.disclosure import join, open_paths, split
from ledger.records.types import Attestation, Outcome
from ledger.services.answers.inputs import Kind
from ledger.services.answers.kinds.question import Question
from ledger.services.answers.kinds.registry import MAKE
from ledger.services.answers.made_again import made_again
from ledger.services.answers.verify import check_inputs, check_made, inputs_of, make_again, told, verify_answer
from ledger.services.views.records import Reader
from ledger.store import openings, records
from tests.api.answers.conftest import READERS, Asked, changed
from tests.api.plans.test_warehouses import STATED
from tests.api.world import GTIN, LOT
from tests.e2e.stage import AUDITOR, CARRIER, MAKER, SHOP

ROUTE = (
    "/v1/plans/route?origin=CNSHA&destination=NZAKL&packages=10&currency=EUR&evidence=true"
    "&time=CN-NZ:maritime:480:600&time=CN-NZ:air:72:96&distance=CNSHA-NZAKL:9400"
)
UNSTATED = {
    name: value for name, value in STATED.items() if name in ("lading", "currency", "warehouses", "products", "ways")
}
PATHS: dict[str, Any] = {
    "route": ROUTE,
    "consolidation": "/v1/plans/consolidation?currency=EUR",
    "allocate": ("/v1/plans/allocate?evidence=true", STATED),
    "trigger": ("/v1/plans/trigger?evidence=true", UNSTATED),
    "cover": ("/v1/plans/cover?evidence=true", STATED),
    "balance": ("/v1/plans/balance?evidence=true", STATED),
    "access": "/v1/access",
    "league": "/v1/league?origin=CN&destination=CN&evidence=true",
    "lanes": "/v1/league",
    "network": "/v1/network?by=carrier&evidence=true",
    "fulfilment": "/v1/network?by=fulfilment&evidence=true&start=1000&against_start=0&against_end=1000",
    "stock": "/v1/stock",
    "holdings": "/v1/stock/holdings",
    "gaps": "/v1/provenance/gaps",
    "trace": f"/v1/provenance?subject=01/{GTIN}/10/{LOT}",
    "deviations": "/v1/markets/deviations",
    "changes": f"/v1/markets/changes?partner={MAKER}",
}
FOR_AUDITORS = ("access", "trace", "changes")
"""What rests on more than one partner may read, or is not told to each."""


def ask(asked: Asked, name: str, who: int = AUDITOR) -> bytes:
    path = PATHS[name]
    return asked.answer(path, who) if isinstance(path, str) else asked.answer(path[0], who, path[1])


def test_every_kind_of_answer_is_made_again_by_an_auditor(asked: Asked) -> None:
    work, kinds = asked.examined(), set()
    for name in PATHS:
        answer = json.loads(ask(asked, name))
        inputs = inputs_of(answer)
        check_inputs(inputs, work)
        assert "every member" in check_made(answer, inputs, make_again(answer, inputs, work, positions())), name
        kinds.add(inputs.kind)
    for path in (f"/v1/shipments/{asked.world.id('cleared')}/market", f"/v1/plans/forecast?gtin={GTIN}&months=2"):
        answer = json.loads(asked.answer(path))
        _checked(answer, work)
        kinds.add(inputs_of(answer).kind)
    assert kinds == set(Kind)


@pytest.mark.parametrize("who", [one for one in READERS if one != AUDITOR])
def test_a_partner_makes_its_answers_again_from_what_it_may_read(asked: Asked, who: int) -> None:
    work = asked.examined(who)
    for name in PATHS:
        if name in FOR_AUDITORS:
            continue
        answer = json.loads(ask(asked, name, who))
        inputs = inputs_of(answer)
        check_inputs(inputs, work)
        assert "every member" in check_made(answer, inputs, make_again(answer, inputs, work, positions())), name


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return str(int(value) + 1) if value.isdigit() else value + "1"
    return 1


def altered(value: Any) -> Iterator[Any]:
    """The same answer with one thing in it altered, each in turn: a value, a member gone, an entry gone or twice."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from ({**value, name: changed_member} for changed_member in altered(member))
            if member is not None:
                yield {kept: value[kept] for kept in value if kept != name}
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            yield from ([*value[:i], one, *value[i + 1 :]] for one in altered(entry))
            yield [*value[:i], *value[i + 1 :]]
            yield [*value[: i + 1], *value[i:]]
    else:
        yield other(value)


@pytest.mark.parametrize("name", ["route", "access", "league", "stock", "gaps", "deviations"])
def test_an_answer_with_anything_altered_is_refused(asked: Asked, name: str) -> None:
    answer = json.loads(ask(asked, name))
    inputs = inputs_of(answer)
    again = make_again(answer, inputs, asked.examined(), positions())
    del answer["inputs"]
    check_made(answer, inputs, again)
    count = 0
    for one in altered(answer):
        with pytest.raises(VerificationFailed):
            check_made(one, inputs, again)
        count += 1
    assert count > 20


@pytest.mark.parametrize("name", ["allocate", "cover"])
@pytest.mark.parametrize("solver", [True, False])
def test_a_solvers_plan_with_any_number_altered_is_refused_without_a_solver(
    asked: Asked, name: str, solver: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Feasibility, the objective and the bound of its prices are confirmed in integers."""
    answer = json.loads(ask(asked, name))
    inputs, work = inputs_of(answer), asked.examined()
    if not solver:
        monkeypatch.setattr(optimum, "library", _missing)
        monkeypatch.setattr(cover, "library", _missing)
        monkeypatch.setattr(relaxation, "library", _missing)
    count = 0
    with made_again(work, inputs.log.size, inputs.evidence, inputs.at) as ledger:

        def confirm(one: dict[str, Any]) -> None:
            question = Question(ledger, inputs.reader, inputs.at, inputs.asked, positions(), one)
            check_made(one, inputs, MAKE[inputs.kind](question))

        confirm(answer)
        for part in ("plan", "stated", "left_out", "file", "explanation"):
            for value in altered(answer[part]):
                with pytest.raises((VerificationFailed, MalformedRecord)):
                    confirm(answer | {part: value})
                count += 1
    assert count > 20


def _missing(name: str) -> Any:
    raise Misconfigured("not installed", where=name)


def test_inputs_that_are_altered_are_refused_or_give_another_answer(asked: Asked) -> None:
    answer, work = json.loads(ask(asked, "route")), asked.examined()
    whole = answer["inputs"]
    for name in ("lading", "kind", "log", "rules", "evidence"):
        for one in altered(whole[name]):
            told = answer | {"inputs": whole | {name: one}}
            with pytest.raises(LadingError):
                _checked(told, work)


def _checked(told: dict[str, Any], work: BundleChecks) -> None:
    inputs = inputs_of(told)
    check_inputs(inputs, work)
    check_made(told, inputs, make_again(told, inputs, work, positions()))


def test_an_operator_that_hides_the_cheaper_carrier_is_found(asked: Asked) -> None:
    answer = json.loads(ask(asked, "route", SHOP))
    assert len(answer["plan"]["ways"]) == 1
    dear = {**answer["plan"], "ways": [], "cost": None, "bound": None}
    steps = asked.verify(changed(json.dumps(answer).encode(), plan=dear), SHOP)
    assert (steps[-1].name, steps[-1].ok) == ("made again", False)
    assert "plans/route.plan" in steps[-1].why

    # Left out by what was asked, it follows: so what was asked is told.
    asked_less = asked.answer(f"{ROUTE}&without_mode=maritime", SHOP)
    assert json.loads(asked_less)["plan"]["ways"] == []
    steps = asked.verify(asked_less, SHOP)
    assert all(step.ok for step in steps)
    assert '"without_mode": ["maritime"]' in steps[0].why
    assert (steps[-1].name, steps[-1].basis) == ("made again", ATTESTED), "a card may be closed in its bundle unseen"


def test_a_gap_that_is_hidden_a_standing_that_is_worse_a_deviation_and_stock_that_counts_twice_are_found(
    asked: Asked,
) -> None:
    gaps = json.loads(ask(asked, "gaps"))
    assert gaps["total"] > 1
    hidden = {"total": gaps["total"] - 1, "findings": gaps["findings"][1:]}
    standings = json.loads(ask(asked, "access"))["standings"]
    worse = [standings[0] | {"course": standings[0]["course"] | {"stage": "probation"}}, *standings[1:]]
    assert json.loads(ask(asked, "deviations"))["clearances"]
    stock = json.loads(ask(asked, "stock"))["totals"]
    twice = [stock[0] | {"on_hand": str(stock[0]["on_hand"]) + "0"}, *stock[1:]]
    for name, lie, where in (
        ("gaps", hidden, "provenance/gaps."),
        ("access", {"standings": worse}, "access.standings[0].course.stage"),
        ("deviations", {"clearances": []}, "markets/deviations.clearances"),
        ("stock", {"totals": twice}, "stock.totals[0].on_hand"),
    ):
        steps = asked.verify(changed(ask(asked, name), **lie))
        assert (steps[-1].name, steps[-1].ok) == ("made again", False), name
        assert where in steps[-1].why, steps[-1].why


def test_a_bundle_of_somebody_else_and_an_answer_without_inputs_are_no_ground(asked: Asked) -> None:
    steps = asked.verify(ask(asked, "stock", SHOP), MAKER)
    assert (steps[-1].name, steps[-1].ok) == ("inputs", False)
    assert "for somebody else" in steps[-1].why
    assert asked.verify(changed(ask(asked, "stock"), inputs=None))[-1].name == "answer"


def test_an_answer_as_of_now_that_counts_an_older_log_is_refused(asked: Asked) -> None:
    """Else the operator hides what came in since: all the rest follows from the records before."""
    inputs, work = inputs_of(json.loads(ask(asked, "stock"))), asked.examined()
    size = inputs.log.size // 2
    borne_out = [one for one in work.evidence.times if one.size <= size]
    log = replace(inputs.log, size=size, checkpoint=None)
    older = replace(inputs, log=log, evidence=borne_out[-1] if borne_out else None)
    with pytest.raises(VerificationFailed, match="records that were there are left out"):
        check_inputs(older, work)


def test_a_key_that_opens_some_records_alone_is_told(asked: Asked) -> None:
    """An operator that answers as if to a lesser key leaves things out: whoever asked sees it in the first line."""
    inputs = inputs_of(json.loads(ask(asked, "route", SHOP)))
    assert "scopes" not in told(inputs).split("; asked")[0]
    assert f"partner {SHOP} with a key for some records alone (scopes 1)" in told(
        replace(inputs, reader=Reader(SHOP, scopes=1))
    )


def test_a_partners_bundle_opens_what_it_has_a_right_to_and_nothing_else(asked: Asked) -> None:
    node, closed = asked.world.stage.node, 0
    for who in (MAKER, SHOP, CARRIER):
        work = asked.examined(who)
        with node.home.database.read() as connection:
            for row in records.stream(connection, stop=work.head.size):
                right = node.reader.views.right_to(connection, row.record, row.record_id, Reader(who))
                shown = set(open_paths(work.bundle.records[row.log_index].signed.record))
                if right is not None:
                    assert shown == set(openings.of(connection, row))
                elif shown:
                    assert isinstance(row.record, Attestation)
                    assert row.record.schema == RATE_CARD, "a card that its issuer shows to every partner"
                closed += right is None and not shown and bool(openings.of(connection, row))
    assert closed > 10


def test_a_file_that_the_council_adopted_and_that_is_left_out_is_told(asked: Asked) -> None:
    """Its maker cannot leave it out of both answer and bundle unseen."""
    bundle = parse_bundle(asked.bundles[0])
    less = replace(bundle, rules=tuple(text for text in bundle.rules if "lading/gates" not in text))
    steps = verify_answer(ask(asked, "access"), less.to_bytes(), asked.trust)
    assert not steps[-1].ok
    assert "missing" in steps[-1].why


@pytest.mark.parametrize("path", ["duty", "details", "load", "place"])
def test_a_part_that_is_left_closed_is_told_whatever_it_is_of(asked: Asked, path: str) -> None:
    """Else its maker hides a deviation: out of the answer, and closed in the bundle that it is made again from."""
    bundle = parse_bundle(asked.bundles[0])
    less = replace(bundle, records=tuple(_closed(one, path) for one in bundle.records))
    steps, _ = examined(less.to_bytes(), asked.trust)
    assert (steps[-1].name, steps[-1].ok) == ("figures", False)
    assert steps[-1].why.startswith("withheld")


def _closed(one: BundledRecord, path: str) -> BundledRecord:
    if isinstance(one.signed.record, Outcome):
        return one
    public, parts = split(one.signed.record)
    shown = join(public, {name: part for name, part in parts.items() if name != path})
    return replace(one, signed=replace(one.signed, record=shown))

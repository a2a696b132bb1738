"""What terms need, against an oracle that tries every code and value that the unknown may hide."""

import random
from itertools import product

import pytest

from ledger.codes import Gate, Regime
from ledger.errors import MalformedRecord
from ledger.markets.market_file import parse_market
from ledger.markets.needs import Case, Lacking, lacks_of, needs_of, refused_by, required_by
from ledger.markets.rules import Market
from ledger.records.types import Require

LANES, FULFILMENTS = ("import", "export", "transit"), ("unstated", "express", "direct-mail")
CODES = {"unstated": 0, "express": 1, "direct-mail": 5}
DAYS = (1, 5, 9)
ALPHABET, LONGEST, VALUES = "123", 4, range(9)
Raw = dict[str, object]


def midnight(day: int) -> str:
    return f"2026-03-{day:02}T00:00:00+08:00"


def second(day: int) -> int:
    return 1_772_294_400 + (day - 1) * 86_400  # 2026-03-01T00:00:00+08:00


def random_rules(r: random.Random) -> list[Raw]:
    rules: list[Raw] = []
    for i in range(r.randint(1, 9)):
        rule: Raw = {"id": f"r{i}", "lane": r.choice(LANES)}
        kind = r.choice(("clearance", "paper", "tax", "goods"))
        rule["kind"] = kind
        if kind == "clearance":
            rule |= {"gates": r.sample(["handover", "delivery", "sale"], r.randint(0, 2)), "relay": r.random() < 0.5}
        elif kind == "paper":
            rule |= {"schema": r.choice(("health", "origin")), "about": "lot", "needed": r.random() < 0.7}
        elif kind == "tax":
            rule |= {"tax": r.choice(("duty", "vat")), "rates": [r.randint(0, 9)]}
        else:
            rule |= {"standing": r.choice(("prohibited", "restricted", "free"))}
        if r.random() < 0.7:
            rule["hs"] = sorted({"".join(r.choices(ALPHABET, k=r.randint(1, 3))) for _ in range(r.randint(1, 2))})
        if r.random() < 0.3:
            rule["fulfilment"] = sorted(r.sample(FULFILMENTS, r.randint(1, 2)))
        low, high = sorted(r.sample(VALUES, 2))
        if r.random() < 0.3:
            rule["over"] = low
        if r.random() < 0.3:
            rule["up_to"] = high
        first, last = sorted(r.sample(DAYS, 2))
        if r.random() < 0.3:
            rule["from"] = first
        if r.random() < 0.3:
            rule["until"] = last
        rules.append(rule)
    return rules


def as_toml(rules: list[Raw]) -> bytes:
    lines = ['format = "lading/market/1"', 'title = "T"', 'jurisdiction = "CN"', 'union = ["HK"]', "version = 1",
             'currency = "CNY"', 'offsets = ["+08:00"]']  # fmt: skip
    for rule in rules:
        lines.append(f"[[{rule['kind']}]]")
        for name, value in rule.items():
            if name in ("from", "until"):
                lines.append(f"{name} = {midnight(value)}")  # type: ignore[arg-type]
            elif name != "kind":
                lines.append(f"{name} = {str(value).lower() if isinstance(value, bool) else quoted(value)}")
    return "\n".join(lines).encode()


def quoted(value: object) -> str:
    return str(value).replace("'", '"') if not isinstance(value, str) else f'"{value}"'


def key_of(rule: Raw) -> tuple[object, ...]:
    return rule["kind"], rule.get("schema"), rule.get("tax")


def speaks(rule: Raw, lane: str, at: int, fulfilment: int) -> bool:
    return (
        rule["lane"] == lane
        and ("from" not in rule or second(rule["from"]) <= at)  # type: ignore[arg-type]
        and ("until" not in rule or at < second(rule["until"]))  # type: ignore[arg-type]
        and ("fulfilment" not in rule or fulfilment in [CODES[name] for name in rule["fulfilment"]])  # type: ignore[attr-defined]
    )


def judged(rules: list[Raw], hs: str, value: int) -> str | None:
    """The id of the rule for this very code and value: the longest prefix of any rule that takes the value."""
    best: tuple[int, str] | None = None
    for rule in rules:
        if not (int(rule.get("over", -1)) < value <= int(rule.get("up_to", 10**6))):  # type: ignore[call-overload]
            continue
        for prefix in rule.get("hs", [""]):  # type: ignore[attr-defined]
            if hs.startswith(prefix) and (best is None or len(prefix) > best[0]):
                best = len(prefix), str(rule["id"])
    return best and best[1]


def oracle(rules: list[Raw], case: Case, lane: str, at: int) -> dict[str, bool]:
    """The rules that speak of some goods, and whether they do for certain."""
    found: dict[str, bool] = {}
    speaking = [rule for rule in rules if speaks(rule, lane, at, case.fulfilment)]
    rests = ["".join(rest) for n in range(LONGEST + 1) for rest in product(ALPHABET, repeat=n)]
    for hs in case.goods:
        codes = {hs + rest for rest in rests if len(hs + rest) <= LONGEST} | {hs}
        values = [*VALUES, 99] if case.value is None or case.currency != "CNY" else [case.value]
        for key in {key_of(rule) for rule in speaking}:
            own = [rule for rule in speaking if key_of(rule) == key]
            answers = {judged(own, code, value) for code in codes for value in values}
            for name in answers - {None}:
                found[str(name)] = found.get(str(name), False) or len(answers) == 1
    silent = {
        str(r["id"]) for r in rules if r.get("gates") == [] or r.get("needed") is False or r.get("standing") == "free"
    }
    return {name: certain for name, certain in found.items() if name not in silent}


def check_histories(seed: int, count: int) -> dict[str, int]:
    r = random.Random(seed)
    told = {"files": 0, "refused": 0, "certain": 0, "perhaps": 0, "nothing": 0, "longer": 0}
    while told["files"] < count:
        rules = random_rules(r)
        try:
            market = parse_market(as_toml(rules))
        except MalformedRecord:
            told["refused"] += 1  # two rules speak of the same goods: such files are drawn again
            continue
        told["files"] += 1
        lane = r.choice(LANES)
        ways = {"import": ("DE", "CN", ()), "export": ("CN", "DE", ()), "transit": ("DE", "VN", ("CN",))}
        goods = tuple(sorted({"".join(r.choices(ALPHABET, k=r.randint(0, 4))) for _ in range(r.randint(1, 3))}))
        known = r.random() < 0.6
        case = Case(*ways[lane], r.choice(list(CODES.values())), goods, r.choice(VALUES) if known else None,
                    r.choice(("CNY", "CNY", "EUR")) if known else "")  # fmt: skip
        at = second(r.randint(0, 10)) + r.choice((-1, 0, 1))
        needs = needs_of([market], case, at)
        assert {need.rule: need.certain for need in needs} == oracle(rules, case, lane, at)
        for need in needs:
            told["certain" if need.certain else "perhaps"] += 1
            told["longer"] += max(map(len, need.says.scope.prefixes)) > 1
        told["nothing"] += not needs
    return told


def test_needs_are_what_an_independent_evaluator_finds() -> None:
    told = check_histories(7, 1_500)
    assert min(told.values()) >= 100, told


@pytest.mark.drill
def test_needs_are_what_an_independent_evaluator_finds_in_ten_thousand_files() -> None:
    told = check_histories(8, 10_000)
    assert min(told.values()) >= 1_000, told


def market_of(text: str) -> Market:
    head = as_toml([]).decode()
    return parse_market(f"{head}\n{text}".encode())


CLEARANCES = """
[[clearance]]
id = "import"
lane = "import"
gates = ["delivery"]
relay = true
[[clearance]]
id = "food"
lane = "import"
hs = ["0401"]
gates = ["handover"]
[[goods]]
id = "waste"
lane = "import"
hs = ["3915"]
standing = "prohibited"
"""


def test_a_clearance_is_needed_at_every_gate_that_some_goods_need_and_signed_as_the_strictest_asks() -> None:
    needs = needs_of([market_of(CLEARANCES)], Case("DE", "CN", (), 0, ("040110", "610910"), None, ""), 0)
    assert required_by(needs) == (Require(b"CN", Regime.IMPORT, Gate.HANDOVER | Gate.DELIVERY, False),)
    none = lacks_of((), needs)
    assert [(lack.lacking, lack.gates, lack.rules) for lack in none] == [(Lacking.CLEARANCE, 3, ("import", "food"))]
    lax = (Require(b"CN", Regime.IMPORT, Gate.DELIVERY, True),)
    assert [(lack.lacking, lack.gates) for lack in lacks_of(lax, needs)] == [
        (Lacking.GATE, Gate.HANDOVER), (Lacking.CUSTOMS_SIGNATURE, 0),
    ]  # fmt: skip
    assert lacks_of(required_by(needs), needs) == ()


@pytest.mark.parametrize(
    ("hs", "refused"), [("3915", True), ("39151000", True), ("391", False), ("", False), ("39", False)]
)
def test_goods_are_refused_for_certain_only(hs: str, refused: bool) -> None:
    needs = needs_of([market_of(CLEARANCES)], Case("DE", "CN", (), 0, (hs,), None, ""), 0)
    found = refused_by(needs)
    assert (found is not None) == refused
    assert "waste" in {need.rule for need in needs}, "what may be refused is told"


def test_an_unknown_code_takes_no_longer_for_many_prefixes_and_bounds() -> None:
    bands = "".join(
        f'[[tax]]\nid = "t{i}"\nlane = "import"\ntax = "vat"\nover = {i}\nup_to = {i + 1}\n'
        f"hs = [{', '.join(chr(34) + f'{n:03}' + chr(34) for n in range(120))}]\n"
        for i in range(15)
    )
    needs = needs_of([market_of(bands)], Case("DE", "CN", (), 0, ("",), None, ""), 0)
    assert len(needs) == 15
    assert not any(need.certain for need in needs)


def test_a_tariff_speaks_as_its_lines_one_by_one_would() -> None:
    """Against every code that the unknown may hide: a line for certain, or together the rates of all that may speak."""
    r = random.Random(11)
    told = {"certain": 0, "several": 0, "nothing": 0}
    for _ in range(600):
        tariff = {"".join(r.choices(ALPHABET, k=r.randint(1, 3))): r.randint(1, 5) for _ in range(r.randint(1, 6))}
        lines = "".join(f'"{code}" = {rate}\n' for code, rate in tariff.items())
        market = market_of(f'[[tax]]\nid = "t"\nlane = "import"\ntax = "duty"\n[tax.tariff]\n{lines}')
        hs = "".join(r.choices(ALPHABET, k=r.randint(0, LONGEST)))
        whole = [hs + "".join(rest) for n in range(LONGEST + 1 - len(hs)) for rest in product(ALPHABET, repeat=n)]
        best = {max((code for code in tariff if one.startswith(code)), key=len, default=None) for one in whole}
        needs = needs_of([market], Case("DE", "CN", (), 0, (hs,), None, ""), 0)
        if best == {None}:
            assert needs == ()
            told["nothing"] += 1
            continue
        (need,) = needs
        assert need.rates is not None
        assert set(need.rates) == {tariff[code] for code in best if code is not None}
        assert need.certain == (len(best) == 1)
        assert need.rule == (f"t-{max(filter(None, best))}" if len(best - {None}) == 1 else "t")
        told["certain" if need.certain else "several"] += 1
    assert min(told.values()) >= 50, told

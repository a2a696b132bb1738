"""Ways of delivery over HTTP, as a page and by `lading network`: who may know what of them, and what nobody may ask."""

import csv
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ledger.cli.main import app
from ledger.common.figure import to_json
from ledger.common.periods import DAY, Period, full_hour
from ledger.network.performance import network
from ledger.network.routes import GROUPS, By
from ledger.network.turnover import turnover_by
from ledger.services.home.benchmarks import forget_benchmark, keep_benchmark
from tests.api.modes.conftest import EXPRESS_FREIGHT, MAIL_FREIGHT, OWN_DUTY, RETURN_FREIGHT, SHARED_DUTY
from tests.api.world import World, bearer
from tests.e2e.stage import AUDITOR, CARRIER, CN, CONSUMER, MAKER, OCEAN, SECOND, SHOP, WAREHOUSE

WAYS = "/v1/network?by=fulfilment"
BENCHMARK = 'format = "lading/benchmark/1"\ntitle = "Made up"\nsource = "Here"\n' + "".join(
    f'[[costs]]\nfulfilment = "{name}"\nlink = "{link}"\nper = "order"\ncurrency = "EUR"\namount = 1_000\n'
    for name in ("express", "direct_mail")
    for link in ("freight", "total")
)


def ways(world: World, who: int, more: str = "") -> dict[str, dict[str, Any]]:
    answer = world.get(WAYS + more, world.token(who))
    return {group["group"]: group for group in answer["groups"]}


def links(group: Mapping[str, Any]) -> dict[str, int]:
    return {one["link"]: one["amount"] for one in group["figures"]["links"]}


def page(world: World, who: int, path: str) -> str:
    world.client.cookies.set("lading_session", world.token(who))
    try:
        return world.page(path)
    finally:
        world.client.cookies.clear()


def test_an_auditor_gets_what_follows_from_all_records(world: World) -> None:
    answer = world.get(WAYS, world.token(AUDITOR))
    journeys, period = world.stage.node.reader.numbers.journeys(), Period(**answer["period"])
    expected = network(journeys, period, GROUPS[By.FULFILMENT])
    stock = turnover_by(journeys, period, By.FULFILMENT)
    assert [group["group"] for group in answer["groups"]] == ["direct_mail", "express"] == sorted(expected)
    for group in answer["groups"]:
        assert group["figures"] == to_json(expected[group["group"]]) | {"evidence": None}
        assert group["turnover"] == [to_json(one) for one in stock[group["group"]]]
    express, mail = answer["groups"][1], answer["groups"][0]
    shares = sorted((SHARED_DUTY // 2, SHARED_DUTY - SHARED_DUTY // 2))
    assert links(express)["duty"] - OWN_DUTY in shares
    assert links(mail)["duty"] in shares
    assert (links(express)["return_freight"], links(mail)["freight"]) == (RETURN_FREIGHT, MAIL_FREIGHT)
    assert express["figures"]["reasons"] == express["figures"]["reasons_agreed"] == {"defective": 10}
    assert mail["figures"]["legs_undated"] == 1


def test_nobody_learns_what_a_way_of_others_costs(world: World) -> None:
    """Not by a group, a link, a benchmark, a CSV row, a page nor the stock of somebody else's goods."""
    secrets = {
        MAKER: (MAIL_FREIGHT, SHARED_DUTY), WAREHOUSE: (EXPRESS_FREIGHT, RETURN_FREIGHT, OWN_DUTY, SHARED_DUTY),
        CARRIER: (MAIL_FREIGHT, RETURN_FREIGHT), OCEAN: (EXPRESS_FREIGHT, MAIL_FREIGHT, RETURN_FREIGHT, OWN_DUTY),
    }  # fmt: skip
    with world.stage.node.home.database.write() as connection:
        keep_benchmark(connection, BENCHMARK.encode())
    for who, hidden in secrets.items():
        token = world.token(who)
        forms = ("", "&evidence=true", "&format=csv")
        texts = [world.client.get(WAYS + more, headers=bearer(token)).text for more in forms]
        texts.append(page(world, who, "/network?by=fulfilment"))
        for text in texts:
            for amount in hidden:
                for shown in (str(amount), f"{amount // 100:,}.{amount % 100:02}", str(amount // 2)):
                    assert not re.search(rf"(?<![0-9a-f,.]){shown}(?![0-9a-f])", text), (who, shown)
    everything = world.client.get(WAYS, headers=bearer(world.token(SHOP))).text
    assert all(str(amount) in everything for amount in (EXPRESS_FREIGHT, MAIL_FREIGHT, RETURN_FREIGHT))
    assert ways(world, OCEAN) == {}
    maker, store = ways(world, MAKER), ways(world, WAREHOUSE)
    assert maker.keys() == {"express"}
    assert store.keys() == {"direct_mail"}
    assert {one["partner"] for one in store["direct_mail"]["turnover"]} == {WAREHOUSE, SECOND, SHOP}
    costs = world.get(WAYS, world.token(MAKER))["benchmark"]["costs"]
    assert {row["fulfilment"] for row in costs if row["measured"] is not None} == {"express"}
    with world.stage.node.home.database.write() as connection:
        forget_benchmark(connection)
    assert world.get(WAYS, world.token(MAKER))["benchmark"] is None


def test_papers_that_one_may_not_read_are_unknown_and_said_to_be(world: World) -> None:
    express = ways(world, MAKER)["express"]["figures"]
    assert (express["duty"], express["duties_hidden"]) == ({"EUR": OWN_DUTY}, 1)
    assert any("more may have been paid" in line for line in ways(world, MAKER)["express"]["explanation"])
    both = ways(world, SHOP)
    assert both["express"]["figures"]["duties_hidden"] == both["direct_mail"]["figures"]["duties_hidden"] == 0
    carrier = ways(world, CARRIER)["express"]["figures"]
    assert (carrier["returned_packages"], carrier["reasons"], carrier["reasons_agreed"]) == (10, {"unknown": 10}, {})
    back = ways(world, SECOND)
    assert back["express"]["figures"]["links"] == [
        {"link": "return_freight", "mode": "road", "currency": "EUR", "amount": RETURN_FREIGHT}
    ], "who owes for the return sees that, and nothing of the order"


def test_the_public_and_strangers_see_no_ways(world: World) -> None:
    for token in ("", world.token(CONSUMER)):
        for path in (WAYS, "/v1/network?format=csv", "/v1/network?against_start=1&against_end=2"):
            assert world.client.get(path, headers=bearer(token)).status_code == 403, path
    assert world.client.get("/network?by=fulfilment", headers={"Accept": "text/html"}).status_code == 403
    assert ways(world, CN) == {}, "customs are party to no terms"


def test_periods_follow_each_other_and_do_not_overlap(world: World) -> None:
    auditor, now = world.token(AUDITOR), world.stage.now
    middle = now - 2 * DAY
    answer = world.get(f"{WAYS}&against_start=0&against_end={middle}", auditor)
    assert (answer["period"]["start"], answer["before_period"]["end"]) == (middle, middle)
    said = world.get(f"{WAYS}&start={middle}&end={now + 100 * DAY}&against_start=0&against_end={middle}", auditor)
    assert said["groups"] == answer["groups"]
    for wrong, where in (
        (f"start=0&against_start=5&against_end={now}", "against"),
        (f"start={middle - 1}&end={now}&against_start=0&against_end={middle}", "against"),
        (f"rolling=30&against_start={now - DAY}&against_end={now}", "against"),
        ("against_start=9&against_end=9", "end"),
        ("start=7&end=7", "end"),
        ("against_end=9", "against_start"),
    ):
        refused = world.client.get(f"{WAYS}&{wrong}", headers=bearer(auditor))
        assert (refused.status_code, refused.json()["where"]) == (400, where), wrong
    empty = world.get(f"{WAYS}&start=5&end=9&against_start=1&against_end=5", auditor)
    assert empty["groups"] == []


def test_csv_tells_what_json_tells(world: World) -> None:
    answer = world.client.get(WAYS + "&format=csv", headers=bearer(world.token(SHOP)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="network.csv"'
    rows = {(row["group"], row["figure"], row["of"]): row["now"] for row in csv.DictReader(io.StringIO(answer.text))}
    for name, group in ways(world, SHOP).items():
        figures = group["figures"]
        for figure in ("shipments", "legs_undated", "return_ppm", "processing_mean_seconds", "duties_hidden"):
            assert rows[name, figure, ""] == ("" if figures[figure] is None else str(figures[figure]))
        for base in figures["bases"]:
            assert rows[name, "orders", base["currency"]] == str(base["orders"])
        for reason, count in figures["reasons_agreed"].items():
            assert rows[name, "agreed_packages", reason] == str(count)
        for one in group["turnover"]:
            assert rows[name, "packages_out", f"partner/{one['partner']}"] == str(one["packages_out"])


def test_the_page_puts_ways_beside_each_other(world: World) -> None:
    shown = page(world, SHOP, "/network?by=fulfilment")
    for text in ("Cost by link", "Why goods came back", "Turnover of stock", "Direct mail", "Express", "7,654.31"):
        assert text in shown, text
    old = page(world, SHOP, "/network?by=fulfilment&against_start=2001-01-01&against_end=2001-12-31")
    assert "not equally long" in old
    assert old.count("<h3>") == 2, "both ways, though neither was used then"


@pytest.fixture
def lading(world: World) -> Any:
    env = {"LADING_HOME": str(world.stage.node.home.settings.home)}

    def run(*arguments: str, status: int = 0) -> Result:
        done = CliRunner().invoke(app, ["network", *arguments], env=env)
        assert done.exit_code == status, (done.output, done.exception)
        return done

    return run


def test_the_command_puts_ways_beside_each_other(world: World, lading: Any, tmp_path: Path) -> None:
    end = full_hour(world.stage.now)
    told = json.loads(lading("--by", "fulfilment", "--start", "0", "--end", str(end), "--json").stdout)
    auditor = ways(world, AUDITOR, f"&start=0&end={end}")
    assert [group["group"] for group in told["groups"]] == ["direct_mail", "express"]
    for group in told["groups"]:
        assert group["figures"] | {"evidence": None} == auditor[group["group"]]["figures"]
    text = lading("--by", "fulfilment").stdout
    assert text.splitlines()[0].split() == ["by", "fulfilment", "direct", "mail", "express"]
    for words in ("return freight", "defective", "7,654.31 EUR", "Partner 7", "turns in"):
        assert words in text, words
    assert "7,654.31" not in lading("--by", "fulfilment", "--start", "5", "--end", "9").stdout
    file = tmp_path / "costs.toml"
    file.write_text(BENCHMARK)
    assert "Made up. Here" in lading("--by", "fulfilment", "--benchmark", str(file)).stdout
    assert "Made up" not in lading("--by", "fulfilment").stdout
    assert lading("benchmark", str(file)).stdout == "Made up: 4 costs are kept here.\n"
    assert "Made up. Here" in lading("--by", "fulfilment").stdout
    lading("benchmark", "--forget")
    assert "Made up" not in lading("--by", "fulfilment").stdout


def test_two_periods_on_the_command_line(world: World, lading: Any) -> None:
    middle = str(world.stage.now - 2 * DAY)
    text = lading("--by", "fulfilment", "--against", "0", middle).stdout
    assert "not equally long" in text
    assert text.count("before") == 2
    assert "no shipment in either period" in lading("--start", "5", "--end", "9", "--against", "1", "5").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--against", "0", "9", "--start", "8"),
        ("--against", "9", "9"),
        ("--json", "--csv"),
        ("--benchmark", "nowhere.toml"),
        ("--by", "fulfilment", "--benchmark", "nowhere.toml"),
        ("benchmark",),
        ("benchmark", "x.toml", "--forget"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(lading: Any, arguments: tuple[str, ...]) -> None:
    lading(*arguments, status=1)

"""Budgets by a clock that is passed in: bursts, rates, debts, who pays, and memory."""

import pytest

from ledger.api import quota
from ledger.api.accounts import SenderAccount
from ledger.api.costs import DEFAULT, TABLE, is_submission, points_of
from ledger.api.quota import MOST_PAYERS, Budget, Budgets, LookQuota, Rate, client_of, paid_by, token_of
from ledger.errors import Busy, MalformedRecord

RECORD = "0x" + "12" * 32


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_client_has_a_burst_and_then_its_rate() -> None:
    clock = Seconds()
    budget = Budget(Rate(2, 3), clock)
    for _ in range(3):
        budget.take("a", 1)
    with pytest.raises(Busy) as refused:
        budget.take("a", 1)
    assert refused.value.retry_after == 1
    budget.take("b", 3)  # another client is not touched
    clock.now += 0.5
    budget.take("a", 1)
    with pytest.raises(Busy):
        budget.take("a", 1)
    clock.now += 10_000
    for _ in range(3):
        budget.take("a", 1)
    with pytest.raises(Busy):
        budget.take("a", 1)


def test_whoever_comes_back_when_told_is_served() -> None:
    clock = Seconds()
    budget = Budget(Rate(7, 100), clock)
    budget.take("a", 100)
    with pytest.raises(Busy) as refused:
        budget.take("a", 40)
    clock.now += refused.value.retry_after - 1
    with pytest.raises(Busy):
        budget.take("a", 40)
    clock.now += 1
    budget.take("a", 40)


def test_a_refusal_costs_nothing_and_the_dear_is_refused_before_the_cheap() -> None:
    budget = Budget(Rate(1, 50), Seconds())
    budget.take("a", 30)
    for _ in range(100):
        with pytest.raises(Busy):
            budget.take("a", 40)
    budget.take("a", 20)


def test_what_costs_more_than_a_burst_leaves_a_debt_instead_of_never_being_served() -> None:
    clock = Seconds()
    budget = Budget(Rate(1, 10), clock)
    budget.take("a", 40)
    clock.now += 30
    with pytest.raises(Busy):
        budget.take("a", 1)
    clock.now += 1
    budget.take("a", 1)


def test_given_back_is_no_more_than_was_there() -> None:
    budget = Budget(Rate(1, 5), Seconds())
    budget.charge("a", -100)
    budget.take("a", 5)
    with pytest.raises(Busy):
        budget.take("a", 1)
    budget.charge("a", 100)
    assert budget.spent("a") == 1
    budget.take("b", 40)  # a debt
    budget.charge("b", 100)
    assert budget.spent("b") == 8, "what is refused makes no debt larger"
    budget.charge("b", -1)
    assert budget.spent("b") == 7.8, "nor does what is given back pay it off"


def test_zero_is_no_limit() -> None:
    budget = Budget(Rate(0, 1), Seconds())
    for _ in range(10_000):
        budget.take("a", 100)
    assert budget.spent("a") == 0


def test_memory_is_bounded_however_many_clients_come() -> None:
    budgets = Budgets(Rate(1, 2), Rate(1, 2), Seconds())
    for i in range(MOST_PAYERS + 100):
        budgets.reads.take(str(i), 1)
        budgets.remember(str(i), 1 + i)
    assert len(budgets.reads._left) == len(budgets._partners) == MOST_PAYERS
    budgets.reads.take("0", 2)  # forgotten, so it has its burst again
    with pytest.raises(Busy):
        budgets.reads.take(str(MOST_PAYERS + 99), 2)


def test_every_signer_of_a_record_pays_or_none() -> None:
    budgets = Budgets(Rate(1, 1), Rate(1, 2), Seconds())
    budgets.take_from_signers({7})
    budgets.take_from_signers({7})
    with pytest.raises(Busy):
        budgets.take_from_signers({3, 7})
    budgets.take_from_signers({3})
    budgets.take_from_signers({3})
    with pytest.raises(Busy):
        budgets.take_from_signers({3})


def scope(host: str, **headers: str) -> dict[str, object]:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "client": (host, 1), "headers": sent}


def test_a_partners_session_pays_from_the_partners_budget_whatever_its_address() -> None:
    budgets = Budgets(Rate(1, 1), Rate(1, 1), Seconds())
    for host in ("192.0.2.1", "192.0.2.2"):
        assert budgets.payer(scope(host)) == host
        assert budgets.payer(scope(host, authorization="Bearer one")) == host, "a token that nobody has seen to be one"
    budgets.remember("one", 7)
    assert budgets.payer(scope("192.0.2.1", authorization="Bearer one")) == "partner 7"
    assert budgets.payer(scope("192.0.2.2", cookie=f"a=b; {quota.COOKIE}=one")) == "partner 7"
    assert budgets.payer(scope("192.0.2.1", authorization="Bearer two", cookie=f"{quota.COOKIE}=one")) == "192.0.2.1"
    budgets.forget("one")
    assert budgets.payer(scope("192.0.2.1", authorization="Bearer one")) == "192.0.2.1"


@pytest.mark.parametrize("header", ["", "Bearer", "Basic one", "Bearer  one", "\xff"])
def test_an_odd_header_names_no_session(header: str) -> None:
    assert token_of(scope("192.0.2.1", authorization=header)) != "one"


def test_a_customer_of_ipv6_has_one_quota() -> None:
    assert client_of("2001:db8:1:2::1") == client_of("2001:db8:1:2:ffff::9")
    assert client_of("2001:db8:1:2::1") != client_of("2001:db8:1:3::1")
    assert client_of("192.0.2.1") == "192.0.2.1"


def test_who_comes_from_another_64_each_time_is_served_after_those_who_do_not() -> None:
    seconds = Seconds()
    budgets = Budgets(Rate(200, 2000), Rate(200, 5000), seconds)
    honest = [client_of(host) for host in ("192.0.2.1", "2001:db8:ffff::1")]
    for payer in honest:
        budgets.reads.take(payer, 50)
        budgets.note(budgets.reads, payer, 50)
    for number in range(1_000):
        payer = client_of(f"2001:db8:1:{number:x}::1")
        budgets.reads.take(payer, 25)
        budgets.note(budgets.reads, payer, 25)
    fresh = client_of("2001:db8:1:ffff::1")
    assert budgets.reads.spent(fresh) == 0
    for flooding in (fresh, f"sign-in of {fresh}"):
        assert budgets.used(budgets.reads, flooding) > 0.5
    assert budgets.used(budgets.writes, fresh) == 0
    assert [round(budgets.used(budgets.reads, payer), 3) for payer in honest] == [0.025, 0.025]
    assert budgets.used(budgets.reads, f"{paid_by(7)} at {fresh}") == 0, "a partner signed it"
    seconds.now += 30
    assert budgets.used(budgets.reads, fresh) == 0


def test_batches_from_another_64_each_time_have_their_turns_after_others() -> None:
    budgets = Budgets(Rate(200, 2000), Rate(200, 5000), Seconds())
    for number in range(1_000):
        account = SenderAccount(budgets, client_of(f"2001:db8:1:{number:x}::1"), "", lambda _: ())
        for _ in range(10):
            account.bill(None).settle(MalformedRecord("no record"))
    assert SenderAccount(budgets, client_of("2001:db8:1:ffff::1"), "", lambda _: ()).spent() > 0.5
    assert SenderAccount(budgets, client_of("2001:db8:2::1"), "", lambda _: ()).spent() == 0


def test_looks_have_an_allowance_a_day() -> None:
    seconds = Seconds()
    looks = LookQuota(a_day=2, monotonic=seconds)
    assert [looks.take("a"), looks.take("a"), looks.take("a"), looks.take("b")] == [True, True, False, True]
    seconds.now += 43_200
    assert [looks.take("a"), looks.take("a")] == [True, False]


def test_health_costs_nothing_a_plain_file_little_and_figures_much() -> None:
    assert points_of("/healthz") == points_of("/readyz") == 0
    cheap = [points_of(path) for path in ("/static/lading.css", "/v1/log/checkpoint", "/v1/log/tile/0/000")]
    dear = [
        points_of(path)
        for path in (
            "/v1/products/01/09506000134352", "/p/01/09506000134352", "/p-scan", "/v1/products/scans", "/v1/network",
            "/v1/products/bundle/01/09506000134352", "/v1/partners/3/score", "/v1/partners/3/score/trend",
            "/partners/3/score", "/partners/3", "/", "/v1/penalties", "/v1/recalls/trace", f"/v1/shipments/{RECORD}",
        )
    ]  # fmt: skip
    assert set(cheap) == {1}
    assert min(dear) >= 10
    files = [b"format=csv", b"late=true&form%61t=c%73v", b"format=json&format=csv"]
    assert {points_of("/v1/shipments", query) for query in files} == {200}
    assert points_of("/v1/shipments", b"format=json&limit=5") == points_of("/v1/shipments") == 15
    assert points_of("/records/0x12/sheet") > points_of("/records/0x12") > DEFAULT
    assert points_of("/v1/log") == points_of("/nowhere") == points_of("") == DEFAULT
    assert all(0 <= points <= 100 for _, points in TABLE)


def test_submissions_are_records_handed_in_and_nothing_else() -> None:
    assert is_submission("POST", "/v1/records")
    assert is_submission("POST", f"/v1/records/{RECORD}/signatures")
    for method, path in (("GET", "/v1/records"), ("POST", "/v1/records/typed-data"), ("POST", "/v1/session")):
        assert not is_submission(method, path)


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:4711", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8:0:7::1%eth0", "2001:0db8:0000:0007"),
        ("fe80::1%2", "fe80:0000:0000:0000"),
        ("[2001:db8:0:7:ff::]:443", "2001:0db8:0000:0007"),
        ("fe80::1%" + "x" * 500, "fe80:0000:0000:0000"),
        ("[", "["),
        ("%", "%"),
        (":", ":"),
        ("", ""),
    ],
)
def test_one_client_has_one_budget_however_its_address_is_written_and_no_two_share_it(host: str, client: str) -> None:
    """Behind a proxy that listens on IPv6 all who have IPv4 were one client, and one of them emptied its budget."""
    assert client_of(host) == client

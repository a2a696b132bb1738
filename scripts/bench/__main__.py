"""`make bench`: what things cost, mostly as ratios taken in one run, so that they mean the same on any machine.

Penalties, scores and bonuses have a target in seconds, waits under a flood one in times, and what trickles in one in
milliseconds: they stand beside what was measured.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from ledger.cli.imports.replay import Replay, open_replay
from ledger.cli.imports.seed import Terms
from ledger.cli.output import out, table
from ledger.records.signing import recover
from ledger.records.types import Endorsement
from ledger.services.home.clock import SystemClock
from ledger.services.home.settings import read_settings
from scripts.bench import audits, batches, flood, numbers, pages, seals, service, tracing, trickle
from scripts.bench.lines import bench_line

HANDOFFS = 100_000
"""In `make bench`; `make bench HANDOFFS=1000000` takes minutes and a gigabyte."""
ROUNDS = 200
LINES = 200


def main() -> None:
    rows = _numbers(int(sys.argv[1]) if len(sys.argv) > 1 else HANDOFFS)
    with tempfile.TemporaryDirectory() as folder:
        play = open_replay(read_settings({}, home=Path(folder)), SystemClock(), Terms(100, 1000))
        try:
            _signing(play, rows)
            _records(play, rows)
            rows += _seals()
            rows += _batches()
            rows += _traces()
            rows += _audits()
        finally:
            play.trial.node.close()
    out.print(table(("what", "ratio or rate"), rows, title="CPU time, one process"))
    costs = pages.measure()
    title = f"Pages and answers: CPU after a record came in, and kept; growth from {costs['sizes'][0]:,} shipments"
    out.print(table(("what", "ms", "target", "kept", "statements", "growth"), _pages(costs), title=title))
    out.print(
        table(("what", "ratio"), _service(), title="Requests a second, 64 at once, against a service that does nothing")
    )
    out.print(table(("what", "figure"), _work(), title="A service and its worker, the embedded chain"))
    out.print(table(("what", "ratio"), _floods(), title="Waits of honest users under a flood, the 99th percentile"))


def _numbers(handoffs: int) -> list[tuple[str, str]]:
    """First of all, so that the memory is that of the numbers alone."""
    found = numbers.measure(handoffs)
    seconds, memory = found["seconds"], found["bytes a handoff"]
    name = f"{found['handoffs']:,} handoffs"
    return [
        (f"penalties, scores and a bonus over {name}", f"{seconds['penalties, scores and bonus']} s"),
        ("the target for them, on a quiet machine of today", f"{seconds['target']} s"),
        ("bytes that stay resident a handoff, and in columns", f"{memory['resident']}, {memory['columns']}"),
        ("the target for them", f"{memory['target']}"),
    ]


def _seals() -> list[tuple[str, str]]:
    found = seals.measure()
    return [
        ("an outcome proved by seals, in Ed25519 verifications", f"{found['signatures']:.1f}"),
        (f"the same, where {found['target']} ms are the target", f"{found['milliseconds']:.2f} ms"),
    ]


def _service() -> list[tuple[str, str]]:
    rates = service.measure()
    return [
        row
        for name, rate in rates.items()
        for row in ((name, f"{rate['ratio']:.2f}"), (f"the target for {name}", f"{service.TARGETS[name]:.2f}"))
    ]


def _batches() -> list[tuple[str, str]]:
    found = batches.measure()
    together, alone = found["batches"], found["one by one"]
    return [
        (f"signatures accepted a second, in batches of {batches.SIZE}", f"{together['signatures a second']}"),
        ("the same, against what one core recovers", f"{together['ratio']} (by CPU {together['ratio by CPU']})"),
        ("the target for it", f"{found['target']}"),
        ("one record a request, against what one core recovers", f"{alone['ratio']} (by CPU {alone['ratio by CPU']})"),
    ]


def _work() -> list[tuple[str, str]]:
    found = trickle.measure()
    trickled, idle, loaded = found["trickled"], found["idle"], found["idle, with what was handed in behind it"]
    record, quiet, proof = found["targets"].values()
    waits = found["half load"]["milliseconds until a proof"]
    return [
        (f"CPU of a record, {trickled['a second']} a second", f"{trickled['milliseconds of CPU a record']} ms"),
        ("of it in the process that works", f"{trickled['of it in the process that works']} ms"),
        ("the target for it", f"{record} ms"),
        ("records an anchor", f"{trickled['records an anchor']}"),
        *((f"idle, {one['records']:,} records", f"{one['per cent of a core']} % of a core") for one in (idle, loaded)),
        ("the target for it", f"{quiet} % of a core"),
        ("until a proof at half load, p50 and p99", f"{waits['p50']} ms, {waits['p99']} ms"),
        ("the target for the latter", f"{proof} ms"),
    ]


def _traces() -> list[tuple[str, str]]:
    found = tracing.measure()
    rows = []
    for way in ("down", "up"):
        size, costs = next(reversed(found[way].items()))
        name = f"a trace {way} beside {size:,} shipments, against a recursive statement"
        rows += [(name, f"{costs['ratio']}"), ("its growth meanwhile", f"{found[f'growth, {way}']}")]
    return [*rows, ("the target for each", f"{found['target']}")]


def _pages(found: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            f"{costs[-1].fresh:.1f}",
            "" if found["targets"][name] is None else f"{found['targets'][name]}",
            f"{costs[-1].kept:.1f}",
            f"{costs[-1].statements}, {costs[-1].kept_statements}",
            f"{costs[-1].fresh / costs[0].fresh:.1f}",
        )
        for name, costs in found["costs"].items()
    ]


def _audits() -> list[tuple[str, str]]:
    found = audits.measure()
    return [
        ("leaves audited a second of CPU", f"{found['leaves a second']}"),
        ("the same, against verifying their signatures", f"{found['ratio']}"),
        ("the target for it", f"{found['target']}"),
        (f"an audit of the newest {2 * audits.NEWS} leaves, against the whole", f"{found['since']}"),
    ]


def _floods() -> list[tuple[str, str]]:
    found = flood.measure()
    rows = [
        (f"{what}, under {name}, against quiet", f"{ratio:.1f} times")
        for name, ratios in found["ratios"].items()
        for what, ratio in zip(("reading", "handing in"), ratios, strict=True)
    ]
    return [*rows, ("the target for each", f"{found['target']} times")]


def _signing(play: Replay, rows: list[tuple[str, str]]) -> None:
    domain, key = play.trial.node.home.domain, play.trial.council[0]
    record = Endorsement(1, bytes(32))
    digest = domain.record_id(record)
    signature = key.sign_digest(digest)
    message = encode_typed_data(full_message=domain.typed_data(record))
    theirs = Account.from_key(key.secret())
    rows.append(("record id, against eth_account", _ratio(lambda: domain.record_id(record), lambda: _encode(play))))
    rows.append(
        ("signing, against eth_account", _ratio(lambda: key.sign(domain, record), lambda: theirs.sign_message(message)))
    )
    rows.append(
        (
            "recovering, against eth_account",
            _ratio(lambda: recover(digest, signature), lambda: Account.recover_message(message, signature=signature)),
        )
    )


def _encode(play: Replay) -> object:
    return encode_typed_data(full_message=play.trial.node.home.domain.typed_data(Endorsement(1, bytes(32))))


def _records(play: Replay, rows: list[tuple[str, str]]) -> None:
    lines = [bench_line(i, 10**9) for i in range(LINES + 50)]
    play.admit(lines)
    submission, node = play.trial.node.submission, play.trial.node
    singly = [play.signed_terms(line) for line in lines[:50]]
    one = _seconds(lambda: [submission.replay([signed]) for signed in singly]) / len(singly)
    batch = [play.signed_terms(line) for line in lines[50:]]
    many = _seconds(lambda: submission.replay(batch)) / len(batch)
    chain = _seconds(node.settle) / len(lines)
    rows += [
        ("records accepted a second, one a commit", f"{1 / one:.0f}"),
        (f"records accepted a second, {LINES} a commit", f"{1 / many:.0f}"),
        ("records a second to the chain and back", f"{1 / chain:.0f}"),
        ("chain and back, against accepting in one commit", f"{chain / many:.1f}"),
    ]


def _seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return max(time.process_time() - start, 1e-9)


def _ratio(ours: Callable[[], object], theirs: Callable[[], object]) -> str:
    mine = _seconds(lambda: [ours() for _ in range(ROUNDS)])
    return f"{_seconds(lambda: [theirs() for _ in range(ROUNDS)]) / mine:.1f} times as fast"


if __name__ == "__main__":
    main()

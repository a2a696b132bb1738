"""The benchmark of costs that this home's network figures stand beside, if somebody provided one."""

from ledger.network.benchmark import Benchmark, parse_benchmark
from ledger.store import meta
from ledger.store.database import Connection

KEPT_AS = "benchmark"
"""It is kept under a name that begins so."""
_NAME = f"{KEPT_AS}/costs"


def keep_benchmark(connection: Connection, text: bytes) -> Benchmark:
    """Keep a file in the place of the one before; raises `MalformedRecord` for a file that is none."""
    benchmark = parse_benchmark(text)
    meta.put(connection, _NAME, text.decode())
    return benchmark


def forget_benchmark(connection: Connection) -> None:
    meta.remove(connection, _NAME)


def kept_benchmark(connection: Connection) -> Benchmark | None:
    text = benchmark_text(connection)
    return parse_benchmark(text.encode()) if text else None


def benchmark_text(connection: Connection) -> str:
    """The file as it was given; empty without one."""
    return meta.get(connection, _NAME) or ""

"""Everything that can be asked of a home's store, log and chain.

It needs no lock, so it works beside the process that serves the home.
"""

from collections import Counter
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.log.signed_note import parse_checkpoint
from ledger.records.types import BY_NUMBER
from ledger.services.events.feed import Feed
from ledger.services.events.webhooks import Webhooks
from ledger.services.figures.access import Access
from ledger.services.figures.bonuses import Bonuses
from ledger.services.figures.lanes import LaneTimes
from ledger.services.figures.penalties_and_scores import Numbers
from ledger.services.figures.pools import AskedPools, Pools
from ledger.services.figures.publication import Publication
from ledger.services.figures.stock import StockFigures
from ledger.services.home.benchmarks import benchmark_text
from ledger.services.home.chains import open_chain_reader, place_of
from ledger.services.home.clock import Clock, SystemClock
from ledger.services.home.consortium import OperatorKeys, open_own_keys, read_consortium
from ledger.services.home.home import Home
from ledger.services.home.settings import Settings
from ledger.services.markets.views import Markets
from ledger.services.products.credentials import Credentials
from ledger.services.products.lookup import Products
from ledger.services.products.provenance import Provenance
from ledger.services.products.recalls import Recalls
from ledger.services.publish.publisher import Publisher
from ledger.services.relay.contracts_in_force import ContractBook
from ledger.services.state.consents import Consenting
from ledger.services.state.current_registry import CurrentRegistry
from ledger.services.state.enrolments import Enrolling
from ledger.services.state.extent import Extent, extent_of
from ledger.services.state.partner_names import Names
from ledger.services.views.before_signing import SigningViews
from ledger.services.views.contradictions import contradictions_told
from ledger.services.views.dock import DockViews
from ledger.services.views.explorer import Explorer
from ledger.services.views.keys import KeyViews
from ledger.services.views.lists.shipment_list import ShipmentLists
from ledger.services.views.records import RecordViews
from ledger.services.views.search import Searching
from ledger.services.worklist.service import Worklists
from ledger.store import checkpoints, log, records
from ledger.store.database import Connection, Database


def open_ledger(settings: Settings, clock: Clock | None = None, *, read_only: bool = True) -> "LedgerReader":
    """What `lading export`, `penalties`, `scores` and the like work with; `close` when done.

    With `read_only` false, files can be kept in the database. Raises `Misconfigured` when there is no consortium in
    this home, or its keys, database or chain do not open.
    """
    consortium = read_consortium(settings.home)
    keys = open_own_keys(settings, consortium)
    watch = clock or SystemClock()
    database = Database.existing(settings.database_url, read_only=read_only)
    chain = open_chain_reader(settings, watch, place=partial(place_of, consortium, database))
    return LedgerReader(Home(settings, consortium, database, chain, watch), keys)


def was_opened(settings: Settings) -> bool:
    """Whether the home has a ledger yet, and not a founded consortium alone."""
    return Database.exists(settings.database_url)


class LedgerReader:
    """The services that read one home; closing it closes the home."""

    def __init__(self, home: Home, keys: OperatorKeys, pools: Pools | None = None) -> None:
        """`pools`: who knows where bonus agreements stand; by default the chain is asked at each look."""
        folder, consortium_id = home.settings.home, home.consortium.genesis.consortium_id
        self.home = home
        self.keys = keys
        self.registry = CurrentRegistry(home.consortium.genesis, home.clock)
        self.publisher = Publisher(home.database, keys.log, folder / "log", folder / "keys" / "highest-checkpoint")
        self.book = ContractBook(home.chain, home.deployment)
        self.views = RecordViews(home, self.registry, keys.log)
        self.lists = ShipmentLists(home, self.registry, self.views)
        self.searching = Searching(home, self.registry, self.views)
        self.signing = SigningViews(home, self.registry)
        self.partner_keys = KeyViews(home, self.registry, self.views)
        self.explorer = Explorer(home, self.registry)
        self.dock = DockViews(home, self.registry, self.views)
        self.enrolment = Enrolling(home, self.registry)
        self.consents = Consenting(home, self.registry)
        self.numbers = Numbers(home, self.registry, self.views, keys.session_secret)
        self.stock = StockFigures(home, self.registry, self.numbers, self.views)
        self.markets = Markets(home, self.registry, self.numbers, self.views)
        self.lanes = LaneTimes(self.numbers.lane_times, home.clock.now)
        self.publication = Publication(home, self.registry)
        self.access = Access(home, self.registry)
        self.products = Products(home, self.registry, self.views)
        self.credentials = Credentials(home, self.registry, self.views)
        self.recalls = Recalls(home.database, home.consortium, self.registry, Names(self.registry, consortium_id))
        self.provenance = Provenance(home, self.registry, self.views, self.recalls)
        self.worklists = Worklists(home, self.registry, self.recalls, self.access, self.markets)
        self.feed = Feed(home)
        self.webhooks = Webhooks(home, keys.session_secret)
        self.bonuses = Bonuses(home, self.views, pools or AskedPools(home))
        self.witness_problems = self.publisher.witness_problems
        self.contradictions = partial(contradictions_told, self.publisher)
        self._counts: tuple[int, Counter[int]] = (0, Counter())
        """How many records of each type number there are below that log index: leaves never change."""

    def close(self) -> None:
        self.lanes.close()
        self.access.close()
        self.markets.close()
        self.home.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def extent(self) -> Extent:
        """How far the store has come: as long as it is the same, so are answers that no clock is part of."""
        with self.home.database.read() as connection:
            return extent_of(connection)

    def benchmark_text(self) -> str:
        """The file of costs that is kept here to compare with; empty without one."""
        with self.home.database.read() as connection:
            return benchmark_text(connection)

    # --- what the log shows --------------------------------------------------------------------------------

    def checkpoint_note(self) -> bytes:
        """The newest checkpoint as a signed note; raises `NotFound` before the first."""
        published = self.publisher.current()
        if published is None:
            raise NotFound("nothing is published yet", where="checkpoint")
        return published.note

    def tile(self, path: str) -> bytes:
        """A published tile or entry bundle; raises `NotFound` for any other path."""
        base = (self.home.settings.home / "log" / "tile").resolve()
        wanted = (base / path).resolve()
        if not wanted.is_relative_to(base) or not wanted.is_file():
            raise NotFound("no such tile", where="tile", found=path[:120])
        return Path(wanted).read_bytes()

    def proof(self, index: int, size: int | None) -> dict[str, Any]:
        """An inclusion proof as JSON; raises `NotFound` while the leaf or the tree is not published."""
        published = self.publisher.current()
        wanted = size or (published.head.size if published else 0)
        if published is None or not index < wanted <= published.head.size:
            raise NotFound("not under a checkpoint yet", where="index", expected=f"below {wanted}", found=index)
        tree = self.publisher.tree(published)
        newest = wanted == published.head.size
        return {
            "index": index,
            "size": wanted,
            "leafHash": to_hex(tree.leaf_hash(index)),
            "root": to_hex(published.head.root if newest else tree.root(wanted)),
            "proof": [to_hex(h) for h in tree.inclusion_proof(index, wanted)],
            "checkpoint": published.note.decode() if newest else None,
        }

    def _counted(self, connection: Connection, size: int) -> Counter[int]:
        """How many records of each type number there are below `size`; only new ones are counted."""
        before, counts = self._counts if self._counts[0] <= size else (0, Counter[int]())
        if before < size:
            counts = counts + Counter(records.count_by_type(connection, before, size))
            self._counts = size, counts
        return counts

    def log_state(self) -> dict[str, Any]:
        with self.home.database.read() as connection:
            head = log.head(connection)
            anchored = checkpoints.latest_anchored(connection)
            counts = self._counted(connection, head.size)
        published = self.publisher.current()
        return {
            "origin": self.home.consortium.log.origin,
            "logId": to_hex(self.home.consortium.log.log_id),
            "publicKey": to_hex(self.home.consortium.log.public_key),
            "verifierKey": self.home.consortium.log.verifier_key(),
            "size": head.size,
            "published": {"size": published.head.size, "root": to_hex(published.head.root)} if published else None,
            "anchored": (
                {
                    "size": anchored.size,
                    "block": anchored.anchored_block,
                    "transaction": to_hex(anchored.anchored_transaction or b""),
                }
                if anchored
                else None
            ),
            "records": {BY_NUMBER[number].__name__: count for number, count in sorted(counts.items())},
            "witnesses": self.witness_state(),
        }

    def witness_state(self) -> dict[str, Any] | None:
        """Who has cosigned the published checkpoint and when, and who was away; None where nobody is asked.

        `problem`: what went wrong the last time, as far as this process has asked, or the worker has told.
        """
        if self.home.consortium.witnesses is None:
            return None
        policy = self.home.consortium.witnesses.policy
        published = self.publisher.current()
        cosignatures = policy.cosignatures(parse_checkpoint(published.note)) if published else ()
        times = {cosignature.witness: cosignature.time for cosignature in cosignatures}
        problems = self.witness_problems()
        return {
            "threshold": policy.threshold,
            "cosignedAt": policy.time_of(cosignatures),
            "missing": max(0, policy.threshold - len(cosignatures)),
            "witnesses": [
                {
                    "name": key.name,
                    "verifierKey": key.verifier_key(),
                    "cosignedAt": times.get(key),
                    "problem": problems.get(key.name, ""),
                }
                for key in policy.keys
            ],
        }

    def anchors(self, limit: int) -> list[checkpoints.StoredCheckpoint]:
        """The newest checkpoints that the chain has anchored, newest first."""
        with self.home.database.read() as connection:
            return checkpoints.anchored(connection, limit)

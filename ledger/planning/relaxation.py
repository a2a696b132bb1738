"""Coverage of networks too large for a solver: an exact bound by Lagrange, and a plan by exchange.

Give each area a price λ that it pays once, whoever serves it. For any prices Σ λ + the `most` best sites' sums of
max(0, value − λ) is a bound that no plan exceeds: it is worked out in integers here, in double-precision sums that
stay below 2^53 and are therefore exact. A capacity adds a price μ for each unit of a site's room, and a site's sum is
then μ·capacity + Σ max(0, value − λ − μ·demand): any μ ≥ 0 is allowed, and that of the fractional knapsack is best.
Prices move by subgradients (Held, Wolfe and Crowder 1974) a fixed number of rounds, never by a clock, so that the same
plan comes out anywhere.
Plans are what the bound's sites serve, bettered by exchanges of one site (Teitz and Bart 1968).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.errors import MalformedRecord
from ledger.planning.libraries import library

ROUNDS = 700
PATIENCE = 25
"""Rounds without a better bound before steps are halved."""
EXCHANGES = 400
PLANS = 60
"""Plans under capacity that are made at most: each takes a walk through all areas."""
NEAREST = 64
"""The best sites of each area are looked at first, at least so many."""
EXACT = 2**53
_CLOSED = -1


class Served(NamedTuple):
    """`sites`: the index of the site that serves each area, −1 for none. `value` exact; no plan exceeds `bound`, which
    follows from the `prices` of areas alone where no site has a capacity.
    """

    sites: Any
    value: int
    bound: int
    prices: Any


@dataclass(frozen=True, slots=True)
class Matrix:
    """`values` [site, area], int64, 0 where a site may not serve; `demand` by area, `capacity` by site (None: none has
    one); at most `most` sites.
    """

    values: Any
    demand: Any
    capacity: Any | None
    most: int

    def check(self) -> None:
        """Raises `MalformedRecord` where sums would not be exact."""
        total = sum(int(v) for v in self.values.max(axis=0)) if self.values.size else 0
        if total * 4 >= EXACT or int(self.demand.sum()) * 4 >= EXACT:
            raise MalformedRecord("numbers too large for a plan", where="areas", expected=f"sums below {EXACT // 4}",
                                  found=total)  # fmt: skip


def relax(matrix: Matrix, rounds: int = ROUNDS) -> Served:
    """A plan and a bound, the same for the same matrix."""
    matrix.check()
    return _Search(matrix).run(rounds)


class _Search:
    def __init__(self, matrix: Matrix) -> None:
        self.np = np = library("numpy")
        self.matrix = matrix
        self.sites, self.areas = matrix.values.shape
        self.most = min(matrix.most, self.sites)
        near = self.sites if not self.most else max(NEAREST, 3 * self.sites // self.most)
        if matrix.capacity is not None:
            near *= 2
        near = min(near, self.sites)
        # One number for value and site: the better value first, of equal ones the lower site.
        keys = np.ascontiguousarray(matrix.values.T) * self.sites + (self.sites - 1 - np.arange(self.sites))
        if near < self.sites:
            keys = np.partition(keys, self.sites - near, axis=1)[:, self.sites - near :]
        keys = np.ascontiguousarray(np.sort(keys, axis=1)[:, ::-1])
        self.near_values = keys // self.sites
        self.near_sites = self.sites - 1 - keys % self.sites
        # What is not near an area is worth no more there than the last that is: a price from there up leaves it out.
        self.floor = self.near_values[:, -1] if near < self.sites else np.zeros(self.areas, dtype=np.int64)
        self.best: tuple[int, Any] = (-1, np.full(self.areas, _CLOSED))
        self.tried: set[bytes] = set()

    def run(self, rounds: int) -> Served:
        np = self.np
        kept = np.zeros(self.areas, dtype=np.int64)
        lowest: int | None = None
        step, idle = 1.0, 0
        self._plan(self._greedy())
        prices = np.maximum(self.floor, self._second_best()).astype(float)
        for _ in range(rounds):
            whole = np.maximum(self.floor, np.rint(prices).astype(np.int64))
            bound, worths, slope = self._bound(whole)
            if lowest is None or bound < lowest:
                lowest, kept, idle = bound, whole, 0
            else:
                idle += 1
            self._plan(self._chosen(worths))
            if lowest <= self.best[0]:
                break
            if idle >= PATIENCE:
                step, idle, prices = step / 2, 0, kept.astype(float)
                continue
            length = float((slope * slope).sum())
            if length == 0 or step < 1e-4:
                break
            prices = np.maximum(self.floor, prices - slope * (step * (bound - self.best[0]) / length))
        return Served(self.best[1], self.best[0], max(lowest or 0, self.best[0]), kept)

    def _second_best(self) -> Any:
        """What each area would get if the site that serves it in the best plan closed: prices to start from."""
        np = self.np
        rows = self.matrix.values[np.unique(self.best[1][self.best[1] >= 0])]
        return np.sort(rows, axis=0)[-2] if len(rows) > 1 else np.zeros(self.areas, dtype=np.int64)

    def _bound(self, prices: Any) -> tuple[int, Any, Any]:
        """The bound, what each site adds to it, and how it grows with each price."""
        np = self.np
        # Values fall along each row, and few are above the price: only these are looked at.
        counts = (self.near_values > prices[:, None]).sum(axis=1)
        areas = np.repeat(np.arange(self.areas), counts)
        columns = np.arange(len(areas)) - np.repeat(np.cumsum(counts) - counts, counts)
        sites = self.near_sites[areas, columns]
        rest = self.near_values[areas, columns] - prices[areas]
        worths = np.bincount(sites, rest, self.sites)
        taken = np.ones(len(areas), dtype=bool)
        if self.matrix.capacity is not None:
            demand = self.matrix.demand[areas]
            room = self._room_prices((sites, rest, demand), self.matrix.capacity)
            rest = np.maximum(rest - room[sites] * demand, 0)
            worths = np.bincount(sites, rest, self.sites) + (room * self.matrix.capacity).astype(float)
            taken = rest > 0
        chosen = self._chosen(worths)
        total = int(prices.sum()) + sum(int(each) for each in worths[chosen])
        slope = 1.0 - np.bincount(areas, taken & self._mask(chosen)[sites], self.areas)
        return total, worths, slope

    def _room_prices(self, pairs: tuple[Any, Any, Any], capacity: Any) -> Any:
        """μ of each site: what the last area that still fits is worth for each unit of its demand, rounded up."""
        np = self.np
        sites, worth, demand = pairs
        full = np.bincount(sites, demand, self.sites) > capacity
        prices = np.zeros(self.sites, dtype=np.int64)
        keep = full[sites]
        sites, demand, worth = sites[keep], demand[keep], worth[keep]
        order = np.lexsort((-(worth / demand), sites))
        sites, demand, worth = sites[order], demand[order], worth[order]
        before = np.cumsum(demand) - demand
        first = np.searchsorted(sites, sites)
        over = before - before[first] + demand > capacity[sites]
        broken, at = np.unique(sites[over], return_index=True)
        last = np.nonzero(over)[0][at]
        prices[broken] = -(-worth[last] // demand[last])
        return prices

    def _chosen(self, worths: Any) -> Any:
        """The best sites, of equal ones the lower, in order of their numbers."""
        return self.np.sort(self.np.argsort(-worths, kind="stable")[: self.most])

    def _mask(self, chosen: Any) -> Any:
        mask = self.np.zeros(self.sites, dtype=bool)
        mask[chosen] = True
        return mask

    def _greedy(self) -> Any:
        """Site after site, each the one that adds most to those before."""
        np = self.np
        chosen: list[int] = []
        reached = np.zeros(self.areas, dtype=np.int64)
        for _ in range(self.most):
            gains = np.bincount(
                self.near_sites.ravel(), np.maximum(self.near_values - reached[:, None], 0).ravel(), self.sites
            )
            gains[chosen] = -1
            chosen.append(int(np.argmax(gains)))
            reached = np.maximum(reached, self.matrix.values[chosen[-1]])
        return np.sort(np.array(chosen, dtype=np.int64))

    def _plan(self, chosen: Any) -> None:
        """What these sites serve, bettered, if it beats the best so far."""
        if not len(chosen) or (name := chosen.tobytes()) in self.tried:
            return
        if self.matrix.capacity is not None:
            if len(self.tried) < PLANS:
                self.tried.add(name)
                self._keep(self._within_capacity(chosen, self.matrix.capacity))
            return
        self.tried.add(name)
        value = int(self.matrix.values[chosen].max(axis=0).sum())
        if value * 1000 < self.best[0] * 995:  # too far below to catch up by exchanges
            return
        for _ in range(EXCHANGES):
            better = self._exchanged(chosen)
            if better is None or (name := better.tobytes()) in self.tried:
                break
            chosen = better
            self.tried.add(name)
        rows = self.matrix.values[chosen]
        self._keep(self.np.where(rows.max(axis=0) > 0, chosen[rows.argmax(axis=0)], _CLOSED))

    def _keep(self, sites: Any) -> None:
        served = sites >= 0
        value = int(self.matrix.values[sites[served], self.np.nonzero(served)[0]].sum())
        if value > self.best[0]:
            self.best = value, sites

    def _exchanged(self, chosen: Any) -> Any | None:
        """The best exchange of one open site for a closed one; None where none gains."""
        np = self.np
        rows = self.matrix.values[chosen]
        place = rows.argmax(axis=0)
        first = rows.max(axis=0)
        rows[place, np.arange(self.areas)] = 0
        second = rows.max(axis=0)
        count = len(chosen)
        losses = np.bincount(place, first - second, count)
        values, sites = self.near_values, self.near_sites.ravel()
        gains = np.bincount(sites, np.maximum(values - first[:, None], 0).ravel(), self.sites)
        # Where the area's own site goes, the new one also makes good what the second best does not.
        extra = np.maximum(np.minimum(values, first[:, None]) - second[:, None], 0)
        cells = np.repeat(place, values.shape[1]) * self.sites + sites
        both = np.bincount(cells, extra.ravel(), count * self.sites).reshape(count, self.sites)
        net = both + gains[None, :] - losses[:, None]
        net[:, chosen] = -1
        best = int(np.argmax(net))
        if net.ravel()[best] <= 0:
            return None
        result = chosen.copy()
        result[best // self.sites] = best % self.sites
        return np.sort(result)

    def _within_capacity(self, chosen: Any, capacity: Any) -> Any:
        """Areas that lose most by not getting their best site choose first; then whoever can moves to a better one."""
        np = self.np
        rows = self.matrix.values[chosen]
        order_of = np.argsort(-rows, axis=0, kind="stable")
        ordered = -np.sort(-rows, axis=0)
        regret = ordered[0] - (ordered[1] if len(chosen) > 1 else 0)
        room = [int(each) for each in capacity[chosen]]
        demand = [int(each) for each in self.matrix.demand]
        ranks, worth = order_of.T.tolist(), ordered.T.tolist()
        place = [_CLOSED] * self.areas
        for area in np.argsort(-regret, kind="stable").tolist():
            for rank, value in zip(ranks[area], worth[area], strict=True):
                if value and room[rank] >= demand[area]:
                    place[area] = rank
                    room[rank] -= demand[area]
                    break
        for _ in range(5):
            moved = False
            for area in range(self.areas):
                for rank, value in zip(ranks[area], worth[area], strict=True):
                    if rank == place[area] or not value:
                        break
                    if room[rank] >= demand[area]:
                        if place[area] >= 0:
                            room[place[area]] += demand[area]
                        place[area] = rank
                        room[rank] -= demand[area]
                        moved = True
                        break
            if not moved:
                break
        where = np.array(place)
        return np.where(where >= 0, chosen[where], _CLOSED)

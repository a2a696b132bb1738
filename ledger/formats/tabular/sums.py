"""What a plan comes to: counts, whole days late, and amounts by currency, to the last unit."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.common.periods import DAY
from ledger.formats.tabular.lines import manifests_of
from ledger.formats.tabular.plan import Plan


@dataclass(frozen=True, slots=True)
class Sums:
    """`late_days` are whole days, each line's rounded down; `value` and `freight` minor units by currency."""

    lines: int
    usable: int
    unusable: int
    left_out: int
    delivered: int
    late: int
    late_days: int
    manifests: int
    packages: int
    partners: int
    value: Mapping[str, int]
    freight: Mapping[str, int]

    @property
    def open(self) -> int:
        """Shipments that stay due."""
        return self.usable - self.delivered


def sums_of(plan: Plan) -> Sums:
    lines = plan.lines
    late = [max(0, line.delivered_at - line.promised_at) for line in lines if line.delivered_at is not None]
    value, freight = Counter[str](), Counter[str]()
    for line in lines:
        value[line.currency] += line.value
        freight[line.currency] += line.freight
    return Sums(
        lines=len(plan.entries),
        usable=len(lines),
        unusable=len(plan.unusable),
        left_out=len(plan.left_out),
        delivered=len(late),
        late=sum(seconds > 0 for seconds in late),
        late_days=sum(seconds // DAY for seconds in late),
        manifests=len(manifests_of(lines)),
        packages=sum(line.packages for line in lines),
        partners=len({name for line in lines for name in line.partners}),
        value=dict(sorted(value.items())),
        freight=dict(sorted(freight.items())),
    )

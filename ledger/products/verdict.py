"""What is asked about a scanned product, and the verdict: codes, and the records that say so."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ledger.codes import ShipmentState
from ledger.common.gs1 import Product
from ledger.common.ids import RecordId
from ledger.products.one_time_codes import NO_LOOKS, Looks
from ledger.records.verification import Facts, VerifiedRecord

Chains = Mapping[int, tuple[RecordId, ...]]
"""Who speaks for the brand, by which authorisations."""


class PrefixHolders(Protocol):
    """The partners with the brand's role for a GS1 prefix of a GTIN (14 digits): at the time of the verdict, or where a
    record stands.
    """

    def __call__(self, gtin: str, place: Facts | None = None, /) -> Collection[int]: ...


class Verdict(StrEnum):
    AUTHENTIC = "authentic"
    RECALLED = "recalled"
    RISK = "risk"
    INCOMPLETE = "incomplete"
    REVOKED = "revoked"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """What a reason is about."""

    ATTESTED = "attested"
    COPY_CAUTION = "copy caution"
    RECALL = "recall"
    RECALL_MAYBE = "recall of some lots or serials"
    RECALL_BY_OTHERS = "recall by somebody who does not speak for the brand"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    NOT_LISTED = "not among the attested codes"
    NOT_SPECIFIC = "only lots or items are attested"
    OTHERS = "attested by others only"
    NOTHING = "nothing attested"
    ONE_TIME_SEEN = "one-time code seen before"
    SEEN_BEFORE = "seen before"
    AFTER_SALE = "after sale"
    OFF_THE_MARKET = "off the market"


class Part(StrEnum):
    """What a code may leave open, in the order in which somebody finds it on a package."""

    LOT = "lot"
    SERIAL = "serial"
    VARIANT = "variant"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is known, and the records (or none) that say so. Sentences: `ledger.explain.product`.

    `partner`: whose word it is, 0 for nobody's. `detail`: the number of a `RecallAction` (recalls), `RevocationReason`
    (revoked) or `ShipmentState` (off the market), else 0. `contact`: as the recall has it. `time`: of the first look,
    or of the sale, in UTC seconds. `devices`: how many looked. `asks`: what the code leaves open.
    """

    code: Why
    records: tuple[RecordId, ...] = ()
    partner: int = 0
    detail: int = 0
    contact: str = ""
    time: int = 0
    devices: int = 0
    asks: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductVerdict:
    """`why` has the deciding reasons first. `known`: an attestation that counts knows this very code. `described`: the
    attestation in which the brand describes the product, and the hash of what it says."""

    product: Product
    verdict: Verdict
    why: tuple[Reason, ...]
    known: bool = False
    described: tuple[RecordId, bytes] | None = None

    @property
    def asks(self) -> tuple[Part, ...]:
        """What must be told before there is a verdict; nothing but for `INCOMPLETE`."""
        if self.verdict is not Verdict.INCOMPLETE:
            return ()
        wanted = {part for reason in self.why for part in reason.asks}
        return tuple(part for part in Part if part in wanted)


@dataclass(frozen=True, slots=True)
class Fate:
    """A shipment with this very item in it, as custody knows it: its state since `time`, by which record.

    `consignor`: who sent the goods. Anybody may open a shipment that names a rival's lot, and end it.
    """

    shipment: RecordId
    consignor: int
    state: ShipmentState
    time: int
    record: RecordId


@dataclass(frozen=True, slots=True)
class Scan:
    """The question: which product, and when (UTC seconds)."""

    product: Product
    time: int


def _nothing_listed(_attestation: RecordId, _path: str) -> bool:
    return False


def _none_one_time(_attestation: RecordId) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known. `records`: attestations (of partners too), revocations and recalls, in any order; others are
    ignored. `holders` says who has a GS1 prefix of a GTIN. `listed(attestation, path)`: whether this path was proved to
    be under the attestation's `itemCodes`; `one_time(attestation)`: whether these are one-time codes. `authorities`
    adds partners to those whose role the record itself shows. `looks`: at this very item's code.
    """

    records: Sequence[VerifiedRecord]
    holders: PrefixHolders
    listed: Callable[[RecordId, str], bool] = _nothing_listed
    one_time: Callable[[RecordId], bool] = _none_one_time
    authorities: frozenset[int] = frozenset()
    looks: Looks = NO_LOOKS
    fates: Sequence[Fate] = ()

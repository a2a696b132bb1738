"""What the custody contract knows of a shipment: one packed slot, and the one-time recipient key beside it.

`Slot.pack` and `Slot.unpack` give the contract's 256-bit word (`CustodySlot.sol`), so the rules here and the contract's
storage can be compared bit for bit. From the lowest bit on: custodian 40, consignee 40, consignor 40, packages 32,
sequence 16, four requirements of 14 (regime 4, jurisdiction two letters of 5), gates 12, released 4, relay 4,
state 4, flags 8.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntFlag

from ledger.codes import Gate, Outcome, Regime, ShipmentState
from ledger.errors import MalformedRecord

NO_KEY = bytes(20)
LAST_SEQUENCE = 2**16 - 1
"""A shipment that stands here takes no record that consumes the sequence: none follows."""
MAX_REQUIREMENTS = 4


class Flag(IntFlag):
    """Marks that a shipment keeps for ever, and that its children and remainders inherit."""

    OVERRIDDEN = 1
    """The council moved it once without the releaser's signature."""
    REMAINDER = 2
    """It is what was missing from a short item."""


NO_FLAGS = Flag(0)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A clearance that the terms require: at which gates, whether a broker may relay it, whether it is released."""

    jurisdiction: bytes
    regime: int
    gates: Gate
    relay: bool
    released: bool = False

    @property
    def pair(self) -> int:
        """Jurisdiction and regime as the slot's 14 bits."""
        return pair_of(self.jurisdiction, self.regime)


@dataclass(frozen=True, slots=True)
class Slot:
    """State of one shipment. Partners are ids; 0 as custodian or consignee is the shipment's recipient key."""

    custodian: int
    consignee: int
    consignor: int
    packages: int
    requirements: tuple[Requirement, ...] = ()
    sequence: int = 0
    state: ShipmentState = ShipmentState.OPEN
    flags: Flag = NO_FLAGS

    def requirement_mask(self, jurisdiction: bytes, regime: int) -> int:
        """The bit (0 to 3) of the requirement for this clearance as a mask; 0 when it is not required."""
        for i, requirement in enumerate(self.requirements):
            if (requirement.jurisdiction, requirement.regime) == (jurisdiction, regime):
                return 1 << i
        return 0

    def lets_relay(self, jurisdiction: bytes, regime: int) -> bool:
        """Whether the terms require this clearance and let a broker relay it."""
        mask = self.requirement_mask(jurisdiction, regime)
        return any(requirement.relay for i, requirement in enumerate(self.requirements) if mask >> i & 1)

    def is_party(self, partner: int) -> bool:
        """Whether `partner` is custodian, consignee or consignor, and so decides no clearance."""
        return partner in (self.custodian, self.consignee, self.consignor)

    def missing(self, gates: Gate) -> tuple[Requirement, ...]:
        """The requirements that stand at any of these gates and are not released."""
        return tuple(r for r in self.requirements if r.gates & gates and not r.released)

    def moved(self, custodian: int, packages: int, state: ShipmentState) -> "Slot":
        """The next step of this shipment, with another holder."""
        # Written out, for of what a handoff costs `replace` would be a tenth.
        return Slot(
            custodian, self.consignee, self.consignor, packages, self.requirements, self.sequence + 1, state, self.flags
        )

    def fresh(self, packages: int, *, flags: Flag | None = None) -> "Slot":
        """A child of this shipment: the same terms and holder, its own sequence, nothing cleared yet."""
        cleared = tuple(replace(r, released=False) for r in self.requirements)
        return replace(
            self,
            packages=packages,
            requirements=cleared,
            sequence=0,
            flags=self.flags if flags is None else flags,
        )

    def pack(self) -> int:
        """The contract's storage word."""
        word = self.custodian | self.consignee << 40 | self.consignor << 80 | self.packages << 120
        word |= self.sequence << 152
        for i, r in enumerate(self.requirements):
            word |= r.pair << (168 + 14 * i) | int(r.released) << (236 + i) | int(r.relay) << (240 + i)
            for plane, gate in enumerate(Gate):
                word |= int(bool(r.gates & gate)) << (224 + 4 * plane + i)
        return word | self.state << 244 | self.flags << 248

    @classmethod
    def unpack(cls, word: int) -> "Slot":
        """The slot that a storage word holds; raises `MalformedRecord` for a word that no record can have made."""

        def bits(start: int, count: int) -> int:
            return word >> start & (1 << count) - 1

        pairs = [bits(168 + 14 * i, 14) for i in range(MAX_REQUIREMENTS)]
        requirements = tuple(
            Requirement(
                jurisdiction=bytes([(pair >> 9) + 64, (pair >> 4 & 31) + 64]),
                regime=pair & 15,
                gates=Gate(sum(gate for plane, gate in enumerate(Gate) if bits(224 + 4 * plane + i, 1))),
                relay=bool(bits(240 + i, 1)),
                released=bool(bits(236 + i, 1)),
            )
            for i, pair in enumerate(pairs)
            if pair
        )
        if bits(244, 4) not in set(ShipmentState):
            raise MalformedRecord("not a custody slot", where="slot", expected="a shipment's state", found=hex(word))
        return cls(
            custodian=bits(0, 40),
            consignee=bits(40, 40),
            consignor=bits(80, 40),
            packages=bits(120, 32),
            requirements=requirements,
            sequence=bits(152, 16),
            state=ShipmentState(bits(244, 4)),
            flags=Flag(bits(248, 8)),
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """A slot and the shipment's recipient key (`NO_KEY` unless consignee or first holder is partner 0)."""

    slot: Slot
    recipient_key: bytes = NO_KEY


Lookup = Callable[[bytes], Holding | None]
"""The holding of a shipment id; None for a shipment that was never opened."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who made one signature, as the registry says at the recording block.

    `partner` is 0 for a recipient key, and for a key that is not valid for the record's type. `roles` has bit
    ``1 << codes.Role`` for every role in force, scoped ones under any scope. `known`: the registry has entered the
    address as somebody's, in force or not, and so it is no recipient key.
    """

    key: bytes
    partner: int = 0
    roles: int = 0
    suspended: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a record does: one outcome an item, and every holding that it changes or creates."""

    outcomes: tuple[Outcome, ...]
    changes: Mapping[bytes, Holding] = field(default_factory=dict)


def pair_of(jurisdiction: bytes, regime: int) -> int:
    """Jurisdiction (two capital letters) and regime as 14 bits; raises `MalformedRecord` for anything else."""
    if len(jurisdiction) != 2 or not all(65 <= letter <= 90 for letter in jurisdiction):
        raise MalformedRecord(
            "not a jurisdiction", where="jurisdiction", expected="two capital letters", found=jurisdiction.hex()
        )
    if not 1 <= regime <= max(Regime):
        raise MalformedRecord("not a regime", where="regime", expected=f"1 to {max(Regime)}", found=regime)
    return (jurisdiction[0] - 64) << 9 | (jurisdiction[1] - 64) << 4 | regime

"""AttestationRegistry with partners of every kind, for the tests of its rules and its gas."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from ledger.codes import Hazard, RecallAction, RevocationReason, Role
from ledger.common.keccak import keccak256
from ledger.common.scopes import scope_bytes
from ledger.records.eip712 import Withheld
from ledger.records.signing import SigningKey
from ledger.records.types import Attestation, Recall, Record, Revocation
from tests.chain.contracts.consortium import DOMAIN, ZERO, Consortium, consortium, sign
from tests.chain.contracts.harness import Contract, Recorded, Reverted

MAKER_OF_MILK, RIVAL, LABORATORY, FOOD_AUTHORITY, OTHER_BRAND, IDLE_ISSUER = range(30, 36)
ORIGIN, ORGANIC = keccak256(b"origin"), keccak256(b"organic")
GTIN = "01/09506000134352"
LOT = GTIN + "/10/A1"
FOREIGN = "01/04006381333931"
ROLES: dict[int, tuple[tuple[Role, bytes], ...]] = {
    MAKER_OF_MILK: ((Role.ISSUER, ORIGIN), (Role.BRAND, scope_bytes(Role.BRAND, "9506000"))),
    RIVAL: ((Role.ISSUER, ORIGIN), (Role.BRAND, scope_bytes(Role.BRAND, "4006381"))),
    LABORATORY: ((Role.ISSUER, ORGANIC),),
    FOOD_AUTHORITY: ((Role.AUTHORITY, ZERO),),
    OTHER_BRAND: ((Role.BRAND, scope_bytes(Role.BRAND, "9506")),),
    IDLE_ISSUER: (
        (Role.ISSUER, ORIGIN),
        (Role.BRAND, scope_bytes(Role.BRAND, "9506000")),
        (Role.AUTHORITY, ZERO),
    ),
}
FUNCTIONS = {Attestation: "attest", Revocation: "revoke", Recall: "recall"}


def hidden(text: str) -> Withheld:
    return Withheld(keccak256(text.encode()))


@dataclass
class Desk:
    """The registry of attestations with partners of every kind."""

    members: Consortium

    @property
    def contract(self) -> Contract:
        return self.members.contracts["AttestationRegistry"]

    @property
    def now(self) -> int:
        return self.members.evm.now

    def attestation(self, by: int = MAKER_OF_MILK, **fields: Any) -> Attestation:
        values: dict[str, Any] = {
            "schema": ORIGIN, "subject": LOT, "accreditation": ZERO, "validFrom": 0, "validUntil": 0, "document": ZERO,
            "claims": hidden("claims"), "itemCodes": ZERO, "details": hidden("details"),
        } | fields  # fmt: skip
        return Attestation(by=by, **values)

    def revocation(self, target: bytes, by: int = MAKER_OF_MILK, **fields: Any) -> Revocation:
        values: dict[str, Any] = {"reason": RevocationReason.ERROR, "effectiveFrom": self.now} | fields
        return Revocation(by=by, target=target, details=hidden("details"), **values)

    def recalling(self, by: int = MAKER_OF_MILK, **fields: Any) -> Recall:
        values: dict[str, Any] = {
            "subject": GTIN, "lots": "", "hazard": Hazard.BIOLOGICAL, "action": RecallAction.RETURN,
            "contact": "Ask us", "supersedes": ZERO, "occurredAt": self.now, "details": hidden("details"),
        } | fields  # fmt: skip
        return Recall(by=by, **values)

    def submit(self, record: Any, who: int | SigningKey | None = None) -> Recorded:
        """Record it, signed by its author or by `who`; asserts that id and outcome are right."""
        recorded = self.contract.record(
            FUNCTIONS[type(record)], record, sign(record, record.by if who is None else who)
        )
        assert recorded.id == DOMAIN.record_id(record)
        assert recorded.outcomes == b"\x01"
        return recorded

    def refused(self, record: Any, who: int | SigningKey | None = None) -> str:
        with pytest.raises(Reverted) as reverted:
            self.submit(record, who)
        assert self.entry(record)[0] == 0 or reverted.value.name == "AttestationAlreadyRecorded"
        return reverted.value.name

    def entry(self, record: Record) -> tuple[int, int, int, int, int]:
        """Kind, author, recorded at, revoked from, reason."""
        found: tuple[int, int, int, int, int] = self.contract.read("entryOf", DOMAIN.record_id(record))
        return found


def new_desk() -> Desk:
    """A desk of its own, nothing attested yet."""
    return Desk(_original().fork())


@cache
def _original() -> Consortium:
    members = consortium()
    for partner, roles in ROLES.items():
        members.admit(partner, roles)
    members.wait()
    members.suspend(IDLE_ISSUER)
    return members

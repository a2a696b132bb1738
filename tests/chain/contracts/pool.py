"""A bonus pool in force, a token, two funders, and agreements to play with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ledger.bonuses.agreement import AgreementStatus
from ledger.bonuses.amounts import Line, amount_proof, amounts_root
from ledger.codes import ContractKind, RegistryAction
from ledger.common.ids import PartnerId, RecordId
from ledger.common.keccak import keccak256
from ledger.records.eip712 import Withheld
from ledger.records.signing import Domain, SigningKey
from ledger.records.types import BonusAgreement, BonusAward, Claim, Dispute, Record, Ruling, Share
from tests.chain.contracts.consortium import CONSORTIUM, DELAY, THRESHOLD, Consortium, council_addresses, key_of
from tests.chain.contracts.consortium import partner_key as first_key
from tests.chain.contracts.harness import CHAIN_ID, Contract, Evm, Recorded

A, B, C, AWARDER, RESIDUAL, ARBITER, OUTSIDER = range(1, 8)
DAY = 86_400
DISPUTE_WINDOW, ARBITER_WINDOW = 7 * DAY, 14 * DAY
FUNDER, FUNDER_2 = key_of("funder"), key_of("second funder")
RICH = 2**100
LOG = b"\x10" * 32


@dataclass
class Pool:
    """What a test holds. `now` is the time of the next block; times of an agreement count from `start`."""

    consortium: Consortium
    contract: Contract
    token: Contract
    start: int

    @property
    def evm(self) -> Evm:
        return self.consortium.evm

    @property
    def domain(self) -> Domain:
        return Domain(CONSORTIUM, CHAIN_ID, self.contract.address)

    @property
    def deadline(self) -> int:
        return self.start + 30 * DAY

    @property
    def claim_until(self) -> int:
        return self.start + 90 * DAY

    def fork(self) -> "Pool":
        consortium = self.consortium.fork()
        return Pool(consortium, self.contract.on(consortium.evm), self.token.on(consortium.evm), self.start)

    def at(self, time: int) -> None:
        """The next block has this time."""
        self.evm.now = time

    # --- records -----------------------------------------------------------------------------------------------------

    def terms(self, **fields: Any) -> BonusAgreement:
        plain = BonusAgreement(
            salt=bytes(16), parties=(Share(B, 3_333), Share(A, 3_333), Share(C, 2_000)), awarder=AWARDER,
            residual=RESIDUAL, token=self.token.address, currency="EUR", rule=keccak256(b"rule"),
            periodStart=self.start - 20 * DAY, periodEnd=self.start - 1, disputeWindow=DISPUTE_WINDOW, arbiter=ARBITER,
            arbiterWindow=ARBITER_WINDOW, deadline=self.deadline, claimUntil=self.claim_until,
            details=Withheld(keccak256(b"details")),
        )  # fmt: skip
        return replace(plain, **fields)

    def sign(self, record: Record, *keys: SigningKey | int) -> bytes:
        digest = self.domain.record_id(record)
        return b"".join((first_key(k) if isinstance(k, int) else k).sign_digest(digest) for k in keys)

    def agree(self, terms: BonusAgreement | None = None) -> RecordId:
        terms = terms or self.terms()
        self.contract.record("agree", terms, self.sign(terms, *(share.partner for share in terms.parties)))
        return self.domain.record_id(terms)

    def fund(self, agreement: bytes, amount: int, funder: SigningKey = FUNDER) -> int:
        return self.contract.send("fund", agreement, amount, sender=funder)[1]

    def award_record(self, agreement: RecordId, lines: Sequence[Line], total: int, **fields: Any) -> BonusAward:
        version = fields.get("version", 1)
        root = amounts_root(agreement, version, lines)
        plain = BonusAward(
            by=AWARDER, agreement=agreement, version=1, logId=LOG, logSize=5, total=total, amounts=root,
            evidence=bytes(32),
        )  # fmt: skip
        return replace(plain, **fields)

    def award(self, agreement: RecordId, lines: Sequence[Line], total: int, **fields: Any) -> Recorded:
        record = self.award_record(agreement, lines, total, **fields)
        return self.contract.record("award", record, self.sign(record, record.by))

    def dispute(self, agreement: bytes, by: int = A, version: int = 1) -> Recorded:
        record = Dispute(by=by, agreement=agreement, version=version, reason=keccak256(b"why"))
        return self.contract.record("dispute", record, self.sign(record, by))

    def rule(self, agreement: bytes, upheld: bool, by: int = ARBITER, version: int = 1) -> Recorded:
        record = Ruling(by=by, agreement=agreement, version=version, upheld=upheld, reason=keccak256(b"because"))
        return self.contract.record("rule", record, self.sign(record, by))

    def claim_record(self, agreement: bytes, by: int, amount: int, **fields: Any) -> Claim:
        return replace(Claim(by=by, agreement=agreement, version=1, amount=amount, payTo=purse(by)), **fields)

    def claim(self, agreement: RecordId, lines: Sequence[Line], by: int, **fields: Any) -> Recorded:
        amount = next(line.amount for line in lines if line.partner == by)
        record = self.claim_record(agreement, by, amount, **fields)
        proof = amount_proof(agreement, record.version, lines, by)
        signatures = self.sign(record, by)
        return self.contract.record("claim", record, proof.index, proof.size, list(proof.path), signatures)

    def claim_residual(
        self, agreement: bytes, lines: Sequence[Line], amount: int, by: int = RESIDUAL, **fields: Any
    ) -> Recorded:
        record = self.claim_record(agreement, by, amount, **fields)
        pairs = [(line.partner, line.amount) for line in lines]
        return self.contract.record("claimResidual", record, pairs, self.sign(record, by))

    def refund(self, agreement: bytes, deposit: int = 0) -> int:
        return self.contract.send("refund", agreement, deposit)[1]

    # --- what stands -------------------------------------------------------------------------------------------------

    def status(self, agreement: bytes) -> AgreementStatus:
        return AgreementStatus(self.contract.read("statusOf", agreement))

    def state(self, agreement: bytes) -> dict[str, Any]:
        entry = self.contract._entry("stateOf")["outputs"][0]["components"]
        values = self.contract.read("stateOf", agreement)
        return {part["name"]: value for part, value in zip(entry, values, strict=True)}

    def balance(self, holder: bytes) -> int:
        return int(self.token.read("balanceOf", holder))

    def change(self, action: RegistryAction, **fields: int | bytes) -> None:
        self.consortium.change(action, **fields)


def purse(partner: int) -> bytes:
    """Where a partner wants its money."""
    return keccak256(f"purse of {partner}".encode())[12:]


def lines_of(*amounts: int, partners: Sequence[int] = (A, B, C)) -> list[Line]:
    return [Line(PartnerId(partner), amount) for partner, amount in zip(partners, amounts, strict=True)]


def bonus_pool() -> Pool:
    """A pool of its own."""
    return _original().fork()


@cache
def _original() -> Pool:
    evm = Evm()
    registry = evm.deploy("PartnerRegistry", CONSORTIUM, THRESHOLD, DELAY, council_addresses())
    consortium = Consortium(evm, registry)
    for partner in range(A, OUTSIDER + 1):
        consortium.admit(partner, ())
    contract = consortium.deploy(ContractKind.BONUS, "BonusPool")
    token = evm.deploy("SettlementToken", "Settlement euro", "SEUR", FUNDER.address, 2 * RICH)
    token.send("transfer", FUNDER_2.address, RICH, sender=FUNDER)
    for funder in (FUNDER, FUNDER_2):
        token.send("approve", contract.address, RICH, sender=funder)
    consortium.wait()
    return Pool(consortium, contract, token, evm.now)

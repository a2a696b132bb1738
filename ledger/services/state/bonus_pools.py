"""Every bonus pool that the council ever opened, and which of them a record about money is of.

Signatures about money bind the address of their pool. A closed pool takes no new agreement and no money, and serves the
agreements that it has to their end, so each agreement belongs to one pool for ever.
"""

import json

from ledger.bonuses.agreement import AgreementStatus
from ledger.chain.client import ChainReader
from ledger.chain.contracts import CONTRACT_OF_KIND, view
from ledger.chain.deploy import Deployment
from ledger.codes import ContractKind
from ledger.common.ids import RecordId, bytes_from_hex, to_hex
from ledger.errors import ChainUnavailable, NotFound
from ledger.records.signing import Domain
from ledger.records.types import BonusAgreement, Record
from ledger.store import meta, records
from ledger.store.database import Connection

CONTRACTS = "contracts"
"""Under which name the database keeps the contracts that the council opened after the founding, oldest first."""


def opened_later(connection: Connection) -> dict[bytes, ContractKind]:
    """The contracts that were opened after the founding, by address, oldest first; closed ones too."""
    entries = json.loads(meta.get(connection, CONTRACTS) or "[]")
    return {bytes_from_hex(entry["address"], 20, CONTRACTS): ContractKind(entry["kind"]) for entry in entries}


def pools(connection: Connection, deployment: Deployment) -> tuple[bytes, ...]:
    """Every bonus pool from the first to the newest, each once."""
    first = deployment.contracts[ContractKind.BONUS]
    later = [address for address, kind in opened_later(connection).items() if kind == ContractKind.BONUS]
    return tuple(dict.fromkeys((first, *later)))


def domains(connection: Connection, deployment: Deployment) -> list[Domain]:
    """What records about money may be bound to, by pool, from the first to the newest."""
    return [deployment.domain(pool) for pool in pools(connection, deployment)]


def domain_of(connection: Connection, deployment: Deployment, record: Record, record_id: bytes) -> Domain | None:
    """The domain under which `record`, which is about money, has this id; None where that is none of ours."""
    return next((d for d in domains(connection, deployment) if d.record_id(record) == record_id), None)


def pool_of(connection: Connection, deployment: Deployment, agreement: RecordId) -> bytes:
    """The pool of an agreement in the log; raises `NotFound` where there is none."""
    row = records.get(connection, agreement)
    agreed = row.record if row is not None and isinstance(row.record, BonusAgreement) else None
    domain = None if agreed is None else domain_of(connection, deployment, agreed, agreement)
    if domain is None:
        raise NotFound("no such agreement", where="agreement", found=to_hex(agreement))
    return domain.bonus_pool


def status_of(chain: ChainReader, pool: bytes, agreement: RecordId) -> AgreementStatus:
    """Where an agreement stands in its pool; raises `ChainUnavailable` for what is no status, too."""
    (code,) = view(chain, pool, CONTRACT_OF_KIND[ContractKind.BONUS], "statusOf", agreement)
    try:
        return AgreementStatus(code)
    except ValueError:
        raise ChainUnavailable("no answer of the contract", where="statusOf", found=code) from None

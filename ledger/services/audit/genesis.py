"""What the registry was founded with, asked of the chain: consortium.json, and a trust file, only repeat it.

The constructor's consortium id and delay are part of the contract's code. Its council and threshold have no event: who
was in the council from the start, and in no file, shows in the registry's storage alone. So the council that the
founding and all later changes amount to is compared with the one that the contract has now.
"""

from collections.abc import Iterator, Mapping

from ledger.bundle.format import Trust
from ledger.chain.client import ChainReader
from ledger.chain.contracts import CONTRACT_OF_KIND, COURIER, REGISTRY, TOKEN, artifact, decode_result, encode_function
from ledger.chain.deploy import Deployment
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.common.keccak import keccak256
from ledger.registry.state import Head
from ledger.services.audit.findings import Findings
from ledger.services.home.consortium import Consortium

COUNCIL_SLOT = 0
"""Where `RegistryStore` keeps `CouncilState`: changes 40 bits · threshold 8 · next threshold 8 · from 40; members."""
WHERE = "consortium.json"
_FOUNDED = "the registry was founded otherwise than consortium.json says: the file was altered, or never told the truth"


def check_contracts(chain: ChainReader, deployment: Deployment, findings: Findings) -> bool:
    """Whether the contracts that consortium.json names are Lading's, and the registry this consortium's; names what is
    not. What is not cannot be judged further.
    """
    faults = list(_contract_faults(chain, deployment))
    for place, expected, match, what in faults:
        findings.add("", f"{WHERE}: {place}", expected, match, what)
    return not faults


def _contract_faults(chain: ChainReader, deployment: Deployment) -> Iterator[tuple[str, object, object, str]]:
    obeying = [(f"contracts.{k.name.lower()}", CONTRACT_OF_KIND[k], a) for k, a in deployment.contracts.items()]
    obeying += [("courier", COURIER, deployment.courier)] if deployment.courier is not None else []
    named = [("registry", REGISTRY, deployment.registry), *obeying]
    named += [("token", TOKEN, deployment.token)] if deployment.token is not None else []
    strange = set()
    for place, name, address in named:
        if not artifact(name).is_deployed_as(chain.code(address)):
            strange.add(place)
            what = "Lading's contract does not stand there: the address was altered, or the contract is another"
            yield place, name, to_hex(address), what
    if "registry" not in strange:
        genesis = deployment.genesis
        for place, question, expected in (
            ("consortiumId", "consortiumId", genesis.consortium_id),
            ("delay", "delay", genesis.delay),
        ):
            result = _ask(chain, REGISTRY, deployment.registry, question)
            if result != expected:
                yield place, result, expected, _FOUNDED
    for place, name, address in obeying:
        if place not in strange:
            registry = _ask(chain, name, address, "registry")
            if registry != deployment.registry:
                yield place, deployment.registry, registry, "this contract obeys another registry"


def _ask(chain: ChainReader, contract: str, address: bytes, question: str) -> object:
    result = chain.call(address, encode_function(contract, question))
    if not result.succeeded:
        return "no answer"
    (value,) = decode_result(contract, question, result.output)
    return value


def check_council(chain: ChainReader, registry: bytes, block: int, expected: Head, findings: Findings) -> bool:
    """Whether the council and its threshold after `block` are those that the founding, as consortium.json tells it, and
    the recorded changes amount to (`expected`).
    """
    word = int.from_bytes(chain.storage(registry, COUNCIL_SLOT, block=block))
    count = int.from_bytes(chain.storage(registry, COUNCIL_SLOT + 1, block=block))
    first = int.from_bytes(keccak256((COUNCIL_SLOT + 1).to_bytes(32)))
    members = {chain.storage(registry, first + i, block=block)[12:] for i in range(min(count, 256))}
    sound = True
    for member in sorted(members - set(expected.lasting)):
        sound = False
        what = "neither consortium.json nor any change names this council member: it was added at the founding"
        findings.add("", f"{WHERE}: council", "no such member", member, what)
    for member in sorted(set(expected.lasting) - members):
        sound = False
        what = "the registry has no such council member: consortium.json was altered, or never told the truth"
        findings.add("", f"{WHERE}: council", member, "no such member", what)
    stated = (expected.threshold, expected.next_threshold, expected.next_threshold_from)
    result = (word >> 40 & 0xFF, word >> 48 & 0xFF, word >> 56 & (1 << 40) - 1)
    if result != stated:
        sound = False
        findings.add("", f"{WHERE}: threshold", _threshold(*result), _threshold(*stated), _FOUNDED)
    if (changes := word & (1 << 40) - 1) != expected.sequence:
        sound = False
        what = "the registry counts other changes than its events tell: the chain, or what is read of it, is not whole"
        findings.add("", "registry changes", changes, expected.sequence, what)
    return sound


def _threshold(now: int, following: int, start: int) -> str:
    return f"{now}, and {following} from {start}" if start else str(now)


def check_trust(consortium: Consortium, trust: Trust, findings: Findings) -> None:
    """consortium.json says what a trust file says that the auditor got from somebody it trusts."""
    mine, theirs = consortium.deployment, trust.genesis
    pairs: list[tuple[str, object, object]] = [
        ("consortiumId", theirs.consortium_id, mine.genesis.consortium_id),
        ("council", _listed(theirs.council), _listed(mine.genesis.council)),
        ("threshold", theirs.threshold, mine.genesis.threshold),
        ("delay", theirs.delay, mine.genesis.delay),
        ("chainId", trust.chain_id, mine.chain_id),
        ("registry", trust.registry, mine.registry),
    ]
    if trust.bonus_pool is not None:
        pairs.append(("bonusPool", trust.bonus_pool, mine.contracts[ContractKind.BONUS]))
    log = next((log for log in trust.logs if log.origin == consortium.log.origin), None)
    if log is not None:
        pairs.append(("logs", log.public_key, consortium.log.public_key))
    else:
        known = ", ".join(log.origin for log in trust.logs)
        what = "the trust file does not name this log: it is older than the log, or another operator's"
        findings.note("", "trust file: logs", consortium.log.origin, known, what)
    if trust.witnesses is not None:
        policy = consortium.witness_policy
        asked = "no witnesses" if policy is None else policy.to_json()
        pairs.append(("witnesses", trust.witnesses.to_json(), asked))
    if trust.network is not None:
        settled = "no validators" if consortium.network is None else consortium.network.to_json()
        pairs.append(("cometbft", trust.network.to_json(), settled))
    for name, expected, match in pairs:
        if expected != match:
            what = "the trust file says otherwise: it is another consortium's, or one of the two was altered"
            findings.add("", f"trust file: {name}", expected, match, what)


def check_later_pools(trust: Trust, contracts: Mapping[bytes, str], findings: Findings) -> None:
    """Pools that a trust file names beside the first are pools that the council opened: signers rely on it."""
    for pool in trust.later_pools:
        kind = contracts.get(pool, "no contract that the council opened")
        if kind != CONTRACT_OF_KIND[ContractKind.BONUS]:
            what = "the trust file sends signatures about money to another contract: it was altered"
            expected = "a bonus pool that the council opened"
            findings.add("", "trust file: laterPools", expected, f"{to_hex(pool)}: {kind}", what)


def _listed(council: tuple[bytes, ...]) -> str:
    return ", ".join(map(to_hex, council))

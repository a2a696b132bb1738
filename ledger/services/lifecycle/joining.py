"""A further operator of a consortium that stands already: keys and a log of its own, the same contracts.

What it needs is the trust file, from somebody it trusts; everything else is on the chain. It follows the chain from the
first block, so its log ends up with the same records and outcomes as everybody else's.
"""

from ledger.bundle.format import Trust
from ledger.chain.client import FIRST_BLOCK, ChainReader
from ledger.chain.contracts import CONTRACT_OF_KIND, REGISTRY, artifact, decode_result, encode_function
from ledger.chain.deploy import Deployment
from ledger.codes import ContractKind
from ledger.common.ids import to_hex
from ledger.errors import ChainUnavailable, Misconfigured
from ledger.services.home.consortium import CONSORTIUM, Consortium, make_keys, open_keys, write_consortium
from ledger.services.home.settings import EMBEDDED, Settings
from ledger.store.database import Database


def join(settings: Settings, chain: ChainReader, trust: Trust, pool: bytes, *, demo: bool = False) -> Consortium:
    """Make this operator's keys and note where the consortium's contracts are; its log is registered by the council.

    `pool` is the bonus pool that the trust file names. Run again after a crash, it goes on where it stopped. Raises
    `Misconfigured` when the home has a consortium already, or the chain holds another one than the trust file says.
    """
    if settings.chain == EMBEDDED:
        raise Misconfigured(
            "an embedded chain has one operator", where="LADING_CHAIN", expected="the URL of the consortium's network"
        )
    if (settings.home / CONSORTIUM).exists():
        raise Misconfigured("this home has a consortium", where=str(settings.home), mend="Choose another LADING_HOME.")
    deployment = _deployment(chain, trust, pool)
    if make_keys(settings, demo, trust.genesis.consortium_id) != trust.genesis.consortium_id:
        raise Misconfigured(
            "joining another consortium was begun here", where=str(settings.home), mend="Choose another LADING_HOME."
        )
    keys = open_keys(settings, settings.origin)
    if any(log.log_id == keys.log.identity.log_id or log.origin == settings.origin for log in trust.logs):
        raise Misconfigured(
            "another log has this name",
            where="LADING_ORIGIN",
            expected="a name of its own",
            found=settings.origin,
            mend="Each operator's log has its own name and key.",
        )
    consortium = Consortium(deployment, keys.log.identity, demo)
    Database.open(settings.database_url).close()  # once the home is founded, none is begun any more
    write_consortium(settings.home, consortium)
    return consortium


def _deployment(chain: ChainReader, trust: Trust, pool: bytes) -> Deployment:
    """The deployment that the trust file speaks of, looked at on the chain.

    Which other contracts the council has opened follows from the registry's records.
    """
    if chain.chain_id != trust.chain_id:
        raise Misconfigured("another chain", where="LADING_CHAIN", expected=trust.chain_id, found=chain.chain_id)
    genesis = trust.genesis
    for name, address in ((REGISTRY, trust.registry), (CONTRACT_OF_KIND[ContractKind.BONUS], pool)):
        if not artifact(name).is_deployed_as(chain.code(address)):
            raise Misconfigured("no such contract there", where="trust file", expected=name, found=to_hex(address))
    told = (("consortiumId", genesis.consortium_id), ("delay", genesis.delay))
    for question, expected in told:
        result = _ask(chain, REGISTRY, trust.registry, question)
        if result != expected:
            raise Misconfigured(
                "the registry is another consortium's", where=question, expected=_shown(expected), found=_shown(result)
            )
    registry = _ask(chain, CONTRACT_OF_KIND[ContractKind.BONUS], pool, "registry")
    if registry != trust.registry:
        raise Misconfigured(
            "the bonus pool is another consortium's",
            where="bonusPool",
            expected=to_hex(trust.registry),
            found=_shown(registry),
        )
    block = chain.block(FIRST_BLOCK)
    if block is None:
        raise ChainUnavailable("the chain has no blocks yet", where=f"block {FIRST_BLOCK}")
    contracts = {ContractKind.BONUS: pool}
    return Deployment(trust.chain_id, genesis, trust.registry, contracts, None, block.number, block.hash)


def _ask(chain: ChainReader, contract: str, address: bytes, question: str) -> int | bytes:
    result = chain.call(address, encode_function(contract, question))
    if not result.succeeded:
        raise ChainUnavailable(f"the {contract} does not answer", where=question)
    (value,) = decode_result(contract, question, result.output)
    return value if isinstance(value, int) else bytes(value)


def _shown(value: int | bytes) -> str:
    return str(value) if isinstance(value, int) else to_hex(value)

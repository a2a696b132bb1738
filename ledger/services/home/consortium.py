"""What a home knows of its consortium: where the contracts are, which log it runs, and the operator's keys.

`consortium.json` is public: it is what a trust file is made from. Keys lie encrypted under `keys/`.
"""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.bundle.format import Trust, network_from_json, parse_trust
from ledger.chain.client import ChainClient
from ledger.chain.deploy import Deployment, TokenPlan, deploy
from ledger.codes import ContractKind
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.ids import ConsortiumId, KeyAddress, bytes_from_hex, to_hex
from ledger.errors import LadingError, MalformedRecord, Misconfigured
from ledger.log.cosignature import WitnessPolicy
from ledger.log.leaf import LogIdentity, LogSigner
from ledger.log.witness_policy import AskedWitnesses, parse_policy
from ledger.records.signing import SigningKey
from ledger.registry.history import Genesis
from ledger.seals.validators import Network
from ledger.services.home.keystores import (
    DEMO_PASSPHRASE,
    is_demo,
    keystore_address,
    new_key,
    read_keystore,
    read_log_key,
    replace_private,
    write_keystore,
    write_log_key,
    write_private,
)
from ledger.services.home.settings import Settings
from ledger.store.database import Database

__all__ = [
    "CONSORTIUM",
    "Consortium",
    "OperatorKeys",
    "TokenPlan",
    "bring_up_to_date",
    "found",
    "make_keys",
    "open_keys",
    "open_own_keys",
    "operator_passphrase",
    "read_consortium",
    "read_network",
    "read_witnesses",
    "rewrite_consortium",
    "with_logs_of",
    "write_consortium",
    "write_network",
]

CONSORTIUM = "consortium.json"
FORMAT = "consortium/2"
BEFORE_COURIERS = (None, "consortium/1")
"""What `lading` in older consortium files says; files of release 0.1.0 do not say it."""
WITNESSES = "witnesses"
"""The file of a home with the witnesses that its log asks: a C2SP tlog-policy."""
VALIDATORS = "validators.json"
"""The file of a home with the CometBFT network's validators, as trust files have them."""
RELAYER, ANCHOR, LOG = "relayer.json", "anchor.json", "log.pem"
SESSION_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Consortium:
    """`witnesses`: whom the log asks for cosignatures, if anybody; `demo` marks keys and money as worthless. `network`:
    the CometBFT network whose validators seal the chain's blocks, where that was settled.
    """

    deployment: Deployment
    log: LogIdentity
    demo: bool
    witnesses: AskedWitnesses | None = None
    network: Network | None = None

    @property
    def genesis(self) -> Genesis:
        return self.deployment.genesis

    @property
    def witness_policy(self) -> WitnessPolicy | None:
        """By which witnesses its checkpoints count, if by any."""
        return None if self.witnesses is None else self.witnesses.policy

    def to_json(self) -> dict[str, Any]:
        return {
            "lading": FORMAT,
            "deployment": self.deployment.to_json(),
            "log": {"origin": self.log.origin, "key": to_hex(self.log.public_key)},
            "demo": self.demo,
        }

    def trust_file(self) -> dict[str, Any]:
        """What a verifier must get from somebody it trusts, and not from the operator's bundle."""
        return {
            "lading": "trust/1",
            "consortiumId": to_hex(self.genesis.consortium_id),
            "genesis": {
                "council": [to_hex(member) for member in self.genesis.council],
                "threshold": self.genesis.threshold,
                "delay": self.genesis.delay,
            },
            "chainId": self.deployment.chain_id,
            "registry": to_hex(self.deployment.registry),
            "bonusPool": to_hex(self.deployment.contracts[ContractKind.BONUS]),
            "logs": [{"origin": self.log.origin, "key": to_hex(self.log.public_key)}],
            **({"witnesses": self.witnesses.policy.to_json()} if self.witnesses else {}),
            **({"cometbft": self.network.to_json()} if self.network else {}),
        }


def with_logs_of(trust: dict[str, Any], other: Trust) -> dict[str, Any]:
    """A trust file that names the logs of both; raises `MalformedRecord` when they speak of different consortia."""
    mine = parse_trust(canonical_json(trust))
    if (mine.genesis, mine.chain_id, mine.registry) != (other.genesis, other.chain_id, other.registry):
        raise MalformedRecord(
            "another consortium",
            where="trust file",
            expected=to_hex(mine.genesis.consortium_id),
            found=to_hex(other.genesis.consortium_id),
        )
    if None not in (mine.witnesses, other.witnesses) and mine.witnesses != other.witnesses:
        raise MalformedRecord(
            "another witness policy",
            where="trust file",
            expected=json.dumps(trust["witnesses"]),
            found=json.dumps(other.witnesses and other.witnesses.to_json()),
            mend="A trust file has one policy for all its logs: let both logs ask the same witnesses.",
        )
    if None not in (mine.network, other.network) and mine.network != other.network:
        raise MalformedRecord(
            "other validators",
            where="trust file",
            expected=json.dumps(trust["cometbft"]),
            found=json.dumps(other.network and other.network.to_json()),
            mend="Both operators must have adopted the same sets: `lading validators adopt`.",
        )
    network = mine.network or other.network
    policy = mine.witnesses or other.witnesses
    more = [log for log in other.logs if log not in mine.logs]
    return (
        trust
        | {"logs": [*trust["logs"], *({"origin": log.origin, "key": to_hex(log.public_key)} for log in more)]}
        | ({"witnesses": policy.to_json()} if policy else {})
        | ({"cometbft": network.to_json()} if network else {})
    )


@dataclass(frozen=True)
class OperatorKeys:
    """The keys that the service itself uses. None of them signs a record of a partner.

    Those that send to the chain are read when they are first asked for: a process that sends nothing need not have
    them.
    """

    folder: Path
    passphrase: str = field(repr=False)
    log: LogSigner
    session_secret: bytes = field(repr=False)

    @cached_property
    def relayer(self) -> SigningKey:
        return read_keystore(self.folder / RELAYER, self.passphrase)

    @cached_property
    def relayer_address(self) -> KeyAddress:
        """As its keystore says, without opening it."""
        return KeyAddress(bytes_from_hex(keystore_address(self.folder / RELAYER), 20, RELAYER))

    @cached_property
    def anchor(self) -> SigningKey:
        return read_keystore(self.folder / ANCHOR, self.passphrase)


def read_consortium(home: Path) -> Consortium:
    """The consortium of this home; raises `Misconfigured` when none was founded here, or by a newer release."""
    path = home / CONSORTIUM
    try:
        data = json.loads(_content(path))
        _refuse_newer(data.get("lading"), path)
        if data.get("lading") in BEFORE_COURIERS:
            data["deployment"].setdefault("courier", None)
        deployment = Deployment.from_json(data["deployment"])
        return Consortium(
            deployment,
            LogIdentity(data["log"]["origin"], bytes_from_hex(data["log"]["key"], 32, "log.key")),
            bool(data["demo"]),
            read_witnesses(home),
            read_network(home, deployment.genesis),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, MalformedRecord):
        raise Misconfigured(
            "not a consortium file",
            where=str(path),
            expected="the file as Lading wrote it",
            mend="Put the newest copy of it back: without it nothing in this home can be served or judged.",
        ) from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if (path.parent / "keys" / "highest-checkpoint").exists():
            raise Misconfigured(
                "the consortium file is gone",
                where=str(path),
                expected="a file, as a log was signed here",
                mend="Put the newest copy of it back: without it nothing in this home can be served or judged.",
            ) from None
        raise Misconfigured(
            "no consortium here", where=str(path), mend="Found one with `lading found`, or try `lading demo`."
        ) from None
    except OSError as error:
        raise Misconfigured("cannot be read", where=str(path), found=error.strerror or "") from None


def _refuse_newer(version: object, path: Path) -> None:
    if version not in (*BEFORE_COURIERS, FORMAT):
        raise Misconfigured(
            "the consortium file was written by a newer Lading",
            where=str(path),
            expected=FORMAT,
            found=str(version)[:40],
            mend="Install the newer version.",
        )


def write_consortium(home: Path, consortium: Consortium) -> None:
    """Write the file of a consortium that is new in this home; raises `Misconfigured` when it has one already."""
    write_private(home / CONSORTIUM, _text(consortium))


def rewrite_consortium(home: Path, consortium: Consortium) -> None:
    """Put the file of `consortium` in place of the one that is there; raises `Misconfigured` when it cannot."""
    replace_private(home / CONSORTIUM, _text(consortium))


def bring_up_to_date(home: Path, consortium: Consortium) -> None:
    """Write the consortium's file anew where an older release wrote it; it says the same afterwards."""
    if FORMAT.encode() not in _content(home / CONSORTIUM):
        rewrite_consortium(home, consortium)


def _text(consortium: Consortium) -> bytes:
    return json.dumps(consortium.to_json(), indent=1).encode()


def read_witnesses(home: Path) -> AskedWitnesses | None:
    """The witnesses that the log of this home asks; None without the file, or when it asks for none."""
    path = home / WITNESSES
    try:
        return parse_policy(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured("cannot be read", where=str(path), found=error.strerror or "") from None
    except MalformedRecord as error:
        raise Misconfigured(
            f"not a witness policy: {error.what}",
            where=f"{path}: {error.where}",
            expected=error.expected,
            found=error.found,
            mend="Write it as docs/witnesses.md shows, or put the newest copy back.",
        ) from None


def read_network(home: Path, genesis: Genesis) -> Network | None:
    """The CometBFT network whose validators this home hands out in its trust file; None without the file."""
    path = home / VALIDATORS
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Misconfigured("cannot be read", where=str(path), found=error.strerror or "") from None
    try:
        return network_from_json(parse_json(data, where=VALIDATORS), genesis, VALIDATORS)
    except LadingError as error:
        raise Misconfigured(
            f"not a file of validators: {error.what}",
            where=f"{path}: {error.where}",
            expected=error.expected,
            found=error.found,
            mend="Write it with `lading validators`, or put the newest copy back.",
        ) from None


def write_network(home: Path, network: Network) -> None:
    """Put the file of `network` in place of the one that is there, if any."""
    replace_private(home / VALIDATORS, canonical_json(network.to_json()))


def operator_passphrase(settings: Settings) -> str:
    """The passphrase of the operator's keys: the public one of a demo home, whatever is set, or the setting."""
    if is_demo(settings.home / "keys" / RELAYER):
        return DEMO_PASSPHRASE
    if settings.passphrase is not None:
        return settings.passphrase
    raise Misconfigured(
        "the operator's keys are locked", where="LADING_PASSPHRASE", expected="a passphrase, or a file that holds it"
    )


def open_keys(settings: Settings, origin: str) -> OperatorKeys:
    keys = settings.home / "keys"
    passphrase = operator_passphrase(settings)
    try:
        secret = (keys / "session.key").read_bytes()
    except OSError as error:
        raise Misconfigured(
            "the session key cannot be read", where="keys/session.key", found=str(error.strerror)
        ) from None
    if len(secret) != SESSION_KEY_BYTES:
        raise Misconfigured(
            "the session key is damaged",
            where="keys/session.key",
            expected=f"{SESSION_KEY_BYTES} bytes",
            found=len(secret),
            mend=f"Put the newest copy back, or {SESSION_KEY_BYTES} other random bytes.",
        )
    return OperatorKeys(keys, passphrase, LogSigner(origin, read_log_key(keys / LOG, passphrase)), secret)


def open_own_keys(settings: Settings, consortium: Consortium) -> OperatorKeys:
    """As `open_keys`, of a home that was founded: receipts by another key than its trust file names prove nothing."""
    keys = open_keys(settings, consortium.log.origin)
    if keys.log.identity != consortium.log:
        raise Misconfigured(
            f"the log's key is not the one that {CONSORTIUM} names",
            where=str(settings.home / "keys" / LOG),
            expected=to_hex(consortium.log.public_key),
            found=to_hex(keys.log.identity.public_key),
            mend="One of the two files is another home's: put this home's own back.",
        )
    return keys


def found(
    settings: Settings,
    open_chain: Callable[[], ChainClient],
    now: Callable[[], int],
    *,
    council: Sequence[KeyAddress],
    threshold: int,
    delay: int,
    token: TokenPlan | None = None,
    demo: bool = False,
) -> Consortium:
    """Make the operator's keys and deploy the contracts; afterwards this home has a consortium without partners.

    Run again after a crash, it goes on where it stopped: keys and the consortium's id are kept, the deployment looks
    before it sends. Raises `Misconfigured` when the home has a consortium already.
    """
    if (settings.home / CONSORTIUM).exists():
        raise Misconfigured("this home has a consortium", where=str(settings.home), mend="Choose another LADING_HOME.")
    consortium_id = make_keys(settings, demo)
    keys = open_keys(settings, settings.origin)
    genesis = Genesis(consortium_id, threshold, delay, tuple(sorted(council)))
    chain = open_chain()
    try:
        deployment = deploy(chain, keys.relayer, genesis, now, token=token)
    finally:
        chain.close()
    consortium = Consortium(deployment, keys.log.identity, demo)
    Database.open(settings.database_url).close()  # once the home is founded, none is begun any more
    write_consortium(settings.home, consortium)
    return consortium


def make_keys(settings: Settings, demo: bool, consortium_id: ConsortiumId | None = None) -> ConsortiumId:
    """The operator's keys and the consortium's id (`consortium_id`, or a new one), each made once."""
    keys = settings.home / "keys"
    passphrase = DEMO_PASSPHRASE if demo else settings.passphrase
    if not passphrase:
        raise Misconfigured("the operator's keys need a passphrase", where="LADING_PASSPHRASE", expected="a passphrase")
    for name in (RELAYER, ANCHOR):
        if not (keys / name).exists():
            write_keystore(keys / name, new_key(), passphrase, demo=demo)
    if not (keys / LOG).exists():
        write_log_key(keys / LOG, Ed25519PrivateKey.generate(), passphrase)
    if not (keys / "session.key").exists():
        write_private(keys / "session.key", secrets.token_bytes(SESSION_KEY_BYTES))
    if not (keys / "consortium-id").exists():
        write_private(keys / "consortium-id", consortium_id or secrets.token_bytes(32))
    return ConsortiumId((keys / "consortium-id").read_bytes())

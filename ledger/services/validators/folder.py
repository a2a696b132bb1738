"""A network's folder: one folder a validator, the genesis, and `network.json`, which says what is where.

Founding in two steps: each member makes its keys and gives the others its member file; then all write the same network
from the same member files and settings. With all validators on one machine, both steps are one.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ledger.common.ids import bytes_from_hex, to_hex
from ledger.errors import MalformedRecord, Misconfigured
from ledger.services.home.keystores import write_private
from ledger.services.validators.genesis import genesis
from ledger.services.validators.node_files import (
    LOOPBACK,
    Ports,
    ValidatorKeys,
    application_settings,
    comet_settings,
    node_key_file,
    vote_key_file,
    vote_state_file,
)
from ledger.services.validators.plan import MOST_VALIDATORS, Member, NetworkPlan

NETWORK = "network.json"
GENESIS = "genesis.json"
FORMAT = "network/1"
MEMBER_FORMAT = "network-member/1"
FIRST_PORT = 8545
WEBSOCKET, COMET, PEER = 100, 200, 300
"""How far above a validator's JSON-RPC port its others lie."""
LEAST_PORT, MOST_PORT = 1024, 65_535 - PEER - MOST_VALIDATORS
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PEER = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]{1,253}):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator that runs on this machine."""

    name: str
    folder: Path
    node_id: str
    ports: Ports

    @property
    def json_rpc(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.json_rpc}"

    @property
    def comet(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.comet}"


@dataclass(frozen=True, slots=True)
class Network:
    """A network as this machine knows it. `members` counts all validators, `validators` are those that run here."""

    folder: Path
    chain_id: int
    genesis_hash: bytes
    block_ms: int
    members: int
    validators: tuple[Validator, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "lading": FORMAT,
            "chainId": self.chain_id,
            "genesis": to_hex(self.genesis_hash),
            "blockMs": self.block_ms,
            "members": self.members,
            "validators": [
                {"name": each.name, "nodeId": each.node_id, "ports": asdict(each.ports)} for each in self.validators
            ],
        }


def init(folder: Path, plan: NetworkPlan, validators: int, first_port: int = FIRST_PORT) -> Network:
    """A network whose validators all run on this machine, in a new folder.

    Raises `Misconfigured` for a folder that is not empty, and for numbers out of range; then nothing was written.
    """
    if not 1 <= validators <= MOST_VALIDATORS:
        raise Misconfigured("out of range", where="--validators", expected=f"1 to {MOST_VALIDATORS}", found=validators)
    _check_port(first_port)
    _refuse_used(folder)
    members = [
        make_member(folder, f"validator-{i + 1}", f"{LOOPBACK}:{first_port + i + PEER}") for i in range(validators)
    ]
    return write_network(folder, plan, members, first_port)


def make_member(folder: Path, name: str, peer_address: str) -> Member:
    """Make a validator's keys in `folder`; what the others must know of it. Raises `Misconfigured` when it has them."""
    if not _NAME.fullmatch(name):
        raise Misconfigured("not a validator's name", where="--name", expected="a-z, 0-9 and -", found=name[:40])
    if not (match := _PEER.fullmatch(peer_address)) or not 0 < int(match[2]) <= 65_535:
        raise Misconfigured("not an address", where="--address", expected="host:port", found=peer_address[:80])
    keys = ValidatorKeys.new()
    member = keys.member(name, peer_address)
    config = folder / name / "config"
    write_private(config / "priv_validator_key.json", vote_key_file(keys, member))
    write_private(config / "node_key.json", node_key_file(keys, member))
    write_private(folder / name / "data" / "priv_validator_state.json", vote_state_file())
    return member


def write_network(folder: Path, plan: NetworkPlan, members: Sequence[Member], first_port: int = FIRST_PORT) -> Network:
    """Write genesis and settings for those of the members whose keys lie in `folder`.

    The same members and plan give the same genesis everywhere. Raises `Misconfigured` when the folder has a network,
    none of the keys is here, or two members are alike.
    """
    _check_port(first_port)
    if (folder / NETWORK).exists():
        raise Misconfigured("this folder has a network", where=str(folder), mend="Choose another.")
    for what in ("name", "vote_key", "node_key", "peer_address"):
        if len({getattr(member, what) for member in members}) < len(members):
            raise Misconfigured("two members have the same", where=what.replace("_", " "))
    here = [member for member in members if (folder / member.name / "config" / "node_key.json").exists()]
    if not here:
        raise Misconfigured("no member's keys are here", where=str(folder), mend="Make them: `lading network member`.")
    text = file_of(genesis(plan, members))
    validators = []
    for i, member in enumerate(here):
        ports = _ports(first_port + i, member)
        config = folder / member.name / "config"
        write_private(config / "genesis.json", text)
        write_private(config / "config.toml", comet_settings(plan, member, members, ports).encode())
        write_private(config / "app.toml", application_settings(plan, ports).encode())
        validators.append(Validator(member.name, folder / member.name, member.node_id, ports))
    write_private(folder / GENESIS, text)
    network = Network(
        folder, plan.chain_id, hashlib.sha256(text).digest(), plan.block_ms, len(members), tuple(validators)
    )
    write_private(folder / NETWORK, file_of(network.to_json()))
    return network


def read_network(folder: Path) -> Network:
    """The network in this folder; raises `Misconfigured` when there is none."""
    path = folder / NETWORK
    try:
        data = json.loads(path.read_bytes())
        if data["lading"] != FORMAT:
            raise ValueError(data["lading"])
        return Network(
            folder,
            int(data["chainId"]),
            bytes_from_hex(data["genesis"], 32, "genesis"),
            int(data["blockMs"]),
            int(data["members"]),
            tuple(
                Validator(each["name"], folder / each["name"], each["nodeId"], Ports(**each["ports"]))
                for each in data["validators"]
            ),
        )
    except FileNotFoundError:
        raise Misconfigured("no network here", where=str(path), mend="Make one with `lading network init`.") from None
    except OSError as error:
        raise Misconfigured("cannot be read", where=str(path), found=error.strerror or "") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, MalformedRecord):
        raise Misconfigured("not a network file", where=str(path), expected="the file as Lading wrote it") from None


def file_of(data: dict[str, Any]) -> bytes:
    """A JSON file as this package writes it."""
    return json.dumps(data, indent=1).encode() + b"\n"


def member_to_json(member: Member) -> dict[str, Any]:
    """The member file that one gives to the other members. Nothing in it is secret."""
    return {
        "lading": MEMBER_FORMAT,
        "name": member.name,
        "voteKey": to_hex(member.vote_key),
        "nodeKey": to_hex(member.node_key),
        "peer": member.peer_address,
    }


def parse_member(content: bytes, where: str) -> Member:
    """The member whose file `member_to_json` made; raises `MalformedRecord` naming `where`."""
    try:
        data = json.loads(content)
        if data["lading"] != MEMBER_FORMAT or not _NAME.fullmatch(data["name"]) or not _PEER.fullmatch(data["peer"]):
            raise ValueError("another file")
        return Member(
            data["name"],
            bytes_from_hex(data["voteKey"], 32, "voteKey"),
            bytes_from_hex(data["nodeKey"], 32, "nodeKey"),
            data["peer"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MalformedRecord(
            "not a member file", where=where, expected="the file that `lading network member` wrote"
        ) from None


def _ports(json_rpc: int, member: Member) -> Ports:
    return Ports(json_rpc, json_rpc + WEBSOCKET, json_rpc + COMET, int(member.peer_address.rpartition(":")[2]))


def _check_port(first: int) -> None:
    if not LEAST_PORT <= first <= MOST_PORT:
        raise Misconfigured("out of range", where="--port", expected=f"{LEAST_PORT} to {MOST_PORT}", found=first)


def _refuse_used(folder: Path) -> None:
    try:
        used = folder.exists() and any(folder.iterdir())
    except OSError as error:
        raise Misconfigured("not a folder", where=str(folder), found=error.strerror or "") from None
    if used:
        raise Misconfigured("this folder is not empty", where=str(folder), mend="Choose another.")

"""Founding a reference network: what its folder holds, and what is refused before anything is written."""

import hashlib
import json
import stat
import tomllib
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.common.ids import checksum_address
from ledger.errors import MalformedRecord, Misconfigured
from ledger.records.signing import SigningKey
from ledger.services.validators.folder import (
    file_of,
    init,
    make_member,
    member_to_json,
    parse_member,
    read_network,
    write_network,
)
from ledger.services.validators.genesis import genesis
from ledger.services.validators.plan import Member, NetworkPlan

ROOT = Path(__file__).resolve().parents[3]
RELAYER, ANCHOR, FUNDER = bytes([1] * 20), bytes([2] * 20), bytes([3] * 20)
PLAN = NetworkPlan(77, 1_800_000_000, creators=(RELAYER,), senders=(FUNDER, ANCHOR), block_ms=300)


def member(number: int) -> Member:
    return Member(f"m{number}", bytes([number] * 32), bytes([100 + number] * 32), f"host{number}:26656")


MEMBERS = [member(number) for number in (2, 1, 3)]


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_gas_costs_nothing_and_half_of_a_limit_is_billed() -> None:
    fees = genesis(PLAN, MEMBERS)["app_state"]["feemarket"]["params"]
    assert fees["no_base_fee"] is True
    assert (fees["base_fee"], fees["min_gas_price"]) == ("0.000000000000000000", "0.000000000000000000")
    assert fees["min_gas_multiplier"] == "0.500000000000000000"


@pytest.mark.parametrize(("percent", "text"), [(0, "0.00"), (7, "0.07"), (100, "1.00")])
def test_the_billed_share_is_written_as_a_decimal_of_18_places(percent: int, text: str) -> None:
    plan = NetworkPlan(1, 0, anybody=True, least_billed_percent=percent)
    multiplier = genesis(plan, MEMBERS)["app_state"]["feemarket"]["params"]["min_gas_multiplier"]
    assert multiplier == text + "0" * 16


def test_only_creators_create_and_only_those_listed_call() -> None:
    access = genesis(PLAN, MEMBERS)["app_state"]["evm"]["params"]["access_control"]
    assert access["create"] == {
        "access_type": "ACCESS_TYPE_PERMISSIONED",
        "access_control_list": [checksum_address(RELAYER)],
    }
    # The zero address is who asks without naming a sender.
    assert access["call"]["access_control_list"] == [
        checksum_address(address) for address in (bytes(20), RELAYER, ANCHOR, FUNDER)
    ]


def test_a_trial_without_lists_says_so_in_its_genesis() -> None:
    access = genesis(NetworkPlan(1, 0, anybody=True), MEMBERS)["app_state"]["evm"]["params"]["access_control"]
    assert {kind["access_type"] for kind in access.values()} == {"ACCESS_TYPE_PERMISSIONLESS"}


def test_the_genesis_is_the_same_whoever_lists_the_members_first() -> None:
    assert genesis(PLAN, MEMBERS) == genesis(PLAN, MEMBERS[::-1])
    validators = genesis(PLAN, MEMBERS)["consensus"]["validators"]
    assert [each["name"] for each in validators] == ["m1", "m2", "m3"]
    assert validators[0]["address"] == hashlib.sha256(bytes([1] * 32)).hexdigest()[:40].upper()


def test_chain_id_block_gas_and_time_are_those_of_the_plan() -> None:
    document = genesis(PLAN, MEMBERS)
    assert document["chain_id"] == "lading-77"
    assert document["genesis_time"] == "2027-01-15T08:00:00Z"
    assert document["consensus"]["params"]["block"]["max_gas"] == "60000000"


def test_the_node_is_tested_on_a_genesis_as_it_is_written_here() -> None:
    """`network/*_test.go` runs on this file. After a change of the genesis, write it anew as this test does."""
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)).public_key().public_bytes_raw() for n in (1, 2)]
    lone = Member("validator-1", keys[0], keys[1], "127.0.0.1:26656")
    plan = NetworkPlan(77, 1_800_000_000, creators=(SigningKey(bytes([7] * 32)).address,))
    assert (ROOT / "network" / "testdata" / "genesis.json").read_bytes() == file_of(genesis(plan, [lone]))


def test_all_validators_have_one_genesis_and_keys_of_their_own(tmp_path: Path) -> None:
    network = init(tmp_path / "net", PLAN, 4, 20_000)
    texts = {(each.folder / "config" / "genesis.json").read_bytes() for each in network.validators}
    assert {hashlib.sha256(text).digest() for text in texts} == {network.genesis_hash}
    listed = {each["address"] for each in json.loads(texts.pop())["consensus"]["validators"]}
    keys = [
        json.loads((each.folder / "config" / "priv_validator_key.json").read_bytes()) for each in network.validators
    ]
    assert {key["address"] for key in keys} == listed
    assert len(listed) == 4
    for key in keys:
        secret = b64decode(key["priv_key"]["value"])
        public = Ed25519PrivateKey.from_private_bytes(secret[:32]).public_key().public_bytes_raw()
        assert public == secret[32:] == b64decode(key["pub_key"]["value"])
        assert hashlib.sha256(public).hexdigest()[:40].upper() == key["address"]


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    network = init(tmp_path / "net", PLAN, 1, 20_000)
    for name in ("priv_validator_key.json", "node_key.json"):
        assert stat.S_IMODE((network.validators[0].folder / "config" / name).stat().st_mode) == 0o600


def test_only_the_other_validators_may_connect(tmp_path: Path) -> None:
    network = init(tmp_path / "net", PLAN, 4, 20_000)
    for me in network.validators:
        p2p = toml(me.folder / "config" / "config.toml")["p2p"]
        others = [each for each in network.validators if each != me]
        assert p2p["persistent_peers"].split(",") == [f"{e.node_id}@127.0.0.1:{e.ports.peer}" for e in others]
        assert p2p["unconditional_peer_ids"].split(",") == [each.node_id for each in others]
        assert (p2p["max_num_inbound_peers"], p2p["max_num_outbound_peers"], p2p["pex"]) == (0, 0, False)


def test_nothing_but_peers_listens_beyond_this_machine_and_no_profiler_at_all(tmp_path: Path) -> None:
    network = init(tmp_path / "net", PLAN, 2, 20_000)
    ports: set[str] = set()
    for each in network.validators:
        comet, application = toml(each.folder / "config" / "config.toml"), toml(each.folder / "config" / "app.toml")
        assert comet["rpc"]["pprof_laddr"] == ""
        addresses = {
            comet["rpc"]["laddr"].removeprefix("tcp://"),
            comet["p2p"]["laddr"].removeprefix("tcp://"),
            application["json-rpc"]["address"],
            application["json-rpc"]["ws-address"],
        }
        assert {address.partition(":")[0] for address in addresses} == {"127.0.0.1"}
        ports |= addresses
    assert len(ports) == 8


def test_the_settings_avoid_the_known_traps(tmp_path: Path) -> None:
    config = init(tmp_path / "net", PLAN, 1, 20_000).validators[0].folder / "config"
    comet, application = toml(config / "config.toml"), toml(config / "app.toml")
    assert comet["mempool"]["type"] == "app"
    assert comet["consensus"]["timeout_commit"] == "300ms"
    assert application["evm"]["evm-chain-id"] == 77
    assert application["json-rpc"]["gas-cap"] == 60_000_000


def test_members_on_several_machines_come_to_the_same_genesis(tmp_path: Path) -> None:
    """Each makes its keys at home, and writes the network from everybody's member file."""
    homes = [tmp_path / name for name in ("harbour", "carrier")]
    made = [make_member(home, home.name, f"{home.name}.example:26656") for home in homes]
    files = [file_of(member_to_json(each)) for each in made]
    networks = [write_network(home, PLAN, [parse_member(each, "file") for each in files]) for home in homes]
    assert networks[0].genesis_hash == networks[1].genesis_hash
    for home, network, other in zip(homes, networks, made[::-1], strict=True):
        (mine,) = network.validators
        assert (mine.name, network.members) == (home.name, 2)
        p2p = toml(mine.folder / "config" / "config.toml")["p2p"]
        assert p2p["laddr"] == "tcp://0.0.0.0:26656"
        assert p2p["persistent_peers"] == f"{other.node_id}@{other.peer_address}"
        assert read_network(home) == network


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"chain_id": 0, "anybody": True}, "--chain-id"),
        ({"block_ms": 99, "anybody": True}, "--block-ms"),
        ({"block_gas": 1, "anybody": True}, "--block-gas"),
        ({"least_billed_percent": 101, "anybody": True}, "--least-billed"),
        ({}, "--creator"),
        ({"senders": (ANCHOR,)}, "--creator"),
        ({"creators": (bytes(20),)}, "--creator"),
        ({"creators": (RELAYER,), "anybody": True}, "--anybody"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(settings: dict[str, Any], where: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        NetworkPlan(**{"chain_id": 1, "genesis_time": 0} | settings)
    assert refused.value.where == where


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(Misconfigured, match="not empty"):
        init(tmp_path, PLAN, 4)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


@pytest.mark.parametrize(("validators", "port", "where"), [(0, 8545, "--validators"), (4, 80, "--port")])
def test_numbers_out_of_range_leave_nothing_behind(tmp_path: Path, validators: int, port: int, where: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        init(tmp_path / "net", PLAN, validators, port)
    assert refused.value.where == where
    assert not (tmp_path / "net").exists()


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    make_member(tmp_path, "harbour", "harbour.example:26656")
    key = (tmp_path / "harbour" / "config" / "priv_validator_key.json").read_bytes()
    with pytest.raises(Misconfigured):
        make_member(tmp_path, "harbour", "harbour.example:26656")
    assert (tmp_path / "harbour" / "config" / "priv_validator_key.json").read_bytes() == key


@pytest.mark.parametrize(
    ("name", "address"), [("Harbour", "h:1"), ("../up", "h:1"), ("h", "no-port"), ("h", "h:70000")]
)
def test_a_member_has_a_plain_name_and_an_address(tmp_path: Path, name: str, address: str) -> None:
    with pytest.raises(Misconfigured):
        make_member(tmp_path, name, address)
    assert list(tmp_path.iterdir()) == []


def test_members_alike_and_a_network_without_a_key_of_ours_are_refused(tmp_path: Path) -> None:
    mine = make_member(tmp_path, "harbour", "harbour.example:26656")
    with pytest.raises(Misconfigured, match="the same"):
        write_network(tmp_path, PLAN, [mine, mine])
    with pytest.raises(Misconfigured, match="no member's keys are here"):
        write_network(tmp_path, PLAN, [member(1)])
    write_network(tmp_path, PLAN, [mine])
    with pytest.raises(Misconfigured, match="has a network"):
        write_network(tmp_path, PLAN, [mine])


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", file_of(member_to_json(member(1)) | {"voteKey": "0x00"}), file_of({"lading": "trust/1"})],
)
def test_what_is_no_member_file_is_named(content: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse_member(content, "other.json")


def test_a_network_file_is_read_back_or_refused(tmp_path: Path) -> None:
    network = init(tmp_path / "net", PLAN, 2, 20_000)
    assert read_network(tmp_path / "net") == network
    with pytest.raises(Misconfigured, match="no network here"):
        read_network(tmp_path)
    (tmp_path / "net" / "network.json").write_text('{"lading": "network/2"}')
    with pytest.raises(Misconfigured, match="not a network file"):
        read_network(tmp_path / "net")

"""The genesis of a reference network: its first state, on which all validators must agree to the byte."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ledger.common.ids import checksum_address
from ledger.services.validators.plan import Member, NetworkPlan

APPLICATION = "lading-node"
COIN, COIN_UNIT = "gas", "agas"
"""Nobody has any, and no transaction costs any; the EVM asks for a coin of 18 decimals all the same."""
VOTING_POWER = 10
MOST_BLOCK_BYTES = 4 * 1024 * 1024
EVIDENCE_BLOCKS, EVIDENCE_SECONDS = 100_000, 172_800
ZERO = "0.000000000000000000"


def genesis(plan: NetworkPlan, members: Sequence[Member]) -> dict[str, Any]:
    """The genesis document that `lading-node` reads. Members are in order of their names."""
    return {
        "app_name": APPLICATION,
        "app_version": "1",
        "genesis_time": datetime.fromtimestamp(plan.genesis_time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "chain_id": plan.cosmos_chain_id,
        "initial_height": 1,
        "app_hash": None,
        "app_state": {
            "auth": {"params": AUTH_PARAMS, "accounts": []},
            "bank": {
                "params": {"send_enabled": [], "default_send_enabled": True},
                "balances": [],
                "supply": [],
                "denom_metadata": [COIN_METADATA],
                "send_enabled": [],
            },
            "feemarket": {"params": _fee_params(plan), "block_gas": "0"},
            "evm": {"accounts": [], "params": _evm_params(plan), "preinstalls": []},
        },
        "consensus": {
            "validators": [_validator(member) for member in sorted(members, key=lambda member: member.name)],
            "params": {
                "block": {"max_bytes": str(MOST_BLOCK_BYTES), "max_gas": str(plan.block_gas)},
                "evidence": {
                    "max_age_num_blocks": str(EVIDENCE_BLOCKS),
                    "max_age_duration": str(EVIDENCE_SECONDS * 10**9),
                    "max_bytes": "1048576",
                },
                "validator": {"pub_key_types": ["ed25519"]},
                "version": {"app": "0"},
                "abci": {"vote_extensions_enable_height": "0"},
            },
        },
    }


AUTH_PARAMS = {
    "max_memo_characters": "256",
    "tx_sig_limit": "7",
    "tx_size_cost_per_byte": "10",
    "sig_verify_cost_ed25519": "590",
    "sig_verify_cost_secp256k1": "1000",
}
COIN_METADATA = {
    "description": "the EVM's coin; nobody has any",
    "denom_units": [
        {"denom": COIN_UNIT, "exponent": 0, "aliases": []},
        {"denom": COIN, "exponent": 18, "aliases": []},
    ],
    "base": COIN_UNIT,
    "display": COIN,
    "name": COIN,
    "symbol": COIN.upper(),
    "uri": "",
    "uri_hash": "",
}


def _fee_params(plan: NetworkPlan) -> dict[str, Any]:
    """Gas costs nothing. What is billed of a transaction's limit, used or not, is what receipts and blocks show."""
    return {
        "no_base_fee": True,
        "base_fee_change_denominator": 8,
        "elasticity_multiplier": 2,
        "enable_height": "0",
        "base_fee": ZERO,
        "min_gas_price": ZERO,
        "min_gas_multiplier": f"{plan.least_billed_percent // 100}.{plan.least_billed_percent % 100:02}{'0' * 16}",
    }


def _evm_params(plan: NetworkPlan) -> dict[str, Any]:
    """The precompiles are Ethereum's own (Prague); those of Cosmos modules that this network lacks are off."""
    return {
        "evm_denom": COIN_UNIT,
        "extra_eips": [],
        "active_static_precompiles": [],
        "evm_channels": [],
        "history_serve_window": "8192",
        "extended_denom_options": {"extended_denom": COIN_UNIT},
        "access_control": {
            "create": _access(plan.creators, plan.anybody),
            # A question (eth_call) without a sender comes from the zero address, and the list judges it too. Nobody
            # can sign for that address.
            "call": _access((bytes(20), *plan.callers), plan.anybody),
        },
    }


def _access(addresses: Iterable[bytes], anybody: bool) -> dict[str, Any]:
    if anybody:
        return {"access_type": "ACCESS_TYPE_PERMISSIONLESS", "access_control_list": []}
    listed = [checksum_address(address) for address in sorted(set(addresses))]
    return {"access_type": "ACCESS_TYPE_PERMISSIONED", "access_control_list": listed}


def _validator(member: Member) -> dict[str, Any]:
    return {
        "address": member.address.hex().upper(),
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": b64encode(member.vote_key).decode()},
        "power": str(VOTING_POWER),
        "name": member.name,
    }

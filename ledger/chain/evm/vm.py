"""The embedded chain's rules: Cancun, with gas that costs nothing and a block gas limit that never moves.

Free gas is what permissioned networks run too, so nothing that works here depends on an account having funds.
"""

import os
from typing import Any

from eth.chains.base import MiningChain
from eth.exceptions import Revert
from eth.validation import validate_gas_limit
from eth.vm.forks import CancunVM
from eth.vm.forks.cancun import CancunState
from eth.vm.forks.cancun.computation import CancunComputation
from eth_utils import ValidationError

from ledger.chain.evm.interpreter import FastStream, Frame
from ledger.chain.evm.tries import Accounts

BLOCK_GAS_LIMIT = 60_000_000
# Read by eth-hash when it hashes for the first time; of its own accord it takes a slower library.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")


class _Computation(CancunComputation):
    """Runs plain instructions itself, see `ledger.chain.evm.interpreter`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        frame = Frame(self._memory, self.extend_memory, self.msg.data_as_bytes)
        stack: Any = self._stack
        self.code = FastStream(self.msg.code, stack.values, self._gas_meter, frame)


class _State(CancunState):
    computation_class = _Computation
    account_db_class = Accounts


class FreeGasVM(CancunVM):
    """Cancun without a fee market: every block's base fee is 0."""

    _state_class: type[CancunState] = _State

    @staticmethod
    def create_header_from_parent(parent_header: Any, **fields: Any) -> Any:
        fields.setdefault("gas_limit", BLOCK_GAS_LIMIT)
        return CancunVM.create_header_from_parent(parent_header, **fields).copy(base_fee_per_gas=0)

    @classmethod
    def validate_gas(cls, header: Any, parent_header: Any) -> None:
        validate_gas_limit(header.gas_limit, parent_header.gas_limit)
        if header.base_fee_per_gas != 0:
            raise ValidationError(f"base fee is {header.base_fee_per_gas}, expected 0")


def chain_class(identifier: int) -> type[Any]:
    """py-evm's chain class for this chain id."""
    return type(
        "EmbeddedMiningChain",
        (MiningChain,),
        {"chain_id": identifier, "vm_configuration": ((0, FreeGasVM),)},
    )


def revert_output(computation: Any) -> bytes:
    """What a failed execution handed back: the revert data, empty when it ran out of gas or hit an invalid opcode."""
    error = computation.error
    if isinstance(error, Revert) and error.args and isinstance(error.args[0], bytes):
        return error.args[0]
    return b""

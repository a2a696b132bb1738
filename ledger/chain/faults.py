"""The one place where other libraries' errors become Lading's.

A test walks through every exception that web3, eth-tester, py-evm and requests define and fails when one would come
through unchanged.
"""

import http.client
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import eth
import eth.exceptions
import eth.vm.interrupt
import eth_abi.exceptions
import eth_keys.exceptions
import eth_tester.exceptions
import eth_utils
import requests.exceptions
import rlp.exceptions
import trie.exceptions
import urllib3.exceptions

from ledger.chain.answers import shown
from ledger.errors import ChainUnavailable, LadingError, StorageFailed

# A library of the EVM lets Python nest 100,000 deep: then JSON that is nested so deep, in a row or an answer, uses up
# the stack and ends the process, where it ought to raise. The EVM itself needs as many as this.
sys.setrecursionlimit(eth.EVM_RECURSION_LIMIT)

_DAMAGE: tuple[type[BaseException], ...] = (
    # The embedded chain's own data: its head or a header, or a node of a trie, is missing or not what its hash says.
    sqlite3.Error,
    sqlite3.Warning,  # not one of Python's warnings: an error of its own
    eth.vm.interrupt.EVMMissingData,
    eth.exceptions.CanonicalHeadNotFound,
    eth.exceptions.HeaderNotFound,
    eth.exceptions.StateRootNotFound,
    eth.exceptions.GapTrackingCorrupted,
    *(
        kind
        for kind in vars(trie.exceptions).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not eth_utils.ValidationError
    ),
)
_FOREIGN: tuple[type[BaseException], ...] = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    eth.exceptions.PyEVMError,
    eth_tester.exceptions.ValidationError,
    eth_tester.exceptions.BlockNotFound,
    eth_tester.exceptions.TransactionNotFound,
    eth_tester.exceptions.FilterNotFound,
    eth_tester.exceptions.SnapshotNotFound,
    eth_tester.exceptions.UnknownFork,
    eth_tester.exceptions.AccountLocked,
    eth_tester.exceptions.TransactionFailed,
    eth_tester.exceptions.BackendDistributionNotFound,
    eth_keys.exceptions.BadSignature,
    eth_keys.exceptions.ValidationError,
    eth_utils.ValidationError,
    eth_abi.exceptions.EncodingError,
    eth_abi.exceptions.DecodingError,
    eth_abi.exceptions.ParseError,
    eth_abi.exceptions.PredicateMappingError,
    rlp.exceptions.RLPException,
    OSError,  # connections cut half way
    ValueError,  # answers that are no JSON
)


def converted(error: BaseException, where: str) -> LadingError:
    """The Lading error that says what a library's error means to the caller."""
    if isinstance(error, LadingError):
        return error
    if isinstance(error, _DAMAGE):
        return StorageFailed(f"the chain's own data is incomplete ({_sentence(error)})", where=where)
    return ChainUnavailable(_sentence(error), where=where)


def _of_web3() -> tuple[type[BaseException], ...]:
    """Where nothing imported web3, as for an embedded chain, nothing raises its errors; to import it takes a while."""
    web3 = sys.modules.get("web3.exceptions")
    return () if web3 is None else (web3.Web3Exception,)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Run a block that calls other libraries; what they raise leaves it as `ChainUnavailable` or `StorageFailed`."""
    try:
        yield
    except LadingError:
        raise
    except (*_DAMAGE, *_FOREIGN, *_of_web3()) as error:
        raise converted(error, where) from error


def _sentence(error: BaseException) -> str:
    # Node messages can hold whole transactions; the beginning says what happened.
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{type(error).__name__}: {shown(text, 300)}"

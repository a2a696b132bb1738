"""Questions to one node over JSON-RPC, and its bare answers; nothing is read into them here.

web3's formatters refuse headers that permissioned networks extend, so only its HTTP provider is used.

No answer within the time limit only means to ask again: nothing is decided by it, and every question may be repeated.

No answer takes more memory than `MAX_ANSWER` allows, whatever it unpacks to: one that is larger counts as refused, so
that whoever asks for many things asks for fewer.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.utils import get_netrc_auth

from ledger.chain.answers import Refusal, is_too_often, refusal_of
from ledger.chain.faults import translated
from ledger.common.canonical import check_depth
from ledger.errors import ChainUnavailable, MalformedRecord

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 10
_QUESTIONS_A_REQUEST = 100
MAX_ANSWER = 32 << 20
"""Bytes, unpacked: some five times what a hundred headers or a full block's receipts take on the networks there are."""
_PIECE = 1 << 16


class Node(Protocol):
    """Whoever answers JSON-RPC questions. Safe to use from several threads."""

    def attempt(self, method: str, *parameters: Any) -> Any:
        """The result, or the node's `Refusal`; raises `ChainUnavailable` when there is no answer at all."""
        ...

    def attempt_many(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        """As `attempt`, for several questions at once, in their order."""
        ...

    def doubt(self) -> None:
        """Its answers did not fit: whoever can asks another from now on."""
        ...

    def close(self) -> None: ...


@cache
def _provider() -> Any:
    """web3's provider, with what it does not look at. Imported for the first node: an embedded chain has none, and
    `lading` would begin a fifth of a second later."""
    from web3 import HTTPProvider
    from web3.types import RPCResponse

    class Provider(HTTPProvider):
        @staticmethod
        def decode_rpc_response(raw_response: bytes) -> RPCResponse:
            try:
                check_depth(raw_response, "answer")
            except MalformedRecord as error:
                raise ChainUnavailable(error.what, where=error.where, expected=error.expected) from None
            answer = HTTPProvider.decode_rpc_response(raw_response)
            if not _can_be_sorted(answer):
                raise ChainUnavailable("an answer in the list is no JSON-RPC response", where="answer")
            return answer

    return Provider


def _can_be_sorted(answers: Any) -> bool:
    """web3 puts the answers to a list of questions in the order of their `id`, whatever stands there."""
    if not isinstance(answers, list):
        return True
    kinds = {type(one.get("id")) if isinstance(one, dict) else list for one in answers}
    return len(kinds) <= 1 and kinds <= {int, str, type(None)}


class _TooLargeError(Exception):
    pass


class HttpNode:
    """The node behind a URL. An answer that is larger than `MAX_ANSWER` is a `Refusal` that says so."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._path = f"{parts.path}?{parts.query}".rstrip("?").rstrip("/")
        """Libraries name it in their errors, and it may hold the key of a provider."""
        self._session = requests.Session()
        self._session.hooks["response"].append(self._read)
        # What the environment says of proxies and certificates, once: it is read for each request otherwise.
        told = self._session.merge_environment_settings(url, {}, None, None, None)
        self._session.proxies, self._session.verify, self._session.cert = told["proxies"], told["verify"], told["cert"]
        self._session.auth = get_netrc_auth(url)
        self._session.trust_env = False
        self._provider = _provider()(
            url,
            request_kwargs={"timeout": (_CONNECT_SECONDS, _ANSWER_SECONDS)},
            session=self._session,
            exception_retry_configuration=None,
        )

    def attempt(self, method: str, *parameters: Any) -> Any:
        try:
            with self._asking(method):
                answer: Any = self._provider.make_request(method, list(parameters))
        except _TooLargeError:
            return Refusal(f"the node's answer is larger than {MAX_ANSWER} bytes", b"", False)
        return result_of(answer, method)

    def attempt_many(self, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        results: list[Any] = []
        for start in range(0, len(questions), _QUESTIONS_A_REQUEST):
            some = questions[start : start + _QUESTIONS_A_REQUEST]
            answers: Any = None
            with suppress(_TooLargeError), self._asking(method):
                answers = self._provider.make_batch_request([(method, list(one)) for one in some])
            if isinstance(answers, list) and len(answers) == len(some):
                results += [result_of(answer, method) for answer in answers]
            elif isinstance(answers, dict) and is_too_often(answers.get("error")):
                result_of(answers, method)  # which raises: to ask one by one would be to ask more often still
            else:  # the node takes no lists of questions or not such long ones, or so much is too large
                results += [self.attempt(method, *one) for one in some]
        return results

    def doubt(self) -> None:
        """There is no other."""

    def close(self) -> None:
        self._session.close()

    def _read(self, response: requests.Response, **_: Any) -> None:
        """Read the body, unpacked, piece by piece; raises `_TooLargeError` at the first that is too much."""
        self._session.cookies.update(response.cookies)  # a balancer's; requests looks for them where the body was
        body = io.BytesIO()
        with response.raw as raw:
            for piece in raw.stream(_PIECE, decode_content=True):
                if body.tell() + len(piece) > MAX_ANSWER:
                    raise _TooLargeError
                body.write(piece)
        body.seek(0)
        response.raw = body

    @contextmanager
    def _asking(self, method: str) -> Iterator[None]:
        try:
            with translated(method):
                yield
        except ChainUnavailable as error:
            what = error.what.replace(self._path, "/…") if self._path else error.what
            raise ChainUnavailable(what, where=error.where, expected=error.expected, found=error.found) from None


def result_of(answer: Any, method: str) -> Any:
    """What a JSON-RPC response says: its result, or a `Refusal`; raises `ChainUnavailable` when it says nothing, or
    that the node was asked too often."""
    if not isinstance(answer, dict):
        raise ChainUnavailable("the answer is no JSON-RPC response", where=method)
    if answer.get("error") is not None:
        refusal = refusal_of(answer["error"])
        if not refusal.is_revert and is_too_often(answer["error"]):
            raise ChainUnavailable(f"the node was asked too often ({refusal.message})", where=method)
        return refusal
    if "result" not in answer:
        raise ChainUnavailable("the answer holds neither result nor error", where=method)
    return answer["result"]


def ask(node: Node, method: str, *parameters: Any) -> Any:
    """The node's result; a refusal too is `ChainUnavailable`."""
    return granted(node.attempt(method, *parameters), method)


def ask_many(node: Node, method: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
    """As `ask`, for several questions at once, in their order."""
    return [granted(answer, method) for answer in node.attempt_many(method, questions)]


def granted(answer: Any, method: str) -> Any:
    """An answer that is no refusal; raises `ChainUnavailable` with the node's words for one."""
    if isinstance(answer, Refusal):
        raise ChainUnavailable(answer.message, where=method)
    return answer

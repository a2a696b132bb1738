"""Two ways to a ledger with the same words: a service by its URL, or the home on this machine.

The home needs the node's libraries, so it is imported only where no URL is given.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from ledger.cli.output import lacking
from ledger.client import Client
from ledger.records.signing import SignedRecord


class Ledger(Protocol):
    """What `ledger.client.Client` and `ledger.cli.home_client.HomeClient` both offer."""

    def consortium(self) -> Mapping[str, Any]: ...

    def partners(self) -> Sequence[Mapping[str, Any]]: ...

    def enrolments(self) -> Sequence[Mapping[str, Any]]: ...

    def enrolment(self, document: str) -> Mapping[str, Any]: ...

    def enrol(self, document: str, signature: str) -> Mapping[str, Any]: ...

    def consent(self, document: str, signature: str) -> Mapping[str, Any]: ...

    def consent_status(self, consent: str) -> Mapping[str, Any]: ...

    def submit(self, signed: SignedRecord) -> Mapping[str, Any]: ...

    def submit_many(self, batch: Sequence[SignedRecord]) -> Sequence[Mapping[str, Any]]: ...

    def publish_product(self, record: str, text: bytes, picture: bytes) -> Mapping[str, Any]: ...


WAIT = 600
"""Seconds for which the home waits for the chain's outcome of what is handed in; a service answers at once."""


Tell = Callable[[int], object]
"""Called with the number of records for whose outcomes the home still waits."""


@contextmanager
def connected(url: str | None, wait: float = WAIT, tell: Tell = lambda _: None) -> Iterator[Ledger]:
    """The service at `url`, or without one the home that the settings name, which tells what it waits for."""
    if url:
        yield Client(url)
        return
    with _home_client().opened_home(wait, tell) as home:
        yield home


def partners_at(url: str | None) -> Sequence[Mapping[str, Any]]:
    """All partners; a home is only read, so it may be served meanwhile."""
    if url:
        return Client(url).partners()
    partners: Sequence[Mapping[str, Any]] = _home_client().partners_of_home()
    return partners


def consents_at(url: str | None, consent: str | None) -> Sequence[Mapping[str, Any]]:
    """One consent to forwarding, or all of a home, which is only read."""
    if url and consent:
        return [Client(url).consent_status(consent)]
    found: Sequence[Mapping[str, Any]] = _home_client().consents_of_home()
    return [one for one in found if consent is None or one["consent"] == consent]


def forward_home() -> Mapping[str, Any]:
    """Forward from the home of the settings what its partners consented to; it may be served meanwhile."""
    report: Mapping[str, Any] = _home_client().forward_from_home()
    return report


def _home_client() -> Any:
    try:
        return import_module("ledger.cli.home_client")
    except ModuleNotFoundError as error:
        raise lacking(error, "Name a service with --url, or install: ") from None

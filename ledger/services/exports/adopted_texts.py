"""The files that the council adopted, of those that are kept here, whatever they are about."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from ledger.bundle.whole.ledger import adopted_files
from ledger.common.ids import to_hex
from ledger.registry.history import RegistryView
from ledger.services.figures.access import KEPT_AS
from ledger.services.home import kept_rules
from ledger.store import meta
from ledger.store.database import Connection


def adopted_texts(connection: Connection, documents: Iterable[bytes]) -> Iterator[bytes]:
    """The texts of scorecards, gates, rules of markets and evidence with these SHA-256; those that were never kept here
    are missing.
    """
    for document in sorted(documents):
        if (text := kept_rules.text_of(connection, document)) is not None:
            yield text
        elif (evidence := meta.get(connection, f"{KEPT_AS}/{to_hex(document)}")) is not None:
            yield evidence.encode()


def adopted_at_hand(connection: Connection, view: RegistryView) -> tuple[bytes, ...]:
    """The SHA-256 of the adopted files that are kept here, ascending."""
    return tuple(sorted(sha256(text).digest() for text in adopted_texts(connection, adopted_files(view))))

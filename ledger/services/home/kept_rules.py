"""Files that the council adopts by their hash, kept here byte for byte: scorecards, gates, rules of markets."""

from collections.abc import Mapping

from ledger.common.ids import to_hex
from ledger.errors import NotFound
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import is_card
from ledger.store import meta
from ledger.store.database import Connection

_CARD, _OTHER = "card", "rules"


def keep(connection: Connection, document: bytes, text: bytes) -> None:
    """Keep `text` under `document`, its SHA-256. Who calls this has read it as a file of its kind."""
    meta.put_new(connection, f"{_CARD if is_card(text) else _OTHER}/{to_hex(document)}", text.decode())


def kept(connection: Connection, document: bytes) -> bytes:
    """The file with this SHA-256; raises `NotFound` where it was not kept here."""
    for kind in (_CARD, _OTHER):
        if (text := meta.get(connection, f"{kind}/{to_hex(document)}")) is not None:
            return text.encode()
    raise NotFound("an adopted file is not kept here", where="document", found=to_hex(document))


def kept_others(connection: Connection, view: RegistryView) -> Mapping[bytes, bytes]:
    """The adopted files that are no scorecards, of those that are kept here, by SHA-256."""
    names = {f"{_OTHER}/{to_hex(document)}": document for document, _ in view.adopted_rules()}
    texts = {names[name]: text.encode() for name, text in meta.get_many(connection, names).items()}
    return {document: text for document, text in texts.items() if not is_card(text)}

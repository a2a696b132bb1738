"""Files that the council adopts by their hash, kept here byte for byte: scorecards, gates, rules of markets.

One that was edited since counts as one that is not here: nobody is measured by what the council did not adopt.
"""

import hashlib
from collections.abc import Mapping

from ledger.common.ids import to_hex
from ledger.errors import Misconfigured, NotFound
from ledger.registry.adopted_files import F, FileKind, adopted_files
from ledger.registry.history import RegistryView
from ledger.scores.adopted_card import CARDS
from ledger.store import meta
from ledger.store.database import Connection

_CARD, _OTHER = "card", "rules"


def keep(connection: Connection, kind: FileKind[F], text: bytes) -> F:
    """Keep a file of this kind under its SHA-256. Raises `MalformedRecord` for a file that is none."""
    parsed = kind.parse(text)
    put(connection, parsed.hash, text)
    return parsed


def put(connection: Connection, document: bytes, text: bytes) -> None:
    """Keep a file of any kind under its SHA-256 `document`, as it was adopted: nobody parses it here."""
    meta.put_new(connection, f"{_CARD if CARDS.has(text) else _OTHER}/{to_hex(document)}", text.decode())


def text_of(connection: Connection, document: bytes) -> bytes | None:
    """The file of whatever kind with this SHA-256; None where it was not kept here."""
    texts = (meta.get(connection, f"{where}/{to_hex(document)}") for where in (_CARD, _OTHER))
    return next((text.encode() for text in texts if text is not None), None)


def kept(connection: Connection, kind: FileKind[F], document: bytes) -> bytes:
    """The file of this kind with this SHA-256; raises `NotFound` where it was not kept here."""
    for where in (_CARD, _OTHER):
        text = meta.get(connection, f"{where}/{to_hex(document)}")
        if text is not None and _is_whole(document, text) and kind.has(text.encode()):
            return text.encode()
    raise NotFound(
        f"no {kind.name} file with this hash is kept here",
        where="document",
        found=to_hex(document),
        mend=f"Keep it here, byte for byte: {kind.command} keep FILE",
    )


def kept_others(connection: Connection, view: RegistryView) -> Mapping[bytes, bytes]:
    """The adopted files that are no scorecards, of those that are kept here, by SHA-256."""
    names = {f"{_OTHER}/{to_hex(document)}": document for document, _ in view.adopted_rules()}
    if not names:
        return {}
    texts = {names[name]: text for name, text in meta.get_many(connection, names).items()}
    whole = {document: text.encode() for document, text in texts.items() if _is_whole(document, text)}
    return {document: text for document, text in whole.items() if not CARDS.has(text)}


def require_newest(connection: Connection, view: RegistryView, kind: FileKind[F]) -> None:
    """Raise `Misconfigured` where an adopted file that governs by now is not kept here and may be the newest of this
    kind: adopted to govern after the newest that is known; where none is, after all that are kept here.
    """
    begun = [adopted for adopted in adopted_files(view) if adopted.since <= view.time]
    names = {f"{where}/{to_hex(one.document)}": one.document for one in begun for where in (_CARD, _OTHER)}
    kept_here = meta.get_many(connection, names) if names else {}
    texts = {names[name]: text.encode() for name, text in kept_here.items() if _is_whole(names[name], text)}
    known = [one.since for one in begun if one.document in texts or one.document in CARDS.shipped]
    own = [one.since for one in begun if one.document in texts and kind.has(texts[one.document])]
    after = max(own or known, default=-1)
    for one in begun:
        if one.since > after and one.document not in texts and one.document not in CARDS.shipped:
            raise Misconfigured(
                f"the council adopted a file that is not kept here, and may be a {kind.name} file",
                where="document",
                expected=to_hex(one.document),
                mend=f"Keep it here, byte for byte: {kind.command} keep FILE, or as what else it is.",
            )


def _is_whole(document: bytes, text: str) -> bool:
    return hashlib.sha256(text.encode()).digest() == document

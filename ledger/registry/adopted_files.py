"""Files that the council adopts by their SHA-256 with *adopt rules*: scorecards, gates, rules of markets.

A file governs from the start that the council named, but never what has begun before the block that recorded its
adoption: so nobody changes the measure of what is under way. Of several the newest governs, and of those from the same
start the one adopted last. A file says of itself, by its `format`, of which kind it is; files of other kinds are passed
over.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from ledger.common.toml_file import MAX_SIZE, read_toml
from ledger.errors import MalformedRecord
from ledger.registry.history import RegistryView


class AdoptableFile(Protocol):
    """What every parsed file of these kinds has: `hash` is the SHA-256 of its bytes."""

    @property
    def title(self) -> str: ...

    @property
    def hash(self) -> bytes: ...


F = TypeVar("F", bound=AdoptableFile)


@dataclass(frozen=True, slots=True)
class FileKind(Generic[F]):
    """A kind of adopted files: `name` for people, `family`, how the format of every version of them begins, `command`,
    whose *check*, *keep* and *adopt* take them, `parse`, which raises `MalformedRecord` for one not well made,
    `shipped`, the SHA-256 of those that every home has, and `most`, the bytes that one may have.
    """

    name: str
    family: str
    command: str
    parse: Callable[[bytes], F]
    shipped: Collection[bytes] = ()
    most: int = MAX_SIZE

    def has(self, text: bytes) -> bool:
        """Whether a file says of itself that it is of this kind; one that does may still be a wrong one."""
        return _format_of(text, self.most).startswith(self.family)


@lru_cache(64)
def _format_of(text: bytes, most: int) -> str:
    """What a file says that it is; empty for what is no such file at all."""
    try:
        return str(read_toml(text, "file", most).get("format"))
    except MalformedRecord:
        return ""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A file that the council adopted. It governs what starts at `since` (seconds UTC) or later."""

    document: bytes
    since: int


def adopted_files(view: RegistryView) -> list[Adopted]:
    """Every adopted file, by when it starts to govern; the last of two that start together governs."""
    result = [Adopted(document, max(rules.start, rules.adopted_at + 1)) for document, rules in view.adopted_rules()]
    return sorted(result, key=lambda adopted: adopted.since)


def adopted_of(kind: FileKind[F], view: RegistryView, texts: Mapping[bytes, bytes]) -> Iterator[tuple[Adopted, bytes]]:
    """The adopted files of one kind among `texts` (files by SHA-256), in the order of `adopted_files`."""
    for adopted in adopted_files(view):
        text = texts.get(adopted.document)
        if text is not None and kind.has(text):
            yield adopted, text

"""Master data in the header of a document: what is told of places, classes of goods and other entries of vocabularies,
and how a query finds events by it (EPCIS 2.0, sections 8.2.7.1 `HASATTR_`, `EQATTR_`, and 9.5).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledger.formats.epcis.context import EPCIS_CONTEXT, full_name, namespaces
from ledger.formats.epcis.identifiers import canonical
from ledger.formats.epcis.index import LONGEST, Term
from ledger.formats.epcis.vocabulary import AT, BIZ_TRANSACTIONS, SOURCES

_STARTS = ("urn:epcglobal:epcis:vtype:", "https://ref.gs1.org/epcis/", "epcis:")
_OF_FIELD = {
    "readPoint": "ReadPoint", "bizLocation": "BusinessLocation", "bizStep": "BusinessStep",
    "disposition": "Disposition", "epcClass": "EPCClass", "inputEPCClass": "EPCClass", "outputEPCClass": "EPCClass",
    "bizTransaction": "BusinessTransaction", "source": "SourceDest", "destination": "SourceDest",
}  # fmt: skip
"""By the field of an event, or its beginning where types of it are told apart, the vocabulary of its values."""
VOCABULARIES = frozenset(_OF_FIELD.values())
_WORDS = {"BusinessStep": AT["", "bizStep"], "Disposition": AT["", "disposition"]}
_TYPED = "|".join(sorted(SOURCES.words | BIZ_TRANSACTIONS.words))
FIELD = (
    "readPoint|bizLocation|bizStep|disposition|epcClass|inputEPCClass|outputEPCClass"
    f"|(?:bizTransaction|source|destination)_(?:{_TYPED})"
)
"""What may stand behind `HASATTR_`."""
_ATTRIBUTE = re.compile(rf"({FIELD})_(.+:.+)")


@dataclass(frozen=True, slots=True)
class MasterData:
    """`vocabularies` as GS1's schema has them, with what their document's context declares."""

    vocabularies: Sequence[Mapping[str, Any]]
    declared: Mapping[str, str]

    def whole(self) -> dict[str, Any]:
        """With a context of its own, to be read without its document."""
        context: list[Any] = [EPCIS_CONTEXT, *([dict(self.declared)] if self.declared else [])]
        return {"@context": context, "vocabularyList": list(self.vocabularies)}

    def entries(self) -> set[tuple[str, str]]:
        """Vocabulary and identifier of each entry that something is told of."""
        return {(vocabulary, name) for vocabulary, name, _ in self._entries()}

    def terms(self) -> set[Term]:
        """What the entries are found by: a kind for each attribute, and for each value of it, with the identifier; and
        that of the vocabulary alone, by which what was told before is found."""
        found: set[Term] = {(start_of(vocabulary), name) for vocabulary, name in self.entries()}
        for vocabulary, name, told in self._entries():
            for attribute, value in told:
                found.add((has_kind(vocabulary, attribute), name))
                if isinstance(value, str | int | Decimal):
                    found.add((is_kind(vocabulary, attribute, str(value)), name))
        return found

    def _entries(self) -> Iterator[tuple[str, str, list[tuple[str, Any]]]]:
        for listed in self.vocabularies:
            vocabulary = _short(str(listed.get("type", "")))
            for entry in listed.get("vocabularyElementList", ()) if vocabulary in VOCABULARIES else ():
                told = [
                    (full_name(str(one["id"]), self.declared), one["attribute"])
                    for one in entry.get("attributes", ())
                    if one.get("attribute") is not None
                ]
                yield vocabulary, _name(vocabulary, str(entry["id"])), told


def master_data_of(document: Mapping[str, Any]) -> MasterData | None:
    """What the header of a right document tells; None where it tells nothing."""
    header = document.get("epcisHeader")
    data = header.get("epcisMasterData") if isinstance(header, Mapping) else None
    listed = data.get("vocabularyList") if isinstance(data, Mapping) else None
    return MasterData(listed, namespaces(document.get("@context"))) if listed else None


def vocabulary_of(field: str) -> str:
    """The vocabulary that a field's values are of; `field` as `FIELD` says."""
    return _OF_FIELD[field if field in _OF_FIELD else field.partition("_")[0]]


def field_and_attribute(text: str, declared: Mapping[str, str]) -> tuple[str, str] | None:
    """The two that `EQATTR_` names; None where they are none."""
    matched = _ATTRIBUTE.fullmatch(text)
    return (matched[1], full_name(matched[2], declared)) if matched else None


def has_kind(vocabulary: str, attribute: str) -> str:
    return _kind(vocabulary, attribute)


def is_kind(vocabulary: str, attribute: str, value: str) -> str:
    return _kind(vocabulary, attribute, canonical(value))


def start_of(vocabulary: str) -> str:
    """How all kinds of terms about a vocabulary begin."""
    return f"master data/{vocabulary}/"


def _kind(vocabulary: str, *parts: str) -> str:
    """Names and values may be longer than a kind is: their digest is none of anything else."""
    return start_of(vocabulary) + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _short(kind: str) -> str:
    return next((kind.removeprefix(start) for start in _STARTS if kind.startswith(start)), kind)


def _name(vocabulary: str, text: str) -> str:
    words = _WORDS.get(vocabulary)
    return (canonical(text) if words is None else words.expanded(text))[:LONGEST]

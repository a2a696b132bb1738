"""What a document's `@context` says: the namespaces of extension fields, which are compared by their full names.

No context is fetched. GS1's own terms are known here; of any other context file only the address is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.formats.epcis.vocabulary import CBV, GS1_VOCABULARY

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EPCIS_CONTEXTS = (
    EPCIS_CONTEXT,
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
)
STANDARD: Mapping[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": GS1_VOCABULARY,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}


def namespaces(*contexts: Any) -> dict[str, str]:
    """The prefixes that these contexts declare, later ones over earlier ones; GS1's own are not among them."""
    found: dict[str, str] = {}
    for context in contexts:
        for entry in _entries(context):
            for prefix, value in entry.items():
                space = value.get("@id") if isinstance(value, dict) else value
                if isinstance(space, str) and not prefix.startswith("@"):
                    found[prefix] = space
    return found


def _entries(context: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(context, Mapping):
        yield context
    elif isinstance(context, list):
        for entry in context:
            yield from _entries(entry)


def full_name(name: str, declared: Mapping[str, str]) -> str:
    """The whole name of an extension field: namespace and local name in one; without a known prefix as it is."""
    prefix, colon, local = name.partition(":")
    if not colon or local.startswith("//"):
        return name
    space = declared.get(prefix) or STANDARD.get(prefix)
    return name if space is None else space + local

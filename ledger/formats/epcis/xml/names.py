"""Names of EPCIS XML: its namespaces, and which members of JSON can be elements or attributes of theirs.

A member whose name XML cannot hold, such as a whole address, becomes ``<lading-xml:member name="…">`` and is read back
from it.
"""

import re
from collections.abc import Mapping
from typing import Any

from ledger.formats.epcis.context import STANDARD

EPCIS = ("urn:epcglobal:epcis:xsd:2", "urn:epcglobal:epcis:xsd:1")
QUERY = ("urn:epcglobal:epcis-query:xsd:2", "urn:epcglobal:epcis-query:xsd:1")
MASTER_DATA = ("urn:epcglobal:epcis-masterdata:xsd:2", "urn:epcglobal:epcis-masterdata:xsd:1")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
OWN = "urn:lading:xml:"
"""Of what no namespace of the standard has room for."""
MEMBER = f"{{{OWN}}}member"
FORMAL = frozenset({
    *EPCIS, *QUERY, *MASTER_DATA, XSI, XSD, OWN, "urn:epcglobal:xsd:2", "urn:epcglobal:xsd:1",
    "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader", "http://www.w3.org/2000/xmlns/",
    "http://www.w3.org/XML/1998/namespace",
})  # fmt: skip
"""Namespaces of documents as such, in which no extension is."""
MOST_NAMESPACES = 50
_PREFIX = re.compile(r"(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9._-]*")
_LOCAL = re.compile(r"[^\W\d][\w.-]*")
_SPACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]*")
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def carried(declared: Mapping[str, str]) -> dict[str, str]:
    """Those of these prefixes that XML can declare, with the same meaning."""
    return {
        prefix: space
        for prefix, space in declared.items()
        if _PREFIX.fullmatch(prefix) and _is_space(space) and STANDARD.get(prefix, space) == space
    }


def in_scope(bound: Mapping[str | None, str]) -> dict[str, str]:
    """The prefixes for extensions among these of XML. GS1's own stay GS1's: no context may give them another meaning,
    as documents in XML do (``xmlns:cbvmda="urn:epcglobal:cbv:mda"``)."""
    return {p: space for p, space in bound.items() if p is not None and p not in STANDARD and space not in FORMAL}


def qualified(name: str, declared: Mapping[str, str]) -> str:
    """A member's name as lxml writes names; "" where XML cannot hold it."""
    prefix, colon, local = name.partition(":")
    if not colon:
        return name if _LOCAL.fullmatch(name) else ""
    space = declared.get(prefix) or STANDARD.get(prefix, "")
    fits = _PREFIX.fullmatch(prefix) and _is_space(space) and _LOCAL.fullmatch(local)
    return f"{{{space}}}{local}" if fits else ""


def unfit(value: Any) -> str:
    """The first text in `value`, names included, with a character that no XML holds; "" where all fit."""
    if isinstance(value, Mapping):
        return next((found for pair in value.items() for one in pair if (found := unfit(one))), "")
    if isinstance(value, list):
        return next((found for one in value if (found := unfit(one))), "")
    return value if isinstance(value, str) and _FORBIDDEN.search(value) else ""


def fitted(value: Any) -> Any:
    """`value` with the replacement character for each character that no XML holds."""
    if isinstance(value, dict):
        return {name: fitted(one) for name, one in value.items()}
    if isinstance(value, list):
        return [fitted(one) for one in value]
    return _FORBIDDEN.sub("\ufffd", value) if isinstance(value, str) else value


def _is_space(space: str) -> bool:
    return space not in FORMAL and _SPACE.fullmatch(space) is not None

"""XML of strangers, read without entities, documents from elsewhere or endless depth; and UBL's namespaces."""

from collections.abc import Mapping

from lxml import etree

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import MAX_DOCUMENT

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NAMESPACES = {"cbc": CBC, "cac": CAC}
UBL = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"


def read_xml(data: bytes) -> etree._Element:
    """The root of a document of at most `MAX_DOCUMENT` bytes, without comments; raises `MalformedRecord` for what is no
    XML.

    A document type declaration is refused: it is what entities come from, and no business document has one.
    """
    if len(data) > MAX_DOCUMENT:
        raise MalformedRecord("too large", where="document", expected=f"at most {MAX_DOCUMENT} bytes", found=len(data))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        found = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedRecord("not XML", where="document", found=str(error)[:160]) from None
    if found.getroottree().docinfo.internalDTD is not None:
        raise MalformedRecord("a document type declaration", where="document", expected="XML without one")
    return found


def read_ubl(data: bytes, root: str) -> etree._Element:
    """The document of this name, such as `DespatchAdvice`; raises `MalformedRecord` for anything else."""
    found = read_xml(data)
    expected = f"{{{UBL.format(root)}}}{root}"
    if found.tag != expected:
        raise MalformedRecord("another document", where="document", expected=expected, found=str(found.tag)[:120])
    return found


def text_at(element: etree._Element, path: str, namespaces: Mapping[str, str] = NAMESPACES) -> str:
    """The text of the first element at the path, without spaces around it; empty where there is none."""
    found = element.find(path, dict(namespaces))
    return "" if found is None or found.text is None else " ".join(found.text.split())


def is_there(element: etree._Element, *paths: str) -> bool:
    """Whether there is an element at one of the paths."""
    return any(element.find(path, NAMESPACES) is not None for path in paths)


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname


def document(root: str) -> etree._Element:
    namespace = UBL.format(root)
    return etree.Element(f"{{{namespace}}}{root}", nsmap={"ubl": namespace, "cac": CAC, "cbc": CBC})


def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """A child such as `cbc:ID`, in the order in which it is asked for; nothing may be empty (PEPPOL-COMMON-R001)."""
    prefix, _, local = name.partition(":")
    element = etree.SubElement(parent, f"{{{NAMESPACES[prefix]}}}{local}", attributes)
    try:
        element.text = text or None
    except ValueError:
        raise MalformedRecord("a character that XML does not have", where=local, found=repr(text)[:60]) from None
    return element


def printed(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

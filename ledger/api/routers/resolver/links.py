"""Which links there are of a trade item, a load, a place or a party: every one leads to this service, known or not.

Whether anything is known of a code is said by what a link leads to, and only as far as its reader may know: the links
are the same for every code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from ledger.api.pages.languages.choice import PARAMETER
from ledger.api.pages.languages.language import LANGUAGES
from ledger.errors import NotFound
from ledger.formats.gs1 import digital_link
from ledger.formats.gs1.digital_link import CANONICAL_STEM
from ledger.formats.gs1.elements import Elements
from ledger.formats.gs1.linkset import (
    CONTEXT,
    DEFAULT,
    EPCIS,
    PIP,
    REGISTRY,
    TRACEABILITY,
    VERIFICATION,
    VOCABULARY,
    Level,
    Link,
    walk_up,
)
from ledger.formats.gs1.scanned import product_of

JSON, HTML = "application/json", "text/html"
PAGES = {"01": PIP, "8006": PIP, "00": TRACEABILITY, "414": REGISTRY, "417": REGISTRY}
"""The keys that are answered, each with what the page is that its default link leads to."""
TITLES = {
    DEFAULT: "What this ledger tells you",
    PIP: "What this ledger says of the product",
    VERIFICATION: "Verdict on the code",
    TRACEABILITY: "Signed records and proofs",
    REGISTRY: "Partner of this number",
    EPCIS: "EPCIS events that you may see",
}
_WORDS = {
    "00": "SSCC", "01": "GTIN", "10": "lot", "21": "serial", "22": "variant", "235": "third party's serial",
    "254": "extension", "414": "GLN of a place", "417": "GLN of a party", "7040": "economic operator", "8006": "piece",
}  # fmt: skip


def levels_of(elements: Elements, root: str) -> list[Level]:
    """The links of what a Digital Link names, and those of less granularity. `root`: the public address of this
    service. Raises `NotFound` for a key that another resolver has links of."""
    key = elements.items[0].ai
    if key not in PAGES:
        raise NotFound(
            "no links of this key here", where="path", expected=", ".join(PAGES), found=elements.bracketed()[:80]
        )
    whole, _ = digital_link.path_and_query(elements)
    _, *above = walk_up(whole)
    read = ((path, digital_link.parse(f"{CANONICAL_STEM}/{path}")) for path in above)
    return [_level(path, named, root) for path, named in ((whole, elements), *read)]


def description(root: str) -> dict[str, object]:
    """The resolver description file (GS1-Conformant Resolver Standard, section 6)."""
    return {
        "name": "Lading",
        "resolverRoot": root,
        "supportedPrimaryKeys": list(PAGES),
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "activeLinkTypes": {"en": {f"gs1:{kind}": {"title": title} for kind, title in TITLES.items()}},
        "jsonLdContextLocation": CONTEXT,
        "supportsLanguageVariants": True,
        "supportsSemanticInterpretation": False,
        "validatesAIcombinations": False,
        "linkTypeDefaultCanBeLinkset": False,
        "contact": {"fn": "Lading", "hasURL": root},
    }


@dataclass(frozen=True, slots=True)
class _Page:
    """`kind`: what it is; `href` and `title` of it in the reader's own language."""

    kind: str
    href: str
    title: str

    def links(self) -> Iterator[Link]:
        """As default, as what it is, and as that in each language."""
        yield Link(DEFAULT, self.href, self.title)
        yield Link(self.kind, self.href, self.title, HTML)
        for tag, name in LANGUAGES.items():
            href = f"{self.href}{'&' if '?' in self.href else '?'}{PARAMETER}={quote(tag)}"
            yield Link(self.kind, href, f"{self.title} ({name})", HTML, tag)


def _level(path: str, elements: Elements, root: str) -> Level:
    """`elements`: those of the path, and the attributes that are said with it."""
    links = _of_product(elements, root) if PAGES[elements.items[0].ai] == PIP else _of_number(elements, path, root)
    words = ", ".join(f"{_WORDS[one.ai]} {one.value}" for one in elements.items[: (path.count("/") + 1) // 2])
    return Level(f"{root}/{path}", words, tuple(links))


def _of_product(elements: Elements, root: str) -> Iterator[Link]:
    path = product_of(elements).path()
    yield from _Page(PIP, f"{root}/p/{path}", TITLES[PIP]).links()
    yield Link(VERIFICATION, f"{root}/v1/products/{path}", TITLES[VERIFICATION], JSON)
    yield Link(TRACEABILITY, f"{root}/v1/products/bundle/{path}", TITLES[TRACEABILITY], JSON)


def _of_number(elements: Elements, path: str, root: str) -> Iterator[Link]:
    """What is asked for by its number: each reader finds what it may see, the public a partner by its GLN alone."""
    key = elements.items[0]
    kind, sought = PAGES[key.ai], quote(f"({key.ai}){key.value}")
    yield from _Page(kind, f"{root}/search?q={sought}", TITLES[kind]).links()
    yield Link(VERIFICATION, f"{root}/v1/search?q={sought}", TITLES[VERIFICATION], JSON, forwards=False)
    if key.ai in _EVENTS:
        name = quote(f"{CANONICAL_STEM}/{path}", safe="")
        yield Link(EPCIS, f"{root}/epcis/{_EVENTS[key.ai]}/{name}/events", TITLES[EPCIS], JSON, forwards=False)


_EVENTS = {"00": "epcs", "414": "readPoints"}
"""Under which resource of EPCIS events of a key are asked for."""

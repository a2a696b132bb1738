"""Which links there are of a trade item, a lot or an item: every one leads to this service, known goods or not.

Whether anything is known of a code is said by what a link leads to, not by the links: they are the same for every code.
"""

from urllib.parse import quote

from ledger.api.pages.languages.choice import PARAMETER
from ledger.api.pages.languages.language import LANGUAGES
from ledger.common.gs1 import Product, parse_product
from ledger.formats.gs1.linkset import DEFAULT, PIP, TRACEABILITY, VERIFICATION, VOCABULARY, Level, Link, walk_up

JSON, HTML = "application/json", "text/html"
KEYS = ("01",)


def levels_of(product: Product, root: str) -> list[Level]:
    """The product's links, and those of its lot and GTIN. `root`: the public address of this service."""
    return [_level(path, root) for path in walk_up(product.path())]


def description(root: str) -> dict[str, object]:
    """The resolver description file (GS1-Conformant Resolver Standard, section 6)."""
    return {
        "name": "Lading",
        "resolverRoot": root,
        "supportedPrimaryKeys": list(KEYS),
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "activeLinkTypes": {"en": {f"gs1:{kind}": {"title": title} for kind, title in _TITLES.items()}},
        "supportsLanguageVariants": True,
        "supportsSemanticInterpretation": False,
        "validatesAIcombinations": False,
        "linkTypeDefaultCanBeLinkset": False,
        "contact": {"fn": "Lading", "hasURL": root},
    }


_TITLES = {
    DEFAULT: "What this ledger says of the product",
    PIP: "What this ledger says of the product",
    VERIFICATION: "Verdict on the code",
    TRACEABILITY: "Signed records and proofs of the product",
}


def _level(path: str, root: str) -> Level:
    page = f"{root}/p/{path}"
    links = (
        Link(DEFAULT, page, _TITLES[DEFAULT]),
        Link(PIP, page, _TITLES[PIP], HTML),
        *(Link(PIP, f"{page}?{PARAMETER}={quote(tag)}", f"{_TITLES[PIP]} ({name})", HTML, tag)
          for tag, name in LANGUAGES.items()),
        Link(VERIFICATION, f"{root}/v1/products/{path}", _TITLES[VERIFICATION], JSON),
        Link(TRACEABILITY, f"{root}/v1/products/bundle/{path}", _TITLES[TRACEABILITY], JSON),
    )  # fmt: skip
    return Level(f"{root}/{path}", _in_words(parse_product(path)), links)


def _in_words(product: Product) -> str:
    parts = (("GTIN", product.gtin), ("variant", product.variant), ("lot", product.lot), ("serial", product.serial))
    return ", ".join(f"{name} {value}" for name, value in parts if value)

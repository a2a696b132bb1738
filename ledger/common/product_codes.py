"""What people type or scan to ask about a product, in any of the usual spellings."""

import re
from dataclasses import replace

from ledger.common.gs1 import Product, gtin14, product_of_link
from ledger.errors import MalformedRecord

MOST = 2048
_BRACKETED = re.compile(r"\((\d{2})\)([^(]+)")
_QUALIFIERS = {"22": "variant", "10": "lot", "21": "serial"}


def product_of_code(code: str) -> Product:
    """The product that `code` names: a GS1 Digital Link or its path, `(01)…(10)…(21)…`, or the digits of a GTIN.

    Raises `MalformedRecord` for anything else.
    """
    text = code.strip()
    if not text or len(text) > MOST:
        raise MalformedRecord("no code", where="code", expected="a link, or the digits under the barcode")
    digits = re.sub(r"[\s-]", "", text)
    if digits.isascii() and digits.isdigit():
        return Product(gtin14(digits, "code"))
    if text.startswith("("):
        return _of_brackets(text)
    return product_of_link(text, "code")


def completed(product: Product, **parts: str) -> Product:
    """`product` with what it left open, as somebody read it on the package; raises `MalformedRecord`.

    What the code itself says stands.
    """
    told = {name: text.strip() for name, text in parts.items() if text.strip() and not getattr(product, name)}
    return product_of_link(replace(product, **told).path(), "code")  # which refuses what a lot or serial cannot be


def _of_brackets(text: str) -> Product:
    parts = dict(_BRACKETED.findall(text))
    if "01" not in parts:
        raise MalformedRecord("no GTIN in this code", where="code", expected="(01) and 14 digits", found=text[:80])
    values = {name: parts[key].strip() for key, name in _QUALIFIERS.items() if key in parts}
    product = Product(gtin14(parts["01"].strip(), "code"), **values)
    return product_of_link(product.path(), "code")  # which refuses what a lot or serial cannot be

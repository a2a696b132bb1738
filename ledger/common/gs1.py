"""GS1 identification: check digits, company prefixes, Digital Link paths, and the lots of a recall.

Subjects of attestations and recalls are GS1 Digital Link paths without the leading slash, with a GTIN of 14 digits:
``01/09506000134352/10/LOT/21/SERIAL``. Every function accepts only what it would print; what a consumer's phone
scanned is read by `ledger.formats.gs1`.

Sources: GS1 General Specifications, section 7.9 (check digits) and figure 7.11-1 (character set 82); GS1 Digital Link
Standard: URI Syntax, section 4 (grammar, percent-encoding of values).
"""

import re
from dataclasses import dataclass, replace

from ledger.codes import Role
from ledger.common.canonical import canonical_json, parse_json
from ledger.common.gs1_keys import check_gtin
from ledger.common.scopes import scope_fits, scope_text
from ledger.errors import MalformedRecord

MAX_QUALIFIER = 20
"""Most characters of a lot, serial or variant (General Specifications, sections 3.3.1, 3.3.3 and 3.5.1)."""
MAX_LOTS_TEXT = 4096

_CHARACTER_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_QUALIFIERS = (("22", "variant"), ("10", "lot"), ("21", "serial"))  # in the order of the standard's grammar


def gtin14(text: str, where: str = "gtin") -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits. Raises `MalformedRecord` for anything else."""
    if len(text) not in (8, 12, 13, 14):
        raise MalformedRecord("not a GTIN", where=where, expected="8, 12, 13 or 14 digits", found=text[:40])
    padded = text.rjust(14, "0")
    check_gtin(padded, where)
    return padded


def has_prefix(gtin: str, prefix: str) -> bool:
    """Whether the company with this GS1 prefix assigned the GTIN (14 digits). The indicator digit does not count."""
    return gtin[1:].startswith(prefix)


def prefix_of_scope(scope: bytes) -> str:
    """The GS1 company prefix in the scope of a brand's role; raises `MalformedRecord` for other bytes."""
    if len(scope) != 32 or not scope_fits(Role.BRAND, scope):
        raise MalformedRecord("not the scope of a brand", where="scope", expected="32 bytes", found=scope.hex())
    return scope_text(Role.BRAND, scope)


@dataclass(frozen=True, slots=True)
class Product:
    """A GTIN (14 digits), or one lot, variant or item of it; the empty text means all of them."""

    gtin: str
    lot: str = ""
    serial: str = ""
    variant: str = ""

    def path(self) -> str:
        """The GS1 Digital Link path without leading slash; the `subject` of attestations and recalls."""
        parts = [f"01/{self.gtin}"]
        parts += [f"{key}/{_encoded(getattr(self, name))}" for key, name in _QUALIFIERS if getattr(self, name)]
        return "/".join(parts)

    def covers(self, other: "Product") -> bool:
        """Whether what is said of this product is said of `other` too: the same, or a lot or item of it."""
        if self.gtin != other.gtin:
            return False
        return all(getattr(self, name) in ("", getattr(other, name)) for _, name in _QUALIFIERS)

    def generalised(self) -> tuple["Product", ...]:
        """Every product whose `covers` holds for this one, the most special first, itself included, each once."""
        result: dict[Product, None] = {}
        for serial in (self.serial, ""):
            for lot in (self.lot, ""):
                for variant in (self.variant, ""):
                    result[replace(self, serial=serial, lot=lot, variant=variant)] = None
        return tuple(result)


def parse_product(path: str, where: str = "subject") -> Product:
    """The product that a path names. Raises `MalformedRecord` for any spelling that `Product.path` would not print."""
    parts = path.split("/")
    if len(parts) < 2 or len(parts) % 2 or parts[0] != "01":
        raise MalformedRecord(
            "not a GS1 Digital Link path of a product",
            where=where,
            expected="01/<GTIN-14>/…",
            found=path[:80],
            mend="A slash within a value is written %2F.",
        )
    check_gtin(parts[1], where)
    product = _with_qualifiers(Product(parts[1]), parts[2:], path, where)
    if product.path() != path:
        raise MalformedRecord("not the canonical spelling", where=where, expected=product.path()[:80], found=path[:80])
    return product


def recalled_product(subject: str) -> Product | None:
    """What a recall that nobody checked is about; None where that is no GTIN.

    The whole GTIN where the rest cannot be read: nobody can tell which goods are meant, and that is the safe way.
    """
    try:
        return parse_product(subject)
    except MalformedRecord:
        pass
    key, _, rest = subject.partition("/")
    gtin = rest.partition("/")[0]
    try:
        check_gtin(gtin, "subject")
    except MalformedRecord:
        return None
    return Product(gtin) if key == "01" else None


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of a recall."""

    lot: str


@dataclass(frozen=True, slots=True)
class SerialRange:
    """Serials from `first` to `last`, both included, compared as ASCII text among those of the same length."""

    first: str
    last: str

    def holds(self, serial: str) -> bool:
        return len(serial) == len(self.first) and self.first <= serial <= self.last


def parse_lots(text: str, where: str = "lots") -> tuple[Lot | SerialRange, ...]:
    """The lots and serial ranges of a recall: an RFC 8785 array of ``{lot}`` or ``{from, to}``.

    Empty, for the empty text and ``[]``, means everything that the subject covers. Raises `MalformedRecord`.
    """
    if not text:
        return ()
    entries = parse_json(text.encode(), max_size=MAX_LOTS_TEXT, where=where)
    if not isinstance(entries, list):
        raise MalformedRecord("not a list", where=where, expected="an array of {lot} or {from, to}", found=text[:80])
    parsed = tuple(_lot_entry(entry, f"{where}[{i}]") for i, entry in enumerate(entries))
    if print_lots(parsed) != text and entries:
        raise MalformedRecord("not canonical JSON (RFC 8785)", where=where, expected=print_lots(parsed)[:80])
    return parsed


def recalled_lots(text: str) -> tuple[Lot | SerialRange, ...]:
    """The lots and serials of a recall that nobody checked: all, as for the empty text, where they cannot be read."""
    try:
        return parse_lots(text)
    except MalformedRecord:
        return ()


def print_lots(lots: tuple[Lot | SerialRange, ...]) -> str:
    """The text of a recall's `lots`; empty when there are none."""
    entries = [{"lot": e.lot} if isinstance(e, Lot) else {"from": e.first, "to": e.last} for e in lots]
    return canonical_json(entries).decode() if entries else ""


def recall_covers(subject: Product, lots: tuple[Lot | SerialRange, ...], product: Product) -> bool | None:
    """Whether a recall of `subject`, narrowed to `lots`, takes in `product`; None where that cannot be told.

    It cannot be told when the recall is about lots or serials that `product` does not give (a scan of the GTIN alone).
    """
    if subject.gtin != product.gtin:
        return False
    unsure = False
    for _, name in _QUALIFIERS:
        wanted, given = getattr(subject, name), getattr(product, name)
        if wanted and given and wanted != given:
            return False
        unsure = unsure or bool(wanted and not given)
    if lots and not unsure:
        answers = [_entry_covers(entry, product) for entry in lots]
        return True if True in answers else None if None in answers else False
    if lots and all(_entry_covers(entry, product) is False for entry in lots):
        return False
    return None if unsure else True


def _entry_covers(entry: Lot | SerialRange, product: Product) -> bool | None:
    if isinstance(entry, Lot):
        return entry.lot == product.lot if product.lot else None
    return entry.holds(product.serial) if product.serial else None


def _lot_entry(entry: object, where: str) -> Lot | SerialRange:
    if isinstance(entry, dict) and all(isinstance(v, str) and _CHARACTER_SET_82.fullmatch(v) for v in entry.values()):
        if set(entry) == {"lot"}:
            return Lot(entry["lot"])
        if set(entry) == {"from", "to"} and len(entry["from"]) == len(entry["to"]) and entry["from"] <= entry["to"]:
            return SerialRange(entry["from"], entry["to"])
    raise MalformedRecord(
        "neither a lot nor a range of serials",
        where=where,
        expected="{lot} or {from, to} of equal length, ascending, in GS1 character set 82",
        found=str(entry)[:80],
    )


def _with_qualifiers(product: Product, segments: list[str], path: str, where: str) -> Product:
    names = dict(_QUALIFIERS)
    order = [key for key, _ in _QUALIFIERS]
    last = -1
    for key, value in zip(segments[::2], segments[1::2], strict=True):
        if key not in names or order.index(key) <= last:
            raise MalformedRecord(
                "unknown, repeated or misplaced key", where=where, expected="22, 10, 21 in this order", found=path[:80]
            )
        last = order.index(key)
        plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)
        if not _CHARACTER_SET_82.fullmatch(plain):
            raise MalformedRecord(
                f"not a value of key {key}",
                where=where,
                expected=f"1 to {MAX_QUALIFIER} characters of GS1 set 82",
                found=plain[:40],
            )
        product = replace(product, **{names[key]: plain})
    return product


def _encoded(value: str) -> str:
    return "".join(c if c in _UNRESERVED else f"%{ord(c):02X}" for c in value)

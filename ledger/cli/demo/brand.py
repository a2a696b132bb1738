"""What the demo's brand says of its formula in five languages, with a picture of the tin that is drawn here."""

import hashlib
import struct
import zlib

from ledger.cli.demo.cast import GTIN, MAKER, PRODUCT
from ledger.cli.demo.play import Play
from ledger.products.description import Description, Picture, description_text

BRAND = "Southern Pastures"
NAMES = {
    "en": "Infant formula, stage 1",
    "zh-CN": "婴儿配方奶粉 1 段",
    "es": "Leche infantil, etapa 1",
    "fr": "Lait infantile, 1er âge",
    "de": "Säuglingsnahrung, Stufe 1",
}
DESCRIPTIONS = {
    "en": "From birth to six months. Tin of 800 g, made in Waikato, New Zealand.",
    "zh-CN": "适用于 0 至 6 个月婴儿。800 克罐装，新西兰怀卡托生产。",
    "es": "Desde el nacimiento hasta los seis meses. Lata de 800 g, hecha en Waikato, Nueva Zelanda.",
    "fr": "De la naissance à six mois. Boîte de 800 g, produite à Waikato, Nouvelle-Zélande.",
    "de": "Von der Geburt bis zum sechsten Monat. Dose mit 800 g, hergestellt in Waikato, Neuseeland.",
}
WIDTH, HEIGHT = 120, 150
GROUND, LID, METAL, LABEL, HILLS, SUN = range(6)
COLOURS = bytes.fromhex("ffffff 8a96a3 d5dbe1 f4f1e4 3f8f5a e9b949")


def _colour(x: int, y: int) -> int:
    """Of one point: a lid, a tin, and on its label hills below a sun."""
    if 26 <= x < 94 and 8 <= y < 20:
        return LID
    if not (20 <= x < 100 and 20 <= y < 142):
        return GROUND
    if y < 28 or y >= 134:
        return METAL
    if (x - 78) ** 2 + (y - 56) ** 2 < 144:
        return SUN
    first, second = 100 - (400 - (x - 40) ** 2) // 22, 108 - (900 - (x - 86) ** 2) // 34
    return HILLS if 60 <= min(first, second) <= y < 122 else LABEL


def picture() -> bytes:
    """A PNG of the tin, six colours, below one kB."""
    rows = b"".join(b"\0" + bytes(_colour(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"PLTE", COLOURS), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def describe(play: Play) -> None:
    """The maker signs it, about its formula in all lots, and brings text and picture."""
    text, drawn = packaging()
    document = hashlib.sha256(text).digest()
    attestation = play.scribe.attestation(MAKER, PRODUCT, f"01/{GTIN}", document=document)
    record_id = play.sign("the maker says what its formula is called and looks like", attestation, MAKER)
    play.trial.node.reader.products.keep_description(record_id, text, drawn)


def packaging() -> tuple[bytes, bytes]:
    """The text that the brand's attestation commits to, and the picture that the text names."""
    drawn = picture()
    shown = Picture(hashlib.sha256(drawn).digest(), "image/png")
    return description_text(Description(GTIN, BRAND, NAMES, DESCRIPTIONS, shown)), drawn

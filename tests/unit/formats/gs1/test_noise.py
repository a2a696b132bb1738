"""Whatever comes is read or refused with a reason: nothing else ever leaves a reader."""

import random
from collections.abc import Callable

import pytest

from ledger.errors import MalformedRecord
from ledger.formats.gs1 import compression, digital_link, element_string, scanned

SEEDS = (
    "https://example.org/01/09506000134352/22/V/10/A%2FB/21/S?17=261231&3103=000195&99=a+b&x=y#top",
    "https://example.org/gtin/9506000134352/lot/L",
    "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K?4300=%25C3%25A9&4309=02790858483015297971",
    "https://id.gs1.org/8003/09506000111117X?8007=GB82WEST12345698765432&7007=260101260102&8001=12341234512311",
    "https://id.gs1.org/AQnYUc1gmiCNV4JGQhcNT6K6cibQCWN9Pee9tT-PQ",
    "https://id.gs1.org/01/05412345000013/EGRNoBLG",
    "]d2010950600013435217261231\x1d10L\x1d8008261231235959",
    "(01)09506000134352(10)A\\(1)B(240)1AB-(7251)202612312359",
    "0106141412345678908",
    "https://a/417/9506000111117/7040/1AB-",
    "^8006095060001343520102^21S^250T",
)
READERS: tuple[Callable[[str], object], ...] = (
    digital_link.parse,
    compression.parse,
    element_string.parse,
    scanned.parse,
    scanned.product_of_code,
)
LETTERS = "0123456789abcXYZ/()\\^\x1d\x00%?&=#+-_.:]é２ "


@pytest.mark.parametrize("seed", range(4))
def test_nothing_but_a_refusal(seed: int) -> None:
    rng, refused, read = random.Random(seed), 0, 0
    for _ in range(1500):
        text = list(rng.choice(SEEDS))
        for _ in range(rng.choice((0, 1, 1, 2, 5))):
            at = rng.randrange(len(text) + 1)
            text[at : at + rng.randrange(3)] = rng.choices(LETTERS, k=rng.randrange(3))
        for reader in READERS:
            try:
                reader("".join(text))
                read += 1
            except MalformedRecord as error:
                refused += bool(error.what and error.where)
    assert refused + read == 1500 * len(READERS)
    assert min(read, refused) > 300


def test_what_was_read_is_read_again_from_each_of_its_spellings() -> None:
    for seed in SEEDS:
        try:
            found = scanned.parse(seed)
        except MalformedRecord:
            continue
        assert element_string.parse(found.bracketed()) == found
        assert element_string.parse(str(found)) == found
        assert set(scanned.parse(digital_link.uri_of(found))) == set(found)

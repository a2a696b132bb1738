"""Compressed links: what other implementations made, and what we make."""

import random

import pytest

from ledger.errors import MalformedRecord
from ledger.formats.gs1 import compression, digital_link, element_string
from ledger.formats.gs1.bits import ALPHABET, Bits, BitWriter, bits_for_digits
from ledger.formats.gs1.elements import Element, Elements

OTHERS = {  # as the examples and tests of GS1's toolkit and of its ports in Python and C# have them
    "ARHKVAdpQg": "(01)09780345418913",
    "AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1": "(01)05412345000013(10)ABC&+123(7003)1903061658",
    "ABeRcNWtKMPA": "(00)106141412345678908",
    "AN2yxDhfaiaw": "(00)998440410914660971",
    "QUCO_anbfA": "(414)0614141123452",
    "QVSaVjC_dA": "(415)5060917510004",
    "JAaasHt_dNNt4ADESMALumsUfMAm34": "(8003)09421012301014f9804dbf(240)qwe390023",
    "AREjalurbiAUO-cgohCz45Z67b8A": "(01)09421902960055(10)2010005828(21)xyz1234",
    "AQEd-1O2-GIGAD6A": "(01)00614141123452(3103)000500",
    "AQnYUc1gmiCNV4JGQhcNT6K6cibQCWN9Pee9tT-PQ": "(01)05412345000013(22)AJY3095721P49(10)ABC123(21)72292641703",
    "AQnYUc1gmkax7ipGrOHDPC5YNI8hMz": "(01)05412345000013(235)8TFV883a904GH&3",
    "gASXYNWjFkzaNWbdk5YQWjFNHkcODNm": "(8004)0541234537290A41&GHpp33",
    "gBe1ajAd9ATDmAGXPRfk": "(8017)817019610850151481(8019)4003812",
    "gBCVYNWjFkzaNWbdk5YQWjFHHkM2cAI0xdvpGo": "(8010)0541234537290A41#GH33(8011)6639047221",
}


@pytest.mark.parametrize("segment", OTHERS)
def test_what_others_compressed(segment: str) -> None:
    assert compression.parse(f"https://id.gs1.org/{segment}").bracketed() == OTHERS[segment]


@pytest.mark.parametrize("text", OTHERS.values())
def test_what_we_compress_says_the_same_and_is_no_longer(text: str) -> None:
    elements = element_string.parse(text)
    link = compression.compressed(elements, "https://a")
    assert sorted(map(str, compression.parse(link))) == sorted(map(str, elements))
    longest = min(len(segment) for segment, said in OTHERS.items() if said == text)
    assert len(link) - len("https://a/") <= longest


def test_the_key_may_stand_outside_and_parameters_of_ones_own_go_along() -> None:
    segment = compression.compressed(element_string.parse("(01)05412345000013(10)ABC"), "https://a").removeprefix(
        "https://a/"
    )
    own = f"https://a/stem/{segment}?x=1#top"
    assert compression.decompressed(own) == "https://a/stem/01/05412345000013/10/ABC?x=1"
    writer = BitWriter()
    for value, width in ((0x10, 8), (4, 3), (3, 5), (ord("A"), 7), (ord("/"), 7), (ord("B"), 7)):
        writer.put(value, width)
    assert (
        compression.decompressed(f"https://a/01/05412345000013/{writer.text()}")
        == "https://a/01/05412345000013/10/A%2FB"
    )


@pytest.mark.parametrize("order", [("10", "21", "17"), ("10", "17", "21")])
def test_both_orders_of_a_disputed_code_are_read(order: tuple[str, ...]) -> None:
    writer = BitWriter()
    writer.put(0x1A, 8)
    writer.put(5412345000013, bits_for_digits(14))
    for ai in order:
        if ai == "17":
            writer.put(261231, bits_for_digits(6))
        else:
            writer.put(4, 3)
            writer.put(2, 5)
            writer.put(ord("x"), 7)
            writer.put(ord(ai[0]), 7)
    assert compression.parse(f"https://a/{writer.text()}").bracketed() == "(01)05412345000013(10)x1(21)x2(17)261231"


def test_random_labels_come_back() -> None:
    rng = random.Random(15)
    letters = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    choices = (letters, "0123456789", "0123456789abcdef", "0123456789ABCDEF", ALPHABET)
    for _ in range(300):
        rest = rng.sample(["22", "10", "21", "240", "30", "3103", "91", "17", "7003"], rng.randint(0, 5))
        made = {
            "01": "09506000134352",
            "30": str(rng.randint(0, 9999)),
            "3103": "000195",
            "17": "261231",
            "7003": "2612312359",
        }
        elements = Elements(
            tuple(
                Element(ai, made.get(ai) or "".join(rng.choices(rng.choice(choices), k=rng.randint(1, 20))))
                for ai in ("01", *rest)
            )
        )
        found = compression.parse(compression.compressed(elements))
        assert {one.ai: one.value for one in found} == {one.ai: one.value for one in elements}


@pytest.mark.parametrize(
    "segment",
    ["", "A", "hello", "ARHKVAdpQ", "ARHKVAdpQh", "ARHKVAdpQgA", "ARHKVAdpQgAAAAAAAAAA", "AAAAAAAAAAAAAAAA", "____",
     "x" * 2000, "ARHKVAdpQg%41", "RRHKVAdpQg", "IA"],
)  # fmt: skip
def test_what_does_not_decompress(segment: str) -> None:
    with pytest.raises(MalformedRecord):
        compression.parse(f"https://a/{segment}")


def test_noise_is_refused_and_never_breaks_it() -> None:
    rng, taken = random.Random(3), 0
    for _ in range(3000):
        segment = "".join(rng.choices(ALPHABET, k=rng.randint(1, 60)))
        try:
            digital_link.parse(compression.decompressed(f"https://a/{segment}"))
        except MalformedRecord:
            continue
        taken += 1
    assert taken < 3


def test_bits_end_only_with_zeros() -> None:
    bits = Bits("AQ")
    assert bits.take(8) == 1
    assert bits.left == 4
    assert bits.ends() is (ALPHABET.index("Q") & 15 == 0)
    with pytest.raises(MalformedRecord, match="breaks off"):
        bits.take(5)


@pytest.mark.parametrize(
    "link",
    [
        "https://id.gs1.org/8004/9520614141234567?01=09520123456788",
        "https://id.gs1.org/414/9520123456788/254/7?01=09520123456788&10=L1",
        "https://id.gs1.org/00/952012345678912345?8004=9520614141234567&414=9520123456788",
        "https://id.gs1.org/8017/795260646688514634?01=09520123456788&253=9526064000028000001",
        "https://id.gs1.org/01/09520123456788/10/L?00=952012345678912345",
    ],
)
def test_what_a_link_is_about_is_not_changed_by_another_key_beside_it(link: str) -> None:
    found = digital_link.parse(link)
    assert compression.parse(compression.compressed(found)).items[0] == found.items[0]
    assert set(compression.parse(compression.compressed(found))) == set(found)


def test_a_key_before_a_compressed_part_is_read_as_a_link_writes_it() -> None:
    link = "https://id.gs1.org/8004/0541234537290A41%26GHpp33"
    assert compression.decompressed(f"{link}/cEB2Cqi") == f"{link}/7040/7BVR"


def test_a_value_left_out_may_be_written_with_a_character_more() -> None:
    assert compression.decompressed("https://id.gs1.org/JVUqG5hJ5wA") == "https://id.gs1.org/255/5678409730535"
    for zeros in ("AA", "AAA", "AAAA"):
        with pytest.raises(MalformedRecord):
            compression.decompressed(f"https://id.gs1.org/JVUqG5hJ5w{zeros}")

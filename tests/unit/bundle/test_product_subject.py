"""Which records a product's bundle must hold, by the rule that whoever verifies it applies."""

import random
from dataclasses import replace

import pytest

from ledger.bundle.subject import bears_on_product
from ledger.common.gs1 import Product
from ledger.records.types import Recall
from tests.samples import sample

GTIN, OTHER = "09506000134352", "04006381333931"


@pytest.mark.parametrize("tail", ["", "/10/A%2fB", "/10/A/B", "/21/7/10/L1", "/10/" + "x" * 21, "/"])
def test_a_misspelt_recall_is_in_the_bundle_of_every_product_of_its_gtin(tail: str) -> None:
    recall = replace(sample(Recall, random.Random(1)), subject=f"01/{GTIN}{tail}")
    assert bears_on_product(Product(GTIN), recall, ())
    assert bears_on_product(Product(GTIN, "A/B", "7"), recall, ())
    assert not bears_on_product(Product(OTHER), recall, ())

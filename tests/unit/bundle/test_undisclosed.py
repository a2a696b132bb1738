"""What was not shown is told: leaving a part out must not be a way to better figures."""

from dataclasses import replace

import pytest

from ledger.bundle.undisclosed import withheld_parts
from ledger.records.eip712 import Withheld
from ledger.records.types import Place, ShipmentTerms
from ledger.records.verification import VerifiedRecord, already_verified
from ledger.shipments.history import Journeys
from tests.unit.history import History


def hiding(verified: VerifiedRecord, part: str) -> VerifiedRecord:
    record = verified.record
    assert isinstance(record, ShipmentTerms)
    hidden = replace(record, **{part: Withheld(b"\x01" * 32)})  # type: ignore[arg-type]
    return already_verified(verified.id, hidden, verified.signers, verified.facts)


@pytest.mark.parametrize("part", ["commercial", "contents", "origin", "destination"])
def test_each_part_that_figures_rest_on_is_named_when_it_is_withheld(part: str) -> None:
    history = History()
    shipment = history.terms(origin=Place(bytes(16), "NZ", "", "", ""))
    assert withheld_parts(Journeys(history.records)) == []
    (told,) = withheld_parts(Journeys([hiding(history.records[0], part)]))
    assert (told.shipment, told.record, told.part) == (shipment, shipment, part)

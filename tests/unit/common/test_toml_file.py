"""Rule files from strangers: refused with a sentence, whatever they hold."""

import pytest

from ledger.bonuses.rule_file import parse_rule
from ledger.common.toml_file import MAX_SIZE
from ledger.errors import MalformedRecord
from ledger.network.routes import parse_windows
from ledger.scores.card import parse_card

HOSTILE = {
    "a number that Python does not read": b"format = " + b"9" * 5_000,
    "a number that Python does not print": b"format = 0x" + b"f" * 5_000,
    "deep": b"format = " + b"[" * 20_000,
    "no text": b"format = \xff",
    "no TOML": b"format",
    "long": b"#" * (MAX_SIZE + 1),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("parse", [parse_card, parse_rule, parse_windows])
def test_a_file_that_cannot_be_read_is_refused_in_words(parse: object, data: bytes) -> None:
    with pytest.raises(MalformedRecord) as refused:
        parse(data)  # type: ignore[operator]
    assert len(str(refused.value)) < 400

"""How an answer is told from other files: by the member that names its inputs."""

from ledger.common.canonical import parse_json
from ledger.errors import LadingError

MEMBER = "inputs"
"""Of an answer: the rest of it is what follows from them."""
LARGEST = 64 << 20
"""Bytes of an answer."""


def is_answer(data: bytes) -> bool:
    """Whether a file is an answer with a place for its inputs."""
    if f'"{MEMBER}"'.encode() not in data:  # a bundle may be large: it is read once
        return False
    try:
        value = parse_json(data, max_size=LARGEST, where="answer")
    except LadingError:
        return False
    return isinstance(value, dict) and MEMBER in value

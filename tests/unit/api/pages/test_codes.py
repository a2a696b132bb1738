"""Records travel as codes between browsers and `lading sign`, in both directions."""

import base64
import hashlib
import random
import zlib
from typing import Any

import pytest

from ledger.cli.qr_frames import from_frames, to_frames
from ledger.records.signing import SignedRecord
from ledger.records.types import Handoff, KeyGrant, Record
from tests.samples import sample
from tests.unit.api.pages.node import in_node


def signed(kind: type[Record], items: int = 1) -> SignedRecord:
    return SignedRecord(sample(kind, random.Random(7), items=items), (bytes(range(65)),))


@pytest.mark.parametrize(("kind", "items"), [(KeyGrant, 1), (Handoff, 1), (Handoff, 60)], ids=str)
def test_what_a_browser_shows_the_command_line_reads(kind: type[Record], items: int) -> None:
    record = signed(kind, items)
    (frames,) = in_node([{"task": "frames", "record": record.to_json()}])
    assert all(len(frame) < 1100 for frame in frames)
    assert from_frames("\n".join(reversed(frames))) == record
    assert (len(frames) > 1) == (items > 1)


@pytest.mark.parametrize("items", [1, 60])
def test_what_the_command_line_shows_a_browser_reads_from_the_picture(items: int) -> None:
    record = signed(Handoff, items)
    frames = to_frames(record)
    (answer,) = in_node([{"task": "scanned", "frames": [*frames, frames[0]]}])
    assert answer["record"] == record.to_json()
    assert answer["progress"][-1] == {"have": len(frames), "count": len(frames)}


def pasted(text: str) -> Any:
    return in_node([{"task": "pasted", "text": text}])[0]


def test_a_pasted_text_is_frames_or_the_record_itself() -> None:
    record = signed(Handoff, 60)
    frames = to_frames(record)
    assert pasted("  " + "\n ".join(frames) + "\n") == record.to_json()
    whole = '{"type":"KeyGrant","message":{},"signatures":[]}'
    assert pasted(whole) == {"type": "KeyGrant", "message": {}, "signatures": []}


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda frames: frames[:-1], "Not all codes"),
        (lambda frames: [*frames[:-1], "hello"], "no text of a code"),
        (lambda frames: [*frames[:-1], frames[-1][:-4] + "AAAA"], "misread"),
        (lambda _: ['{"type":1}'], "no record"),
        (lambda _: ["{"], "refused"),
        (lambda _: [], "Not all codes"),
    ],
    ids=["one is missing", "something else", "misread", "no record", "no JSON", "nothing"],
)
def test_what_is_no_record_is_refused(spoil: Any, refusal: str) -> None:
    assert refusal in pasted("\n".join(spoil(to_frames(signed(Handoff, 60)))))


def test_a_text_that_unpacks_without_end_is_refused() -> None:
    packed = zlib.compress(bytes(2_000_000), 9)
    mark = hashlib.sha256(packed).hexdigest()[:8].upper()
    letters = base64.b32encode(packed).decode().rstrip("=")
    pieces = [letters[i : i + 1000] for i in range(0, len(letters), 1000)]
    frames = [f"LADING1:{i + 1}/{len(pieces)}:{mark}:{piece}" for i, piece in enumerate(pieces)]
    assert "misread" in pasted("\n".join(frames))

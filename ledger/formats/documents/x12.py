"""X12 interchanges (ASC X12.5, X12.6): the envelope and its segments, read and written.

The header `ISA` has 106 fixed places; it says itself which characters separate what.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

from ledger.errors import MalformedRecord
from ledger.formats.documents.advice import MAX_DOCUMENT

HEADER = 106
MOST_SEGMENTS = 20_000
LONGEST_SEGMENT = 10_000
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
Segment = Sequence[str]


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """What stands between `ST` and `SE`: `code` such as 856, `control` its number. `sender` and `receiver` by the
    interchange.
    """

    code: str
    control: str
    sender: str
    receiver: str
    segments: tuple[Segment, ...]


def read_x12(data: bytes, code: str) -> TransactionSet:
    """The one transaction set of this code; raises `MalformedRecord` for what is none, or for counts that are wrong."""
    if len(data) > MAX_DOCUMENT:
        raise MalformedRecord("too large", where="document", expected=f"at most {MAX_DOCUMENT} bytes", found=len(data))
    try:
        text = data.decode("utf-8").lstrip("\ufeff").lstrip()
    except UnicodeDecodeError:
        text = data.decode("latin-1").lstrip()
    if not text.startswith("ISA") or len(text) < HEADER:
        raise MalformedRecord("not an X12 interchange", where="document", expected="ISA and its 106 characters")
    element, terminator = text[3], text[105]
    fields = text[:105].split(element)
    if [len(field) for field in fields[1:]] != list(_WIDTHS) or not _separate(element, terminator):
        raise MalformedRecord("ISA has not its fixed widths", where="ISA", expected=str(_WIDTHS), found=text[:HEADER])
    check_size(text, terminator)
    segments = [segment.strip("\r\n").split(element) for segment in text[HEADER:].split(terminator)]
    segments = [segment for segment in segments if segment != [""]]
    if segments[-1:] != [["IEA", segments[-1][1] if len(segments[-1]) > 1 else "", fields[13]]]:
        raise MalformedRecord("the interchange is not closed as it was opened", where="IEA", expected=fields[13])
    _check_groups(segments)
    found = list(_sets(segments, fields))
    wanted = [one for one in found if one.code == code]
    if len(wanted) != 1:
        codes = ", ".join(one.code for one in found) or "none"
        raise MalformedRecord(f"not one transaction set {code}", where="document", expected=code, found=codes[:80])
    return wanted[0]


def check_size(text: str, terminator: str, most: int = MOST_SEGMENTS) -> None:
    """Raise `MalformedRecord` for more segments than documents have, or a longer one than any segment is."""
    count, longest = 0, 0
    for segment in text.split(terminator, most + 1):
        count, longest = count + 1, max(longest, len(segment))
    if count > most or longest > LONGEST_SEGMENT:
        expected = f"at most {most} segments of {LONGEST_SEGMENT} characters"
        raise MalformedRecord("too many segments, or too long a one", where="document", expected=expected)


def _separate(element: str, terminator: str) -> bool:
    return element != terminator and not element.isalnum() and not terminator.isalnum()


def _check_groups(segments: Sequence[Segment]) -> None:
    """Each group ends with its number and as many sets as it says, and the interchange with as many groups."""
    groups, sets, opened = 0, 0, ""
    for segment in segments:
        told = [*segment[1:3], "", ""][:2]
        match segment[0]:
            case "GS" if not opened and len(segment) > 6:
                groups, sets, opened = groups + 1, 0, segment[6]
            case "ST":
                sets += 1
            case "GE" if told == [str(sets), opened]:
                opened = ""
            case "IEA" if told[0] == str(groups) and not opened:
                pass
            case "GS" | "GE" | "IEA" as name:
                expected = f"groups that are closed by their number, {opened or groups}, and count of sets, {sets}"
                raise MalformedRecord("a group is cut", where=name, expected=expected, found="*".join(segment)[:80])
            case _:
                pass


def _sets(segments: Sequence[Segment], header: Sequence[str]) -> Iterator[TransactionSet]:
    inside: list[Segment] | None = None
    opening: Segment = ()
    for segment in segments:
        if segment[0] == "ST":
            if inside is not None or len(segment) < 3:
                raise MalformedRecord("a transaction set begins within another", where="ST", found="*".join(segment))
            inside, opening = [], segment
        elif segment[0] == "SE":
            if inside is None or list(segment[1:3]) != [str(len(inside) + 2), opening[2]]:
                count = len(inside) + 2 if inside is not None else 0
                expected = f"SE with {count} segments and the number of its ST"
                raise MalformedRecord(
                    "a transaction set is cut", where="SE", expected=expected, found="*".join(segment)
                )
            yield TransactionSet(opening[1], opening[2], header[6].strip(), header[8].strip(), tuple(inside))
            inside = None
        elif inside is not None:
            inside.append(segment)
    if inside is not None:
        raise MalformedRecord("a transaction set is not closed", where="SE", expected=f"SE of {opening[2]}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom an interchange is from and to (identifiers as agreed, at most 15 characters), when it was made (`YYMMDD`,
    `HHMM`, UTC) and its number, of nine digits at most. `group`: the functional identifier, such as QM.
    """

    sender: str
    receiver: str
    day: str
    time: str
    number: int
    group: str
    qualifier: str = "ZZ"


def write_x12(envelope: Envelope, code: str, segments: Sequence[Segment]) -> bytes:
    """An interchange of one transaction set, version 004010."""
    for name in (envelope.sender, envelope.receiver):
        if not 0 < len(name) <= 15:
            raise MalformedRecord("no identifier for X12", where="ISA", expected="1 to 15 characters", found=name[:40])
    number, control, day = f"{envelope.number:09d}", "0001", f"20{envelope.day}"
    header = (
        "ISA", "00", " " * 10, "00", " " * 10, envelope.qualifier, envelope.sender.ljust(15), envelope.qualifier,
        envelope.receiver.ljust(15), envelope.day, envelope.time, "U", "00401", number, "0", "P", ">",
    )  # fmt: skip
    group = str(envelope.number)
    told = [
        header,
        ("GS", envelope.group, envelope.sender, envelope.receiver, day, envelope.time, group, "X", "004010"),
        ("ST", code, control),
        *segments,
        ("SE", str(len(segments) + 2), control),
        ("GE", "1", group),
        ("IEA", "1", number),
    ]  # fmt: skip
    return "".join("*".join(map(_plain, segment)).rstrip("*") + "~\n" for segment in told).encode("ascii", "replace")


def _plain(value: str) -> str:
    """Without what would end an element or a segment, which X12 cannot escape, and in its letters: é as e."""
    value = "".join(mark for mark in normalize("NFKD", value) if not combining(mark))
    return "".join(" " if (mark in "*~>^" and value != ">") or ord(mark) < 32 else mark for mark in value)

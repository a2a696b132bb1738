"""Every error that Lading raises on purpose, branched by what the caller can do about it.

LadingError
├── InvalidInput           what was sent is malformed: mend it and send it again
│   ├── MalformedRecord        a field is missing, unknown, too long or of the wrong type
│   └── BadSignature           bytes that are no signature, a high s, or a key that is not the signer's
├── Refused                well formed, but the rules say no: sending it again changes nothing
│   ├── NotPermitted           this signer or reader lacks the role, key or standing
│   ├── RuleBroken             custody, clearance, registry or pool rules forbid it
│   └── Conflict               another record already stands in its place (carries both)
├── NotFound               no such record, shipment, partner or proof here
├── VerificationFailed     a proof, a signature or a figure does not hold (names the step)
│   ├── InconsistentLog        two views of one log cannot both be true (carries both)
│   └── NotSealed              a network's validators do not bear it out (carries a code)
├── Unavailable            nothing wrong with the request: try again later
│   ├── Busy                   a bounded queue is full
│   ├── ChainUnavailable       the node cannot be reached, or its answer makes no sense
│   ├── LeaseLost              another process does this work now
│   ├── ClockWrong             the clock contradicts what else tells the time: nothing is logged by it
│   └── StorageFailed          the database or the disk refused a write
│       └── DiskFailed             whether a write took effect is unknown: this process must end
└── Misconfigured          the operator must mend a setting, a key file or the home directory
"""

from dataclasses import dataclass


class LadingError(Exception):
    """Base of every deliberate error: a sentence for people and the facts behind it.

    `what` says what is wrong, `where` the field, item or step, `expected` and `found` the two sides that
    differ, `mend` what the caller can do. All are plain text and hold no secret.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        expected: object = "",
        found: object = "",
        mend: str = "",
    ) -> None:
        self.what = what
        self.where = where
        self.expected = str(expected)
        self.found = str(found)
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        sides = [f"{name} {side}" for name, side in (("expected", self.expected), ("found", self.found)) if side]
        if sides:
            text += f" ({', '.join(sides)})"
        return f"{text}. {self.mend}" if self.mend else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments need help to cross a process boundary.
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(kind: type[LadingError], facts: dict[str, object]) -> LadingError:
    error = kind.__new__(kind)
    error.__dict__.update(facts)
    error.args = (str(error),)
    return error


class InvalidInput(LadingError):
    """What was sent is malformed: mend it and send it again."""


class MalformedRecord(InvalidInput):
    """A field is missing, unknown, too long, out of range or of the wrong type."""


class BadSignature(InvalidInput):
    """Bytes that are no signature, a high s, or a key that is not the named signer's."""


class Refused(LadingError):
    """Well formed, but the rules say no: sending it again changes nothing."""


class NotPermitted(Refused):
    """This signer or reader lacks the role, the key or the standing."""


class RuleBroken(Refused):
    """Custody, clearance, registry or pool rules forbid it."""


class Conflict(Refused):
    """Another record already stands in its place; both ids are kept as 0x-hex strings."""

    def __init__(self, what: str, *, first: str, second: str, where: str = "", mend: str = "") -> None:
        super().__init__(what, where=where, expected=first, found=second, mend=mend)
        self.first = first
        self.second = second


class NotFound(LadingError):
    """No such record, shipment, partner or proof here."""


class VerificationFailed(LadingError):
    """A proof, a signature or a figure does not hold; `where` names the step."""


@dataclass(frozen=True, slots=True)
class TreeView:
    """One claim about a log: its size, and its root as 0x-hex."""

    size: int
    root: str


class InconsistentLog(VerificationFailed):
    """Two views of one log cannot both be true; both are kept."""

    def __init__(self, what: str, *, first: TreeView, second: TreeView, where: str = "", mend: str = "") -> None:
        super().__init__(what, where=where, expected=first, found=second, mend=mend)
        self.first = first
        self.second = second


class NotSealed(VerificationFailed):
    """The seals of a network's validators do not bear this out; `code` is one of `ledger.seals.faults.Fault`."""

    def __init__(
        self, what: str, *, code: str, where: str = "", expected: object = "", found: object = "", mend: str = ""
    ) -> None:
        super().__init__(what, where=where, expected=expected, found=found, mend=mend)
        self.code = code


class Unavailable(LadingError):
    """Nothing wrong with the request: try again later."""


class Busy(Unavailable):
    """A bounded queue is full; `retry_after` is in seconds."""

    def __init__(self, what: str, *, retry_after: int = 1) -> None:
        super().__init__(what, mend=f"Try again in {retry_after} s.")
        self.retry_after = retry_after


class ChainUnavailable(Unavailable):
    """The node cannot be reached, or its answer makes no sense."""


class LeaseLost(Unavailable):
    """Another process does this work now."""


class ClockWrong(Unavailable):
    """The clock contradicts what else tells the time: nothing is logged by it until it is right again."""


class StorageFailed(Unavailable):
    """The database or the disk refused a write."""


class DiskFailed(StorageFailed):
    """A sync or a commit failed, so nobody knows what the disk holds: this process writes nothing more, and ends."""


class Misconfigured(LadingError):
    """The operator must mend a setting, a key file or the home directory."""

"""What was learned of each leaf when its row was judged, in a few bytes a leaf: a log of millions fits in memory."""

from array import array
from collections.abc import Sequence

from ledger.common.ids import KeyAddress
from ledger.services.state.signer_keys import SignerKeys
from ledger.store.records import StoredRecord

_CLOSED, _WHOLE = 1, 2
_NO_KEYS = 0xFF
"""More than any record has signatures."""
_WIDEST = 1 << 20
"""Places without a sound row, one after the other, that are kept as such: what an index far away would take for them
may be more than there is memory.
"""


class KnownRows(SignerKeys):
    """By log index, of the rows that were sound when they were judged, and that the audit's copy has as they were then.

    Keys are those recovered from these very rows; of any other row they are recovered when they are asked for. Ask for
    rows of the copy only.
    """

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[KeyAddress, int] = {}
        self._addresses: list[KeyAddress] = []
        self._keys = array("I")  # positions in `_addresses`, one a signature
        self._spans = array("Q")  # by leaf: where its keys begin in `_keys`, and in the low byte how many they are
        self._parts = bytearray()
        self._first = 0
        self._apart: dict[int, tuple[tuple[KeyAddress, ...] | None, bool]] = {}

    def note(self, log_index: int, keys: Sequence[KeyAddress] | None, *, whole: bool) -> None:
        """`keys` None: one of them is none. `whole`: every private part is shown. Log indexes ascend."""
        if not self._parts:
            self._first = log_index
        if gap := log_index - self._first - len(self._parts):
            if gap > _WIDEST:
                self.note_apart(log_index, None if keys is None else tuple(keys), whole=whole)
                return
            self._spans.extend([_NO_KEYS] * gap)
            self._parts.extend(bytes(gap))
        count = _NO_KEYS if keys is None or len(keys) >= _NO_KEYS else len(keys)
        self._spans.append(len(self._keys) << 8 | count)
        self._parts.append(_WHOLE if whole else _CLOSED)
        for key in keys or ():
            number = self._numbers.setdefault(key, len(self._addresses))
            if number == len(self._addresses):
                self._addresses.append(key)
            self._keys.append(number)

    def note_apart(self, log_index: int, keys: tuple[KeyAddress, ...] | None, *, whole: bool) -> None:
        """As `note`, in any order, for a few leaves that are not among those."""
        self._apart[log_index] = keys, whole

    def has(self, log_index: int) -> bool:
        """Whether the row at this place was noted."""
        if log_index in self._apart:
            return True
        return 0 <= (i := log_index - self._first) < len(self._parts) and self._parts[i] > 0

    def is_whole(self, log_index: int) -> bool:
        """Of a row that was noted."""
        if apart := self._apart.get(log_index):
            return apart[1]
        return self._parts[log_index - self._first] == _WHOLE

    def keys_at(self, log_index: int) -> tuple[KeyAddress, ...] | None:
        """The key behind each signature, in their order; None where they are not known."""
        if apart := self._apart.get(log_index):
            return apart[0]
        if not self.has(log_index):
            return None
        begin, count = divmod(self._spans[log_index - self._first], 256)
        if count == _NO_KEYS:
            return None
        return tuple([self._addresses[number] for number in self._keys[begin : begin + count]])

    def of(self, row: StoredRecord) -> tuple[KeyAddress, ...]:
        known = self.keys_at(row.log_index)
        return super().of(row) if known is None else known

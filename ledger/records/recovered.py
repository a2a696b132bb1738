"""A record together with the keys behind its signatures, so that each signature is recovered once on its way in.

To recover a key costs more than all other checks of a record together, and every rule about signers asks for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import Final

from ledger.common.ids import KeyAddress, RecordId
from ledger.errors import VerificationFailed
from ledger.records.disclosure import join, parts_for
from ledger.records.signing import SignedRecord, recover
from ledger.records.types import Record

_SEAL: Final = object()
Recover = Callable[[bytes, bytes, str], KeyAddress]
"""From a digest and a signature to the address of the key that made it; the text says where, for an error."""


@dataclass(frozen=True, slots=True)
class RecoveredRecord:
    """`keys[i]` made `signatures[i]` under the record with this id. Made by `recover_record` only.

    Nothing is said about whose keys these are, nor whether they may sign such a record.
    """

    id: RecordId
    record: Record
    signatures: tuple[bytes, ...]
    keys: tuple[KeyAddress, ...]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise VerificationFailed(
                "a RecoveredRecord is made by ledger.records.recovered only", where="recovered record"
            )

    @property
    def signed(self) -> SignedRecord:
        return SignedRecord(self.record, self.signatures)

    def by_key(self) -> dict[KeyAddress, bytes]:
        """The first signature of each key, in the order of the record's signatures."""
        result: dict[KeyAddress, bytes] = {}
        for key, signature in zip(self.keys, self.signatures, strict=True):
            result.setdefault(key, signature)
        return result

    def with_earlier(self, earlier: "RecoveredRecord") -> "RecoveredRecord":
        """Each key once: this one's signatures, then those of `earlier` keys that have none here.

        Raises `VerificationFailed` when `earlier` is another record.
        """
        if earlier.id != self.id:
            raise VerificationFailed("signatures of another record", where="recovered record")
        own = self.by_key()
        return _of(self.id, self.record, own | {key: s for key, s in earlier.by_key().items() if key not in own})

    def opened_with(self, other: Record) -> "RecoveredRecord":
        """The same, with those private parts opened that `other` shows and this one carries the hash of."""
        opened = join(self.record, parts_for(self.record, other))
        return RecoveredRecord(self.id, opened, self.signatures, self.keys, _SEAL)

    def ordered(self, keys: Sequence[KeyAddress]) -> "RecoveredRecord":
        """Only the signatures of `keys`, in their order; each of them has signed."""
        signatures = self.by_key()
        return _of(self.id, self.record, {key: signatures[key] for key in keys})


def recover_record(
    signed: SignedRecord, record_id: RecordId, name: str = "", recover: Recover = recover
) -> RecoveredRecord:
    """Recover every signature of `signed`, whose digest is `record_id`. `name` leads the places named in errors.

    `recover`: where what was recovered before is remembered. Raises `BadSignature`.
    """
    keys = recover_keys(record_id, signed.signatures, name, recover)
    return RecoveredRecord(record_id, signed.record, signed.signatures, keys, _SEAL)


def recover_keys(
    record_id: RecordId, signatures: Sequence[bytes], name: str = "", recover: Recover = recover
) -> tuple[KeyAddress, ...]:
    """The key behind each signature; as `recover_record`."""
    prefix = f"{name}." if name else ""
    return tuple(recover(record_id, signature, f"{prefix}signatures[{i}]") for i, signature in enumerate(signatures))


def _of(record_id: RecordId, record: Record, signatures: Mapping[KeyAddress, bytes]) -> RecoveredRecord:
    return RecoveredRecord(record_id, record, tuple(signatures.values()), tuple(signatures), _SEAL)
